//! Unknown keys, wrong types and unknown words: all of them, found by walking the tree along the schema.
//!
//! What is refused is taken out of the tree, so that reading it into `raw` afterwards meets no surprise. No message here
//! shows a value, except a word that a key does not know.

use figment::value::Dict;
use figment::value::Num;
use figment::value::Value;
use serde_json::Value as Schema;

use crate::config::code::Code;
use crate::config::duration;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::location::Origin;
use crate::config::schema;
use crate::config::schema::Form;
use crate::config::suggestion;

const LITERAL: &str = "put it in a file, a variable or a systemd credential: { file = \"..\" }, { env = \"..\" } or { credential = \"..\" }";

/// Whether a value stays in the tree.
#[derive(PartialEq, Eq)]
enum Verdict {
    Fits,
    Refused,
}

/// Takes out of the tree what the schema does not know, and says so.
pub fn prune(tree: &mut Value, schema: &Schema, findings: &mut Findings) {
    let walk = Walk { root: schema };
    walk.fits(tree, schema, &Key::ROOT, findings);
}

struct Walk<'a> {
    root: &'a Schema,
}

impl Walk<'_> {
    fn fits(&self, value: &mut Value, schema: &Schema, key: &Key, findings: &mut Findings) -> Verdict {
        let schema = schema::alternative(schema, form(value));
        read_number_of_environment(value, schema, key, findings);
        match (schema::expected(schema), &mut *value) {
            ("object", Value::Dict(_, dict))
                if schema::is_secret(schema)
                    && dict.keys().any(|name| schema::member(schema, name).is_none()) =>
            {
                // Not even the name of an unknown key is shown: somebody may have written the secret there.
                let problem = format!("`{key}` says something else than where the secret is");
                findings.error(Code::SecretSource, key, problem, LITERAL);
                Verdict::Refused
            }
            ("object", Value::Dict(_, dict)) => {
                dict.retain(|name, value| {
                    let key = key.name(name);
                    if let Some(schema) = schema::member(schema, name) {
                        return self.fits(value, schema, &key, findings) == Verdict::Fits;
                    }
                    self.unknown(name, schema, &key, findings);
                    false
                });
                Verdict::Fits
            }
            ("array", Value::Array(_, elements)) => {
                for (index, element) in elements.iter_mut().enumerate() {
                    self.element(element, schema, &key.item(index), findings);
                }
                Verdict::Fits
            }
            ("boolean", Value::Bool(..)) => Verdict::Fits,
            ("string", Value::String(_, word)) => known_word(word, schema, key, findings),
            ("integer", Value::Num(_, number)) if number.to_f64().is_none() => {
                within_bounds(*number, schema, key, findings)
            }
            _ => {
                refuse(value, schema, key, findings);
                Verdict::Refused
            }
        }
    }

    /// A refused element stays, as an empty one: the places of those after it are their names.
    fn element(&self, element: &mut Value, schema: &Schema, key: &Key, findings: &mut Findings) {
        let Some(items) = schema.get("items") else {
            return;
        };
        if self.fits(element, items, key, findings) == Verdict::Refused {
            *element = match schema::expected(items) {
                "string" => Value::from(String::new()),
                _ => Value::from(Dict::new()),
            };
        }
    }

    fn unknown(&self, name: &str, schema: &Schema, key: &Key, findings: &mut Findings) {
        let around = key.parent().filter(|table| !table.is_root());
        let place = around.map_or_else(String::new, |table| format!(" in `{table}`"));
        let known = schema::names(schema);
        let help = if suggestion::nearest(name, known.iter().copied()).is_some() {
            suggestion::of_keys(name, known)
        } else if let Some(home) = home_of(name, self.root, &Key::ROOT) {
            format!("it belongs into `{home}`")
        } else {
            suggestion::of_keys(name, known)
        };
        let problem = format!("unknown key `{}`{place}", bounded(name));
        findings.error(Code::UnknownKey, key, problem, help);
    }
}

/// A variable is text; where a number is wanted, its text may be one.
fn read_number_of_environment(value: &mut Value, schema: &Schema, key: &Key, findings: &Findings) {
    if let Value::String(_, text) = value
        && schema::expected(schema) == "integer"
        && matches!(findings.places().origin(key), Origin::Environment(_))
        && let Ok(number) = text.parse::<i64>()
    {
        *value = Value::from(number);
    }
}

