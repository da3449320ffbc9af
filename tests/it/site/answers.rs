//! What protects our own answers (area O). `T401` and `T413` are in `seen`.

use std::collections::BTreeSet;

use super::https::at_host;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::provider::ZOE;
use crate::support::raw::Answer;
use crate::support::signed_in::SignedIn;
use crate::support::steps::raw;
use crate::support::steps::to_the_callback;
use crate::support::table::Proof;
use crate::support::table::on;

/// Pages of ours, one of each kind: request line, whether Zoé asks, and the status.
const PAGES: [(&str, Who, u16); 9] = [
    ("GET /_guichet/login?return_to=/dossier", Who::Nobody, 200),
    ("GET /_guichet/logout", Who::Zoe, 200),
    ("GET /_guichet/logout", Who::Nobody, 200),
    ("GET /_guichet/logged-out", Who::Nobody, 200),
    ("GET /_guichet/callback?code=x&state=y", Who::Nobody, 400),
    ("GET /_guichet/none", Who::Nobody, 404),
    ("PUT /_guichet/login", Who::Nobody, 405),
    ("GET //twice", Who::Nobody, 400),
    ("TRACE /dossier", Who::Nobody, 405),
];
/// Documents and files of ours.
const DOCUMENTS: [(&str, &str); 3] = [
    ("/_guichet/jwks.json", "application/jwk-set+json"),
    ("/_guichet/rp-jwks.json", "application/jwk-set+json"),
    ("/_guichet/sector-identifier.json", "application/json"),
];
const ENDPOINTS: [&str; 8] = [
    "/_guichet/login",
    "/_guichet/login/fc",
    "/_guichet/callback",
    "/_guichet/logout",
    "/_guichet/logged-out",
    "/_guichet/jwks.json",
    "/_guichet/rp-jwks.json",
    "/_guichet/sector-identifier.json",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Zoe,
    Nobody,
}

fn asks(zoe: &SignedIn, line: &str, who: Who, lines: &str) -> Answer {
    match who {
        Who::Zoe => zoe.ask(line, format!("Cookie: {}\r\n{lines}", zoe.cookie)),
        Who::Nobody => zoe.ask(line, lines),
    }
}

/// The sheet and the script, as the chooser names them.
fn assets(zoe: &SignedIn) -> Vec<String> {
    let chooser = zoe.ask("GET /_guichet/login", "").text();
    let after = chooser.split("/_guichet/assets/").skip(1);
    let names: Vec<String> = after
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), 2, "{chooser}");
    names
        .iter()
        .map(|name| format!("/_guichet/assets/{name}"))
        .collect()
}

