//! Public keys as the world reads them (RFC 7517): one key, and a set of them.

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;

/// The uncompressed form of a P-256 point (SEC 1, section 2.3.3).
const POINT_LENGTH: usize = 65;

/// The public half of a key (RFC 7518, section 6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kty")]
pub enum PublicKey {
    /// On the curve P-256.
    #[serde(rename = "EC")]
    P256 {
        /// The name of the curve.
        crv: &'static str,
        /// A coordinate in base64url.
        x: String,
        /// The other one.
        y: String,
    },
    /// Modulus and exponent in base64url.
    #[serde(rename = "RSA")]
    Rsa {
        /// The modulus.
        n: String,
        /// The exponent.
        e: String,
    },
}

impl PublicKey {
    /// The key of an uncompressed point; `None` for anything else.
    pub fn of_point(point: &[u8]) -> Option<Self> {
        let coordinates = point
            .strip_prefix(&[4])
            .filter(|_rest| point.len() == POINT_LENGTH)?;
        let (x, y) = coordinates.split_at_checked(coordinates.len() / 2)?;
        Some(Self::P256 {
            crv: "P-256",
            x: BASE64_URL_SAFE_NO_PAD.encode(x),
            y: BASE64_URL_SAFE_NO_PAD.encode(y),
        })
    }

    /// The RSA key of a modulus and an exponent, both big-endian without zeros before them.
    pub fn of_numbers(modulus: &[u8], exponent: &[u8]) -> Self {
        Self::Rsa {
            n: BASE64_URL_SAFE_NO_PAD.encode(modulus),
            e: BASE64_URL_SAFE_NO_PAD.encode(exponent),
        }
    }

    /// Its thumbprint (RFC 7638, section 3): the required members in the order of their names.
    pub fn thumbprint(&self) -> String {
        let canonical = match self {
            Self::P256 { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        };
        BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
    }

    /// What the world reads about the key: what it is for, and with which algorithm.
    pub fn published_for(self, r#use: &'static str, alg: &'static str) -> PublicJwk {
        PublicJwk {
            kid: self.thumbprint(),
            key: self,
            r#use,
            alg,
        }
    }
}

/// A public key as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicJwk {
    #[serde(flatten)]
    key: PublicKey,
    r#use: &'static str,
    alg: &'static str,
    kid: String,
}

impl PublicJwk {
    /// The identifier of the key: its thumbprint, the same on every instance without asking anyone.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

/// A set of public keys, in the order in which they were given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JwkSet<'a> {
    /// The keys.
    pub keys: Vec<&'a PublicJwk>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_its_thumbprint() {
        // The key of RFC 7517, appendix A.1, whose thumbprint was computed with PyCA cryptography.
        let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        let (x, y) = (
            "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        );
        let point = [vec![4], decode(x), decode(y)].concat();
        let jwk = PublicKey::of_point(&point).unwrap().published_for("sig", "ES256");
        assert_eq!(jwk.kid(), "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
        let json = serde_json::to_value(JwkSet { keys: vec![&jwk] }).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"keys": [{
                "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": jwk.kid(),
            }]})
        );
    }

    #[test]
    fn what_is_not_an_uncompressed_point_is_no_key() {
        for point in [vec![], vec![4; 64], vec![2; 65], vec![4; 66]] {
            assert_eq!(PublicKey::of_point(&point), None);
        }
    }
}
