//! The application's side of a WebSocket, as small as it can be: short messages in one frame each.

use std::io;

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::Then;
use crate::support::message;
use crate::support::message::Incoming;

const MAGIC: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const CLOSE: u8 = 8;
const FINAL: u8 = 0x80;

/// Agrees, and says everything back until the other side says that it closes.
pub(super) fn serve(incoming: &mut Incoming, fields: &[(String, String)]) -> io::Result<Then> {
    let key = message::values(fields, "sec-websocket-key").concat();
    let digest = digest::digest(
        &digest::SHA1_FOR_LEGACY_USE_ONLY,
        format!("{key}{MAGIC}").as_bytes(),
    );
    let accept = BASE64_STANDARD.encode(digest);
    let agreed = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    incoming.send(agreed.as_bytes())?;
    loop {
        let head = incoming.bytes(2)?;
        let length = head[1] & 0x7f;
        assert!(
            head[1] & 0x80 != 0 && length < 126,
            "a browser masks what it says, and says little: {head:?}"
        );
        let mask = incoming.bytes(4)?;
        let masked = incoming.bytes(usize::from(length))?;
        let said = masked
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask);
        let frame: Vec<u8> = [FINAL | head[0], length].into_iter().chain(said).collect();
        incoming.send(&frame)?;
        if head[0] & 0xf == CLOSE {
            return Ok(Then::Close);
        }
    }
}
