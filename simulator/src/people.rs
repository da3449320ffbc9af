//! Invented people, each with one trap for whoever handles what is said about them. Nobody real is described.

use std::io;

use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;

/// Those of FranceConnect. Names, `sub` and addresses are made up; the geographic codes are real ones.
const CITIZENS: &str = include_str!("people/franceconnect.json");

/// Somebody to sign in as.
#[derive(Clone, Debug, Deserialize)]
pub struct Person {
    /// A short name, such as `zoe` or `corsica`.
    pub slug: String,
    /// What is special about this person, in French, for the page that offers the choice.
    pub note: String,
    /// Every claim that the provider knows, `sub` included, under its names.
    pub claims: Map<String, Value>,
}

impl Person {
    /// A claim that is text.
    pub fn text(&self, claim: &str) -> &str {
        self.claims.get(claim).and_then(Value::as_str).unwrap_or_default()
    }

    /// Given names and birth name, or usual name, as one greets somebody; whoever has none is called by what there is.
    pub fn full_name(&self) -> String {
        let names = ["given_name", "family_name", "usual_name"].map(|claim| self.text(claim));
        let said: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        if !said.is_empty() {
            return said.join(" ");
        }
        let others = ["email", "sub"].map(|claim| self.text(claim));
        others
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_default()
            .to_owned()
    }
}

/// Everybody at FranceConnect, the demonstration's main character first.
pub fn everybody() -> io::Result<Vec<Person>> {
    read(CITIZENS)
}

/// The people of a file.
pub(crate) fn read(text: &str) -> io::Result<Vec<Person>> {
    serde_json::from_str(text).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::everybody;

    #[test]
    fn everybody_has_a_subject_of_the_providers_shape() {
        for person in everybody().unwrap() {
            let sub = person.text("sub");
            assert!(sub.len() == 66 && sub.ends_with("v1"), "{}: {sub}", person.slug);
            assert!(sub.bytes().take(64).all(|byte| byte.is_ascii_hexdigit()));
        }
    }

    #[test]
    fn the_demonstrations_main_character_comes_first() {
        assert_eq!(
            everybody().unwrap()[0].full_name(),
            "Zoé Éléonore LE GOÛT-NŒUVÉGLISE"
        );
    }
}
