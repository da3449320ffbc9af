//! Text as it may stand in a line that people read: no character in it ends the line, moves a cursor, hides or turns the
//! direction of writing.

/// The character itself, or its name where it would not be seen as what it is: `\n`, `\u{202e}`.
///
/// Quotes and backslashes stay: they are for the writer who puts the quotes around.
pub fn printable(character: char) -> impl Iterator<Item = char> {
    let stays = matches!(character, '\'' | '"' | '\\');
    let named = (!stays).then(|| character.escape_debug());
    stays
        .then_some(character)
        .into_iter()
        .chain(named.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        text.chars().flat_map(printable).collect()
    }

    #[test]
    fn nothing_ends_a_line_moves_a_cursor_or_turns_the_writing() {
        assert_eq!(
            shown("a\nb\r\u{1b}[2J\u{2028}\u{202e}\u{61c}\u{85}\u{ad}\t\0"),
            r"a\nb\r\u{1b}[2J\u{2028}\u{202e}\u{61c}\u{85}\u{ad}\t\0"
        );
    }

    #[test]
    fn what_can_be_read_stays_as_it_is() {
        let text = r#"annulée “ok” l'été "a" C:\temp"#;
        assert_eq!(shown(text), text);
    }
}
