//! Attacks on the login: foreign, altered and replayed responses, and the way back out of the site.

use std::io;

use url::Url;

use crate::browser::Browser;
use crate::browser::page::Page;
use crate::demo::attack::Report;
use crate::demo::attack::Verdict;
use crate::demo::field::Field;
use crate::text;

/// Addresses that some parser takes for one of this site.
const ELSEWHERE: &[&str] = &[
    "https://pirate.example/",
    "//pirate.example/",
    "///pirate.example/",
    "/\\pirate.example/",
    "\\\\pirate.example/",
    "/\t/pirate.example/",
    "https:pirate.example",
    "http://localhost@pirate.example/",
    "/%2f/pirate.example/",
    "javascript:alert(1)",
    "/.//pirate.example/",
    "/urbanisme/..//pirate.example/",
];

pub(crate) async fn foreign_callback(field: &Field) -> io::Result<Report> {
    let (_attacker, callback) = field.unfinished_login("corsica").await?;
    let victim = Browser::new();
    let page = victim.open(&callback).await?;
    Ok(no_session_for(field, &victim, &callback, &page))
}

pub(crate) async fn foreign_state(field: &Field) -> io::Result<Report> {
    let (browser, callback) = field.unfinished_login("corsica").await?;
    let mut url = Url::parse(&callback).map_err(io::Error::other)?;
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let foreign = "0".repeat(64);
    let altered: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| match name.as_str() {
            "state" => ("state", foreign.as_str()),
            name => (name, value.as_str()),
        })
        .collect();
    url.set_query(Some(&text::form(&altered)));
    let page = browser.open(url.as_str()).await?;
    Ok(no_session_for(field, &browser, url.as_str(), &page))
}

pub(crate) async fn replayed_callback(field: &Field) -> io::Result<Report> {
    let (browser, callback) = field.unfinished_login("corsica").await?;
    browser.open(&callback).await?;
    if field.session_cookie(&browser).is_none() {
        return Err(io::Error::other(
            "the first use of the response opened no session",
        ));
    }
    let stranger = Browser::new();
    let page = stranger.open(&callback).await?;
    Ok(no_session_for(field, &stranger, &callback, &page))
}

/// The attack held if the browser has no session and the application knows nobody.
fn no_session_for(field: &Field, browser: &Browser, sent: &str, page: &Page) -> Report {
    let answered = page
        .hops
        .iter()
        .map(|hop| format!("{} {}", hop.status, hop.url.path()))
        .collect::<Vec<_>>()
        .join("\n");
    let session = field.session_cookie(browser);
    let words = if session.is_some() {
        "une session est ouverte"
    } else {
        "aucune session"
    };
    let mut report = Report::default();
    report.add(
        &format!("GET {sent}"),
        &format!("{answered}\n{words}"),
        None,
        Verdict::held_if(|| session.is_none() && page.status.is_client_error()),
    );
    report
}

pub(crate) async fn open_redirect(field: &Field) -> io::Result<Report> {
    let browser = Browser::new();
    field.sign_in(&browser, "corsica").await?;
    let home = Url::parse(&field.gateway).map_err(io::Error::other)?;
    let mut report = Report::default();
    for elsewhere in ELSEWHERE {
        let path = format!("/_guichet/login/fc?return_to={}", text::component(elsewhere));
        let page = browser.ask(&field.at(&path)).await?;
        let target = page.location();
        let refused = page.status.is_client_error();
        let stays = target
            .as_ref()
            .map_or(refused, |target| target.origin() == home.origin());
        let answered = target.map_or_else(
            || page.status.to_string(),
            |target| format!("{} → {target}", page.status),
        );
        report.add(
            &format!("return_to={elsewhere:?}"),
            &answered,
            None,
            Verdict::held_if(|| stays),
        );
    }
    Ok(report)
}
