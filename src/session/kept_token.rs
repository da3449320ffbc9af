//! The ID token as a record keeps it: its three parts without their base64url, a quarter shorter, and given back byte for byte.
//!
//! A request needs nothing of it: only the sign-out does, and only then is it written out again.

use std::fmt;

use zeroize::Zeroizing;

use crate::seal;
use crate::secret::Secret;

/// How a token is kept, as the first byte of it says.
const AS_RECEIVED: u8 = 0;
const IN_PARTS: u8 = 1;

/// A token that is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptToken(Secret);

impl KeptToken {
    /// Keeps a token. One that is no compact JWS (RFC 7515, section 7.1) is kept as it was received.
    pub fn of(token: &Secret) -> Self {
        let kept = token.expose_str().and_then(in_parts);
        Self(kept.unwrap_or_else(|| Secret::new([&[AS_RECEIVED], token.expose()].concat())))
    }

    /// The token, byte for byte as it was received. `None` for what [`KeptToken::of`] did not make.
    pub fn token(&self) -> Option<Secret> {
        match self.0.expose().split_first()? {
            (&AS_RECEIVED, token) => Some(Secret::new(token)),
            (&IN_PARTS, parts) => {
                let (header, rest) = part(parts)?;
                let (payload, signature) = part(rest)?;
                let written = [header, payload, signature].map(|part| Zeroizing::new(seal::base64url(part)));
                let [header, payload, signature] = &written;
                Some(Secret::new(
                    [header.as_bytes(), payload.as_bytes(), signature.as_bytes()].join(&b'.'),
                ))
            }
            _ => None,
        }
    }

    /// What a record holds.
    pub(super) fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// What a record held.
    pub(super) fn from_record(bytes: &[u8]) -> Self {
        Self(Secret::new(bytes))
    }
}

impl fmt::Debug for KeptToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptToken([redacted])")
    }
}

/// Header and payload, each after its length, and the signature. Only where that can be written in no other way is it
/// certain that the token comes back as it was.
fn in_parts(token: &str) -> Option<Secret> {
    let parts: Vec<_> = token
        .split('.')
        .map(seal::from_base64url)
        .collect::<Option<_>>()?;
    let [header, payload, signature] = parts.as_slice() else {
        return None;
    };
    let length = |part: &[u8]| u16::try_from(part.len()).ok().map(u16::to_be_bytes);
    let (header_length, payload_length) = (length(header)?, length(payload)?);
    Some(Secret::new(
        [
            &[IN_PARTS],
            &header_length[..],
            header,
            &payload_length,
            payload,
            signature,
        ]
        .concat(),
    ))
}

fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(token: &str) -> KeptToken {
        KeptToken::of(&Secret::new(token))
    }

    #[test]
    fn a_token_comes_back_byte_for_byte() {
        let long = format!(
            "{}.{}.{}",
            "e30A".repeat(30),
            "AAAA".repeat(60),
            "_-8A".repeat(21)
        );
        for token in [
            "e30.e30.AA",
            &long,
            "e30.e30.",
            "..",
            "a.b.c",
            "e30.e30.AA==",
            "e30.e30",
            "é",
            "",
        ] {
            assert_eq!(kept(token).token(), Some(Secret::new(token)), "{token}");
        }
        assert!(kept(&long).expose().len() < long.len() * 4 / 5);
    }

    #[test]
    fn what_was_not_kept_here_is_no_token() {
        for bytes in [
            &[][..],
            &[2, 1],
            &[IN_PARTS],
            &[IN_PARTS, 0, 9, 1],
            &[IN_PARTS, 0, 0, 0],
        ] {
            assert_eq!(KeptToken::from_record(bytes).token(), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        assert_eq!(format!("{:?}", kept("e30.e30.AA")), "KeptToken([redacted])");
    }
}
