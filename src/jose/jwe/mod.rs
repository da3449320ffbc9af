//! A token that was encrypted for us (RFC 7516, compact serialisation), taken apart strictly and opened.
//!
//! Only what the provider's profile lists is taken: one algorithm of key management, the algorithms of content. What is in
//! it must be a token in turn (`cty` is `JWT`), and is not believed for having been encrypted: everybody has our public
//! key. Nothing is unpacked, no key is derived from a password, and key material of the header other than the ephemeral
//! key is not looked at. Of what fails in the cryptography nothing is said but that it failed.

pub mod decryption_key;

use aws_lc_rs::aead::AES_128_GCM;
use aws_lc_rs::aead::AES_256_GCM;
use aws_lc_rs::aead::Aad;
use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::aead::NONCE_LEN;
use aws_lc_rs::aead::Nonce;
use aws_lc_rs::aead::UnboundKey;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Map;
use serde_json::Value;

use crate::jose::jwe::decryption_key::Agreed;
use crate::jose::jwe::decryption_key::DecryptionKey;
use crate::jose::jwe::decryption_key::Envelope;
use crate::jose::strict_json;
use crate::jose::strict_json::StrictJsonError;
use crate::secret::Secret;
use crate::wire::jwa::ContentAlg;
use crate::wire::jwa::KeyManagementAlg;
use crate::wire::untrusted::Untrusted;

/// A token about a person is 2 KiB long, encrypted 3.
const LONGEST: usize = 16 * 1024;
/// The tag of AES GCM (RFC 7518, section 5.3).
const TAG: usize = 16;
/// A coordinate of P-256 (RFC 7518, section 6.2.1.2).
const COORDINATE: usize = 32;
/// Before the coordinates of an uncompressed point (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;
/// `apu` and `apv` name two parties.
const LONGEST_PARTY: usize = 256;

/// Why an encrypted token was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JweError {
    /// A token that is signed at most, where an encrypted one is due.
    #[error("not encrypted, and this entry takes encrypted tokens only")]
    NotEncrypted,
    /// Another serialisation than five segments.
    #[error("not a compact JWE")]
    Shape,
    /// Longer than any token about a person.
    #[error("the encrypted token is longer than {LONGEST} bytes")]
    TooLong,
    /// Padding, white space, another alphabet, trailing bits.
    #[error("a segment of the encrypted token is not base64url")]
    Encoding,
    /// The header is not one unambiguous object.
    #[error("the header of the encrypted token is refused: {0}")]
    Header(#[source] StrictJsonError),
    /// A header parameter that is missing, of another type, or of another form.
    #[error("the header parameter `{0}` of the encrypted token is missing or malformed")]
    Parameter(&'static str),
    /// Another algorithm of key management than the one that this entry has pinned.
    #[error(
        "encrypted with `{alg}`, this entry takes {pinned} only: compare `encryption_alg` with what the provider's portal \
         shows for this client"
    )]
    Algorithm {
        /// What the header says.
        alg: Untrusted,
        /// What is pinned.
        pinned: &'static str,
    },
    /// Another algorithm of content than those of the profile.
    #[error("its content is encrypted with `{0}`, which this provider does not use")]
    Content(Untrusted),
    /// Compression, an extension that must be understood, a key from a password.
    #[error("the header of the encrypted token demands `{0}`")]
    Extension(&'static str),
    /// What is in it is not said to be a token.
    #[error("`cty` of the encrypted token is not JWT")]
    ContentType,
    /// Encrypted for a key that we do not have.
    #[error(
        "encrypted for the key `{0}`, which is none of ours: compare `guichet keys list` with what the provider fetched"
    )]
    Key(Untrusted),
    /// The cryptography failed: another key, an altered token, a point that is not on the curve.
    #[error("the encrypted token cannot be decrypted")]
    Decryption,
}

impl JweError {
    /// One stable word for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotEncrypted => "token_not_encrypted",
            Self::Shape | Self::TooLong | Self::Encoding | Self::Header(_) | Self::Parameter(_) => {
                "token_malformed"
            }
            Self::Algorithm { .. } | Self::Content(_) => "alg_refused",
            Self::Extension(_) => "extension_refused",
            Self::ContentType => "cty_refused",
            Self::Key(_) => "decryption_key_unknown",
            Self::Decryption => "decryption_failed",
        }
    }
}

/// Which combinations are taken.
#[derive(Clone, Copy, Debug)]
pub struct Accepted<'a> {
    /// The algorithm of key management that is pinned.
    pub alg: KeyManagementAlg,
    /// The algorithms of content that the provider uses.
    pub contents: &'a [ContentAlg],
}

/// What was in an encrypted token. It is proven that it was meant for us, and nothing else.
pub struct Opened {
    /// The token that was in it.
    pub token: Secret,
    header: Map<String, Value>,
}

