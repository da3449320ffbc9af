//! A path in pieces: what stands between two slashes, escaped ones among them.

/// The escape of a slash, as a decoded path keeps it.
pub const ESCAPED_SLASH: &str = "%2F";

/// What follows a slash, up to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// What the slash before it was.
    pub after: Slash,
    /// Its name and its parameters.
    pub text: &'a str,
}

/// How a slash stands in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slash {
    /// As itself.
    Plain,
    /// As `%2F` or `%2f`.
    Escaped,
}

/// The pieces of a path that begins with a slash.
pub fn of(path: &str) -> impl Iterator<Item = Piece<'_>> {
    path.split('/').skip(1).flat_map(|segment| {
        around_escaped_slashes(segment)
            .enumerate()
            .map(|(index, text)| Piece {
                after: if index == 0 { Slash::Plain } else { Slash::Escaped },
                text,
            })
    })
}

/// The text before, between and after escaped slashes.
pub fn around_escaped_slashes(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let at = text
            .as_bytes()
            .windows(ESCAPED_SLASH.len())
            .position(|window| window.eq_ignore_ascii_case(ESCAPED_SLASH.as_bytes()));
        let Some(at) = at else {
            return rest.take();
        };
        rest = text.get(at + ESCAPED_SLASH.len()..);
        text.get(..at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_slashes_end_a_piece() {
        let pieces = |path| {
            of(path)
                .map(|piece| (piece.after, piece.text))
                .collect::<Vec<_>>()
        };
        assert_eq!(pieces("/"), [(Slash::Plain, "")]);
        assert_eq!(
            pieces("/a%2Fb;c%2f/é"),
            [
                (Slash::Plain, "a"),
                (Slash::Escaped, "b;c"),
                (Slash::Escaped, ""),
                (Slash::Plain, "é"),
            ]
        );
        assert_eq!(
            pieces("/%é%2F2F%"),
            [(Slash::Plain, "%é"), (Slash::Escaped, "2F%")]
        );
    }
}
