//! The recipes of `docs/applications.md`, each in its real server, against one table of good and forged tokens.

mod site;
mod tokens;

use serde_json::json;

use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::raw::Answer;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::upstream::Reply;
use crate::support::upstream::Upstream;
use site::Anonymous;
use site::Recipe;
use site::Settings;
use site::Site;
use tokens::ISSUER;
use tokens::Key;
use tokens::NAME;
use tokens::Outcome;
use tokens::SUB;

const ASSERTION: &str = "X-Guichet-Assertion";
/// More seconds than any test takes.
const LONG: u32 = 10_000;

fn publishes(keys: &Upstream, set: &[&Key]) {
    keys.otherwise(Reply::new(
        200,
        &[("Content-Type", "application/json")],
        &tokens::jwks(set),
    ));
}

fn settings(keys: &Upstream) -> Settings {
    Settings {
        issuer: ISSUER.to_owned(),
        keys_at: format!("{}/_guichet/jwks.json", keys.url()),
        age_and_pause: [LONG, LONG],
        anonymous: Anonymous::Refused,
    }
}

/// Whom the application greets.
fn greeted(answer: &Answer) -> Option<String> {
    let text = answer.text();
    let refused = answer.status == 401 && text.trim() == "Not signed in";
    assert!(refused || answer.status == 200, "{} {text}", answer.status);
    (!refused).then(|| text.trim().to_owned())
}

fn person() -> String {
    format!("user={SUB} name={NAME}")
}

/// Every token of the table, and what is not one token.
fn judges_every_token(recipe: Recipe) {
    let [current, next, previous] = [Key::new(), Key::new(), Key::new()];
    let keys = Upstream::start();
    publishes(&keys, &[&current, &next, &previous]);
    let site = Site::start(recipe, &settings(&keys));
    let table = tokens::table([&current, &next, &previous]);
    assert_eq!(
        table
            .iter()
            .filter(|token| token.outcome == Outcome::SignedIn)
            .count(),
        5
    );
    assert!(table.len() >= 35);
    for token in &table {
        let expected = match token.outcome {
            Outcome::SignedIn => Some(person()),
            Outcome::Refused => None,
        };
        let answer = site.asked(&[(ASSERTION, &token.value)]);
        assert_eq!(greeted(&answer), expected, "{recipe:?}: a token {}", token.what);
    }
    let good = current.sign(&tokens::claims(&json!({})));
    let evil = [("Remote-User", "evil"), ("X-Guichet-Sub", "evil")];
    assert_eq!(
        greeted(&site.asked(&[evil[0], (ASSERTION, &good), evil[1]])),
        Some(person())
    );
    for fields in [
        &evil[..],
        &[(ASSERTION, &good), (ASSERTION, &good)],
        &[(ASSERTION, "a.b.c"), (ASSERTION, &good)],
    ] {
        assert_eq!(greeted(&site.asked(fields)), None, "{recipe:?}: {fields:?}");
    }
    // Forged tokens under kids that nobody knows did not make it ask again.
    assert_eq!(keys.received().len(), 1, "{recipe:?}");
}

/// A new key signs, an old one is withdrawn, then the gateway is away.
fn follows_the_keys(recipe: Recipe) {
    let [old, new, unpublished] = [Key::new(), Key::new(), Key::new()];
    let keys = Upstream::start();
    publishes(&keys, &[&old]);
    let site = Site::start(
        recipe,
        &Settings {
            age_and_pause: [LONG, 0],
            anonymous: Anonymous::MayPass,
            ..settings(&keys)
        },
    );
    let says = |key: &Key| greeted(&site.asked(&[(ASSERTION, &key.sign(&tokens::claims(&json!({}))))]));
    assert_eq!((says(&old), says(&new)), (Some(person()), None), "{recipe:?}");
    publishes(&keys, &[&new]);
    site.minutes_go_by();
    assert_eq!((says(&new), says(&old)), (Some(person()), None), "{recipe:?}");
    keys.otherwise(Reply::new(503, &[], "away"));
    site.minutes_go_by();
    assert_eq!(
        (says(&unpublished), says(&new)),
        (None, Some(person())),
        "{recipe:?}"
    );
    // Whoever may come without an assertion comes as nobody, and not with one that is forged.
    let evil = [("Remote-User", "evil"), ("X-Guichet-Sub", "evil")];
    assert_eq!(
        greeted(&site.asked(&evil)),
        Some("user=nobody name=".to_owned()),
        "{recipe:?}"
    );
    assert_eq!(greeted(&site.asked(&[(ASSERTION, "a.b.c")])), None, "{recipe:?}");
}

/// A key that is withdrawn is forgotten when the keys have their age, whoever comes or does not.
fn forgets_a_withdrawn_key(recipe: Recipe) {
    let [old, new] = [Key::new(), Key::new()];
    let keys = Upstream::start();
    publishes(&keys, &[&old, &new]);
    let site = Site::start(
        recipe,
        &Settings {
            age_and_pause: [0, LONG],
            ..settings(&keys)
        },
    );
    let says = |key: &Key| greeted(&site.asked(&[(ASSERTION, &key.sign(&tokens::claims(&json!({}))))]));
    assert_eq!(says(&old), Some(person()), "{recipe:?}");
    publishes(&keys, &[&new]);
    site.minutes_go_by();
    assert_eq!((says(&old), says(&new)), (None, Some(person())), "{recipe:?}");
}

/// The gateway in front, a person who signs in, and the application that was not changed.
fn greets_who_signed_in(recipe: Recipe) {
    let mut site = None;
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |place, usual| {
        let settings = Settings {
            issuer: place.public_url(),
            keys_at: format!("{}/_guichet/jwks.json", place.public_url()),
            age_and_pause: [300, 10],
            anonymous: Anonymous::Refused,
        };
        let site = site.insert(Site::start(recipe, &settings));
        let (before, rest) = usual.split_once("upstreams = [").unwrap();
        let (_, after) = rest.split_once(']').unwrap();
        format!("{before}upstreams = [\"http://{}\"]{after}", site.address())
    });
    let site = site.unwrap();
    site.minutes_go_by();
    let page = scene.sign_in(&Browser::new(), "/dossier");
    assert!(
        page.text().ends_with(&format!(" name={NAME}")),
        "{recipe:?}: {}",
        page.text()
    );
    assert!(
        page.text().starts_with("user=") && !page.text().contains("nobody"),
        "{recipe:?}"
    );
}

/// Everything that must hold for a recipe.
fn holds(recipe: Recipe) {
    judges_every_token(recipe);
    follows_the_keys(recipe);
    forgets_a_withdrawn_key(recipe);
    greets_who_signed_in(recipe);
}

#[test]
fn the_recipe_for_php_tells_who_is_signed_in_and_refuses_everything_else() {
    holds(Recipe::Php);
}

#[test]
fn the_recipe_for_python_tells_who_is_signed_in_and_refuses_everything_else() {
    holds(Recipe::Python);
}

#[test]
fn the_recipe_for_node_tells_who_is_signed_in_and_refuses_everything_else() {
    holds(Recipe::Node);
}

#[test]
fn the_recipe_for_java_tells_who_is_signed_in_and_refuses_everything_else() {
    holds(Recipe::Java);
}
