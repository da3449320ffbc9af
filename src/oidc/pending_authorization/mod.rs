//! What the browser keeps for us, sealed, between the authorization request and its response. One cookie an attempt; an
//! anonymous visitor writes nothing to the store.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::oidc::attempts::AttemptId;
use crate::oidc::sealed_fields::Fields;
use crate::oidc::sealed_fields::FieldsWriter;
use crate::provider::entry_name::EntryName;
use crate::seal;
use crate::seal::Keyring;
use crate::seal::RandomError;
use crate::seal::SealError;
use crate::seal::purpose::Purpose;
use crate::secret::Secret;
use crate::wire::host::Host;
use crate::wire::return_to::ReturnTo;

/// How long an answer to the request is taken, counted from the request. FranceConnect's own interaction lives as long.
pub const VALID_FOR: Duration = Duration::from_mins(30);
/// How long the cookie lives: a late answer still knows where the person wanted to go.
pub const COOKIE_LIFETIME: Duration = Duration::from_hours(2);
/// What stands before the attempt's identifier in the name of its cookie (`wire::cookies` puts its prefix before it).
pub const COOKIE_NAME: &str = "login-";
/// The most attempts that a browser keeps.
const MOST_COOKIES: usize = 4;
/// What all of them may weigh, names included: servers and proxies before us take some 8 KiB of headers.
const MOST_BYTES: usize = 4096;
/// The first byte of what is sealed.
const VERSION: u8 = 2;

/// Where a login leads.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The host on which it began, and on which it must end.
    pub host: Host,
    /// The application.
    pub app: String,
    /// The page.
    pub return_to: ReturnTo,
    /// The redirection endpoint, byte for byte as it is registered.
    pub redirect_uri: String,
}

/// One attempt to log in.
pub struct PendingAuthorization {
    id: AttemptId,
    entry: EntryName,
    issuer: String,
    acr: String,
    issuer_in_response: IssuerInResponse,
    max_age: Option<Duration>,
    destination: Destination,
    started_at: Timestamp,
    seed: Zeroizing<[u8; 32]>,
    state: String,
    nonce: String,
    code_verifier: Zeroizing<String>,
}

/// What an attempt asks for, and of whom.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The provider entry.
    pub entry: EntryName,
    /// Its issuer.
    pub issuer: String,
    /// The `acr` value; empty where none is asked for.
    pub acr: String,
    /// `max_age`: how old the authentication may be. Absent: any age.
    pub max_age: Option<Duration>,
    /// What its provider said of its answers when the request was made.
    pub issuer_in_response: IssuerInResponse,
}

/// Whether the response has to name its issuer (RFC 9207, section 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerInResponse {
    /// It has to.
    Due,
    /// This provider did not say that it would.
    NotAnnounced,
}

impl IssuerInResponse {
    fn as_byte(self) -> u8 {
        match self {
            Self::Due => 1,
            Self::NotAnnounced => 0,
        }
    }

    fn of_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Due),
            0 => Some(Self::NotAnnounced),
            _ => None,
        }
    }
}

impl PendingAuthorization {
    /// A new attempt: every random value of it is new.
    pub fn begin(asked: Asked, destination: Destination, now: Timestamp) -> Result<Self, RandomError> {
        Self::of(
            AttemptId::generate()?,
            asked,
            destination,
            now,
            Zeroizing::new(seal::random()?),
        )
        .ok_or(RandomError)
    }

