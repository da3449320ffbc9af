//! FranceConnect+ (substantial and high): FranceConnect's rules, two civil statuses, tokens that are signed, then encrypted.

use crate::provider::profile::ClientRules;
use crate::provider::profile::Levels;
use crate::provider::profile::LevelsAsked;
use crate::provider::profile::Profile;
use crate::provider::profiles::franceconnect::ANSWERS;
use crate::provider::profiles::franceconnect::CLIENTS;
use crate::provider::profiles::franceconnect::KNOWN_LEVELS;
use crate::provider::profiles::franceconnect::LOGOUT;
use crate::provider::profiles::franceconnect::REQUEST;
use crate::provider::signing_algorithm::SigningAlgorithm;

/// FranceConnect+.
pub static FRANCECONNECT_PLUS: Profile = Profile {
    name: "franceconnect-plus",
    title: "FranceConnect+",
    instead: "Chez le vrai FranceConnect+, vous choisiriez ici un compte renforcé (France Identité, La Poste…).",
    people: include_str!("../../people/franceconnect_plus.json"),
    request: REQUEST,
    levels: Levels {
        known: KNOWN_LEVELS,
        served: &["eidas2", "eidas3"],
        asked: LevelsAsked::ByParameter,
        otherwise: Some("eidas3"),
    },
    scopes: &[
        ("openid", &["sub"]),
        (
            "identite_pivot",
            &[
                "given_name",
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
                "family_name",
                "birthdate",
                "gender",
                "preferred_username",
            ],
        ),
        ("birth", &["birthplace", "birthcountry"]),
        ("given_name", &["given_name"]),
        ("family_name", &["family_name"]),
        ("gender", &["gender"]),
        ("birthdate", &["birthdate"]),
        ("birthplace", &["birthplace"]),
        ("birthcountry", &["birthcountry"]),
        ("email", &["email"]),
        ("preferred_username", &["preferred_username"]),
        (
            "rnipp_identite_pivot",
            &[
                "gender",
                "family_name",
                "given_name",
                "birthdate",
                "birthplace",
                "birthcountry",
                "rnipp_gender",
                "rnipp_family_name",
                "rnipp_given_name",
                "rnipp_given_name_array",
                "rnipp_birthdate",
                "rnipp_birthplace",
                "rnipp_birthcountry",
            ],
        ),
        (
            "rnipp_profile",
            &[
                "given_name",
                "family_name",
                "birthdate",
                "gender",
                "preferred_username",
                "rnipp_given_name",
                "rnipp_given_name_array",
                "rnipp_family_name",
                "rnipp_birthdate",
                "rnipp_gender",
            ],
        ),
        (
            "rnipp_birth",
            &[
                "birthplace",
                "birthcountry",
                "rnipp_birthplace",
                "rnipp_birthcountry",
            ],
        ),
        (
            "rnipp_given_name",
            &["given_name", "rnipp_given_name", "rnipp_given_name_array"],
        ),
        ("rnipp_family_name", &["family_name", "rnipp_family_name"]),
        ("rnipp_gender", &["gender", "rnipp_gender"]),
        ("rnipp_birthdate", &["birthdate", "rnipp_birthdate"]),
        ("rnipp_birthplace", &["birthplace", "rnipp_birthplace"]),
        ("rnipp_birthcountry", &["birthcountry", "rnipp_birthcountry"]),
        ("amr", &[]),
    ],
    amr: &["fc", "pop", "pin", "mfa"],
    clients: ClientRules {
        signing: &[SigningAlgorithm::Es256],
        announced_signing: &["ES256"],
        encryption: &["ECDH-ES", "RSA-OAEP", "RSA-OAEP-256"],
        ..CLIENTS
    },
    answers: ANSWERS,
    logout: LOGOUT,
};
