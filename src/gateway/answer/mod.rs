//! The way back to the browser: `answer_body` in `recorded_body`, which writes `access_line` when it is over;
//! `sign_out` where the application ended a session, `upgrade` and `tunnel` where it agreed to a WebSocket, `vigil`
//! where it goes on and on.

pub(super) mod access_line;
pub(super) mod answer_body;
pub(super) mod recorded_body;
pub(super) mod sign_out;
pub(super) mod tunnel;
pub(super) mod upgrade;
pub(super) mod vigil;
