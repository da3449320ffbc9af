//! The signed token of a message: the message itself or, where the provider encrypts for this client, what is in it
//! (OpenID Connect Core 1.0, section 16.14: signed, then encrypted).
//!
//! Whoever verifies gets the signed token and cannot tell which it was; it is also what a logout shows the provider.

use serde_json::Value;

use crate::jose::jwe;
use crate::jose::jwe::Accepted;
use crate::jose::jwe::JweError;
use crate::oidc::client_settings::ClientSettings;
use crate::provider::profile::EncryptedMessage;
use crate::secret::Secret;

/// Why the token in a message was not had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NestedError {
    /// Not text.
    #[error("the token is not UTF-8")]
    Malformed,
    /// Not encrypted for us, or not as it was agreed.
    #[error(transparent)]
    Jwe(#[from] JweError),
    /// The header repeats a claim that every token has, with another value (RFC 7519, section 5.3).
    #[error("`{0}` in the header of the encrypted token is another than that of this entry")]
    Repeated(&'static str),
}

impl NestedError {
    /// One stable word for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed => "token_malformed",
            Self::Jwe(error) => error.reason(),
            Self::Repeated(_) => "header_claim_mismatch",
        }
    }
}

/// The signed token of a message.
pub(super) fn signed(
    message: EncryptedMessage,
    received: Secret,
    settings: &ClientSettings,
) -> Result<Secret, NestedError> {
    let rules = settings.profile.rules.encryption.as_ref();
    let rules = rules.filter(|rules| rules.messages.contains(&message));
    let (Some(rules), Some(keys)) = (rules, &settings.keys.decryption) else {
        return Ok(received);
    };
    let accepted = Accepted {
        alg: keys.alg,
        contents: &rules.content_algs,
    };
    let text = received.expose_str().ok_or(NestedError::Malformed)?;
    let opened = jwe::open(text, &accepted, &keys.keys)?;
    for (name, expected) in [
        ("iss", settings.profile.issuer.as_str()),
        ("aud", settings.client_id.as_str()),
    ] {
        if opened.repeated(name).is_some_and(|value| !says(value, expected)) {
            return Err(NestedError::Repeated(name));
        }
    }
    Ok(opened.token)
}

/// One text, or a list of this one.
fn says(value: &Value, expected: &str) -> bool {
    match value {
        Value::Array(values) => matches!(values.as_slice(), [one] if one == expected),
        one => one == expected,
    }
}
