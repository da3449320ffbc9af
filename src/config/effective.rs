//! What is in force, key by key, with where each value comes from; of a secret only its place and its length.

use figment::value::Value;

use crate::config::key::Key;
use crate::config::location::Origin;
use crate::config::location::Places;
use crate::config::schema;
use crate::config::secret_source::SecretPlace;
use crate::config::secret_source::SecretSource;
use crate::config::shape;
use crate::config::surroundings::Surroundings;

/// One value that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Which key.
    pub key: Key,
    /// The value as the file would have it; a secret as `‹file:.., 32 bytes›`.
    pub value: String,
    /// `guichet.toml:14:1`, `environment variable ..` or `default`.
    pub source: String,
}

/// Every value, in the order of the keys.
pub fn settings(tree: &Value, places: &Places, surroundings: &Surroundings) -> Vec<Setting> {
    let schema = schema::schema();
    let mut list = List {
        places,
        surroundings,
        found: Vec::new(),
    };
    list.add(&Key::ROOT, tree, &schema);
    list.found
}

struct List<'a> {
    places: &'a Places,
    surroundings: &'a Surroundings,
    found: Vec<Setting>,
}

impl List<'_> {
    fn add(&mut self, key: &Key, value: &Value, schema: &serde_json::Value) {
        let schema = schema::alternative(schema, shape::form(value));
        match value {
            _ if schema::is_secret(schema) => self.push(key, self.redacted(value)),
            Value::Dict(_, dict) => {
                for (name, value) in dict {
                    if let Some(schema) = schema::member(schema, name) {
                        self.add(&key.name(name), value, schema);
                    }
                }
            }
            Value::Array(_, elements) => match schema.get("items") {
                Some(items) if schema::expected(items) == "object" => {
                    for (index, element) in elements.iter().enumerate() {
                        self.add(&key.item(index), element, items);
                    }
                }
                _ => self.push(key, plain(value)),
            },
            value => self.push(key, plain(value)),
        }
    }

    fn push(&mut self, key: &Key, value: String) {
        let source = match self.places.origin(key) {
            Origin::Default => "default".to_owned(),
            Origin::File | Origin::Environment(_) => self.places.location(key).to_string(),
        };
        self.found.push(Setting {
            key: key.clone(),
            value,
            source,
        });
    }

    fn redacted(&self, value: &Value) -> String {
        let Ok(source) = value.deserialize::<SecretSource>() else {
            return "‹not a source of a secret›".to_owned();
        };
        let place = match source.place(self.surroundings) {
            Ok(SecretPlace::File(path)) => format!("file:{}", path.display()),
            Ok(SecretPlace::Variable(name)) => format!("env:{name}"),
            Err(error) => return format!("‹{error}›"),
        };
        match source.read(self.surroundings) {
            Ok(found) => format!("‹{place}, {} bytes›", found.secret.expose().len()),
            Err(_) => format!("‹{place}, nothing there›"),
        }
    }
}

/// A value that is no table, as TOML writes it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(_, text) => toml_edit::Value::from(text.as_str()).to_string(),
        Value::Array(_, elements) => {
            let elements: Vec<String> = elements.iter().map(plain).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Num(_, number) => number
            .to_i128()
            .map_or_else(|| format!("{:?}", number.to_f64()), |number| number.to_string()),
        Value::Bool(_, truth) => truth.to_string(),
        Value::Char(..) | Value::Empty(..) | Value::Dict(..) => String::new(),
    }
}
