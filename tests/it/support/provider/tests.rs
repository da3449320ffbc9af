use super::*;
use crate::support::pyjwt;
use crate::support::raw::Answer;
use crate::support::upstream::Upstream;

const SECRET: &str = "a-secret-of-the-tests-that-is-long-enough";
const NONCE: &str = "0123456789abcdef0123456789abcdef";

/// A relying party by hand: it says "ok" to every callback, and the tests do the rest.
struct ByHand {
    provider: Provider,
    browser: Browser,
    relying_party: Upstream,
}

impl ByHand {
    fn start(alg: Alg) -> Self {
        let provider = Provider::start(alg);
        let relying_party = Upstream::start();
        provider.register(&Client {
            id: "tests",
            secret: SECRET,
            redirect_uris: &[format!("{}/callback", relying_party.url())],
            post_logout_redirect_uris: &[format!("{}/bye", relying_party.url())],
        });
        Self {
            provider,
            browser: Browser::new(),
            relying_party,
        }
    }

    fn redirect_uri(&self) -> String {
        format!("{}/callback", self.relying_party.url())
    }

    fn authorize(&self, changes: &[(&str, Option<&str>)]) -> Page {
        let callback = self.redirect_uri();
        let usual = [
            ("client_id", "tests"),
            ("response_type", "code"),
            ("redirect_uri", callback.as_str()),
            ("scope", "openid identite_pivot email"),
            ("state", "S-S"),
            ("nonce", NONCE),
            ("acr_values", "eidas1"),
        ];
        let kept = usual
            .iter()
            .filter(|(name, _)| !changes.iter().any(|(other, _)| other == name));
        let other = changes
            .iter()
            .filter_map(|(name, value)| Some((*name, (*value)?)));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .extend_pairs(other)
            .finish();
        self.browser
            .open_once(&format!("{}/authorize?{query}", self.provider.issuer))
    }

    /// Where the browser arrives after the sign-in.
    fn callback(&self) -> Page {
        let choice = self.browser.follow(&self.authorize(&[]));
        self.provider.sign_in(&self.browser, &choice, ZOE)
    }

    fn code(&self) -> String {
        self.callback().parameter("code").expect("no code")
    }

    fn token(&self, code: &str) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.redirect_uri())
            .append_pair("client_id", "tests")
            .append_pair("client_secret", SECRET)
            .finish();
        let kind = "application/x-www-form-urlencoded";
        self.ask(
            "POST /api/v2/token",
            &format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", form.len()),
            &form,
        )
    }

    fn userinfo(&self, tokens: &Value) -> Answer {
        let token = tokens["access_token"].as_str().unwrap();
        self.ask(
            "GET /api/v2/userinfo",
            &format!("Authorization: Bearer {token}\r\n"),
            "",
        )
    }

    fn ask(&self, request: &str, fields: &str, body: &str) -> Answer {
        let host = self
            .provider
            .issuer
            .trim_start_matches("http://")
            .trim_end_matches("/api/v2");
        raw::exchange(
            host.parse().unwrap(),
            format!("{request} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n{body}"),
        )
    }
}

/// Header and payload, unverified.
fn parts(token: &str) -> (Value, Value) {
    use base64::Engine;
    let mut parts = token.split('.').map(|part| {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(part)
            .unwrap();
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    });
    (parts.next().unwrap(), parts.next().unwrap())
}

