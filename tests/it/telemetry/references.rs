//! What a page shows to be asked under is in the log, as the log is without anybody's wish for more.

use serde_json::Value;

use super::watched::parsed;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::raw::Answer;
use crate::support::raw::exchange;

/// A host that no app has.
const ELSEWHERE: &str = "www.evil.example";
/// What a browser sends with the request of a page's script.
const SCRIPT: &str = "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n";
/// What a browser sends with a form.
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n";

/// Pages that say that something did not work: request line, fields, body, status, code.
const PAGES: [(&str, &str, &str, u16, &str); 9] = [
    ("GET //twice", "", "", 400, "P01"),
    ("TRACE /dossier", "", "", 405, "P01"),
    ("GET /_guichet/none", "", "", 404, "P03"),
    ("PUT /_guichet/login", "", "", 405, "P04"),
    ("POST /dossier", FORM, "a=b", 401, "L02"),
    (
        "GET /_guichet/login/fc",
        "Sec-Purpose: prefetch\r\n",
        "",
        400,
        "L03",
    ),
    ("GET /_guichet/callback?code=x&code=y&state=z", "", "", 400, "L05"),
    ("GET /_guichet/callback?code=x&state=y", "", "", 400, "L06"),
    ("GET /_guichet/login/fc?return_to=/dossier", "", "", 503, "L10"),
];

fn ask(gateway: &Executable, line: &str, host: &str, rest: &str) -> Answer {
    let request = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{rest}");
    exchange(gateway.address(), request)
}

/// Code and number, where an answer shows them: a page to a person, a problem document to a script.
fn reference(answer: &Answer) -> Option<(String, String)> {
    if answer.field("content-type") == Some("application/problem+json") {
        let told = answer.json();
        return Some((
            told["code"].as_str()?.to_owned(),
            told["request_id"].as_str()?.to_owned(),
        ));
    }
    let text = answer.text();
    let (shown, _) = text.split_once("<dd>")?.1.split_once("</dd>")?;
    let (code, number) = shown.split_once(" · ")?;
    Some((code.to_owned(), number.to_owned()))
}

/// The line that has the cause. Waits for it.
fn line_of(gateway: &Executable, (code, number): &(String, String)) -> Value {
    let mut found = Value::Null;
    gateway.until(&format!("a line about {code} {number}"), || {
        let lines = parsed(whole_lines(&gateway.log()));
        let is_it = |line: &Value| {
            line["event.dataset"] == "guichet.diagnostic"
                && line["event.code"] == code.as_str()
                && line["http.request.id"] == number.as_str()
        };
        found = lines.into_iter().find(is_it).unwrap_or_default();
        !found.is_null()
    });
    found
}

/// The last one may be under way.
fn whole_lines(text: &str) -> &str {
    text.rsplit_once('\n').map_or("", |(whole, _)| whole)
}

#[test]
fn every_page_that_says_that_something_did_not_work_has_its_line() {
    let gateway = Executable::start(&Start::default());
    let host = gateway.place().host();
    for (line, fields, body, status, code) in PAGES {
        let answer = ask(&gateway, line, &host, &format!("{fields}\r\n{body}"));
        assert_eq!(answer.status, status, "{line}: {}", answer.text());
        let shown = reference(&answer).unwrap_or_else(|| panic!("{line}: {}", answer.text()));
        assert_eq!(shown.0, code, "{line}");
        line_of(&gateway, &shown);
    }
}

#[test]
fn a_host_that_no_app_has_stands_in_the_line_and_in_the_access_line() {
    let gateway = Executable::start(&Start::default());
    for fields in ["", SCRIPT] {
        let answer = ask(&gateway, "GET /dossier", ELSEWHERE, &format!("{fields}\r\n"));
        assert_eq!(answer.status, 421);
        let shown = reference(&answer).unwrap_or_else(|| panic!("{}", answer.text()));
        assert_eq!(shown.0, "P11");
        let line = line_of(&gateway, &shown);
        assert_eq!(
            (&line["log.level"], &line["url.domain"]),
            (&"info".into(), &ELSEWHERE.into())
        );
    }
    // What is no host at all is refused earlier; it is bounded there, and shows no password.
    let odd = format!("zoe:s3cret@{}", "h".repeat(5000));
    assert_eq!(ask(&gateway, "GET /odd", &odd, "\r\n").status, 400);
    let accesses = || {
        let mut lines = parsed(whole_lines(&gateway.log()));
        lines.retain(|line| line["event.dataset"] == "guichet.access");
        lines
    };
    gateway.until("three access lines", || accesses().len() == 3);
    let hosts: Vec<Value> = accesses().iter().map(|line| line["url.domain"].clone()).collect();
    assert_eq!(hosts, [ELSEWHERE, ELSEWHERE, &"h".repeat(200)]);
    assert!(!gateway.log().contains("s3cret"));
}

#[test]
fn a_script_is_told_no_number_that_nobody_would_find() {
    let mut gateway = Executable::start(&Start::default());
    let host = gateway.place().host();
    for (line, status) in [
        ("GET /dossier", 401),
        ("GET /_guichet/none", 404),
        ("PUT /_guichet/login", 405),
    ] {
        let answer = ask(&gateway, line, &host, &format!("{SCRIPT}\r\n"));
        assert_eq!(answer.status, status, "{line}");
        assert_eq!(
            answer.field("content-type"),
            Some("application/problem+json"),
            "{line}"
        );
        assert_eq!(reference(&answer), None, "{line}");
    }
    gateway.signal("TERM");
    assert_eq!(gateway.ended().code(), Some(0));
    let said = parsed(&gateway.log());
    let about_requests: Vec<&Value> = said
        .iter()
        .filter(|line| line["http.request.id"].is_string())
        .collect();
    assert_eq!(about_requests.len(), 3, "the access lines: {said:?}");
    assert!(
        about_requests.iter().all(|line| line["event.code"].is_null()),
        "{said:?}"
    );
}

/// The value of an attribute, from where a text begins.
fn attribute<'a>(page: &'a str, before: &str) -> &'a str {
    let (_, rest) = page
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {page}"));
    rest.split_once('"').unwrap().0
}

#[test]
fn the_page_of_a_host_that_no_app_has_is_dressed_and_leads_to_the_public_address() {
    let gateway = Executable::start(&Start::default());
    let page = ask(&gateway, "GET /", ELSEWHERE, "\r\n").text();
    let sheet = attribute(&page, "rel=\"stylesheet\" href=\"");
    let there = ask(&gateway, &format!("GET {sheet}"), ELSEWHERE, "\r\n");
    let here = ask(&gateway, &format!("GET {sheet}"), &gateway.place().host(), "\r\n");
    assert_eq!((there.status, here.status), (200, 200));
    assert_eq!(there.field("content-type"), Some("text/css; charset=utf-8"));
    assert_eq!(there.body, here.body);
    assert_eq!(there.field("set-cookie"), None);
    let way_out = attribute(&page, "<a class=\"button\" href=\"");
    assert_eq!(way_out, format!("{}/", gateway.place().public_url()));
    // Nothing else of ours is there, nor a file that is none.
    for line in [
        "POST /_guichet/assets/pages.css",
        "GET /_guichet/assets/pages.css",
        "GET /_guichet/jwks.json",
        "GET /_guichet/login",
    ] {
        assert_eq!(ask(&gateway, line, ELSEWHERE, "\r\n").status, 421, "{line}");
    }
    assert_eq!(
        ask(&gateway, &format!("POST {sheet}"), ELSEWHERE, "\r\n").status,
        421
    );
}
