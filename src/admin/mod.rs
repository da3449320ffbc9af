//! The operator's socket: sessions and reload, for the `guichet` commands on this machine. Never TCP.
//!
//! One question a connection, one line of JSON; the answer is a line for each session, and a last one. Whoever may open the
//! socket may do everything here: it is this user's alone, and root's.

mod answer;
pub mod control;
pub mod protocol;
pub mod socket;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncReadExt;
use tokio::io::BufReader;
use tokio::net::UnixListener;
use tokio::net::UnixStream;
use tokio::sync::Semaphore;

use crate::admin::answer::Answer;
use crate::admin::control::Control;
use crate::admin::protocol::Ask;
use crate::admin::socket::Questions;

/// Most questions at once. Beyond it the next one waits.
const AT_ONCE: usize = 8;
/// Longest question: some thousand references.
const LONGEST: u64 = 256 * 1024;
/// How long a question may take to arrive.
const ASKED_WITHIN: Duration = Duration::from_secs(5);
/// How long nothing is accepted after the system had no file descriptor left.
const REST: Duration = Duration::from_millis(100);

/// Answers the owner's questions, and root's, for ever. Must be called inside a runtime.
pub async fn serve(Questions { listener, owner }: Questions, gateway: Arc<dyn Control>) {
    let listener = match UnixListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "the admin socket does not answer"),
    };
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let gateway = Arc::clone(&gateway);
                drop(tokio::spawn(async move {
                    answer_one(stream, owner, &*gateway).await;
                    drop(place);
                }));
            }
            Err(error) => {
                tracing::warn!(%error, "a question of the operator could not be accepted");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

async fn answer_one(stream: UnixStream, owner: u32, gateway: &dyn Control) {
    // The mode of the file says the same; this holds also where somebody changed it.
    match stream.peer_cred() {
        Ok(peer) if peer.uid() == owner || peer.uid() == 0 => {}
        Ok(peer) => {
            tracing::warn!(
                user = peer.uid(),
                "somebody else asked at the admin socket and was not answered"
            );
            return;
        }
        Err(error) => {
            tracing::warn!(%error, "whoever asked at the admin socket could not be told and was not answered");
            return;
        }
    }
    let (from, to) = stream.into_split();
    let mut line = Vec::new();
    let mut from = BufReader::new(from.take(LONGEST));
    let asked = tokio::time::timeout(ASKED_WITHIN, from.read_until(b'\n', &mut line)).await;
    let mut answer = Answer::to(to);
    let ended = match (asked, serde_json::from_slice::<Ask>(&line)) {
        (Ok(Ok(_)), Ok(ask)) => answer.give(ask, gateway).await,
        _ => {
            answer
                .refuse("the question is not understood: is this the `guichet` of the same version?")
                .await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "the operator hung up");
    }
}
