//! A second reader of what was taken: not the program's, and suspicious.

use guichet::seal;
use serde_json::Value;

/// The object that these bytes are, as `serde_json` reads them. It keeps the last of two members of one name; that nothing
/// was passed over is seen from the colons outside of texts, each of which belongs to a member.
pub(crate) fn only_reading(bytes: &[u8]) -> Value {
    let value: Value = serde_json::from_slice(bytes).unwrap();
    assert!(value.is_object(), "{value}");
    assert_eq!(
        members(&value),
        colons(bytes),
        "two readings of {}",
        bytes.escape_ascii()
    );
    value
}

/// What a segment of a token says; it has one way to be written.
pub(crate) fn segment(text: &str) -> Vec<u8> {
    let bytes = seal::from_base64url(text).unwrap_or_else(|| panic!("not base64url: {text:?}"));
    assert_eq!(seal::base64url(&bytes), text, "written in another way");
    bytes
}

/// The whole seconds of a moment.
pub(crate) fn moment(payload: &Value, name: &str) -> Option<f64> {
    payload.get(name).map(|value| {
        value
            .as_f64()
            .unwrap_or_else(|| panic!("{name} of {payload}"))
            .floor()
    })
}

/// The lines that these bytes are, the last with whatever is left.
pub(crate) fn lines<const COUNT: usize>(data: &[u8]) -> [Option<&[u8]>; COUNT] {
    let mut lines = data.splitn(COUNT, |byte| *byte == b'\n');
    [(); COUNT].map(|()| lines.next())
}

/// These bytes with `instead` wherever `mark` stands.
pub(crate) fn filled(template: &[u8], mark: &str, instead: &str) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.windows(mark.len()).position(|part| part == mark.as_bytes()) {
        filled.extend(&rest[..at]);
        filled.extend(instead.as_bytes());
        rest = &rest[at + mark.len()..];
    }
    filled.extend(rest);
    filled
}

fn members(value: &Value) -> usize {
    match value {
        Value::Object(members_of) => members_of.len() + members_of.values().map(members).sum::<usize>(),
        Value::Array(elements) => elements.iter().map(members).sum(),
        _ => 0,
    }
}

fn colons(json: &[u8]) -> usize {
    let (mut within, mut escaped, mut count) = (false, false, 0);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => within = !within,
            b':' if !within => count += 1,
            _ => {}
        }
    }
    count
}
