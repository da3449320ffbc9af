//! The provider that we did not write: npm's oidc-provider, configured as `FranceConnect` configures it.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::authority::Pair;
use super::browser::Browser;
use super::browser::Page;
use super::process::Process;
use super::raw;
use super::repository::in_repository;

/// What the provider signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alg {
    Es256,
    Rs256,
}

/// A running provider, with a port of its own.
#[derive(Debug)]
pub(crate) struct Provider {
    process: Process,
    issuer: String,
    front: SocketAddr,
    control: SocketAddr,
}

/// A relying party, as the provider knows it.
#[derive(Clone, Debug)]
pub(crate) struct Client<'a> {
    pub(crate) id: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) redirect_uris: &'a [String],
    pub(crate) post_logout_redirect_uris: &'a [String],
}

/// A request that the provider received.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Without the issuer's own path: `/token`.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Whether it came by TLS.
    pub(crate) encrypted: bool,
    /// Of an answer without an end: how many bytes were taken.
    #[serde(default)]
    pub(crate) sent: usize,
}

impl Asked {
    /// A parameter of its query or of its form.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let pairs = |text: &str| {
            form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect::<Vec<_>>()
        };
        let all = [pairs(&self.query), pairs(&self.body)].concat();
        all.into_iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value)
    }

    /// The access token that came with it.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(name, _)| name == "authorization")?;
        value.strip_prefix("Bearer ")
    }
}

/// All that FranceConnect takes in an authorization request, in the order in which we say it.
pub(crate) const CLOSED_LIST: [&str; 7] = [
    "client_id",
    "response_type",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "acr_values",
];

/// Zoé Éléonore LE GOÛT-NŒUVÉGLISE, the first of `tests/provider/accounts.json`.
pub(crate) const ZOE: usize = 0;

impl Provider {
    pub(crate) fn start(alg: Alg) -> Self {
        Self::start_with(alg, &json!({}))
    }

    /// Set up as another provider: a name of `tests/provider/modes.mjs`, and more of its options.
    pub(crate) fn start_as(mode: &str, alg: Alg, beside: &Value) -> Self {
        let mut options = json!({ "mode": mode });
        let beside = beside.as_object().unwrap().clone();
        options.as_object_mut().unwrap().extend(beside);
        Self::start_with(alg, &options)
    }

    /// Where these people have an account, and nobody else.
    pub(crate) fn start_for(alg: Alg, accounts: &[Value]) -> Self {
        Self::start_with(alg, &json!({ "accounts": accounts }))
    }

    /// At `https://localhost`, with this certificate.
    pub(crate) fn start_over_tls(alg: Alg, certificate: &Pair) -> Self {
        Self::start_over_tls_with(alg, certificate, &json!({}))
    }

    /// The same with more options of node's TLS.
    pub(crate) fn start_over_tls_with(alg: Alg, certificate: &Pair, more: &Value) -> Self {
        let Pair { cert_file, key_file } = certificate;
        let [cert, key] = [cert_file, key_file].map(|file| fs::read_to_string(file).unwrap());
        let mut tls = json!({ "cert": cert, "key": key });
        let more = more.as_object().unwrap().clone();
        tls.as_object_mut().unwrap().extend(more);
        Self::start_with(alg, &json!({ "tls": tls }))
    }

    /// At this port.
    pub(crate) fn start_at(port: u16, alg: Alg) -> Self {
        Self::start_with(alg, &json!({ "port": port }))
    }

    /// One that tells its clients when a session of its own has ended.
    pub(crate) fn start_telling(alg: Alg) -> Self {
        Self::start_with(alg, &json!({ "backchannel_logout": true }))
    }

    fn start_with(alg: Alg, more: &Value) -> Self {
        let alg = match alg {
            Alg::Es256 => "ES256",
            Alg::Rs256 => "RS256",
        };
        let mut options = json!({ "alg": alg });
        let more = more.as_object().unwrap().clone();
        options.as_object_mut().unwrap().extend(more);
        let mut command = Command::new(node());
        command
            .arg(in_repository("tests/provider/provider.mjs"))
            .arg(options.to_string());
        let (process, ready) = Process::announced(&mut command, "ready ");
        let ready: Value = serde_json::from_str(&ready).unwrap();
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        let address = |name: &str| text(name).trim_start_matches("http://").parse().unwrap();
        Self {
            process,
            issuer: text("issuer"),
            front: address("front"),
            control: address("control"),
        }
    }

