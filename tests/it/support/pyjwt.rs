//! `PyJWT`: a verifier that has nothing in common with ours, as an application in Python would use it.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::command::tool;

/// Standard output is the claims; a refusal is the name of `PyJWT`'s exception on standard error.
const VERIFY: &str = r"
import json, sys, jwt
token, jwks, audience, issuer = sys.argv[1:]
keys = jwt.PyJWKSet.from_dict(json.loads(jwks))
try:
    key = keys[jwt.get_unverified_header(token)['kid']]
    claims = jwt.decode(token, key.key, algorithms=[key.algorithm_name], audience=audience, issuer=issuer,
                        options={'require': ['exp', 'iat', 'sub']})
except (jwt.PyJWTError, KeyError) as refusal:
    sys.exit(type(refusal).__name__)
print(json.dumps(claims))
";

/// The claims of a token, or the name of the reason why `PyJWT` refuses it.
pub(crate) fn verify(token: &str, jwks: &Value, audience: &str, issuer: &str) -> Result<Value, String> {
    let mut command = Command::new(python());
    command
        .args(["-c", VERIFY, token])
        .arg(jwks.to_string())
        .args([audience, issuer]);
    let ended = tool(&mut command, "");
    if ended.code == 0 {
        return Ok(ended.json());
    }
    let refusal = ended.err.trim().to_owned();
    assert!(!refusal.contains(char::is_whitespace), "Python failed: {refusal}");
    Err(refusal)
}

/// The interpreter of the folder into which `./test` installs `PyJWT`.
pub(crate) fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    target.join("tools/python/bin/python")
}
