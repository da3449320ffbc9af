//! A journey in headless Chromium, as steps; `tests/browser/journey.mjs` says what a step can be.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use serde_json::json;

use super::command::tool;
use super::provider::node;
use super::repository::in_repository;

/// Takes the steps and returns the report; fails with the page's text if a step does. Screenshots go into the folder.
pub(crate) fn journey(screenshots: &Path, steps: &Value) -> Value {
    journey_as(screenshots, steps, &json!({}))
}

/// The same in a browser that is set up otherwise: `locale`, `width`, `height`, `script`.
pub(crate) fn journey_as(screenshots: &Path, steps: &Value, browser: &Value) -> Value {
    std::fs::create_dir_all(screenshots).unwrap();
    let mut order = json!({ "screenshots": screenshots, "steps": steps });
    let set_up = browser.as_object().unwrap().clone();
    order.as_object_mut().unwrap().extend(set_up);
    let mut browsing = Command::new(node());
    browsing
        .arg(in_repository("tests/browser/journey.mjs"))
        .arg(order.to_string());
    let report = tool(&mut browsing, "").json();
    assert_eq!(report["ok"], true, "{report:#}");
    report
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;
    use crate::support::upstream::Reply;
    use crate::support::upstream::Upstream;

    const PAGE: &str =
        "<!DOCTYPE html><html lang=fr><title>Un</title><main><h1>Un</h1><a href=/deux>Deux</a></main>";

    #[test]
    fn a_journey_clicks_looks_and_keeps_pictures() {
        let site = Upstream::start();
        let html = [
            ("Content-Type", "text/html"),
            ("Set-Cookie", "seen=1; Path=/; HttpOnly"),
        ];
        site.otherwise(Reply::new(200, &html, PAGE));
        let folder = tempfile::tempdir().unwrap();
        let steps = json!([
            { "open": site.url() },
            { "expect": { "text": "Un", "lang": "fr", "status": 200, "no_text": "Trois" } },
            { "accessible": "first" }, { "fits": 320 }, { "screenshot": "first" },
            { "click": "text=Deux" }, { "expect": { "url": "/deux" } },
            { "back": true }, { "tab": "other" }, { "open": site.url() }, { "cookies": "jar" },
        ]);
        let report = journey(folder.path(), &steps);
        assert_eq!(report["notes"]["jar"][0]["name"], "seen");
        assert!(folder.path().join("first.png").is_file());
    }

    #[test]
    fn a_step_that_fails_fails_the_journey() {
        let site = Upstream::start();
        site.otherwise(Reply::new(
            200,
            &[("Content-Type", "text/html")],
            "<html lang=fr><img src=x><p>text",
        ));
        let folder = tempfile::tempdir().unwrap();
        let wrong = [
            json!({ "expect": { "lang": "en" } }),
            json!({ "expect": { "status": 404 } }),
            json!({ "accessible": "x" }),
        ];
        for step in wrong {
            let steps = json!([{ "open": site.url() }, step]);
            assert!(
                catch_unwind(|| journey(folder.path(), &steps)).is_err(),
                "{steps}"
            );
        }
    }
}
