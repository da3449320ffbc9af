//! Every cookie of ours, from the login to the logout: one name, one path, and nothing left behind.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use super::stage::Stage;
use super::stage::With;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::provider::Alg;
use crate::support::scene::Store;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["F047"],
            sentence: "each cookie has one path, the same when it is cleared, and a logout leaves none of them",
            plays: one_path_and_nothing_left,
        },
    ]
}

fn one_path_and_nothing_left() {
    let stage = Stage::start(With::OidcProvider(Alg::Es256), Store::Memory);
    let browser = Browser::new();
    let mut pages = vec![stage.scene.to_the_provider(&browser, "/dossier/12/pieces")];
    pages.push(stage.says_who_she_is(&browser, &pages[0]));
    assert_eq!(browser.cookie_names("localhost"), ["guichet-session-fc"]);
    pages.push(stage.signs_out(&browser));
    pages.push(stage.confirms_the_end(&browser, &pages[2]));
    // Ten minutes, so that the last page can be loaded again.
    assert_eq!(browser.cookie_names("localhost"), ["guichet-logout"]);
    stage.scene.advance(&browser, Duration::from_mins(10));
    assert_eq!(browser.cookie_names("localhost"), Vec::<String>::new());
    let attributes = attributes_by_name(&stage, &pages);
    let kinds: BTreeSet<&str> = attributes
        .keys()
        .map(|name| name.split_at("guichet-log".len()).0)
        .collect();
    assert_eq!(kinds, BTreeSet::from(["guichet-log", "guichet-ses"]));
    for (name, attributes) in attributes {
        assert_eq!(
            attributes,
            BTreeSet::from(["Path=/; HttpOnly; SameSite=Lax".to_owned()]),
            "{name}"
        );
    }
}

/// Everything that follows the value of our cookies but their age, of every answer.
fn attributes_by_name(stage: &Stage, pages: &[Page]) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let hops = pages.iter().flat_map(|page| &page.hops);
    for hop in hops.filter(|hop| hop.url.starts_with(&stage.scene.url("/"))) {
        for set in hop.answer.fields("set-cookie") {
            let (pair, rest) = set.split_once("; ").unwrap();
            let (name, _) = pair.split_once('=').unwrap();
            let rest: Vec<&str> = rest
                .split("; ")
                .filter(|part| !part.starts_with("Max-Age="))
                .collect();
            found.entry(name.to_owned()).or_default().insert(rest.join("; "));
        }
    }
    assert!(found.len() >= 3, "{found:?}");
    found
}
