//! A login that is under way while something happens to the gateway.

use serde_json::json;

use crate::support::browser::Browser;
use crate::support::executable::Executable;
use crate::support::provider::ZOE;
use crate::support::steps::cookie_line;

/// Zoé's browser, and its request with a code, which takes the provider's token endpoint more than a second.
pub(crate) fn a_login_under_way(executable: &Executable) -> (Browser, String) {
    let browser = Browser::new();
    let page = executable.to_the_provider(&browser, "/dossier");
    let provider = executable.provider();
    let callback = executable.url("/_guichet/callback?");
    let code = provider.obtains_a_code(&browser, &page, (ZOE, &callback));
    provider.lie(&json!({ "target": "token", "delay": 1500 }));
    let target = code.strip_prefix(&executable.place().public_url()).unwrap();
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {}\r\n{}\r\n",
        executable.place().host(),
        cookie_line(&browser)
    );
    (browser, request)
}
