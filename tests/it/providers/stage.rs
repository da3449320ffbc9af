//! One application behind the gateway, and a provider of this kind.

use std::fs;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use guichet::jose::client_key::ClientKey;
use guichet::jose::signing::SigningKey;
use guichet::secret::Secret;
use jsonwebtoken::jwk::JwkSet;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::command::tool;
use crate::support::decryption;
use crate::support::gateway::Place;
use crate::support::jws::claims;
use crate::support::provider::Alg;
use crate::support::provider::Asked;
use crate::support::provider::Client;
use crate::support::provider::Provider;
use crate::support::scene::ASSERTION;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::simulator::Simulator;
use crate::support::steps::get;

/// What a scene begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup<'a> {
    /// The mode of `tests/provider`.
    pub(super) mode: &'a str,
    /// What it signs with.
    pub(super) alg: Alg,
    /// The entry, without its preset, addresses and client id. `{secret}`, `{key}` and `{keys}` (with which
    /// the provider's tokens are decrypted) stand for where these are.
    pub(super) entry: &'a str,
    /// What the application is told.
    pub(super) claims: &'a [&'a str],
    /// Which of it in plain headers as well.
    pub(super) plain: &'a [&'a str],
    /// More of the application's keys.
    pub(super) app: &'a str,
    /// The key with which the client authenticates, in PEM, and its public half.
    pub(super) key: Option<&'a (String, Value)>,
    /// More options of the provider, JSON.
    pub(super) options: &'a str,
}

impl Setup<'_> {
    /// A client that authenticates with its secret, told who somebody is and no more.
    pub(super) const fn of(mode: &'static str, entry: &'static str) -> Self {
        Self {
            mode,
            alg: Alg::Rs256,
            entry,
            claims: &["sub"],
            plain: &["sub"],
            app: "",
            key: None,
            options: "{}",
        }
    }

    pub(super) fn start(&self) -> Scene {
        let options = serde_json::from_str(self.options).unwrap();
        let provider = Provider::start_as(self.mode, self.alg, &options);
        let issuer = provider.issuer().to_owned();
        let scene = Scene::start_at(provider, None, self.alg, |place, usual| {
            self.configuration(place, &usual, &issuer)
        });
        match (self.key, self.encryption()) {
            (Some((_, public)), _) => registered(&scene, &json!({ "jwks": { "keys": [public] } })),
            (None, Some(alg)) => registered(&scene, &self.encrypted(&scene, alg)),
            (None, None) => registered(&scene, &json!({})),
        }
        scene
    }

    /// The metadata of a client for which what is signed is encrypted: plain JSON is not.
    fn encrypted(&self, scene: &Scene, alg: &str) -> Value {
        let mut metadata = decryption::metadata(scene, alg);
        let members = metadata.as_object_mut().unwrap();
        if self.mode == "oidc" && !self.entry.contains("userinfo = \"signed-jwt\"") {
            members.retain(|name, _| !name.starts_with("userinfo_"));
        } else if self.mode == "oidc" {
            members.insert("userinfo_signed_response_alg".to_owned(), "RS256".into());
        }
        metadata
    }

    /// The same at our own simulation; the provider of the scene stands idle.
    pub(super) fn start_at_the_simulator(&self) -> (Scene, Simulator) {
        let mut simulator = None;
        let scene = Scene::start_on(None, self.alg, |place, usual| {
            let running = Simulator::start_as(self.mode, place, self.alg, |client| {
                let client = match self.key {
                    Some((_, public)) => client.keys(jwk_set(public)),
                    None => client,
                };
                match self.encryption() {
                    Some(alg) => {
                        client.encryption(alg, format!("{}/_guichet/rp-jwks.json", place.public_url()))
                    }
                    None => client,
                }
            });
            let text = self.configuration(place, &usual, running.issuer());
            simulator = Some(running);
            text
        });
        (scene, simulator.unwrap())
    }

    /// The usual configuration with this entry in the place of the usual one.
    fn configuration(&self, place: &Place, usual: &str, issuer: &str) -> String {
        let secret = place.secret("client_secret", CLIENT_SECRET);
        let key = self
            .key
            .map_or_else(String::new, |(pem, _)| place.secret("client_key", pem));
        let mut entry = self.entry.replace("{secret}", &secret).replace("{key}", &key);
        if let Some(alg) = self.encryption() {
            let keys_dir = decryption::make(place, alg);
            entry = entry.replace("{keys}", &format!("{keys_dir:?}"));
        }
        let (before, rest) = usual.split_once("[providers.fc]").unwrap();
        let (_, apps) = rest.split_once("[[apps]]").unwrap();
        let mut apps: Vec<String> = apps.lines().map(str::to_owned).collect();
        for line in &mut apps {
            if line.starts_with("claims = ") {
                *line = format!("claims = {:?}\n{}", self.claims, self.app);
            }
            if line.starts_with("plain_headers = ") {
                *line = format!("plain_headers = {:?}", self.plain);
            }
        }
        format!(
            "{before}[providers.fc]\npreset = \"{}\"\nenvironment = \"simulated\"\nissuer = \"{issuer}\"\n\
             client_id = \"tests\"\n{entry}\n[[apps]]{}\n",
            self.mode,
            apps.join("\n")
        )
    }

    /// With what the provider encrypts for a key of the gateway, if it does.
    pub(super) fn encryption(&self) -> Option<&'static str> {
        let named = ["RSA-OAEP-256", "RSA-OAEP"]
            .into_iter()
            .find(|alg| self.entry.contains(&format!("encryption_alg = \"{alg}\"")));
        self.entry.contains("{keys}").then(|| named.unwrap_or("ECDH-ES"))
    }
}

