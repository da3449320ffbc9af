//! From a handshake that was agreed to, to a WebSocket: the head that the browser receives, and what comes after it.
//!
//! An agreement is believed only where somebody asked for it, and in every part (RFC 6455, section 4.1): else an application
//! that says 101 to anything would open a road past every decision.

use std::sync::Arc;

use http::HeaderMap;
use http::Response;
use http::header::CONTENT_LENGTH;
use hyper::upgrade::OnUpgrade;

use crate::gateway::answer::answer_body::AnswerBody;
use crate::gateway::answer::tunnel::Tunnel;
use crate::gateway::answer::vigil::Lookout;
use crate::gateway::answer::vigil::Vigil;
use crate::gateway::application::answer_stream::AnswerStream;
use crate::gateway::application::app_cookies;
use crate::gateway::application::upstream_response;
use crate::judge::AnswerCache;
use crate::pipeline::Forward;
use crate::wire::websocket;

/// The answer for the browser, with the tunnel that it opens. `browser` is the connection that it comes on.
pub(in crate::gateway) fn switch(
    forward: Box<Forward>,
    mut answer: Response<AnswerStream>,
    browser: OnUpgrade,
    lookout: Arc<dyn Lookout>,
) -> Response<AnswerBody> {
    let application = hyper::upgrade::on(&mut answer);
    let mut response = upstream_response::relay(answer, AnswerCache::AsItIs, |agreed| agreed);
    app_cookies::towards_browser(&forward, response.headers_mut());
    agree(response.headers_mut());
    response.map(|agreed| {
        AnswerBody::Switched(Box::new(Tunnel {
            browser,
            application,
            idle_timeout: agreed.idle_timeout(),
            vigil: Vigil::over(lookout, forward),
            agreed,
        }))
    })
}

/// What the application said about its own connection was left away; this is about ours.
fn agree(headers: &mut HeaderMap) {
    headers.remove(CONTENT_LENGTH);
    websocket::switch(headers);
}
