//! Texts of the file that have one form everywhere: plain texts, durations, lists of words.

use std::time::Duration;

use crate::config::code::Code;
use crate::config::duration;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::size;

/// Longest text, in bytes.
const LONGEST: usize = 256;

/// A text that says something and fits into one line of at most 256 bytes.
pub fn text(key: &Key, text: String, findings: &mut Findings) -> Option<String> {
    let problem = if text.trim().is_empty() {
        Some("is empty")
    } else if text.chars().any(char::is_control) {
        Some("has a control character")
    } else {
        None
    };
    short(key, text, problem, "write a short text on one line", findings)
}

/// A text of printable ASCII without white space, for values that travel in tokens and header fields.
pub fn token(key: &Key, text: String, findings: &mut Findings) -> Option<String> {
    let problem = if text.is_empty() {
        Some("is empty")
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Some("has a space or a letter outside ASCII")
    } else {
        None
    };
    let help = "write letters, digits and marks of ASCII, without spaces";
    short(key, text, problem, help, findings)
}

fn short(
    key: &Key,
    text: String,
    problem: Option<&str>,
    help: &str,
    findings: &mut Findings,
) -> Option<String> {
    let problem = problem.or_else(|| (text.len() > LONGEST).then_some("is longer than 256 bytes"));
    let Some(problem) = problem else {
        return Some(text);
    };
    findings.error(Code::Text, key, format!("`{key}` {problem}"), help);
    None
}

/// A duration between two bounds, both of which make sense.
pub fn duration(
    key: &Key,
    text: Option<String>,
    bounds: (Duration, Duration),
    findings: &mut Findings,
) -> Option<Duration> {
    let text = text?;
    let (least, most) = bounds;
    match duration::parse(&text) {
        Ok(duration) if duration < least || duration > most => {
            let help = format!(
                "between {} and {}",
                humantime::format_duration(least),
                humantime::format_duration(most)
            );
            let problem = format!("`{key}` cannot be `{}`", bounded(&text));
            findings.error(Code::DurationOutOfBounds, key, problem, help);
            None
        }
        Ok(duration) => Some(duration),
        Err(error) => {
            let problem = format!("`{}` {error}", bounded(&text));
            let help = match error {
                duration::DurationError::NoUnit => {
                    format!("say of what: \"{text}s\", \"{text}m\" or \"{text}h\"")
                }
                duration::DurationError::NotADuration => {
                    "write a number with its unit: \"60s\", \"30m\", \"8h\"".to_owned()
                }
            };
            findings.error(Code::Duration, key, problem, help);
            None
        }
    }
}

/// A size between two bounds, both of which make sense, in bytes.
pub fn size(key: &Key, text: Option<String>, bounds: (u64, u64), findings: &mut Findings) -> Option<u64> {
    let text = text?;
    let (least, most) = bounds;
    match size::parse(&text) {
        Ok(size) if size < least || size > most => {
            let help = format!("between {} and {}", size::written(least), size::written(most));
            let problem = format!("`{key}` cannot be `{}`", bounded(&text));
            findings.error(Code::SizeOutOfBounds, key, problem, help);
            None
        }
        Ok(size) => Some(size),
        Err(error) => {
            let problem = format!("`{}` {error}", bounded(&text));
            let help = match error {
                size::SizeError::NoUnit => {
                    format!("say of what: \"{text}B\", \"{text}KiB\" or \"{text}MiB\"")
                }
                size::SizeError::NotASize => {
                    "write a whole number with its unit: \"500B\", \"32KiB\", \"20MiB\", \"1GiB\"".to_owned()
                }
            };
            findings.error(Code::Size, key, problem, help);
            None
        }
    }
}

/// The elements of a list that were not refused before, each with its place.
pub fn elements(key: &Key, list: Option<Vec<String>>, findings: &Findings) -> Vec<(Key, String)> {
    list.into_iter()
        .flatten()
        .enumerate()
        .map(|(index, word)| (key.item(index), word))
        .filter(|(key, _)| !findings.refused(key))
        .collect()
}