fn words_of_an_error(zoe: &SignedIn) {
    let words = "error_description=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&error_uri=javascript:alert(1)";
    let codes = [
        "access_denied",
        "server_error",
        "%3C%2Ftitle%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    ];
    for code in codes {
        let browser = Browser::new();
        let callback = to_the_callback(&zoe.scene, &browser, "/dossier", ZOE);
        let (_, query) = callback.split_once('?').unwrap();
        let pairs = form_urlencoded::parse(query.as_bytes());
        let kept: Vec<(String, String)> = pairs.into_owned().filter(|(name, _)| name != "code").collect();
        let kept = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .finish();
        for query in [
            format!("error={code}&{words}&{kept}"),
            format!("error={code}&{words}&state=unknown"),
            format!("error={code}&{words}"),
        ] {
            let page = browser.open(&zoe.scene.url(&format!("/_guichet/callback?{query}")));
            let text = page.text().to_lowercase();
            for word in ["onerror", "javascript:", "<script>", "alert(1)", "%3cimg", "<img"] {
                assert!(!text.contains(word), "{query}: {word} in {text}");
            }
            for hop in &page.hops {
                assert!(
                    !String::from_utf8_lossy(&hop.answer.head).contains("alert"),
                    "{query}"
                );
            }
        }
    }
}

fn protection_of_pages(zoe: &SignedIn) {
    let issuer = zoe.scene.provider.issuer().trim_end_matches("/api/v2").to_owned();
    for (line, who, status) in PAGES {
        let answer = asks(zoe, line, who, "");
        assert_eq!(answer.status, status, "{line}");
        let script = if line.contains("/login?") {
            " script-src 'self';"
        } else {
            ""
        };
        let provider = if (line, who) == ("GET /_guichet/logout", Who::Zoe) {
            format!(" {issuer}")
        } else {
            String::new()
        };
        let policy = format!(
            "default-src 'none'; style-src 'self';{script} img-src 'self'; form-action 'self'{provider}; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        for (name, value) in [
            ("content-security-policy", policy.as_str()),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
            ("cache-control", "no-store"),
            ("vary", "Accept-Language, Cookie"),
            ("content-language", "fr"),
        ] {
            assert_eq!(answer.fields(name), [value], "{line}: {name}");
        }
    }
}

fn methods(zoe: &SignedIn) {
    let mut paths: Vec<String> = ENDPOINTS.map(str::to_owned).to_vec();
    paths.extend(assets(zoe));
    zoe.scene.application.forget();
    for path in &paths {
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"] {
            let answer = asks(
                zoe,
                &format!("{method} {path}"),
                Who::Zoe,
                "Content-Length: 0\r\n",
            );
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
            let allow = answer.field("allow").unwrap();
            assert!(
                allow.split(", ").any(|each| each == "GET"),
                "{method} {path}: {allow}"
            );
            // TRACE is refused before anybody asks whose path it is.
            assert!(
                method == "TRACE" || !allow.contains(method),
                "{method} {path}: {allow}"
            );
        }
    }
    zoe.is_still_signed_in();
}

fn media_types(zoe: &SignedIn) {
    for (line, who, _) in PAGES {
        let answer = asks(zoe, line, who, "");
        assert_eq!(
            answer.fields("content-type"),
            ["text/html; charset=utf-8"],
            "{line}"
        );
    }
    for (path, media_type) in DOCUMENTS {
        assert_eq!(
            zoe.ask(&format!("GET {path}"), "").fields("content-type"),
            [media_type]
        );
    }
    for (path, media_type) in assets(zoe)
        .iter()
        .zip(["text/css; charset=utf-8", "text/javascript; charset=utf-8"])
    {
        assert_eq!(
            zoe.ask(&format!("GET {path}"), "").fields("content-type"),
            [media_type]
        );
    }
    let redirect = zoe.ask("GET /dossier", "");
    assert_eq!(
        (
            redirect.status,
            redirect.field("content-type"),
            redirect.body.len()
        ),
        (303, None, 0)
    );
    for (line, status) in [
        ("GET /dossier", 401),
        ("POST /dossier", 401),
        ("GET /_guichet/none", 404),
        ("PUT /_guichet/logout", 405),
    ] {
        for asker in [
            "Accept: application/json\r\n",
            "Sec-Fetch-Mode: cors\r\n",
            "X-Requested-With: XMLHttpRequest\r\n",
        ] {
            let answer = zoe.ask(line, format!("{asker}Content-Length: 0\r\n"));
            assert_eq!(answer.status, status, "{line} {asker}");
            assert_eq!(
                answer.fields("content-type"),
                ["application/problem+json"],
                "{line} {asker}"
            );
            assert_eq!(answer.json()["status"], status, "{line}");
        }
    }
}

fn other_origins(zoe: &SignedIn) {
    let mut paths: Vec<String> = ENDPOINTS.map(str::to_owned).to_vec();
    paths.extend(assets(zoe));
    paths.push("/dossier".to_owned());
    for path in paths {
        for line in [format!("GET {path}"), format!("OPTIONS {path}")] {
            let fields = "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\nAccess-Control-Request-Method: GET\r\n";
            for who in [Who::Nobody, Who::Zoe] {
                if who == Who::Zoe && path == "/dossier" {
                    continue; // The application's own affair.
                }
                let answer = asks(zoe, &line, who, fields);
                let head = String::from_utf8_lossy(&answer.head).to_lowercase();
                assert!(!head.contains("access-control-"), "{line}: {head}");
            }
        }
    }
}

