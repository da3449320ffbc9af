//! A panic while a request is decided (T089): an answer to that request, and nothing else happens.

use std::sync::Arc;

use http_body_util::BodyExt;
use http_body_util::Empty;

use super::application::Application;
use super::browser::Browser;
use super::browser::status;
use super::house::House;
use super::house::PassAll;
use super::house::app;
use super::house::at;
use super::house::telemetry;
use super::http2;
use crate::judge::AnswerCache;

#[tokio::test]
async fn a_panic_is_500_and_the_end_of_its_connection_and_of_nothing_else() {
    let application = Application::content().await;
    let telemetry = telemetry();
    let house = House::of(PassAll {
        app: app(at(application.address)),
        cache: AnswerCache::AsItIs,
        telemetry: Arc::clone(&telemetry),
    })
    .await;
    let mut another = Browser::at(house.address).await;
    assert_eq!(status(&another.get("/_guichet/refused").await), "401");

    let mut browser = Browser::at(house.address).await;
    let answer = browser.get("/_guichet/breaks").await;
    assert_eq!(status(&answer), "500");
    assert!(
        answer.contains("connection: close\r\n") && !answer.contains("secret"),
        "{answer}"
    );
    assert_eq!(browser.rest().await, "", "closed");
    assert!(application.seen().is_empty());

    assert_eq!(
        status(&another.get("/").await),
        "200",
        "the process lives, and so do its connections"
    );
    let metrics = telemetry.metrics_text();
    assert!(metrics.contains("guichet_panics_total 1\n"), "{metrics}");
    let status = "http_response_status_code=\"500\"";
    assert!(metrics.contains(status), "{metrics}");
}

#[tokio::test]
async fn on_http_2_it_is_500_on_its_stream() {
    let mut browser = http2::Browser::with_window(65_535).await;
    let request = |path: &str| {
        let request = http::Request::get(format!("https://a.example{path}"));
        request.body(Empty::new()).unwrap()
    };
    let answer = browser
        .sender
        .send_request(request("/_guichet/breaks"))
        .await
        .unwrap();
    assert_eq!(answer.status(), 500);
    assert!(!answer.collect().await.unwrap().to_bytes().is_empty());
    let answer = browser
        .sender
        .send_request(request("/_guichet/refused"))
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
}
