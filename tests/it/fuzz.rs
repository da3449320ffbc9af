//! The functions of the fuzz targets (`fuzz/src`), on their seeds and on what becomes of those by chance.

#[expect(unreachable_pub, reason = "a library to the programs in fuzz/fuzz_targets")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::PathBuf;

use crate::cases;
use crate::support::repository::in_repository;

/// A target, and how often chance is asked.
#[derive(Debug)]
struct Target {
    ids: &'static [&'static str],
    sentence: &'static str,
    name: &'static str,
    holds: fn(&[u8]),
    steps: usize,
}

crate::case!(Target);

cases! {
    Target,
    run = |target: &Target| {
        let seeds = seeds(target.name);
        for (name, data) in &seeds {
            holds(target, data, name);
        }
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
        for step in 0..target.steps {
            let data = chance.varied(&seeds);
            holds(target, &data, &format!("step {step}"));
        }
    },
    rows = [
        Target {
            ids: &[],
            sentence: "no protected name reaches the application but with the value that we wrote",
            name: "request_head",
            holds: targets::request_head::request_head,
            steps: 1_000,
        },
        Target {
            ids: &[],
            sentence: "a request target that is taken has one reading",
            name: "request_target",
            holds: targets::request_target::request_target,
            steps: 10_000,
        },
        Target {
            ids: &[],
            sentence: "a code that is redeemed came once, and answers the request",
            name: "authorization_response",
            holds: targets::authorization_response::authorization_response,
            steps: 10_000,
        },
        Target {
            // Encrypted ones, key sets and discovery documents are the rows below.
            ids: &["T468"],
            sentence: "an ID token that is taken was signed, byte for byte, and answers the request",
            name: "id_token",
            holds: targets::id_token::id_token,
            steps: 4_000,
        },
        Target {
            ids: &[],
            sentence: "claims that are taken are about the same person, and as they were written",
            name: "userinfo",
            holds: targets::userinfo::userinfo,
            steps: 4_000,
        },
        Target {
            ids: &[],
            sentence: "an encrypted token that is opened gives what was put into it",
            name: "jwe",
            holds: targets::jwe::jwe,
            steps: 2_000,
        },
        Target {
            ids: &[],
            sentence: "an address of a discovery document has one reading, and is one that may be called",
            name: "provider_metadata",
            holds: targets::provider_metadata::provider_metadata,
            steps: 10_000,
        },
        Target {
            ids: &[],
            sentence: "a key that signs is published for that, and is the only one of its name",
            name: "jwks",
            holds: targets::jwks::jwks,
            steps: 4_000,
        },
        Target {
            ids: &[],
            sentence: "a logout token that is taken says what the specification wants",
            name: "logout_token",
            holds: targets::logout_token::logout_token,
            steps: 4_000,
        },
        Target {
            // The callback's query is the row of `authorization_response`.
            ids: &["T469"],
            sentence: "a logout token is taken from a form that has one",
            name: "logout_form",
            holds: targets::logout_form::logout_form,
            steps: 10_000,
        },
        Target {
            ids: &["T466"],
            sentence: "cookies are those that the specification finds, and ours stay here",
            name: "cookies",
            holds: targets::cookies::cookies,
            steps: 10_000,
        },
        Target {
            ids: &["T467"],
            sentence: "a destination leads to the same origin from any page",
            name: "return_to",
            holds: targets::return_to::return_to,
            steps: 10_000,
        },
        Target {
            ids: &["T471"],
            sentence: "a stranger stays who they are, whatever address or host they name",
            name: "forwarded_headers",
            holds: targets::forwarded_headers::forwarded_headers,
            steps: 10_000,
        },
    ]
}

#[test]
fn every_target_is_a_program_with_seeds_and_a_row() {
    let names = |folder: &str| {
        let entries = fs::read_dir(in_repository(folder)).unwrap();
        let paths = entries.map(|entry| PathBuf::from(entry.unwrap().file_name()));
        let mut names: Vec<String> = paths
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    let mut rows: Vec<&str> = ROWS.iter().map(|target| target.name).collect();
    rows.sort_unstable();
    assert_eq!(names("fuzz/fuzz_targets"), rows);
    assert_eq!(names("fuzz/seeds"), rows);
    for name in rows {
        let program = format!("fuzz/fuzz_targets/{name}.rs");
        let program = fs::read_to_string(in_repository(&program)).unwrap();
        let call = format!("fuzz_target!(|data: &[u8]| guichet_fuzz::{name}::{name}(data));");
        assert!(program.contains(&call), "{program}");
        let manifest = fs::read_to_string(in_repository("fuzz/Cargo.toml")).unwrap();
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
    }
}

/// Name and content of each seed, in the order of their names.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = in_repository(&format!("fuzz/seeds/{target}"));
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut seeds: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    seeds.sort();
    assert!(seeds.len() >= 10, "{target} has few seeds");
    seeds
}

fn holds(target: &Target, data: &[u8], what: &str) {
    let held = catch_unwind(AssertUnwindSafe(|| (target.holds)(data)));
    assert!(
        held.is_ok(),
        "{} does not hold for {what} (the message is above): {}",
        target.name,
        data.escape_ascii()
    );
}

/// Always the same chance (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % bound
    }

    fn one_of<'a, T>(&mut self, choice: &'a [T]) -> &'a T {
        &choice[self.below(choice.len())]
    }

    /// A seed after one to four changes.
    fn varied(&mut self, seeds: &[(String, Vec<u8>)]) -> Vec<u8> {
        const BYTES: &[u8] = b"\0\t\n\r !\"#%&',-./:;=?@[\\]^_`{|}~09azAZ\x7f\x80\xc0\xff";
        let mut data = self.one_of(seeds).1.clone();
        for _ in 0..=self.below(4) {
            let at = self.below(data.len() + 1);
            let to = (at + self.below(9)).min(data.len());
            let instead = match self.below(4) {
                0 => Vec::new(),
                1 => vec![*self.one_of(BYTES)],
                2 => [*self.one_of(BYTES)].repeat(2),
                _ => {
                    let other = &self.one_of(seeds).1;
                    let from = self.below(other.len() + 1);
                    let length = self.below(24);
                    other[from..].iter().take(length).copied().collect()
                }
            };
            let to = if self.below(2) == 0 { at } else { to };
            data.splice(at..to, instead);
        }
        data
    }
}
