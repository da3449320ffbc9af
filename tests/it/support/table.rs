//! Cases with numbers, each a row of a table that runs, and the roll call that finds one that does not.
//!
//! [`cases!`](crate::cases) makes of a list of rows two things that cannot part: the test that runs every row, and the
//! list of their numbers. A row is run because it is listed; there is no list beside the table to forget.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

/// What a row of any table has.
pub(crate) trait Case {
    /// The numbers that it answers for, such as `T005`.
    fn ids(&self) -> &'static [&'static str];

    /// A sentence about behaviour.
    fn sentence(&self) -> &'static str;
}

/// A case that plays a scene of its own.
#[derive(Debug)]
pub(crate) struct Play {
    pub(crate) ids: &'static [&'static str],
    pub(crate) sentence: &'static str,
    pub(crate) plays: fn(),
}

/// A case that holds on a stage.
#[derive(Debug)]
pub(crate) struct Proof<S> {
    pub(crate) ids: &'static [&'static str],
    pub(crate) sentence: &'static str,
    pub(crate) holds: fn(&S),
}

/// Each row with what it brings itself.
pub(crate) fn play(row: &Play) {
    (row.plays)();
}

/// One stage for all rows.
pub(crate) fn on<S>(stage: S) -> impl Fn(&Proof<S>) {
    move |row| (row.holds)(&stage)
}

/// A stage for each row.
pub(crate) fn each_on<S>(stage: impl Fn() -> S) -> impl Fn(&Proof<S>) {
    move |row| (row.holds)(&stage())
}

impl<S> Case for Proof<S> {
    fn ids(&self) -> &'static [&'static str] {
        self.ids
    }

    fn sentence(&self) -> &'static str {
        self.sentence
    }
}

/// A type with `ids` and `sentence` becomes a row.
#[macro_export]
macro_rules! case {
    ($row:ty) => {
        impl $crate::support::table::Case for $row {
            fn ids(&self) -> &'static [&'static str] {
                self.ids
            }

            fn sentence(&self) -> &'static str {
                self.sentence
            }
        }
    };
}

case!(Play);

/// The table of a file: the test that runs each of its rows, and `ids()` for the roll call.
///
/// ```text
/// cases! {
///     Play, run = play, rows = [
///         Play { ids: &["T001"], sentence: "..", plays: a_story },
///     ]
/// }
/// ```
#[macro_export]
macro_rules! cases {
    ($row:ty, run = $run:expr, rows = [$($rows:expr),* $(,)?]) => {
        const ROWS: &[$row] = &[$($rows),*];

        /// The numbers of this file's rows.
        pub(crate) fn ids() -> Vec<&'static str> {
            $crate::support::table::ids(ROWS)
        }

        #[test]
        fn every_row_holds() {
            $crate::support::table::run(ROWS, $run);
        }
    };
}

/// The numbers of these rows.
pub(crate) fn ids<R: Case>(rows: &[R]) -> Vec<&'static str> {
    rows.iter().flat_map(Case::ids).copied().collect()
}

/// Runs every row, also after one that failed, then says all that failed.
pub(crate) fn run<R: Case>(rows: &[R], one: impl Fn(&R)) {
    assert!(!rows.is_empty(), "a table without rows proves nothing");
    let failed: Vec<String> = rows
        .iter()
        .filter(|row| catch_unwind(AssertUnwindSafe(|| one(row))).is_err())
        .map(|row| format!("{:?} {}", row.ids(), row.sentence()))
        .collect();
    assert!(
        failed.is_empty(),
        "rows that do not hold (their messages are above):\n{}",
        failed.join("\n")
    );
}

/// What is wrong with the roll call: each required number stands in one row, or is excused, at most one in ten.
pub(crate) fn defects(required: &[&str], executed: &[&str], excused: &[&str]) -> Vec<String> {
    let mut rows: BTreeMap<&str, usize> = required.iter().map(|id| (*id, 0)).collect();
    let mut defects = Vec::new();
    for id in executed {
        match rows.get_mut(id) {
            Some(count) => *count += 1,
            None => defects.push(format!("{id} stands in a row, but nobody asked for it")),
        }
    }
    for id in excused {
        match rows.get(id) {
            None => defects.push(format!("{id} is excused, but nobody asked for it")),
            Some(0) => {}
            Some(_) => defects.push(format!("{id} is excused and stands in a row")),
        }
    }
    for (id, count) in rows {
        match count {
            0 if !excused.contains(&id) => defects.push(format!("{id} stands in no row")),
            0 | 1 => {}
            count => defects.push(format!("{id} stands in {count} rows")),
        }
    }
    if excused.len() * 10 > required.len() {
        defects.push(format!(
            "{} of {} are excused, more than one in ten",
            excused.len(),
            required.len()
        ));
    }
    defects
}

