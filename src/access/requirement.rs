//! What a route asks of its visitor.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::identity::fact::Fact;
use crate::oidc::validity;
use crate::provider::acr::AcrOrder;
use crate::provider::acr::AcrValue;
use crate::provider::acr::Strength;
use crate::provider::entry_name::EntryName;
use crate::session::session::Session;

/// Key `access` of a route, the stricter the greater. Absent: [`Access::Required`], because a forgotten route must not be an
/// open one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Nobody is looked up and nothing is said about anybody.
    Public,
    /// The identity is told if there is one.
    Optional,
    /// Nobody passes without a live session.
    Required,
}

/// Key `require` of a route: what a session has to be for it. A route without it takes every session of its app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The entries of the app at which all of it can be had, in the order in which they are offered.
    pub entries: Vec<EntryName>,
    /// Key `idp`: the entries that are taken. Absent: all of the app's.
    pub idp: Option<Vec<EntryName>>,
    /// Key `acr`: the lowest level that is taken, at each entry that knows it. Absent: what the entry asks for anyway.
    pub acr: Option<BTreeMap<EntryName, Level>>,
    /// Key `age_over`: years that have to be completed.
    pub age_over: Option<u8>,
    /// Key `claims`: what a claim, or a derived fact, has to be.
    pub claims: Vec<WantedClaim>,
    /// Key `auth_age`: how long ago the person may have proved who they are.
    pub auth_age: Option<Duration>,
}

/// The lowest level at an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// The levels of its provider.
    pub order: AcrOrder,
    /// The lowest that is taken.
    pub lowest: AcrValue,
    /// The lowest of those that the provider serves and that are taken: this one is asked for. `None`: it serves none.
    pub ask: Option<AcrValue>,
}

/// A claim, and the one value that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedClaim {
    /// Its name; a derived fact has one, too.
    pub name: String,
    /// Text as it is, a boolean or a number as it is written.
    pub value: String,
}

/// What a session lacks for a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// What it is.
    pub lack: Lack,
    /// Whether another login can mend it.
    pub remedy: Remedy,
}

/// The first thing that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// It is of a provider that is not taken here.
    Provider,
    /// Its level is too low.
    Level,
    /// The person has not completed so many years.
    Age(u8),
    /// A claim that is needed is missing.
    Unknown(String),
    /// A claim is another one.
    Claim,
    /// The person proved too long ago who they are.
    Freshness,
}

/// What helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Another login, at one of the entries that can satisfy the route.
    Login,
    /// None that is known here.
    None,
}

impl Lack {
    /// One stable word.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Provider => "other_provider_needed",
            Self::Level => "level_too_low",
            Self::Age(_) => "too_young",
            Self::Unknown(_) => "fact_unknown",
            Self::Claim => "claim_differs",
            Self::Freshness => "authentication_too_old",
        }
    }
}

impl Requirement {
    /// What a session lacks now; `None`: nothing.
    pub fn shortfall(&self, session: &Session, now: Timestamp) -> Option<Shortfall> {
        let lack = self
            .wrong_provider(session)
            .or_else(|| self.low_level(session))
            .or_else(|| self.young(session, now))
            .or_else(|| self.other_claim(session, now))
            .or_else(|| self.old_authentication(session, now))?;
        let others = || self.entries.iter().any(|entry| *entry != session.entry);
        let can_mend = match lack {
            Lack::Provider | Lack::Level | Lack::Freshness => !self.entries.is_empty(),
            Lack::Unknown(_) => others(),
            Lack::Age(_) | Lack::Claim => false,
        };
        let remedy = if can_mend { Remedy::Login } else { Remedy::None };
        Some(Shortfall { lack, remedy })
    }

    /// The provider's claims that are looked at.
    pub fn uses(&self) -> impl Iterator<Item = &str> {
        let age = self.age_over.map(Fact::AgeOver);
        let facts = self.claims.iter().filter_map(|wanted| Fact::parse(&wanted.name));
        let facts = facts.chain(age);
        let sources = facts.flat_map(|fact| fact.sources().iter().copied().chain(fact.precision()));
        let claims = self.claims.iter().map(|wanted| wanted.name.as_str());
        claims.filter(|name| Fact::parse(name).is_none()).chain(sources)
    }

