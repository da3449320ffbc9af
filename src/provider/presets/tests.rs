use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::provider::authorization_parameter::AuthorizationParameter;
use crate::provider::button::Naming;
use crate::provider::preset::Environment;
use crate::provider::profile::AcrRequest;
use crate::provider::profile::EndSessionEndpoint;
use crate::provider::profile::Pkce;
use crate::provider::profile::ProviderRules;
use crate::provider::profile::Reality;
use crate::provider::profile::ResponseIssuer;
use crate::provider::profile::SigningAlg;
use crate::provider::profile::UserinfoFormat;

fn of(name: &str) -> Preset {
    preset(name).unwrap().unwrap()
}

#[test]
fn every_preset_is_read_and_consistent() {
    for name in names() {
        let preset = of(name);
        assert_eq!(preset.name, name);
        is_consistent(name, &preset.rules);
        for (environment, described) in &preset.environments {
            let issuer = described
                .issuer
                .is_none()
                .then_some("http://127.0.0.1:4000/api/v2");
            assert!(
                preset.resolve(environment, issuer).is_ok(),
                "{name} {environment}"
            );
        }
    }
    assert!(preset("facebook").unwrap().is_none());
}

fn is_consistent(name: &str, rules: &ProviderRules) {
    let knows = |text: &String| rules.acr_values.value(text).is_some();
    assert!(rules.served_acr_values.iter().all(knows), "{name}");
    let default_is_served = |acr| rules.served_acr_values.contains(acr);
    assert!(rules.default_acr.iter().all(default_is_served), "{name}");
    assert_eq!(
        rules.acr_values.is_open(),
        rules.served_acr_values.is_empty(),
        "{name}"
    );
    assert!(rules.signing_algs.contains(&rules.default_signing_alg), "{name}");
    assert_ne!(rules.default_signing_alg, SigningAlg::Hs256, "{name}");
    assert!(
        !rules.client_authentication.is_empty()
            && !rules.userinfo.is_empty()
            && !rules.end_session.is_empty()
            && !rules.pkce.is_empty(),
        "{name}"
    );
    assert!(rules.scopes["openid"].contains(&"sub".to_owned()), "{name}");
    assert!(
        rules
            .default_prompt
            .iter()
            .all(|prompt| rules.prompts.contains(prompt)),
        "{name}"
    );
    let sends = |parameter| rules.may_send(parameter);
    let challenges = rules.pkce.contains(&Pkce::S256);
    assert_eq!(sends(AuthorizationParameter::CodeChallenge), challenges, "{name}");
    assert_eq!(
        sends(AuthorizationParameter::CodeChallengeMethod),
        challenges,
        "{name}"
    );
    assert_eq!(
        sends(AuthorizationParameter::AcrValues),
        rules.acr_request == AcrRequest::AcrValues,
        "{name}"
    );
    assert_eq!(
        sends(AuthorizationParameter::Prompt),
        !rules.prompts.is_empty(),
        "{name}"
    );
    if let Some(accepted) = &rules.accepted_parameters {
        for parameter in &rules.authorization_parameters {
            assert!(
                accepted.iter().any(|name| name == parameter.as_str()),
                "{name}: {parameter:?}"
            );
        }
    }
    if rules.button.naming == Naming::Prescribed {
        assert!(rules.button.about_url.is_some(), "{name}");
    }
}

#[test]
fn a_sandbox_knows_the_other_one_and_not_itself() {
    let siblings = |issuer| {
        let profile = of("franceconnect").resolve("sandbox", issuer);
        let siblings = profile.unwrap().siblings;
        siblings
            .iter()
            .map(|sibling| sibling.issuer.clone())
            .collect::<Vec<_>>()
    };
    let (new, old) = (
        "https://fcp-low.sbx.dev-franceconnect.fr/api/v2",
        "https://fcp-low.integ01.dev-franceconnect.fr/api/v2",
    );
    assert_eq!(siblings(None), [old]);
    assert_eq!(siblings(Some(old)), [new]);
    assert_eq!(siblings(Some("http://127.0.0.1:4000/api/v2")), [new, old]);
}

#[test]
fn franceconnect_is_asked_with_its_closed_list() {
    let rules = of("franceconnect").rules;
    assert_eq!(
        rules.authorization_parameters,
        [
            AuthorizationParameter::ClientId,
            AuthorizationParameter::ResponseType,
            AuthorizationParameter::RedirectUri,
            AuthorizationParameter::Scope,
            AuthorizationParameter::State,
            AuthorizationParameter::Nonce,
            AuthorizationParameter::AcrValues,
            AuthorizationParameter::Claims,
            AuthorizationParameter::IdpHint,
        ]
    );
    assert_eq!(rules.default_acr().unwrap().as_str(), "eidas1");
    let scopes = [
        "openid".to_owned(),
        "identite_pivot".to_owned(),
        "email".to_owned(),
    ];
    let claims: Vec<&str> = rules.claims_of(&scopes).collect();
    assert_eq!(
        claims,
        [
            "sub",
            "given_name",
            "given_name_array",
            "family_name",
            "birthdate",
            "gender",
            "birthplace",
            "birthcountry",
            "email"
        ]
    );
}

