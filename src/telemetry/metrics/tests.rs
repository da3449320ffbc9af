//! What is told can be asked for.

use http::Method;

use super::*;
use crate::telemetry::labels::LoginResult;

#[test]
fn what_happened_can_be_asked_for() {
    let metrics = Metrics::new();
    let app = "urbanisme".into();
    let served = Served {
        method: &Method::GET,
        route: "",
        app: Some(&app),
        status: Some(200),
    };
    metrics.served(served, Duration::from_millis(30));
    metrics.login(Login {
        provider: "fc",
        app: "urbanisme",
        acr: "eidas1",
        result: LoginResult::Success,
    });
    metrics.begins(&app);
    metrics.lines_dropped("too_many", 480);
    let text = metrics.text();
    for line in [
        "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_response_status_code=\"200\",http_route=\"\",app=\"urbanisme\"} 1",
        "guichet_logins_total{provider=\"fc\",app=\"urbanisme\",acr=\"eidas1\",result=\"success\"} 1",
        "http_server_active_requests{app=\"urbanisme\"} 1",
        "guichet_log_lines_dropped_total{reason=\"too_many\"} 480",
    ] {
        assert!(text.lines().any(|each| each == line), "{line}\nis not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}
