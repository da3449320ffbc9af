//! A browser without a screen: it follows redirects, keeps cookies, fills in forms, and sends the headers of Chromium.
//!
//! A clone is another tab: both have one cookie jar. Every host is on loopback; `reaches` gives an `https` origin a plain
//! address, for a gateway behind something that ends TLS.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use openidconnect::url::Position;
use openidconnect::url::Url;

use super::html;
use super::html::Form;
use super::html::Link;
use super::jar::Jar;
use super::jar::Sent;
use super::jar::Site;
use super::raw::Answer;
use super::raw::RawClient;

/// One tab of a browser.
#[derive(Clone, Debug, Default)]
pub(crate) struct Browser {
    jar: Arc<Mutex<Jar>>,
    reached: Arc<Mutex<HashMap<String, SocketAddr>>>,
    language: Option<String>,
}

/// What the tab shows, and how it came there.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// With its fragment.
    pub(crate) url: String,
    pub(crate) answer: Answer,
    /// Every answer on the way, the last one included.
    pub(crate) hops: Vec<Hop>,
}

/// One request on the way to a page.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) answer: Answer,
}

/// How far a navigation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Redirects {
    Follow,
    Stay,
}

struct Navigation<'a> {
    method: String,
    url: Url,
    body: Option<String>,
    initiator: Option<&'a Url>,
    redirects: Redirects,
}

const MOST_REDIRECTS: usize = 20;

impl Browser {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The same browser, set to other languages, as in `Accept-Language`.
    pub(crate) fn speaking(&self, language: &str) -> Self {
        Self {
            language: Some(language.to_owned()),
            ..self.clone()
        }
    }

    /// This origin, such as `https://a.example`, is at this address.
    pub(crate) fn reaches(&self, origin: &str, address: SocketAddr) {
        self.reached.lock().unwrap().insert(origin.to_owned(), address);
    }

    /// Typed into the address line.
    pub(crate) fn open(&self, url: &str) -> Page {
        self.navigate(Navigation::get(url, None))
    }

    /// Typed into the address line; the first answer is kept, not followed.
    pub(crate) fn open_once(&self, url: &str) -> Page {
        self.navigate(Navigation {
            redirects: Redirects::Stay,
            ..Navigation::get(url, None)
        })
    }

    /// A click on the link with this text.
    pub(crate) fn click(&self, page: &Page, text: &str) -> Page {
        let links = page.links();
        let link = links.iter().find(|link| link.text.contains(text));
        let link = link.unwrap_or_else(|| panic!("no link {text:?} among {links:?} in\n{}", page.text()));
        self.go(page, &link.href)
    }

    /// From this page to another address, as a link or a script of the page leads there.
    pub(crate) fn go(&self, page: &Page, url: &str) -> Page {
        self.navigate(Navigation::get(&page.resolve(url), Some(&page.address())))
    }

    /// From this page, the first hop to another address is made and not followed.
    pub(crate) fn go_once(&self, page: &Page, url: &str) -> Page {
        let from = page.address();
        self.navigate(Navigation {
            redirects: Redirects::Stay,
            ..Navigation::get(&page.resolve(url), Some(&from))
        })
    }

    /// Goes on where a page that was not followed leads.
    pub(crate) fn follow(&self, page: &Page) -> Page {
        let location = page
            .answer
            .field("location")
            .unwrap_or_else(|| panic!("no redirect: {}", page.text()));
        self.navigate(Navigation::get(&page.resolve(location), Some(&page.address())))
    }

    /// Sends a form, with what was typed, or with a button's name and value.
    pub(crate) fn submit(&self, page: &Page, form: &Form, typed: &[(&str, &str)]) -> Page {
        self.navigate(
            page.submission(form, typed, Redirects::Follow)
                .from(&page.address()),
        )
    }

    /// The same; the first answer is kept, not followed.
    pub(crate) fn submit_once(&self, page: &Page, form: &Form, typed: &[(&str, &str)]) -> Page {
        self.navigate(
            page.submission(form, typed, Redirects::Stay)
                .from(&page.address()),
        )
    }

