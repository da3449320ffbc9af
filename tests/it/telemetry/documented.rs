//! What `docs/operations.md` says about metrics and events is what there is, in both directions.

use std::collections::BTreeSet;
use std::fs;

use guichet::telemetry::audit::action::Action;
use guichet::telemetry::metrics::Metrics;

use crate::support::repository::in_repository;

/// The first cell of each row of the table under a heading, without its backticks.
fn first_cells(heading: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(in_repository("docs/operations.md")).unwrap();
    let after = text.lines().skip_while(|line| line.trim() != heading).skip(1);
    let section = after.take_while(|line| !line.starts_with("## "));
    let cells = section.filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    cells.map(str::to_owned).collect()
}

#[test]
fn every_metric_is_documented_and_every_documented_metric_exists() {
    let there: BTreeSet<String> = Metrics::new().names().iter().cloned().collect();
    assert_eq!(first_cells("## Metrics"), there);
}

#[test]
fn a_metric_that_the_text_names_exists() {
    let names = Metrics::new();
    let text = fs::read_to_string(in_repository("docs/operations.md")).unwrap();
    let is_metric = |word: &&str| {
        let prefixes = ["guichet_", "http_server_", "http_client_"];
        prefixes.iter().any(|prefix| word.starts_with(prefix))
    };
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words: BTreeSet<&str> = text
        .split(|letter| !is_letter(letter))
        .filter(is_metric)
        .collect();
    assert!(words.len() > 20);
    for word in words {
        let of_a_histogram = word.trim_end_matches("_count").trim_end_matches("_bucket");
        assert!(names.names().iter().any(|name| name == of_a_histogram), "{word}");
    }
}

#[test]
fn every_event_is_documented_and_every_documented_event_exists() {
    let there: BTreeSet<String> = Action::ALL
        .iter()
        .map(|action| action.as_str().to_owned())
        .collect();
    assert_eq!(first_cells("## The audit stream"), there);
}
