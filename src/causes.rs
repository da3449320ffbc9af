//! An error and what is behind it, for the log and for whoever called a command. Texts of errors are ours, or bounded and
//! escaped where they were made.

use std::error::Error;

/// In one line: `what: why: why`. What a text says already is not said twice.
pub fn in_one_line(error: &dyn Error) -> String {
    joined(error, ": ")
}

/// A line each, for a command.
pub fn in_lines(error: &dyn Error) -> String {
    joined(error, "\n  because: ")
}

fn joined(error: &dyn Error, between: &str) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text.push_str(between);
            text.push_str(&said);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the house is closed")]
    struct Closed(#[source] Behind);

    #[derive(Debug, thiserror::Error)]
    #[error(transparent)]
    struct Behind(std::fmt::Error);

    #[test]
    fn each_cause_is_said_once() {
        let error = Closed(Behind(std::fmt::Error));
        let why = std::fmt::Error.to_string();
        assert_eq!(in_one_line(&error), format!("the house is closed: {why}"));
        assert_eq!(in_lines(&error), format!("the house is closed\n  because: {why}"));
    }
}
