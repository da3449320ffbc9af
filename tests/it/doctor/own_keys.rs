//! Our own keys, as the doctor finds them where a provider fetches them: through the public address.

use guichet::clock::Timestamp;
use guichet::key_folder::rotation;
use guichet::oidc::client_keys::decryption_pace;
use guichet::wire::jwa::KeyManagementAlg;

use super::bench::Bench;
use super::bench::findings;
use crate::franceconnect_plus::stage;
use crate::support::decryption;
use crate::support::ports::free_port;
use crate::support::upstream::Reply;

const WHAT: &str = "our own keys";

/// Verdict, what was seen and the mend of each finding about our keys, and how the command ended.
fn found(bench: &Bench) -> (Vec<[String; 3]>, i32) {
    let ended = bench.doctor(&["--format", "json"]);
    let answer = ended.json();
    let of = |verdict: &str| {
        let about = findings(&answer, verdict)
            .into_iter()
            .filter(|[_, what, ..]| what == WHAT);
        about
            .map(|[_, _, seen, mend]| [verdict.to_owned(), seen, mend])
            .collect::<Vec<_>>()
    };
    (["ok", "warning", "failed"].map(of).concat(), ended.code)
}

/// There is one finding, with this verdict and these words.
fn is_found(bench: &Bench, verdict: &str, (seen, mend): (&str, &str)) {
    let (found, code) = found(bench);
    let [[found_verdict, found_seen, found_mend]] = &found[..] else {
        panic!("{found:#?}");
    };
    assert_eq!(found_verdict, verdict, "{found_seen}");
    assert!(found_seen.contains(seen), "{found_seen}");
    assert!(found_mend.contains(mend), "{found_mend}");
    assert_eq!(code == 4, verdict == "failed", "{code}");
}

fn encrypting() -> Bench {
    Bench::of(stage::start("ECDH-ES"))
}

#[test]
fn keys_that_are_published_in_the_order_of_their_folder_are_good_and_one_that_is_not_published_is_found() {
    let bench = encrypting();
    is_found(&bench, "ok", ("/_guichet/rp-jwks.json has 1 for ECDH-ES", ""));
    let folder = decryption::keys_dir(bench.scene.gateway.place()).join("encryption");
    let pace = decryption_pace(KeyManagementAlg::EcdhEs);
    rotation::rotate(&folder, pace, Timestamp::from_unix(1_900_000_000)).unwrap();
    is_found(&bench, "failed", ("has 1 with", "guichet reload"));
}

/// As after a deployment that gave two instances two folders: the person's code would be spent in vain.
#[test]
fn other_keys_than_those_of_the_folder_are_found() {
    let bench = encrypting();
    let folder = decryption::keys_dir(bench.scene.gateway.place()).join("encryption");
    let pace = decryption_pace(KeyManagementAlg::EcdhEs);
    rotation::replace(&folder, pace.key_type, Timestamp::from_unix(1_900_000_000)).unwrap();
    is_found(&bench, "failed", ("with", "another gateway that answers there"));
}

/// The public address leads to something else.
#[test]
fn an_address_at_which_something_else_answers_is_found() {
    for (reply, seen, mend) in [
        (
            Reply::new(404, &[("Content-Type", "text/html")], "no"),
            "404",
            "Whatever stands in front has to pass this path on",
        ),
        (
            Reply::new(200, &[("Content-Type", "text/html")], "<!DOCTYPE html>"),
            "rp-jwks.json",
            "Whatever stands in front has to pass this path on",
        ),
        (
            Reply::new(200, &[("Content-Type", "application/json")], "{\"jwks\":[]}"),
            "has no `keys`",
            "Whatever stands in front has to pass this path on",
        ),
        (
            Reply::new(
                200,
                &[("Content-Type", "application/jwk-set+json")],
                "{\"keys\":[]}",
            ),
            "has no key for ECDH-ES",
            "guichet reload",
        ),
    ] {
        let mut bench = encrypting();
        let (public, application) = (bench.scene.url(""), bench.scene.application.address().port());
        bench.replace(
            &format!("public_url = \"{public}\""),
            &format!("public_url = \"http://localhost:{application}\""),
        );
        bench.scene.application.otherwise(reply);
        let (found, code) = found(&bench);
        assert_eq!((found.len(), code), (1, 4), "{found:?}");
        assert_eq!(found[0][0], "failed");
        assert!(
            found[0][1].contains(seen) && found[0][2].contains(mend),
            "{found:?}"
        );
    }
}

/// Which may be because the gateway does not run yet.
#[test]
fn an_address_at_which_nobody_answers_is_a_warning() {
    let mut bench = encrypting();
    let public = bench.scene.url("");
    bench.replace(
        &format!("public_url = \"{public}\""),
        &format!("public_url = \"http://localhost:{}\"", free_port()),
    );
    let (found, _) = found(&bench);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][0], "warning");
    assert!(
        found[0][1].contains("cannot be fetched from here") && found[0][2].contains("start the gateway"),
        "{found:?}"
    );
}
