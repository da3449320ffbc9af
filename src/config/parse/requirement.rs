//! `require` of a route: what a session has to be, and at which entries of the app that can be had.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::access::requirement::Access;
use crate::access::requirement::Level;
use crate::access::requirement::Requirement;
use crate::access::requirement::WantedClaim;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::derived;
use crate::config::parse::provider::Entry;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::suggestion;
use crate::identity::fact::Fact;
use crate::provider::acr::AcrValue;
use crate::provider::acr::Strength;
use crate::provider::authorization_parameter::AuthorizationParameter;
use crate::provider::entry_name::EntryName;
use crate::provider::profile::ProviderRules;

/// What an app offers its visitors.
#[derive(Clone, Copy, Debug)]
pub struct Offered<'a> {
    /// The app.
    pub app: &'a Key,
    /// The entries, in the order in which they are offered.
    pub providers: &'a [EntryName],
    /// What is known of them.
    pub entries: &'a [&'a Entry],
}

/// An entry, and what its provider says.
type Known<'a> = (&'a EntryName, &'a Entry, &'a ProviderRules);

impl<'a> Offered<'a> {
    /// `None` where something about an entry is wrong: that was reported, and what it would give is not known.
    fn known(self, findings: &Findings) -> Option<Vec<Known<'a>>> {
        let providers = Key::ROOT.name("providers");
        let known = self.providers.iter().map(|name| {
            let entry = *self.entries.iter().find(|entry| entry.name == name.as_str())?;
            let is_sound = !findings.refused(&providers.name(name.as_str()).name("scopes"));
            Some((name, entry, entry.rules.as_ref().filter(|_| is_sound)?))
        });
        let known: Vec<Known<'a>> = known.collect::<Option<_>>()?;
        (!known.is_empty()).then_some(known)
    }
}

