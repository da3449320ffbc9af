//! A provider that keeps to OpenID Connect, with two levels of its own. It wants `state` and `nonce`, as a strict one may.

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

/// A provider of the specification.
pub static OIDC: Profile = Profile {
    name: "oidc",
    title: "OpenID Connect",
    instead: "Chez un vrai fournisseur, vous donneriez ici un nom et un mot de passe.",
    people: include_str!("../../people/oidc.json"),
    request: RequestRules {
        required: &[
            "client_id",
            "response_type",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
        ],
        optional: &[
            "code_challenge",
            "code_challenge_method",
            "acr_values",
            "claims",
            "prompt",
            "max_age",
            "ui_locales",
        ],
        beyond: Beyond::Ignored,
        refusal: "invalid_request",
        crashes_on: &[],
        shortest_state: 1,
        shortest_nonce: 1,
        prompts: &["login", "consent", "select_account"],
        by_name: ByName::Ignored,
    },
    levels: Levels {
        known: &["silver", "gold"],
        served: &["silver", "gold"],
        asked: LevelsAsked::ByParameter,
        otherwise: None,
    },
    scopes: &[
        ("openid", &["sub"]),
        (
            "profile",
            &[
                "name",
                "family_name",
                "given_name",
                "middle_name",
                "nickname",
                "preferred_username",
                "profile",
                "picture",
                "website",
                "gender",
                "birthdate",
                "zoneinfo",
                "locale",
                "updated_at",
            ],
        ),
        ("email", &["email", "email_verified"]),
        ("address", &["address"]),
        ("phone", &["phone_number", "phone_number_verified"]),
        ("groups", &["groups"]),
    ],
    amr: &["pwd", "otp"],
    clients: ClientRules {
        credentials: Credentials::Either,
        assertion_audiences: &[AssertionAudience::Issuer, AssertionAudience::TokenEndpoint],
        assertion_signing: &["ES256", "RS256"],
        signing: &[SigningAlgorithm::Rs256, SigningAlgorithm::Es256],
        encryption: &["ECDH-ES", "RSA-OAEP", "RSA-OAEP-256"],
        announced_authentication: &["client_secret_basic", "client_secret_post", "private_key_jwt"],
        announced_signing: &["RS256", "ES256"],
    },
    answers: Answers {
        response: ResponseForm::NamesItsIssuer,
        id_token: &[TokenClaim::AuthTime, TokenClaim::AtHash],
        userinfo: UserinfoForm::Json,
        userinfo_says: &[],
    },
    // Whose session ends is said by one of the first two.
    logout: LogoutRules {
        required: &[],
        optional: &[
            "id_token_hint",
            "client_id",
            "post_logout_redirect_uri",
            "state",
            "logout_hint",
            "ui_locales",
        ],
        shortest_state: 0,
        page: LogoutPage::Asks,
    },
};
