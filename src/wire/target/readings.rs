//! What applications may read in a path that has several readings.
//!
//! A program may cut a parameter away up to the next slash, or everything after it; it may decode an escaped slash, before or
//! after that; it may take several slashes for one, or some of them only. Nobody lists what comes of it, as it doubles with
//! each place: a prefix is followed through the pieces of the path instead, by every way at once. No path of the
//! configuration holds such a form, so what is kept as it is written is none of them.

use crate::wire::target::pieces;
use crate::wire::target::pieces::Slash;
use crate::wire::target::spelling;

/// What every reading begins with: the path up to the slash before the first segment that is read in several ways.
pub fn common(path: &str) -> &str {
    let mut end = 0;
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_empty = segment.is_empty() && segments.peek().is_some();
        if is_empty || segment.contains(';') || pieces::around_escaped_slashes(segment).nth(1).is_some() {
            break;
        }
        end += 1 + segment.len();
    }
    path.get(..end).unwrap_or_default()
}

/// Whether some program, in any spelling, may read the path as `prefix` or something below it. `prefix` has no slash at its
/// end (the root is `""`).
pub fn may_be_below(path: &str, prefix: &str) -> bool {
    let wanted: Vec<&str> = prefix.split('/').skip(1).collect();
    // Of how many wanted segments there is a reading that has just these, so far.
    let mut found = vec![0];
    let mut in_a_parameter = false;
    for piece in pieces::of(path) {
        if found.contains(&wanted.len()) {
            return true;
        }
        let name = piece.text.split(';').next().unwrap_or_default();
        in_a_parameter = in_a_parameter && piece.after == Slash::Escaped;
        let passed_over = in_a_parameter || name.is_empty();
        let found_with_it: Vec<usize> = found
            .iter()
            .filter(|count| {
                wanted
                    .get(**count)
                    .is_some_and(|wanted| spelling::is_below(name, wanted))
            })
            .map(|count| count + 1)
            .collect();
        if !passed_over {
            found.clear();
        }
        found.extend(found_with_it);
        found.sort_unstable();
        found.dedup();
        if found.is_empty() {
            return false;
        }
        in_a_parameter = in_a_parameter || piece.text.contains(';');
    }
    found.contains(&wanted.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reading_begins_with_what_is_read_alike() {
        for (path, same) in [
            ("/a/b;x/c", "/a"),
            ("/a;x", ""),
            ("/a/b%2fc", "/a"),
            ("/a//b", "/a"),
            ("/a/b/c//", "/a/b/c"),
            ("/a/b/c", "/a/b/c"),
        ] {
            assert_eq!(common(path), same, "{path}");
        }
    }

    #[test]
    fn a_prefix_is_found_by_every_way() {
        for (path, prefix) in [
            ("/admin;x", "/admin"),
            ("/public;x/admin", "/public/admin"),
            ("/public;x/admin", "/public"),
            ("/public%2Fadmin", "/public/admin"),
            ("/public%2fadmin%2Fx", "/public/admin"),
            ("/a;x%2Fb/c", "/a/c"),
            ("/a;x%2Fb/c", "/a/b/c"),
            ("/a;x%2Fb%2Fc/d", "/a/c/d"),
            ("/a;x%2Fb%2Fc/d", "/a/b/d"),
            ("/a//b//c", "/a/b/c"),
            ("/a//b//c", "/a/b"),
            ("/a/;x/b", "/a/b"),
            ("/a%2F%2Fb", "/a/b"),
            ("/A;x/E\u{301}", "/a/é"),
            ("/public;x/\u{a0}admin\u{2009};y", "/public/admin"),
            ("/public%2F\u{3000}admin", "/public/admin"),
            ("/a;x", ""),
        ] {
            assert!(may_be_below(path, prefix), "{path} {prefix}");
        }
    }

    #[test]
    fn what_no_program_reads_is_not_found() {
        for (path, prefix) in [
            ("/admin;x", "/adm"),
            ("/public;admin", "/public/admin"),
            ("/public;x/other/admin", "/public/admin"),
            ("/a;x%2Fb/c", "/a/b/d"),
            ("/a;x/b%2Fc/d", "/a/c"),
            ("/a%2Fb", "/a/b/c"),
            ("/a//b", "/b"),
        ] {
            assert!(!may_be_below(path, prefix), "{path} {prefix}");
        }
    }
}
