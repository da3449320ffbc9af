//! The provider's official button: files that the operator imported from the provider's own package, and that are served as
//! they are. Each is named after its content, so an altered one is noticed and a browser may keep it for ever.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use bytes::Bytes;

use crate::bounded_file;
use crate::bounded_file::BoundedFileError;
use crate::pages::assets;
use crate::seal;
use crate::wire::response::Response;

/// Below the operator's folder of assets.
pub const FOLDER: &str = "button";
/// How each of its files begins.
const BEGINS: &str = "button-";
/// No file of a button is that long.
const LONGEST: u64 = 256 * 1024;

/// Why a folder holds no button that can be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OfficialButtonError {
    /// It, or a file in it, cannot be read.
    #[error("`{}` cannot be read", .path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A file that is not what its name says: not one of the import, or altered since.
    #[error("`{}` is not a file that was imported, or was altered since", .0.display())]
    Altered(PathBuf),
    /// Not exactly one style sheet.
    #[error("`{}` does not hold one style sheet", .0.display())]
    NoSheet(PathBuf),
}

/// The files of the button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficialButton {
    files: BTreeMap<String, Bytes>,
    style_sheet: String,
}

impl OfficialButton {
    /// Reads the button below a folder of assets; `None` if none was imported.
    pub fn read(assets: &Path) -> Result<Option<Self>, OfficialButtonError> {
        let folder = assets.join(FOLDER);
        if !folder.exists() {
            return Ok(None);
        }
        let entries = std::fs::read_dir(&folder).map_err(unreadable(&folder))?;
        let mut files = BTreeMap::new();
        for entry in entries {
            let path = entry.map_err(unreadable(&folder))?.path();
            let (name, content) = read_file(&path)?;
            files.insert(name, content);
        }
        let mut sheets = files.keys().filter(|name| extension(name) == Some("css"));
        let (Some(sheet), None) = (sheets.next(), sheets.next()) else {
            return Err(OfficialButtonError::NoSheet(folder));
        };
        let style_sheet = sheet.clone();
        Ok(Some(Self { files, style_sheet }))
    }

    /// The name of its style sheet.
    pub fn style_sheet(&self) -> &str {
        &self.style_sheet
    }

    /// One of its files as an answer.
    pub fn file(&self, name: &str) -> Option<Response> {
        let content = self.files.get(name)?;
        Some(assets::kept_for_ever(media_type(name)?, content.clone()))
    }
}

/// The name of a file with this content, such as `button-0123456789abcdef.css`.
pub fn name_of(content: &[u8], extension: &str) -> String {
    let hash: Vec<u8> = seal::sha256(content).into_iter().take(8).collect();
    format!("{BEGINS}{}.{extension}", seal::hex(&hash))
}

fn read_file(path: &Path) -> Result<(String, Bytes), OfficialButtonError> {
    let altered = || OfficialButtonError::Altered(path.to_owned());
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(altered)?;
    if media_type(name).is_none() {
        return Err(altered());
    }
    let content = match bounded_file::read(path, LONGEST) {
        Ok(file) => Bytes::copy_from_slice(&file.bytes),
        Err(BoundedFileError::System(cause)) => return Err(unreadable(path)(cause)),
        Err(_no_such_file) => return Err(altered()),
    };
    if extension(name).is_none_or(|extension| name_of(&content, extension) != name) {
        return Err(altered());
    }
    Ok((name.to_owned(), content))
}

fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, extension)| extension)
}

fn media_type(name: &str) -> Option<&'static str> {
    match extension(name)? {
        "css" => Some("text/css; charset=utf-8"),
        "woff2" => Some("font/woff2"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> OfficialButtonError {
    let path = path.to_owned();
    |cause| OfficialButtonError::Unreadable { path, cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(String, &str)]) -> tempfile::TempDir {
        let assets = tempfile::tempdir().unwrap();
        std::fs::create_dir(assets.path().join(FOLDER)).unwrap();
        for (name, content) in files {
            std::fs::write(assets.path().join(FOLDER).join(name), content).unwrap();
        }
        assets
    }

    fn named(content: &str, extension: &str) -> (String, String) {
        (name_of(content.as_bytes(), extension), content.to_owned())
    }

    #[test]
    fn nobody_waits_for_a_pipe_among_the_files() {
        let assets = folder(&[]);
        let pipe = assets.path().join(FOLDER).join("button-0123456789abcdef.css");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let refused = OfficialButton::read(assets.path());
        assert!(matches!(refused, Err(OfficialButtonError::Altered(named)) if named == pipe));
    }

    #[test]
    fn an_imported_button_is_served_under_the_names_of_its_content() {
        let ((sheet, css), (picture, svg)) = (named(".fr-connect {}", "css"), named("<svg/>", "svg"));
        let assets = folder(&[(sheet.clone(), &css), (picture.clone(), &svg)]);
        let button = OfficialButton::read(assets.path()).unwrap().unwrap();
        assert_eq!(button.style_sheet(), sheet);
        let answer = button.file(&picture).unwrap();
        assert_eq!(answer.headers["content-type"], "image/svg+xml");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.body, svg);
        assert!(button.file("button-0.css").is_none());
    }

    #[test]
    fn a_folder_without_a_button_has_none() {
        let assets = tempfile::tempdir().unwrap();
        assert_eq!(OfficialButton::read(assets.path()).unwrap(), None);
    }

    #[test]
    fn an_altered_file_and_a_second_sheet_are_refused() {
        let (sheet, css) = named(".fr-connect {}", "css");
        let altered = folder(&[(sheet.clone(), ".fr-connect { color: red }")]);
        assert!(matches!(
            OfficialButton::read(altered.path()),
            Err(OfficialButtonError::Altered(_))
        ));
        let (script, js) = named("alert(1)", "js");
        let script = folder(&[(sheet.clone(), &css), (script, &js)]);
        assert!(OfficialButton::read(script.path()).is_err());
        let (other, more) = named(".x {}", "css");
        let two = folder(&[(sheet, &css), (other, &more)]);
        assert!(matches!(
            OfficialButton::read(two.path()),
            Err(OfficialButtonError::NoSheet(_))
        ));
        assert!(matches!(
            OfficialButton::read(folder(&[]).path()),
            Err(OfficialButtonError::NoSheet(_))
        ));
    }
}
