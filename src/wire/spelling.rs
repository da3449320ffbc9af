//! What programs read in a path that is spelled in another way: those that do not look at the case of letters, and those
//! that join a letter with its accent or take it apart (Unicode Standard Annex 15), as some file systems do.

/// An accent, whichever it is.
const ACCENT: char = '\u{301}';

/// The letters of a decoded path as the most generous program reads them. Two spellings of one path are the same here.
pub fn as_read(path: &str) -> impl Iterator<Item = char> {
    let seen = path.chars().filter(|c| !is_ignored(*c)).map(of_usual_width);
    seen.flat_map(in_one_case).flat_map(taken_apart)
}

/// Whether a character means a delimiter of paths to programs that know ASCII alone: they take it for what looks most like it.
pub fn looks_like_a_delimiter(c: char) -> bool {
    let small_or_ours =
        "\u{2024}\u{2025}\u{2044}\u{2215}\u{2216}\u{fe52}\u{fe54}\u{fe56}\u{fe5f}\u{fe68}\u{fe6a}";
    let is_wide = of_usual_width(c) != c;
    small_or_ours.contains(c) || is_wide && "/\\.;?#%".contains(of_usual_width(c))
}

/// Those who do not look at case take the long s for an s, the Kelvin sign for a k, an i with two dots or none for an i.
fn in_one_case(letter: char) -> impl Iterator<Item = char> {
    let letter = if matches!(letter, 'İ' | 'ı') {
        'i'
    } else {
        letter
    };
    letter.to_uppercase().flat_map(char::to_lowercase)
}

/// The full-width forms of ASCII as ASCII.
fn of_usual_width(c: char) -> char {
    match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// A Latin letter with an accent as the letter, then the accent; every accent as the same.
fn taken_apart(c: char) -> impl Iterator<Item = char> {
    let (letter, accent) = match c {
        _ if is_accent(c) => (None, true),
        'à'..='å' | 'ā' | 'ă' | 'ą' => (Some('a'), true),
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => (Some('c'), true),
        'ď' => (Some('d'), true),
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => (Some('e'), true),
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => (Some('g'), true),
        'ĥ' => (Some('h'), true),
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' => (Some('i'), true),
        'ĵ' => (Some('j'), true),
        'ķ' => (Some('k'), true),
        'ĺ' | 'ļ' | 'ľ' => (Some('l'), true),
        'ñ' | 'ń' | 'ņ' | 'ň' => (Some('n'), true),
        'ò'..='ö' | 'ō' | 'ŏ' | 'ő' => (Some('o'), true),
        'ŕ' | 'ŗ' | 'ř' => (Some('r'), true),
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => (Some('s'), true),
        'ţ' | 'ť' | 'ț' => (Some('t'), true),
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => (Some('u'), true),
        'ŵ' => (Some('w'), true),
        'ý' | 'ÿ' | 'ŷ' => (Some('y'), true),
        'ź' | 'ż' | 'ž' => (Some('z'), true),
        plain => (Some(plain), false),
    };
    letter.into_iter().chain(accent.then_some(ACCENT))
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

/// What stands nowhere to be seen, and what some file systems leave away.
fn is_ignored(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        as_read(one).eq(as_read(other))
    }

    #[test]
    fn two_spellings_of_one_path_are_the_same() {
        for (one, other) in [
            ("/admin", "/ADMIN"),
            ("/été", "/ÉTÉ"),
            ("/été", "/e\u{301}te\u{301}"),
            ("/DÉMARCHES", "/de\u{301}marches"),
            ("/\u{e5}", "/\u{212b}"),
            ("/straße", "/STRASSE"),
            ("/fiche", "/\u{fb01}che"),
            ("/admin", "/\u{ff41}dm\u{131}n"),
            ("/admin", "/ad\u{200d}min\u{feff}"),
            ("/session/km", "/\u{17f}ession/\u{212a}m"),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
        for (one, other) in [("/été", "/ete"), ("/a", "/b"), ("/a", "/a/"), ("/œuf", "/oeuf")] {
            assert!(!same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_delimiter_in_disguise_is_known() {
        assert!(
            "\u{ff0f}\u{ff3c}\u{ff0e}\u{ff1b}\u{ff05}\u{2025}\u{2215}"
                .chars()
                .all(looks_like_a_delimiter)
        );
        assert!(!"/.;aé…’ａ１！\u{301}".chars().any(looks_like_a_delimiter));
    }
}
