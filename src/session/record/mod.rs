//! What a store holds of a session: a version, a note for the operator, and the record that only its cookie opens.
//!
//! The record is sealed by a key from the cookie and the gateway's secret, and bound to version, prefix, host and locator:
//! a value that was copied under another key, prefix or host does not open. What does not open is no session and never a
//! panic: the store is not ours alone.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::identity::identity::Authentication;
use crate::identity::identity::Identity;
use crate::identity::identity::Subject;
use crate::provider::entry_name::EntryName;
use crate::seal::Keyring;
use crate::seal::SealError;
use crate::seal::purpose::Purpose;
use crate::session::kept_token::KeptToken;
use crate::session::key::Locator;
use crate::session::key::SessionKey;
use crate::wire::host::Host;

/// The version that is written. Another one is no session: the person logs in again.
const VERSION: u8 = 4;
/// Records are padded to a multiple of this, so that their size says little about the person.
const PADDING: usize = 512;

/// What is sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The provider entry.
    pub entry: EntryName,
    /// Who it is.
    pub identity: Identity,
    /// How sure the provider was.
    pub authentication: Authentication,
    /// When the login happened.
    pub logged_in_at: Timestamp,
    /// The absolute end: it bounds what an old value is worth that someone restored.
    pub ends_at: Timestamp,
    /// The ID token, for the logout hint.
    pub id_token: KeptToken,
}

/// What of a record is a list of postcard's, without names: every session in Redis has them, and every request reads them.
#[derive(Serialize, Deserialize)]
struct Row(
    EntryName,
    /// Issuer and subject identifier.
    (String, String),
    Vec<(String, Claim)>,
    Authentication,
    /// When it began, and when it ends.
    (Timestamp, Timestamp),
);

/// The value of a claim. Nearly all are texts.
#[derive(Serialize, Deserialize)]
enum Claim {
    Text(String),
    Json(String),
}

impl From<Value> for Claim {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text),
            other => Self::Json(other.to_string()),
        }
    }
}

impl Claim {
    fn value(self) -> Option<Value> {
        match self {
            Self::Text(text) => Some(Value::String(text)),
            Self::Json(json) => serde_json::from_str(&json).ok(),
        }
    }
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}

/// Where a value lives. Its record opens there and nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The prefix of all keys of this gateway in the store.
    pub prefix: &'a str,
    /// The host of the session.
    pub host: &'a Host,
    /// The key, without the prefix.
    pub locator: &'a Locator,
}

/// Why a value is no record, or no record a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Not even the outer form is there.
    #[error("the value is not of our form")]
    Malformed,
    /// Written by another version of the gateway.
    #[error("version {0} is not known")]
    Version(u8),
    /// The seal does not open.
    #[error("the record is not to be opened")]
    Seal(#[from] SealError),
    /// It opened, but what is inside has another shape. The cause is not kept: it would quote the person's data.
    #[error("the record has another shape")]
    Content,
}

/// The value for the store.
pub fn write(
    keyring: &Keyring,
    key: &SessionKey,
    place: Place<'_>,
    record: &Record,
    note: &[u8],
) -> Result<Vec<u8>, RecordError> {
    let plaintext = plaintext(record)?;
    let record =
        keyring
            .with(key.expose_bytes())
            .seal(Purpose::SessionRecord, &context(place), &plaintext)?;
    let note_length = u16::try_from(note.len()).map_err(|_too_long| RecordError::Malformed)?;
    Ok([&[VERSION], &note_length.to_be_bytes()[..], note, &record].concat())
}

/// The record in a value of the store.
pub fn read(
    keyring: &Keyring,
    key: &SessionKey,
    place: Place<'_>,
    value: &[u8],
) -> Result<Record, RecordError> {
    let (_, sealed) = split(value)?;
    let plaintext = keyring
        .with(key.expose_bytes())
        .open(Purpose::SessionRecord, &context(place), sealed)?;
    content(&plaintext).ok_or(RecordError::Content)
}

/// The sealed note in a value of the store.
pub fn sealed_note(value: &[u8]) -> Result<&[u8], RecordError> {
    split(value).map(|(note, _)| note)
}

fn split(value: &[u8]) -> Result<(&[u8], &[u8]), RecordError> {
    let (version, rest) = value.split_first().ok_or(RecordError::Malformed)?;
    if *version != VERSION {
        return Err(RecordError::Version(*version));
    }
    let (note_length, rest) = rest.split_first_chunk().ok_or(RecordError::Malformed)?;
    let note_length = usize::from(u16::from_be_bytes(*note_length));
    rest.split_at_checked(note_length).ok_or(RecordError::Malformed)
}

fn context(place: Place<'_>) -> [&[u8]; 4] {
    [
        &[VERSION],
        place.prefix.as_bytes(),
        place.host.as_str().as_bytes(),
        place.locator.as_str().as_bytes(),
    ]
}

/// The row and the token, each after its length; then nothing up to the padding.
fn plaintext(record: &Record) -> Result<Zeroizing<Vec<u8>>, RecordError> {
    let Record {
        entry,
        identity,
        authentication,
        logged_in_at,
        ends_at,
        id_token,
    } = record.clone();
    let Subject { issuer, sub } = identity.subject;
    let row = Row(
        entry,
        (issuer, sub),
        identity
            .claims
            .into_iter()
            .map(|(name, value)| (name, Claim::from(value)))
            .collect(),
        authentication,
        (logged_in_at, ends_at),
    );
    let row = postcard::to_allocvec(&row).map_err(|_never| RecordError::Content)?;
    let row = Zeroizing::new(row);
    let mut plaintext = Zeroizing::new(Vec::new());
    for part in [&row[..], id_token.expose()] {
        let length = u16::try_from(part.len()).map_err(|_too_long| RecordError::Content)?;
        plaintext.extend_from_slice(&length.to_be_bytes());
        plaintext.extend_from_slice(part);
    }
    let padded = plaintext.len().next_multiple_of(PADDING);
    plaintext.resize(padded, 0);
    Ok(plaintext)
}

/// What [`plaintext`] wrote. Why it is something else is not kept: it would quote the person's data.
fn content(plaintext: &[u8]) -> Option<Record> {
    let (row, rest) = part(plaintext)?;
    let (id_token, _padding) = part(rest)?;
    let (row, &[]) = postcard::take_from_bytes(row).ok()? else {
        return None;
    };
    let Row(entry, (issuer, sub), claims, authentication, (logged_in_at, ends_at)) = row;
    let claims = claims
        .into_iter()
        .map(|(name, claim)| Some((name, claim.value()?)));
    let claims: Map<String, Value> = claims.collect::<Option<_>>()?;
    let subject = Subject { issuer, sub };
    Some(Record {
        entry,
        identity: Identity { subject, claims },
        authentication,
        logged_in_at,
        ends_at,
        id_token: KeptToken::from_record(id_token),
    })
}

fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests;
