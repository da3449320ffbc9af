//! What a script gets instead of a page.

use http::StatusCode;
use http::header;

use crate::pages::frame::Frame;
use crate::pages::frame::Reference;
use crate::pages::locale::Locale;
use crate::pages::problem::Problem;
use crate::pages::tests::every_page::LOGIN;
use crate::pages::tests::every_page::field;
use crate::pages::tests::every_page::frame;
use crate::pages::tests::every_page::organisation;

#[test]
fn a_script_gets_a_problem_that_it_can_act_on() {
    let organisation = organisation("Ville d’Exemple");
    let frame = Frame {
        reference: Some(Reference {
            code: "L01",
            request_id: "3f9c2a71d04e88b1",
        }),
        ..frame(Locale::En, &organisation)
    };
    let response = Problem::LoginRequired { login: LOGIN }.respond(&frame);
    assert_eq!(response.status, StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(response.headers[header::WWW_AUTHENTICATE], "Guichet");
    assert_eq!(response.headers[header::CACHE_CONTROL], "no-store");
    let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "type": "urn:guichet:problem:login-required",
            "title": "Sign-in required",
            "status": 401,
            "detail": "Open the “login” address in a browser window.",
            "login": LOGIN,
            "code": "L01",
            "request_id": "3f9c2a71d04e88b1",
        })
    );
}

#[test]
fn a_problem_without_a_login_names_none() {
    let organisation = organisation("Ville d’Exemple");
    let frame = frame(Locale::Fr, &organisation);
    for (problem, status, kind) in [
        (Problem::AccessDenied, 403, "access-denied"),
        (Problem::BadRequest, 400, "bad-request"),
        (Problem::NotFound, 404, "not-found"),
        (
            Problem::MethodNotAllowed { allow: "GET" },
            405,
            "method-not-allowed",
        ),
        (Problem::Internal, 500, "internal-error"),
        (Problem::ApplicationUnavailable, 502, "application-unavailable"),
        (Problem::ApplicationTooSlow, 504, "application-too-slow"),
        (Problem::HeadTooLong, 431, "head-too-long"),
        (Problem::BodyTooLong, 413, "body-too-long"),
        (Problem::BodyTooSlow, 408, "body-too-slow"),
        (Problem::TooMany { retry_after: 7 }, 429, "too-many-requests"),
        (Problem::TooBusy, 503, "too-busy"),
        (Problem::SessionStoreUnavailable, 503, "session-store-unavailable"),
    ] {
        let response = problem.respond(&frame);
        assert_eq!(response.status.as_u16(), status);
        let comes_back = matches!(status, 429 | 503);
        assert_eq!(field(&response, "retry-after").is_some(), comes_back, "{kind}");
        let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(body["type"], format!("urn:guichet:problem:{kind}"));
        assert_eq!(body.get("login"), None, "{kind}");
    }
}
