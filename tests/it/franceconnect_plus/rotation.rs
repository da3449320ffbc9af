//! Our own keys are replaced while people sign in: nobody's code is spent in vain.

use std::time::Duration;

use guichet::clock::Timestamp;
use guichet::key_folder::rotation;
use guichet::key_folder::rotation::RotationError;
use guichet::key_folder::rotation::Step;
use guichet::oidc::client_keys::decryption_pace;
use guichet::wire::jwa::KeyManagementAlg;

use super::stage;
use crate::support::browser::Browser;
use crate::support::decryption;
use crate::support::scene::Scene;

/// The provider keeps what it fetched for a minute.
const FORGOTTEN: Duration = Duration::from_secs(70);

/// The names of the keys, in the order in which the provider finds them.
fn published(scene: &Scene) -> Vec<String> {
    let answer = scene.ask("/_guichet/rp-jwks.json", "Connection: close\r\n");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.field("content-type"), Some("application/jwk-set+json"));
    assert_eq!(answer.field("cache-control"), Some("public, max-age=60"));
    let set = answer.json();
    let keys = set["keys"].as_array().unwrap();
    for key in keys {
        assert_eq!((&key["use"], &key["alg"]), (&"enc".into(), &"ECDH-ES".into()));
        assert_eq!(key.get("d"), None, "nothing private");
    }
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

fn somebody_signs_in(scene: &Scene, when: &str) {
    let page = scene.sign_in(&Browser::new(), "/dossier");
    assert_eq!(
        page.status(),
        200,
        "{when}: {}\n{}",
        page.text(),
        scene.gateway.logs().text()
    );
}

#[test]
fn a_new_key_is_appended_then_the_first_and_nobody_notices() {
    let mut scene = stage::start("ECDH-ES");
    let folder = decryption::keys_dir(scene.gateway.place()).join("encryption");
    let pace = decryption_pace(KeyManagementAlg::EcdhEs);
    let began = Timestamp::from_unix(1_900_000_000);
    let old = published(&scene);
    assert_eq!(old.len(), 1);
    somebody_signs_in(&scene, "with the first key");

    let Ok(Step::Published { kid: new, used_from }) = rotation::rotate(&folder, pace, began) else {
        panic!("no next key")
    };
    scene.gateway.reload(ToOwned::to_owned).unwrap();
    assert_eq!(published(&scene), [old[0].clone(), new.clone()]);
    assert_eq!(rotations(&scene), [format!("{},{new}", old[0])]);
    somebody_signs_in(&scene, "with the new key appended");
    let early = rotation::rotate(&folder, pace, began.plus(Duration::from_mins(5)));
    assert!(
        matches!(early, Err(RotationError::NextTooYoung { .. })),
        "not every process has it"
    );

    let Ok(Step::Promoted { previous_until, .. }) = rotation::rotate(&folder, pace, used_from) else {
        panic!("no promotion")
    };
    scene.gateway.reload(ToOwned::to_owned).unwrap();
    assert_eq!(published(&scene), [new.clone(), old[0].clone()]);
    somebody_signs_in(
        &scene,
        "encrypted for the old key, which the provider still has first",
    );
    scene.provider.clock_ahead(FORGOTTEN);
    scene.gateway.clock().advance(FORGOTTEN);
    somebody_signs_in(&scene, "encrypted for the new one");

    assert!(rotation::rotate(&folder, pace, used_from.plus(Duration::from_mins(30))).is_err());
    assert!(matches!(
        rotation::rotate(&folder, pace, previous_until),
        Ok(Step::Removed { .. })
    ));
    scene.gateway.reload(ToOwned::to_owned).unwrap();
    assert_eq!(published(&scene), std::slice::from_ref(&new));
    somebody_signs_in(&scene, "without the old key");
    // A reload that changes no key is none of these events.
    scene.gateway.reload(ToOwned::to_owned).unwrap();
    let told = rotations(&scene);
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[1..], [format!("{new},{}", old[0]), new]);
}

/// What the audit stream tells about our keys at the provider, the names that are published at each time.
fn rotations(scene: &Scene) -> Vec<String> {
    let events = scene.gateway.audited("client_keys_rotated");
    let told = events.iter().map(|event| {
        assert_eq!(event["labels"]["provider"], "fc", "{event}");
        event["labels"]["kids"].as_str().unwrap().to_owned()
    });
    told.collect()
}

#[test]
fn a_key_that_the_provider_still_uses_and_we_have_no_more_is_named_in_the_log() {
    let mut scene = stage::start("ECDH-ES");
    somebody_signs_in(&scene, "with the first key");
    let old = published(&scene).remove(0);
    let folder = decryption::keys_dir(scene.gateway.place()).join("encryption");
    rotation::replace(
        &folder,
        decryption_pace(KeyManagementAlg::EcdhEs).key_type,
        Timestamp::from_unix(1_900_000_000),
    )
    .unwrap();
    scene.gateway.reload(ToOwned::to_owned).unwrap();
    scene.application.forget();
    let page = scene.sign_in(&Browser::new(), "/dossier");
    assert_eq!(page.status(), 502, "{}", scene.gateway.logs().text());
    let log = scene.gateway.logs().lines_with("L11").join("\n");
    assert!(
        log.contains("decryption_key_unknown") && log.contains(&old),
        "{log}"
    );
    assert_eq!(scene.application.byte_count(), 0);
    scene.provider.clock_ahead(FORGOTTEN);
    scene.gateway.clock().advance(FORGOTTEN);
    somebody_signs_in(&scene, "after the provider fetched the keys again");
}
