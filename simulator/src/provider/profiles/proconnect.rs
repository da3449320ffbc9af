//! ProConnect, from its documentation: people at their work. FranceConnect's code, another list.

use crate::provider::profile::ClientRules;
use crate::provider::profile::Levels;
use crate::provider::profile::LevelsAsked;
use crate::provider::profile::LogoutPage;
use crate::provider::profile::LogoutRules;
use crate::provider::profile::Profile;
use crate::provider::profile::RequestRules;
use crate::provider::profiles::franceconnect::ANSWERS;
use crate::provider::profiles::franceconnect::CLIENTS;
use crate::provider::profiles::franceconnect::REQUEST;
use crate::provider::signing_algorithm::SigningAlgorithm;

const LEVELS: &[&str] = &["eidas0", "eidas0-mfa", "eidas1", "eidas1-mfa", "eidas2", "eidas3"];

/// ProConnect.
pub static PROCONNECT: Profile = Profile {
    name: "proconnect",
    title: "ProConnect",
    instead: "Chez le vrai ProConnect, vous donneriez ici votre courriel professionnel.",
    people: include_str!("../../people/proconnect.json"),
    // The real one has a silent login, `prompt=none`. This one has not.
    request: RequestRules {
        required: &[
            "client_id",
            "response_type",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
        ],
        optional: &["claims", "prompt", "idp_hint", "login_hint"],
        refusal: "Y000400",
        crashes_on: &[],
        shortest_state: 32,
        shortest_nonce: 32,
        ..REQUEST
    },
    levels: Levels {
        known: LEVELS,
        served: LEVELS,
        asked: LevelsAsked::ByClaims,
        otherwise: Some("eidas1"),
    },
    scopes: &[
        ("openid", &["sub"]),
        ("given_name", &["given_name"]),
        ("usual_name", &["usual_name"]),
        ("email", &["email"]),
        ("uid", &["uid"]),
        ("siret", &["siret"]),
        ("idp_id", &["idp_id"]),
        ("idp_acr", &["idp_acr"]),
        ("organization_label", &["organization_label"]),
        ("roles", &["roles"]),
        ("siren", &["siren"]),
        ("phone", &["phone_number"]),
        ("organizational_unit", &["organizational_unit"]),
        ("belonging_population", &["belonging_population"]),
        ("chorusdt", &["chorusdt:matricule", "chorusdt:societe"]),
        ("is_service_public", &["is_service_public"]),
        ("custom", &["custom"]),
        ("amr", &[]),
    ],
    amr: &["pwd"],
    clients: ClientRules {
        signing: &[SigningAlgorithm::Rs256, SigningAlgorithm::Es256],
        announced_signing: &["RS256", "ES256", "HS256"],
        ..CLIENTS
    },
    answers: ANSWERS,
    logout: LogoutRules {
        required: &["id_token_hint", "state", "post_logout_redirect_uri"],
        optional: &["client_id", "logout_hint", "ui_locales"],
        shortest_state: 32,
        page: LogoutPage::SendsItself,
    },
};
