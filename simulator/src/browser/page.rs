//! What came back: one exchange, and the page on which a navigation ended.

use std::io;

use bytes::Bytes;
use http::HeaderMap;
use http::StatusCode;
use http::header::LOCATION;
use url::Url;

use crate::browser::document;
use crate::browser::document::Button;
use crate::browser::document::Form;
use crate::browser::document::Link;

/// One request and what came back, without following anything.
#[derive(Clone, Debug)]
pub struct Hop {
    /// The address that was asked.
    pub url: Url,
    /// The status.
    pub status: StatusCode,
    /// The headers of the answer.
    pub headers: HeaderMap,
}

impl Hop {
    /// Where a redirect leads, resolved; `None` if this is no redirect.
    pub fn location(&self) -> Option<Url> {
        let location = self.headers.get(LOCATION)?.to_str().ok()?;
        self.status
            .is_redirection()
            .then(|| self.url.join(location).ok())
            .flatten()
    }
}

/// The page on which a navigation ended, with every hop that led there; the last hop is the page itself.
#[derive(Clone, Debug)]
pub struct Page {
    /// The page's address.
    pub url: Url,
    /// The status of the page.
    pub status: StatusCode,
    /// The headers of the page.
    pub headers: HeaderMap,
    /// The body, as bytes.
    pub body: Bytes,
    /// All exchanges in their order.
    pub hops: Vec<Hop>,
}

impl Page {
    /// The page at the end of these exchanges.
    pub(crate) fn of(last: Hop, hops: Vec<Hop>, body: Bytes) -> Self {
        Self {
            url: last.url,
            status: last.status,
            headers: last.headers,
            body,
            hops,
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Every link.
    pub fn links(&self) -> Vec<Link> {
        document::read(&self.text()).links
    }

    /// Every form.
    pub fn forms(&self) -> Vec<Form> {
        document::read(&self.text()).forms
    }

    /// The first link whose address or text contains `part`.
    pub fn link(&self, part: &str) -> io::Result<Link> {
        self.links()
            .into_iter()
            .find(|link| link.href.contains(part) || link.text.contains(part))
            .ok_or_else(|| self.lacks("link", part))
    }

    /// The first form with a button whose text or value contains `part`, and that button.
    pub fn button(&self, part: &str) -> io::Result<(Form, Button)> {
        self.forms()
            .into_iter()
            .find_map(|form| {
                let button = form
                    .buttons
                    .iter()
                    .find(|button| button.text.contains(part) || button.value.contains(part))?
                    .clone();
                Some((form, button))
            })
            .ok_or_else(|| self.lacks("button", part))
    }

    /// Where the page itself leads, if it is a redirect that was not followed.
    pub fn location(&self) -> Option<Url> {
        self.hops.last().and_then(Hop::location)
    }

    /// Whether a hop on the way asked for an address that begins so.
    pub fn came_by(&self, prefix: &str) -> bool {
        self.hops.iter().any(|hop| hop.url.as_str().starts_with(prefix))
    }

    fn lacks(&self, what: &str, part: &str) -> io::Error {
        io::Error::other(format!("no {what} `{part}` on {} ({})", self.url, self.status))
    }
}
