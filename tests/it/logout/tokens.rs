//! What a logout token says (OpenID Connect Back-Channel Logout 1.0, section 2.6): one of the provider's own, altered, and
//! signed again with its key where the lie is not the signature.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::stage;
use super::stage::SID;
use super::stage::is_done;
use super::stage::is_refused;
use super::stage::sent;
use super::stage::token;
use super::stage::zoe_with;
use crate::case;
use crate::cases;
use crate::support::raw::Answer;
use crate::support::redis::Redis;
use crate::support::scene::Scene;
use crate::support::steps::sign_out;
use crate::support::usual::with_limits;
use crate::support::wait::eventually;

/// What becomes of Zoé's session.
#[derive(Clone, Copy, Debug)]
enum Ends {
    /// It goes on, for this reason.
    Refused(&'static str),
    /// It is over.
    Ended,
}

use Ends::Ended;
use Ends::Refused;

/// One case with all its inputs: the edits of a token, or a whole one.
struct Row {
    ids: &'static [&'static str],
    sentence: &'static str,
    inputs: fn(&Scene) -> Vec<(Value, Ends)>,
}

case!(Row);

fn set(name: &str, to: &Value) -> Value {
    json!({ "payload": [{ "set": name, "to": to }] })
}

fn without(name: &str) -> Value {
    json!({ "payload": [{ "delete": name }] })
}

fn typ(typ: &str) -> Value {
    json!({ "header": [{ "set": "typ", "to": typ }] })
}

fn signed(mode: &str) -> Value {
    json!({ "sign": mode })
}

/// The true issuer, but for this.
fn issuer(from: &str, to: &str) -> Value {
    set("iss", &json!({ "$": "issuer", "replace": [from, to] }))
}

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The log leaves some lines away where there are too many in a second. A token that is refused may be sent again.
fn is_answered_and_told(scene: &Scene, token: &str) -> Answer {
    let answer = eventually(|| {
        scene.gateway.logs().forget();
        scene.application.forget();
        let answer = sent(scene, token);
        let is_told = !scene.gateway.logs().lines_with("code=\"L30\"").is_empty();
        (is_told || answer.status == 200).then_some(answer)
    });
    answer.expect("the log says nothing")
}

fn holds(row: &Row) {
    let scene = stage::over(Redis::start(), |_, usual| {
        with_limits(&usual, "logins_per_client = 100000")
    });
    let mut browser = zoe_with(&scene, SID);
    for (edits, ends) in (row.inputs)(&scene) {
        let token = edits
            .as_str()
            .map_or_else(|| token(&scene, &edits), str::to_owned);
        let answer = is_answered_and_told(&scene, &token);
        match ends {
            Refused(reason) => {
                is_refused(&scene, &answer, (reason, 1));
                assert!(scene.is_signed_in(&browser), "{edits}");
            }
            Ended => {
                is_done(&scene, &answer);
                assert_eq!(scene.redis().sessions(), 0, "{edits}");
                assert!(!scene.is_signed_in(&browser), "{edits}");
                // In the second of an end no login begins anew.
                scene.advance(&browser, Duration::from_secs(2));
                browser = zoe_with(&scene, SID);
            }
        }
        assert!(
            scene.provider.requests_to("/bait").is_empty(),
            "{edits}: a header was believed"
        );
        let log = scene.gateway.logs().text();
        let parts = token.split('.').filter(|part| part.len() > 20);
        assert!(
            parts.into_iter().all(|part| !log.contains(part)),
            "{edits}: {log}"
        );
    }
}

/// The ID token of a login of Zoé's.
fn an_id_token(scene: &Scene) -> String {
    let browser = zoe_with(scene, "another session of zoe");
    sign_out(scene, &browser);
    let asked = scene.provider.requests_to("/session/end").remove(0);
    asked.parameter("id_token_hint").unwrap()
}

