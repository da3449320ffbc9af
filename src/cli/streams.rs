//! Where a command writes: what it was asked for, and what went wrong.

use std::fmt;
use std::fmt::Display;
use std::io::Write;

use crate::cli::exit::Exit;
use crate::config::error::ConfigErrors;

/// Two streams. A reader that went away is nobody to tell anything to: what cannot be written is dropped.
pub struct Streams<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
}

impl<'a> Streams<'a> {
    /// Usually standard output and standard error.
    pub fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self { out, err }
    }

    /// What was asked for, as it is.
    pub fn say(&mut self, text: impl Display) {
        drop(write!(self.out, "{text}"));
        drop(self.out.flush());
    }

    /// What was asked for, and the end of the line.
    pub fn say_line(&mut self, text: impl Display) {
        self.say(format_args!("{text}\n"));
    }

    /// What went wrong, as it is.
    pub fn say_wrong(&mut self, text: impl Display) {
        drop(write!(self.err, "{text}"));
        drop(self.err.flush());
    }

    /// What went wrong, and the end of the line.
    pub fn say_wrong_line(&mut self, text: impl Display) {
        self.say_wrong(format_args!("{text}\n"));
    }

    /// What is wrong with the configuration. A command that needs it ends so.
    pub fn say_unusable(&mut self, errors: &ConfigErrors) -> Exit {
        self.say_wrong_line(errors);
        Exit::InvalidConfiguration
    }

    /// A mistake, as every command says one.
    pub fn say_error(&mut self, problem: impl Display) {
        self.say_wrong_line(format_args!("error: {problem}"));
    }

    /// A mistake, and the way out.
    pub fn say_error_with_help(&mut self, problem: impl Display, help: impl Display) {
        self.say_error(format_args!("{problem}\n   = help: {help}"));
    }
}

impl fmt::Debug for Streams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").finish_non_exhaustive()
    }
}
