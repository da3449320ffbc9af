//! `derived`: facts that an app is told in the place of civil status, and that its providers say enough for.

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::provider::Entry;
use crate::config::parse::words;
use crate::config::suggestion;
use crate::identity::fact::Fact;
use crate::identity::fact::GREATEST_AGE;
use crate::provider::profile::ProviderRules;

/// Reads the list.
pub fn facts(key: &Key, list: Option<Vec<String>>, offered: &[&Entry], findings: &mut Findings) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (key, name) in words::elements(key, list, findings) {
        let Some(fact) = Fact::parse(&name) else {
            unknown(&key, &name, findings);
            continue;
        };
        derivable(&key, fact, offered, findings);
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    facts
}

fn unknown(key: &Key, name: &str, findings: &mut Findings) {
    let problem = format!("`{}` is not a fact that can be derived", bounded(name));
    let help = if name.starts_with("age_over_") {
        format!("an age is a whole number of years, 1 to {GREATEST_AGE}: age_over_18")
    } else {
        let known: Vec<String> = Fact::ALL.iter().map(ToString::to_string).collect();
        suggestion::of_words(name, known.iter().map(String::as_str))
    };
    findings.error(Code::UnknownFact, key, problem, help);
}

/// One entry has to say everything that the fact comes from; that others may not is their visitors' fate.
pub fn derivable(key: &Key, fact: Fact, offered: &[&Entry], findings: &mut Findings) {
    let rules: Vec<(&Entry, &ProviderRules)> = offered
        .iter()
        .filter_map(|entry| Some((*entry, entry.rules.as_ref()?)))
        .collect();
    // A preset that is not known, or a list of scopes with a mistake in it, was reported where it stands.
    let scopes_are_wrong = |entry: &Entry| {
        let scopes = Key::ROOT.name("providers").name(&entry.name).name("scopes");
        findings.refused(&scopes)
    };
    if rules.is_empty()
        || rules.len() < offered.len()
        || rules.iter().any(|(entry, _)| scopes_are_wrong(entry))
    {
        return;
    }
    let says = |(entry, rules): &&(&Entry, &ProviderRules), claim: &str| {
        rules.claims_of(&entry.scopes).any(|known| known == claim)
    };
    let is_known_at = |one: &&(&Entry, &ProviderRules)| fact.sources().iter().all(|claim| says(one, claim));
    let knowing: Vec<&(&Entry, &ProviderRules)> = rules.iter().filter(is_known_at).collect();
    let entries: Vec<&str> = rules.iter().map(|(entry, _)| entry.name.as_str()).collect();
    if knowing.is_empty() {
        findings.error(
            Code::UnderivableFact,
            key,
            format!("no scopes of `{}` lead to `{fact}`", entries.join("` or `")),
            format!(
                "it comes from {}: ask one provider for all of it, for example with scopes of these names",
                fact.sources().join(" and ")
            ),
        );
        return;
    }
    let Some(precision) = fact.precision() else {
        return;
    };
    for one in knowing {
        let (entry, rules) = one;
        let has_one = rules.scopes.values().flatten().any(|claim| claim == precision);
        if has_one && !says(&one, precision) {
            findings.warning(
                Code::PresumedBirthdate,
                key,
                format!("`{}` does not ask for `{precision}`: of a day of birth that nobody knows, the first of the month \
                         is told", entry.name),
                format!("add the scope that leads to it to providers.{}.scopes; then the latest day counts that it can \
                         have been", entry.name),
            );
        }
    }
}
