//! The file, then the environment over it: one tree, in which every value knows the layer that said it.

use std::collections::BTreeMap;

use figment::Figment;
use figment::Metadata;
use figment::Profile;
use figment::Provider;
use figment::value::Dict;
use figment::value::Map;
use figment::value::Value;
use toml_edit::Document;
use toml_edit::Item;
use toml_edit::TableLike;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::location::Origin;
use crate::config::location::Places;

/// Begins the name of every variable that is a key of the configuration.
pub const PREFIX: &str = "GUICHET__";

/// One layer: what it says, and its name (nothing for the file, else the variable).
struct Layer {
    variable: String,
    says: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.variable.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.says.clone())]))
    }
}

/// Reads a file's text and the environment. `None` if the text is not TOML.
pub fn merge(
    path: &str,
    text: &str,
    environment: &BTreeMap<String, String>,
    findings: &mut Findings,
) -> Option<Value> {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            *findings.places_mut() = Places::of_path(path);
            syntax_error(&error, text, findings);
            return None;
        }
    };
    *findings.places_mut() = Places::of_document(path, &document);
    let mut figment = Figment::from(Layer {
        variable: String::new(),
        says: dict(document.as_table()),
    });
    for (variable, text) in environment {
        if let Some(says) = from_variable(variable, text, findings) {
            figment = figment.merge(Layer {
                variable: variable.clone(),
                says,
            });
        }
    }
    let tree = figment
        .data()
        .ok()
        .and_then(|mut profiles| profiles.remove(&Profile::Default))
        .map_or_else(|| Value::from(Dict::new()), Value::from);
    remember_origins(&figment, &Key::ROOT, &tree, findings.places_mut());
    Some(tree)
}

fn syntax_error(error: &toml_edit::TomlError, text: &str, findings: &mut Findings) {
    // The error's own `Display` quotes the line, and with it perhaps a secret.
    let location = findings
        .places()
        .at_byte(text, error.span().map_or(0, |span| span.start));
    let (problem, help) = if error.message().contains("duplicate key") {
        ("a key is written twice", "keep one of the two")
    } else {
        (
            error.message().lines().next().unwrap_or(""),
            "see https://toml.io; strings stand in quotation marks, one key a line",
        )
    };
    findings.error_at(
        Code::Syntax,
        location,
        format!("this is not TOML: {problem}"),
        help,
    );
}

/// The variable that is this key; none reaches inside a list.
pub fn variable_of(key: &Key) -> String {
    let steps = key.to_string().replace('-', "_").replace('.', "__");
    format!("{PREFIX}{}", steps.to_ascii_uppercase())
}

/// `GUICHET__PROVIDERS__FC__SCOPES=["openid"]` -> `{ providers = { fc = { scopes = ["openid"] } } }`.
fn from_variable(variable: &str, text: &str, findings: &mut Findings) -> Option<Dict> {
    let rest = variable.strip_prefix(PREFIX)?;
    let mut names: Vec<String> = rest.split("__").map(str::to_ascii_lowercase).collect();
    // A variable's name has no hyphens, the name of an entry no underscores.
    if let [table, entry, ..] = names.as_mut_slice()
        && table == "providers"
    {
        *entry = entry.replace('_', "-");
    }
    let Some(value) = value_of_variable(text) else {
        findings.error_in_environment(
            Code::Environment,
            variable,
            "this is neither a list nor a table of TOML".to_owned(),
            "write it as in the file, on one line: [\"openid\", \"email\"] or { file = \"..\" }",
        );
        return None;
    };
    let last = names.pop()?;
    let inner = Dict::from([(last, value)]);
    Some(
        names
            .into_iter()
            .rev()
            .fold(inner, |inside, name| Dict::from([(name, Value::from(inside))])),
    )
}

/// Text is text, so that a client id of digits stays one; only what begins like a list or a table is read as TOML.
fn value_of_variable(text: &str) -> Option<Value> {
    if !text.starts_with(['[', '{']) {
        return Some(Value::from(text.to_owned()));
    }
    let line = format!("value = {text}");
    let document = Document::parse(line.as_str()).ok()?;
    (document.len() == 1).then(|| document.get("value").and_then(from_item))?
}

fn remember_origins(figment: &Figment, at: &Key, value: &Value, places: &mut Places) {
    if let Some(layer) = figment.get_metadata(value.tag()) {
        let origin = if layer.name.is_empty() {
            Origin::File
        } else {
            Origin::Environment(layer.name.to_string())
        };
        places.set_origin(at.clone(), origin);
    }
    match value {
        Value::Dict(_, dict) => {
            for (name, value) in dict {
                remember_origins(figment, &at.name(name), value, places);
            }
        }
        Value::Array(_, array) => {
            for (index, value) in array.iter().enumerate() {
                remember_origins(figment, &at.item(index), value, places);
            }
        }
        Value::String(..) | Value::Char(..) | Value::Bool(..) | Value::Num(..) | Value::Empty(..) => {}
    }
}

/// A table of the file as figment knows it.
pub fn dict(table: &dyn TableLike) -> Dict {
    table
        .iter()
        .filter_map(|(name, item)| Some((name.to_owned(), from_item(item)?)))
        .collect()
}

fn from_item(item: &Item) -> Option<Value> {
    match item {
        Item::None => None,
        Item::Table(table) => Some(Value::from(dict(table))),
        Item::ArrayOfTables(tables) => Some(Value::from(
            tables
                .iter()
                .map(|table| Value::from(dict(table)))
                .collect::<Vec<_>>(),
        )),
        Item::Value(value) => Some(from_value(value)),
    }
}

fn from_value(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::from(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::from(*number.value()),
        toml_edit::Value::Float(number) => Value::from(*number.value()),
        toml_edit::Value::Boolean(truth) => Value::from(*truth.value()),
        // No key is a date. As text it is refused with the words for the key that it stands at.
        toml_edit::Value::Datetime(date) => Value::from(date.value().to_string()),
        toml_edit::Value::Array(array) => Value::from(array.iter().map(from_value).collect::<Vec<_>>()),
        toml_edit::Value::InlineTable(table) => Value::from(dict(table)),
    }
}
