//! Traefik cannot be installed from a package registry, so it is not started: its question is replayed as its documentation
//! describes it, and the answer used as that says, with the lists of the shipped file.

use super::stage::SECRET;
use super::stage::Stage;
use crate::support::jws::claims;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::raw::Answer;
use crate::support::raw::RawClient;
use crate::support::repository::text_of;

type Fields = Vec<(String, String)>;

/// What the shipped file says, as far as the replay needs it.
struct Configured {
    address: String,
    /// Set on the request before the question; empty ones are taken away.
    before: Fields,
    /// The same after it.
    after: Fields,
    /// Deleted, then copied from the answer.
    copied: Vec<String>,
}

impl Configured {
    fn shipped() -> Self {
        let text = text_of("deploy/forward-auth/traefik/dynamic.yml");
        let below = |start: &str| {
            let (_, rest) = text
                .split_once(&format!("\n{start}\n"))
                .unwrap_or_else(|| panic!("no {start:?}"));
            let depth = |line: &str| line.len() - line.trim_start().len();
            let least = depth(rest);
            rest.lines()
                .take_while(|line| depth(line) >= least)
                .map(|line| line.trim().to_owned())
                .collect::<Vec<_>>()
        };
        let headers = |middleware: &str| {
            let lines = below(&format!(
                "    {middleware}:\n      headers:\n        customRequestHeaders:"
            ));
            let pair = |line: &String| {
                let (name, value) = line.split_once(": ").unwrap();
                let value = value
                    .trim_matches(['"', '\''])
                    .replace("{{ env \"FORWARD_AUTH_SECRET\" }}", SECRET);
                (name.to_owned(), value)
            };
            let fields = lines.iter().filter(|line| !line.starts_with('#'));
            fields.map(pair).collect::<Fields>()
        };
        assert!(text.contains("middlewares: [question, guichet, answered]"));
        let address = text.split_once("address: \"http://127.0.0.1:8080").unwrap().1;
        Self {
            address: address.split('"').next().unwrap().to_owned(),
            before: headers("question"),
            after: headers("answered"),
            copied: below("        authResponseHeaders:")
                .iter()
                .map(|line| line.replace("- ", ""))
                .collect(),
        }
    }

    /// A GET with the browser's fields, and the five that Traefik writes itself because `trustForwardHeader` is off.
    fn question(&self, stage: &Stage, (method, uri): (&str, &str), browser: &Fields) -> Answer {
        let mut fields = browser.clone();
        set(&mut fields, &self.before);
        let host = stage.scene.host();
        for (name, value) in [
            ("X-Forwarded-Method", method),
            ("X-Forwarded-Proto", "http"),
            ("X-Forwarded-Host", &host),
            ("X-Forwarded-Uri", uri),
            ("X-Forwarded-For", "198.51.100.7"),
        ] {
            set(&mut fields, &vec![(name.to_owned(), value.to_owned())]);
        }
        let lines = fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect::<Vec<_>>()
            .concat();
        let words = format!(
            "GET {} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: Go-http-client/1.1\r\n{lines}Accept-Encoding: gzip\r\n\r\n",
            self.address
        );
        stage.send(&mut RawClient::connect(stage.scene.gateway.address()), &words)
    }

    /// The fields that the application gets after a 200.
    fn forwarded(&self, browser: &Fields, answer: &Answer) -> Fields {
        let mut fields = browser.clone();
        // aliasHeadersStrategy: delete
        fields.retain(|(name, _)| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
        set(&mut fields, &self.before);
        for name in &self.copied {
            fields.retain(|(each, _)| !each.eq_ignore_ascii_case(name));
            fields.extend(
                answer
                    .fields(name)
                    .into_iter()
                    .map(|value| (name.clone(), value.to_owned())),
            );
        }
        set(&mut fields, &self.after);
        fields
    }
}

/// As `customRequestHeaders` does: replaced, or taken away where there is nothing to say.
fn set(fields: &mut Fields, said: &Fields) {
    for (name, value) in said {
        fields.retain(|(each, _)| !each.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            fields.push((name.clone(), value.clone()));
        }
    }
}

fn browser(stage: &Stage, more: &[(&str, &str)]) -> Fields {
    let usual = [
        ("Accept", "text/html"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Connection", "Upgrade"),
    ];
    let fields = usual.iter().chain(more);
    fields
        .map(|(name, value)| ((*name).to_owned(), value.replace("{session}", &stage.cookie)))
        .collect()
}

#[test]
fn the_documented_question_is_answered_and_the_documented_copy_overwrites_what_a_browser_forged() {
    let (stage, traefik, people) = (Stage::start(), Configured::shipped(), people());
    let forged = [
        ("X-Guichet-Sub", "evil"),
        ("X_Guichet_Sub", "evil"),
        ("X.Guichet.Sub", "evil"),
        ("X-Guichet-Assertion", "evil"),
        ("X-Guichet-Email", "evil"),
        ("X-Request-Id", "evil"),
        ("X-Forward-Auth-Secret", "evil"),
        ("X-Forwarded-Uri", "/public"),
        ("Remote-User", "evil"),
        ("X-User-Id", "evil"),
        ("X-WEBAUTH-USER", "evil"),
        ("X-Original-URL", "http://evil.example/public"),
        ("Cookie", "a=1; {session}; b=2"),
    ];
    let fields = browser(&stage, &forged);
    let answer = traefik.question(&stage, ("POST", "/dossier?x=1"), &fields);
    assert_eq!(answer.status, 200, "{}", answer.text());
    // Whatever the answer says is in the list: else the browser's own field would pass.
    for (name, _) in &answer.fields {
        let is_told = name.starts_with("x-") || name == "cookie";
        let is_copied = traefik
            .copied
            .iter()
            .any(|copied| copied.eq_ignore_ascii_case(name));
        assert_eq!(is_told, is_copied, "{name}");
    }
    let arrives = traefik.forwarded(&fields, &answer);
    let values = |name: &str| {
        let values = arrives.iter().filter(|(each, _)| each.eq_ignore_ascii_case(name));
        values.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(values("x-guichet-sub"), [people[ZOE]["sub"].as_str().unwrap()]);
    assert_eq!(
        claims(values("x-guichet-assertion")[0])["sub"],
        people[ZOE]["sub"]
    );
    assert_eq!(values("cookie"), ["a=1; b=2"]);
    let shown = format!("{arrives:?}").to_lowercase();
    for word in ["evil", "x-forward-auth", "x-forwarded-uri"] {
        assert!(!shown.contains(word), "{word} in {shown}");
    }

    // On a public page nothing is known, so nothing is left of it.
    let answer = traefik.question(&stage, ("GET", "/public/logo"), &fields);
    let arrives = traefik.forwarded(&fields, &answer);
    let told = arrives
        .iter()
        .filter(|(name, value)| name.to_lowercase().starts_with("x-guichet") && !value.is_empty());
    assert_eq!((answer.status, told.count()), (200, 0));
}

#[test]
fn the_answer_to_whoever_does_not_pass_is_for_the_browser_as_it_is() {
    let (stage, traefik) = (Stage::start(), Configured::shipped());
    let answer = traefik.question(&stage, ("GET", "/dossier"), &browser(&stage, &[]));
    let login = stage.filled("http://{host}/_guichet/login?return_to=/dossier");
    assert_eq!((answer.status, answer.field("location")), (303, Some(&*login)));
    let script = browser(&stage, &[("X-Requested-With", "fetch")]);
    let answer = traefik.question(&stage, ("GET", "/api"), &script);
    assert_eq!((answer.status, answer.field("location")), (401, None));
}
