//! FranceConnect v2 (low), from what its own code was seen to do.

use crate::provider::profile::Answers;
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

/// A closed list: one parameter more, and the browser never comes back.
pub(super) const REQUEST: RequestRules = RequestRules {
    required: &[
        "client_id",
        "response_type",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "acr_values",
    ],
    optional: &["claims", "prompt", "idp_hint", "ui_locales"],
    beyond: Beyond::Refused,
    refusal: "Y030007",
    crashes_on: &["acr_values"],
    shortest_state: 0,
    // What the provider's code asks of a nonce; its documents ask for 32.
    shortest_nonce: 22,
    prompts: &["login", "consent"],
    by_name: ByName::Refused,
};

pub(super) const KNOWN_LEVELS: &[&str] = &["eidas1", "eidas2", "eidas3"];

/// Discovery lists `private_key_jwt` as well, but no client can be registered for it.
pub(super) const CLIENTS: ClientRules = ClientRules {
    credentials: Credentials::Secret,
    assertion_audiences: &[],
    assertion_signing: &["ES256", "RS256"],
    signing: &[SigningAlgorithm::Es256, SigningAlgorithm::Rs256],
    encryption: &[],
    announced_authentication: &["client_secret_post", "private_key_jwt"],
    announced_signing: &["HS256", "ES256", "RS256"],
};

/// No `at_hash`, no `sid`, no identity.
pub(super) const ANSWERS: Answers = Answers {
    response: ResponseForm::NamesItsIssuer,
    id_token: &[TokenClaim::AuthTime],
    userinfo: UserinfoForm::Signed,
    userinfo_says: &["aud", "exp", "iat", "iss"],
};

pub(super) const LOGOUT: LogoutRules = LogoutRules {
    required: &["id_token_hint"],
    optional: &[
        "post_logout_redirect_uri",
        "state",
        "client_id",
        "logout_hint",
        "ui_locales",
    ],
    shortest_state: 0,
    page: LogoutPage::SendsItself,
};

/// FranceConnect v2 (low).
pub static FRANCECONNECT: Profile = Profile {
    name: "franceconnect",
    title: "FranceConnect",
    instead: "Chez le vrai FranceConnect, vous choisiriez ici un compte (impôts, Ameli, La Poste…).",
    people: include_str!("../../people/franceconnect.json"),
    request: REQUEST,
    levels: Levels {
        known: KNOWN_LEVELS,
        served: &["eidas1"],
        asked: LevelsAsked::ByParameter,
        otherwise: Some("eidas1"),
    },
    // `amr` is known as a scope and delivers nothing.
    scopes: &[
        ("openid", &["sub"]),
        (
            "identite_pivot",
            &[
                "given_name",
                "given_name_array",
                "family_name",
                "birthdate",
                "gender",
                "birthplace",
                "birthcountry",
            ],
        ),
        (
            "profile",
            &[
                "given_name",
                "given_name_array",
                "family_name",
                "birthdate",
                "gender",
                "preferred_username",
            ],
        ),
        ("birth", &["birthplace", "birthcountry"]),
        ("given_name", &["given_name", "given_name_array"]),
        ("family_name", &["family_name"]),
        ("gender", &["gender"]),
        ("birthdate", &["birthdate"]),
        ("birthplace", &["birthplace"]),
        ("birthcountry", &["birthcountry"]),
        ("email", &["email"]),
        ("preferred_username", &["preferred_username"]),
        ("idp_birthdate", &["idp_birthdate"]),
        ("idp_id", &["idp_id"]),
        ("amr", &[]),
    ],
    amr: &["fc", "pwd"],
    clients: CLIENTS,
    answers: ANSWERS,
    logout: LOGOUT,
};
