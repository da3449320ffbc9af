//! What is asked about a person: `scopes`, and the claims that each leads to.

use std::collections::BTreeMap;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::words;
use crate::config::suggestion;
use crate::provider::profile::MoreScopes;
use crate::provider::profile::ProviderRules;

/// Key `scope_claims`: scopes that the preset does not know become scopes like any other.
pub fn add(
    key: &Key,
    rules: &mut ProviderRules,
    more: Option<BTreeMap<String, Vec<String>>>,
    findings: &mut Findings,
) {
    let Some(more) = more else { return };
    if rules.more_scopes == MoreScopes::Refused {
        let problem = format!("the scopes of {} are known", rules.button.name);
        findings.error(Code::ProviderChoice, key, problem, "leave it out");
        return;
    }
    for (scope, claims) in more {
        let key = key.name(&scope);
        let Some(scope) = words::token(&key, scope, findings) else {
            continue;
        };
        let claims: Vec<String> = words::elements(&key, Some(claims), findings)
            .into_iter()
            .filter_map(|(key, claim)| words::token(&key, claim, findings))
            .collect();
        rules.scopes.insert(scope, claims);
    }
}

/// Key `scopes`.
pub fn scopes(
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
                let help = match rules.more_scopes {
                    MoreScopes::Refused => suggestion::of_words(scope, known),
                    MoreScopes::Configured => format!(
                        "{}; or say which claims it leads to: scope_claims = {{ \"{}\" = [] }}",
                        suggestion::of_words(scope, known),
                        bounded(scope)
                    ),
                };
                findings.error(Code::Scope, key, problem, help);
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
