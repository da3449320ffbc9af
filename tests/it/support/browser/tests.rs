use super::*;
use crate::support::upstream::Reply;
use crate::support::upstream::Upstream;

fn html(body: &str) -> Reply {
    Reply::new(200, &[("Content-Type", "text/html")], body)
}

#[test]
fn a_redirect_is_followed_and_the_cookie_it_set_goes_along() {
    let site = Upstream::start();
    site.next(Reply::new(
        303,
        &[("Location", "/next?a=b"), ("Set-Cookie", "c=1; Path=/; HttpOnly")],
        "",
    ));
    site.next(html("<p>here</p>"));
    let browser = Browser::new();
    let page = browser.open(&format!("{}/first#part", site.url()));
    assert_eq!(page.url, format!("{}/next?a=b#part", site.url()));
    assert_eq!(
        (
            page.status(),
            page.hops.len(),
            page.parameter("a").unwrap().as_str()
        ),
        (200, 2, "b")
    );
    assert_eq!(
        (page.hops[0].method.as_str(), page.hops[0].answer.status),
        ("GET", 303)
    );
    assert!(page.hops[0].url.ends_with("/first#part"));
    let received = site.received();
    assert_eq!(received[0].values("cookie"), Vec::<String>::new());
    assert_eq!(received[1].values("cookie"), ["c=1"]);
    assert_eq!(received[1].values("sec-fetch-site"), ["none"]);
    assert_eq!(browser.cookie("127.0.0.1", "c").unwrap(), "1");
    browser.restart();
    assert!(browser.cookie_names("127.0.0.1").is_empty());
}

#[test]
fn another_tab_shares_the_cookies_and_another_browser_does_not() {
    let site = Upstream::start();
    let browser = Browser::new();
    browser.plant(&site.url(), "c=1; Max-Age=60");
    let tab = browser.clone();
    assert_eq!(tab.cookie_names("127.0.0.1"), ["c"]);
    assert!(Browser::new().cookie_names("127.0.0.1").is_empty());
    browser.advance(Duration::from_mins(1));
    assert!(tab.cookie_names("127.0.0.1").is_empty());
}

#[test]
fn a_form_is_sent_with_what_was_typed_and_from_where_it_stands() {
    let site = Upstream::start();
    site.next(html(r#"<form method=post action="send?q"><input name=h value="1&amp;2"><input name=t></form><a href="/l">Go</a>"#));
    let browser = Browser::new().speaking("en");
    let page = browser.open(&format!("{}/folder/page", site.url()));
    browser.submit(&page, &page.form("/folder/send"), &[("t", "é")]);
    browser.click(&page, "Go");
    let received = site.received();
    assert_eq!(received[1].request_line(), "POST /folder/send?q HTTP/1.1");
    assert_eq!(received[1].body, b"h=1%262&t=%C3%A9");
    assert_eq!(received[1].values("origin"), [site.url()]);
    assert_eq!(received[1].values("sec-fetch-site"), ["same-origin"]);
    assert_eq!(received[2].values("referer"), [page.url]);
    assert_eq!(received[2].values("accept-language"), ["en"]);
}

#[test]
fn a_post_from_another_site_takes_no_lax_cookie_along_and_a_link_does() {
    let (site, other) = (Upstream::start(), Upstream::start());
    let there = other.url().replace("127.0.0.1", "localhost");
    let browser = Browser::new();
    browser.plant(&there, "c=1; Path=/");
    site.next(html(&format!("<form method=post action='{there}/p'></form>")));
    let page = browser.open(&site.url());
    browser.submit_once(&page, &page.form("/p"), &[]);
    browser.go_once(&page, &format!("{there}/l"));
    browser.fetch(&page, "GET", &format!("{there}/s"));
    let cookies: Vec<_> = other
        .received()
        .iter()
        .map(|received| received.values("cookie"))
        .collect();
    assert_eq!(cookies, [vec![], vec!["c=1".to_owned()], vec![]]);
    let sites: Vec<_> = other
        .received()
        .iter()
        .map(|received| received.values("sec-fetch-site").join(""))
        .collect();
    assert_eq!(sites, ["cross-site", "cross-site", "cross-site"]);
    let modes: Vec<_> = other
        .received()
        .iter()
        .map(|received| received.values("sec-fetch-mode").join(""))
        .collect();
    assert_eq!(modes, ["navigate", "navigate", "cors"]);
}

#[test]
fn a_redirect_that_was_not_followed_can_be_followed_later() {
    let site = Upstream::start();
    site.next(Reply::new(302, &[("Location", "/later")], ""));
    let browser = Browser::new();
    browser.reaches("https://site.example", site.address());
    browser.plant("https://site.example", "__Host-c=1; Secure; Path=/");
    let page = browser.open_once("https://site.example/now");
    assert_eq!(page.status(), 302);
    let page = browser.follow(&page);
    assert_eq!(page.url, "https://site.example/later");
    assert_eq!(site.received()[1].values("host"), ["site.example"]);
    assert_eq!(site.received()[1].values("cookie"), ["__Host-c=1"]);
}
