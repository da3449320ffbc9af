//! `on_spoof`, `allow_headers` and `allow_in_path` of an app: what it tolerates. Each door that is opened is a warning.

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::words;
use crate::config::raw;
use crate::routing::tolerance::OnSpoof;
use crate::routing::tolerance::Tolerance;
use crate::wire::odd_name::OddName;
use crate::wire::odd_name::OddNameError;
use crate::wire::target::ambiguity::Ambiguities;
use crate::wire::target::ambiguity::Ambiguity;

/// Reads the three keys.
pub fn tolerance(app: &Key, raw: &mut raw::App, findings: &mut Findings) -> Tolerance {
    Tolerance {
        headers: headers(&app.name("allow_headers"), raw.allow_headers.take(), findings),
        in_path: in_path(&app.name("allow_in_path"), raw.allow_in_path.take(), findings),
        on_spoof: match raw.on_spoof.take().as_deref() {
            // The words are the schema's; a mistake among them was reported.
            Some("reject") => OnSpoof::Reject,
            _ => OnSpoof::Strip,
        },
    }
}

fn headers(key: &Key, list: Option<Vec<String>>, findings: &mut Findings) -> Vec<OddName> {
    let mut names: Vec<OddName> = Vec::new();
    for (key, text) in words::elements(key, list, findings) {
        let name = match OddName::parse(&text) {
            Ok(name) => name,
            Err(error) => {
                let help = match error {
                    OddNameError::Ordinary => "leave it out: only names with other characters are kept back",
                    _ => "name the field as clients send it: \"my_app.token\"",
                };
                let problem = format!("`{}` {error}", bounded(&text));
                findings.error(Code::OddHeader, &key, problem, help);
                continue;
            }
        };
        findings.warning(
            Code::OddHeaderAllowed,
            &key,
            format!("some application servers read `{}` as the same field with hyphens", bounded(&text)),
            "clients choose what it says, under either name: nothing may be believed because of it. Better: rename it with \
             hyphens where it is sent",
        );
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn in_path(key: &Key, list: Option<Vec<String>>, findings: &mut Findings) -> Ambiguities {
    let mut allowed = Ambiguities::default();
    for (key, word) in words::elements(key, list, findings) {
        let Some(ambiguity) = Ambiguity::ALL.into_iter().find(|each| each.word() == word) else {
            continue;
        };
        let problem = match ambiguity {
            Ambiguity::Parameters => "some programs cut a path at `;`, others do not",
            Ambiguity::EscapedSlashes => {
                "to some programs `%2F` separates segments, to others it is part of one"
            }
            Ambiguity::EmptySegments => "some programs take several slashes for one, others do not",
        };
        findings.warning(
            Code::AmbiguousPath,
            &key,
            problem,
            "a path with it is asked for the most that any of its readings asks for. Whatever else stands between the gateway \
             and the application has to leave the path as it is; without the need, leave it out",
        );
        allowed.add(ambiguity);
    }
    allowed
}
