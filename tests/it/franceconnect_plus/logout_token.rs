//! A provider that encrypts a client's ID tokens encrypts its logout tokens as well (OpenID Connect Back-Channel Logout 1.0,
//! section 2.4). Ours are taken signed only.

use serde_json::json;

use super::stage;
use crate::logout::stage::is_done;
use crate::logout::stage::is_refused;
use crate::logout::stage::sends_logout_tokens;
use crate::logout::stage::sent;
use crate::logout::stage::sub;
use crate::support::browser::Browser;
use crate::support::decryption;
use crate::support::provider::ZOE;

#[test]
fn an_encrypted_logout_token_ends_nothing_and_is_named_and_what_is_in_it_would_have() {
    let scene = stage::start_adjusted("ECDH-ES", sends_logout_tokens);
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    assert!(scene.is_signed_in(&browser));
    scene.application.forget();
    let ours = decryption::private_key(&scene);

    let token = scene.provider.logout_token(&sub(ZOE), &json!({ "ours": ours }));
    assert_eq!(token.split('.').count(), 5);
    is_refused(&scene, &sent(&scene, &token), ("token_encrypted", 1));
    let log = scene.gateway.logs().lines_with("L30").join("\n");
    assert!(log.contains("id_token_encrypted_response_alg"), "{log}");
    assert!(scene.is_signed_in(&browser));

    let bare = json!({ "ours": ours, "seal": { "bare": true } });
    let token = scene.provider.logout_token(&sub(ZOE), &bare);
    is_done(&scene, &sent(&scene, &token));
    assert!(!scene.is_signed_in(&browser));
}
