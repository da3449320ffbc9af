//! From what a provider vouched for to a person in our words. Only values that passed every check come in.

use serde_json::Map;
use serde_json::Value;

use crate::identity::identity::Authentication;
use crate::identity::identity::Identity;
use crate::identity::identity::Subject;
use crate::oidc::id_token::VerifiedIdToken;
use crate::oidc::userinfo::VerifiedUserinfo;
use crate::provider::acr::AcrValue;

/// Claims that say something about a token or a login and nothing about a person. A userinfo answer that holds one cannot
/// overwrite what the ID token said.
const NOT_OF_THE_PERSON: [&str; 18] = [
    "iss",
    "sub",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "jti",
    "sid",
    "nonce",
    "acr",
    "amr",
    "auth_time",
    "at_hash",
    "c_hash",
    "s_hash",
    "_claim_names",
    "_claim_sources",
];

/// The person: the subject of the ID token, the claims of the userinfo as the provider gave them. A claim that is `null`
/// is a missing one.
pub fn identity(id_token: &VerifiedIdToken, userinfo: VerifiedUserinfo) -> Identity {
    Identity {
        subject: Subject {
            issuer: id_token.issuer().to_owned(),
            sub: id_token.sub().to_owned(),
        },
        claims: of_the_person(userinfo.into_claims()),
    }
}

/// Those of the claims that say something about a person, as they are.
pub fn of_the_person(mut claims: Map<String, Value>) -> Map<String, Value> {
    claims.retain(|name, value| !value.is_null() && !NOT_OF_THE_PERSON.contains(&name.as_str()));
    claims
}

/// How the person was authenticated, by the ID token alone.
pub fn authentication(id_token: &VerifiedIdToken) -> Authentication {
    Authentication {
        acr: id_token.acr().map_or("", AcrValue::as_str).to_owned(),
        amr: id_token.amr().to_vec(),
        auth_time: id_token.auth_time(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::test_support;
    use serde_json::json;

    #[test]
    fn the_claims_of_the_person_are_kept_and_nothing_overwrites_the_login() {
        let signed_in = test_support::signed_in(&json!({
            "given_name": "Zoé", "birthplace": "", "birthdate": "1992-00-00", "preferred_username": null,
            "given_name_array": ["Zoé"], "acr": "eidas3", "nonce": "x", "sid": "x", "amr": ["mfa"], "auth_time": 1,
        }));
        let found = identity(&signed_in.id_token, signed_in.userinfo);
        assert_eq!(found.subject.issuer, test_support::ISSUER);
        assert_eq!(found.subject.sub, "s-1v1");
        assert_eq!(
            Value::Object(found.claims),
            json!({"given_name": "Zoé", "birthplace": "", "birthdate": "1992-00-00", "given_name_array": ["Zoé"]})
        );
        let authentication = authentication(&signed_in.id_token);
        assert_eq!(authentication.acr, "eidas1");
        assert_eq!(authentication.amr, ["fc", "pwd"]);
        assert_eq!(authentication.auth_time, Some(test_support::NOW));
    }

    proptest::proptest! {
        /// Whatever a provider says, each claim of the person is kept as it came, and nothing else is.
        #[test]
        fn a_claim_is_kept_as_it_came_or_not_at_all(
            said in proptest::collection::btree_map("[a-z_]{1,12}|acr|sid|amr|iss|_claim_names", "null|true|[1-9][0-9]{0,3}|\"[a-z<>é]{0,6}\"|\\[\\]", 0..12),
        ) {
            let said: Map<String, Value> = said
                .into_iter()
                .map(|(name, text)| (name, serde_json::from_str(&text).unwrap()))
                .collect();
            let kept = of_the_person(said.clone());
            for (name, value) in &said {
                let is_of_the_person = !value.is_null() && !NOT_OF_THE_PERSON.contains(&name.as_str());
                assert_eq!(kept.get(name), is_of_the_person.then_some(value), "{name}");
            }
            assert!(kept.keys().all(|name| said.contains_key(name)));
        }
    }
}
