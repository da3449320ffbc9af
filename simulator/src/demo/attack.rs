//! What an attack is, and what it leaves to be seen.

use std::fmt::Write;
use std::io;

/// One attack and its outcome.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// What was sent, as text.
    pub(crate) sent: String,
    /// What the gateway answered.
    pub(crate) answered: String,
    /// What the application received.
    pub(crate) received: String,
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

    /// The sign before a line.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Held => "✔",
            Self::Broken => "✘",
        }
    }
}

/// Several tries of one attack, written down as they are made.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    sent: String,
    answered: String,
    received: String,
    broken: bool,
}

impl Tries {
    /// One more try. It failed to harm if `held`.
    pub(crate) fn add(
        &mut self,
        sent: &str,
        answered: &str,
        received: Option<&str>,
        held: Verdict,
    ) -> io::Result<()> {
        let received = received.map_or("rien", str::trim_end);
        for (text, line) in [
            (&mut self.sent, sent.trim_end()),
            (&mut self.answered, answered),
            (&mut self.received, received),
        ] {
            if !text.is_empty() {
                text.push('\n');
            }
            writeln!(text, "{line}").map_err(io::Error::other)?;
        }
        self.broken |= held == Verdict::Broken;
        Ok(())
    }

    pub(crate) fn report(self) -> Report {
        Report {
            sent: self.sent,
            answered: self.answered,
            received: self.received,
            verdict: Verdict::held_if(|| !self.broken),
        }
    }
}
