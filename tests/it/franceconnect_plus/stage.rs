//! The usual scene at FranceConnect+: the same people, the same application, other levels, encrypted tokens.

use guichet::config::settings::Config;
use serde_json::json;

use crate::support::decryption;
use crate::support::gateway::Place;
use crate::support::gateway::TestGateway;
use crate::support::provider::Alg;
use crate::support::provider::Client;
use crate::support::provider::Provider;
use crate::support::provider::people;
use crate::support::redis::Redis;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::redis_store;
use crate::support::scene::usual;
use crate::support::upstream::Upstream;

/// How FranceConnect+ may encrypt.
pub(crate) const ALGS: [&str; 3] = ["ECDH-ES", "RSA-OAEP", "RSA-OAEP-256"];

/// A gateway whose provider encrypts with this algorithm, and with a key of the gateway.
pub(crate) fn start(alg: &str) -> Scene {
    start_adjusted(alg, |_| {})
}

/// The same with a provider that has other rules than its preset says.
pub(crate) fn start_adjusted(alg: &str, adjust: fn(&mut Config)) -> Scene {
    let people = json!({ "accounts": people() });
    let provider = Provider::start_as("franceconnect-plus", Alg::Es256, &people);
    let (application, redis) = (Upstream::start(), Redis::start());
    let gateway = TestGateway::start_adjusted(
        |place| {
            let store = redis_store(place, &redis);
            let usual = usual(place, (provider.issuer(), Alg::Es256), &application, &store);
            plus(place, &usual, alg)
        },
        adjust,
    );
    let scene = Scene {
        gateway,
        provider,
        application,
        redis: Some(redis),
    };
    let public_url = scene.gateway.place().public_url();
    let client = Client {
        id: "tests",
        secret: CLIENT_SECRET,
        redirect_uris: &[format!("{public_url}/_guichet/callback")],
        post_logout_redirect_uris: &[format!("{public_url}/_guichet/logged-out")],
    };
    let metadata = decryption::metadata(&scene, alg);
    scene
        .provider
        .register_with(&client, &json!({ "more": metadata }));
    scene
}

/// The usual configuration with the other preset.
fn plus(place: &Place, usual: &str, alg: &str) -> String {
    let keys_dir = decryption::make(place, alg);
    let text = usual
        .replace("preset = \"franceconnect\"", "preset = \"franceconnect-plus\"")
        .replace(", \"idp_birthdate\"]", "]")
        .replace("\"given_name_array\", ", "");
    let entry = format!("signing_alg = \"ES256\"\nencryption_alg = \"{alg}\"\nkeys_dir = {keys_dir:?}");
    text.replace("signing_alg = \"ES256\"", &entry)
}