cases! {
    Row, run = holds, rows = [
        Row {
            ids: &["T382"],
            sentence: "a token without the provider's signature in the pinned algorithm is refused",
            inputs: |_| vec![
                (signed("none"), Refused("alg_refused")),
                (json!({ "sign": "none", "header": [{ "set": "alg", "to": "nOnE" }] }), Refused("alg_refused")),
                (json!({ "header": [{ "delete": "alg" }] }), Refused("alg_refused")),
                (signed("own:RS256"), Refused("alg_refused")),
                (signed("own:PS256"), Refused("alg_refused")),
                (signed("hmac:pem"), Refused("alg_refused")),
                (signed("hmac:jwk"), Refused("alg_refused")),
                (signed("flip"), Refused("signature_invalid")),
                (signed("zero"), Refused("signature_invalid")),
                (signed("der"), Refused("signature_invalid")),
                (signed("empty"), Refused("signature_invalid")),
                (signed("foreign"), Refused("signature_invalid")),
                (
                    json!({ "sign": "foreign", "header": [{ "set": "jwk", "to": { "$": "foreign_jwk" } }] }),
                    Refused("signature_invalid"),
                ),
                (
                    json!({ "sign": "foreign", "header": [{ "set": "jku", "to": { "$": "bait" } }] }),
                    Refused("signature_invalid"),
                ),
                (
                    json!({ "sign": "keep", "payload": [{ "set": "sid", "to": "another" }] }),
                    Refused("signature_invalid"),
                ),
                (json!({ "header": [{ "set": "kid", "to": "nobody's" }] }), Refused("key_unknown")),
                (json!({ "header": [{ "set": "crit", "to": ["exp"] }] }), Refused("extension_refused")),
                (json!({ "shape": "flattened" }), Refused("token_malformed")),
                (json!({ "shape": "detached" }), Refused("token_malformed")),
                (json!({ "shape": "six" }), Refused("token_malformed")),
                (json!({ "payload": [{ "append": "\"sid\":\"x\"" }] }), Refused("token_malformed")),
                (json!("nothing"), Refused("token_malformed")),
                (json!({}), Ended),
            ],
        },
        Row {
            ids: &["T383"],
            sentence: "a token of another issuer, or for another client, is refused, byte for byte",
            inputs: |_| vec![
                (set("iss", &json!("https://evil.example")), Refused("iss_mismatch")),
                (issuer("/api/v2", "/api/v2/"), Refused("iss_mismatch")),
                (issuer("http:", "HTTP:"), Refused("iss_mismatch")),
                (issuer("127.0.0.1", "localhost"), Refused("iss_mismatch")),
                (without("iss"), Refused("claim_missing")),
                (set("iss", &json!(["x"])), Refused("claim_malformed")),
                (set("aud", &json!("other")), Refused("aud_mismatch")),
                (set("aud", &json!(["tests", "other"])), Refused("aud_mismatch")),
                (set("aud", &json!([])), Refused("aud_mismatch")),
                (without("aud"), Refused("aud_mismatch")),
                (set("aud", &json!(["tests"])), Ended),
            ],
        },
        Row {
            ids: &["T384"],
            sentence: "a token is about a logout, in an object, or it is refused",
            inputs: |_| vec![
                (without("events"), Refused("event_missing")),
                (set("events", &json!({})), Refused("event_missing")),
                (set("events", &json!({ "http://schemas.openid.net/event/backchannel-logout/": {} })), Refused("event_missing")),
                (set("events", &json!({ "http://schemas.openid.net/event/other": {} })), Refused("event_missing")),
                (set("events", &json!(EVENT)), Refused("event_missing")),
                (set("events", &json!([EVENT])), Refused("event_missing")),
                (set("events", &json!({ EVENT: EVENT })), Refused("event_missing")),
                (set("events", &json!({ EVENT: [] })), Refused("event_missing")),
                (set("events", &json!({ EVENT: {}, "https://other.example/event": {} })), Ended),
            ],
        },
        Row {
            ids: &["T385"],
            sentence: "a token with a nonce is refused",
            inputs: |_| vec![
                (set("nonce", &json!("n")), Refused("nonce_present")),
                (set("nonce", &json!("")), Refused("nonce_present")),
                (set("nonce", &json!(null)), Refused("claim_malformed")),
                // What nobody knows says nothing.
                (set("unknown", &json!("x")), Ended),
            ],
        },
        Row {
            ids: &["T386"],
            sentence: "a token names a session or a person, says when it was made, is new, and has a name of its own",
            inputs: |_| vec![
                (json!({ "payload": [{ "delete": "sid" }, { "delete": "sub" }] }), Refused("names_nobody")),
                (json!({ "payload": [{ "set": "sid", "to": "" }] }), Refused("name_invalid")),
                (set("sid", &json!(["x"])), Refused("claim_malformed")),
                (without("iat"), Refused("claim_missing")),
                (without("exp"), Refused("claim_missing")),
                (without("jti"), Refused("claim_missing")),
                (set("jti", &json!(1)), Refused("claim_malformed")),
                (set("iat", &json!({ "$": "now", "plus": -400 })), Refused("token_too_old")),
                (set("iat", &json!({ "$": "now", "plus": 400 })), Refused("clock")),
                (set("exp", &json!({ "$": "now", "plus": -100 })), Refused("clock_expired")),
                (set("exp", &json!("9999999999")), Refused("claim_malformed")),
                (without("sub"), Ended),
                (without("sid"), Ended),
            ],
        },
        Row {
            ids: &["T387"],
            sentence: "the type is that of a logout token, or says nothing; an ID token is none",
            inputs: |scene| vec![
                (typ("at+jwt"), Refused("typ_refused")),
                (typ("guichet+jwt"), Refused("typ_refused")),
                (typ(""), Refused("typ_refused")),
                (json!({ "header": [{ "set": "typ", "to": 1 }] }), Refused("token_malformed")),
                (json!(an_id_token(scene)), Refused("claim_missing")),
                (json!({ "header": [{ "delete": "typ" }] }), Ended),
                (typ("application/logout+jwt"), Ended),
                (typ("JWT"), Ended),
            ],
        },
    ]
}
