//! What the gateway itself says to a browser: where it sends it, which cookies it sets, which pages it shows, how it signs out.

pub(crate) mod answers;
pub(crate) mod app_cookies;
pub(crate) mod button;
mod configured;
pub(crate) mod cookie_fields;
pub(crate) mod cookies;
pub(crate) mod destinations;
pub(crate) mod entries;
pub(crate) mod fragment;
mod https;
pub(crate) mod redirects;
mod reserved_prefix;
pub(crate) mod seen;
pub(crate) mod sign_out;

use std::collections::BTreeSet;

#[test]
fn every_case_of_areas_k_l_and_o_stands_in_one_row_of_these() {
    let lines = include_str!("../cases.tsv").lines().skip(1);
    let cases = lines.map(|line| line.split('\t').collect::<Vec<_>>());
    let wanted: BTreeSet<&str> = cases
        // HSTS is the listener's.
        .filter(|case| ["K", "L", "O"].contains(&case[1]) && case[0] != "T400")
        .map(|case| case[0])
        .collect();
    let rows = [
        destinations::ids(),
        redirects::ids(),
        cookies::ids(),
        cookie_fields::ids(),
        answers::ids(),
        crate::relayed::ids(),
        seen::ids(),
    ]
    .concat();
    let ours: BTreeSet<&str> = rows.iter().copied().filter(|id| wanted.contains(id)).collect();
    assert_eq!(ours, wanted);
}
