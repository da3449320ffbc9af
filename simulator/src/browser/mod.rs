//! A browser without a screen: it keeps cookies, follows redirects, and finds links and forms on a page.
//!
//! It runs no script, so what works here works for a person without script. Clones are tabs: they share the cookies.

pub mod document;
pub mod jar;
pub mod page;

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Method;
use http::Request;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http::header::COOKIE;
use http::header::SET_COOKIE;
use http_body_util::BodyExt;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use url::Url;

use crate::browser::document::Button;
use crate::browser::document::Form;
use crate::browser::document::Link;
use crate::browser::jar::Cookie;
use crate::browser::jar::Initiator;
use crate::browser::jar::Jar;
use crate::browser::page::Hop;
use crate::browser::page::Page;
use crate::text;

/// As many redirects as browsers follow.
const MOST_HOPS: usize = 20;
/// Nothing that is tested takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser, or one more tab of it.
#[derive(Clone, Debug)]
pub struct Browser {
    jar: Arc<Mutex<Jar>>,
    client: Client<HttpConnector, Full<Bytes>>,
    headers: HeaderMap,
    stop_before: Option<String>,
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// A fresh browser without cookies that asks for pages.
    pub fn new() -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(
            "accept",
            HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8"),
        );
        headers.insert("accept-language", HeaderValue::from_static("fr-FR,fr;q=0.9"));
        headers.insert("sec-fetch-mode", HeaderValue::from_static("navigate"));
        headers.insert("sec-fetch-dest", HeaderValue::from_static("document"));
        Self {
            jar: Arc::default(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            headers,
            stop_before: None,
        }
    }

    /// The same browser, which follows no redirect to an address that begins so: the page is then the redirect itself.
    #[must_use]
    pub fn stopping_before(mut self, prefix: &str) -> Self {
        self.stop_before = Some(prefix.to_owned());
        self
    }

    /// The same browser, sending one more header with every request. The cookies stay shared.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Opens an address, as from the address bar, and follows redirects to a page.
    pub async fn open(&self, url: &str) -> io::Result<Page> {
        let url = Url::parse(url).map_err(io::Error::other)?;
        self.navigate(Asking::get(url, Initiator::Person)).await
    }

    /// Asks for one address without following where it leads.
    pub async fn ask(&self, url: &str) -> io::Result<Page> {
        let url = Url::parse(url).map_err(io::Error::other)?;
        let (hop, body) = self.exchange(&Asking::get(url, Initiator::Person)).await?;
        Ok(Page::of(hop.clone(), vec![hop], body))
    }

    /// Follows a link of a page.
    pub async fn click(&self, page: &Page, link: &Link) -> io::Result<Page> {
        let url = page.url.join(&link.href).map_err(io::Error::other)?;
        let origin = origin(&page.url, &url, Initiator::CrossSiteNavigation);
        self.navigate(Asking::get(url, origin)).await
    }

    /// Follows the first link whose address or text contains `part`.
    pub async fn click_on(&self, page: &Page, part: &str) -> io::Result<Page> {
        self.click(page, &page.link(part)?).await
    }

    /// Presses the first button whose text or value contains `part`.
    pub async fn press(&self, page: &Page, part: &str) -> io::Result<Page> {
        let (form, button) = page.button(part)?;
        self.submit(page, &form, Some(&button)).await
    }

    /// Sends a form, with a button or, as a script would, without one.
    pub async fn submit(&self, page: &Page, form: &Form, button: Option<&Button>) -> io::Result<Page> {
        let mut pairs: Vec<(&str, &str)> = form
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        pairs.extend(
            button
                .filter(|button| !button.name.is_empty())
                .map(|button| (button.name.as_str(), button.value.as_str())),
        );
        let mut url = page.url.join(&form.action).map_err(io::Error::other)?;
        let asking = if form.post {
            let origin = origin(&page.url, &url, Initiator::CrossSitePost);
            Asking {
                method: Method::POST,
                form: Some((text::form(&pairs), page.url.origin().ascii_serialization())),
                url,
                origin,
            }
        } else {
            url.set_query(Some(&text::form(&pairs)));
            let origin = origin(&page.url, &url, Initiator::CrossSiteNavigation);
            Asking::get(url, origin)
        };
        self.navigate(asking).await
    }

