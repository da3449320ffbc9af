//! What an attack leaves to be seen: its tries, each with what was sent, answered and received.

use crate::demo::raw::RawAnswer;

/// One attack and its outcome.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) tries: Vec<Try>,
}

/// One try of an attack.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    /// What was sent, as text.
    pub(crate) sent: String,
    /// What the gateway answered.
    pub(crate) answered: String,
    /// What the application received.
    pub(crate) received: Option<String>,
    pub(crate) verdict: Verdict,
}

/// Whether the gateway held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Held,
    Broken,
}

impl Verdict {
    pub(crate) fn held_if(condition: impl FnOnce() -> bool) -> Self {
        if condition() { Self::Held } else { Self::Broken }
    }

    /// Held if what the application received is harmless, or the gateway refused. A request that neither arrived nor was
    /// refused proves nothing: a gateway that is down would hold against everything.
    pub(crate) fn of(
        answer: &RawAnswer,
        received: Option<&str>,
        harmless: impl FnOnce(&str) -> bool,
    ) -> Self {
        Self::held_if(|| received.map_or_else(|| answer.is_refusal(), harmless))
    }

    /// The sign before a line.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Held => "✔",
            Self::Broken => "✘",
        }
    }
}

impl Report {
    /// One more try.
    pub(crate) fn add(&mut self, sent: &str, answered: &str, received: Option<&str>, verdict: Verdict) {
        self.tries.push(Try {
            sent: sent.trim_end().to_owned(),
            answered: answered.to_owned(),
            received: received.map(|received| received.trim_end().to_owned()),
            verdict,
        });
    }

    /// The gateway held if it held every time, and was tried at all.
    pub(crate) fn verdict(&self) -> Verdict {
        let held = |each: &Try| each.verdict == Verdict::Held;
        Verdict::held_if(|| !self.tries.is_empty() && self.tries.iter().all(held))
    }
}

#[cfg(test)]
mod tests {
    use super::Report;
    use super::Verdict;

    #[test]
    fn one_broken_try_breaks_the_report() {
        let mut report = Report::default();
        report.add("a", "b", None, Verdict::Held);
        assert_eq!(report.verdict(), Verdict::Held);
        report.add("a", "b", None, Verdict::Broken);
        assert_eq!(report.verdict(), Verdict::Broken);
    }

    #[test]
    fn an_attack_that_was_not_tried_proves_nothing() {
        assert_eq!(Report::default().verdict(), Verdict::Broken);
    }
}
