//! What an application tolerates, where another proxy forwards to it: judged by the same code, and told to the proxy as 400.

use super::stage::Stage;
use super::stage::behind_forward_auth;
use super::stage::tells_no_application;
use crate::support::scene::Store;

#[test]
fn every_reading_is_judged_and_whoever_names_an_identity_is_refused() {
    let stage = Stage::start_with(Store::Memory, |place, usual| {
        let tolerant = "path = \"/\"\nallow_in_path = [\";\"]\non_spoof = \"reject\"\n";
        let usual = usual.replace("path = \"/\"\n", tolerant);
        behind_forward_auth(place, &usual, "secret = {secret}")
    });
    for (lines, status) in [
        ("{about GET /public/page;jsessionid=1}", 200),
        ("{about GET /public;x/page}", 401),
        ("{about GET /here;x}", 400),
        ("{about GET /_guichet;x/callback}", 400),
        ("{about GET /public/a%2Fb}", 400),
        ("{about GET /public}X-Forwarded-For: 192.0.2.1\r\n", 200),
        ("{about GET /public}X_Guichet_Sub: evil\r\n", 400),
        (
            "{about GET /dossier}Cookie: {session}\r\nRemote-User: evil\r\n",
            400,
        ),
    ] {
        let answer = stage.ask(lines);
        assert_eq!(answer.status, status, "{lines}");
        if status != 200 {
            tells_no_application(&answer);
        }
    }
    assert_eq!(stage.scene.gateway.audited("identity_spoofed").len(), 2);
}
