//! `logs`: how lines look, and where the audit events go.

use std::path::Path;
use std::path::PathBuf;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::raw;
use crate::config::settings::LogSettings;
use crate::config::surroundings::Reach;
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
        Some(path) if surroundings.reach() == Reach::TextAlone => Some(surroundings.resolve(&path)),
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
    } else if folder_of(&path).is_none_or(|folder| !folder.is_dir()) {
        format!("`{shown}` would stand in a folder that is not there")
    } else {
        return Some(path);
    };
    let help = "name a file in a folder that this user may write to, or leave the key out: standard output";
    findings.error(Code::AuditFile, key, problem, help);
    None
}

/// A name alone stands in the folder where the program was started.
fn folder_of(path: &Path) -> Option<&Path> {
    let folder = path.parent()?;
    let is_here = folder.as_os_str().is_empty();
    Some(if is_here { Path::new(".") } else { folder })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_file_beside_a_configuration_that_is_named_without_a_folder_is_taken() {
        let surroundings = Surroundings::new(Path::new("g.toml"), BTreeMap::new());
        let key = Key::ROOT.name("logs").name("audit_file");
        for (path, is_taken) in [("audit.log", true), ("no-such-folder/audit.log", false)] {
            let mut findings = Findings::default();
            let taken = file_in_a_folder(&key, surroundings.resolve(path), &mut findings);
            assert_eq!(taken, is_taken.then(|| path.into()));
        }
    }
}
