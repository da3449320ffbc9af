//! What may differ between two clients of one provider: each time one of the ways that its preset lists.

use std::time::Duration;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::words;
use crate::config::raw_provider;
use crate::config::suggestion;
use crate::oidc::client_settings::Extras;
use crate::provider::acr::AcrValue;
use crate::provider::authorization_parameter::AuthorizationParameter;
use crate::provider::profile::ProviderRules;

/// The shortest and the longest `max_age` that make sense.
const MAX_AGE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(24 * 30));

/// The way that is named, if it is one of the preset's; its first where none is.
pub fn one_of<'r, T: Copy>(
    key: &Key,
    named: Option<&str>,
    (rules, ways): (&'r ProviderRules, fn(&'r ProviderRules) -> &'r Vec<T>),
    word: fn(T) -> &'static str,
    findings: &mut Findings,
) -> Option<T> {
    let ways = ways(rules);
    let Some(named) = named else {
        return ways.first().copied().filter(|_| !findings.refused(key));
    };
    let found = ways.iter().copied().find(|way| word(*way) == named);
    if found.is_none() {
        let known: Vec<&str> = ways.iter().map(|way| word(*way)).collect();
        refuse(key, named, (rules, &known), findings);
    }
    found
}

/// What is asked for beyond what every request asks for.
pub fn extras(
    entry: &Key,
    raw: &mut raw_provider::Provider,
    rules: &ProviderRules,
    findings: &mut Findings,
) -> Extras {
    let second_level = second_level(
        &entry.name("second_level"),
        raw.second_level.as_deref(),
        rules,
        findings,
    );
    let key = entry.name("id_token_claims");
    let mut id_token_claims = Vec::new();
    for (key, claim) in words::elements(&key, raw.id_token_claims.take(), findings) {
        word_of(&key, &claim, (rules, &rules.id_token_claims), findings);
        if !id_token_claims.contains(&claim) {
            id_token_claims.push(claim);
        }
    }
    let key = entry.name("prompt");
    if let Some(prompt) = &raw.prompt {
        word_of(&key, prompt, (rules, &rules.prompts), findings);
    }
    let key = entry.name("max_age");
    if raw.max_age.is_some() && !rules.may_send(AuthorizationParameter::MaxAge) {
        let problem = format!(
            "{} cannot be asked for a recent authentication",
            rules.button.name
        );
        findings.error(Code::ProviderChoice, &key, problem, "leave it out");
    }
    Extras {
        second_level,
        id_token_claims,
        prompt: raw.prompt.take().or_else(|| rules.default_prompt.clone()),
        max_age: words::duration(&key, raw.max_age.take(), MAX_AGE, findings),
    }
}

fn second_level(
    key: &Key,
    named: Option<&str>,
    rules: &ProviderRules,
    findings: &mut Findings,
) -> Option<AcrValue> {
    let named = named?;
    let known = rules.second_level.as_ref();
    let found = known.and_then(|level| level.values.value(named));
    if found.is_none() {
        let known: Vec<&str> = known.iter().flat_map(|level| level.values.known()).collect();
        refuse(key, named, (rules, &known), findings);
    }
    found
}

fn word_of(key: &Key, named: &str, (rules, known): (&ProviderRules, &[String]), findings: &mut Findings) {
    if !known.iter().any(|word| word == named) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        refuse(key, named, (rules, &known), findings);
    }
}

fn refuse(key: &Key, named: &str, (rules, known): (&ProviderRules, &[&str]), findings: &mut Findings) {
    let name = &rules.button.name;
    let problem = format!("{name} does not take `{}` here", bounded(named));
    let help = if known.is_empty() {
        format!("leave it out: {name} has no word for it")
    } else {
        suggestion::of_words(named, known.iter().copied())
    };
    findings.error(Code::ProviderChoice, key, problem, help);
}
