//! A duration with its unit: `"90s"`, `"30m"`, `"8h"`, `"1h 30m"`. A number alone is refused: of what?

use std::time::Duration;

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// `"30"`.
    #[error("has no unit")]
    NoUnit,
    /// Anything else.
    #[error("is not a duration")]
    NotADuration,
}

/// Reads a duration.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(DurationError::NoUnit);
    }
    humantime::parse_duration(text).map_err(|_refused| DurationError::NotADuration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit() {
        assert_eq!(parse("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("1h 30m"), Ok(Duration::from_mins(90)));
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        for text in ["30", "1.5", "0"] {
            assert_eq!(parse(text), Err(DurationError::NoUnit), "{text}");
        }
        for text in ["", "s", "30 bananas", "-5m", "m30", "99999999999999999999s"] {
            assert_eq!(parse(text), Err(DurationError::NotADuration), "{text}");
        }
    }
}
