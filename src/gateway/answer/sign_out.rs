//! The answer to the application's own sign-out: once it has done its part, ours follows.

use http::Response;
use http::header::SET_COOKIE;

use crate::endpoints::ends_session::AgreedSignOut;
use crate::endpoints::ends_session::Ended;
use crate::gateway::answer::answer_body::AnswerBody;

/// The answer for the browser.
pub(in crate::gateway) async fn follow_up(
    sign_out: AgreedSignOut,
    mut answer: Response<AnswerBody>,
) -> Response<AnswerBody> {
    match Box::pin(sign_out.end()).await {
        Ended::Beside(cookie) => {
            if let Ok(cookie) = cookie.as_str().parse() {
                answer.headers_mut().append(SET_COOKIE, cookie);
            }
            answer
        }
        Ended::Instead(ours) => {
            let mut response = Response::new(AnswerBody::Own(ours.body.into()));
            *response.status_mut() = ours.status;
            *response.headers_mut() = ours.headers;
            for cookie in answer.headers().get_all(SET_COOKIE) {
                response.headers_mut().append(SET_COOKIE, cookie.clone());
            }
            response
        }
    }
}
