//! A code that is redeemed came once, with the state and the issuer of the request, and is the one that came.

use std::pin::pin;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;

use guichet::clock::Timestamp;
use guichet::oidc::attempts::AttemptId;
use guichet::oidc::attempts::Attempts;
use guichet::oidc::attempts::Claim;
use guichet::oidc::attempts::Pending;
use guichet::oidc::authorization_code::ClaimOutcome;
use guichet::oidc::authorization_response::AuthorizationResponse;
use guichet::oidc::authorization_response::CodeResponse;
use guichet::oidc::authorization_response::ErrorKind;
use guichet::oidc::authorization_response::ErrorResponse;
use guichet::oidc::pending_authorization::Asked;
use guichet::oidc::pending_authorization::Destination;
use guichet::oidc::pending_authorization::IssuerInResponse;
use guichet::oidc::pending_authorization::PendingAuthorization;
use guichet::provider::entry_name::EntryName;
use guichet::wire::host::Host;
use guichet::wire::return_to::ReturnTo;
use openidconnect::url::form_urlencoded;

use super::provider::ISSUER;
use super::provider::NOW;
use super::reading::filled;

/// The longest value that is read, in bytes.
const MOST: usize = 2048;
/// Answers of flows that we never start.
const OTHER_FLOWS: [&str; 4] = ["access_token", "id_token", "token_type", "response"];

/// The bytes are the query with which a browser comes back, in which `{state}` is the state of its request.
pub fn authorization_response(data: &[u8]) {
    for issuer_in_response in [IssuerInResponse::Due, IssuerInResponse::NotAnnounced] {
        let pending = begun(issuer_in_response);
        let state = pending.state().to_owned();
        let Ok(query) = String::from_utf8(filled(data, "{state}", &state)) else {
            return;
        };
        let reading = Reading::of(&query);
        let is_good = reading.answers(&state, issuer_in_response);
        let code = match AuthorizationResponse::parse(&query) {
            Ok(AuthorizationResponse::Error(error)) => {
                reading.is_error(&error);
                None
            }
            Ok(AuthorizationResponse::Code(response)) => redeemable(pending, response),
            Err(_refused) => None,
        };
        match code {
            Some(code) => {
                assert!(is_good, "{query:?} was taken");
                assert_eq!(code, reading.values("code")[0], "another code than in {query:?}");
                assert!(
                    code.bytes().all(|byte| matches!(byte, 0x20..=0x7E)) && code.len() <= MOST,
                    "{code:?}"
                );
            }
            None => assert!(!is_good || !reading.is_plain(), "{query:?} was refused"),
        }
    }
}

/// The query as a form, by another reader.
struct Reading<'a> {
    query: &'a str,
    pairs: Vec<(String, String)>,
}

impl<'a> Reading<'a> {
    fn of(query: &'a str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { query, pairs }
    }

    fn values(&self, name: &str) -> Vec<&str> {
        let named = self.pairs.iter().filter(|(each, _)| each == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// Whether it is a code for the request with this state, and nothing else.
    fn answers(&self, state: &str, issuer_in_response: IssuerInResponse) -> bool {
        let is_issuer = match self.values("iss").as_slice() {
            [] => issuer_in_response == IssuerInResponse::NotAnnounced,
            values => values == [ISSUER],
        };
        let is_no_error = matches!(self.values("error").as_slice(), [] | [""]);
        let is_no_other_flow = OTHER_FLOWS.iter().all(|name| self.values(name).is_empty());
        let is_a_code = matches!(self.values("code").as_slice(), [code] if !code.is_empty());
        is_a_code && self.values("state") == [state] && is_issuer && is_no_error && is_no_other_flow
    }

    /// Whether nothing in it could be a reason to refuse it but what it answers.
    fn is_plain(&self) -> bool {
        let at_most_once = ["error_description", "error_uri"]
            .iter()
            .all(|name| self.values(name).len() <= 1);
        let is_code_plain = self.values("code").iter().all(|code| code.is_ascii());
        let is_printable = self.query.bytes().all(|byte| matches!(byte, 0x20..=0x7E));
        at_most_once && is_code_plain && is_printable && !self.query.contains('%') && self.query.len() <= MOST
    }

    /// It came once; who turned back did so; what is logged of it is one line.
    fn is_error(&self, error: &ErrorResponse) {
        let [said] = self.values("error")[..] else {
            panic!("no single error in {:?}", self.query)
        };
        assert!(
            !said.is_empty() && said.starts_with(error.error.raw()),
            "{said:?}"
        );
        assert_eq!(error.kind == ErrorKind::AccessDenied, said == "access_denied");
        if let Some(state) = &error.state {
            assert_eq!(self.values("state"), [state]);
        }
        let line = error.to_string();
        assert!(
            !line.chars().any(char::is_control) && line.len() < 8 * MOST,
            "{line:?}"
        );
    }
}

fn begun(issuer_in_response: IssuerInResponse) -> PendingAuthorization {
    let asked = Asked {
        entry: EntryName::parse("fc").unwrap(),
        issuer: ISSUER.to_owned(),
        acr: "eidas1".to_owned(),
        max_age: None,
        issuer_in_response,
    };
    let destination = Destination {
        host: Host::parse("localhost:8100").unwrap(),
        app: "urbanisme".to_owned(),
        return_to: ReturnTo::parse("/").unwrap(),
        redirect_uri: "http://localhost:8100/_guichet/callback".to_owned(),
    };
    PendingAuthorization::begin(asked, destination, Timestamp::from_unix(NOW)).unwrap()
}

/// The code, as the token endpoint would get it.
fn redeemable(pending: PendingAuthorization, response: CodeResponse) -> Option<String> {
    let now = Timestamp::from_unix(NOW + 60);
    let code = pending.accept(response, now).ok()?;
    let claim = pin!(code.claim(&Generous, now));
    match claim.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(ClaimOutcome::Accepted(code))) => Some(code.code().expose_str().unwrap().to_owned()),
        other => panic!("everybody wins, at once: {other:?}"),
    }
}

/// Lets everybody win.
#[derive(Debug)]
struct Generous;

impl Attempts for Generous {
    fn claim<'a>(&'a self, _id: &'a AttemptId, _now: Timestamp, _until: Timestamp) -> Pending<'a, Claim> {
        Box::pin(std::future::ready(Ok(Claim::Won)))
    }

    fn finish<'a>(&'a self, _id: &'a AttemptId, _outcome: Vec<u8>) -> Pending<'a, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn outcome<'a>(&'a self, _id: &'a AttemptId) -> Pending<'a, Option<Vec<u8>>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
