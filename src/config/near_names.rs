//! Variables that nearly have the name of a key: whoever set one believes that it counts.

use std::collections::BTreeMap;

use figment::value::Value;
use serde_json::Value as Schema;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::bounded;
use crate::config::layers;
use crate::config::schema;

/// Begins those that were meant to be a key.
const NEARLY: &str = "GUICHET_";

/// `GUICHET_SERVER_LISTEN`, `GUICHET_PROVIDERS__FC__CLIENT_ID`: one underscore too few. Others are others' affair: a container
/// engine sets `GUICHET_PORT` and the like for a service of our name.
pub fn warn(
    environment: &BTreeMap<String, String>,
    (tree, schema): (&Value, &Schema),
    findings: &mut Findings,
) {
    let known = schema::names(schema);
    let sources = sources(tree);
    for variable in environment
        .keys()
        .filter(|name| !name.starts_with(layers::PREFIX))
    {
        let Some(rest) = variable
            .strip_prefix(NEARLY)
            .filter(|_| !sources.contains(&variable.as_str()))
        else {
            continue;
        };
        let rest = rest.to_ascii_lowercase();
        let after = |name: &&str| rest.strip_prefix(*name);
        let is_near = |after: &str| after.is_empty() || after.starts_with('_');
        if known.iter().filter_map(after).any(is_near) {
            findings.warning_in_environment(
                Code::NearlyOurVariable,
                variable,
                format!("`{}` is no key and changes nothing", bounded(variable)),
                "two underscores are one step down, the first of them after GUICHET: GUICHET__PROVIDERS__FC__CLIENT_ID",
            );
        }
    }
}

/// The variables that hold secrets: `{ env = "GUICHET_SESSION_SECRET" }`.
fn sources(value: &Value) -> Vec<&str> {
    match value {
        Value::Dict(_, dict) => {
            let here = dict.get("env").and_then(Value::as_str);
            here.into_iter().chain(dict.values().flat_map(sources)).collect()
        }
        Value::Array(_, elements) => elements.iter().flat_map(sources).collect(),
        _ => Vec::new(),
    }
}
