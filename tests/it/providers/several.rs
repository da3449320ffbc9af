//! `config/several-providers.toml` as it is shipped, with our simulation in the place of both sandboxes.

use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::gateway::Place;
use crate::support::gateway::TestGateway;
use crate::support::jws::claims;
use crate::support::provider::Alg;
use crate::support::repository::text_of;
use crate::support::scene::ASSERTION;
use crate::support::scene::CLIENT_SECRET;
use crate::support::simulator::Simulator;
use crate::support::upstream::Upstream;

/// The shipped text at this place, with these two issuers.
fn configuration(place: &Place, application: &Upstream, issuers: [&str; 2]) -> String {
    let secret = place.secret("client_secret", CLIENT_SECRET);
    let mut text = text_of("config/several-providers.toml")
        .replace("http://127.0.0.1:8080", &place.public_url())
        .replace("127.0.0.1:8080", &format!("127.0.0.1:{}", place.port()))
        .replace("http://127.0.0.1:9000", &application.url());
    for variable in ["FC_CLIENT_SECRET", "PROCONNECT_CLIENT_SECRET"] {
        text = text.replace(&format!("{{ env = \"{variable}\" }}"), &secret);
    }
    for issuer in issuers {
        let simulated = format!("environment = \"simulated\"\nissuer = \"{issuer}\"\nclient_id = \"tests\"");
        text = text.replacen("environment = \"sandbox\"", &simulated, 1);
    }
    text
}

#[test]
fn citizens_and_agents_come_by_doors_of_their_own_and_each_page_says_which_is_meant() {
    let application = Upstream::start();
    let mut simulators = Vec::new();
    let gateway = TestGateway::start(|place| {
        let citizens = Simulator::start_as("franceconnect", place, Alg::Es256, |client| client);
        let agents = Simulator::start_as("proconnect", place, Alg::Rs256, |client| client);
        let text = configuration(place, &application, [citizens.issuer(), agents.issuer()]);
        simulators.extend([citizens, agents]);
        text
    });
    let [citizens, agents] = [&simulators[0], &simulators[1]];
    let url = |path: &str| format!("{}{path}", gateway.place().public_url());
    let browser = Browser::new();

    let chooser = browser.open(&url("/dossier"));
    let place_of = |piece: &str| chooser.text().find(piece).unwrap_or_else(|| panic!("no {piece}"));
    let order = [
        "Vous êtes un particulier</h2>",
        "/_guichet/login/citizens?",
        "Vous êtes un professionnel ou un agent public</h2>",
        "/_guichet/login/agents?",
    ];
    assert!(order.map(place_of).is_sorted(), "{}", chooser.text());
    let told = |page: &Page| {
        assert_eq!(page.status(), 200, "{}\n{}", page.text(), gateway.logs().text());
        claims(&application.only().values(ASSERTION).remove(0))
    };
    let arrived = citizens.sign_in(
        &browser,
        &browser.go(&chooser, &login(&chooser, "citizens").unwrap()),
    );
    assert_eq!(arrived.url, url("/dossier"));
    let citizen = told(&arrived);
    assert_eq!(
        (citizen["idp"].as_str(), citizen["family_name"].as_str()),
        (Some("citizens"), Some("LE GOÛT-NŒUVÉGLISE"))
    );
    assert_eq!(citizen.get("siret"), None);

    application.forget();
    let refused = browser.open(&url("/instruction"));
    assert_eq!(refused.status(), 403, "a citizen is no agent");
    assert_eq!(application.byte_count(), 0);
    let links = refused.links();
    let way_out = links
        .iter()
        .find(|link| link.href.starts_with("/_guichet/login?"));
    let chooser = browser.go(&refused, &way_out.unwrap().href);
    assert_eq!(login(&chooser, "citizens"), None, "{}", chooser.text());
    let arrived = agents.sign_in(
        &browser,
        &browser.go(&chooser, &login(&chooser, "agents").unwrap()),
    );
    assert_eq!(arrived.url, url("/instruction"));
    let agent = told(&arrived);
    assert_eq!(
        (agent["idp"].as_str(), agent["siret"].as_str()),
        (Some("agents"), Some("130 025 265 00013"))
    );
    assert_eq!(agent.get("birthdate"), None);
    assert_ne!(agent["sub"], citizen["sub"]);
    let sessions = ["guichet-session-agents", "guichet-session-citizens"];
    assert_eq!(browser.cookie_names("localhost"), sessions, "side by side");
}

/// Where the button of this entry leads.
fn login(page: &Page, entry: &str) -> Option<String> {
    let address = format!("/_guichet/login/{entry}?");
    page.links()
        .into_iter()
        .map(|link| link.href)
        .find(|href| href.contains(&address))
}
