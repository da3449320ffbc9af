//! What programs read in a path that is spelled in another way: those that do not look at the case of letters, those that
//! join a letter with its accent or take it apart, as some file systems do, those that take a letter for its look, and those
//! that trim what they read.

use std::iter;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::CodePointSetData;
use icu_properties::CodePointSetDataBorrowed;
use icu_properties::props::DefaultIgnorableCodePoint;

/// Compatibility decomposition (Unicode Standard Annex 15, form NFKD).
const APART: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfkd();
/// What is not seen, and what some file systems leave away.
const UNSEEN: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<DefaultIgnorableCodePoint>();

/// Whether a decoded path is `prefix` or lies below it in the eyes of the most generous program.
pub fn is_below(path: &str, prefix: &str) -> bool {
    let is_simple = |text: &str| text.is_ascii() && !text.contains(' ');
    if is_simple(path) && is_simple(prefix) {
        let (start, rest) = path.split_at_checked(prefix.len()).unwrap_or(("", "-"));
        return start.eq_ignore_ascii_case(prefix) && (rest.is_empty() || rest.starts_with('/'));
    }
    let mut rest = as_read(path);
    let begins = as_read(prefix).all(|letter| rest.next() == Some(letter));
    begins && rest.next().is_none_or(|next| next == '/')
}

/// Whether small letters of ASCII and signs are all there is: of two such texts, none is another spelling of the other.
pub fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase())
}

/// What a program may leave away at either end of a name: blanks (`White_Space`, which is what frameworks trim) and what is
/// not seen.
pub fn is_trimmed(c: char) -> bool {
    c.is_whitespace() || UNSEEN.contains(c)
}

/// Whether a character means a delimiter of paths to programs that know ASCII alone: they take it for what looks most like it.
pub fn looks_like_a_delimiter(c: char) -> bool {
    const SLASHES: [char; 3] = ['\u{2044}', '\u{2215}', '\u{2216}'];
    if c.is_ascii() {
        return false;
    }
    let is_dots = || matches!(c, '\u{2024}' | '\u{2025}' | '\u{fe52}' | '\u{ff0e}');
    let mut looks = APART.normalize_iter(iter::once(c));
    SLASHES.contains(&c) || is_dots() || looks.any(|c| "/\\;?#%".contains(c) || SLASHES.contains(&c))
}

/// The letters of a decoded path. Two spellings of one path are the same here.
fn as_read(path: &str) -> impl Iterator<Item = char> {
    path.split('/').enumerate().flat_map(|(index, segment)| {
        let slash = (index > 0).then_some('/');
        slash.into_iter().chain(segment_as_read(segment))
    })
}

fn segment_as_read(segment: &str) -> impl Iterator<Item = char> {
    // Those who do not look at case take it for an i, and its dot is no accent.
    let dotted = |c| if c == 'İ' { 'i' } else { c };
    let letters = segment.trim_matches(is_trimmed).chars();
    let apart = APART.normalize_iter(letters.map(dotted));
    let seen = apart.filter(|c| !UNSEEN.contains(*c));
    APART.normalize_iter(seen.flat_map(in_one_case))
}

/// By way of the upper case: an i without a dot becomes one with it. The long s and the Kelvin sign are an s and a k already; a
/// capital sharp s is a small one first, which is two letters in upper case.
fn in_one_case(letter: char) -> impl Iterator<Item = char> {
    let small = letter.to_lowercase();
    small.flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_one_path_are_the_same() {
        for (one, other) in [
            ("/admin", "/ADMIN"),
            ("/été", "/ÉTÉ"),
            ("/été", "/e\u{301}te\u{301}"),
            ("/DÉMARCHES", "/de\u{301}marches"),
            ("/\u{e5}", "/\u{212b}"),
            ("/straße", "/STRASSE"),
            ("/straße", "/STRA\u{1e9e}E"),
            ("/strasse", "/stra\u{1e9e}e"),
            ("/fiche", "/\u{fb01}che"),
            ("/admin", "/\u{ff41}dm\u{131}n"),
            ("/admin", "/ad\u{200d}min\u{feff}"),
            ("/session/km", "/\u{17f}ession/\u{212a}m"),
            ("/ậ", "/a\u{302}\u{323}"),
            ("/admin", "/adm\u{130}n"),
            ("/été", "/E\u{301}TE\u{301}"),
            ("/admin", "/ admin"),
            ("/admin/été", "/admin\u{3000}/\u{2003}été"),
            ("/a b", "/a\u{a0}b"),
        ] {
            assert!(is_below(one, other), "{one} {other}");
            assert!(is_below(other, one), "{other} {one}");
        }
        for (one, other) in [
            ("/été", "/ete"),
            ("/a", "/b"),
            ("/a", "/a/"),
            ("/œuf", "/oeuf"),
            ("/à", "/â"),
            ("/ab", "/a"),
            ("/été-2", "/été"),
            ("/adminis\u{301}", "/adminis"),
            ("/ab", "/a b"),
            ("/a b", "/ab"),
            ("/admin\u{a0}istration", "/admin"),
        ] {
            assert!(!is_below(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_blank_at_either_end_of_a_name_is_no_part_of_it() {
        let blanks = "\u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\
                      \u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000} ";
        let unseen = "\u{ad}\u{180e}\u{200b}\u{200c}\u{200d}\u{200e}\u{2060}\u{2066}\u{3164}\u{feff}\u{fe0f}";
        for c in blanks.chars().chain(unseen.chars()) {
            for path in [
                format!("/admin{c}"),
                format!("/{c}admin/x"),
                format!("/{c}{c}ADMIN\u{200b}{c} /x"),
            ] {
                assert!(is_below(&path, "/admin"), "{path:?}");
                assert!(!is_plain(&path), "{path:?}");
            }
        }
    }

    #[test]
    fn a_delimiter_in_disguise_is_known() {
        for c in
            "\u{ff0f}\u{ff3c}\u{ff0e}\u{ff1b}\u{ff05}\u{ff1f}\u{2025}\u{2044}\u{2215}\u{2100}\u{fe54}".chars()
        {
            assert!(looks_like_a_delimiter(c), "{c}");
        }
        for c in "/.;aé…’ａ１！\u{301}".chars() {
            assert!(!looks_like_a_delimiter(c), "{c}");
        }
    }
}
