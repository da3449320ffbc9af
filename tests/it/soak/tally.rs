//! What happened, in numbers, and the first words of what should not have happened.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Soak;
use super::faults::Weather;

/// Everything that is counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    answers: AtomicUsize,
    logins: AtomicUsize,
    faults: AtomicUsize,
    failed_during_faults: AtomicUsize,
    failed_otherwise: AtomicUsize,
    wrong: AtomicUsize,
    unexpected: AtomicUsize,
    attempts: Mutex<BTreeMap<&'static str, usize>>,
    took: Mutex<Vec<Duration>>,
    words: Mutex<Vec<String>>,
}

/// Resident memory of the gateway, in KiB, after three tenths of the time and at the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    pub(super) early: u64,
    pub(super) late: u64,
}

impl Memory {
    pub(super) fn has_not_grown(self) {
        assert!(self.late * 10 <= self.early * 11, "more than a tenth: {self:?}");
    }
}

/// Whose words are kept.
const MOST_WORDS: usize = 20;

impl Tally {
    /// A person got the right answer; how long it took, if nothing was failing.
    pub(super) fn answered(&self, took: Option<Duration>) {
        self.answers.fetch_add(1, Ordering::SeqCst);
        self.took.lock().unwrap().extend(took);
    }

    pub(super) fn login(&self) {
        self.logins.fetch_add(1, Ordering::SeqCst);
    }

    /// One more fault; how many there were before.
    pub(super) fn fault(&self) -> usize {
        self.faults.fetch_add(1, Ordering::SeqCst)
    }

    /// Somebody was served as somebody else.
    pub(super) fn wrong(&self, words: String) {
        self.wrong.fetch_add(1, Ordering::SeqCst);
        self.keep(words);
    }

    /// Somebody was not served.
    pub(super) fn failed(&self, weather: Weather, words: String) {
        if weather == Weather::Quiet {
            self.failed_otherwise.fetch_add(1, Ordering::SeqCst);
            self.keep(words);
        } else {
            self.failed_during_faults.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// A hostile client made an attempt.
    pub(super) fn attempt(&self, name: &'static str) {
        *self.attempts.lock().unwrap().entry(name).or_default() += 1;
    }

    /// A hostile client was not refused.
    pub(super) fn unexpected(&self, words: String) {
        self.unexpected.fetch_add(1, Ordering::SeqCst);
        self.keep(words);
    }

    fn keep(&self, words: String) {
        let mut kept = self.words.lock().unwrap();
        if kept.len() < MOST_WORDS {
            kept.push(words);
        }
    }

    /// Nothing happened that should not have; and enough of the rest.
    pub(super) fn is_clean(&self, log: &str) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        let defects = [&self.wrong, &self.failed_otherwise, &self.unexpected].map(count);
        let words = self.words.lock().unwrap().join("\n");
        let log: String = log
            .chars()
            .rev()
            .take(3000)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        assert_eq!(
            defects,
            [0, 0, 0],
            "served as another, not served, hostile clients served\n{words}\n{log}"
        );
        assert!(count(&self.answers) > 0 && count(&self.faults) >= 2);
        let attempts = self.attempts.lock().unwrap();
        assert_eq!(attempts.len(), super::HOSTILE.len(), "{attempts:?}");
    }

    /// As a table of Markdown.
    pub(super) fn table(&self, soak: &Soak, memory: &Memory) -> String {
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst).to_string();
        let mut took = self.took.lock().unwrap().clone();
        took.sort();
        let at = |hundredth: usize| {
            let found = took
                .get(took.len() * hundredth / 100)
                .copied()
                .unwrap_or_default();
            format!("{:.1} ms", found.as_secs_f64() * 1000.0)
        };
        let mebibytes = |kibibytes: u64| format!("{}.{} MiB", kibibytes / 1024, kibibytes % 1024 * 10 / 1024);
        let mut rows = vec![
            ("time".to_owned(), format!("{} s", soak.lasts.as_secs())),
            ("people signed in".to_owned(), soak.people.to_string()),
            ("logins, the first ones included".to_owned(), count(&self.logins)),
            ("right answers to people".to_owned(), count(&self.answers)),
            (
                "half of them within; 99 of 100 within".to_owned(),
                format!("{}; {}", at(50), at(99)),
            ),
            (
                "restarts of Redis and of the application, in turns".to_owned(),
                count(&self.faults),
            ),
            (
                "not served while one of them was away".to_owned(),
                count(&self.failed_during_faults),
            ),
        ];
        let attempts = self.attempts.lock().unwrap();
        rows.extend(
            attempts
                .iter()
                .map(|(name, count)| (format!("hostile: {name}"), count.to_string())),
        );
        rows.extend([
            ("**served as somebody else**".to_owned(), count(&self.wrong)),
            (
                "**5xx or no answer at any other time**".to_owned(),
                count(&self.failed_otherwise),
            ),
            (
                "**hostile clients that got what they wanted**".to_owned(),
                count(&self.unexpected),
            ),
            (
                "resident memory after three tenths of the time".to_owned(),
                mebibytes(memory.early),
            ),
            ("resident memory at the end".to_owned(), mebibytes(memory.late)),
        ]);
        let rows = rows.iter().map(|(name, value)| format!("| {name} | {value} |\n"));
        format!("| What | Count |\n| --- | ---: |\n{}", rows.collect::<String>())
    }
}
