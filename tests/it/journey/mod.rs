//! What a person lives through, from the first page to the end of the session, at two providers and over two stores.

mod chromium;
pub(crate) mod cookies;
mod double_click;
mod dump;
mod outage;
mod questions;
mod restart;
mod sessions;
pub(crate) mod simulator;
pub(crate) mod stage;
mod whole;

use crate::support::browser::Browser;

/// Another client that has the cookies of this one whose names begin so, and nothing else.
fn with_cookies_of(browser: &Browser, url: &str, beginning: &str) -> Browser {
    let other = Browser::new();
    for name in browser.cookie_names("localhost") {
        if name.starts_with(beginning) {
            let value = browser.cookie("localhost", &name).unwrap();
            other.plant(url, &format!("{name}={value}; Path=/"));
        }
    }
    other
}
