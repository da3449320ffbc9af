//! Redis as administrations run it: an access list, a numbered database, a cluster behind one name, certificates on both sides.

use std::collections::BTreeMap;

use crate::cases;
use crate::session_store;
use crate::session_store::bench::on_a_runtime;
use crate::support::authority::Authority;
use crate::support::authority::Pair;
use crate::support::browser::Browser;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::provider::Alg;
use crate::support::redis::Options;
use crate::support::redis::Redis;
use crate::support::redis::Transport;
use crate::support::redis::documented_rules;
use crate::support::resp::Reply;
use crate::support::scene::Scene;
use crate::support::steps::sign_out;
use crate::support::steps::to_the_callback;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["F030"],
            sentence: "the database that the URL names is the one that is used, with and without TLS",
            plays: only_the_named_database_is_used,
        },
        Play {
            ids: &["F031"],
            sentence: "a cluster behind one address is found at the start, and not ready",
            plays: || {
                on_a_runtime(session_store::examine::a_cluster_behind_one_address_is_found_before_the_first_login());
                a_cluster_is_named_in_the_log_of_the_start();
            },
        },
        Play {
            ids: &["F033"],
            sentence: "the documented list is enough for a whole day; what it hides is a doubt, what it lacks is named",
            plays: the_documented_list_is_enough,
        },
    ]
}

/// Zoé signs in, comes back, signs out, and is asked again.
fn a_day(scene: &Scene) {
    let browser = Browser::new();
    let page = scene.sign_in(&browser, "/dossier");
    let log = scene.gateway.logs().text();
    assert_eq!(page.url, scene.url("/dossier"), "{}\n{log}", page.text());
    assert!(scene.is_signed_in(&browser));
    // A touch, which nobody waits for.
    scene.advance(&browser, std::time::Duration::from_mins(2));
    assert!(scene.is_signed_in(&browser));
    sign_out(scene, &browser);
    assert!(!scene.is_signed_in(&browser));
}

fn only_the_named_database_is_used() {
    for transport in [Transport::Plain, Transport::Tls] {
        let redis = Redis::start_with(Options {
            transport,
            access: Some(format!("{} +select", documented_rules())),
            ..Options::default()
        });
        let files = match transport {
            Transport::Plain => None,
            Transport::Tls | Transport::MutualTls => Some(trusting(redis.authority())),
        };
        let url = format!("{}/3", redis.url());
        let scene = Scene::start_on(Some(redis), Alg::Es256, |place, text| {
            place.secret("redis_url", &url);
            match files {
                None => text,
                Some(files) => with_files(&text, &files),
            }
        });
        let browser = Browser::new();
        scene.sign_in(&browser, "/dossier");
        assert!(scene.is_signed_in(&browser));
        let kept = scene.redis().keys_by_database();
        let numbers: Vec<u8> = kept.keys().copied().collect();
        assert_eq!(numbers, [3], "{transport:?}: {kept:?}");
    }
}

fn the_documented_list_is_enough() {
    let redis = Redis::start_with(Options {
        access: Some(documented_rules()),
        ..Options::default()
    });
    let scene = Scene::start_on(Some(redis), Alg::Es256, |_, text| text);
    a_day(&scene);
    let redis = scene.redis();
    assert_eq!(redis.ask(&[b"ACL", b"LOG"]), Reply::List(Vec::new()));
    on_a_runtime(session_store::examine::what_the_access_list_hides_is_a_doubt());
}

/// `[session] redis = { url = .. }` with more inside.
fn with_files(text: &str, more: &str) -> String {
    let line = text
        .lines()
        .find(|line| line.starts_with("redis = { url = "))
        .unwrap();
    let longer = format!("{}, {more} }}", line.strip_suffix(" }").unwrap());
    text.replace(line, &longer)
}

/// Whom the gateway believes that it is Redis.
fn trusting(authority: &Authority) -> String {
    format!("ca_file = {:?}", authority.root())
}

