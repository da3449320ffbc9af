//! Tokens, good and forged, made as an application could receive them: one table for every recipe.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use guichet::clock::Clock;
use guichet::clock::SystemClock;
use guichet::jose::jwk_set::JwkSet;
use guichet::jose::signing::SigningKey;
use guichet::seal::base64url;
use guichet::secret::Secret;
use serde_json::Value;
use serde_json::json;

pub(super) const ISSUER: &str = "https://demarches.ville.example";
pub(super) const AUDIENCE: &str = "urbanisme";
pub(super) const SUB: &str = "b6048e95bb134ec5b1d1e1fa69f287172e91722b9354d637a1bcf2ebb0fd2ef5v1";
pub(super) const NAME: &str = "LE GOÛT-NŒUVÉGLISE";

/// What an application must make of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    SignedIn,
    Refused,
}

/// What the field says, and what must come of it.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) what: &'static str,
    pub(super) value: String,
    pub(super) outcome: Outcome,
}

/// A key of the gateway, or of somebody who would like to be it.
#[derive(Debug)]
pub(super) struct Key {
    gateways: SigningKey,
    pair: EcdsaKeyPair,
}

impl Key {
    pub(super) fn new() -> Self {
        let pem = SigningKey::generate_pem().unwrap();
        let text = String::from_utf8(pem.expose().to_vec()).unwrap();
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let der = BASE64_STANDARD.decode(body).unwrap();
        Self {
            gateways: SigningKey::from_pem(&Secret::new(pem.expose())).unwrap(),
            pair: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).unwrap(),
        }
    }

    fn public(&self) -> Value {
        serde_json::to_value(self.gateways.public()).unwrap()
    }

    /// As the gateway signs.
    pub(super) fn sign(&self, claims: &Value) -> String {
        self.gateways.sign("guichet+jwt", claims).unwrap()
    }

    /// With a header that the gateway would not write.
    fn sign_under(&self, header: &Value, claims: &Value) -> String {
        let input = unsigned(header, claims);
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", base64url(signature.as_ref()))
    }

    fn header(&self) -> Value {
        json!({ "alg": "ES256", "kid": self.gateways.kid(), "typ": "guichet+jwt" })
    }
}

/// What is published at `jwks.json`.
pub(super) fn jwks(keys: &[&Key]) -> String {
    let keys = keys.iter().map(|key| key.gateways.public()).collect();
    serde_json::to_string(&JwkSet { keys }).unwrap()
}

fn now() -> i64 {
    SystemClock.now().as_unix()
}

/// The claims of a good token, changed: `null` takes one away.
pub(super) fn claims(changes: &Value) -> Value {
    let now = now();
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": SUB, "iat": now, "nbf": now, "exp": now + 600, "jti": "1",
        "idp": "fc", "acr": "eidas1", "family_name": NAME,
    });
    edited(&mut claims, changes);
    claims
}

fn edited(object: &mut Value, changes: &Value) {
    let members = object.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| base64url(part.to_string().as_bytes()));
    format!("{header}.{claims}")
}

/// The signature as DER (RFC 3279, section 2.2.3) in the place of two numbers.
fn with_der(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let raw = guichet::seal::from_base64url(signature).unwrap();
    let number = |half: &[u8]| {
        let start = half.iter().position(|byte| *byte != 0).unwrap();
        let sign = if half[start] > 127 { vec![0] } else { Vec::new() };
        let digits = [sign, half[start..].to_vec()].concat();
        [vec![2, u8::try_from(digits.len()).unwrap()], digits].concat()
    };
    let pair = [number(&raw[..32]), number(&raw[32..])].concat();
    let der = [vec![0x30, u8::try_from(pair.len()).unwrap()], pair].concat();
    format!("{input}.{}", base64url(&der))
}

/// Signed with the public key, which everybody has, as if it were a shared secret.
fn hs256(key: &Key) -> String {
    let point = key.public().to_string();
    let mut header = key.header();
    edited(&mut header, &json!({ "alg": "HS256" }));
    let input = unsigned(&header, &claims(&json!({})));
    let tag = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, point.as_bytes()),
        input.as_bytes(),
    );
    format!("{input}.{}", base64url(tag.as_ref()))
}

