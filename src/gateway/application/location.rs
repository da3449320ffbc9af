//! Where an application's redirect leads: one to its own address, which no browser can reach, becomes one to the address that
//! browsers know. Nothing else is changed.

use http::HeaderMap;
use http::HeaderValue;
use http::header::LOCATION;

use crate::pipeline::Forward;

/// Rewrites a `Location` at the origin of a server of the application, scheme, host and port alike.
pub(in crate::gateway) fn make_public(forward: &Forward, headers: &mut HeaderMap) {
    let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok()) else {
        return;
    };
    // A socket is no origin.
    let servers = forward.app.upstreams().iter();
    let mut origins = servers.filter(|server| server.address.authority().is_some());
    let Some(rest) = origins.find_map(|server| after(location, &server.address.to_string())) else {
        return;
    };
    let Ok(host) = forward.request.raw_host.to_str() else {
        return;
    };
    let public = format!("{}://{host}{rest}", forward.public_scheme);
    if let Ok(public) = HeaderValue::from_str(&public) {
        headers.insert(LOCATION, public);
    }
}

/// What follows the origin: nothing, or something that cannot be part of its host or port.
fn after<'a>(location: &'a str, origin: &str) -> Option<&'a str> {
    let (start, rest) = location.split_at_checked(origin.len())?;
    let ends_there = rest.is_empty() || rest.starts_with(['/', '?', '#']);
    (ends_there && start.eq_ignore_ascii_case(origin)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_ends_where_its_port_ends() {
        let own = "http://127.0.0.1:8080";
        assert_eq!(after("http://127.0.0.1:8080/x?y#z", own), Some("/x?y#z"));
        assert_eq!(after("HTTP://127.0.0.1:8080", own), Some(""));
        for other in [
            "http://127.0.0.1:80801/x",
            "http://127.0.0.1:8080@evil/",
            "http://127.0.0.1:8080.evil/",
            "http://127.0.0.1:8080\\evil",
            "https://127.0.0.1:8080/x",
            "http://127.0.0.1/x",
            "//127.0.0.1:8080/x",
            "/x",
            "//evil",
        ] {
            assert_eq!(after(other, own), None, "{other}");
        }
    }
}
