//! What the application receives about its visitor: the one place that says it.

pub mod assertion;
pub mod encoding;
pub mod key_pace;
pub mod pseudonym;
pub mod rules;
pub mod sample_person;
pub mod signing_keys;
pub mod told;

use http::HeaderName;
use http::HeaderValue;

use crate::access::permit::Passes;
use crate::access::permit::Permit;
use crate::clock::Timestamp;
use crate::identity_headers::assertion::AssertionError;
use crate::identity_headers::assertion::Assertions;
use crate::identity_headers::sample_person::LONGEST;
use crate::identity_headers::sample_person::SampleLogin;
use crate::identity_headers::sample_person::SamplePerson;
use crate::identity_headers::told::Told;
use crate::provider::entry_name::EntryName;
use crate::seal::SealError;
use crate::session::session::Session;
use crate::wire::field;
use crate::wire::host::Host;
use crate::wire::request_id::RequestId;

/// Most bytes that the gateway adds to one request, names and separators included: some application servers stop at 4 KiB
/// for a whole head. An identity that does not fit is refused, never cut.
pub const BUDGET: usize = 2048;

/// Why an identity could not be told. The request is refused then: a visitor is never told half.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityHeadersError {
    /// See [`AssertionError`].
    #[error(transparent)]
    Assertion(#[from] AssertionError),
    /// The pseudonym could not be made.
    #[error("no pseudonym could be made")]
    Pseudonym(#[from] SealError),
    /// The fields of this person are longer than [`BUDGET`].
    #[error("the identity takes {bytes} bytes of header, {BUDGET} are allowed")]
    OverBudget {
        /// What it would take.
        bytes: usize,
    },
    /// A field value was not ASCII; the encoding makes that impossible.
    #[error("a claim is not a field value")]
    NotAField(#[source] http::header::InvalidHeaderValue),
}

/// To whom it is told.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    /// The application's name.
    pub app: &'a str,
    /// What it may hear.
    pub told: &'a Told,
}

/// The fields that are written last into the head for the application.
#[derive(Clone, Debug)]
pub struct IdentityHeaders(Vec<(HeaderName, HeaderValue)>);

impl IdentityHeaders {
    /// The fields for what a permit says.
    pub fn of(
        permit: &Permit,
        audience: Audience<'_>,
        id: &RequestId,
        assertions: &Assertions,
    ) -> Result<Self, IdentityHeadersError> {
        let mut fields = match permit.passes() {
            Passes::Unasked => Vec::new(),
            Passes::Anonymous => vec![(rules::STATUS, HeaderValue::from_static("anonymous"))],
            Passes::SignedIn(session) => signed_in(session, audience, assertions)?,
        };
        let id = HeaderValue::from_str(id.as_str()).map_err(IdentityHeadersError::NotAField)?;
        fields.push((rules::REQUEST_ID, id));
        let bytes = size_of_fields(&fields);
        if bytes > BUDGET {
            return Err(IdentityHeadersError::OverBudget { bytes });
        }
        Ok(Self(fields))
    }

    /// The fields, each name once.
    pub fn fields(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0
    }

    /// What nobody decided, for tests of what comes after a decision.
    #[cfg(test)]
    pub(crate) fn made_up(fields: &[(HeaderName, HeaderValue)]) -> Self {
        Self(fields.to_vec())
    }
}

fn signed_in(
    session: &Session,
    audience: Audience<'_>,
    assertions: &Assertions,
) -> Result<Vec<(HeaderName, HeaderValue)>, IdentityHeadersError> {
    // The status, the assertion and the number of the request stand beside the plain ones.
    let mut fields = Vec::with_capacity(audience.told.plain_headers.len() + 3);
    fields.push((rules::STATUS, HeaderValue::from_static("authenticated")));
    let (sub, now) = (audience.told.sub(session)?, assertions.now());
    for plain in &audience.told.plain_headers {
        if let Some(value) = plain.value(session, sub.as_deref(), now) {
            let value = HeaderValue::try_from(value).map_err(IdentityHeadersError::NotAField)?;
            fields.push((plain.name().clone(), value));
        }
    }
    fields.push((
        rules::ASSERTION,
        assertions.about(session, audience.app, audience.told)?,
    ));
    Ok(fields)
}

/// Every name under which an application may hear something.
pub fn every_name(told: &Told) -> impl Iterator<Item = HeaderName> {
    let plain = told.plain_headers.iter().map(|plain| plain.name().clone());
    [rules::STATUS, rules::ASSERTION, rules::REQUEST_ID]
        .into_iter()
        .chain(plain)
}

/// The fields of [`IdentityHeaders`] for the longest person that we can think of, signed in at `entry`, with assertions by
/// `assertions`; compare their size with [`BUDGET`]. `None` if nothing can be signed.
pub fn fields_of_the_longest_person(
    audience: Audience<'_>,
    entry: &EntryName,
    assertions: &Assertions,
) -> Option<Vec<(HeaderName, HeaderValue)>> {
    let moment = Timestamp::from_unix(LATE);
    let login = SampleLogin {
        entry,
        issuer: "",
        acr: "eidas1",
        host: &Host::parse("localhost").ok()?,
        at: moment,
        ends_at: moment,
    };
    let session = SamplePerson::named(LONGEST)?.session(login)?;
    let mut fields = signed_in(&session, audience, assertions).ok()?;
    fields.push((rules::REQUEST_ID, HeaderValue::from_static("0123456789abcdef")));
    Some(fields)
}

/// A moment with as many digits as any that is yet to come.
const LATE: i64 = 4_102_444_800;

/// What fields take in a head, in bytes; compare it with [`BUDGET`].
pub fn size_of_fields(fields: &[(HeaderName, HeaderValue)]) -> usize {
    field::size_of(fields.iter().map(|(name, value)| (name, value)))
}

#[cfg(test)]
mod tests;
