//! `guichet doctor` beside real services with one thing wrong: it names it, says what mends it, and ends with 4.

use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::cases;
use crate::support::certificates::Authority;
use crate::support::certificates::Certificate;
use crate::support::command::Ended;
use crate::support::command::guichet_with;
use crate::support::provider::Alg;
use crate::support::provider::Client;
use crate::support::provider::Provider;
use crate::support::redis::Durability;
use crate::support::redis::Options;
use crate::support::redis::Redis;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::table::Case;
use crate::support::tinyproxy::Tinyproxy;

/// One thing wrong, and what is said about it.
struct Fault {
    ids: &'static [&'static str],
    sentence: &'static str,
    breaks: fn(&mut Bench),
    /// The section and the name of the one finding that failed.
    at: (&'static str, &'static str),
    /// What was seen.
    seen: &'static str,
    /// What is to be done.
    mend: &'static str,
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence)
    }
}

impl Case for Fault {
    fn ids(&self) -> &'static [&'static str] {
        self.ids
    }

    fn sentence(&self) -> &'static str {
        self.sentence
    }
}

/// A healthy scene with its configuration, and what is changed before the doctor looks.
struct Bench {
    scene: Scene,
    text: String,
    variables: Vec<(&'static str, String)>,
    /// Kept until the doctor has looked.
    authorities: Vec<TempDir>,
}

impl Bench {
    /// What an ordinary scene has that deserves a second look is mended: every claim that is asked for is told, no route is
    /// public, Redis keeps a log.
    fn healthy() -> Self {
        let redis = Redis::start_with(Options {
            durability: Durability::AppendOnlyEverySync,
            ..Options::default()
        });
        let scene = Scene::start_on(Some(redis), Alg::Es256, |_, usual| {
            usual
                .replace(r#", "idp_birthdate"]"#, "]")
                .replace(r#"access = "public""#, r#"access = "optional""#)
        });
        let path = scene.gateway.place().folder().join("guichet.toml");
        Self {
            text: std::fs::read_to_string(path).unwrap(),
            scene,
            variables: Vec::new(),
            authorities: Vec::new(),
        }
    }

    fn replace(&mut self, from: &str, to: &str) {
        assert!(self.text.contains(from), "{from}");
        self.text = self.text.replace(from, to);
    }

    fn issuer(&mut self, issuer: &str) {
        let own = self.scene.provider.issuer().to_owned();
        self.replace(&own, issuer);
    }

    /// A certificate of an authority of its own, and the file that vouches for it.
    fn certified(&mut self, name: &str, validity: Validity) -> (Certificate, PathBuf) {
        let folder = TempDir::new().unwrap();
        let authority = Authority::new(folder.path());
        let certificate = match validity {
            Validity::Now => authority.certify("server", name),
            Validity::Ended => authority.certify_in_the_past("server", name),
        };
        self.authorities.push(folder);
        (certificate, authority.file())
    }

    /// A provider at `https://localhost`, with this certificate.
    fn over_tls(&mut self, name: &str, validity: Validity, trusts: Trusts) {
        let (certificate, authority) = self.certified(name, validity);
        let provider = Provider::start_over_tls(Alg::Es256, &certificate);
        self.issuer(provider.issuer());
        self.scene.provider = provider;
        let callback = self.callback();
        self.registered(&callback, &json!({}));
        if trusts == Trusts::TheAuthority {
            self.outbound(&format!("ca_file = {authority:?}"));
        }
    }

    fn outbound(&mut self, line: &str) {
        self.replace("[session]\n", &format!("[outbound]\n{line}\n\n[session]\n"));
    }

    /// The gateway shows this certificate itself.
    fn with_own_certificate(&mut self, name: &str, validity: Validity) {
        self.certified(name, validity);
        let folder = self.authorities.last().unwrap().path();
        let (chain, key) = (folder.join("server.crt"), folder.join("server.key"));
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        let tls = format!("[server]\ntls = {{ cert_file = {chain:?}, key_file = {key:?} }}\n");
        self.replace("[server]\n", &tls);
        self.replace("public_url = \"http://", "public_url = \"https://");
        let callback = self.callback().replacen("http://", "https://", 1);
        self.registered(&callback, &json!({ "application_type": "web" }));
    }

    /// The client as the provider knows it, otherwise.
    fn registered(&self, redirect_uri: &str, more: &Value) {
        self.scene.provider.register_with(
            &Client {
                id: "tests",
                secret: CLIENT_SECRET,
                redirect_uris: &[redirect_uri.to_owned()],
                post_logout_redirect_uris: &[],
            },
            more,
        );
    }

    fn callback(&self) -> String {
        self.scene.url("/_guichet/callback")
    }

    fn doctor(&self, arguments: &[&str]) -> Ended {
        let path = self.scene.gateway.place().folder().join("examined.toml");
        std::fs::write(&path, &self.text).unwrap();
        let variables: Vec<(&str, &str)> = self
            .variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        guichet_with(&path, &[&["doctor"], arguments].concat(), &variables, "")
    }
}

/// Whether a certificate is of our time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Validity {
    Now,
    Ended,
}

/// Who is told about the authority.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trusts {
    TheAuthority,
    OnlyTheMachine,
}

/// Section, name, what was seen and the mend of every finding with this verdict.
fn findings(answer: &Value, verdict: &str) -> Vec<[String; 4]> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let sections = answer["sections"].as_array().unwrap();
    let all = sections.iter().flat_map(|section| {
        let findings = section["findings"].as_array().unwrap().iter();
        findings.map(move |finding| (section, finding))
    });
    all.filter(|(_, finding)| finding["verdict"] == verdict)
        .map(|(section, finding)| {
            [
                &section["about"],
                &finding["what"],
                &finding["seen"],
                &finding["mend"],
            ]
            .map(text)
        })
        .collect()
}

