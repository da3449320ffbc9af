//! A person at work: pages, forms and large files, each of which says who the application believes that it is.

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use super::faults::Weather;
use super::stage::Stage;
use crate::support::jws::claims;
use crate::support::raw::Answer;
use crate::support::raw::RawClient;

/// Somebody who is signed in.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) number: usize,
    pub(super) sub: String,
    pub(super) cookie: String,
}

/// Between two requests of one person.
const PAUSE: Duration = Duration::from_millis(300);
/// After so many requests they sign in again, in another browser.
const A_DAY: usize = 200;

/// Until it is over.
pub(super) fn works(mut person: Person, stage: &Stage) {
    let mut kept: Option<RawClient> = None;
    // Not all at one time.
    let mut step = person.number;
    thread::sleep(PAUSE * u32::try_from(step % 100).unwrap() / 100);
    while !stage.is_over() {
        step += 1;
        if step.is_multiple_of(A_DAY) {
            signs_in_again(&mut person, stage);
        }
        let client = kept.take().unwrap_or_else(|| RawClient::connect(stage.address()));
        kept = asks(&person, step, client, stage).filter(|_| !step.is_multiple_of(7));
        thread::sleep(PAUSE);
    }
}

/// One request; the connection, if it can be used again.
fn asks(person: &Person, step: usize, mut client: RawClient, stage: &Stage) -> Option<RawClient> {
    let (number, cookie, host) = (person.number, &person.cookie, stage.host());
    let head = |line: String| {
        format!("{line} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nX-Guichet-Sub: evil\r\n")
    };
    let body = format!("form of {number}, {step}");
    let (line, request) = match step % 10 {
        0 => {
            let line = format!("POST /dossier/{number}/{step}");
            let length = body.len();
            (
                line.clone(),
                format!("{}Content-Length: {length}\r\n\r\n{body}", head(line)),
            )
        }
        1 => {
            let line = format!("GET /of/{number}/{step}/padded/262144");
            (line.clone(), head(line) + "\r\n")
        }
        2 => {
            let line = format!("GET /optional/{number}/{step}");
            (line.clone(), head(line) + "\r\n")
        }
        _ => {
            let line = format!("GET /dossier/{number}/{step}");
            (line.clone(), head(line) + "\r\n")
        }
    };
    let (moment, began) = (stage.faults.now(), Instant::now());
    let answer = client.send(&request).try_answer("GET");
    let took = began.elapsed();
    let weather = stage.faults.since(moment);
    match answer {
        Ok(answer) if answer.status == 200 => {
            let form = if line.starts_with("POST") {
                body.as_str()
            } else {
                ""
            };
            match is_about(&answer, person, (&line, form)) {
                Ok(()) => stage.tally.answered((weather == Weather::Quiet).then_some(took)),
                Err(defect) => stage
                    .tally
                    .wrong(format!("{line}: {defect}\n{}", beginning(&answer))),
            }
            (answer.field("connection") != Some("close")).then_some(client)
        }
        other => {
            let what = match &other {
                Ok(answer) => format!("{line}: {} {}", answer.status, beginning(answer)),
                Err(error) => format!("{line}: {error}"),
            };
            stage.tally.failed(weather, what);
            None
        }
    }
}

/// Whether an answer is to this request of this person; otherwise why not.
fn is_about(answer: &Answer, person: &Person, (line, form): (&str, &str)) -> Result<(), String> {
    let text = answer.text();
    let mut lines = text.lines();
    if lines.next() != Some(&format!("{line} HTTP/1.1")) {
        return Err("the answer to another request".to_owned());
    }
    let (mut status, mut sub, mut assertion) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = Vec::new();
    for line in lines {
        match line.split_once(": ") {
            Some(("x-guichet-status", value)) => status.push(value),
            Some(("x-guichet-sub", value)) => sub.push(value),
            Some(("x-guichet-assertion", value)) => assertion.push(value),
            Some((name, _)) if name.starts_with("x-guichet-") => {}
            _ => rest.push(line.trim_end()),
        }
    }
    if rest.concat() != form {
        return Err(format!("the form of somebody else: {rest:?}"));
    }
    if status != ["authenticated"] || sub != [person.sub.as_str()] || assertion.len() != 1 {
        return Err("somebody else, or nobody".to_owned());
    }
    if claims(assertion[0])["sub"] != person.sub.as_str() {
        return Err("an assertion about somebody else".to_owned());
    }
    Ok(())
}

fn signs_in_again(person: &mut Person, stage: &Stage) {
    let moment = stage.faults.now();
    // A fault in the middle of a login leads to a page that says so.
    let signed_in = catch_unwind(AssertUnwindSafe(|| stage.signs_in(&person.sub)));
    match signed_in {
        Ok(cookie) => person.cookie = cookie,
        Err(_) => stage
            .tally
            .failed(stage.faults.since(moment), format!("login of {}", person.number)),
    }
}

fn beginning(answer: &Answer) -> String {
    answer.text().chars().take(300).collect()
}
