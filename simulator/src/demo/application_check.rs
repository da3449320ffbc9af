//! How an application that can be changed verifies the assertion: thirty lines, and it need not trust its network any more.

use std::io;

use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::Validation;
use jsonwebtoken::jwk::JwkSet;
use serde_json::Value;

use crate::browser::Browser;
use crate::demo::field::Field;

/// An application that holds the gateway's public keys and knows its own name.
pub(crate) struct VerifyingApplication {
    keys: JwkSet,
    issuer: String,
}

impl VerifyingApplication {
    /// Fetches the keys.
    pub(crate) async fn of(field: &Field) -> io::Result<Self> {
        let page = Browser::new().ask(&field.at("/_guichet/jwks.json")).await?;
        Ok(Self {
            keys: serde_json::from_slice(&page.body)?,
            issuer: field.gateway.clone(),
        })
    }

    /// The claims of an assertion, at a time given in seconds since 1970; or why it is refused.
    pub(crate) fn verify(&self, assertion: &str, now: u64) -> Result<Value, String> {
        let header = jsonwebtoken::decode_header(assertion).map_err(|error| error.to_string())?;
        if header.alg != Algorithm::ES256 {
            return Err(format!("algorithme refusé : {:?}", header.alg));
        }
        let key = header
            .kid
            .and_then(|kid| self.keys.find(&kid))
            .ok_or_else(|| "clé inconnue".to_owned())?;
        let key = DecodingKey::from_jwk(key).map_err(|error| error.to_string())?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&["urbanisme"]);
        validation.set_issuer(&[&self.issuer]);
        // The time is an argument here, so that "one minute later" needs no minute.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Value>(assertion, &key, &validation)
            .map_err(|error| error.to_string())?
            .claims;
        match claims.get("exp").and_then(Value::as_u64) {
            Some(expires) if now < expires => Ok(claims),
            Some(expires) => Err(format!("assertion périmée depuis {} s", now - expires)),
            None => Err("assertion sans fin de validité".to_owned()),
        }
    }

    /// The public keys as text, as an attacker would fetch them.
    pub(crate) fn public_keys(&self) -> io::Result<String> {
        Ok(serde_json::to_string(&self.keys)?)
    }

    /// The identifier of the first key.
    pub(crate) fn kid(&self) -> String {
        let first = self.keys.keys.first();
        first
            .and_then(|key| key.common.key_id.clone())
            .unwrap_or_default()
    }
}

/// The value of a header in the text of a request.
pub(crate) fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let head = request.split("\r\n\r\n").next()?;
    head.lines().skip(1).find_map(|line| {
        let (each, value) = line.split_once(':')?;
        each.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
