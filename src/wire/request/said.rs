//! The fields of a head, each where it belongs: what passes, what an application has to ask for, and what a client may not say.

use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;

use crate::wire::header_name;
use crate::wire::header_name::Treatment;

/// The fields of a head, each where it belongs.
pub(super) struct Said {
    pub(super) headers: HeaderMap,
    pub(super) odd: Vec<(HeaderName, HeaderValue)>,
    pub(super) spoofed: usize,
}

impl Said {
    /// `nominated` are the names that `Connection` takes for its own.
    pub(super) fn of(head: &HeaderMap, nominated: &[HeaderName]) -> Self {
        let mut said = Self {
            headers: HeaderMap::with_capacity(head.len()),
            odd: Vec::new(),
            spoofed: 0,
        };
        for (name, value) in head {
            let treatment = header_name::treatment(name);
            let is_nominated = || nominated.contains(name);
            match treatment {
                Treatment::Spoofed => said.spoofed += 1,
                Treatment::Passes if !is_nominated() => {
                    said.headers.append(name.clone(), value.clone());
                }
                Treatment::Odd if !is_nominated() => said.odd.push((name.clone(), value.clone())),
                Treatment::Passes | Treatment::Odd | Treatment::LeftAway => {}
            }
        }
        said
    }
}
