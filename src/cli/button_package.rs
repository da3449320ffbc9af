//! The State's design system as npm packs it: the one style sheet of the button, with every font and picture that it carries
//! inside itself put into a file of its own, as our pages allow no `data:`.

use std::fs;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use percent_encoding::percent_decode_str;

use crate::pages::official_button;
use crate::pages::official_button::FOLDER;
use crate::seal;

/// The one package that was looked at: `@gouvfr/dsfr` 1.15.3, as its registry entry has it (`dist.integrity`, after `sha512-`).
const SHA512: &str =
    "R9AALZc1LfZjtytWZMOaUIOHWTkllBZ/sZlsL8TpKZVgF3qUKXt/uNYh+L1D1Fh4p92ZqWxbtNcebsigBZe5pQ==";
/// The button for pages outside the design system.
const SHEET: &str = "package/standalone/component/connect/connect.standalone.css";
/// The package has 23 MB, its sheet 32 kB.
const LONGEST_PACKAGE: u64 = 64 * 1024 * 1024;
const LONGEST_SHEET: u64 = 256 * 1024;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The package cannot be read.
    #[error("`{}` cannot be read: {cause}", .path.display())]
    Unreadable {
        /// The package.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Not the package, or an altered one.
    #[error("`{}` is not @gouvfr/dsfr 1.15.3: its hash is another one", .0.display())]
    Hash(PathBuf),
    /// The package has another form than the one that was looked at.
    #[error("the package holds no `{SHEET}` that could be used")]
    Sheet,
    /// The folder cannot be written.
    #[error("`{}` cannot be written: {cause}", .path.display())]
    Unwritable {
        /// What.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl ImportError {
    /// The way out.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } | Self::Hash(_) | Self::Sheet => {
                "npm pack @gouvfr/dsfr@1.15.3 fetches it, on any machine with npm"
            }
            Self::Unwritable { .. } => "the folder belongs to whoever runs this command",
        }
    }
}

/// The files of a button, each under the name of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button(Vec<(String, Vec<u8>)>);

/// Reads the package.
pub fn read(package: &Path) -> Result<Button, ImportError> {
    let unreadable = |cause| ImportError::Unreadable {
        path: package.to_owned(),
        cause,
    };
    let file = fs::File::open(package).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(LONGEST_PACKAGE)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if STANDARD.encode(seal::sha512(&bytes)) != SHA512 {
        return Err(ImportError::Hash(package.to_owned()));
    }
    let sheet = sheet(&bytes).map_err(unreadable)?.ok_or(ImportError::Sheet)?;
    split(&sheet).ok_or(ImportError::Sheet)
}

impl Button {
    /// Writes the files below the folder of assets; what an earlier import left there goes away.
    pub fn write(self, assets: &Path) -> Result<Vec<PathBuf>, ImportError> {
        let folder = assets.join(FOLDER);
        let unwritable = |path: &Path| {
            let path = path.to_owned();
            |cause| ImportError::Unwritable { path, cause }
        };
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(unwritable(&folder))?;
        }
        fs::create_dir_all(&folder).map_err(unwritable(&folder))?;
        let mut written = Vec::new();
        for (name, content) in self.0 {
            let path = folder.join(name);
            fs::write(&path, content).map_err(unwritable(&path))?;
            written.push(path);
        }
        Ok(written)
    }
}

fn sheet(package: &[u8]) -> io::Result<Option<String>> {
    let mut archive = tar::Archive::new(GzDecoder::new(package));
    for entry in archive.entries()? {
        let entry = entry?;
        if entry.path_bytes() == SHEET.as_bytes() {
            let mut text = String::new();
            entry.take(LONGEST_SHEET).read_to_string(&mut text)?;
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// The sheet with a file name in the place of each `url("data:..")`, and these files. `None` if it holds something else.
fn split(sheet: &str) -> Option<Button> {
    const OPENS: &str = "url(\"data:";
    let mut pieces = sheet.split(OPENS);
    let mut text = pieces.next()?.to_owned();
    let mut files = Vec::new();
    for piece in pieces {
        let (data, rest) = piece.split_once("\")")?;
        let (content, extension) = decode(data)?;
        let name = official_button::name_of(&content, extension);
        text.extend(["url(\"", name.as_str(), "\")", rest]);
        files.push((name, content));
    }
    if text.contains("data:") || text.contains("url(/") || text.contains("@import") {
        return None;
    }
    let name = official_button::name_of(text.as_bytes(), "css");
    files.insert(0, (name, text.into_bytes()));
    Some(Button(files))
}

/// What a `data:` address holds (RFC 2397): a font by its own first bytes, as the sheet calls it by another name, or a picture.
fn decode(data: &str) -> Option<(Vec<u8>, &'static str)> {
    let (head, body) = data.split_once(',')?;
    if head.starts_with("image/svg+xml") && !head.ends_with(";base64") {
        return Some((percent_decode_str(body).collect(), "svg"));
    }
    let content = STANDARD.decode(body).ok().filter(|_| head.ends_with(";base64"))?;
    content.starts_with(b"wOF2").then_some((content, "woff2"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sheet_carries_inside_itself_becomes_files() {
        let font = STANDARD.encode(b"wOF2 a font");
        let sheet = format!(
            "a {{}}\n@font-face {{ src: url(\"data:font/truetype;charset=utf-8;base64,{font}\") format(\"woff\") }}\n\
             .b {{ background: url(\"data:image/svg+xml;charset=utf8,%3Csvg a='(1)'/%3E\") }}"
        );
        let Button(files) = split(&sheet).unwrap();
        let [(css_name, css), (font_name, font), (picture_name, picture)] = files.as_slice() else {
            panic!("{files:?}")
        };
        assert_eq!(font, b"wOF2 a font");
        assert_eq!(picture, b"<svg a='(1)'/>");
        assert_eq!(
            String::from_utf8_lossy(css),
            format!(
                "a {{}}\n@font-face {{ src: url(\"{font_name}\") format(\"woff\") }}\n.b {{ background: url(\"{picture_name}\") }}"
            )
        );
        assert_eq!(*css_name, official_button::name_of(css, "css"));
    }

    #[test]
    fn a_sheet_that_loads_anything_else_is_not_used() {
        for sheet in [
            "a { background: url(data:image/png;base64,AA) }",
            "a { background: url(\"data:image/png;base64,AA==\") }",
            "a { background: url(\"data:image/svg+xml,x }",
            "@import \"https://evil.example/\";",
            "a { background: url(//evil.example/) }",
        ] {
            assert_eq!(split(sheet), None, "{sheet}");
        }
    }
}