    /// The value of the attempt's cookie. It opens for this attempt on this host only.
    pub fn seal(&self, keyring: &Keyring) -> Result<String, SealError> {
        let mut fields = FieldsWriter::new(VERSION);
        fields.put(&self.seed[..]);
        fields.put(&self.started_at.as_unix().to_be_bytes());
        fields.put(&[self.issuer_in_response.as_byte()]);
        for text in [
            self.entry.as_str(),
            &self.issuer,
            &self.acr,
            &self.destination.app,
            self.destination.return_to.as_str(),
            &self.destination.redirect_uri,
        ] {
            fields.put(text.as_bytes());
        }
        // Last and only where it is asked for: an attempt without it looks as it always did.
        if let Some(max_age) = self.max_age {
            fields.put(&max_age.as_secs().to_be_bytes());
        }
        let context = context(&self.id, &self.destination.host);
        let sealed = keyring.seal(Purpose::LoginCookie, &context, &fields.finish())?;
        Ok(seal::base64url(&sealed))
    }

    /// Opens a cookie that was set for attempt `id` on `host`; `None` for anything else.
    pub fn open(keyring: &Keyring, id: &AttemptId, host: &Host, value: &str) -> Option<Self> {
        let sealed = seal::from_base64url(value)?;
        let opened = keyring
            .open(Purpose::LoginCookie, &context(id, host), &sealed)
            .ok()?;
        let mut fields = Fields::of(&opened, VERSION)?;
        let seed = Zeroizing::new(fields.bytes::<32>()?);
        let started_at = Timestamp::from_unix(i64::from_be_bytes(fields.bytes::<8>()?));
        let [issuer_in_response] = fields.bytes::<1>()?;
        let mut asked = Asked {
            issuer_in_response: IssuerInResponse::of_byte(issuer_in_response)?,
            entry: EntryName::parse(fields.text()?)?,
            issuer: fields.text()?.to_owned(),
            acr: fields.text()?.to_owned(),
            max_age: None,
        };
        let destination = Destination {
            host: host.clone(),
            app: fields.text()?.to_owned(),
            return_to: ReturnTo::parse(fields.text()?)?,
            redirect_uri: fields.text()?.to_owned(),
        };
        if !fields.is_at_end() {
            asked.max_age = Some(Duration::from_secs(u64::from_be_bytes(fields.bytes::<8>()?)));
        }
        fields.end()?;
        Self::of(id.clone(), asked, destination, started_at, seed)
    }

    /// The attempt that a response with this `state` answers, among the login cookies of a browser: pairs of what follows
    /// [`COOKIE_NAME`] and value. A cookie that came twice is none: a neighbour may have planted one of the two.
    pub fn find(keyring: &Keyring, host: &Host, cookies: &[(&str, &str)], state: &str) -> Option<Self> {
        let came_once = |name: &str| cookies.iter().filter(|(each, _)| *each == name).count() == 1;
        cookies
            .iter()
            .filter(|(name, _)| came_once(name))
            .filter_map(|(name, value)| Self::open(keyring, &AttemptId::parse(name)?, host, value))
            .find(|attempt| Secret::new(attempt.state()) == Secret::new(state))
    }

    fn of(
        id: AttemptId,
        asked: Asked,
        destination: Destination,
        started_at: Timestamp,
        seed: Zeroizing<[u8; 32]>,
    ) -> Option<Self> {
        let state = seal::hex(&seal::derive::<32>(&seed, "guichet/1/login/state")?);
        let nonce = seal::hex(&seal::derive::<32>(&seed, "guichet/1/login/nonce")?);
        // 43 characters: the shortest verifier that there may be (RFC 7636, section 4.1), of 256 bits.
        let code_verifier = seal::base64url(&seal::derive::<32>(&seed, "guichet/1/login/code_verifier")?);
        Some(Self {
            id,
            entry: asked.entry,
            issuer: asked.issuer,
            acr: asked.acr,
            issuer_in_response: asked.issuer_in_response,
            max_age: asked.max_age,
            destination,
            started_at,
            seed,
            state,
            nonce,
            code_verifier: Zeroizing::new(code_verifier),
        })
    }

    /// Names the attempt, and its cookie.
    pub fn id(&self) -> &AttemptId {
        &self.id
    }

    /// The provider entry.
    pub fn entry(&self) -> &EntryName {
        &self.entry
    }

