//! How a claim travels in a plain field: ASCII, so that no server on the way can misread an accent or split a line.

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use serde_json::Value;

/// What is escaped.
const EVERYTHING_ELSE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@');

/// The field value of a claim; `None` for what is missing or empty, which is a missing field.
///
/// UTF-8, every byte outside `A-Za-z0-9-._~@` as `%XX`: the forms that URI decoders and form decoders agree on. The elements
/// of a list are encoded each on its own and joined by commas, so that a comma inside one cannot be taken for another.
pub fn field_value(claim: &Value) -> Option<String> {
    let text = match claim {
        Value::String(text) => percent(text),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => percent(&number.to_string()),
        Value::Array(elements) => elements
            .iter()
            .filter_map(field_value)
            .collect::<Vec<_>>()
            .join(","),
        Value::Object(_) => percent(&claim.to_string()),
        Value::Null => String::new(),
    };
    (!text.is_empty()).then_some(text)
}

/// The same for a text.
pub fn field_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| percent(text))
}

fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len().saturating_mul(3));
    encoded.extend(percent_encoding::utf8_percent_encode(text, EVERYTHING_ELSE));
    encoded
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_in_any_script_is_ascii_and_comes_back() {
        for name in [
            "Zoé Éléonore",
            "LE GOÛT-NŒUVÉGLISE",
            "L'HAŸFICTIF",
            "Doğan",
            "Nguyễn Thị",
            "🦊",
            "A\r\nX: y",
            "a,b+c%20",
        ] {
            let field = field_value(&json!(name)).unwrap();
            assert!(field.bytes().all(|byte| matches!(byte, 0x21..=0x7E)), "{field}");
            assert!(!field.contains([',', '+', '\'', '"']), "{field}");
            assert_eq!(
                percent_encoding::percent_decode_str(&field)
                    .decode_utf8()
                    .unwrap(),
                name
            );
        }
        assert_eq!(field_value(&json!("Œ Ÿ@a.b")).unwrap(), "%C5%92%20%C5%B8@a.b");
    }

    #[test]
    fn what_is_missing_or_empty_is_a_missing_field() {
        for claim in [json!(null), json!(""), json!([]), json!([""])] {
            assert_eq!(field_value(&claim), None, "{claim}");
        }
    }

    #[test]
    fn an_element_of_a_list_cannot_look_like_two() {
        assert_eq!(field_value(&json!(["a,admin", "é"])).unwrap(), "a%2Cadmin,%C3%A9");
        assert_eq!(field_value(&json!(true)).unwrap(), "true");
    }
}