fn strange_languages(zoe: &SignedIn) {
    for lines in [
        "Accept-Language: <script>alert(1)</script>\r\n",
        "Accept-Language: en\"><script>\r\n",
        "Cookie: guichet-lang=<script>alert(1)</script>\r\n",
        "Accept-Language: ../../etc/passwd, xx;q=9\r\n",
    ] {
        for line in [
            "GET /_guichet/login",
            "GET /_guichet/none",
            "GET /_guichet/logged-out",
        ] {
            let answer = zoe.ask(line, lines);
            assert_eq!(answer.fields("content-language"), ["fr"], "{lines}");
            let text = answer.text();
            assert!(
                text.contains("<html lang=\"fr\">") && !text.contains("alert("),
                "{lines}: {text}"
            );
            assert!(
                !text.contains("<script>") && !text.contains("passwd"),
                "{lines}: {text}"
            );
        }
    }
    let asked = zoe.ask("GET /_guichet/login?lang=%3Cscript%3E%22", "");
    assert_eq!(asked.fields("content-language"), ["fr"]);
    assert!(
        asked.fields("set-cookie").is_empty() && !asked.text().contains("%3Cscript"),
        "{}",
        asked.text()
    );
}

fn only_the_head(zoe: &SignedIn) {
    let comparable = |answer: &Answer| {
        let fields = answer
            .fields
            .iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("date"));
        fields
            .map(|(name, value)| (name.to_lowercase(), value.clone()))
            .collect::<BTreeSet<_>>()
    };
    for (line, who) in [
        ("/_guichet/login?return_to=/dossier", Who::Nobody),
        ("/_guichet/logout", Who::Zoe),
        ("/_guichet/logged-out", Who::Nobody),
        ("/_guichet/jwks.json", Who::Nobody),
        ("/_guichet/sector-identifier.json", Who::Nobody),
    ] {
        let (get, head) = (
            asks(zoe, &format!("GET {line}"), who, ""),
            asks(zoe, &format!("HEAD {line}"), who, ""),
        );
        assert_eq!(
            (get.status, comparable(&get)),
            (head.status, comparable(&head)),
            "{line}"
        );
        assert!(head.body.is_empty() && !get.body.is_empty(), "{line}");
    }
    zoe.is_still_signed_in();
    // What would begin or spend an attempt is not done for a HEAD.
    let browser = Browser::new();
    let callback = to_the_callback(&zoe.scene, &browser, "/dossier", ZOE);
    zoe.scene.provider.reset();
    let path = callback.trim_start_matches(&zoe.scene.url("")).to_owned();
    for line in [path.as_str(), "/_guichet/login/fc"] {
        let answer = raw(&zoe.scene, &browser, ("HEAD", line), "");
        assert_eq!(
            (answer.status, answer.field("allow")),
            (405, Some("GET")),
            "{line}"
        );
        assert!(answer.fields("set-cookie").is_empty());
    }
    assert!(zoe.scene.provider.requests().is_empty());
    assert_eq!(
        raw(&zoe.scene, &browser, ("GET", &path), "").field("location"),
        Some("/dossier")
    );
    let host = zoe.host();
    assert_eq!(
        at_host(&zoe.scene, &host, "HEAD /dossier", "Connection: close\r\n").status,
        303
    );
}

cases! {
    Proof<SignedIn>,
    run = on(SignedIn::start()),
    rows = [
        Proof { ids: &["T398"], sentence: "nothing that an error says is repeated", holds: words_of_an_error },
        Proof { ids: &["T399"], sentence: "every page is kept from frames, caches and foreign code", holds: protection_of_pages },
        Proof { ids: &["T406"], sentence: "an endpoint says which methods it knows", holds: methods },
        Proof { ids: &["T407"], sentence: "every answer says what it is", holds: media_types },
        Proof { ids: &["T408"], sentence: "no other origin reads an answer of ours", holds: other_origins },
        Proof { ids: &["T410"], sentence: "a language is one of two", holds: strange_languages },
        Proof { ids: &["T412"], sentence: "HEAD is GET without a body, and spends nothing", holds: only_the_head },
    ]
}
