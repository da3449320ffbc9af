//! What a head may say, field by field.

use std::net::SocketAddr;

use super::*;

fn parse(target: &str, fields: &[(&str, &str)]) -> Result<Request, RequestError> {
    parse_method("GET", target, fields)
}

fn parse_method(method: &str, target: &str, fields: &[(&str, &str)]) -> Result<Request, RequestError> {
    let mut builder = http::Request::builder().method(method).uri(target);
    for (name, value) in fields {
        builder = builder.header(*name, *value);
    }
    let (head, ()) = builder.body(()).unwrap().into_parts();
    Request::parse(
        &head,
        Provenance::as_published(SocketAddr::from(([127, 0, 0, 1], 9))),
        RequestId::of([0; 8]),
    )
}

#[test]
fn what_a_client_may_not_say_is_gone_from_the_start() {
    let request = parse(
        "/",
        &[
            ("host", "a.example"),
            ("x-guichet-sub", "evil"),
            ("x_guichet_sub", "evil"),
            ("x-forwarded-for", "6.6.6.6"),
            ("connection", "close, x-mine"),
            ("x-mine", "1"),
            ("accept", "*/*"),
        ],
    )
    .unwrap();
    let names: Vec<_> = request.headers.keys().map(HeaderName::as_str).collect();
    assert_eq!(names, ["accept"]);
    assert_eq!(request.spoofed, 2);
}

#[test]
fn odd_names_wait_for_an_application_that_asks_for_them() {
    let fields = [
        ("host", "a.example"),
        ("my_app.token", "1"),
        ("my_app.token", "2"),
        ("x_real_ip", "4"),
        ("connection", "a_b"),
        ("a_b", "5"),
    ];
    let request = parse("/", &fields).unwrap();
    assert!(request.headers.is_empty(), "{:?}", request.headers);
    let odd = request.odd_headers.iter();
    let odd: Vec<_> = odd
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    assert_eq!(odd, [("my_app.token", "1"), ("my_app.token", "2")]);
    assert_eq!(request.spoofed, 0);
}

#[test]
fn a_question_about_the_server_is_none_about_a_path() {
    let host = [("host", "a.example")];
    assert_eq!(
        parse_method("OPTIONS", "*", &host).map(drop),
        Err(RequestError::AboutTheServer)
    );
    for (method, host) in [("GET", "a.example"), ("OPTIONS", "a evil")] {
        let error = parse_method(method, "*", &[("host", host)])
            .map(drop)
            .unwrap_err();
        assert_ne!(error, RequestError::AboutTheServer);
    }
}

#[test]
fn exactly_one_host_is_needed_and_the_target_may_not_contradict_it() {
    let host = |fields: &[(&str, &str)]| parse("/", fields).map(|request| request.host.to_string());
    assert_eq!(host(&[]), Err(RequestError::Host(HostError::NotOne)));
    assert_eq!(
        host(&[("host", "a"), ("host", "a")]),
        Err(RequestError::Host(HostError::NotOne))
    );
    assert_eq!(
        host(&[("host", "a evil")]),
        Err(RequestError::Host(HostError::Invalid))
    );
    let absolute = parse("http://b/", &[("host", "a")]).map(drop);
    assert_eq!(absolute, Err(RequestError::Host(HostError::Contradiction)));
    assert!(parse("http://A/x", &[("host", "a")]).is_ok());
}

#[test]
fn the_authority_of_http_2_is_the_host() {
    let host = |target: &str, fields: &[(&str, &str)]| {
        let mut builder = http::Request::builder().uri(target).version(Version::HTTP_2);
        for (name, value) in fields {
            builder = builder.header(*name, *value);
        }
        let (head, ()) = builder.body(()).unwrap().into_parts();
        let client = SocketAddr::from(([127, 0, 0, 1], 9));
        let request = Request::parse(&head, Provenance::as_published(client), RequestId::of([0; 8]))?;
        assert_eq!(request.target.as_str(), "/x?y");
        Ok((
            request.host.to_string(),
            request.raw_host.to_str().unwrap().to_owned(),
        ))
    };
    let found = |host: &str, raw: &str| Ok((host.to_owned(), raw.to_owned()));
    assert_eq!(host("https://A:8/x?y", &[]), found("a:8", "A:8"));
    assert_eq!(host("https://a/x?y", &[("host", "A")]), found("a", "A"));
    assert_eq!(host("/x?y", &[("host", "a")]), found("a", "a"));
    let refused = |error: HostError| Err(RequestError::Host(error));
    assert_eq!(
        host("https://a/x?y", &[("host", "b")]),
        refused(HostError::Contradiction)
    );
    assert_eq!(
        host("https://a/x?y", &[("host", "a"), ("host", "a")]),
        refused(HostError::NotOne)
    );
    assert_eq!(host("https://u@a/x?y", &[]), refused(HostError::Invalid));
    assert_eq!(host("/x?y", &[]), refused(HostError::NotOne));
}

#[test]
fn connection_may_not_name_what_is_not_its_own() {
    for value in [
        "Cookie",
        "host",
        "Content-Length",
        "Transfer-Encoding",
        "\"x\"",
        ":authority",
        "a,b,c,d,e,f,g,h,i",
    ] {
        let refused = parse("/", &[("host", "a"), ("connection", value)]).map(drop);
        assert_eq!(refused, Err(RequestError::Connection), "{value}");
    }
}

#[test]
fn an_expectation_that_nobody_knows_is_refused() {
    let asked = |value| parse("/", &[("host", "a"), ("expect", value)]).map(drop);
    assert_eq!(asked("100-Continue"), Ok(()));
    assert_eq!(asked("200-ok"), Err(RequestError::Expectation));
    assert_eq!(asked("100-continue, x"), Err(RequestError::Expectation));
}

#[test]
fn a_body_with_two_ends_is_refused() {
    for fields in [
        [("content-length", "3"), ("transfer-encoding", "chunked")],
        [("content-length", "3"), ("content-length", "3")],
        [("transfer-encoding", "gzip, chunked"), ("accept", "*/*")],
        [("transfer-encoding", "identity"), ("accept", "*/*")],
        [("content-length", "0002"), ("accept", "*/*")],
        [("content-length", "2"), ("Transfer_Encoding", "chunked")],
        [("content_length", "2"), ("accept", "*/*")],
    ] {
        let [first, second] = fields;
        let refused = parse("/", &[("host", "a"), first, second]).map(drop);
        assert_eq!(refused, Err(RequestError::Framing(FramingError)), "{fields:?}");
    }
}

#[test]
fn methods_that_echo_or_tunnel_are_not_served() {
    for method in ["TRACE", "CONNECT", "FOO-BAR", "get"] {
        assert_eq!(
            parse_method(method, "/", &[("host", "a")]).map(drop),
            Err(RequestError::Method),
            "{method}"
        );
    }
}

#[test]
fn a_script_is_told_from_a_navigation() {
    let asker = |fields: &[(&str, &str)]| {
        let fields = [&[("host", "a")], fields].concat();
        parse("/", &fields).unwrap().asker()
    };
    assert_eq!(asker(&[("accept", "text/html,*/*")]), Asker::Navigation);
    assert_eq!(
        asker(&[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]),
        Asker::Navigation
    );
    for field in [
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-dest", "image"),
        ("sec-fetch-dest", "iframe"),
        ("x-requested-with", "XMLHttpRequest"),
        ("accept", "application/json"),
        ("sec-purpose", "prefetch;prerender"),
    ] {
        assert_eq!(asker(&[field]), Asker::Script, "{field:?}");
    }
}
