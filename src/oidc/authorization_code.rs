//! The way of a code from the query to the token endpoint: matched with the request of this browser, then claimed in the
//! store, and only then redeemable. Nothing here can be built by hand.

use std::fmt;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::oidc::attempts::Attempts;
use crate::oidc::attempts::AttemptsError;
use crate::oidc::attempts::Claim;
use crate::oidc::authorization_response::CodeResponse;
use crate::oidc::pending_authorization::IssuerInResponse;
use crate::oidc::pending_authorization::PendingAuthorization;
use crate::secret::Secret;
use crate::wire::untrusted::Untrusted;

/// Why a response does not belong to an attempt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationError {
    /// It answers another request.
    #[error("state does not match the authorization request")]
    StateMismatch,
    /// It does not say whose answer it is, and this provider said that it would (RFC 9207, section 2.4).
    #[error("iss is missing in the authorization response")]
    IssuerMissing,
    /// It is the answer of another provider (RFC 9700, section 4.4).
    #[error("iss is `{got}`, the request went to `{wanted}`")]
    IssuerMismatch {
        /// What the response says.
        got: Untrusted,
        /// Where the request went.
        wanted: String,
    },
    /// It came too late: such a response is more often replayed than late.
    #[error("the response came {} s after the request", age.as_secs())]
    Expired {
        /// Since the request.
        age: Duration,
    },
}

impl AuthorizationError {
    /// One stable word for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::StateMismatch => "state_mismatch",
            Self::IssuerMissing => "response_iss_missing",
            Self::IssuerMismatch { .. } => "response_iss_mismatch",
            Self::Expired { .. } => "login_expired",
        }
    }
}

impl PendingAuthorization {
    /// Matches the response with the request. The only way to a [`ClaimableCode`], whose [`ClaimableCode::claim`] is the
    /// only way to an [`AcceptedCode`].
    pub fn accept(self, response: CodeResponse, now: Timestamp) -> Result<ClaimableCode, AuthorizationError> {
        if Secret::new(response.state.as_str()) != Secret::new(self.state()) {
            return Err(AuthorizationError::StateMismatch);
        }
        match (self.issuer_in_response(), response.iss) {
            (_, Some(iss)) if iss != self.issuer() => {
                return Err(AuthorizationError::IssuerMismatch {
                    got: Untrusted::new(&iss),
                    wanted: self.issuer().to_owned(),
                });
            }
            (IssuerInResponse::Due, None) => return Err(AuthorizationError::IssuerMissing),
            (IssuerInResponse::NotAnnounced, None) | (_, Some(_)) => {}
        }
        if now >= self.valid_until() {
            return Err(AuthorizationError::Expired {
                age: now.since(self.started_at()),
            });
        }
        Ok(ClaimableCode {
            code: response.code,
            pending: self,
        })
    }
}

/// A code that answers a request of this browser. It may have been redeemed already.
#[derive(Debug)]
#[must_use]
pub struct ClaimableCode {
    code: Secret,
    pending: PendingAuthorization,
}

/// How a claim ended.
#[derive(Debug)]
#[must_use]
pub enum ClaimOutcome {
    /// This caller redeems the code.
    Accepted(AcceptedCode),
    /// Another one came first; its outcome is in the store for a minute.
    Already {
        /// How long ago it claimed.
        age: Duration,
        /// The attempt, to read the outcome and to lead the person on.
        pending: PendingAuthorization,
    },
}

impl ClaimableCode {
    /// Claims the attempt in the store, atomically, for what is left of its life. On an error nothing is spent.
    pub async fn claim(self, attempts: &dyn Attempts, now: Timestamp) -> Result<ClaimOutcome, AttemptsError> {
        let lives_until = self.pending.valid_until();
        Ok(match attempts.claim(self.pending.id(), now, lives_until).await? {
            Claim::Won => ClaimOutcome::Accepted(AcceptedCode {
                code: self.code,
                pending: self.pending,
                claimed_at: now,
            }),
            Claim::Lost { age } => ClaimOutcome::Already {
                age,
                pending: self.pending,
            },
        })
    }
}

/// A code that may be redeemed, once, by whoever holds this: state and issuer matched, the attempt is claimed.
///
/// Code that was not accepted cannot be made into one:
///
/// ```compile_fail
/// use guichet::oidc::authorization_code::AcceptedCode;
///
/// fn redeem(code: AcceptedCode) -> AcceptedCode {
///     AcceptedCode { ..code }
/// }
/// ```
///
/// What was accepted is passed on:
///
/// ```
/// use guichet::oidc::authorization_code::AcceptedCode;
///
/// fn redeem(code: AcceptedCode) -> AcceptedCode {
///     code
/// }
/// ```
#[must_use]
pub struct AcceptedCode {
    code: Secret,
    pending: PendingAuthorization,
    claimed_at: Timestamp,
}

impl AcceptedCode {
    /// The attempt, for where the login leads.
    pub fn pending(&self) -> &PendingAuthorization {
        &self.pending
    }

    /// When the attempt was claimed.
    pub fn claimed_at(&self) -> Timestamp {
        self.claimed_at
    }

