//! Edits of the usual configuration that several scenes make.

/// The line that names the application's servers.
pub(crate) fn upstreams(usual: &str) -> &str {
    usual.lines().find(|line| line.starts_with("upstreams")).unwrap()
}

/// With these lines in `[limits]`.
pub(crate) fn with_limits(usual: &str, limits: &str) -> String {
    usual.replace("[session]", &format!("[limits]\n{limits}\n\n[session]"))
}
