//! What the token endpoint answers instead of tokens (RFC 6749, section 5.2).

use serde_json::json;

use super::lie::Ends::Refused;
use super::lie::Row;
use super::lie::each_on_its_own;
use crate::cases;
use crate::support::provider::Alg;

cases! {
    Row, run = |row| each_on_its_own(Alg::Es256, row), rows = [
        Row {
            ids: &["T209"],
            sentence: "whatever it answers instead of tokens, it is asked once and nobody is signed in",
            inputs: || vec![
                (json!({ "target": "token", "status": 500, "body": "no" }), Refused(502, "L10", "token_endpoint_failed")),
                (json!({ "target": "token", "drop": true }), Refused(503, "L10", "provider_unreachable")),
                (json!({ "target": "token", "drop": "half" }), Refused(503, "L10", "provider_unreachable")),
                (
                    json!({ "target": "token", "headers": { "content-type": "text/html" }, "body": "<p>ok</p>" }),
                    Refused(502, "L10", "token_endpoint_failed"),
                ),
                (
                    json!({ "target": "token", "status": 400, "body": "{\"error\":\"invalid_grant\"}" }),
                    Refused(502, "L11", "token_refused"),
                ),
                (json!({ "target": "token", "json": [{ "delete": "id_token" }] }), Refused(502, "L11", "token_response_malformed")),
                (json!({ "target": "token", "json": [{ "delete": "access_token" }] }), Refused(502, "L11", "token_response_malformed")),
            ],
        },
    ]
}
