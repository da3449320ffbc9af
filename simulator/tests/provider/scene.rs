//! A provider, a relying party that only records, and a browser between them.

use std::net::SocketAddr;

use serde_json::Value;
use simulator::browser::Browser;
use simulator::browser::page::Page;
use simulator::legacy::RunningApplication;
use simulator::provider::Provider;
use simulator::provider::ProviderSettings;
use simulator::provider::RunningProvider;
use simulator::provider::client::Client;
use simulator::provider::profile::Profile;
use simulator::provider::profiles::FRANCECONNECT;
use simulator::provider::signing_algorithm::SigningAlgorithm;

pub(crate) const NONCE: &str = "0123456789012345678901";

/// A provider, a relying party that only records what reaches its redirect URI, and a browser.
pub(crate) struct Scene {
    pub(crate) provider: RunningProvider,
    pub(crate) service: RunningApplication,
    pub(crate) browser: Browser,
    person: String,
}

impl Scene {
    pub(crate) async fn set() -> Self {
        Self::signing(SigningAlgorithm::Es256).await
    }

    pub(crate) async fn signing(algorithm: SigningAlgorithm) -> Self {
        Self::of(&FRANCECONNECT, |client| client.signing(algorithm)).await
    }

    /// Another provider, where the client is registered in another way.
    pub(crate) async fn of(profile: &'static Profile, registered: impl FnOnce(Client) -> Client) -> Self {
        let service = RunningApplication::start(loopback()).await.unwrap();
        let at = format!("http://localhost:{}", service.address().port());
        let client = Client::of(profile, "client", "secret")
            .redirect_uri(format!("{at}/callback"))
            .post_logout_redirect_uri(format!("{at}/signed-out"));
        let settings = ProviderSettings {
            profile,
            address: loopback(),
            clients: vec![registered(client)],
        };
        Self {
            provider: Provider::start(settings).await.unwrap(),
            service,
            browser: Browser::new(),
            person: profile.everybody().unwrap().swap_remove(0).slug,
        }
    }

    pub(crate) fn service(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.service.address().port())
    }

    /// The authorization request with one change: `("name", Some(value))` sets, `("name", None)` takes away.
    pub(crate) fn authorize(&self, changes: &[(&str, Option<&str>)]) -> String {
        let callback = self.service("/callback");
        let mut pairs = vec![
            ("client_id", "client"),
            ("response_type", "code"),
            ("redirect_uri", callback.as_str()),
            ("scope", "openid identite_pivot email"),
            ("state", "a-state"),
            ("nonce", NONCE),
            ("acr_values", "eidas1"),
        ];
        for (name, value) in changes {
            pairs.retain(|(each, _)| each != name);
            pairs.extend(value.map(|value| (*name, value)));
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        format!("{}/authorize?{query}", self.provider.issuer())
    }

    pub(crate) async fn open(&self, changes: &[(&str, Option<&str>)]) -> Page {
        self.browser.open(&self.authorize(changes)).await.unwrap()
    }

    /// From the choice page to the service, as the first of the people; whoever is known already is not asked.
    pub(crate) async fn sign_in(&self, choice: &Page) -> Page {
        if choice.url.path().ends_with("/consent") {
            return self.browser.press(choice, "Continuer").await.unwrap();
        }
        let information = self.browser.press(choice, &self.person).await.unwrap();
        self.browser.press(&information, "Continuer").await.unwrap()
    }

    pub(crate) async fn code(&self) -> String {
        self.code_for(&[]).await
    }

    /// The code that a request with these changes leads to.
    pub(crate) async fn code_for(&self, changes: &[(&str, Option<&str>)]) -> String {
        let choice = self.open(changes).await;
        parameter(&self.sign_in(&choice).await, "code")
    }

    pub(crate) async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Answered {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        self.send(&format!(
            "POST /api/v2{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await
    }

    pub(crate) async fn redeem(&self, code: &str) -> Answered {
        self.redeem_with(code, &[("client_id", "client"), ("client_secret", "secret")])
            .await
    }

    /// With these fields beside those about the code.
    pub(crate) async fn redeem_with(&self, code: &str, fields: &[(&str, &str)]) -> Answered {
        let callback = self.service("/callback");
        let grant = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", callback.as_str()),
        ];
        self.post("/token", &[&grant, fields].concat()).await
    }

    pub(crate) async fn userinfo(&self, token: &str) -> Answered {
        self.send(&format!(
            "GET /api/v2/userinfo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
        ))
        .await
    }

    pub(crate) async fn send(&self, request: &str) -> Answered {
        use tokio::io::AsyncReadExt;
        use tokio::io::AsyncWriteExt;
        let mut stream = tokio::net::TcpStream::connect(self.provider.address())
            .await
            .unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answered {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }
}

pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answered {
    pub(crate) fn json(&self, member: &str) -> String {
        let value: Value = serde_json::from_str(&self.body).unwrap();
        value[member].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn code(&self) -> String {
        let uri = self.json("error_uri");
        let (_, rest) = uri.split_once("?code=").unwrap();
        rest.split_once("&id=").unwrap().0.to_owned()
    }
}

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub(crate) fn parameter(page: &Page, name: &str) -> String {
    let pairs = page.url.query_pairs();
    pairs
        .filter(|(each, _)| each == name)
        .map(|(_, value)| value.into_owned())
        .next()
        .unwrap_or_default()
}

pub(crate) fn claims(token: &str) -> Value {
    use base64::Engine;
    let payload = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
