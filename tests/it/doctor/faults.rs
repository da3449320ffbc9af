//! One thing wrong: the doctor names it, says what mends it, looks at the rest all the same, and ends with 4.

use serde_json::json;

use super::bench::Bench;
use super::bench::Trusts;
use super::bench::findings;
use crate::case;
use crate::cases;
use crate::support::authority::EXPIRED;
use crate::support::authority::LOCALHOST;
use crate::support::authority::LONG;
use crate::support::scene::CLIENT_SECRET;

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

case!(Fault);

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
            breaks: |bench| bench.over_tls(LOCALHOST, LONG, Trusts::OnlyTheMachine),
            at: ("providers.fc", "TLS"),
            seen: "nobody whom this machine trusts vouches for the certificate: for localhost, 127.0.0.1, by \"CN=authority\"",
            mend: "install the issuer's root",
        },
        Fault {
            ids: &[],
            sentence: "a certificate that has expired",
            breaks: |bench| bench.over_tls(LOCALHOST, EXPIRED, Trusts::TheAuthority),
            at: ("providers.fc", "TLS"),
            seen: "the certificate has expired: for localhost, 127.0.0.1, by \"CN=authority\", until 2021-01-01T00:00:00Z",
            mend: "renews its certificate",
        },
        Fault {
            ids: &[],
            sentence: "a certificate for another name",
            breaks: |bench| bench.over_tls("DNS:autre.example", LONG, Trusts::TheAuthority),
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
            breaks: |bench| bench.with_own_certificate(LOCALHOST, EXPIRED),
            at: ("listener", "TLS"),
            seen: "the certificate expired on 2021-01-01T00:00:00Z: for localhost",
            mend: "guichet reload",
        },
        Fault {
            ids: &[],
            sentence: "a certificate of the gateway itself for another host",
            breaks: |bench| bench.with_own_certificate("DNS:*.localhost", LONG),
            at: ("listener", "TLS"),
            seen: "the certificate is not for `localhost`: for *.localhost",
            mend: "names every host",
        },
        Fault {
            ids: &[],
            sentence: "a Redis that drops sessions",
            breaks: |bench| {
                let redis = bench.scene.redis();
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
                bench.over_tls(LOCALHOST, LONG, Trusts::OnlyTheMachine);
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
                let url = bench.scene.redis().url();
                let url = url.replace("redis://", "redis://guichet:not-this-one@");
                bench.scene.gateway.place().secret("redis_url", &url);
            },
            at: ("session store", "Redis"),
            seen: "refused the gateway's credentials",
            mend: "session.redis.url",
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