/// What the gateway shows so that Redis believes it.
fn showing(Pair { cert_file, key_file }: Pair) -> String {
    format!("cert_file = {cert_file:?}, key_file = {key_file:?}")
}

fn over_mutual_tls(files: impl FnOnce(&Redis) -> String) -> Scene {
    let redis = Redis::start_with(Options {
        transport: Transport::MutualTls,
        ..Options::default()
    });
    let files = files(&redis);
    Scene::start_on(Some(redis), Alg::Es256, |_, text| with_files(&text, &files))
}

#[test]
fn a_redis_that_wants_to_see_a_certificate_is_shown_one() {
    let scene = over_mutual_tls(|redis| {
        let shown = showing(redis.client_certificate());
        format!("{}, {shown}", trusting(redis.authority()))
    });
    a_day(&scene);
    assert_eq!(
        scene
            .redis()
            .keys_by_database()
            .keys()
            .copied()
            .collect::<Vec<_>>(),
        [0]
    );
}

#[test]
fn without_a_certificate_that_redis_believes_nobody_is_signed_in() {
    let scene = over_mutual_tls(|redis| trusting(redis.authority()));
    nobody_passes(&scene);
}

#[test]
fn a_redis_with_a_certificate_of_another_authority_is_not_believed() {
    let other = Authority::new();
    let scene = over_mutual_tls(|redis| {
        let shown = showing(redis.client_certificate());
        format!("{}, {shown}", trusting(&other))
    });
    nobody_passes(&scene);
}

/// The person comes back from the provider, and nothing is kept, spent or let through.
fn nobody_passes(scene: &Scene) {
    let browser = Browser::new();
    let callback = to_the_callback(scene, &browser, "/dossier", 0);
    let page = browser.open(&callback);
    assert_eq!(page.status(), 503, "{}", page.text());
    assert_eq!(scene.provider.requests_to("/token").len(), 0);
    assert_eq!(scene.application.byte_count(), 0);
    assert_eq!(scene.redis().keys_by_database(), BTreeMap::new());
}

/// The program itself, over the Redis at this address.
fn over(url: &str) -> Executable {
    Executable::start(&Start {
        store: &|place| {
            let url = place.secret("redis_url", url);
            format!("store = \"redis\"\nredis = {{ url = {url} }}\n")
        },
        ..Start::default()
    })
}

/// The line of its log that says this.
fn line(executable: &Executable, what: &str) -> String {
    executable.until(what, || executable.said(what) > 0);
    let log = executable.log();
    log.lines().find(|line| line.contains(what)).unwrap().to_owned()
}

fn a_cluster_is_named_in_the_log_of_the_start() {
    let node = Redis::node();
    node.say(&["CLUSTER", "ADDSLOTSRANGE", "0", "5000"]);
    let line = line(&over(&node.url()), "this is a cluster, use a list");
    assert!(
        line.contains("\"log.level\":\"error\"") && line.contains("name a single server"),
        "{line}"
    );
}

#[test]
fn the_log_of_the_start_says_what_would_lose_sessions() {
    let redis = Redis::start_with(Options {
        arguments: &["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
        ..Options::default()
    });
    let executable = over(&redis.url());
    line(&executable, "keeps nothing on disk");
    let line = line(&executable, "allkeys-lru");
    assert!(
        line.contains("\"log.level\":\"error\"") && line.contains("noeviction"),
        "{line}"
    );
}

/// It starts without Redis, says so, and looks again.
#[test]
fn a_redis_that_comes_later_is_looked_at_when_it_comes() {
    let mut redis = Redis::stopped(Options::default());
    let executable = over(&redis.url());
    line(&executable, "no session can be kept yet");
    assert_eq!(executable.said("keeps nothing on disk"), 0);
    redis.resume();
    line(&executable, "keeps nothing on disk");
}