impl Opened {
    /// A claim that the header repeats (RFC 7519, section 5.3).
    pub fn repeated(&self, name: &str) -> Option<&Value> {
        self.header.get(name)
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

/// Opens a token with one of our keys: the one that it names; if it names none, the first that opens it.
pub fn open(text: &str, accepted: &Accepted<'_>, keys: &[DecryptionKey]) -> Result<Opened, JweError> {
    if text.len() > LONGEST {
        return Err(JweError::TooLong);
    }
    let segments: Vec<&str> = text.split('.').collect();
    let [protected, wrapped, iv, ciphertext, tag] = segments.as_slice() else {
        return Err(if segments.len() == 3 {
            JweError::NotEncrypted
        } else {
            JweError::Shape
        });
    };
    let header = strict_json::object(&decode(protected)?).map_err(JweError::Header)?;
    let content = judge(&header, accepted)?;
    let envelope = match accepted.alg {
        KeyManagementAlg::EcdhEs if wrapped.is_empty() => Envelope::Agreed(agreed(&header)?),
        KeyManagementAlg::EcdhEs => return Err(JweError::Shape),
        KeyManagementAlg::RsaOaep | KeyManagementAlg::RsaOaep256 => Envelope::Wrapped(decode(wrapped)?),
    };
    let sealed = Sealed {
        aad: protected,
        nonce: decode(iv)?
            .try_into()
            .map_err(|_another_length| JweError::Shape)?,
        ciphertext: decode(ciphertext)?,
        tag: decode(tag)?,
    };
    let token = text_of(&header, "kid")?
        .map_or_else(|| Ok(keys.iter().collect()), |kid| named(kid, keys))?
        .into_iter()
        .find_map(|key| sealed.open(content, &key.content_key(&envelope, content)?))
        .ok_or(JweError::Decryption)?;
    Ok(Opened { token, header })
}

/// The header against what is taken, before any key is looked at.
fn judge(header: &Map<String, Value>, accepted: &Accepted<'_>) -> Result<ContentAlg, JweError> {
    let alg = text_of(header, "alg")?.unwrap_or_default();
    if alg != accepted.alg.as_str() {
        return Err(JweError::Algorithm {
            alg: Untrusted::new(alg),
            pinned: accepted.alg.as_str(),
        });
    }
    let enc = text_of(header, "enc")?.unwrap_or_default();
    let mut contents = accepted.contents.iter();
    let content = contents
        .find(|content| content.as_str() == enc)
        .ok_or_else(|| JweError::Content(Untrusted::new(enc)))?;
    let demanded = ["crit", "zip", "p2c", "p2s", "b64"];
    if let Some(name) = demanded.into_iter().find(|name| header.contains_key(*name)) {
        return Err(JweError::Extension(name));
    }
    let cty = text_of(header, "cty")?.unwrap_or_default();
    if !cty.eq_ignore_ascii_case("JWT") {
        return Err(JweError::ContentType);
    }
    Ok(*content)
}

/// What the sender brings to the agreement. Whether the point is on the curve, the library looks.
fn agreed(header: &Map<String, Value>) -> Result<Agreed, JweError> {
    let ephemeral = header.get("epk").and_then(Value::as_object);
    let ephemeral = ephemeral.ok_or(JweError::Parameter("epk"))?;
    let member = |name: &str| ephemeral.get(name).and_then(Value::as_str);
    let coordinate = |name: &str| {
        let bytes = member(name).and_then(|text| decode(text).ok());
        bytes.filter(|bytes| bytes.len() == COORDINATE)
    };
    let is_on_p256 = (member("kty"), member("crv")) == (Some("EC"), Some("P-256"));
    let (Some(x), Some(y), true) = (coordinate("x"), coordinate("y"), is_on_p256) else {
        return Err(JweError::Parameter("epk"));
    };
    let party = |name: &'static str| {
        let text = text_of(header, name)?.unwrap_or_default();
        let bytes = decode(text).ok().filter(|bytes| bytes.len() <= LONGEST_PARTY);
        bytes.ok_or(JweError::Parameter(name))
    };
    Ok(Agreed {
        point: [vec![UNCOMPRESSED], x, y].concat(),
        producer: party("apu")?,
        recipient: party("apv")?,
    })
}

fn named<'k>(kid: &str, keys: &'k [DecryptionKey]) -> Result<Vec<&'k DecryptionKey>, JweError> {
    let named: Vec<&DecryptionKey> = keys.iter().filter(|key| key.kid() == kid).collect();
    if named.is_empty() {
        return Err(JweError::Key(Untrusted::new(kid)));
    }
    Ok(named)
}

/// The encrypted content with all that its key must fit.
struct Sealed<'a> {
    aad: &'a str,
    nonce: [u8; NONCE_LEN],
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

impl Sealed<'_> {
    fn open(&self, content: ContentAlg, key: &[u8]) -> Option<Secret> {
        let algorithm = match content {
            ContentAlg::A128Gcm => &AES_128_GCM,
            ContentAlg::A256Gcm => &AES_256_GCM,
        };
        // A token has one way to be written.
        if self.tag.len() != TAG {
            return None;
        }
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let mut text = [self.ciphertext.as_slice(), &self.tag].concat();
        let opened = key
            .open_in_place(nonce, Aad::from(self.aad), &mut text)
            .ok()?
            .len();
        text.truncate(opened);
        Some(Secret::new(text))
    }
}

fn decode(segment: &str) -> Result<Vec<u8>, JweError> {
    BASE64_URL_SAFE_NO_PAD
        .decode(segment)
        .map_err(|_not_base64url| JweError::Encoding)
}

fn text_of<'h>(header: &'h Map<String, Value>, name: &'static str) -> Result<Option<&'h str>, JweError> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JweError::Parameter(name)),
    }
}

#[cfg(test)]
mod tests;
