//! `logs`: how lines look, and where the audit events go.

use std::path::PathBuf;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::raw;
use crate::config::settings::LogSettings;
use crate::config::surroundings::Surroundings;
use crate::telemetry::logging::LogFormat;

/// Reads the table.
pub fn logs(
    raw: Option<raw::Logs>,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<LogSettings> {
    let raw = raw?;
    let format = match raw.format?.as_str() {
        "json" => LogFormat::Json,
        "text" => LogFormat::Text,
        _ => LogFormat::Auto,
    };
    let key = Key::ROOT.name("logs").name("audit_file");
    let audit_file = match raw.audit_file {
        Some(path) => Some(file_in_a_folder(&key, surroundings.resolve(&path), findings)?),
        None => None,
    };
    Some(LogSettings { format, audit_file })
}

/// The file itself is made when it is needed; a folder is not.
fn file_in_a_folder(key: &Key, path: PathBuf, findings: &mut Findings) -> Option<PathBuf> {
    let shown = path.display();
    let problem = if path.is_dir() {
        format!("`{shown}` is a folder")
    } else if path.parent().is_none_or(|folder| !folder.is_dir()) {
        format!("`{shown}` would stand in a folder that is not there")
    } else {
        return Some(path);
    };
    let help = "name a file in a folder that this user may write to, or leave the key out: standard output";
    findings.error(Code::AuditFile, key, problem, help);
    None
}
