//! What the gateway itself says to a browser: where it sends it, which cookies it sets, which pages it shows, how it signs out.

pub(crate) mod answers;
pub(crate) mod app_cookies;
pub(crate) mod button;
mod configured;
pub(crate) mod cookie_fields;
pub(crate) mod cookies;
pub(crate) mod destinations;
pub(crate) mod entries;
pub(crate) mod fragment;
pub(crate) mod redirects;
pub(crate) mod seen;
pub(crate) mod sign_out;

use std::collections::BTreeSet;

use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::raw::Answer;
use crate::support::raw::exchange;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;

/// A site behind a proxy that has its certificate.
const SITE: &str = "https://demarches.ville.example";

/// The usual scene on https, and a browser that finds it.
fn on_https() -> (Scene, Browser) {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |place, text| {
        text.replace(&place.public_url(), SITE)
    });
    scene.provider.register_at(SITE, ("tests", CLIENT_SECRET));
    let browser = Browser::new();
    browser.reaches(SITE, scene.gateway.address());
    (scene, browser)
}

/// Zoé signs in on the https site.
fn signs_in_on_https(scene: &Scene, browser: &Browser) -> Page {
    let chooser = browser.open(&format!("{SITE}/dossier"));
    let provider = browser.click(&chooser, "FranceConnect");
    let page = scene.provider.sign_in(browser, &provider, ZOE);
    assert_eq!(page.url, format!("{SITE}/dossier"), "{}", page.text());
    page
}

/// A request of a program to the gateway of a scene, with a host of its own.
fn at_host(scene: &Scene, host: &str, request_line: &str, lines: &str) -> Answer {
    exchange(
        scene.gateway.address(),
        format!("{request_line} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n"),
    )
}

/// As a form sends it.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[test]
fn every_case_of_areas_k_l_and_o_stands_in_one_row_of_these() {
    let lines = include_str!("../cases.tsv").lines().skip(1);
    let cases = lines.map(|line| line.split('\t').collect::<Vec<_>>());
    let wanted: BTreeSet<&str> = cases
        // HSTS is the listener's.
        .filter(|case| ["K", "L", "O"].contains(&case[1]) && case[0] != "T400")
        .map(|case| case[0])
        .collect();
    let rows = [
        destinations::ids(),
        redirects::ids(),
        cookies::ids(),
        cookie_fields::ids(),
        answers::ids(),
        crate::relayed::ids(),
        seen::ids(),
    ]
    .concat();
    let ours: BTreeSet<&str> = rows.iter().copied().filter(|id| wanted.contains(id)).collect();
    assert_eq!(ours, wanted);
}
