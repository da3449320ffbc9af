//! A gateway whose provider sends logout tokens, Zoé signed in there, and what a logout token does or does not do.

use guichet::config::settings::Config;
use guichet::provider::profile::BackchannelLogout;
use serde_json::Value;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::gateway::Place;
use crate::support::gateway::TestGateway;
use crate::support::provider::Alg;
use crate::support::provider::Client;
use crate::support::provider::Provider;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::raw::Answer;
use crate::support::raw::exchange;
use crate::support::redis::Redis;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::redis_store;
use crate::support::scene::usual;
use crate::support::upstream::Upstream;

/// Where logout tokens go.
pub(crate) const PATH: &str = "/_guichet/backchannel-logout";
/// What Zoé's session is called at the provider, where the stage says so.
pub(crate) const SID: &str = "session-of-zoe";

/// FranceConnect sends no logout tokens; here it does, and is FranceConnect in everything else.
pub(crate) fn sends_logout_tokens(config: &mut Config) {
    for client in &mut config.providers {
        client.profile.rules.backchannel_logout = BackchannelLogout::LogoutTokens;
    }
}

/// The usual scene with such a provider, over this Redis. Nobody registered the address: tokens come from the test alone.
pub(crate) fn over(redis: Redis, edit: impl FnOnce(&Place, String) -> String) -> Scene {
    let (provider, application) = (Provider::start(Alg::Es256), Upstream::start());
    let scene = built(provider, application, redis, edit);
    scene.is_registered_with(CLIENT_SECRET);
    scene
}

/// The same with a provider that sends them by itself.
pub(crate) fn told_by_the_provider() -> Scene {
    let (provider, application) = (Provider::start_telling(Alg::Es256), Upstream::start());
    let scene = built(provider, application, Redis::start(), |_, usual| usual);
    let client = Client {
        id: "tests",
        secret: CLIENT_SECRET,
        redirect_uris: &[scene.url("/_guichet/callback")],
        post_logout_redirect_uris: &[scene.url("/_guichet/logged-out")],
    };
    let told_at = json!({ "backchannel_logout_uri": scene.url(PATH) });
    scene.provider.register_with(&client, &told_at);
    scene
}

pub(crate) fn start() -> Scene {
    over(Redis::start(), |_, usual| usual)
}

fn built(
    provider: Provider,
    application: Upstream,
    redis: Redis,
    edit: impl FnOnce(&Place, String) -> String,
) -> Scene {
    let gateway = TestGateway::start_adjusted(
        |place| {
            let store = redis_store(place, &redis);
            edit(
                place,
                usual(place, (provider.issuer(), Alg::Es256), &application, &store),
            )
        },
        sends_logout_tokens,
    );
    Scene {
        gateway,
        provider,
        application,
        redis: Some(redis),
    }
}

/// Another instance with the same configuration at another port.
pub(crate) fn second_instance(scene: &Scene) -> TestGateway {
    let text = std::fs::read_to_string(scene.gateway.place().file()).unwrap();
    let listens = |port: u16| format!("listen = \"127.0.0.1:{port}\"");
    let first = scene.gateway.place().port();
    TestGateway::start_adjusted(
        |place| text.replace(&listens(first), &listens(place.port())),
        sends_logout_tokens,
    )
}

/// The person with this number, at the provider.
pub(crate) fn sub(person: usize) -> String {
    people()[person]["sub"].as_str().unwrap().to_owned()
}

/// A browser in which Zoé has signed in, under this name of her session at the provider.
pub(crate) fn zoe_with(scene: &Scene, sid: &str) -> Browser {
    signed_in(scene, ZOE, sid)
}

/// The same of anybody.
pub(crate) fn signed_in(scene: &Scene, person: usize, sid: &str) -> Browser {
    scene.provider.lie(&json!({
        "target": "id_token", "payload": [{ "set": "sid", "to": sid }],
    }));
    let browser = Browser::new();
    let provider = scene.to_the_provider(&browser, "/dossier");
    let page = scene.provider.sign_in(&browser, &provider, person);
    assert_eq!(page.url, scene.url("/dossier"), "{}", page.text());
    scene.application.forget();
    browser
}

/// A token about Zoé and her session, with these edits.
pub(crate) fn token(scene: &Scene, edits: &Value) -> String {
    let mut asked = json!({ "sid": SID });
    let members = edits.as_object().unwrap().clone();
    asked.as_object_mut().unwrap().extend(members);
    scene.provider.logout_token(&sub(ZOE), &asked)
}

/// A token that names this person and no session.
pub(crate) fn token_by_sub(scene: &Scene, person: usize) -> String {
    scene.provider.logout_token(&sub(person), &json!({}))
}

/// A logout request, as a provider makes one.
pub(crate) fn sent(scene: &Scene, token: &str) -> Answer {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("logout_token", token)
        .finish();
    posted(
        scene,
        "Content-Type: application/x-www-form-urlencoded\r\n",
        form.as_bytes(),
    )
}

/// A body with these lines of head.
pub(crate) fn posted(scene: &Scene, fields: &str, body: &[u8]) -> Answer {
    let (host, length) = (scene.host(), body.len());
    let head = format!("POST {PATH} HTTP/1.1\r\nHost: {host}\r\n{fields}Content-Length: {length}\r\n\r\n");
    exchange(scene.gateway.address(), [head.as_bytes(), body].concat())
}

/// 200, with nothing in it.
pub(crate) fn is_done(scene: &Scene, answer: &Answer) {
    let log = scene.gateway.logs().text();
    assert_eq!((answer.status, answer.text().as_str()), (200, ""), "{log}");
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    assert!(answer.fields("set-cookie").is_empty());
}

/// Four proofs: the answer, the reason in the log, the sessions that are still there, and no byte at the application.
pub(crate) fn is_refused(scene: &Scene, answer: &Answer, (reason, sessions): (&str, usize)) {
    let log = scene.gateway.logs().text();
    assert_eq!(answer.status, 400, "{reason}: {}\n{log}", answer.text());
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    assert_eq!(answer.field("content-type"), Some("application/json"));
    assert!(answer.fields("set-cookie").is_empty());
    assert_eq!(
        answer.json(),
        json!({ "error": "invalid_request", "error_description": reason })
    );
    let said = scene.gateway.logs().lines_with("code=\"L30\"");
    let said: Vec<_> = said
        .iter()
        .filter(|line| line.contains(&format!("reason=\"{reason}\"")))
        .collect();
    assert_eq!(said.len(), 1, "{reason}: {log}");
    assert_eq!(scene.redis().sessions(), sessions, "{reason}");
    assert_eq!(scene.application.byte_count(), 0, "{reason}");
}
