//! The answer to the application's own sign-out: once it has done its part, ours follows.

use http::Response;
use http::header::SET_COOKIE;

use crate::endpoints::ends_session::Ended;
use crate::gateway::answer::answer_body::AnswerBody;
use crate::gateway::decide::Decide;
use crate::pipeline::Forward;
use crate::routing::app::SignOut;

/// The answer for the browser. An application that refused (4xx) or broke (5xx) has signed nobody out, so nobody is.
pub(in crate::gateway) async fn follow_up<D: Decide>(
    decide: &D,
    forward: &Forward,
    mut answer: Response<AnswerBody>,
) -> Response<AnswerBody> {
    let agreed = answer.status().is_success() || answer.status().is_redirection();
    if !agreed || forward.sign_out == SignOut::No {
        return answer;
    }
    match Box::pin(decide.end_session(forward)).await {
        None => answer,
        Some(Ended::Beside(cookie)) => {
            if let Ok(cookie) = cookie.as_str().parse() {
                answer.headers_mut().append(SET_COOKIE, cookie);
            }
            answer
        }
        Some(Ended::Instead(ours)) => {
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