    /// What a script of the page asks for: no navigation, redirects are not followed.
    pub(crate) fn fetch(&self, page: &Page, method: &str, url: &str) -> Answer {
        let url = Url::parse(&page.resolve(url)).unwrap();
        let from = page.address();
        let site = Site::between(Some(&from), &url);
        let mut head = self.head(method, &url, site.cookies_of_a_script());
        head.push("Accept: */*".to_owned());
        head.push(format!("Sec-Fetch-Site: {}", site.name()));
        head.push("Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty".to_owned());
        if site != Site::Origin || method != "GET" {
            head.push(format!("Origin: {}", from.origin().ascii_serialization()));
        }
        self.exchange(method, &url, head, None)
    }

    /// The value of a cookie that this host set.
    pub(crate) fn cookie(&self, host: &str, name: &str) -> Option<String> {
        let jar = self.jar.lock().unwrap();
        jar.of(host)
            .find(|(given, _)| *given == name)
            .map(|(_, value)| value.to_owned())
    }

    /// The names of this host's cookies, sorted.
    pub(crate) fn cookie_names(&self, host: &str) -> Vec<String> {
        let jar = self.jar.lock().unwrap();
        let mut names: Vec<String> = jar.of(host).map(|(name, _)| name.to_owned()).collect();
        names.sort();
        names
    }

    /// As if this host had answered with this `Set-Cookie`: what a thief, or another program of the person, brings along.
    pub(crate) fn plant(&self, url: &str, set_cookie: &str) {
        self.jar
            .lock()
            .unwrap()
            .store(&Url::parse(url).unwrap(), set_cookie);
    }

    /// Time goes by: cookies grow old.
    pub(crate) fn advance(&self, duration: Duration) {
        self.jar.lock().unwrap().advance(duration);
    }

    /// The person closes the browser and opens it again.
    pub(crate) fn restart(&self) {
        self.jar.lock().unwrap().restart();
    }

    fn navigate(&self, navigation: Navigation<'_>) -> Page {
        let Navigation {
            mut method,
            mut url,
            mut body,
            initiator,
            redirects,
        } = navigation;
        let mut site = Site::between(initiator, &url);
        let mut hops = Vec::new();
        loop {
            let mut head = self.head(
                &method,
                &url,
                Site::between(initiator, &url).cookies_of_a_navigation(&method),
            );
            head.extend(navigation_fields(&method, site, initiator));
            let answer = self.exchange(&method, &url, head, body.as_deref());
            hops.push(Hop {
                method: method.clone(),
                url: url.to_string(),
                answer: answer.clone(),
            });
            let target = answer
                .field("location")
                .filter(|_| (301..=308).contains(&answer.status) && answer.status != 304);
            let Some(target) = target.filter(|_| redirects == Redirects::Follow) else {
                return Page {
                    url: url.to_string(),
                    answer,
                    hops,
                };
            };
            assert!(
                hops.len() <= MOST_REDIRECTS,
                "too many redirects: {:?}",
                hops.iter().map(|hop| &hop.url).collect::<Vec<_>>()
            );
            let fragment = url.fragment().map(str::to_owned);
            let mut next = url
                .join(target)
                .unwrap_or_else(|error| panic!("{target:?}: {error}"));
            if next.fragment().is_none() {
                next.set_fragment(fragment.as_deref());
            }
            site = site.and(Site::between(initiator, &next));
            if answer.status <= 303 && method != "HEAD" {
                "GET".clone_into(&mut method);
                body = None;
            }
            url = next;
        }
    }

    /// The lines of a head, without what the kind of request adds.
    fn head(&self, method: &str, url: &Url, cookies: Sent) -> Vec<String> {
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let language = self.language.as_deref().unwrap_or("fr-FR,fr;q=0.9");
        let mut head = vec![
            format!("{method} {target} HTTP/1.1"),
            format!("Host: {host}"),
            "Connection: keep-alive".to_owned(),
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36"
                .to_owned(),
            format!("Accept-Language: {language}"),
        ];
        let cookie = self.jar.lock().unwrap().header(url, cookies);
        head.extend(cookie.map(|cookie| format!("Cookie: {cookie}")));
        head
    }