/// The required numbers: the first column of `cases.tsv`.
pub(crate) fn required() -> Vec<&'static str> {
    let lines = include_str!("../cases.tsv").lines().skip(1);
    lines.filter_map(|line| line.split('\t').next()).collect()
}

/// The numbers that a document excuses: the first cell of each row of the table under `heading`, with a reason in the next.
pub(crate) fn excused<'a>(document: &'a str, heading: &str) -> Vec<&'a str> {
    let after = document.lines().skip_while(|line| line.trim() != heading).skip(1);
    let section = after.take_while(|line| !line.starts_with('#'));
    section
        .filter_map(|line| {
            let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
            let (id, reason) = (cells.next()?, cells.next()?);
            let is_id =
                id.len() == 4 && id.starts_with(['T', 'F']) && id.split_at(1).1.parse::<u16>().is_ok();
            (is_id && reason.len() > 20).then_some(id)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row {
        ids: &'static [&'static str],
        sentence: &'static str,
        status: u16,
    }

    case!(Row);

    #[test]
    fn a_number_stands_in_one_row_or_is_excused() {
        let ten = ["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10"];
        assert!(defects(&ten, &ten, &[]).is_empty());
        assert!(defects(&ten, &ten[..9], &["T10"]).is_empty());
        assert_eq!(defects(&ten, &ten[..9], &[]), ["T10 stands in no row"]);
        assert_eq!(
            defects(&ten, &ten, &["T1"]),
            ["T1 is excused and stands in a row"]
        );
        assert_eq!(defects(&["T1"], &["T1", "T1"], &[]), ["T1 stands in 2 rows"]);
        assert_eq!(
            defects(&["T1"], &["T1", "T9"], &[]),
            ["T9 stands in a row, but nobody asked for it"]
        );
        assert_eq!(defects(&["T1"], &["T1"], &["T9"]).len(), 2);
        assert_eq!(
            defects(&ten, &ten[..8], &["T9", "T10"]),
            ["2 of 10 are excused, more than one in ten"]
        );
    }

    #[test]
    fn an_excuse_has_a_reason_and_stands_under_its_heading() {
        let document = "| T001 | not under the heading, so it is no excuse |\n## Excused\n| id | why |\n| --- | --- |\n\
             | T002 | there is no HTTP/2 listener yet |\n| T003 | short |\n## Next\n| T004 | another section altogether, no excuse |\n";
        assert_eq!(excused(document, "## Excused"), ["T002"]);
    }

    #[test]
    fn every_required_number_is_listed_once() {
        let mut required = required();
        assert!(required.len() > 150, "{}", required.len());
        let all = required.len();
        required.sort_unstable();
        required.dedup();
        assert_eq!(required.len(), all);
    }

    #[test]
    fn a_row_that_fails_does_not_hide_the_ones_after_it() {
        const FAILING: &[Row] = &[row(&["first"], 200), row(&["second"], 500), row(&["third"], 500)];
        let message = catch_unwind(|| run(FAILING, |row| assert_eq!(row.status, 200))).unwrap_err();
        let message = message.downcast_ref::<String>().unwrap();
        assert!(
            !message.contains("first") && message.contains("second") && message.contains("third"),
            "{message}"
        );
        assert!(catch_unwind(|| run::<Row>(&[], |_| {})).is_err());
    }

    cases! {
        Row,
        run = |row| assert_eq!(row.status, 200),
        rows = [row(&["one", "two"], 200), row(&["three"], 200)]
    }

    #[test]
    fn the_numbers_of_a_table_are_those_of_its_rows() {
        assert_eq!(ids(), ["one", "two", "three"]);
    }

    const fn row(ids: &'static [&'static str], status: u16) -> Row {
        Row {
            ids,
            sentence: "a row of the tests of the table",
            status,
        }
    }
}
