//! A panic is one line that says where, never what: its message may quote a value.

use std::panic::PanicHookInfo;

/// Sends panics to the log instead of standard error.
pub fn to_the_log() {
    std::panic::set_hook(Box::new(one_line));
}

fn one_line(panicked: &PanicHookInfo<'_>) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::line::LineFormat;
    use crate::telemetry::logging;
    use crate::telemetry::logging::LineLimits;
    use std::io;
    use std::sync::Arc;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    const ON_PURPOSE: &str = "panics on purpose";

    #[test]
    fn a_panic_is_one_line_with_its_place_and_without_its_message() {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panicked| {
            // The hook is the whole process's; other tests keep theirs.
            if std::thread::current().name() == Some(ON_PURPOSE) {
                one_line(panicked);
            } else {
                others(panicked);
            }
        }));
        let page = Page::default();
        let writer = page.clone();
        let dispatch = logging::dispatch("trace", LineFormat::Json, LineLimits::default(), move || {
            writer.clone()
        });
        let panicking = std::thread::Builder::new()
            .name(ON_PURPOSE.to_owned())
            .spawn(move || {
                let secret = "s3cret-in-scope".to_owned();
                tracing::dispatcher::with_default(&dispatch, || panic!("could not use {secret:?}"));
            });
        assert!(panicking.unwrap().join().is_err());
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains("panics.rs:"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
}
