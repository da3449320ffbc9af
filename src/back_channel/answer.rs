//! A complete answer, and what is read of its head.

use std::time::Duration;

use chrono::DateTime;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use http::header::CONTENT_TYPE;
use http::header::DATE;
use http::header::LOCATION;

use crate::clock::Timestamp;

/// A complete answer. Judge it by its status first: an error page may call itself `application/jwt`.
#[derive(Clone)]
pub struct Answer {
    status: StatusCode,
    media_type: Option<String>,
    max_age: Option<Duration>,
    date: Option<Timestamp>,
    location: Option<String>,
    body: Vec<u8>,
}

/// Why an answer is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// Another status than 200, whatever the body calls itself.
    #[error("answered with status {0}")]
    Status(StatusCode),
    /// Status 200, but not the kind of document that was asked for.
    #[error("answered with another media type")]
    MediaType,
}

impl Answer {
    /// An answer as it was received.
    pub fn new(status: StatusCode, headers: &http::HeaderMap, body: Vec<u8>) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            status,
            media_type: text(CONTENT_TYPE).map(essence),
            max_age: text(CACHE_CONTROL).and_then(max_age),
            date: text(DATE).and_then(date),
            location: text(LOCATION).map(str::to_owned),
            body,
        }
    }

    /// The body of a 200 of one of these media types (parameters are not compared).
    pub fn document(&self, media_types: &[&str]) -> Result<&[u8], AnswerError> {
        if self.status != StatusCode::OK {
            return Err(AnswerError::Status(self.status));
        }
        let is_one = |found: &String| media_types.contains(&found.as_str());
        if !self.media_type.as_ref().is_some_and(is_one) {
            return Err(AnswerError::MediaType);
        }
        Ok(&self.body)
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body, whatever it is.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// When the other side says that it answered (RFC 9110, section 6.6.1).
    pub fn date(&self) -> Option<Timestamp> {
        self.date
    }

    /// Where it would lead a browser (RFC 9110, section 10.2.2). Never followed.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// How long the answer says that it stays good (RFC 9111, section 5.2.2.1).
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age
    }
}

/// The status only: a body holds tokens.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Answer").field(&self.status).finish()
    }
}

fn essence(content_type: &str) -> String {
    let essence = content_type.split(';').next().unwrap_or(content_type);
    essence.trim().to_ascii_lowercase()
}

fn max_age(cache_control: &str) -> Option<Duration> {
    let directives = cache_control.split(',').map(str::trim);
    let mut seconds = directives.filter_map(|directive| directive.strip_prefix("max-age="));
    seconds.next()?.parse().ok().map(Duration::from_secs)
}

fn date(text: &str) -> Option<Timestamp> {
    let moment = DateTime::parse_from_rfc2822(text).ok()?;
    Some(Timestamp::from_unix(moment.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    fn answer(status: StatusCode, content_type: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
        Answer::new(status, &headers, b"body".to_vec())
    }

    #[test]
    fn an_answer_is_judged_by_its_status_before_its_media_type() {
        let jwt = ["application/jwt"];
        assert_eq!(
            answer(StatusCode::OK, "Application/JWT; charset=utf-8").document(&jwt),
            Ok(b"body".as_slice())
        );
        assert_eq!(
            answer(StatusCode::UNAUTHORIZED, "application/jwt").document(&jwt),
            Err(AnswerError::Status(StatusCode::UNAUTHORIZED))
        );
        for other in ["application/json", "text/html", "application/jwt-x", ""] {
            let found = answer(StatusCode::OK, other);
            assert_eq!(found.document(&jwt), Err(AnswerError::MediaType), "{other}");
        }
    }

    #[test]
    fn the_date_of_an_answer_is_a_moment() {
        assert_eq!(
            date("Wed, 25 Nov 2026 21:05:38 GMT"),
            Some(Timestamp::from_unix(1_795_640_738))
        );
        assert_eq!(date("yesterday"), None);
    }

    #[test]
    fn max_age_is_read_where_it_stands() {
        assert_eq!(max_age("public, max-age=600"), Some(Duration::from_mins(10)));
        assert_eq!(max_age("no-store"), None);
        assert_eq!(max_age("max-age=soon"), None);
    }
}
