//! Names of algorithms of encryption (RFC 7518, sections 4.1 and 5.1): the few that somebody uses for an identity today.
//!
//! What is missing is missing on purpose: `RSA1_5` (an oracle), `dir` and the key wraps (a shared secret), PBES2 (a password),
//! CBC with a MAC.

use serde::Deserialize;

/// How the key of the content reaches us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum KeyManagementAlg {
    /// Agreed on directly: ephemeral-static Diffie-Hellman on P-256 with the Concat KDF.
    #[serde(rename = "ECDH-ES")]
    EcdhEs,
    /// Encrypted by RSAES OAEP with SHA-1 and MGF1 with SHA-1. SHA-1 is not asked to resist collisions here.
    #[serde(rename = "RSA-OAEP")]
    RsaOaep,
    /// Encrypted by RSAES OAEP with SHA-256 and MGF1 with SHA-256.
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
}

impl KeyManagementAlg {
    /// Reads the name of RFC 7518; `None` for every algorithm that we do not take.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::EcdhEs, Self::RsaOaep, Self::RsaOaep256]
            .into_iter()
            .find(|alg| alg.as_str() == text)
    }

    /// The name of RFC 7518.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EcdhEs => "ECDH-ES",
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
        }
    }
}

/// How the content is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum ContentAlg {
    /// AES GCM with a key of 128 bits.
    #[serde(rename = "A128GCM")]
    A128Gcm,
    /// AES GCM with a key of 256 bits.
    #[serde(rename = "A256GCM")]
    A256Gcm,
}

impl ContentAlg {
    /// The name of RFC 7518.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// The length of its key, in bytes.
    pub const fn key_length(self) -> u8 {
        match self {
            Self::A128Gcm => 16,
            Self::A256Gcm => 32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_has_no_name_here() {
        assert_eq!(
            KeyManagementAlg::parse("RSA-OAEP"),
            Some(KeyManagementAlg::RsaOaep)
        );
        for text in [
            "RSA1_5",
            "dir",
            "A128KW",
            "ECDH-ES+A128KW",
            "PBES2-HS256+A128KW",
            "ecdh-es",
            "none",
            "",
        ] {
            assert_eq!(KeyManagementAlg::parse(text), None, "{text}");
        }
    }
}
