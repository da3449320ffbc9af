//! `providers.<entry>`: which provider, in which environment, as which client. What a provider knows, its profile says.

use std::collections::BTreeMap;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::layers;
use crate::config::parse::secrets;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::suggestion;
use crate::config::surroundings::Surroundings;
use crate::oidc::client_settings::ClientSettings;
use crate::provider::acr::AcrValue;
use crate::provider::entry_name::EntryName;
use crate::provider::presets;
use crate::provider::profile::ClientIds;
use crate::provider::profile::Preset;
use crate::provider::profile::ProfileError;
use crate::provider::profile::ProviderProfile;
use crate::provider::profile::ProviderRules;
use crate::provider::profile::SigningAlg;

/// What is known of an entry while apps are read: a broken entry is still one that an app may name.
#[derive(Debug)]
pub struct Entry {
    /// As the file names it.
    pub name: String,
    /// What the preset says, if there is one.
    pub rules: Option<ProviderRules>,
    /// The scopes, whether known or not.
    pub scopes: Vec<String>,
    /// The entry, if nothing is wrong with it.
    pub settings: Option<ClientSettings>,
}

/// Reads every entry.
pub fn providers(
    raw: Option<BTreeMap<String, raw::Provider>>,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Vec<Entry> {
    let key = Key::ROOT.name("providers");
    let raw = raw.filter(|entries| !entries.is_empty());
    let example = "[providers.fc] preset = \"franceconnect\"";
    let Some(raw) = findings.required(&key, raw, example) else {
        return Vec::new();
    };
    raw.into_iter()
        .map(|(name, raw)| entry(name, raw, surroundings, findings))
        .collect()
}

fn entry(name: String, raw: raw::Provider, surroundings: &Surroundings, findings: &mut Findings) -> Entry {
    let key = Key::ROOT.name("providers").name(&name);
    let entry = EntryName::parse(&name);
    if entry.is_none() {
        findings.error(
            Code::EntryName,
            &key,
            format!("`{}` cannot be the name of a provider entry", bounded(&name)),
            "a small letter, then small letters, digits and hyphens, at most 32 in all: fc, agents-2",
        );
    }
    let preset = preset(&key.name("preset"), raw.preset, findings);
    // Another issuer has clients of its own.
    let environment = raw.environment.as_ref().filter(|_| raw.issuer.is_none());
    let client_ids = preset
        .as_ref()
        .zip(environment)
        .and_then(|(preset, name)| preset.environments.get(name)?.client_ids);
    let profile = profile(
        &key,
        preset.as_ref(),
        raw.environment,
        raw.issuer.as_deref(),
        findings,
    );
    let rules = preset.map(|preset| preset.rules);
    let scopes_key = key.name("scopes");
    let scopes = scopes(&scopes_key, raw.scopes, rules.as_ref(), findings);
    let acr = acr(&key.name("acr"), raw.acr, rules.as_ref(), findings);
    let signing_alg = signing_alg(
        &key.name("signing_alg"),
        raw.signing_alg,
        rules.as_ref(),
        findings,
    );
    let client_id = client_id(&key.name("client_id"), raw.client_id, client_ids, findings);
    let secret_key = key.name("client_secret");
    let example = "client_secret = { file = \"/run/secrets/fc_client_secret\" }";
    let client_secret = findings
        .required(&secret_key, raw.client_secret, example)
        .and_then(|source| secrets::secret(&secret_key, &source, surroundings, findings));
    let settings = || {
        Some(ClientSettings {
            entry: entry?,
            profile: profile?,
            client_id: client_id?,
            client_secret: client_secret?,
            scopes: scopes.clone(),
            acr: acr?,
            signing_alg: signing_alg?,
        })
    };
    let settings = settings();
    Entry {
        name,
        rules,
        scopes,
        settings,
    }
}

fn client_id(
    key: &Key,
    id: Option<String>,
    form: Option<ClientIds>,
    findings: &mut Findings,
) -> Option<String> {
    let variable = layers::variable_of(key);
    let example = format!("client_id = \"..\", as the provider gave it, or {variable}");
    let id = words::token(key, findings.required(key, id, &example)?, findings)?;
    if let Some(form) = form.filter(|form| !form.fits(&id)) {
        findings.warning(
            Code::ClientId,
            key,
            format!("`{key}` is not what this provider gives: {}", form.in_words()),
            "copy it from the provider's portal, whole",
        );
    }
    Some(id)
}

fn preset(key: &Key, name: Option<String>, findings: &mut Findings) -> Option<Preset> {
    let name = findings.required(key, name, "preset = \"franceconnect\"")?;
    if let Ok(Some(preset)) = presets::preset(&name) {
        return Some(preset);
    }
    let problem = format!("there is no preset `{}`", bounded(&name));
    findings.error(
        Code::Preset,
        key,
        problem,
        suggestion::of_words(&name, presets::names()),
    );
    None
}

fn profile(
    key: &Key,
    preset: Option<&Preset>,
    environment: Option<String>,
    issuer: Option<&str>,
    findings: &mut Findings,
) -> Option<ProviderProfile> {
    let (environment_key, issuer_key) = (key.name("environment"), key.name("issuer"));
    let environment = findings.required(&environment_key, environment, "environment = \"sandbox\"")?;
    let preset = preset?;
    let error = match preset.resolve(&environment, issuer) {
        Ok(profile) => return Some(profile),
        Err(error) => error,
    };
    match error {
        ProfileError::Environment { .. } => {
            let problem = format!("`{}` has no environment `{}`", preset.name, bounded(&environment));
            let known = preset.environments.keys().map(String::as_str);
            let help = suggestion::of_words(&environment, known);
            findings.error(Code::ProviderEnvironment, &environment_key, problem, help);
        }
        ProfileError::IssuerMissing => {
            let _there = findings.required(
                &issuer_key,
                None::<()>,
                "issuer = \"http://127.0.0.1:4000/api/v2\"",
            );
        }
        error => findings.error(
            Code::Issuer,
            &issuer_key,
            error.to_string(),
            "write it as the provider's discovery document does, letter by letter",
        ),
    }
    None
}

fn scopes(
    key: &Key,
    list: Option<Vec<String>>,
    rules: Option<&ProviderRules>,
    findings: &mut Findings,
) -> Vec<String> {
    let was_refused = findings.refused(key);
    let list = words::elements(key, list, findings);
    if let Some(rules) = rules {
        for (key, scope) in &list {
            if !rules.scopes.contains_key(scope) {
                let problem = format!("`{}` is not a scope of {}", bounded(scope), rules.button.name);
                let known = rules.scopes.keys().map(String::as_str);
                findings.error(Code::Scope, key, problem, suggestion::of_words(scope, known));
            }
        }
    }
    let scopes: Vec<String> = list.into_iter().map(|(_, scope)| scope).collect();
    if !was_refused && !scopes.iter().any(|scope| scope == "openid") {
        findings.error(
            Code::OpenidScope,
            key,
            "the scope `openid` is not among the scopes",
            "add it: without it there is no OpenID Connect, and no sub",
        );
    }
    scopes
}

fn acr(
    key: &Key,
    acr: Option<String>,
    rules: Option<&ProviderRules>,
    findings: &mut Findings,
) -> Option<AcrValue> {
    let rules = rules?;
    let Some(acr) = acr else {
        return rules.default_acr().filter(|_| !findings.refused(key));
    };
    let served = rules.served_acr_values.contains(&acr);
    let value = rules.acr_values.value(&acr).filter(|_| served);
    if value.is_none() {
        let problem = format!(
            "`{}` is not an acr value that {} serves",
            bounded(&acr),
            rules.button.name
        );
        let help = suggestion::of_words(&acr, rules.served_acr_values.iter().map(String::as_str));
        findings.error(Code::Acr, key, problem, help);
    }
    value
}

fn signing_alg(
    key: &Key,
    alg: Option<String>,
    rules: Option<&ProviderRules>,
    findings: &mut Findings,
) -> Option<SigningAlg> {
    let rules = rules?;
    let Some(alg) = alg else {
        return Some(rules.default_signing_alg).filter(|_| !findings.refused(key));
    };
    let alg = SigningAlg::parse(&alg)?;
    if rules.signing_algs.contains(&alg) {
        return Some(alg);
    }
    let problem = format!("{} does not sign with {}", rules.button.name, alg.as_str());
    let known: Vec<&str> = rules.signing_algs.iter().map(|alg| alg.as_str()).collect();
    findings.error(
        Code::SigningAlg,
        key,
        problem,
        format!("one of {}", known.join(", ")),
    );
    None
}
