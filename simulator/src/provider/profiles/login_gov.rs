//! Login.gov, from its documentation and its code: clients with keys, userinfo in JSON, a logout that asks.

use crate::provider::profile::Answers;
use crate::provider::profile::AssertionAudience;
use crate::provider::profile::Beyond;
use crate::provider::profile::ByName;
use crate::provider::profile::ClientRules;
use crate::provider::profile::Credentials;
use crate::provider::profile::Levels;
use crate::provider::profile::LevelsAsked;
use crate::provider::profile::LogoutPage;
use crate::provider::profile::LogoutRules;
use crate::provider::profile::Profile;
use crate::provider::profile::RequestRules;
use crate::provider::profile::ResponseForm;
use crate::provider::profile::TokenClaim;
use crate::provider::profile::UserinfoForm;
use crate::provider::signing_algorithm::SigningAlgorithm;

const LEVELS: &[&str] = &[
    "urn:acr.login.gov:auth-only",
    "urn:acr.login.gov:verified",
    "urn:acr.login.gov:verified-facial-match-preferred",
    "urn:acr.login.gov:verified-facial-match-required",
];

/// Login.gov. What `acr_values` says about the way of signing in changes nothing here: `aal` is the person's.
pub static LOGIN_GOV: Profile = Profile {
    name: "login-gov",
    title: "Login.gov",
    instead: "Chez le vrai Login.gov, vous donneriez ici courriel, mot de passe et second facteur.",
    people: include_str!("../../people/login_gov.json"),
    request: RequestRules {
        required: &[
            "client_id",
            "response_type",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "acr_values",
            "prompt",
        ],
        optional: &["code_challenge", "code_challenge_method", "locale"],
        beyond: Beyond::Ignored,
        refusal: "invalid_request",
        crashes_on: &[],
        shortest_state: 22,
        shortest_nonce: 22,
        prompts: &["select_account"],
        by_name: ByName::Ignored,
    },
    levels: Levels {
        known: LEVELS,
        served: LEVELS,
        asked: LevelsAsked::ByParameter,
        otherwise: Some("urn:acr.login.gov:auth-only"),
    },
    scopes: &[
        ("openid", &["sub", "ial", "aal"]),
        ("email", &["email", "email_verified"]),
        ("all_emails", &["all_emails"]),
        ("address", &["address"]),
        ("phone", &["phone", "phone_verified"]),
        (
            "profile",
            &["given_name", "family_name", "birthdate", "verified_at"],
        ),
        ("profile:name", &["given_name", "family_name"]),
        ("profile:birthdate", &["birthdate"]),
        ("profile:verified_at", &["verified_at"]),
        ("social_security_number", &["social_security_number"]),
        ("locale", &["locale"]),
        ("x509", &["x509_subject", "x509_issuer", "x509_presented"]),
        ("x509:subject", &["x509_subject"]),
        ("x509:issuer", &["x509_issuer"]),
        ("x509:presented", &["x509_presented"]),
    ],
    amr: &[],
    clients: ClientRules {
        credentials: Credentials::Key,
        assertion_audiences: &[AssertionAudience::TokenEndpoint],
        assertion_signing: &["RS256"],
        signing: &[SigningAlgorithm::Rs256],
        encryption: &[],
        announced_authentication: &["private_key_jwt"],
        announced_signing: &["RS256"],
    },
    answers: Answers {
        response: ResponseForm::Plain,
        id_token: &[
            TokenClaim::AtHash,
            TokenClaim::CHash,
            TokenClaim::NotBefore,
            TokenClaim::Id,
        ],
        userinfo: UserinfoForm::Json,
        userinfo_says: &["iss"],
    },
    logout: LogoutRules {
        required: &["client_id", "post_logout_redirect_uri", "state"],
        optional: &[],
        shortest_state: 22,
        page: LogoutPage::Asks,
    },
};
