//! A list of things that were looked at: what is well, what is not, and what to do about it. For people and for programs.

use std::fmt::Display;

use clap::ValueEnum;
use serde_json::Value;
use serde_json::json;

use crate::cli::streams::Streams;

/// Who reads the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// People.
    Human,
    /// Programs: one JSON object.
    Json,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and deserves a second look.
    Warning,
    /// It does not work.
    Bad,
    /// It was not looked at, or there is nothing to judge.
    Unjudged,
}

impl Verdict {
    /// The sign in front of a line.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Good => "✔",
            Self::Warning => "!",
            Self::Bad => "✘",
            Self::Unjudged => "·",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Bad => "failed",
            Self::Unjudged => "not_judged",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it is.
    pub verdict: Verdict,
    /// What was looked at, in a word or two.
    pub what: &'static str,
    /// What was seen.
    pub seen: String,
    /// What to do. Empty where nothing is to be done.
    pub mend: String,
}

impl Finding {
    /// As it should be.
    pub fn good(what: &'static str, seen: impl Into<String>) -> Self {
        Self::of(Verdict::Good, what, seen, "")
    }

    /// It works, and deserves a second look.
    pub fn warning(what: &'static str, seen: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::of(Verdict::Warning, what, seen, mend)
    }

    /// It does not work.
    pub fn bad(what: &'static str, seen: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::of(Verdict::Bad, what, seen, mend)
    }

    /// Not looked at, or nothing to judge.
    pub fn unjudged(what: &'static str, seen: impl Into<String>) -> Self {
        Self::of(Verdict::Unjudged, what, seen, "")
    }

    fn of(verdict: Verdict, what: &'static str, seen: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            verdict,
            what,
            seen: seen.into(),
            mend: mend.into(),
        }
    }

    fn json(&self) -> Value {
        json!({
            "verdict": self.verdict.word(),
            "what": self.what,
            "seen": self.seen,
            "mend": (!self.mend.is_empty()).then_some(self.mend.as_str()),
        })
    }
}

/// What is said while things are looked at: to people at once, to programs at the end.
#[derive(Debug)]
pub struct Report<'a, 's> {
    streams: &'a mut Streams<'s>,
    format: Format,
    sections: Vec<(String, Vec<Finding>)>,
}

impl<'a, 's> Report<'a, 's> {
    /// Nothing was looked at yet.
    pub fn new(format: Format, streams: &'a mut Streams<'s>) -> Self {
        Self {
            streams,
            format,
            sections: Vec::new(),
        }
    }

    /// What the next findings are about.
    pub fn section(&mut self, about: impl Display) {
        let about = about.to_string();
        if self.format == Format::Human {
            let gap = if self.sections.is_empty() { "" } else { "\n" };
            self.streams.say_line(format_args!("{gap}{about}"));
        }
        self.sections.push((about, Vec::new()));
    }

    /// One finding of this section.
    pub fn add(&mut self, finding: Finding) {
        if self.format == Format::Human {
            self.tell(&finding);
        }
        if self.sections.is_empty() {
            self.sections.push((String::new(), Vec::new()));
        }
        if let Some((_, findings)) = self.sections.last_mut() {
            findings.push(finding);
        }
    }

    /// Findings of this section.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.add(finding);
        }
    }

    /// The end: whether anything does not work.
    pub fn finish(self) -> Verdict {
        let all = || self.sections.iter().flat_map(|(_, findings)| findings);
        let count = |verdict| all().filter(|finding| finding.verdict == verdict).count();
        let (bad, warnings) = (count(Verdict::Bad), count(Verdict::Warning));
        if self.format == Format::Human {
            self.streams
                .say_line(format_args!("\n{bad} failed, {warnings} to look at again"));
            if count(Verdict::Unjudged) > 0 {
                self.streams.say_line("(· is told, and not judged)");
            }
        } else {
            let sections = self.sections.iter().map(|(about, findings)| {
                let findings: Vec<Value> = findings.iter().map(Finding::json).collect();
                json!({ "about": about, "findings": findings })
            });
            let answer = json!({
                "failed": bad,
                "warnings": warnings,
                "sections": sections.collect::<Vec<_>>(),
            });
            self.streams.say_line(format_args!("{answer:#}"));
        }
        if bad > 0 { Verdict::Bad } else { Verdict::Good }
    }

    fn tell(&mut self, finding: &Finding) {
        let Finding {
            verdict,
            what,
            seen,
            mend,
        } = finding;
        self.streams
            .say_line(format_args!("  {} {what:<18} {seen}", verdict.sign()));
        if !mend.is_empty() {
            self.streams.say_line(format_args!("    {:<18} mend: {mend}", ""));
        }
    }
}
