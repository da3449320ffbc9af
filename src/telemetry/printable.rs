//! Text as it may stand in a line: bounded, and without a character that ends the line, moves a cursor or turns the
//! direction of writing.

/// Most characters of one value. Ours are shorter; what strangers wrote was cut before it came here.
const MOST: usize = 1000;

/// The text, its odd characters written as `\u{..}`.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(MOST));
    for character in text.chars().take(MOST) {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            odd if is_odd(odd) => shown.extend(odd.escape_unicode()),
            plain => shown.push(plain),
        }
    }
    shown
}

fn is_odd(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_line_or_moves_a_cursor() {
        assert_eq!(
            printable("a\nb\r\u{1b}[2J\u{2028}\u{202e}\u{61c}\u{e0041}\u{85}\t"),
            "a\\nb\\r\\u{1b}[2J\\u{2028}\\u{202e}\\u{61c}\\u{e0041}\\u{85}\\t"
        );
        assert_eq!(printable("annulée “ok”"), "annulée “ok”");
        assert_eq!(printable(&"x".repeat(50_000)).len(), MOST);
    }
}