    fn exchange(&self, method: &str, url: &Url, mut head: Vec<String>, body: Option<&str>) -> Answer {
        if let Some(body) = body {
            head.push("Content-Type: application/x-www-form-urlencoded".to_owned());
            head.push(format!("Content-Length: {}", body.len()));
        }
        let mut client = RawClient::connect(self.address(url));
        client.send(format!("{}\r\n\r\n{}", head.join("\r\n"), body.unwrap_or("")));
        let answer = client
            .try_answer(method)
            .unwrap_or_else(|error| panic!("{method} {url}: {error}"));
        for set_cookie in answer.fields("set-cookie") {
            self.jar.lock().unwrap().store(url, set_cookie);
        }
        answer
    }

    fn address(&self, url: &Url) -> SocketAddr {
        let reached = self.reached.lock().unwrap();
        if let Some(address) = reached.get(&url.origin().ascii_serialization()) {
            return *address;
        }
        assert_eq!(url.scheme(), "http", "nobody told the browser where {url} is");
        SocketAddr::from(([127, 0, 0, 1], url.port().unwrap_or(80)))
    }
}

impl<'a> Navigation<'a> {
    fn get(url: &str, initiator: Option<&'a Url>) -> Self {
        let url = Url::parse(url).unwrap_or_else(|error| panic!("{url:?}: {error}"));
        Self {
            method: "GET".to_owned(),
            url,
            body: None,
            initiator,
            redirects: Redirects::Follow,
        }
    }

    fn from(self, initiator: &'a Url) -> Self {
        Self {
            initiator: Some(initiator),
            ..self
        }
    }
}

impl Page {
    pub(crate) fn status(&self) -> u16 {
        self.answer.status
    }

    pub(crate) fn text(&self) -> String {
        self.answer.text()
    }

    pub(crate) fn links(&self) -> Vec<Link> {
        html::links(&self.text())
    }

    pub(crate) fn forms(&self) -> Vec<Form> {
        html::forms(&self.text())
    }

    /// The form whose address contains this.
    pub(crate) fn form(&self, action: &str) -> Form {
        let forms = self.forms();
        let form = forms
            .iter()
            .find(|form| self.resolve(&form.action).contains(action));
        form.unwrap_or_else(|| panic!("no form to {action:?} among {forms:?} in\n{}", self.text()))
            .clone()
    }

    /// An address on this page, made whole.
    pub(crate) fn resolve(&self, href: &str) -> String {
        self.address()
            .join(href)
            .unwrap_or_else(|error| panic!("{href:?}: {error}"))
            .to_string()
    }

    /// The value of a parameter in the page's address.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let address = self.address();
        address
            .query_pairs()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.into_owned())
    }

    fn address(&self) -> Url {
        Url::parse(&self.url).unwrap()
    }

    fn submission(&self, form: &Form, typed: &[(&str, &str)], redirects: Redirects) -> Navigation<'static> {
        let fields = form
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let kept = fields.filter(|(name, _)| !typed.iter().any(|(given, _)| given == name));
        let encoded = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .extend_pairs(typed)
            .finish();
        let action = Url::parse(&self.resolve(&form.action)).unwrap();
        if form.method == "POST" {
            return Navigation {
                method: "POST".to_owned(),
                url: action,
                body: Some(encoded),
                initiator: None,
                redirects,
            };
        }
        let mut url = action;
        url.set_query(Some(&encoded));
        Navigation {
            method: "GET".to_owned(),
            url,
            body: None,
            initiator: None,
            redirects,
        }
    }
}

fn navigation_fields(method: &str, site: Site, initiator: Option<&Url>) -> Vec<String> {
    let mut fields = vec![
        format!("Sec-Fetch-Site: {}", site.name()),
        "Sec-Fetch-Mode: navigate".to_owned(),
        "Sec-Fetch-User: ?1".to_owned(),
        "Sec-Fetch-Dest: document".to_owned(),
        "Upgrade-Insecure-Requests: 1".to_owned(),
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8".to_owned(),
    ];
    if let Some(initiator) = initiator {
        if method != "GET" && method != "HEAD" {
            fields.push(format!("Origin: {}", initiator.origin().ascii_serialization()));
        }
        if site == Site::Origin {
            fields.push(format!("Referer: {}", &initiator[..Position::AfterQuery]));
        }
    }
    fields
}

#[cfg(test)]
mod tests;