    /// What both ask. Where a path can be read in two ways, whoever wants it has to satisfy each of them.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let in_both = |one: &[EntryName], other: &[EntryName]| {
            let both = one.iter().filter(|entry| other.contains(entry));
            both.cloned().collect()
        };
        let claims = other.claims.iter().filter(|wanted| !self.claims.contains(wanted));
        let acr = either(self.acr.as_ref(), other.acr.as_ref(), higher);
        let mut entries: Vec<EntryName> = in_both(&self.entries, &other.entries);
        // Where two levels cannot be had in one, no login helps.
        entries.retain(|entry| acr.as_ref().is_none_or(|levels| levels.contains_key(entry)));
        Self {
            entries,
            idp: either(self.idp.as_ref(), other.idp.as_ref(), |one, other| {
                in_both(one, other)
            }),
            acr,
            age_over: self.age_over.max(other.age_over),
            claims: self.claims.iter().chain(claims).cloned().collect(),
            auth_age: either(self.auth_age.as_ref(), other.auth_age.as_ref(), |one, other| {
                *one.min(other)
            }),
        }
    }

    fn wrong_provider(&self, session: &Session) -> Option<Lack> {
        let taken = self.idp.as_ref()?;
        (!taken.contains(&session.entry)).then_some(Lack::Provider)
    }

    /// An entry that does not know the level cannot have reached it.
    fn low_level(&self, session: &Session) -> Option<Lack> {
        let levels = self.acr.as_ref()?;
        let strength = levels.get(&session.entry).and_then(|level| {
            let reached = level.order.value(&session.authentication.acr)?;
            Some(reached.against(&level.lowest))
        });
        (strength != Some(Strength::Enough)).then_some(Lack::Level)
    }

    fn young(&self, session: &Session, now: Timestamp) -> Option<Lack> {
        let fact = Fact::AgeOver(self.age_over?);
        match fact.of(&session.identity.claims, now) {
            Some(Value::Bool(true)) => None,
            Some(_) => self.age_over.map(Lack::Age),
            None => Some(unknown(fact, session)),
        }
    }

    fn other_claim(&self, session: &Session, now: Timestamp) -> Option<Lack> {
        self.claims.iter().find_map(|wanted| {
            let claims = &session.identity.claims;
            let found = match Fact::parse(&wanted.name) {
                Some(fact) => match fact.of(claims, now) {
                    Some(value) => written(&value),
                    None => return Some(unknown(fact, session)),
                },
                None => claims.get(&wanted.name).and_then(written),
            };
            match found {
                Some(found) => (found != wanted.value).then_some(Lack::Claim),
                None => Some(Lack::Unknown(wanted.name.clone())),
            }
        })
    }

    /// A provider that does not say when it was is not believed to have asked just now; nor one that says a time to come,
    /// which would be recent for as long as the session lives.
    fn old_authentication(&self, session: &Session, now: Timestamp) -> Option<Lack> {
        let most = self.auth_age?;
        let is_fresh = session
            .authentication
            .auth_time
            .is_some_and(|at| at <= now.plus(validity::LEEWAY) && now.since(at) <= most);
        (!is_fresh).then_some(Lack::Freshness)
    }
}

/// In the words of the configuration; of a claim its name, as its value may be somebody's.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |words: Vec<&str>| format!("[\"{}\"]", words.join("\", \""));
        let mut parts = Vec::new();
        if let Some(levels) = &self.acr {
            let mut lowest: Vec<&str> = levels.values().map(|level| level.lowest.as_str()).collect();
            lowest.dedup();
            parts.push(format!("acr = {}", quoted(lowest)));
        }
        parts.extend(self.age_over.map(|years| format!("age_over = {years}")));
        if let Some(entries) = &self.idp {
            parts.push(format!(
                "idp = {}",
                quoted(entries.iter().map(EntryName::as_str).collect())
            ));
        }
        if !self.claims.is_empty() {
            let names: Vec<&str> = self.claims.iter().map(|wanted| wanted.name.as_str()).collect();
            parts.push(format!("claims = {{ {} }}", names.join(", ")));
        }
        parts.extend(
            self.auth_age
                .map(|age| format!("auth_age = \"{}s\"", age.as_secs())),
        );
        write!(f, "{{ {} }}", parts.join(", "))
    }
}

/// The first of the claims behind a fact that is not there; or the first of all, which says nothing that can be read.
fn unknown(fact: Fact, session: &Session) -> Lack {
    let is_missing = |name: &&&str| {
        let claim = session.identity.claims.get(**name).and_then(Value::as_str);
        claim.is_none_or(str::is_empty)
    };
    let sources = fact.sources();
    let claim = sources.iter().find(is_missing).or_else(|| sources.first());
    Lack::Unknown(claim.map_or_else(|| fact.to_string(), |claim| (*claim).to_owned()))
}

/// How a value is written in the configuration; nothing that is empty or has parts is.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.is_empty()).then(|| text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn either<T: Clone>(one: Option<&T>, other: Option<&T>, both: impl Fn(&T, &T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(both(one, other)),
        (one, other) => one.or(other).cloned(),
    }
}

/// The higher level of each entry that is in both.
fn higher(
    one: &BTreeMap<EntryName, Level>,
    other: &BTreeMap<EntryName, Level>,
) -> BTreeMap<EntryName, Level> {
    let in_both = one.iter().filter_map(|(entry, level)| {
        let other = other.get(entry)?;
        // Two that nobody compares cannot be had in one.
        let covers = |one: &Level, other: &Level| one.lowest.against(&other.lowest) == Strength::Enough;
        let higher = [(level, other), (other, level)]
            .into_iter()
            .find(|(one, other)| covers(one, other));
        higher.map(|(level, _)| (entry.clone(), level.clone()))
    });
    in_both.collect()
}
