//! What an app is told about a person, and that its providers can say it.

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::derived;
use crate::config::parse::provider::Entry;
use crate::config::parse::subject;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::suggestion;
use crate::identity::fact::Fact;
use crate::identity_headers::pseudonym::Pseudonyms;
use crate::identity_headers::told::PlainHeader;
use crate::identity_headers::told::SubjectForm;
use crate::identity_headers::told::Told;
use crate::provider::profile::ProviderRules;

/// Reads the keys of an app that are about the person.
pub fn told(
    (app, name): (&Key, Option<&str>),
    raw: &mut raw::App,
    (offered, pseudonyms): (&[&Entry], Option<&Pseudonyms>),
    findings: &mut Findings,
) -> Option<Told> {
    let audience = match raw.audience.take() {
        Some(audience) => words::token(&app.name("audience"), audience, findings),
        None => name.map(str::to_owned),
    };
    let subject = subject::form(&app.name("subject"), raw.subject.take(), pseudonyms, findings);
    let claims_key = app.name("claims");
    let mut claims = claims(&claims_key, raw.claims.take(), offered, findings);
    subject::report_claims(&claims_key, subject.as_ref(), &claims, findings);
    let derived = derived::facts(&app.name("derived"), raw.derived.take(), offered, findings);
    if subject == Some(SubjectForm::None) {
        // Said by default, and nobody's here.
        claims.retain(|claim| claim != "sub");
    }
    let plain_key = app.name("plain_headers");
    let told = claims
        .iter()
        .cloned()
        .chain(derived.iter().map(ToString::to_string));
    let told: Vec<String> = told.collect();
    let plain_headers = plain_headers(&plain_key, raw.plain_headers.take(), &told, findings);
    Some(Told {
        audience: audience?,
        claims,
        derived,
        plain_headers: plain_headers
            .iter()
            .filter_map(|claim| PlainHeader::of(claim))
            .collect(),
        subject: subject?,
    })
}

fn claims(key: &Key, list: Option<Vec<String>>, offered: &[&Entry], findings: &mut Findings) -> Vec<String> {
    let mut claims = Vec::new();
    for (key, claim) in words::elements(key, list, findings) {
        delivered(&key, &claim, offered, findings);
        if !claims.contains(&claim) {
            claims.push(claim);
        }
    }
    claims
}

/// A claim that one of the app's providers delivers is enough: another one may know less about a person.
fn delivered(key: &Key, claim: &str, offered: &[&Entry], findings: &mut Findings) {
    let rules: Vec<(&Entry, &ProviderRules)> = offered
        .iter()
        .filter_map(|entry| Some((*entry, entry.rules.as_ref()?)))
        .collect();
    // Where an entry's preset is not known, nobody knows its claims: one mistake, said once.
    if rules.is_empty() || rules.len() < offered.len() {
        return;
    }
    if rules
        .iter()
        .any(|(entry, rules)| rules.claims_of(&entry.scopes).any(|known| known == claim))
    {
        return;
    }
    let shown = bounded(claim);
    if Fact::parse(claim).is_some() {
        let problem = format!("`{shown}` is no claim of a provider: it is derived");
        findings.error(
            Code::UnknownClaim,
            key,
            problem,
            format!("say it in `derived`: derived = [\"{shown}\"]"),
        );
        return;
    }
    let known = rules
        .iter()
        .flat_map(|(_, rules)| rules.scopes.values().flatten());
    if !known.clone().any(|known| known == claim) {
        let mut known: Vec<&str> = known.map(String::as_str).collect();
        known.sort_unstable();
        known.dedup();
        let problem = format!("no provider of this app has a claim `{shown}`");
        findings.error(
            Code::UnknownClaim,
            key,
            problem,
            suggestion::of_words(claim, known),
        );
        return;
    }
    // A list of scopes with a mistake in it was reported already; what it would deliver is not known.
    let scopes_are_wrong = |entry: &Entry| {
        let scopes = Key::ROOT.name("providers").name(&entry.name).name("scopes");
        findings.refused(&scopes)
    };
    if rules.iter().any(|(entry, _)| scopes_are_wrong(entry)) {
        return;
    }
    undelivered(key, claim, &rules, findings);
}

/// Every scope that would lead to it is named.
fn undelivered(key: &Key, claim: &str, rules: &[(&Entry, &ProviderRules)], findings: &mut Findings) {
    let mut scopes: Vec<&str> = rules
        .iter()
        .flat_map(|(_, rules)| &rules.scopes)
        .filter(|(_, claims)| claims.iter().any(|known| known == claim))
        .map(|(scope, _)| scope.as_str())
        .collect();
    scopes.sort_unstable();
    scopes.dedup();
    let entries: Vec<&str> = rules.iter().map(|(entry, _)| entry.name.as_str()).collect();
    findings.error(
        Code::UndeliveredClaim,
        key,
        format!(
            "no scope of `{}` delivers the claim `{}`",
            entries.join("`, `"),
            bounded(claim)
        ),
        format!(
            "add one of these scopes to `providers.{}`: {}",
            entries.join("` or `providers."),
            scopes.join(", ")
        ),
    );
}

fn plain_headers(
    key: &Key,
    list: Option<Vec<String>>,
    told: &[String],
    findings: &mut Findings,
) -> Vec<String> {
    let mut plain = Vec::new();
    for (key, claim) in words::elements(key, list, findings) {
        if !told.contains(&claim) {
            let (list, what) = match Fact::parse(&claim) {
                Some(_) => ("derived", "derived facts"),
                None => ("claims", "claims"),
            };
            let problem = format!("`{}` is not among the {what} of this app", bounded(&claim));
            let help = match suggestion::nearest(&claim, told.iter().map(String::as_str)) {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("a plain header repeats what is told: add it to `{list}`, or remove it here"),
            };
            findings.error(Code::PlainHeader, &key, problem, help);
        } else if !plain.contains(&claim) {
            plain.push(claim);
        }
    }
    if plain.iter().any(|claim| claim == "email") && !plain.iter().any(|claim| claim == "sub") {
        findings.warning(
            Code::EmailIsNoIdentifier,
            key,
            "an e-mail address is no identifier: people change it, and two people can have had the same",
            "add `sub`, and let the application know people by it",
        );
    }
    plain
}
