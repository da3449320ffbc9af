//! Names of cookies, and the pairs in which some server may read one of them although no other program would.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use crate::wire::cookies;

/// Names of cookies, and what they come down to for the servers that read the most into a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CookieNames {
    names: Vec<String>,
    folded: Vec<Vec<u8>>,
}

impl CookieNames {
    /// These names.
    pub fn new(names: Vec<String>) -> Self {
        let folded = names.iter().flat_map(|name| readings(name.as_bytes()));
        Self {
            folded: folded.collect(),
            names,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The exact name, as the application wrote it.
    pub fn has(&self, name: &[u8]) -> bool {
        self.names.iter().any(|each| each.as_bytes() == name)
    }

    /// Whether some server reads a listed name in this pair: in its own name, or further on, where it ends pairs at a comma,
    /// a blank or a quote and not at `;` alone.
    pub fn may_be_read_in(&self, pair: &[u8]) -> bool {
        if self.is_like(cookies::name_of(pair)) {
            return true;
        }
        let words = pair.split(|byte| ends_a_word(*byte));
        let mut words = words.filter(|word| !word.is_empty()).peekable();
        while let Some(word) = words.next() {
            let word = without_equals(word);
            let name = cookies::name_of(word);
            // Or the `=` stands apart from the name.
            let is_set = name.len() < word.len() || words.peek().is_some_and(|next| next.starts_with(b"="));
            if is_set && self.is_like(name) {
                return true;
            }
        }
        false
    }

    fn is_like(&self, name: &[u8]) -> bool {
        readings(name)
            .iter()
            .any(|reading| !reading.is_empty() && self.folded.contains(reading))
    }
}

/// A name as it stands and with its escapes read, each also as far as a `[`, where PHP begins an array of that name.
fn readings(name: &[u8]) -> [Vec<u8>; 4] {
    let decoded: Cow<'_, [u8]> = percent_decode(name).into();
    let before = |name: &[u8], end: u8| name.split(|byte| *byte == end).next().map(<[u8]>::to_vec);
    // Where names are decoded, PHP has them end at a NUL.
    let decoded = before(&decoded, 0).unwrap_or_default();
    let array = |name: &[u8]| before(name, b'[').unwrap_or_default();
    [
        folded(name),
        folded(&array(name)),
        folded(&decoded),
        folded(&array(&decoded)),
    ]
}

/// Without the blanks around it, of which old form decoding knows `+` and others those outside ASCII; without regard to case;
/// with `_` for all that is no letter and no digit, as PHP does with some of it.
fn folded(name: &[u8]) -> Vec<u8> {
    let is_blank = |byte: &u8| *byte == b'+' || !byte.is_ascii_graphic();
    let plain = |byte: &u8| {
        if byte.is_ascii_alphanumeric() {
            byte.to_ascii_lowercase()
        } else {
            b'_'
        }
    };
    let from = name.iter().position(|byte| !is_blank(byte)).unwrap_or(name.len());
    let to = name
        .iter()
        .rposition(|byte| !is_blank(byte))
        .map_or(from, |last| last + 1);
    name.get(from..to).unwrap_or_default().iter().map(plain).collect()
}

/// What no cookie may hold, and what therefore ends one for some servers.
fn ends_a_word(byte: u8) -> bool {
    !byte.is_ascii_graphic() || b",\"\\[]".contains(&byte)
}

/// Without the `=` of a cookie that has no name.
fn without_equals(word: &[u8]) -> &[u8] {
    let from = word.iter().position(|byte| *byte != b'=').unwrap_or(word.len());
    word.get(from..).unwrap_or_default()
}