    /// The code, for the token request.
    pub fn code(&self) -> &Secret {
        &self.code
    }
}

impl fmt::Debug for AcceptedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AcceptedCode").field(&self.pending).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::attempts::AttemptId;
    use crate::oidc::attempts::Pending;
    use crate::oidc::authorization_response::AuthorizationResponse;
    use crate::oidc::test_support::ISSUER;
    use crate::oidc::test_support::NOW;
    use crate::oidc::test_support::keyring;
    use crate::oidc::test_support::pending;
    use crate::oidc::test_support::pending_without_acr;

    fn response(state: &str, iss: Option<&str>) -> CodeResponse {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("code", "c").append_pair("state", state);
        if let Some(iss) = iss {
            query.append_pair("iss", iss);
        }
        match AuthorizationResponse::parse(&query.finish()).unwrap() {
            AuthorizationResponse::Code(code) => code,
            AuthorizationResponse::Error(error) => panic!("{error:?}"),
        }
    }

    fn reason(attempt: PendingAuthorization, response: CodeResponse, now: Timestamp) -> &'static str {
        attempt
            .accept(response, now)
            .map_or_else(|error| error.reason(), |_accepted| "none")
    }

    #[test]
    fn a_response_with_another_state_is_refused() {
        let (keyring, first) = (keyring(), pending());
        let host = first.destination().host.clone();
        let cookie = first.seal(&keyring).unwrap();
        let reason_with = |state: &str| {
            let attempt = PendingAuthorization::open(&keyring, first.id(), &host, &cookie).unwrap();
            reason(attempt, response(state, Some(ISSUER)), NOW)
        };
        let state = first.state();
        assert_eq!(reason_with(state), "none");
        let mut flipped = state.as_bytes().to_vec();
        flipped[0] ^= 1;
        for other in [
            pending().state(),
            first.nonce(),
            state.get(1..).unwrap(),
            &format!("{state}0"),
            std::str::from_utf8(&flipped).unwrap(),
            "undefined",
        ] {
            assert_eq!(reason_with(other), "state_mismatch", "{other}");
        }
    }

    #[test]
    fn a_response_of_another_issuer_is_refused() {
        let answer = |iss: Option<&str>| {
            let attempt = pending();
            let response = response(attempt.state(), iss);
            reason(attempt, response, NOW)
        };
        assert_eq!(answer(Some(ISSUER)), "none");
        assert_eq!(answer(None), "response_iss_missing");
        let slash = format!("{ISSUER}/");
        for iss in [slash.as_str(), "https://evil.example", "", &ISSUER.to_uppercase()] {
            assert_eq!(answer(Some(iss)), "response_iss_mismatch", "{iss}");
        }
    }

    #[test]
    fn a_provider_that_did_not_say_so_may_be_silent_and_may_not_lie() {
        let answer = |iss: Option<&str>| {
            let attempt = pending_without_acr();
            let response = response(attempt.state(), iss);
            reason(attempt, response, NOW)
        };
        assert_eq!(answer(None), "none");
        assert_eq!(answer(Some(ISSUER)), "none");
        assert_eq!(answer(Some("https://evil.example")), "response_iss_mismatch");
    }

    #[test]
    fn a_late_response_is_refused() {
        let answer = |seconds| {
            let attempt = pending();
            let response = response(attempt.state(), Some(ISSUER));
            reason(attempt, response, NOW.plus(Duration::from_secs(seconds)))
        };
        assert_eq!(answer(30 * 60 - 1), "none");
        assert_eq!(answer(30 * 60), "login_expired");
        assert_eq!(answer(31 * 60), "login_expired");
    }

    /// Answers every claim in the same way.
    #[derive(Debug)]
    struct Always(Claim);

    impl Attempts for Always {
        fn claim<'a>(&'a self, _id: &'a AttemptId, now: Timestamp, until: Timestamp) -> Pending<'a, Claim> {
            assert_eq!(
                until.since(now),
                Duration::from_mins(29),
                "what is left of its life"
            );
            Box::pin(std::future::ready(Ok(self.0)))
        }

        fn finish<'a>(&'a self, _id: &'a AttemptId, _outcome: Vec<u8>) -> Pending<'a, ()> {
            Box::pin(std::future::ready(Ok(())))
        }

        fn outcome<'a>(&'a self, _id: &'a AttemptId) -> Pending<'a, Option<Vec<u8>>> {
            Box::pin(std::future::ready(Ok(None)))
        }
    }

    async fn claim(answer: Claim) -> ClaimOutcome {
        let attempt = pending();
        let response = response(attempt.state(), Some(ISSUER));
        let code = attempt.accept(response, NOW).unwrap();
        code.claim(&Always(answer), NOW.plus(Duration::from_mins(1)))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn only_the_winner_of_the_claim_may_redeem() {
        assert!(matches!(claim(Claim::Won).await, ClaimOutcome::Accepted(_)));
        let age = Duration::from_secs(3);
        let lost = claim(Claim::Lost { age }).await;
        assert!(matches!(lost, ClaimOutcome::Already { age: found, .. } if found == age));
    }
}
