//! `guichet reload`: the running gateway reads its configuration again, whole or not at all.

use std::path::Path;

use crate::admin::protocol::Ask;
use crate::admin::protocol::Say;
use crate::cli::exit::Exit;
use crate::cli::operator;
use crate::cli::streams::Streams;

/// Asks for it.
pub fn reload(config: &Path, streams: &mut Streams<'_>) -> Exit {
    operator::ask(config, &Ask::Reload {}, streams, |said, streams| {
        if let Say::Reloaded { warnings } = said {
            for warning in warnings {
                streams.say_wrong_line(format_args!("{warning}\n"));
            }
            streams.say_line("the new configuration is in force");
        }
    })
}
