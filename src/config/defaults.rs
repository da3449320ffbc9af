//! What the gateway does where the file says nothing. One text, in the file's own words, for the program, the schema and
//! `check --print` alike.

use figment::value::Dict;
use figment::value::Value;
use serde_json::Value as Json;
use toml_edit::Document;

use crate::config::layers;

/// The defaults. `*` is every entry of a table, one element every element of a list.
const DEFAULTS: &str = r#"
[server]
listen = "127.0.0.1:8080"
reserved_prefix = "/_guichet"
trusted_proxies = []
shutdown_delay = "0s"
drain_timeout = "30s"
hsts = "host"

[limits]
max_connections = 10000
connections_per_client = 512
requests_per_client = 128
logins_per_client = 120
head_timeout = "10s"
keep_alive = "75s"
write_timeout = "60s"
max_head = "32KiB"
max_fields = 100
max_body = "1GiB"
body_grace = "20s"
body_rate = "500B"
max_form = "16KiB"
http2_streams = 100
http2_resets = 200

[logs]
format = "auto"

[session]
store = "memory"
idle_timeout = "30m"
absolute_timeout = "8h"
[session.redis]
prefix = "guichet:"

[assertion]
lifetime = "60s"

[providers."*"]
scopes = ["openid"]
id_token_claims = []
accept_hs256 = false

[forward_auth]
callers = []
max_answer_head = "4KiB"

[[apps]]
path = "/"
login = "chooser"
idp_hints = []
mode = "proxy"
claims = ["sub"]
derived = []
plain_headers = []
subject = "provider"
host_header = "browser"
connect_timeout = "5s"
response_timeout = "60s"
idle_timeout = "60s"
websocket_idle_timeout = "1h"
keep_alive = "1s"
max_connections = 256
app_cookies = []
on_spoof = "strip"
allow_headers = []
allow_in_path = []
[apps.health]
interval = "10s"
[[apps.routes]]
access = "required"
ends_session = false
"#;

/// Tables of the file that are there even if nobody wrote them.
const ALWAYS: &[&str] = &["server", "limits", "logs", "session", "assertion", "forward_auth"];

/// Adds what nobody said.
pub fn fill(tree: &mut Value) {
    let Value::Dict(_, dict) = tree else { return };
    for name in ALWAYS {
        dict.entry((*name).to_owned())
            .or_insert_with(|| Value::from(Dict::new()));
    }
    fill_in(tree, &defaults());
}

/// Adds the defaults to the JSON schema.
pub fn show_in(schema: &mut Json) {
    show(schema, &defaults());
}

fn defaults() -> Value {
    // A text of our own: that it is TOML is a test, and if it were not, every default would be missing.
    Document::parse(DEFAULTS).map_or_else(
        |_not_toml| Value::from(Dict::new()),
        |document| Value::from(layers::dict(document.as_table())),
    )
}

fn fill_in(value: &mut Value, default: &Value) {
    match (value, default) {
        (Value::Dict(_, dict), Value::Dict(_, defaults)) => {
            for (name, default) in defaults {
                if name == "*" {
                    for entry in dict.values_mut() {
                        fill_in(entry, default);
                    }
                } else if let Some(value) = dict.get_mut(name) {
                    fill_in(value, default);
                } else if !is_of_tables(default) {
                    dict.insert(name.clone(), default.clone());
                }
            }
        }
        (Value::Array(_, elements), Value::Array(_, defaults)) if is_of_tables(default) => {
            for (element, default) in elements.iter_mut().zip(defaults.iter().cycle()) {
                fill_in(element, default);
            }
        }
        _ => {}
    }
}

/// A table, or a list of tables: nothing that a default could make.
fn is_of_tables(default: &Value) -> bool {
    match default {
        Value::Dict(..) => true,
        Value::Array(_, elements) => matches!(elements.as_slice(), [Value::Dict(..), ..]),
        _ => false,
    }
}

fn show(schema: &mut Json, default: &Value) {
    match default {
        Value::Dict(_, defaults) => {
            for (name, default) in defaults {
                let inner = if name == "*" {
                    schema.get_mut("additionalProperties")
                } else {
                    schema.get_mut("properties").and_then(|known| known.get_mut(name))
                };
                if let Some(inner) = inner {
                    show(inner, default);
                }
            }
        }
        Value::Array(_, elements) if is_of_tables(default) => {
            if let (Some(inner), Some(default)) = (schema.get_mut("items"), elements.first()) {
                show(inner, default);
            }
        }
        plain => {
            if let (Some(members), Ok(plain)) = (schema.as_object_mut(), serde_json::to_value(plain)) {
                members.insert("default".to_owned(), plain);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_toml() {
        Document::parse(DEFAULTS).unwrap();
    }

    #[test]
    fn every_default_is_a_default_of_a_known_key() {
        let schema = crate::config::schema::text();
        let written = DEFAULTS.lines().filter(|line| line.contains(" = ")).count();
        assert_eq!(schema.matches("\"default\":").count(), written);
    }
}
