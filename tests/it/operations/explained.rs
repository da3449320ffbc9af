//! `docs/operations.md` explains what the program says, and what it says about failures is true.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::support::repository::in_repository;
use crate::support::repository::text_of;

const PAGE: &str = "docs/operations.md";

/// Every file of the program, without the tests that stand beside one.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let below = folders.iter().flat_map(|folder| sources(folder));
    let files = files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .filter(|file| !file.ends_with("tests.rs"));
    files.chain(below).collect()
}

/// What the program says in the log as a warning or an error, where it is one sentence. What has a code is `{cause}` here,
/// and stands in `docs/errors.md`.
fn sentences(source: &str) -> Vec<String> {
    let source = source.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
    let calls = ["tracing::warn!(", "tracing::error!("]
        .into_iter()
        .flat_map(|call| source.split(call).skip(1));
    let sentences = calls.filter_map(|call| {
        let arguments = call.split(");").next()?.split(") =>").next()?;
        arguments.split('"').nth_back(1).map(str::to_owned)
    });
    sentences.filter(|sentence| !sentence.contains('{')).collect()
}

#[test]
fn everything_that_the_program_warns_of_is_explained() {
    let page = text_of(PAGE);
    let mut seen = 0;
    for file in sources(&in_repository("src")) {
        for sentence in sentences(&fs::read_to_string(&file).unwrap()) {
            seen += 1;
            assert!(
                page.contains(&sentence),
                "{}: {sentence:?} is not explained in {PAGE}",
                file.display()
            );
        }
    }
    assert!(seen >= 10, "{seen}");
}

/// The rows of the table of failures: what fails, what people notice, the metric, the log, what to do.
fn failures() -> Vec<Vec<String>> {
    let page = text_of(PAGE);
    let (_, section) = page.split_once("\n## When something fails\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(2);
    rows.map(|row| row.split(" | ").map(str::to_owned).collect())
        .collect()
}

/// What stands between back ticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_failure_has_a_code_of_ours_and_a_line_that_the_program_writes() {
    let program = sources(&in_repository("src")).into_iter();
    let program: String = program.map(|file| fs::read_to_string(file).unwrap()).collect();
    let (codes, rows) = (text_of("docs/errors.md"), failures());
    let is_code = |text: &&str| text.len() == 3 && text.starts_with(['P', 'L']);
    assert!(rows.len() >= 15, "{}", rows.len());
    for row in &rows {
        assert_eq!(row.len(), 5, "{row:?}");
        for code in quoted(&row[3]).filter(is_code) {
            assert!(codes.contains(&format!("| `{code}` |")), "{row:?}: {code}");
        }
        for phrase in quoted(&row[3]).filter(|text| text.contains(' ')) {
            assert!(program.contains(phrase), "nothing says {phrase:?}: {row:?}");
        }
    }
    assert!(
        rows.iter()
            .filter(|row| quoted(&row[3]).any(|text| is_code(&text)))
            .count()
            >= 10
    );
}
