//! What a request is called.

use std::fmt;

/// The number under which a person, the log and the application speak about one request: 16 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// Writes eight random bytes.
    pub fn of(random: [u8; 8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let number = u64::from_be_bytes(random);
        // From the left: 15 digits follow the first one.
        Self(std::array::from_fn(|place| {
            let digit = number >> (4 * (15 - place)) & 15;
            DIGITS.get(digit as usize).copied().unwrap_or_default()
        }))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_its_bytes_in_digits() {
        assert_eq!(RequestId::of([0; 8]).as_str(), "0000000000000000");
        let bytes = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        assert_eq!(RequestId::of(bytes).to_string(), "0123456789abcdef");
    }
}
