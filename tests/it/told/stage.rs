//! An application that is told other things than the usual one.

use crate::support::provider::Alg;
use crate::support::scene::CLAIMS;
use crate::support::scene::Scene;
use crate::support::scene::Store;

/// With these lines in the place of its claims, and of them this in plain headers.
pub(super) fn telling(store: Store, lines: &str, plain: &[&str]) -> Scene {
    Scene::start_with(Alg::Es256, store, |_, usual| {
        let changes = [
            (format!("claims = {CLAIMS:?}"), lines.to_owned()),
            (
                r#"plain_headers = ["sub", "family_name", "email"]"#.to_owned(),
                format!("plain_headers = {plain:?}"),
            ),
        ];
        changes.into_iter().fold(usual, |text, (from, to)| {
            assert!(text.contains(&from), "{from}");
            text.replace(&from, &to)
        })
    })
}