fn is_found(fault: &Fault) {
    let mut bench = Bench::healthy();
    (fault.breaks)(&mut bench);
    let ended = bench.doctor(&["--format", "json"]);
    assert_eq!(ended.code, 4, "{}{}", ended.out, ended.err);
    let answer = ended.json();
    let failed = findings(&answer, "failed");
    let [[section, what, seen, mend]] = &failed[..] else {
        panic!("{failed:#?}");
    };
    assert!(section.starts_with(fault.at.0), "{section}");
    assert_eq!(what, fault.at.1);
    assert!(seen.contains(fault.seen), "{seen}");
    assert!(mend.contains(fault.mend), "{mend}");
    // The rest was looked at all the same.
    for section in ["configuration", "providers.fc", "session store", "apps.urbanisme"] {
        let looked_at = |verdict| {
            findings(&answer, verdict)
                .iter()
                .any(|found| found[0].starts_with(section))
        };
        assert!(looked_at("ok") || looked_at("failed"), "{section}: {answer:#}");
    }
    let human = bench.doctor(&[]);
    assert_eq!(human.code, 4);
    assert!(
        human.out.contains(&format!("✘ {what}")) && human.out.contains(&format!("mend: {mend}")),
        "{}",
        human.out
    );
    assert!(!human.out.contains(CLIENT_SECRET) && !human.err.contains(CLIENT_SECRET));
}

