//! A page of the documentation and its blocks of code, so that a test runs what the reader runs.

use std::path::Path;
use std::process::Command;

use super::command::Ended;
use super::command::tool;
use super::repository::text_of;

/// The blocks of code of a page in one language, in order.
pub(crate) fn blocks(page: &str, language: &str) -> Vec<String> {
    // A block in a list is indented as its item is.
    let page = text_of(page).replace("\n   ```", "\n```");
    let fence = format!("\n```{language}\n");
    let blocks = page.split(&fence).skip(1);
    blocks
        .map(|rest| rest.split("\n```").next().unwrap().to_owned())
        .collect()
}

/// The first of them that holds this text.
pub(crate) fn block(page: &str, language: &str, with: &str) -> String {
    let mut blocks = blocks(page, language).into_iter();
    blocks
        .find(|block| block.contains(with))
        .unwrap_or_else(|| panic!("no {language} with {with:?} in {page}"))
}

/// The text with each first part replaced by its second; what is not there is a defect of the page.
pub(crate) fn with(text: &str, replacements: &[(&str, &str)]) -> String {
    replacements.iter().fold(text.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "no {old:?} in\n{text}");
        text.replace(old, new)
    })
}

/// Runs a script in a folder, without the lines that begin with one of these; `typed` is what the reader types.
pub(crate) fn followed(script: &str, folder: &Path, (without, typed): (&[&str], &str)) -> Ended {
    let lines = script
        .lines()
        .filter(|line| !without.iter().any(|start| line.starts_with(start)));
    let script = lines.collect::<Vec<_>>().join("\n");
    let mut sh = Command::new("sh");
    let ended = tool(sh.args(["-e", "-c", &script]).current_dir(folder), typed);
    assert_eq!(ended.code, 0, "{script}\n{}", ended.err);
    ended
}