    /// The issuer that was asked.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `state`: 64 hexadecimal characters.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// `nonce`: 64 hexadecimal characters, unrelated to `state`.
    pub(super) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// `code_verifier` (RFC 7636, section 4.1), unrelated to both.
    pub(super) fn code_verifier(&self) -> &Zeroizing<String> {
        &self.code_verifier
    }

    /// `code_challenge` (RFC 7636, section 4.2) by S256.
    pub(super) fn code_challenge(&self) -> String {
        seal::base64url(&seal::sha256(self.code_verifier.as_bytes()))
    }

    /// Whether the response has to name its issuer.
    pub(super) fn issuer_in_response(&self) -> IssuerInResponse {
        self.issuer_in_response
    }

    /// The `acr` value that was asked for; empty where none was.
    pub fn acr(&self) -> &str {
        &self.acr
    }

    /// How old the authentication may be, if that was asked.
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// Where the login leads.
    pub fn destination(&self) -> &Destination {
        &self.destination
    }

    /// The redirection endpoint that was sent.
    pub fn redirect_uri(&self) -> &str {
        &self.destination.redirect_uri
    }

    /// When the request was made.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// Until when an answer is taken.
    pub fn valid_until(&self) -> Timestamp {
        self.started_at.plus(VALID_FOR)
    }

    /// The half of the key of this attempt's outcome that only the browser has.
    pub fn outcome_key(&self) -> Option<Zeroizing<[u8; 32]>> {
        seal::derive(&self.seed, "guichet/1/login/outcome").map(Zeroizing::new)
    }
}

fn context<'a>(id: &'a AttemptId, host: &'a Host) -> [&'a [u8]; 2] {
    [id.as_str().as_bytes(), host.as_str().as_bytes()]
}

/// No state, no nonce, no destination: they are what an attacker wants to know.
impl fmt::Debug for PendingAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingAuthorization")
            .field("id", &self.id)
            .field("entry", &self.entry)
            .field("started_at", &self.started_at)
            .finish_non_exhaustive()
    }
}

/// A login cookie that a browser sent.
#[derive(Debug)]
pub struct HeldAttempt {
    /// Its identifier.
    pub id: AttemptId,
    /// What it weighs, name and value.
    pub bytes: usize,
    /// When it began; `None` for a cookie that does not open.
    pub started_at: Option<Timestamp>,
}

impl HeldAttempt {
    /// The attempt of a cookie: its full name, what follows [`COOKIE_NAME`] in it, and its value. `None` for a name that is
    /// not one of ours.
    pub fn of(keyring: &Keyring, host: &Host, full_name: &str, (name, value): (&str, &str)) -> Option<Self> {
        let id = AttemptId::parse(name)?;
        let opened = PendingAuthorization::open(keyring, &id, host, value);
        Some(Self {
            id,
            bytes: full_name.len() + "=; ".len() + value.len(),
            started_at: opened.map(|attempt| attempt.started_at),
        })
    }
}

/// The attempts that a browser gives up when a cookie of `new_bytes` joins the others: what does not open, then the
/// oldest, until the rest is at most four and weighs at most 4 KiB.
pub fn given_up(mut held: Vec<HeldAttempt>, new_bytes: usize) -> Vec<AttemptId> {
    // `None` is before every moment: what does not open goes first.
    held.sort_by_key(|attempt| attempt.started_at);
    let mut count = held.len() + 1;
    let mut bytes = new_bytes + held.iter().map(|attempt| attempt.bytes).sum::<usize>();
    let mut gone = Vec::new();
    for attempt in held {
        if attempt.started_at.is_some() && count <= MOST_COOKIES && bytes <= MOST_BYTES {
            break;
        }
        count -= 1;
        bytes -= attempt.bytes;
        gone.push(attempt.id);
    }
    gone
}

#[cfg(test)]
mod tests;
