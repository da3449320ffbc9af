//! Every way in which the simulated providers differ, as data. No code asks which of them it plays.

use std::io;

use crate::people;
use crate::people::Person;
use crate::provider::signing_algorithm::SigningAlgorithm;

/// A provider to simulate.
#[derive(Debug)]
pub struct Profile {
    /// Its name, that of the gateway's preset.
    pub name: &'static str,
    /// What its pages call it.
    pub title: &'static str,
    /// What people would do at the real one, where they choose a person here: a sentence in French.
    pub instead: &'static str,
    /// Who has an account, JSON.
    pub(crate) people: &'static str,
    pub(crate) request: RequestRules,
    pub(crate) levels: Levels,
    /// Every scope with its claims.
    pub(crate) scopes: &'static [(&'static str, &'static [&'static str])],
    /// What `amr` says, for a client that may ask for it.
    pub(crate) amr: &'static [&'static str],
    pub(crate) clients: ClientRules,
    pub(crate) answers: Answers,
    pub(crate) logout: LogoutRules,
}

/// What an authorization request may be.
#[derive(Debug)]
pub(crate) struct RequestRules {
    /// Parameters that must be there.
    pub(crate) required: &'static [&'static str],
    /// Parameters that may be there.
    pub(crate) optional: &'static [&'static str],
    pub(crate) beyond: Beyond,
    /// The code on the page of a request that is refused.
    pub(crate) refusal: &'static str,
    /// Parameters whose repetition breaks the provider's own code.
    pub(crate) crashes_on: &'static [&'static str],
    pub(crate) shortest_state: usize,
    pub(crate) shortest_nonce: usize,
    /// One of these in the list is enough.
    pub(crate) prompts: &'static [&'static str],
    /// Whether claims about the person may be asked for by their names, in the parameter `claims`.
    pub(crate) by_name: ByName,
}

/// What becomes of a parameter that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beyond {
    /// The request is refused, on a page from which nobody returns.
    Refused,
    /// It is as if it were not there (RFC 6749, section 3.1).
    Ignored,
}

/// What becomes of a claim that is asked for by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByName {
    /// The login ends on a page, after the person's last click.
    Refused,
    /// It is not delivered (OpenID Connect Core 1.0, section 5.5: it was voluntary).
    Ignored,
}

/// The values of `acr`.
#[derive(Debug)]
pub(crate) struct Levels {
    /// All that are known, the lowest first.
    pub(crate) known: &'static [&'static str],
    /// Those that a login can reach. It reaches what was asked for.
    pub(crate) served: &'static [&'static str],
    pub(crate) asked: LevelsAsked,
    /// What a login reaches where no known level is asked for. Absent: the ID token says nothing about it.
    pub(crate) otherwise: Option<&'static str>,
}

/// How a level is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LevelsAsked {
    /// By `acr_values`; the lowest known one counts.
    ByParameter,
    /// By the member `acr` of the parameter `claims`; the first known one counts.
    ByClaims,
}

/// How clients are registered.
#[derive(Debug)]
pub(crate) struct ClientRules {
    pub(crate) credentials: Credentials,
    /// Whom a client's assertion may be for.
    pub(crate) assertion_audiences: &'static [AssertionAudience],
    /// What it may be signed with.
    pub(crate) assertion_signing: &'static [&'static str],
    /// What the provider signs with for a client, the usual one first.
    pub(crate) signing: &'static [SigningAlgorithm],
    /// With what a client may have its tokens encrypted.
    pub(crate) encryption: &'static [&'static str],
    /// `token_endpoint_auth_methods_supported`.
    pub(crate) announced_authentication: &'static [&'static str],
    /// `id_token_signing_alg_values_supported`.
    pub(crate) announced_signing: &'static [&'static str],
}

/// How a client can authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// By its secret.
    Secret,
    /// By an assertion that it signs with a key of its own (RFC 7523, section 2.2).
    Key,
    /// By either, as it is registered.
    Either,
}

/// Whom a client's assertion is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AssertionAudience {
    Issuer,
    TokenEndpoint,
}

/// What the provider says, and in which form.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) response: ResponseForm,
    /// Claims of the ID token beyond `iss`, `sub`, `aud`, `exp`, `iat`, `nonce` and `acr`.
    pub(crate) id_token: &'static [TokenClaim],
    pub(crate) userinfo: UserinfoForm,
    /// Claims of a userinfo answer that are about the answer.
    pub(crate) userinfo_says: &'static [&'static str],
}

/// The authorization response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseForm {
    /// It names its issuer (RFC 9207), and discovery says that it does.
    NamesItsIssuer,
    /// It does not.
    Plain,
}

/// A claim that some ID tokens have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenClaim {
    /// `auth_time`: the person's last click.
    AuthTime,
    /// `at_hash`, of the access token.
    AtHash,
    /// `c_hash`, of the code.
    CHash,
    /// `nbf`.
    NotBefore,
    /// `jti`.
    Id,
}

/// The form of a userinfo answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserinfoForm {
    /// A signed JWT.
    Signed,
    /// JSON.
    Json,
}

/// What a logout request may be.
#[derive(Debug)]
pub(crate) struct LogoutRules {
    pub(crate) required: &'static [&'static str],
    pub(crate) optional: &'static [&'static str],
    pub(crate) shortest_state: usize,
    pub(crate) page: LogoutPage,
}

/// The page that ends the provider's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogoutPage {
    /// It sends itself where scripts are on.
    SendsItself,
    /// It waits for the person's click.
    Asks,
}

impl Profile {
    /// Who has an account.
    pub fn everybody(&self) -> io::Result<Vec<Person>> {
        people::read(self.people)
    }

    /// The claims of a space separated list of scopes, without repetition.
    pub(crate) fn claims_of(&self, scope: &str) -> Vec<&'static str> {
        let mut claims = Vec::new();
        let asked = |name: &str| scope.split(' ').any(|each| each == name);
        for (_, delivered) in self.scopes.iter().filter(|(name, _)| asked(name)) {
            for claim in *delivered {
                if !claims.contains(claim) {
                    claims.push(*claim);
                }
            }
        }
        claims
    }

    /// What it signs with for a client that chose nothing.
    pub(crate) fn usual_signing(&self) -> SigningAlgorithm {
        self.clients
            .signing
            .first()
            .copied()
            .unwrap_or(SigningAlgorithm::Es256)
    }

    /// Whether the provider has such a scope at all.
    pub(crate) fn knows_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|(name, _)| *name == scope)
    }

    /// Whether some scope leads to this claim.
    pub(crate) fn knows_claim(&self, claim: &str) -> bool {
        self.scopes.iter().any(|(_, claims)| claims.contains(&claim))
    }
}

impl RequestRules {
    /// Whether an authorization request may have this parameter.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.required.contains(&name) || self.optional.contains(&name)
    }
}
