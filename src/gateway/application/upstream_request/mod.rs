//! THE ONE function that owns the head that an application receives. It is built new: nothing is there but what is written
//! here, and the identity is written last.

use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Request;
use http::Uri;
use http::header::CONTENT_LENGTH;
use http::header::COOKIE;
use http::header::HOST;
use http::header::TRANSFER_ENCODING;
use http_body::Body;

use crate::gateway::application::app_cookies;
use crate::pipeline::Forward;
use crate::routing::upstream::HostHeader;
use crate::routing::upstream::Upstream;
use crate::wire::websocket;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");

/// The request for the application, with a body that is framed as the browser framed it.
pub(super) fn build<B: Body>(
    forward: &Forward,
    upstream: &Upstream,
    body: B,
) -> Result<Request<B>, http::Error> {
    let asked = &forward.request;
    let identity = forward.identity.fields();
    let mut headers = HeaderMap::with_capacity(asked.headers.len() + identity.len() + 8);
    headers.insert(HOST, host(forward, upstream)?);
    let said = asked.headers.iter().filter(|(name, _)| *name != CONTENT_LENGTH);
    headers.extend(said.map(|(name, value)| (name.clone(), value.clone())));
    for (name, value) in &asked.odd_headers {
        if forward.app.tolerance.headers.iter().any(|wanted| wanted.is(name)) {
            headers.append(name.clone(), value.clone());
        }
    }
    if let Some(cookies) = app_cookies::towards_application(forward) {
        headers.insert(COOKIE, cookies);
    }
    frame(&mut headers, asked.headers.get(CONTENT_LENGTH), &body);
    forwarding(&mut headers, forward)?;
    if asked.handshake.is_some() {
        websocket::switch(&mut headers);
    }
    for (name, value) in identity {
        headers.insert(name, value.clone());
    }

    let mut request = Request::new(body);
    *request.method_mut() = asked.method.clone();
    // The same bytes were read as a target before; a target that is only a path is written as it stands.
    *request.uri_mut() = asked.target.as_str().parse::<Uri>()?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// The same request for another server of the application: nothing of it was sent.
pub(super) fn readdress<B>(
    request: &mut Request<B>,
    forward: &Forward,
    upstream: &Upstream,
) -> Result<(), http::Error> {
    request.headers_mut().insert(HOST, host(forward, upstream)?);
    Ok(())
}

fn host(forward: &Forward, upstream: &Upstream) -> Result<HeaderValue, http::Error> {
    Ok(match (upstream.host_header, upstream.address.authority()) {
        (HostHeader::Upstream, Some(authority)) => HeaderValue::from_str(authority.as_str())?,
        (HostHeader::Browser, _) | (_, None) => forward.request.raw_host.clone(),
    })
}

/// Both fields at once cannot happen here (RFC 9112, section 6.3), nor chunks without a field that says so: hyper leaves
/// the body of a GET away otherwise.
fn frame(headers: &mut HeaderMap, said: Option<&HeaderValue>, body: &impl Body) {
    match body.size_hint().exact() {
        None => {
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        Some(length) if said.is_some() || length > 0 => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        Some(_) => {}
    }
}

/// Written from the connection, whatever was claimed.
fn forwarding(headers: &mut HeaderMap, forward: &Forward) -> Result<(), http::Error> {
    let asked = &forward.request;
    let scheme = forward.public_scheme;
    let port = asked.host.port_for(scheme);
    let client = asked.provenance.client.ip().to_canonical().to_string();
    headers.insert(X_FORWARDED_FOR, HeaderValue::from_str(&client)?);
    headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static(scheme.as_str()));
    headers.insert(X_FORWARDED_HOST, asked.raw_host.clone());
    headers.insert(X_FORWARDED_PORT, HeaderValue::from(port));
    Ok(())
}

#[cfg(test)]
mod tests;
