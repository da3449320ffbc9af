//! What somebody may try who can send any byte, sign in, or speak for the provider: each a row with its number.

pub(crate) mod hostile_claims;
pub(crate) mod identity_headers;

use serde_json::Value;
use serde_json::json;

use crate::support::scene::Scene;

/// The provider says this in the next userinfo.
pub(crate) fn userinfo_says(scene: &Scene, edits: &Value) {
    scene
        .provider
        .lie(&json!({ "target": "userinfo", "payload": edits }));
}
