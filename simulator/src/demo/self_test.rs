//! The journey and every attack without a browser: a line each, and one verdict.

use std::io;
use std::io::Write;

use crate::demo::attack::Try;
use crate::demo::attack::Verdict;
use crate::demo::attacks;
use crate::demo::journey::Journey;
use crate::demo::stage::Stage;

/// Whether all of it went as it should.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTest {
    /// Every line is a ✔.
    Passed,
    /// One line at least is a ✘.
    Failed,
}

/// Runs everything and writes a line for each step and each attack.
pub async fn run(stage: &Stage, out: &mut impl Write) -> io::Result<SelfTest> {
    let field = stage.field();
    let mut outcome = SelfTest::Passed;
    for step in Journey::travel(field).await.steps {
        match step.outcome {
            Ok(()) => writeln!(out, "✔ {}", step.title)?,
            Err(error) => {
                outcome = SelfTest::Failed;
                writeln!(out, "✘ {} : {error}", step.title)?;
            }
        }
    }
    for attack in attacks::ALL {
        match attack.run(field).await {
            Ok(report) => {
                writeln!(out, "{} attaque : {}", report.verdict().sign(), attack.title)?;
                let broken = |each: &&Try| each.verdict == Verdict::Broken;
                for each in report.tries.iter().filter(broken) {
                    let received = each.received.as_deref().unwrap_or("rien");
                    writeln!(out, "--- envoyé\n{}\n--- répondu\n{}", each.sent, each.answered)?;
                    writeln!(out, "--- reçu par l’application\n{received}\n---")?;
                }
                if report.verdict() == Verdict::Broken {
                    outcome = SelfTest::Failed;
                }
            }
            Err(error) => {
                outcome = SelfTest::Failed;
                writeln!(out, "✘ attaque : {} : {error}", attack.title)?;
            }
        }
    }
    Ok(outcome)
}
