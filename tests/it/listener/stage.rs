//! A gateway behind TLS of its own with Zoé signed in, and sites at other addresses.

use crate::support::authority::Authority;
use crate::support::authority::LONG;
use crate::support::browser::Browser;
use crate::support::gateway::Place;
use crate::support::h2::H2;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::to_the_provider;
use crate::support::raw::Answer;
use crate::support::raw::RawClient;
use crate::support::scene::ASSERTION;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::tunnel::Tunnel;
use crate::support::usual;

/// The cookie of a session on https.
pub(crate) const SESSION: &str = "__Host-guichet-session-fc";
/// A second application, with a policy of its own, on a host of its own.
pub(crate) const OTHER: &str = "other.localhost";

/// Behind TLS of its own, with Zoé signed in over it.
#[derive(Debug)]
pub(crate) struct Secure {
    pub(crate) scene: Scene,
    pub(crate) authority: Authority,
    /// Where HTTP/1.1 in the clear becomes HTTP/1.1 over TLS, asked for as `localhost`.
    pub(crate) tunnel: Tunnel,
    /// Name and value.
    pub(crate) cookie: String,
    /// What the application receives about her.
    pub(crate) assertion: String,
}

impl Secure {
    pub(crate) fn start() -> Self {
        Self::start_with(str::to_owned)
    }

    /// With the usual configuration changed.
    pub(crate) fn start_with(edit: impl Fn(&str) -> String) -> Self {
        let authority = Authority::new();
        let names = format!("DNS:localhost,DNS:{OTHER}");
        let pair = authority.issue("gateway", &names, LONG);
        let scene = Scene::start_with(Alg::Es256, Store::Memory, |place, usual| {
            let port = place.port();
            let listen = format!("listen = \"127.0.0.1:{port}\"");
            let tls = format!("{listen}\n{}", pair.configured());
            let usual = published_at(&format!("https://localhost:{port}"), place, &edit(&usual));
            let other = neighbour(&format!("{OTHER}:{port}"), &usual);
            format!("{}{other}", usual.replace(&listen, &tls))
        });
        let tunnel = Tunnel::into_tls(scene.gateway.address(), authority.client("http/1.1"), "localhost");
        let origin = format!("https://{}", scene.host());
        let browser = Browser::new();
        browser.reaches(&origin, tunnel.address());
        let assertion = sign_in(&scene, &browser, &origin);
        let cookie = browser.cookie("localhost", SESSION).expect("no session");
        Self {
            scene,
            authority,
            tunnel,
            cookie: format!("{SESSION}={cookie}"),
            assertion,
        }
    }

    /// `localhost` and its port.
    pub(crate) fn host(&self) -> String {
        self.host_at("localhost")
    }

    pub(crate) fn host_at(&self, name: &str) -> String {
        format!("{name}:{}", self.scene.gateway.place().port())
    }

    /// A request line and its fields, over TLS. `{host}` and `{cookie}` stand for what is known only here.
    pub(crate) fn raw(&self, head: &str) -> Answer {
        exchange(self.tunnel.address(), &self.filled(head))
    }

    /// The same, on a connection that asked for this name.
    pub(crate) fn raw_as(&self, name: &str, head: &str) -> Answer {
        let client = self.authority.client("http/1.1");
        let tunnel = Tunnel::into_tls(self.scene.gateway.address(), client, name);
        exchange(tunnel.address(), &self.filled(head))
    }

    /// A connection of HTTP/2 that asked for this name.
    pub(crate) fn h2_as(&self, name: &str) -> H2 {
        H2::connect(self.scene.gateway.address(), self.authority.client("h2"), name)
    }

    pub(crate) fn h2(&self) -> H2 {
        self.h2_as("localhost")
    }

    /// An address of the site.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.host())
    }

    pub(crate) fn filled(&self, head: &str) -> String {
        let head = head.replace("{host}", &self.host());
        head.replace("{cookie}", &self.cookie)
    }
}

/// A head without its empty line, and the answer.
pub(crate) fn exchange(address: std::net::SocketAddr, head: &str) -> Answer {
    let method = head.split(' ').next().unwrap_or("");
    RawClient::connect(address)
        .send(format!("{head}\r\n\r\n"))
        .try_answer(method)
        .unwrap_or_else(|error| panic!("{head}: {error}"))
}

/// The usual configuration, for a site at another address.
pub(crate) fn published_at(origin: &str, place: &Place, usual: &str) -> String {
    let line = format!("public_url = \"{}\"", place.public_url());
    assert!(usual.contains(&line), "{usual}");
    usual.replace(&line, &format!("public_url = \"{origin}\""))
}

/// An application on another host: what is public there is protected at the first one, and the other way round.
pub(crate) fn neighbour(host: &str, usual: &str) -> String {
    let upstreams = usual::upstreams(usual);
    format!(
        "\n[[apps]]\nname = \"voisin\"\nhost = \"{host}\"\npath = \"/\"\nproviders = [\"fc\"]\n{upstreams}\n\
         [[apps.routes]]\npath = \"/ouvert\"\naccess = \"public\"\n"
    )
}

/// Zoé signs in at this origin; what the application received about her.
pub(crate) fn sign_in(scene: &Scene, browser: &Browser, origin: &str) -> String {
    scene.provider.register_at(origin, ("tests", CLIENT_SECRET));
    let provider = to_the_provider(browser, &format!("{origin}/dossier"));
    let page = scene.provider.sign_in(browser, &provider, ZOE);
    assert_eq!(page.url, format!("{origin}/dossier"), "{}", page.text());
    let assertion = scene.application.only().values(ASSERTION).remove(0);
    scene.application.forget();
    assertion
}