fn jwk_set(public: &Value) -> JwkSet {
    serde_json::from_value(json!({ "keys": [public] })).unwrap()
}

/// The provider knows the client with these members of its metadata.
pub(super) fn registered(scene: &Scene, metadata: &Value) {
    let origin = scene.gateway.place().public_url();
    let client = Client {
        id: "tests",
        secret: CLIENT_SECRET,
        redirect_uris: &[format!("{origin}/_guichet/callback")],
        post_logout_redirect_uris: &[format!("{origin}/_guichet/logged-out")],
    };
    scene
        .provider
        .register_with(&client, &json!({ "more": metadata }));
}

/// A key on P-256.
pub(super) fn p256() -> (String, Value) {
    let pem = SigningKey::generate_pem().unwrap();
    let public = serde_json::to_value(SigningKey::from_pem(&pem).unwrap().public()).unwrap();
    (pem.expose_str().unwrap().to_owned(), public)
}

/// An RSA key, made by openssl, as an operator would.
pub(super) fn rsa() -> (String, Value) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("key.pem");
    let openssl = |arguments: &[&str]| {
        let mut command = Command::new("openssl");
        tool(command.args(arguments).arg(&file), "").well()
    };
    openssl(&[
        "genpkey",
        "-quiet",
        "-algorithm",
        "RSA",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
        "-out",
    ]);
    let modulus = openssl(&["rsa", "-noout", "-modulus", "-in"]);
    let digits = modulus.trim().trim_start_matches("Modulus=");
    let bytes: Vec<u8> = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2).unwrap(), 16).unwrap())
        .collect();
    let n = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let pem = fs::read_to_string(file).unwrap();
    let key = ClientKey::from_pem(&Secret::new(pem.as_str())).unwrap();
    let public = json!({ "kty": "RSA", "n": n, "e": "AQAB", "use": "sig", "alg": "RS256", "kid": key.kid() });
    (pem, public)
}

/// Somebody signs in on the way to a page; where they arrive.
pub(super) fn sign_in_as(scene: &Scene, browser: &Browser, sub: &str) -> Page {
    let page = scene.to_the_provider(browser, "/dossier?etape=3");
    scene.provider.sign_in_as(browser, &page, sub)
}

/// The same, and they are let in: what the application was told, as its assertion says it.
pub(super) fn told_about(scene: &Scene, browser: &Browser, sub: &str) -> Value {
    scene.application.forget();
    let page = sign_in_as(scene, browser, sub);
    let log = scene.gateway.logs().text();
    assert_eq!(
        (page.url.as_str(), page.status()),
        (scene.url("/dossier?etape=3").as_str(), 200),
        "{}\n{log}",
        page.text()
    );
    let received = scene.application.only();
    assert_eq!(received.values("x-guichet-sub"), [sub]);
    claims(&received.values(ASSERTION).remove(0))
}

/// They are not: the page of a refusal, this reason in the log, no session, no byte at the application.
pub(super) fn is_refused(scene: &Scene, sub: &str, says: &[&str]) {
    let browser = Browser::new();
    scene.application.forget();
    let page = sign_in_as(scene, &browser, sub);
    let log = scene.gateway.logs().text();
    assert_eq!(page.status(), 502, "{}\n{log}", page.text());
    for word in says {
        assert!(log.contains(word), "{word}: {log}");
    }
    assert_eq!(get(scene, &browser, "/dossier").status, 303);
    assert_eq!(scene.application.byte_count(), 0);
}

/// The last request to an endpoint of the provider.
pub(super) fn last(scene: &Scene, endpoint: &str) -> Asked {
    scene.provider.requests_to(endpoint).pop().unwrap()
}

/// The names of its parameters, sorted.
pub(super) fn names_of(asked: &Asked) -> Vec<String> {
    let mut names: Vec<String> = form_urlencoded::parse(asked.query.as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect();
    names.sort();
    names
}

/// What the person's own assertion says that the client sent, unverified.
pub(super) fn payload(token: &str) -> Value {
    claims(token)
}
