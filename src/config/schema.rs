//! The JSON schema of the file, for editors and for our own search for unknown keys and wrong types.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::config::defaults;
use crate::config::raw;
use crate::config::secret_form;
use crate::provider::presets;

/// Where the schema has the key `preset` of an entry.
const PRESET: &str = "/properties/providers/additionalProperties/properties/preset";

/// The schema. TOML has no null, so no type here has one.
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<raw::File>()
        .to_value();
    without_null(&mut schema);
    defaults::show_in(&mut schema);
    schema
}

/// The schema as `guichet schema` prints it: editors know the presets too, of which the program speaks by itself (`C022`).
pub fn text() -> String {
    let mut schema = schema();
    if let Some(preset) = schema.pointer_mut(PRESET) {
        preset["enum"] = presets::names().collect();
    }
    format!("{schema:#}\n")
}

/// The form of a value, as far as alternatives differ in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A list.
    List,
    /// Anything else.
    Other,
}

/// The alternative that is meant: a list where a list stands, else the first one that is none.
pub fn alternative(schema: &Value, form: Form) -> &Value {
    let Some(alternatives) = schema.get("anyOf").and_then(Value::as_array) else {
        return schema;
    };
    let meant = alternatives
        .iter()
        .find(|each| (expected(each) == "array") == (form == Form::List));
    meant.unwrap_or(schema)
}

/// The type that is expected, in the words of JSON Schema.
pub fn expected(schema: &Value) -> &str {
    schema.get("type").and_then(Value::as_str).unwrap_or("")
}

/// Whether what stands here is a secret.
pub fn is_secret(schema: &Value) -> bool {
    schema.get("title").and_then(Value::as_str) == Some(secret_form::TITLE)
}

/// What is known about a key of a table.
pub fn member<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let known = schema.get("properties").and_then(|known| known.get(name));
    known.or_else(|| schema.get("additionalProperties").filter(|any| any.is_object()))
}

/// The keys that a table knows.
pub fn names(schema: &Value) -> Vec<&str> {
    let known = schema.get("properties").and_then(Value::as_object);
    known
        .into_iter()
        .flat_map(|known| known.keys().map(String::as_str))
        .collect()
}

fn without_null(schema: &mut Value) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema["type"] = only;
        }
    }
    if let Some(Value::Array(alternatives)) = schema.get_mut("anyOf") {
        alternatives.retain(|alternative| alternative.get("type") != Some(&Value::from("null")));
        if let [only] = alternatives.as_mut_slice() {
            let only = only.take();
            unfold(schema, only);
        }
    }
    match schema {
        Value::Object(members) => members.values_mut().for_each(without_null),
        Value::Array(elements) => elements.iter_mut().for_each(without_null),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `{ description, anyOf: [X] }` is `X` with that description.
fn unfold(schema: &mut Value, only: Value) {
    if let (Some(members), Value::Object(inner)) = (schema.as_object_mut(), only) {
        members.remove("anyOf");
        for (name, value) in inner {
            members.entry(name).or_insert(value);
        }
    }
}
