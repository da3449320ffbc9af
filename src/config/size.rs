//! A size with its unit: `"500B"`, `"32KiB"`, `"1GiB"`. A number alone is refused: of what?

/// Why a text is no size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    /// `"30"`.
    #[error("has no unit")]
    NoUnit,
    /// Anything else.
    #[error("is not a size")]
    NotASize,
}

/// Each 1024 times the one before, so that nobody has to guess which kilobyte is meant.
const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

/// Reads a size, in bytes.
pub fn parse(text: &str) -> Result<u64, SizeError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).ok_or(SizeError::NotASize)?;
    let number: u64 = number.parse().map_err(|_not_a_number| SizeError::NotASize)?;
    if unit.is_empty() {
        return Err(SizeError::NoUnit);
    }
    let power = UNITS.into_iter().position(|known| known == unit.trim_start());
    let power = power.and_then(|power| u32::try_from(power).ok());
    power
        .and_then(|power| number.checked_mul(1024_u64.pow(power)))
        .ok_or(SizeError::NotASize)
}

/// In the largest unit that needs no fraction.
pub fn written(mut bytes: u64) -> String {
    let mut units = UNITS.into_iter();
    let mut unit = units.next().unwrap_or_default();
    for larger in units {
        if bytes == 0 || !bytes.is_multiple_of(1024) {
            break;
        }
        (bytes, unit) = (bytes / 1024, larger);
    }
    format!("{bytes}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit() {
        assert_eq!(parse("500B"), Ok(500));
        assert_eq!(parse("32KiB"), Ok(32 * 1024));
        assert_eq!(parse("32 KiB"), Ok(32 * 1024));
        assert_eq!(parse("1GiB"), Ok(1 << 30));
        for text in ["30", "0"] {
            assert_eq!(parse(text), Err(SizeError::NoUnit), "{text}");
        }
        for text in [
            "",
            "KiB",
            "1KB",
            "1k",
            "1.5MiB",
            "-1B",
            "99999999999TiB",
            "1MiB 2B",
        ] {
            assert_eq!(parse(text), Err(SizeError::NotASize), "{text}");
        }
    }

    #[test]
    fn a_size_is_written_as_it_is_read() {
        for text in ["0B", "500B", "1KiB", "1025B", "32KiB", "1GiB", "3TiB"] {
            assert_eq!(written(parse(text).unwrap()), text);
        }
    }
}
