//! How a command ended. The numbers are stable and documented.

use std::process::ExitCode;

/// The exit code of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is well.
    Ok = 0,
    /// It failed while it ran.
    Failure = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The configuration has mistakes.
    InvalidConfiguration = 3,
    /// Something around the gateway is not as it has to be.
    NotReady = 4,
    /// An assertion does not hold.
    NotVerified = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
