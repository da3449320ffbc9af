//! `providers.<entry>`: which provider, in which environment, as which client. What a provider knows, its profile says.

pub mod choices;
pub mod client;
pub mod scopes;
pub mod unnamed;

use std::collections::BTreeMap;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::client_keys;
use crate::config::parse::client_keys::Written;
use crate::config::parse::words;
use crate::config::raw_provider;
use crate::config::suggestion;
use crate::config::surroundings::Surroundings;
use crate::oidc::client_settings::ClientSettings;
use crate::provider::acr::AcrOrder;
use crate::provider::acr::AcrValue;
use crate::provider::button::Naming;
use crate::provider::entry_name::EntryName;
use crate::provider::preset::Preset;
use crate::provider::preset::ProfileError;
use crate::provider::presets;
use crate::provider::profile::EndSession;
use crate::provider::profile::Pkce;
use crate::provider::profile::ProviderProfile;
use crate::provider::profile::ProviderRules;
use crate::provider::profile::UserinfoFormat;

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
    raw: Option<BTreeMap<String, raw_provider::Provider>>,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Vec<Entry> {
    let key = Key::ROOT.name("providers");
    let raw = raw.filter(|entries| !entries.is_empty());
    let example = "[providers.fc] preset = \"franceconnect\"";
    let Some(raw) = findings.required(&key, raw, example) else {
        return Vec::new();
    };
    let entries = raw
        .into_iter()
        .map(|(name, raw)| entry(name, raw, surroundings, findings));
    let entries: Vec<Entry> = entries.collect();
    let settings: Vec<&ClientSettings> = entries
        .iter()
        .filter_map(|entry| entry.settings.as_ref())
        .collect();
    client_keys::report_several(settings.iter().copied(), findings);
    unnamed::report(&settings, findings);
    entries
}

fn entry(
    name: String,
    mut raw: raw_provider::Provider,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Entry {
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
    let mut preset = preset(&key.name("preset"), raw.preset.take(), findings);
    if let Some(preset) = &mut preset {
        adapt(&key, &mut preset.rules, &mut raw, findings);
    }
    let scopes = scopes::scopes(
        &key.name("scopes"),
        raw.scopes.take(),
        preset.as_ref().map(|preset| &preset.rules),
        findings,
    );
    let settings = settings(
        &key,
        (entry, preset.as_ref(), &scopes),
        (&mut raw, surroundings),
        findings,
    );
    Entry {
        name,
        rules: preset.map(|preset| preset.rules),
        scopes,
        settings,
    }
}

/// What a preset leaves to the operator becomes a rule like any other.
fn adapt(entry: &Key, rules: &mut ProviderRules, raw: &mut raw_provider::Provider, findings: &mut Findings) {
    scopes::add(
        &entry.name("scope_claims"),
        rules,
        raw.scope_claims.take(),
        findings,
    );
    let key = entry.name("acr_values");
    if let Some(values) = raw.acr_values.take() {
        if rules.acr_values.is_open() {
            let values = words::elements(&key, Some(values), findings);
            let values: Vec<String> = values.into_iter().map(|(_, value)| value).collect();
            rules.served_acr_values.clone_from(&values);
            rules.acr_values = AcrOrder::of_list(values);
        } else {
            let problem = format!("the levels of {} are known", rules.button.name);
            findings.error(Code::ProviderChoice, &key, problem, "leave it out");
        }
    }
    let key = entry.name("title");
    if let Some(title) = raw.title.take() {
        match rules.button.naming {
            Naming::Free => {
                if let Some(title) = words::text(&key, title, findings) {
                    rules.button.name = title;
                }
            }
            Naming::Prescribed => {
                let problem = format!("{} prescribes its name", rules.button.name);
                findings.error(Code::ProviderChoice, &key, problem, "leave it out");
            }
        }
    }
}

fn settings(
    key: &Key,
    (entry, preset, scopes): (Option<EntryName>, Option<&Preset>, &[String]),
    (raw, surroundings): (&mut raw_provider::Provider, &Surroundings),
    findings: &mut Findings,
) -> Option<ClientSettings> {
    // Another issuer has clients of its own.
    let environment = raw.environment.as_ref().filter(|_| raw.issuer.is_none());
    let client_ids = preset
        .zip(environment)
        .and_then(|(preset, name)| preset.environments.get(name)?.client_ids);
    let profile = profile(
        key,
        preset,
        raw.environment.take(),
        raw.issuer.as_deref(),
        findings,
    );
    let rules = preset.map(|preset| &preset.rules);
    let client_id = client::id(&key.name("client_id"), raw.client_id.take(), client_ids, findings);
    let credential = client::credential(key, raw, rules, surroundings, findings);
    let signing_alg = client::signing_alg(key, raw, (rules, credential.as_ref()), findings);
    let rules = rules?;
    let acr = acr(&key.name("acr"), raw.acr.take(), rules, findings);
    let pkce = choices::one_of(
        &key.name("pkce"),
        raw.pkce.as_deref(),
        (rules, |rules| &rules.pkce),
        Pkce::as_str,
        findings,
    );
    let userinfo = choices::one_of(
        &key.name("userinfo"),
        raw.userinfo.as_deref(),
        (rules, |rules| &rules.userinfo),
        UserinfoFormat::as_str,
        findings,
    );
    let end_session = choices::one_of(
        &key.name("end_session"),
        raw.end_session.as_deref(),
        (rules, |rules| &rules.end_session),
        EndSession::as_str,
        findings,
    );
    let extras = choices::extras(key, raw, rules, findings);
    let written = Written::at(entry.as_ref(), raw);
    let keys = client_keys::client_keys(key, written, rules, surroundings, findings);
    Some(ClientSettings {
        entry: entry?,
        profile: profile?,
        client_id: client_id?,
        credential: credential?,
        scopes: scopes.to_vec(),
        acr: acr.ok()?,
        signing_alg: signing_alg?,
        pkce: pkce?,
        userinfo: userinfo?,
        end_session: end_session?,
        extras,
        keys: keys?,
    })
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

/// A level is named that cannot be asked for, and was called a mistake.
struct Refused;

/// The level that is asked for, if one is.
fn acr(
    key: &Key,
    acr: Option<String>,
    rules: &ProviderRules,
    findings: &mut Findings,
) -> Result<Option<AcrValue>, Refused> {
    let Some(acr) = acr else {
        if findings.refused(key) {
            return Err(Refused);
        }
        return Ok(rules.default_acr());
    };
    let served = rules.acr_values.is_open() || rules.served_acr_values.contains(&acr);
    // In the request a space would make two of it.
    let value = rules
        .acr_values
        .value(&acr)
        .filter(|_| served && acr.bytes().all(|byte| byte.is_ascii_graphic()));
    if value.is_none() {
        let problem = format!(
            "`{}` is not an acr value that {} serves",
            bounded(&acr),
            rules.button.name
        );
        let help = match rules.served_acr_values.as_slice() {
            [] => "write the one value that is asked for, without spaces".to_owned(),
            served => suggestion::of_words(&acr, served.iter().map(String::as_str)),
        };
        findings.error(Code::Acr, key, problem, help);
    }
    value.map(Some).ok_or(Refused)
}
