//! A panic is one line that says where, never what: its message may quote a value.

use std::panic::PanicHookInfo;

/// Sends panics to the log instead of standard error.
pub fn to_the_log() {
    std::panic::set_hook(Box::new(one_line));
}

/// Says where a part of the gateway broke off.
pub fn one_line(panicked: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let place = panicked.location().map_or_else(String::new, |location| {
        format!("{}:{}", location.file(), location.line())
    });
    tracing::error!(
        place,
        thread = thread.name().unwrap_or_default(),
        "a part of the gateway broke off"
    );
}
