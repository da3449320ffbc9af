//! The providers that can be simulated, a file each.

mod franceconnect;
mod franceconnect_plus;
mod login_gov;
mod oidc;
mod proconnect;

use crate::provider::profile::Profile;

pub use franceconnect::FRANCECONNECT;
pub use franceconnect_plus::FRANCECONNECT_PLUS;
pub use login_gov::LOGIN_GOV;
pub use oidc::OIDC;
pub use proconnect::PROCONNECT;

/// All of them.
pub static ALL: [&Profile; 5] = [
    &FRANCECONNECT,
    &FRANCECONNECT_PLUS,
    &PROCONNECT,
    &LOGIN_GOV,
    &OIDC,
];

/// The profile of this name.
pub fn named(name: &str) -> Option<&'static Profile> {
    ALL.into_iter().find(|profile| profile.name == name)
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_profile_has_people_and_levels_that_it_serves() {
        for profile in ALL {
            let people = profile.everybody().unwrap();
            assert!(people.len() >= 2, "{}", profile.name);
            for person in people {
                assert!(
                    !person.text("sub").is_empty(),
                    "{}: {}",
                    profile.name,
                    person.slug
                );
                assert!(
                    !person.full_name().is_empty(),
                    "{}: {}",
                    profile.name,
                    person.slug
                );
            }
            let levels = &profile.levels;
            let reached = levels.served.iter().chain(levels.otherwise.iter());
            for level in reached {
                assert!(levels.known.contains(level), "{}: {level}", profile.name);
            }
        }
    }

    #[test]
    fn people_are_described_by_claims_to_which_a_scope_leads() {
        for profile in ALL {
            for person in profile.everybody().unwrap() {
                for claim in person.claims.keys() {
                    assert!(profile.knows_claim(claim), "{}: {claim}", profile.name);
                }
            }
        }
    }
}