    /// The browser finds an `https` provider without doing TLS itself.
    pub(crate) fn is_reached_by(&self, browser: &Browser) {
        let origin = self.issuer.trim_end_matches("/api/v2");
        browser.reaches(origin, self.front);
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        let (_, rest) = self.issuer.rsplit_once(':').unwrap();
        let port = rest.split('/').next().unwrap().parse().unwrap();
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    pub(crate) fn register(&self, client: &Client<'_>) {
        self.register_with(client, &json!({}));
    }

    /// A gateway that is published at this origin, by its name and secret.
    pub(crate) fn register_at(&self, origin: &str, (id, secret): (&str, &str)) {
        self.register(&Client {
            id,
            secret,
            redirect_uris: &[format!("{origin}/_guichet/callback")],
            post_logout_redirect_uris: &[format!("{origin}/_guichet/logged-out")],
        });
    }

    /// With more members of the record, such as the scopes that are granted, or a sector identifier.
    pub(crate) fn register_with(&self, client: &Client<'_>, more: &Value) {
        let Client {
            id,
            secret,
            redirect_uris,
            post_logout_redirect_uris,
        } = client;
        let mut record = json!({
            "client_id": id, "client_secret": secret,
            "redirect_uris": redirect_uris, "post_logout_redirect_uris": post_logout_redirect_uris,
        });
        let members = more.as_object().unwrap().clone();
        record.as_object_mut().unwrap().extend(members);
        self.control("POST /clients", &record);
    }

    /// Alters the next answer that the lie concerns; `tests/provider/lies.mjs` says what a lie can be.
    pub(crate) fn lie(&self, lie: &Value) {
        self.control("POST /lies", lie);
    }

    /// A logout token of the provider for the client `tests`, about this person, altered and signed again as a lie would be:
    /// `sid` names a session, `client` another client.
    pub(crate) fn logout_token(&self, sub: &str, edits: &Value) -> String {
        let mut asked = json!({ "client": "tests", "sub": sub });
        let members = edits.as_object().unwrap().clone();
        asked.as_object_mut().unwrap().extend(members);
        self.control("POST /logout-tokens", &asked)["token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Every request that it received, in order.
    pub(crate) fn requests(&self) -> Vec<Asked> {
        let mut all: Vec<Asked> = serde_json::from_value(self.control("GET /requests", &json!({}))).unwrap();
        for asked in &mut all {
            asked.path = asked.path.trim_start_matches("/api/v2").to_owned();
        }
        all
    }

    /// The requests to one of its endpoints, such as `/token`.
    pub(crate) fn requests_to(&self, path: &str) -> Vec<Asked> {
        self.requests()
            .into_iter()
            .filter(|asked| asked.path == path)
            .collect()
    }

    /// `own` and `foreign`, each an `ES256` and an `RS256` public key.
    pub(crate) fn keys(&self) -> Value {
        self.control("GET /keys", &json!({}))
    }

    /// From now on its clock is this much ahead of the machine's, counted from the machine's own time.
    pub(crate) fn clock_ahead(&self, offset: Duration) {
        self.control("POST /clock", &json!({ "offset": offset.as_secs() }));
    }

    /// It stands still: whoever connects waits, and nobody is told anything.
    pub(crate) fn stalls(&self) {
        self.process.signal("STOP");
    }

    /// It goes on where it stood still.
    pub(crate) fn goes_on(&self) {
        self.process.signal("CONT");
    }

    /// It is gone: nobody listens at its address.
    pub(crate) fn dies(&mut self) {
        self.process.kill();
    }

    /// No request was made, no lie is waiting, the clock is right.
    pub(crate) fn reset(&self) {
        self.control("POST /reset", &json!({}));
    }

    /// On the provider's page, the person says who they are; returns where that leads.
    pub(crate) fn sign_in(&self, browser: &Browser, page: &Page, person: usize) -> Page {
        let people = people();
        self.sign_in_as(browser, page, people[person]["sub"].as_str().unwrap())
    }

    /// The same for somebody with an account of this name.
    pub(crate) fn sign_in_as(&self, browser: &Browser, page: &Page, sub: &str) -> Page {
        browser.submit(page, &self.form(page), &[("account", sub)])
    }

    /// On the provider's page, the person says who they are; the address with the code, which the browser does not open yet.
    pub(crate) fn obtains_a_code(
        &self,
        browser: &Browser,
        page: &Page,
        (person, callback): (usize, &str),
    ) -> String {
        let people = people();
        let sub = people[person]["sub"].as_str().unwrap();
        let mut page = browser.submit_once(page, &self.form(page), &[("account", sub)]);
        loop {
            let location = page.answer.field("location");
            let location = location
                .unwrap_or_else(|| panic!("no code:\n{}", page.text()))
                .to_owned();
            if location.starts_with(callback) {
                return location;
            }
            page = browser.go_once(&page, &location);
        }
    }

    /// On the provider's page, the person changes their mind.
    pub(crate) fn cancel(&self, browser: &Browser, page: &Page) -> Page {
        browser.submit(page, &self.form(page), &[("cancel", "1")])
    }

    fn form(&self, page: &Page) -> super::html::Form {
        assert!(
            page.url.starts_with(&self.issuer),
            "not at the provider but at {}:\n{}",
            page.url,
            page.text()
        );
        page.forms()
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no form in {}", page.text()))
    }

    fn control(&self, request: &str, body: &Value) -> Value {
        let answer = raw::exchange_json(self.control, request, body);
        assert_eq!(answer.status, 200, "{request}: {}", answer.text());
        answer.json()
    }
}

/// From a protected page of a gateway through its chooser to the provider's page.
pub(crate) fn to_the_provider(browser: &Browser, url: &str) -> Page {
    let chooser = browser.open(url);
    let links = chooser.links();
    let login = links.iter().find(|link| link.href.contains("/_guichet/login/fc"));
    let login = login.unwrap_or_else(|| panic!("no way to sign in on\n{}", chooser.text()));
    browser.go(&chooser, &login.href)
}

/// The claims of every person that the provider knows.
pub(crate) fn people() -> Vec<Value> {
    let text = fs::read_to_string(in_repository("tests/provider/accounts.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Node 22, which the provider needs and Debian does not have; a locked package brings it.
pub(crate) fn node() -> PathBuf {
    let platform = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x64"
    };
    in_repository(&format!(
        "tests/provider/node_modules/node-linux-{platform}/bin/node"
    ))
}

#[cfg(test)]
mod tests;