fn refuse(value: &Value, schema: &Schema, key: &Key, findings: &mut Findings) {
    if schema::is_secret(schema) {
        let problem = format!("the value of `{key}` stands in the open");
        findings.error(Code::LiteralSecret, key, problem, LITERAL);
        return;
    }
    let expected = in_words(schema::expected(schema));
    let problem = format!("`{key}` is {}, {expected} is expected", what(value));
    let from_environment = matches!(findings.places().origin(key), Origin::Environment(_));
    let help = match (expected, from_environment) {
        ("a string", _) => as_text(value, schema),
        ("a list" | "a table", true) => {
            format!("a variable gives {expected} whole, as TOML on one line; it cannot reach inside a list")
        }
        ("a list", false) if is_of_tables(value, schema) => {
            format!(
                "write it in double square brackets, once for each: [[{}]]",
                key.without_items()
            )
        }
        ("a list", false) => "write it in square brackets: [\"..\"]".to_owned(),
        ("a table", false) => "write it as a table: [name], or { key = \"..\" }".to_owned(),
        _ => format!("write {expected}, without quotation marks"),
    };
    findings.error(Code::WrongType, key, problem, help);
}

/// A duration is a number to those who write it, and its unit is not to be forgotten on the way to the quotation marks.
fn as_text(value: &Value, schema: &Schema) -> String {
    let default = schema.get("default").and_then(Schema::as_str);
    let is_duration = default.is_some_and(|default| duration::parse(default).is_ok());
    match value {
        Value::Num(_, number) if is_duration => match number.to_i128() {
            Some(number) => format!(
                "write it in quotation marks, and say of what: \"{number}s\", \"{number}m\" or \"{number}h\""
            ),
            None => "write it in quotation marks, with its unit: \"60s\", \"30m\", \"8h\"".to_owned(),
        },
        _ => "write it in quotation marks: \"..\"".to_owned(),
    }
}

/// `[apps]` in the place of `[[apps]]`.
fn is_of_tables(value: &Value, schema: &Schema) -> bool {
    let items = schema.get("items");
    matches!(value, Value::Dict(..)) && items.is_some_and(|items| schema::expected(items) == "object")
}

fn within_bounds(number: Num, schema: &Schema, key: &Key, findings: &mut Findings) -> Verdict {
    let bound = |name| schema.get(name).and_then(Schema::as_i64).map(i128::from);
    let (least, most) = (
        bound("minimum").unwrap_or(0),
        bound("maximum").unwrap_or(i128::MAX),
    );
    // Every number of TOML is signed.
    if number
        .to_i128()
        .is_some_and(|number| (least..=most).contains(&number))
    {
        return Verdict::Fits;
    }
    let problem = format!("`{key}` is out of bounds");
    let help = format!("between {least} and {most}");
    findings.error(Code::NumberOutOfBounds, key, problem, help);
    Verdict::Refused
}

fn known_word(word: &str, schema: &Schema, key: &Key, findings: &mut Findings) -> Verdict {
    let Some(words) = schema.get("enum").and_then(Schema::as_array) else {
        return Verdict::Fits;
    };
    let known = words.iter().filter_map(Schema::as_str);
    if known.clone().any(|known| known == word) {
        return Verdict::Fits;
    }
    let problem = format!("`{key}` cannot be `{}`", bounded(word));
    findings.error(Code::UnknownWord, key, problem, suggestion::of_words(word, known));
    Verdict::Refused
}

/// The table that knows a key of this name, if one does.
fn home_of(name: &str, schema: &Schema, at: &Key) -> Option<Key> {
    let known = schema.get("properties").and_then(Schema::as_object)?;
    known.iter().find_map(|(table, inside)| {
        let (inside, at) = match inside.get("items") {
            Some(items) => (items, at.name(table)),
            None => (inside, at.name(table)),
        };
        let inside = inside
            .get("additionalProperties")
            .filter(|any| any.is_object())
            .unwrap_or(inside);
        if schema::names(inside).contains(&name) {
            return Some(at);
        }
        home_of(name, inside, &at)
    })
}

/// Whether a value is a list.
pub fn form(value: &Value) -> Form {
    match value {
        Value::Array(..) => Form::List,
        _ => Form::Other,
    }
}

fn in_words(kind: &str) -> &'static str {
    match kind {
        "string" => "a string",
        "integer" => "a whole number",
        "array" => "a list",
        "boolean" => "true or false",
        _ => "a table",
    }
}

fn what(value: &Value) -> &'static str {
    match value {
        Value::String(..) | Value::Char(..) => "a string",
        Value::Bool(..) => "a boolean",
        Value::Num(_, number) if number.to_f64().is_some() => "a number with a fraction",
        Value::Num(..) => "a number",
        Value::Empty(..) => "nothing",
        Value::Dict(..) => "a table",
        Value::Array(..) => "a list",
    }
}
