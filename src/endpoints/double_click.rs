//! Two clicks on one answer. The browser drops the first response, cookie included; so whoever claimed the attempt leaves
//! behind how it ended, sealed for this browser, and the other one reads that instead of asking the provider again.

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::oidc::attempts::AttemptId;
use crate::oidc::attempts::OUTCOME_LIFETIME;
use crate::oidc::pending_authorization::PendingAuthorization;
use crate::seal::Joined;
use crate::seal::SealError;
use crate::seal::purpose::Purpose;
use crate::wire::cookies::SetCookie;

/// How often the loser looks.
const EVERY: Duration = Duration::from_millis(100);
/// How often at most: 15 seconds, as long as the winner's requests to the provider may take.
const MOST_LOOKS: u32 = 150;

/// How a claimed attempt ended.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_debug_implementations, reason = "holds a cookie")]
pub enum Ended {
    /// No session.
    Failed,
    /// A session, with this `Set-Cookie`.
    Done(String),
}

impl Ended {
    /// What the other click may know of a result.
    pub fn of(signed_in: &Result<SetCookie, Failure>) -> Self {
        signed_in
            .as_ref()
            .map_or(Self::Failed, |cookie| Self::Done(cookie.as_str().to_owned()))
    }
}

/// Whoever claimed an attempt, and will say how it ended.
#[derive(Debug)]
pub struct Winner<'a> {
    desk: &'a Desk,
    id: AttemptId,
    half: Zeroizing<[u8; 32]>,
}

impl<'a> Winner<'a> {
    /// Of an attempt. Its cookie and the gateway's secret together are the key.
    pub fn of(desk: &'a Desk, pending: &PendingAuthorization) -> Result<Self, SealError> {
        Ok(Self {
            desk,
            id: pending.id().clone(),
            half: half(pending)?,
        })
    }

    /// Leaves the end behind. Should that fail, the other click ends with a page that starts anew, and this one as it would.
    pub async fn tell(self, ended: Ended) {
        let sealed = serde_json::to_vec(&ended)
            .map_err(|_unserialisable| SealError::NotSealed)
            .and_then(|plain| {
                let keys = self.desk.keyring.with(&self.half);
                keys.seal(Purpose::AttemptOutcome, &[self.id.as_str().as_bytes()], &plain)
            });
        let told = match sealed {
            Ok(sealed) => self
                .desk
                .attempts
                .finish(&self.id, sealed)
                .await
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = told {
            tracing::warn!(error, "how a login ended could not be left for its other click");
        }
    }
}

/// What the loser sees.
#[derive(Debug)]
pub enum Seen {
    /// The winner made a session; this is its cookie.
    Done(SetCookie),
    /// The winner made none, or did not end.
    Failed,
    /// The attempt was claimed so long ago that nobody remembers how it ended.
    LongAgo,
}

/// Looks for how the winner ended. Nothing is asked of the provider.
pub async fn wait_for_winner(
    desk: &Desk,
    pending: &PendingAuthorization,
    age: Duration,
) -> Result<Seen, Failure> {
    if age > OUTCOME_LIFETIME {
        return Ok(Seen::LongAgo);
    }
    let half = half(pending)?;
    for _ in 0..MOST_LOOKS {
        if let Some(sealed) = desk.attempts.outcome(pending.id()).await? {
            return Ok(open(desk.keyring.with(&half), pending.id(), &sealed));
        }
        tokio::time::sleep(EVERY).await;
    }
    Ok(Seen::Failed)
}

fn open(keys: Joined<'_>, id: &AttemptId, sealed: &[u8]) -> Seen {
    let opened = keys
        .open(Purpose::AttemptOutcome, &[id.as_str().as_bytes()], sealed)
        .ok();
    match opened.and_then(|plain| serde_json::from_slice(&plain).ok()) {
        Some(Ended::Done(cookie)) => Seen::Done(SetCookie::from_sealed(cookie)),
        Some(Ended::Failed) | None => Seen::Failed,
    }
}

/// The half of the key that only the browser has.
fn half(pending: &PendingAuthorization) -> Result<Zeroizing<[u8; 32]>, SealError> {
    pending.outcome_key().ok_or(SealError::NotSealed)
}