/// Verified with the published key, by a library that the provider does not use.
fn verified(token: &str, keys: &Value, alg: Alg) -> Result<Value, jsonwebtoken::errors::Error> {
    let (name, alg) = match alg {
        Alg::Es256 => ("ES256", jsonwebtoken::Algorithm::ES256),
        Alg::Rs256 => ("RS256", jsonwebtoken::Algorithm::RS256),
    };
    let jwk = serde_json::from_value(keys["own"][name].clone()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(alg);
    validation.set_audience(&["tests"]);
    let key = jsonwebtoken::DecodingKey::from_jwk(&jwk)?;
    jsonwebtoken::decode::<Value>(token, &key, &validation).map(|data| data.claims)
}

fn whole_flow(alg: Alg) {
    let by_hand = ByHand::start(alg);
    let tokens = by_hand.token(&by_hand.code());
    assert_eq!(tokens.status, 200, "{}", tokens.text());
    assert_eq!(tokens.field("cache-control"), Some("no-store"));
    let tokens = tokens.json();
    let keys = by_hand.provider.keys();

    let id_token = verified(tokens["id_token"].as_str().unwrap(), &keys, alg).unwrap();
    // Another library, in another language, agrees.
    let jwks = json!({ "keys": [keys["own"]["ES256"], keys["own"]["RS256"]] });
    let in_python = |audience: &str| {
        pyjwt::verify(
            tokens["id_token"].as_str().unwrap(),
            &jwks,
            audience,
            by_hand.provider.issuer(),
        )
    };
    assert_eq!(in_python("tests").unwrap(), id_token);
    assert_eq!(in_python("other").unwrap_err(), "InvalidAudienceError");
    let names: Vec<&String> = id_token.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["acr", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sub"]
    );
    assert_eq!(
        (&id_token["acr"], &id_token["nonce"]),
        (&json!("eidas1"), &json!(NONCE))
    );

    let userinfo = by_hand.userinfo(&tokens);
    assert_eq!(
        userinfo.field("content-type"),
        Some("application/jwt; charset=utf-8")
    );
    let userinfo = verified(&userinfo.text(), &keys, alg).unwrap();
    assert_eq!(userinfo["family_name"], "LE GOÛT-NŒUVÉGLISE");
    assert_eq!(userinfo["sub"], id_token["sub"]);

    let asked = by_hand.provider.requests_to("/token");
    assert_eq!(asked.len(), 1);
    assert!(asked[0].method == "POST" && asked[0].body.contains(SECRET) && asked[0].query.is_empty());
    assert!(asked[0].headers.iter().any(|(name, _)| name == "content-type"));
}

#[test]
fn a_whole_flow_signed_with_es256() {
    whole_flow(Alg::Es256);
}

#[test]
fn a_whole_flow_signed_with_rs256() {
    whole_flow(Alg::Rs256);
}

#[test]
fn the_closed_list_of_parameters_is_kept() {
    let by_hand = ByHand::start(Alg::Es256);
    let refused: &[&[(&str, Option<&str>)]] = &[
        &[("code_challenge", Some("x"))],
        &[("max_age", Some("1"))],
        &[("nonce", Some("short"))],
        &[("nonce", None)],
        &[("state", None)],
        &[("acr_values", None)],
        &[("prompt", Some("none"))],
        &[("state", Some("a")), ("state", Some("a"))],
    ];
    for changes in refused {
        let page = by_hand.authorize(changes);
        assert_eq!(page.status(), 400, "{changes:?}");
        assert!(page.text().contains("Y030007"), "{changes:?}");
    }
    assert_eq!(by_hand.authorize(&[("prompt", Some("login"))]).status(), 303);
    let refused = by_hand.authorize(&[("acr_values", Some("eidas2"))]);
    assert!(
        refused
            .answer
            .field("location")
            .unwrap()
            .contains("error=invalid_acr")
    );
}

#[test]
fn cancelling_comes_back_with_the_state_and_the_issuer() {
    let by_hand = ByHand::start(Alg::Es256);
    let choice = by_hand.browser.follow(&by_hand.authorize(&[]));
    let callback = by_hand.provider.cancel(&by_hand.browser, &choice);
    let issuer: String = form_urlencoded::byte_serialize(by_hand.provider.issuer().as_bytes()).collect();
    let query = format!("error=access_denied&error_description=User+auth+aborted&state=S-S&iss={issuer}");
    assert_eq!(callback.url, format!("{}?{query}", by_hand.redirect_uri()));
}

#[test]
fn a_code_is_good_once_and_its_error_names_the_provider_s_page() {
    let by_hand = ByHand::start(Alg::Es256);
    let code = by_hand.code();
    assert_eq!(by_hand.token(&code).status, 200);
    let again = by_hand.token(&code);
    assert_eq!(
        (again.status, &again.json()["error"]),
        (400, &json!("invalid_grant"))
    );
    assert!(
        again.json()["error_uri"]
            .as_str()
            .unwrap()
            .contains("?code=Y049E20B&id=")
    );
    assert!(again.json()["error_description"].as_str().unwrap().ends_with(')'));
}

#[test]
fn logout_asks_the_browser_and_comes_back_with_its_state() {
    let by_hand = ByHand::start(Alg::Es256);
    let tokens = by_hand.token(&by_hand.code()).json();
    let logout = |hint: &str| {
        let issuer = by_hand.provider.issuer();
        let back = format!("{}/bye", by_hand.relying_party.url());
        by_hand.browser.open(&format!(
            "{issuer}/session/end?post_logout_redirect_uri={back}&state=L&id_token_hint={hint}"
        ))
    };
    assert_eq!(logout("").status(), 400);
    let page = logout(tokens["id_token"].as_str().unwrap());
    let back = by_hand
        .browser
        .submit(&page, &page.form("/session/end/confirm"), &[]);
    assert_eq!(back.url, format!("{}/bye?state=L", by_hand.relying_party.url()));
}

#[test]
fn a_lie_alters_one_thing_and_is_signed_again() {
    let by_hand = ByHand::start(Alg::Es256);
    let provider = &by_hand.provider;
    let keys = provider.keys();
    let told = |lie: Value| {
        provider.lie(&lie);
        by_hand.token(&by_hand.code()).json()["id_token"]
            .as_str()
            .unwrap()
            .to_owned()
    };

    let altered = told(
        json!({ "target": "id_token", "payload": [{ "set": "acr", "to": "eidas0" }, { "delete": "nonce" }] }),
    );
    let claims = verified(&altered, &keys, Alg::Es256).unwrap();
    assert_eq!((&claims["acr"], claims.get("nonce")), (&json!("eidas0"), None));

    for sign in ["foreign", "flip", "zero", "der", "long", "short", "keep", "empty"] {
        let lie = json!({ "target": "id_token", "sign": sign, "payload": [{ "set": "x", "to": 1 }] });
        let (header, _) = parts(&told(lie.clone()));
        assert_eq!(header["alg"], "ES256", "{sign}");
        assert!(verified(&told(lie), &keys, Alg::Es256).is_err(), "{sign}");
    }
    for (sign, alg) in [
        ("none", "none"),
        ("hmac:pem", "HS256"),
        ("own:RS256", "RS256"),
        ("EdDSA", "EdDSA"),
    ] {
        assert_eq!(
            parts(&told(json!({ "target": "id_token", "sign": sign }))).0["alg"],
            alg
        );
    }
    let rs256 = told(json!({ "target": "id_token", "sign": "own:RS256" }));
    assert!(verified(&rs256, &keys, Alg::Rs256).is_ok());

    // Nothing is waiting any more: the truth again.
    let truth = by_hand.token(&by_hand.code()).json();
    assert!(verified(truth["id_token"].as_str().unwrap(), &keys, Alg::Es256).is_ok());
}

#[test]
fn a_lie_can_be_about_any_answer() {
    let by_hand = ByHand::start(Alg::Es256);
    let provider = &by_hand.provider;

    provider.lie(&json!({ "target": "userinfo", "status": 401, "body": "<html>Y190001" }));
    let tokens = by_hand.token(&by_hand.code()).json();
    let html = by_hand.userinfo(&tokens);
    assert_eq!((html.status, html.text().as_str()), (401, "<html>Y190001"));
    assert_eq!(html.field("content-type"), Some("application/jwt; charset=utf-8"));

    provider.lie(&json!({ "target": "jwks", "json": [{ "push": "keys", "to": provider.keys()["foreign"]["ES256"] }, { "delete": ["keys", 0, "kid"] }] }));
    let jwks = by_hand.ask("GET /api/v2/jwks", "", "").json();
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 3);
    assert_eq!(jwks["keys"][0].get("kid"), None);

    provider.lie(&json!({ "target": "discovery", "json": [{ "append": "\"issuer\":\"http://evil\"" }] }));
    let discovery = by_hand.ask("GET /api/v2/.well-known/openid-configuration", "", "");
    assert!(discovery.text().ends_with(r#","issuer":"http://evil"}"#));
    assert_eq!(discovery.field("cache-control"), Some("public, max-age=600"));

    provider
        .lie(&json!({ "target": "callback", "query": [{ "append": "state=other" }, { "delete": "iss" }] }));
    let callback = by_hand.callback().url;
    assert!(callback.ends_with("&state=S-S&state=other"), "{callback}");

    provider.lie(&json!({ "target": "token", "drop": true }));
    let before = provider.requests_to("/token").len();
    let host = provider
        .issuer()
        .trim_start_matches("http://")
        .trim_end_matches("/api/v2");
    let mut client = raw::RawClient::connect(host.parse().unwrap());
    client.send(format!(
        "POST /api/v2/token HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\n\r\nx=y"
    ));
    assert_eq!(
        client.try_answer("POST").unwrap_err().kind(),
        std::io::ErrorKind::ConnectionAborted
    );
    assert_eq!(provider.requests_to("/token").len(), before + 1);
    provider.reset();
    assert!(provider.requests().is_empty());
}

#[test]
fn the_provider_s_clock_can_be_ahead() {
    let by_hand = ByHand::start(Alg::Es256);
    let issued = || {
        let tokens = by_hand.token(&by_hand.code()).json();
        parts(tokens["id_token"].as_str().unwrap()).1["iat"]
            .as_i64()
            .unwrap()
    };
    let now = issued();
    by_hand.provider.clock_ahead(Duration::from_mins(10));
    assert!((issued() - now - 600).abs() < 60);
}
