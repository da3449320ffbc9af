//! JSON with one reading only: UTF-8, no member twice at any depth, nothing after the value (RFC 7515, section 4).

use std::fmt;

use serde::de::DeserializeSeed;
use serde::de::Deserializer;
use serde::de::Error;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::Map;
use serde_json::Number;
use serde_json::Value;

/// Why a text is not such JSON.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StrictJsonError {
    /// Not UTF-8, not JSON, too deep, a member twice, or something after the end. The text itself is not repeated.
    #[error("not unambiguous JSON (line {line}, column {column})")]
    Syntax {
        /// Counted from one.
        line: usize,
        /// Counted from one.
        column: usize,
    },
    /// Another value than an object.
    #[error("not a JSON object")]
    NotAnObject,
}

/// Reads an object.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, StrictJsonError> {
    let syntax = |error: &serde_json::Error| StrictJsonError::Syntax {
        line: error.line(),
        column: error.column(),
    };
    let text =
        std::str::from_utf8(bytes).map_err(|_not_utf8| StrictJsonError::Syntax { line: 1, column: 1 })?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Unique
        .deserialize(&mut deserializer)
        .map_err(|error| syntax(&error))?;
    deserializer.end().map_err(|error| syntax(&error))?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(StrictJsonError::NotAnObject),
    }
}

/// Builds a value and refuses a member that is there already, where `serde_json` would let the last one win.
struct Unique;

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = access.next_element_seed(Self)? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(Self)?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member is there twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_read_as_it_is() {
        let text = r#"{"a":"é","b":[1,-2,1.5,true,null,{"a":{}}],"c":{"a":"b"}}"#;
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Value::Object(object(text.as_bytes()).unwrap()), expected);
    }

    #[test]
    fn a_member_twice_is_refused_at_any_depth() {
        for text in [
            r#"{"sub":"a","sub":"b"}"#,
            r#"{"sub":"a","sub":"a"}"#,
            r#"{"sub":"a","\u0073ub":"b"}"#,
            r#"{"a":[{"b":{"c":1,"c":2}}]}"#,
        ] {
            assert!(
                matches!(object(text.as_bytes()), Err(StrictJsonError::Syntax { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_one_utf8_object_is_refused() {
        let deep = format!("{}{}", "{\"a\":".repeat(400), "}".repeat(400));
        for bytes in [
            b"{\"a\":\"\xff\"}".as_slice(),
            b"\xef\xbb\xbf{}",
            br#"{"a":"\ud800"}"#,
            b"{} {}",
            b"{\"a\":1e999}",
            b"",
            deep.as_bytes(),
        ] {
            assert!(matches!(object(bytes), Err(StrictJsonError::Syntax { .. })));
        }
        for bytes in [b"[]".as_slice(), b"null", b"\"a\""] {
            assert!(matches!(object(bytes), Err(StrictJsonError::NotAnObject)));
        }
    }
}
