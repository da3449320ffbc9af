//! What the doctor looks at, by which way, and what it leaves as it was.

use serde_json::json;

use super::bench::Bench;
use super::bench::Trusts;
use super::bench::findings;
use crate::support::authority::LOCALHOST;
use crate::support::authority::LONG;
use crate::support::provider::CLOSED_LIST;
use crate::support::tinyproxy::Tinyproxy;

#[test]
fn where_all_is_well_everything_is_good_and_nothing_changed() {
    let mut bench = Bench::healthy();
    bench.over_tls(LOCALHOST, LONG, Trusts::TheAuthority);
    let keys = bench.scene.redis().keys();
    let ended = bench.doctor(&["--format", "json"]);
    let answer = ended.json();
    assert_eq!(ended.code, 0, "{answer:#}");
    assert_eq!(
        (&answer["failed"], &answer["warnings"]),
        (&json!(0), &json!(0)),
        "{answer:#}"
    );
    let good: Vec<String> = findings(&answer, "ok")
        .into_iter()
        .map(|[_, what, ..]| what)
        .collect();
    for what in [
        "DNS",
        "TLS",
        "clock",
        "discovery",
        "keys",
        "scopes",
        "login request",
        "Redis",
        "HTTP",
    ] {
        assert!(good.iter().any(|each| each == what), "{what}: {answer:#}");
    }
    assert_eq!(bench.scene.redis().keys(), keys);
    assert_eq!(bench.scene.provider.requests_to("/token").len(), 0);
}

#[test]
fn what_is_sent_and_what_is_printed_is_what_a_login_sends() {
    let bench = Bench::healthy();
    let answer = bench.doctor(&["--format", "json"]).json();
    let asked = bench.scene.provider.requests_to("/authorize").remove(0);
    let names: Vec<String> = form_urlencoded::parse(asked.query.as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect();
    assert_eq!(names, CLOSED_LIST);
    let printed = findings(&answer, "not_judged");
    for (what, path) in [
        ("redirect URI", "/_guichet/callback"),
        ("post-logout URI", "/_guichet/logged-out"),
    ] {
        let uri = bench.scene.url(path);
        let is_printed = |found: &[String; 4]| found[1] == what && found[2] == uri;
        assert!(printed.iter().any(is_printed), "{printed:?}");
    }
}

#[test]
fn what_is_told_without_a_verdict_is_told_apart() {
    let bench = Bench::healthy();
    let out = bench.doctor(&[]).out;
    for line in [
        "· TLS                none: the site is for this machine alone, in plain http\n",
        "· client secret      whether the provider takes it is told at the first login only",
        "\n(· is told, and not judged)\n",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
}

#[test]
fn one_provider_is_looked_at_alone() {
    let bench = Bench::healthy();
    let one = bench.doctor(&["--provider", "fc"]);
    assert_eq!(one.code, 0);
    assert!(
        one.out.contains("providers.fc") && !one.out.contains("session store"),
        "{}",
        one.out
    );
    assert_eq!(bench.doctor(&["--provider", "autre"]).code, 2);
}

#[test]
fn a_proxy_of_the_environment_is_named_and_not_used() {
    let mut bench = Bench::healthy();
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    bench.variables.push(("HTTPS_PROXY", address));
    let ended = bench.doctor(&["--format", "json"]);
    assert_eq!(ended.code, 0, "{}", ended.out);
    let warnings = findings(&ended.json(), "warning");
    let [[section, _, seen, mend]] = &warnings[..] else {
        panic!("{warnings:?}");
    };
    assert_eq!(section, "configuration");
    assert!(seen.contains("C118") && seen.contains("HTTPS_PROXY"), "{seen}");
    assert!(mend.contains("[outbound]"), "{mend}");
    assert!(proxy.accept().is_err(), "nobody came");
}

#[test]
fn the_provider_is_looked_at_through_the_proxy_and_the_rest_is_not() {
    let mut bench = Bench::healthy();
    let proxy = Tinyproxy::start();
    bench.over_tls(LOCALHOST, LONG, Trusts::TheAuthority);
    bench.replace(
        "[outbound]\n",
        &format!("[outbound]\nproxy = \"{}\"\n", proxy.url()),
    );
    let ended = bench.doctor(&["--format", "json"]);
    let answer = ended.json();
    assert_eq!((ended.code, &answer["warnings"]), (0, &json!(0)), "{answer:#}");
    let unjudged = findings(&answer, "not_judged");
    let dns = unjudged.iter().find(|found| found[1] == "DNS").unwrap();
    assert!(
        dns[0].starts_with("providers.fc") && dns[2].contains("proxy"),
        "{dns:?}"
    );
    let provider = bench
        .scene
        .provider
        .issuer()
        .trim_start_matches("https://")
        .trim_end_matches("/api/v2");
    let tunnels = proxy.requests();
    assert!(!tunnels.is_empty());
    for tunnel in tunnels {
        assert!(tunnel.starts_with(&format!("CONNECT {provider}")), "{tunnel}");
    }
}

#[test]
fn a_configuration_with_mistakes_is_3_and_nobody_is_asked() {
    let mut bench = Bench::healthy();
    bench.replace("client_id = \"tests\"", "client_idd = \"tests\"");
    let ended = bench.doctor(&[]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("error[C003]"), "{}", ended.err);
    assert!(bench.scene.provider.requests().is_empty());
}