/// Three keys are published: the one that signs, the next and the previous.
pub(super) fn table([current, next, previous]: [&Key; 3]) -> Vec<Token> {
    // These two first: they must not grow old.
    let mut rows = good(current, "that ended 5 seconds ago", &json!({ "exp": now() - 5 }));
    rows.extend(good(
        current,
        "that begins in 20 seconds",
        &json!({ "nbf": now() + 20 }),
    ));
    for (what, key) in [
        ("of the key that signs", current),
        ("of the next key", next),
        ("of the previous key", previous),
    ] {
        rows.extend(good(key, what, &json!({})));
    }
    rows.extend(wrong_claims(current));
    rows.extend(wrong_headers(current));
    rows.extend(wrong_signatures(current));
    rows.extend(no_tokens(current));
    rows
}

fn good(key: &Key, what: &'static str, changes: &Value) -> Vec<Token> {
    vec![Token {
        what,
        value: key.sign(&claims(changes)),
        outcome: Outcome::SignedIn,
    }]
}

fn refused(rows: Vec<(&'static str, String)>) -> impl Iterator<Item = Token> {
    rows.into_iter().map(|(what, value)| Token {
        what,
        value,
        outcome: Outcome::Refused,
    })
}

fn wrong_claims(key: &Key) -> impl Iterator<Item = Token> {
    let changes = [
        ("that ended a minute ago", json!({ "exp": now() - 60 })),
        ("that begins in five minutes", json!({ "nbf": now() + 300 })),
        ("of another issuer", json!({ "iss": "https://evil.example" })),
        ("without an issuer", json!({ "iss": null })),
        ("for another app", json!({ "aud": "autre" })),
        ("without an audience", json!({ "aud": null })),
        ("for several apps", json!({ "aud": [AUDIENCE, "autre"] })),
        ("for a list of one app", json!({ "aud": [AUDIENCE] })),
        ("without an end", json!({ "exp": null })),
        ("whose end is text", json!({ "exp": (now() + 600).to_string() })),
        ("without a person", json!({ "sub": null })),
        ("of an empty person", json!({ "sub": "" })),
        ("of a person who is a number", json!({ "sub": 7 })),
    ];
    let rows = changes.map(|(what, changes)| (what, key.sign(&claims(&changes))));
    refused(rows.to_vec())
}

fn wrong_headers(key: &Key) -> impl Iterator<Item = Token> {
    let attacker = Key::new();
    let good = claims(&json!({}));
    let signed = |by: &Key, changes: Value| {
        let mut header = key.header();
        edited(&mut header, &changes);
        by.sign_under(&header, &good)
    };
    let none = |alg: &str| {
        let mut header = key.header();
        edited(&mut header, &json!({ "alg": alg }));
        format!("{}.", unsigned(&header, &good))
    };
    refused(vec![
        ("without a signature", none("none")),
        ("without a signature, spelled otherwise", none("nOnE")),
        (
            "without an algorithm, signed",
            signed(key, json!({ "alg": "none" })),
        ),
        ("with HS256 and the public key", hs256(key)),
        ("of another kind", signed(key, json!({ "typ": "JWT" }))),
        ("of no kind", signed(key, json!({ "typ": null }))),
        (
            "with a crit that nobody knows",
            signed(key, json!({ "crit": ["x-only"], "x-only": true })),
        ),
        ("of an attacker's key under our kid", signed(&attacker, json!({}))),
        ("of a key that nobody published", attacker.sign(&good)),
        ("of no key", signed(key, json!({ "kid": null }))),
        (
            "that brings its own key",
            signed(
                &attacker,
                json!({ "kid": attacker.gateways.kid(), "jwk": attacker.public() }),
            ),
        ),
    ])
}

fn wrong_signatures(key: &Key) -> impl Iterator<Item = Token> {
    let good = key.sign(&claims(&json!({})));
    let (input, signature) = good.rsplit_once('.').unwrap();
    let header = good.split('.').next().unwrap();
    let evil = base64url(claims(&json!({ "family_name": "EVIL" })).to_string().as_bytes());
    refused(vec![
        ("with another name", format!("{header}.{evil}.{signature}")),
        ("with a signature in DER", with_der(&good)),
        (
            "with a signature of zeros",
            format!("{input}.{}", base64url(&[0; 64])),
        ),
        (
            "with half a signature",
            format!("{input}.{}", signature.split_at(43).0),
        ),
    ])
}

fn no_tokens(key: &Key) -> impl Iterator<Item = Token> {
    let good = key.sign(&claims(&json!({})));
    refused(vec![
        ("twice, joined", format!("{good}, {good}")),
        ("twice, joined without a space", format!("{good},{good}")),
        ("with a fourth part", format!("{good}.e30")),
        ("that is nothing", "a.b.c".to_owned()),
        ("that is no token", "Zoé".to_owned()),
        ("that is empty", String::new()),
    ])
}
