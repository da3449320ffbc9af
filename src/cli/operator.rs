//! How a command asks the running gateway: over its admin socket, from this machine.

use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::admin::protocol::Ask;
use crate::admin::protocol::Say;
use crate::cli::exit::Exit;
use crate::cli::streams::Streams;
use crate::config;

/// How long the gateway may be silent. A reload reads files; a walk through all sessions asks Redis again and again.
const PATIENCE: Duration = Duration::from_mins(1);

/// Asks; `each` hears every line that is no refusal. Says itself what goes wrong.
pub fn ask(
    config: &Path,
    ask: &Ask,
    streams: &mut Streams<'_>,
    mut each: impl FnMut(Say, &mut Streams<'_>),
) -> Exit {
    let socket = match config::glance(config) {
        Ok(glance) => glance.admin_socket,
        Err(errors) => return streams.say_unusable(&errors),
    };
    let Some(socket) = socket else {
        streams.say_error_with_help(
            format_args!("`{}` names no admin socket", config.display()),
            "write admin_socket = \"/run/guichet/admin.sock\" in [server] and restart the gateway",
        );
        return Exit::NotReady;
    };
    let answer = match begin(&socket, ask) {
        Ok(answer) => answer,
        Err(error) => {
            streams.say_error_with_help(
                format_args!("no gateway answers at `{}`: {error}", socket.display()),
                help(&error),
            );
            return Exit::NotReady;
        }
    };
    for line in answer.lines() {
        let said = line.and_then(|line| serde_json::from_str::<Say>(&line).map_err(io::Error::from));
        match said {
            Ok(Say::Refused { reason }) => {
                streams.say_error(reason);
                return Exit::Failure;
            }
            Ok(Say::Session(line)) => each(Say::Session(line), streams),
            Ok(last) => {
                each(last, streams);
                return Exit::Ok;
            }
            Err(error) => {
                streams.say_error(format_args!("the answer broke off: {error}"));
                return Exit::Failure;
            }
        }
    }
    streams.say_error("the answer broke off: the gateway ended, or does not answer this user");
    Exit::Failure
}

fn begin(socket: &Path, ask: &Ask) -> io::Result<BufReader<UnixStream>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut question = serde_json::to_vec(ask)?;
    question.push(b'\n');
    stream.write_all(&question)?;
    Ok(BufReader::new(stream))
}

fn help(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "is it running, with this configuration? The socket is there from its start to its end"
        }
        io::ErrorKind::ConnectionRefused => "the process that made this socket is gone: start the gateway",
        io::ErrorKind::PermissionDenied => {
            "it answers its own user and root: `sudo -u guichet guichet ..`, as the unit says"
        }
        _ => "see whether the gateway runs, and its log",
    }
}