cases! {
    Fault, run = is_found, rows = [
        Fault {
            ids: &[],
            sentence: "a name that leads nowhere",
            breaks: |bench| {
                bench.replace(r#"environment = "simulated""#, r#"environment = "sandbox""#);
                bench.issuer("https://fcp-low.invalid/api/v2");
            },
            at: ("providers.fc", "DNS"),
            seen: "fcp-low.invalid leads nowhere",
            mend: "compare the name",
        },
        Fault {
            ids: &[],
            sentence: "a certificate for which nobody vouches",
            breaks: |bench| bench.over_tls("localhost", Validity::Now, Trusts::OnlyTheMachine),
            at: ("providers.fc", "TLS"),
            seen: "nobody whom this machine trusts vouches for the certificate: for localhost, 127.0.0.1, by \"CN=tests\"",
            mend: "install the issuer's root",
        },
        Fault {
            ids: &[],
            sentence: "a certificate that has expired",
            breaks: |bench| bench.over_tls("localhost", Validity::Ended, Trusts::TheAuthority),
            at: ("providers.fc", "TLS"),
            seen: "the certificate has expired: for localhost, by \"CN=tests\", until 2020-02-01T00:00:00Z",
            mend: "renews its certificate",
        },
        Fault {
            ids: &[],
            sentence: "a certificate for another name",
            breaks: |bench| bench.over_tls("autre.example", Validity::Now, Trusts::TheAuthority),
            at: ("providers.fc", "TLS"),
            seen: "for other names: for autre.example",
            mend: "compare the address",
        },
        Fault {
            ids: &[],
            sentence: "a clock that is ten minutes ahead",
            breaks: |bench| bench.scene.provider.clock_ahead(std::time::Duration::from_mins(10)),
            at: ("providers.fc", "clock"),
            seen: "s behind the provider's; 60 s are allowed",
            mend: "chronyc",
        },
        Fault {
            ids: &[],
            sentence: "a discovery document of another issuer",
            breaks: |bench| bench.scene.provider.lie(&json!({
                "target": "discovery", "times": 0, "json": [{ "set": "issuer", "to": "https://autre.example/api/v2" }],
            })),
            at: ("providers.fc", "discovery"),
            seen: "names the issuer `https://autre.example/api/v2`",
            mend: "write `issuer` letter by letter",
        },
        Fault {
            ids: &[],
            sentence: "a provider without a key for the pinned algorithm",
            breaks: |bench| {
                let other = bench.scene.provider.keys()["own"]["RS256"].clone();
                bench.scene.provider.lie(&json!({
                    "target": "jwks", "times": 0, "json": [{ "set": "keys", "to": [other] }],
                }));
            },
            at: ("providers.fc", "keys"),
            seen: "none of the provider's keys is for ES256",
            mend: "signing_alg",
        },
        Fault {
            ids: &["F020"],
            sentence: "a client of the other sandbox",
            breaks: |bench| {
                bench.replace(r#"environment = "simulated""#, r#"environment = "sandbox""#);
                bench.replace(r#"client_id = "tests""#, r#"client_id = "of-the-other-one""#);
            },
            at: ("providers.fc", "login request"),
            seen: "has no client `of-the-other-one` (error page Y04EA6EF)",
            mend: "https://fcp-low.integ01.dev-franceconnect.fr/api/v2\" knows older clients",
        },
        Fault {
            ids: &[],
            sentence: "a redirect URI that is not registered",
            breaks: |bench| bench.registered("https://autre.example/callback", &json!({})),
            at: ("providers.fc", "login request"),
            seen: "the client has not registered http://localhost:",
            mend: "register it at the provider",
        },
        Fault {
            ids: &[],
            sentence: "a scope that is not granted",
            breaks: |bench| {
                let callback = bench.callback();
                bench.registered(&callback, &json!({ "scope": "openid email" }));
            },
            at: ("providers.fc", "login request"),
            seen: "invalid_scope: scope identite_pivot",
            mend: "ask the provider to grant the scope",
        },
        Fault {
            ids: &[],
            sentence: "a certificate of the gateway itself that has expired",
            breaks: |bench| bench.with_own_certificate("localhost", Validity::Ended),
            at: ("listener", "TLS"),
            seen: "the certificate expired on 2020-02-01T00:00:00Z: for localhost",
            mend: "guichet reload",
        },
        Fault {
            ids: &[],
            sentence: "a certificate of the gateway itself for another host",
            breaks: |bench| bench.with_own_certificate("*.localhost", Validity::Now),
            at: ("listener", "TLS"),
            seen: "the certificate is not for `localhost`: for *.localhost",
            mend: "names every host",
        },
        Fault {
            ids: &[],
            sentence: "a Redis that drops sessions",
            breaks: |bench| {
                let redis = bench.scene.redis.as_ref().unwrap();
                redis.ask(&[b"CONFIG", b"SET", b"maxmemory", b"100mb"]);
                redis.ask(&[b"CONFIG", b"SET", b"maxmemory-policy", b"allkeys-lru"]);
            },
            at: ("session store", "Redis"),
            seen: "the eviction policy is allkeys-lru: Redis drops sessions",
            mend: "set maxmemory-policy noeviction",
        },
        Fault {
            ids: &[],
            sentence: "a proxy that is away",
            breaks: |bench| {
                bench.over_tls("localhost", Validity::Now, Trusts::OnlyTheMachine);
                bench.outbound("proxy = \"http://127.0.0.1:1\"");
            },
            at: ("providers.fc", "TLS"),
            seen: "no tunnel through the proxy",
            mend: "does the network let this machine through",
        },
        Fault {
            ids: &[],
            sentence: "a password that Redis does not know",
            breaks: |bench| {
                let url = bench.scene.redis.as_ref().unwrap().url();
                let url = url.replace("redis://", "redis://guichet:not-this-one@");
                bench.scene.gateway.place().secret("redis_url", &url);
            },
            at: ("session store", "Redis"),
            seen: "refused the gateway's credentials",
            mend: "session.redis.url",
        },
        Fault {
            ids: &[],
            sentence: "a Redis that drops sessions when it is full",
            breaks: |bench| {
                let redis = bench.scene.redis.as_ref().unwrap();
                redis.ask(&[b"CONFIG", b"SET", b"maxmemory", b"100mb"]);
                redis.ask(&[b"CONFIG", b"SET", b"maxmemory-policy", b"allkeys-lru"]);
            },
            at: ("session store", "Redis"),
            seen: "allkeys-lru: Redis drops sessions",
            mend: "maxmemory-policy noeviction",
        },
        Fault {
            ids: &[],
            sentence: "an application that is down",
            breaks: |bench| bench.scene.application.stop(),
            at: ("apps.urbanisme", "HTTP"),
            seen: "no connection to the application",
            mend: "is the application running",
        },
    ]
}

#[test]
fn where_all_is_well_everything_is_good_and_nothing_changed() {
    let mut bench = Bench::healthy();
    bench.over_tls("localhost", Validity::Now, Trusts::TheAuthority);
    let keys = bench.scene.redis.as_ref().unwrap().keys();
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
    assert_eq!(bench.scene.redis.as_ref().unwrap().keys(), keys);
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
    assert_eq!(
        names,
        [
            "client_id",
            "response_type",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "acr_values"
        ]
    );
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
    bench.over_tls("localhost", Validity::Now, Trusts::TheAuthority);
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