#[test]
fn at_proconnect_a_second_factor_is_no_bond_with_an_organisation() {
    let order = of("proconnect").rules.acr_values;
    let enough = |wanted| {
        let wanted = order.value(wanted).unwrap();
        order.enough_for(&wanted).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(enough("eidas0").len(), 6);
    assert_eq!(enough("eidas1"), ["eidas1", "eidas1-mfa", "eidas2", "eidas3"]);
    assert_eq!(
        enough("eidas0-mfa"),
        ["eidas1-mfa", "eidas2", "eidas3", "eidas0-mfa"]
    );
    assert_eq!(enough("eidas3"), ["eidas3"]);
    assert_eq!(order.value("loa-x"), None);
}

#[test]
fn at_login_gov_a_preferred_face_is_worth_what_a_verification_is() {
    let order = of("login-gov").rules.acr_values;
    let enough = |wanted: &str| {
        let wanted = order.value(&format!("urn:acr.login.gov:{wanted}")).unwrap();
        let enough = order.enough_for(&wanted);
        enough
            .map(|value| value.trim_start_matches("urn:acr.login.gov:").to_owned())
            .collect::<BTreeSet<_>>()
    };
    let all = [
        "verified",
        "verified-facial-match-preferred",
        "verified-facial-match-required",
    ];
    let verified = BTreeSet::from(all.map(str::to_owned));
    assert_eq!(enough("verified"), verified);
    assert_eq!(enough("verified-facial-match-preferred"), verified);
    assert_eq!(
        enough("verified-facial-match-required"),
        BTreeSet::from(["verified-facial-match-required".to_owned()])
    );
    assert_eq!(enough("auth-only").len(), 4);
}

/// What a provider announced when its document was recorded. Each file says where it is from, and what it is where it was
/// not recorded.
const RECORDED: &[(&str, &str)] = &[
    (
        "franceconnect",
        include_str!("../../../tests/fixtures/discovery/franceconnect.json"),
    ),
    (
        "franceconnect-plus",
        include_str!("../../../tests/fixtures/discovery/franceconnect_plus.json"),
    ),
    (
        "proconnect",
        include_str!("../../../tests/fixtures/discovery/proconnect.json"),
    ),
    (
        "login-gov",
        include_str!("../../../tests/fixtures/discovery/login_gov.json"),
    ),
    (
        "oidc",
        include_str!("../../../tests/fixtures/discovery/oidc.json"),
    ),
];

struct Recorded(Value);

impl Recorded {
    /// Whether a list has a value; an absent list denies nothing.
    fn has(&self, member: &str, value: &str) -> bool {
        let Some(list) = self.0["document"][member].as_array() else {
            return true;
        };
        list.iter().any(|each| each == value)
    }

    fn text(&self, member: &str) -> &str {
        self.0["document"][member].as_str().unwrap_or_default()
    }
}

#[test]
fn a_preset_and_the_recorded_document_agree() {
    let recorded: BTreeSet<&str> = RECORDED.iter().map(|(name, _)| *name).collect();
    assert_eq!(recorded, names().collect(), "each preset has its document");
    for (name, text) in RECORDED {
        let recorded = Recorded(serde_json::from_str(text).unwrap());
        let preset = of(name);
        assert!(recorded.0["source"].as_str().unwrap().len() > 40, "{name}");
        let is_of = |environment: &Environment| {
            environment.issuer.as_deref() == Some(recorded.text("issuer"))
                || environment.issuer.is_none() && environment.reality != Reality::Simulated
        };
        assert!(preset.environments.values().any(is_of), "{name}: the issuer");
        agree(name, &preset.rules, &recorded);
    }
}

fn agree(name: &str, rules: &ProviderRules, recorded: &Recorded) {
    let has = |member: &str, value: &str| {
        assert!(recorded.has(member, value), "{name}: {member} has no {value}");
    };
    has("response_types_supported", "code");
    for way in &rules.client_authentication {
        has("token_endpoint_auth_methods_supported", way.as_str());
    }
    for alg in &rules.signing_algs {
        has("id_token_signing_alg_values_supported", alg.as_str());
        if rules.userinfo.contains(&UserinfoFormat::SignedJwt) {
            has("userinfo_signing_alg_values_supported", alg.as_str());
        }
    }
    for scope in rules.scopes.keys() {
        let is_newer = recorded.0["newer_scopes"].as_array().into_iter().flatten();
        if !is_newer.clone().any(|newer| newer == scope) {
            has("scopes_supported", scope);
        }
    }
    if rules.pkce.contains(&Pkce::S256) {
        has("code_challenge_methods_supported", "S256");
    }
    if rules.response_issuer == ResponseIssuer::Required {
        let announced = &recorded.0["document"]["authorization_response_iss_parameter_supported"];
        assert_eq!(announced, true, "{name}");
    }
    if rules.end_session_endpoint == EndSessionEndpoint::Required {
        assert!(!recorded.text("end_session_endpoint").is_empty(), "{name}");
    }
}
