//! Who a provider says that the person is, and how sure it was. Kept as the provider said it, byte for byte.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::clock::Timestamp;

/// A person at one provider: `iss` and `sub` together (OpenID Connect Core 1.0, section 5.7). Compared byte for byte.
///
/// `Debug` shows the issuer only.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The issuer, as the ID token names it.
    pub issuer: String,
    /// The subject identifier: unique at this issuer, never reassigned.
    pub sub: String,
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("issuer", &self.issuer)
            .field("sub", &"[redacted]")
            .finish()
    }
}

/// The person and their claims. `Debug` shows the names of the claims, never a value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Who it is.
    pub subject: Subject,
    /// The userinfo claims as the provider gave them, without the registered ones (`iss`, `sub`, `aud`, `exp`..).
    pub claims: Map<String, Value>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("subject", &self.subject)
            .field("claims", &self.claims.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// How the person was authenticated: what the ID token says, not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// `acr`: the level that was reached; empty if the provider does not say.
    pub acr: String,
    /// `amr`: the methods used (RFC 8176); empty if the provider does not say.
    pub amr: Vec<String>,
    /// `auth_time`: when the person last proved who they are; absent if the provider does not say.
    pub auth_time: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_not_shown() {
        let identity = Identity {
            subject: Subject {
                issuer: "https://issuer.example".to_owned(),
                sub: "b6048e95bb134ec5".to_owned(),
            },
            claims: [("family_name".to_owned(), Value::from("NŒUVÉGLISE"))]
                .into_iter()
                .collect(),
        };
        let shown = format!("{identity:?}");
        assert!(shown.contains("https://issuer.example") && shown.contains("family_name"));
        assert!(!shown.contains("b6048e95bb134ec5") && !shown.contains("NŒUVÉGLISE"));
    }
}
