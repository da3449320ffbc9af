//! How the place of a secret is written.
//!
//! The visitors are written by hand: a derived one prints the value that it refuses, and that is the literal secret.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;

use crate::config::secret_source::SecretSource;
use crate::config::secret_source::SecretSources;

/// The schema's title of a secret; nothing that stands under such a schema is ever printed.
pub const TITLE: &str = "SecretSource";

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceVisitor)
    }
}

struct SourceVisitor;

const REFUSED: &str = "a secret is { file = \"..\" }, { env = \"..\" } or { credential = \"..\" }";

impl<'de> Visitor<'de> for SourceVisitor {
    type Value = SecretSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REFUSED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretSource, A::Error> {
        let mut source = SecretSource::default();
        while let Some(name) = map.next_key::<String>()? {
            let field = match name.as_str() {
                "file" => &mut source.file,
                "env" => &mut source.env,
                "credential" => &mut source.credential,
                _ => return Err(serde::de::Error::custom(REFUSED)),
            };
            *field = Some(map.next_value::<Word>()?.0);
        }
        Ok(source)
    }

    // Whatever else stands here may be the secret itself: none of these may reach the default, which prints it.
    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<SecretSource, E> {
        Err(E::custom(REFUSED))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<SecretSource, E> {
        Err(E::custom(REFUSED))
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<SecretSource, E> {
        Err(E::custom(REFUSED))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<SecretSource, E> {
        Err(E::custom(REFUSED))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<SecretSource, E> {
        Err(E::custom(REFUSED))
    }
}

/// A text whose refusal says nothing about what stood there.
struct Word(String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer);
        text.map(Self)
            .map_err(|_refused| serde::de::Error::custom(REFUSED))
    }
}

impl<'de> Deserialize<'de> for SecretSources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourcesVisitor)
    }
}

struct SourcesVisitor;

impl<'de> Visitor<'de> for SourcesVisitor {
    type Value = SecretSources;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REFUSED)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretSources, A::Error> {
        SourceVisitor.visit_map(map).map(SecretSources::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SecretSources, A::Error> {
        let mut sources = Vec::new();
        while let Some(source) = list.next_element()? {
            sources.push(source);
        }
        Ok(SecretSources::Several(sources))
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<SecretSources, E> {
        Err(E::custom(REFUSED))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<SecretSources, E> {
        Err(E::custom(REFUSED))
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<SecretSources, E> {
        Err(E::custom(REFUSED))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<SecretSources, E> {
        Err(E::custom(REFUSED))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<SecretSources, E> {
        Err(E::custom(REFUSED))
    }
}

impl JsonSchema for SecretSource {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        TITLE.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": TITLE,
            "type": "object",
            "properties": {
                "file": { "type": "string", "description": "A file; relative to the folder of the configuration file." },
                "env": { "type": "string", "description": "A variable of the environment." },
                "credential": { "type": "string", "description": "A credential of systemd (`LoadCredential=`)." },
            },
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

impl JsonSchema for SecretSources {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "SecretSources".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = SecretSource::json_schema(generator);
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}
