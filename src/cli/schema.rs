//! `guichet schema`: the JSON schema of the file, for editors.

use crate::cli::exit::Exit;
use crate::cli::streams::Streams;
use crate::config;

/// Prints it.
pub fn schema(streams: &mut Streams<'_>) -> Exit {
    streams.say(config::schema::text());
    Exit::Ok
}
