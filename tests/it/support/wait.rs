//! Waiting for what comes soon on a machine that has nothing else to do.

use std::thread;
use std::time::Duration;

use tokio::time::Instant;

/// How long it may take on one that has.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Asks again and again until there is an answer; `None` if there never is.
pub(crate) fn eventually<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = ask();
        if answer.is_some() || Instant::now() > end {
            return answer;
        }
        thread::sleep(PAUSE);
    }
}

/// Waits for a condition, and fails with this sentence if it never comes.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let came = eventually(|| condition().then_some(()));
    assert!(came.is_some(), "never: {what}");
}
