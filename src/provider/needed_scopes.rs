//! Which scopes lead to what is needed about a person, and to as little else as there is.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// Scope and the claims that it leads to.
type Scopes = BTreeMap<String, Vec<String>>;

/// The scopes that lead to these claims: those with the fewest other claims, and of those as few as possible. `openid` comes
/// first. A claim to which no scope leads is left out.
pub fn leading_to<'a>(scopes: &'a Scopes, needed: &BTreeSet<&str>) -> Vec<&'a str> {
    let mut chosen: Vec<&str> = Vec::new();
    let mut open: BTreeSet<&str> = needed.clone();
    open.remove("sub");
    while let Some((name, claims)) = narrowest(scopes, needed, &open) {
        chosen.push(name);
        open.retain(|claim| !claims.iter().any(|led_to| led_to == claim));
    }
    let mut names = vec!["openid"];
    names.extend(joined(scopes, chosen));
    names
}

/// Those of the scopes, `openid` aside, that lead to nothing that is needed.
pub fn idle<'a>(scopes: &Scopes, asked: &'a [String], needed: &BTreeSet<&str>) -> Vec<&'a str> {
    let leads_nowhere = |scope: &&str| {
        let claims = scopes.get(*scope);
        claims.is_some_and(|claims| !claims.iter().any(|claim| needed.contains(claim.as_str())))
    };
    let names = asked.iter().map(String::as_str);
    names
        .filter(|scope| *scope != "openid")
        .filter(leads_nowhere)
        .collect()
}

/// The scope that leads to some of what is open, and to the least that nobody needs.
fn narrowest<'a>(
    scopes: &'a Scopes,
    needed: &BTreeSet<&str>,
    open: &BTreeSet<&str>,
) -> Option<(&'a str, &'a [String])> {
    let among = |claims: &[String], set: &BTreeSet<&str>| {
        claims.iter().filter(|claim| set.contains(claim.as_str())).count()
    };
    scopes
        .iter()
        .filter(|(_, claims)| among(claims, open) > 0)
        .min_by_key(|(name, claims)| {
            let excess = claims.len() - among(claims, needed);
            (excess, Reverse(among(claims, open)), *name)
        })
        .map(|(name, claims)| (name.as_str(), claims.as_slice()))
}

/// Several scopes give way to one that leads to nothing else than they do together.
fn joined<'a>(scopes: &'a Scopes, mut chosen: Vec<&'a str>) -> Vec<&'a str> {
    let claims = |name: &str| scopes.get(name).into_iter().flatten();
    let mut widest: Vec<(&String, &Vec<String>)> = scopes.iter().collect();
    widest.sort_by_key(|(_, led_to)| Reverse(led_to.len()));
    for (name, led_to) in widest {
        let together: BTreeSet<&String> = chosen.iter().flat_map(|other| claims(other)).collect();
        let is_part = |other: &&str| claims(other).all(|claim| led_to.contains(claim));
        if led_to.iter().all(|claim| together.contains(claim))
            && chosen.iter().filter(|each| is_part(each)).count() > 1
        {
            chosen.retain(|other| !is_part(other));
            chosen.push(name);
        }
    }
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::presets;

    fn needed(claims: &[&'static str]) -> BTreeSet<&'static str> {
        claims.iter().copied().collect()
    }

    #[test]
    fn the_fewest_scopes_lead_to_what_is_needed_and_to_as_little_else_as_there_is() {
        let rules = presets::preset("franceconnect").unwrap().unwrap().rules;
        for (claims, scopes) in [
            (&["sub"][..], &["openid"][..]),
            (&[], &["openid"]),
            (
                &["birthdate", "idp_birthdate"],
                &["openid", "birthdate", "idp_birthdate"],
            ),
            (&["birthplace", "birthcountry"], &["openid", "birth"]),
            (&["birthplace"], &["openid", "birthplace"]),
            (&["given_name"], &["openid", "given_name"]),
            (
                &[
                    "given_name",
                    "family_name",
                    "birthdate",
                    "gender",
                    "birthplace",
                    "birthcountry",
                    "email",
                ],
                &["openid", "email", "identite_pivot"],
            ),
            (
                &[
                    "given_name",
                    "family_name",
                    "birthdate",
                    "gender",
                    "preferred_username",
                ],
                &["openid", "profile"],
            ),
            (&["email", "siret"], &["openid", "email"]),
        ] {
            assert_eq!(leading_to(&rules.scopes, &needed(claims)), scopes, "{claims:?}");
        }
    }

    #[test]
    fn a_scope_that_leads_to_nothing_needed_is_idle() {
        let rules = presets::preset("franceconnect").unwrap().unwrap().rules;
        let asked = ["openid", "identite_pivot", "email", "unknown"].map(str::to_owned);
        let found = idle(&rules.scopes, &asked, &needed(&["sub", "birthdate"]));
        assert_eq!(found, ["email"]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_needed_is_led_to(picks in proptest::collection::vec(0_usize..12, 0..8)) {
            let rules = presets::preset("franceconnect").unwrap().unwrap().rules;
            let all: BTreeSet<&str> = rules.scopes.values().flatten().map(String::as_str).collect();
            let all: Vec<&str> = all.into_iter().collect();
            let needed: BTreeSet<&str> = picks.iter().filter_map(|pick| all.get(*pick).copied()).collect();
            let scopes: Vec<String> = leading_to(&rules.scopes, &needed).iter().map(|name| (*name).to_owned()).collect();
            let led_to: BTreeSet<&str> = rules.claims_of(&scopes).collect();
            assert!(needed.is_subset(&led_to), "{needed:?} {scopes:?}");
        }
    }
}