    /// The cookies that would go to an address.
    pub fn cookies(&self, url: &str) -> Vec<Cookie> {
        Url::parse(url).map_or_else(|_no_url| Vec::new(), |url| self.jar().of(&url).cloned().collect())
    }

    /// Puts a cookie into the jar as if `url` had set it.
    pub fn plant(&self, url: &str, set_cookie: &str) {
        if let Ok(url) = Url::parse(url) {
            self.jar().set(&url, set_cookie);
        }
    }

    fn jar(&self) -> std::sync::MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn navigate(&self, mut asking: Asking) -> io::Result<Page> {
        let mut hops = Vec::new();
        while hops.len() < MOST_HOPS {
            let (hop, body) = self.exchange(&asking).await?;
            hops.push(hop.clone());
            let stop = |next: &Url| {
                let prefix = self.stop_before.as_deref();
                prefix.is_some_and(|prefix| next.as_str().starts_with(prefix))
            };
            let Some(next) = hop.location().filter(|next| !stop(next)) else {
                return Ok(Page::of(hop, hops, body));
            };
            // RFC 9110, section 15.4: 307 and 308 keep method and form, the others lead on with GET.
            let keeps = matches!(
                hop.status,
                StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
            );
            let cross = if keeps && asking.method == Method::POST {
                Initiator::CrossSitePost
            } else {
                Initiator::CrossSiteNavigation
            };
            // A chain that left the site once stays cross-site.
            let origin = match asking.origin {
                Initiator::Person => Initiator::Person,
                Initiator::OwnOrigin | Initiator::OwnSite => origin(&asking.url, &next, cross),
                Initiator::CrossSiteNavigation | Initiator::CrossSitePost => cross,
            };
            if keeps {
                asking = Asking {
                    url: next,
                    origin,
                    ..asking
                };
            } else {
                asking = Asking::get(next, origin);
            }
        }
        Err(io::Error::other(format!(
            "more than {MOST_HOPS} redirects, the last to {}",
            asking.url
        )))
    }

    async fn exchange(&self, asking: &Asking) -> io::Result<(Hop, Bytes)> {
        let mut address = asking.url.clone();
        address.set_fragment(None);
        let body = asking
            .form
            .as_ref()
            .map_or_else(Bytes::new, |(form, _)| Bytes::from(form.clone()));
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = asking.method.clone();
        *request.uri_mut() = address.as_str().parse().map_err(io::Error::other)?;
        *request.headers_mut() = self.headers.clone();
        let site = asking.origin.sec_fetch_site();
        request
            .headers_mut()
            .insert("sec-fetch-site", HeaderValue::from_static(site));
        if let Some((_, origin)) = &asking.form {
            let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().insert(CONTENT_TYPE, media_type);
            request
                .headers_mut()
                .insert("origin", origin.parse().map_err(io::Error::other)?);
        }
        if let Some(cookies) = self.jar().field(&asking.url, asking.origin) {
            request
                .headers_mut()
                .insert(COOKIE, cookies.parse().map_err(io::Error::other)?);
        }
        let answered = tokio::time::timeout(PATIENCE, async {
            let response = self.client.request(request).await.map_err(io::Error::other)?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
            Ok::<_, io::Error>((head, body))
        });
        let (head, body) = answered
            .await
            .map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))??;
        for field in head.headers.get_all(SET_COOKIE) {
            if let Ok(field) = field.to_str() {
                self.jar().set(&asking.url, field);
            }
        }
        let hop = Hop {
            url: asking.url.clone(),
            status: head.status,
            headers: head.headers,
        };
        Ok((hop, body))
    }
}

/// A request on its way out.
struct Asking {
    method: Method,
    url: Url,
    /// The encoded form and the origin of the page it came from.
    form: Option<(String, String)>,
    origin: Initiator,
}

impl Asking {
    fn get(url: Url, origin: Initiator) -> Self {
        Self {
            method: Method::GET,
            url,
            form: None,
            origin,
        }
    }
}

fn origin(from: &Url, to: &Url, across: Initiator) -> Initiator {
    if from.origin() == to.origin() {
        Initiator::OwnOrigin
    } else if jar::host(from) == jar::host(to) {
        Initiator::OwnSite
    } else {
        across
    }
}