/// Reads the table.
pub fn requirement(
    key: &Key,
    raw: raw::Requirement,
    (access, offered): (Access, Offered<'_>),
    findings: &mut Findings,
) -> Option<Requirement> {
    if access != Access::Required {
        findings.error(
            Code::RequirementOfNobody,
            key,
            "nobody has to be signed in here, so nothing can be required of them",
            "leave `access` out of this route, or `require`",
        );
        return None;
    }
    let idp = raw
        .idp
        .map(|names| entries(&key.name("idp"), names, offered, findings));
    let claims = wanted(&key.name("claims"), raw.claims.unwrap_or_default(), findings);
    let bounds = (Duration::from_mins(1), Duration::from_hours(24));
    let auth_age = words::duration(&key.name("auth_age"), raw.auth_age, bounds, findings);
    let known = offered.known(findings)?;
    let acr = raw
        .acr
        .map(|words| levels(&key.name("acr"), words, &known, findings));
    let mut requirement = Requirement {
        entries: Vec::new(),
        idp,
        acr,
        age_over: raw.age_over,
        claims,
        auth_age,
    };
    if findings.refused(key) {
        return None;
    }
    requirement.entries = satisfying(key, &requirement, &known, findings);
    for fact in facts(&requirement) {
        let is_among = |entry: &&&Entry| requirement.entries.iter().any(|name| name.as_str() == entry.name);
        let able: Vec<&Entry> = offered.entries.iter().filter(is_among).copied().collect();
        if !able.is_empty() {
            derived::derivable(key, fact, &able, findings);
        }
    }
    Some(requirement)
}

fn entries(key: &Key, names: Vec<String>, offered: Offered<'_>, findings: &mut Findings) -> Vec<EntryName> {
    let mut entries = Vec::new();
    for (key, name) in words::elements(key, Some(names), findings) {
        if let Some(entry) = offered.providers.iter().find(|entry| entry.as_str() == name) {
            entries.push(entry.clone());
            continue;
        }
        let problem = format!("`{}` is not among the providers of this app", bounded(&name));
        let known = offered.providers.iter().map(EntryName::as_str);
        findings.error(
            Code::UnknownProvider,
            &key,
            problem,
            suggestion::of_words(&name, known),
        );
    }
    entries
}

fn wanted(key: &Key, claims: BTreeMap<String, String>, findings: &mut Findings) -> Vec<WantedClaim> {
    let mut wanted = Vec::new();
    for (name, value) in claims {
        let key = key.name(&name);
        if findings.refused(&key) {
            continue;
        }
        if name == "sub" {
            findings.error(
                Code::UnknownClaim,
                &key,
                "a route is for a kind of person, not for one person by their `sub`",
                "let the application know its people",
            );
        } else if let Some(value) = words::text(&key, value, findings) {
            wanted.push(WantedClaim { name, value });
        }
    }
    wanted
}

/// Of each entry the lowest of the levels that it knows.
fn levels(
    key: &Key,
    list: Vec<String>,
    known: &[Known<'_>],
    findings: &mut Findings,
) -> BTreeMap<EntryName, Level> {
    let list = words::elements(key, Some(list), findings);
    for (key, word) in &list {
        if !known
            .iter()
            .any(|(_, _, rules)| rules.acr_values.value(word).is_some())
        {
            let problem = format!("no provider of this app knows a level `{}`", bounded(word));
            let all = known.iter().flat_map(|(_, _, rules)| rules.acr_values.known());
            findings.error(Code::Acr, key, problem, suggestion::of_words(word, all));
        }
    }
    let mut levels = BTreeMap::new();
    for (name, entry, rules) in known {
        let values = list.iter().filter_map(|(_, word)| rules.acr_values.value(word));
        let values: Vec<AcrValue> = values.collect();
        if let Some(lowest) = lowest(key, name, (&values, rules), findings) {
            levels.insert((*name).clone(), level(entry, rules, lowest));
        }
    }
    levels
}

/// The lowest of these levels of a provider. One level is asked for, so where none of them is below all the others, that is
/// refused: whichever was chosen, somebody whose level is in the list would be turned away.
fn lowest(
    key: &Key,
    entry: &EntryName,
    (values, rules): (&[AcrValue], &ProviderRules),
    findings: &mut Findings,
) -> Option<AcrValue> {
    let lowest = values.iter().cloned().reduce(lower)?;
    let Some(other) = values
        .iter()
        .find(|value| value.against(&lowest) == Strength::TooLow)
    else {
        return Some(lowest);
    };
    let problem =
        format!("at `{entry}`, `{lowest}` and `{other}` are not compared: neither is above the other");
    let above = rules.acr_values.known().find(|word| {
        let value = rules.acr_values.value(word);
        value.is_some_and(|value| {
            [&lowest, other].map(|each| value.against(each)) == [Strength::Enough, Strength::Enough]
        })
    });
    let help = match above {
        Some(above) => format!("one of the two, or `{above}`, which is above both"),
        None if rules.acr_values.is_open() => {
            format!("write the levels of `{entry}` in their order: acr_values, the lowest first")
        }
        None => "one of the two".to_owned(),
    };
    findings.error(Code::Acr, key, problem, help);
    None
}

/// What is asked for: what the entry asks for anyway if that is enough, else the lowest served value that is. A provider whose
/// levels are not known is asked for the one that is required.
fn level(entry: &Entry, rules: &ProviderRules, lowest: AcrValue) -> Level {
    let is_enough = |value: &AcrValue| value.against(&lowest) == Strength::Enough;
    let usual = entry.settings.as_ref().and_then(|settings| settings.acr.clone());
    let served = rules
        .served_acr_values
        .iter()
        .filter_map(|word| rules.acr_values.value(word));
    let any = rules.acr_values.is_open().then(|| lowest.clone());
    let ask = usual
        .filter(is_enough)
        .or_else(|| served.filter(is_enough).reduce(lower))
        .or(any);
    Level {
        order: rules.acr_values.clone(),
        lowest,
        ask,
    }
}

fn lower(one: AcrValue, other: AcrValue) -> AcrValue {
    match one.against(&other) {
        Strength::Enough => other,
        Strength::TooLow => one,
    }
}

/// The facts that have to be known.
fn facts(requirement: &Requirement) -> Vec<Fact> {
    let named = requirement
        .claims
        .iter()
        .filter_map(|wanted| Fact::parse(&wanted.name));
    named.chain(requirement.age_over.map(Fact::AgeOver)).collect()
}

/// The entries at which all of it can be had. Where there is none, what each of them lacks is said.
fn satisfying(
    key: &Key,
    requirement: &Requirement,
    known: &[Known<'_>],
    findings: &mut Findings,
) -> Vec<EntryName> {
    let mut satisfying = Vec::new();
    let mut lacks = Vec::new();
    for (name, entry, rules) in known {
        match lack(requirement, name, (entry, rules)) {
            None => satisfying.push((*name).clone()),
            Some(lack) => lacks.push((*name, lack)),
        }
    }
    if !satisfying.is_empty() {
        return satisfying;
    }
    let said: Vec<String> = lacks
        .iter()
        .map(|(name, lack)| format!("`{name}` {}", lack.words))
        .collect();
    let (code, key, help) = if lacks.iter().all(|(_, lack)| lack.code == Code::AuthAge) {
        let help =
            "leave `auth_age` out, or add a provider that asks again and says when (max_age, auth_time)";
        (Code::AuthAge, key.name("auth_age"), help)
    } else {
        let help = "ask for less, or add a provider that can give it";
        (Code::Unsatisfiable, key.clone(), help)
    };
    let problem = format!("no provider of this app can satisfy it: {}", said.join("; "));
    findings.error(code, &key, problem, help);
    satisfying
}

/// Why an entry cannot satisfy a requirement.
struct EntryLack {
    code: Code,
    words: String,
}

fn lack(
    requirement: &Requirement,
    name: &EntryName,
    (entry, rules): (&Entry, &ProviderRules),
) -> Option<EntryLack> {
    let lack = |code, words: &str| {
        Some(EntryLack {
            code,
            words: words.to_owned(),
        })
    };
    if requirement
        .idp
        .as_ref()
        .is_some_and(|taken| !taken.contains(name))
    {
        return lack(Code::Unsatisfiable, "is not in `idp`");
    }
    if let Some(levels) = &requirement.acr
        && levels.get(name).is_none_or(|level| level.ask.is_none())
    {
        return lack(Code::Unsatisfiable, "serves no such level");
    }
    let delivers = |claim: &str| rules.claims_of(&entry.scopes).any(|known| known == claim);
    let mut needed: Vec<&str> = Vec::new();
    for fact in facts(requirement) {
        needed.extend(fact.sources());
    }
    let claims = requirement.claims.iter().map(|wanted| wanted.name.as_str());
    needed.extend(claims.filter(|name| Fact::parse(name).is_none()));
    if let Some(missing) = needed.into_iter().find(|claim| !delivers(claim)) {
        let words = format!(
            "is not asked for `{}`, with the scopes that it has",
            bounded(missing)
        );
        return lack(Code::Unsatisfiable, &words);
    }
    let tells = rules
        .authorization_parameters
        .contains(&AuthorizationParameter::MaxAge);
    if requirement.auth_age.is_some() && !tells {
        return lack(
            Code::AuthAge,
            "cannot be asked for another authentication, and its auth_time does not say when the last one was",
        );
    }
    None
}
