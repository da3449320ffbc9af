//! Our own keys, fetched as a provider fetches them: through the address that is registered there.

use std::time::Duration;

use http::HeaderValue;
use http::header::ACCEPT;
use serde_json::Value;

use crate::back_channel::BackChannel;
use crate::back_channel::Bounds;
use crate::back_channel::answer::Answer;
use crate::causes;
use crate::cli::report::Finding;
use crate::jose::client_key::ClientKey;
use crate::jose::jwe::decryption_key::DecryptionKey;
use crate::jose::strict_json;
use crate::oidc::client_keys::DecryptionKeys;
use crate::oidc::client_settings::ClientCredential;
use crate::oidc::client_settings::ClientSettings;
use crate::wire::provider_url::ProviderUrl;
use crate::wire::untrusted::Untrusted;

const WHAT: &str = "our own keys";
const RELOAD: &str =
    "guichet reload, for every process; if that changes nothing, it is another gateway that answers there";
const AS_REGISTERED: &str = "guichet reload, for every process, if the provider fetches the client's key there; a provider to \
                             which the key itself was given does not ask";
/// A few keys.
const DOCUMENT: Bounds = Bounds {
    within: Duration::from_secs(5),
    at_most: 256 * 1024,
};

/// Whether what a provider finds there is what we have: the keys for which it encrypts in the order of the folder, as it takes
/// the first that fits, and if that is a wrong one, the login is lost with its code; and the key that signs for the client.
pub(super) async fn examine(
    settings: &ClientSettings,
    uri: &str,
    back_channel: &BackChannel,
) -> Vec<Finding> {
    let answer = match fetch(uri, back_channel).await {
        Ok(answer) => answer,
        Err(why) => {
            let seen = format!("{uri} cannot be fetched from here: {why}");
            let mend = if settings.keys.decryption.is_some() {
                "start the gateway; if it runs, let the provider reach this address: without it no login succeeds"
            } else {
                AS_REGISTERED
            };
            return vec![Finding::warning(WHAT, seen, mend)];
        }
    };
    let published = match published(&answer) {
        Ok(published) => published,
        Err(why) => {
            let mend =
                "is it this gateway that answers there? Whatever stands in front has to pass this path on";
            let seen = format!("{uri} {why}");
            return vec![if settings.keys.decryption.is_some() {
                Finding::bad(WHAT, seen, mend)
            } else {
                Finding::warning(WHAT, seen, AS_REGISTERED)
            }];
        }
    };
    let signing = match &settings.credential {
        ClientCredential::PrivateKeyJwt(key, _audience) => Some(signing(key, uri, &published)),
        ClientCredential::SecretPost(_) | ClientCredential::SecretBasic(_) => None,
    };
    let decryption = settings.keys.decryption.as_ref();
    let decryption = decryption.map(|keys| compare(keys, uri, &published));
    signing.into_iter().chain(decryption).collect()
}

async fn fetch(uri: &str, back_channel: &BackChannel) -> Result<Answer, String> {
    let address = ProviderUrl::parse(uri).map_err(|error| error.to_string())?;
    let headers = [(ACCEPT, HeaderValue::from_static("application/jwk-set+json"))];
    let answer = back_channel.get(&address, &headers, DOCUMENT).await;
    answer.map_err(|error| causes::in_one_line(&error))
}

/// A key as it is published.
struct Published {
    kid: Untrusted,
    is_for_signatures: bool,
    alg: Option<String>,
}

fn published(answer: &Answer) -> Result<Vec<Published>, String> {
    let body = answer.document(&["application/jwk-set+json", "application/json"]);
    let body = body.map_err(|error| error.to_string())?;
    let mut document = strict_json::object(body).map_err(|error| format!("is {error}"))?;
    let Some(Value::Array(entries)) = document.remove("keys") else {
        return Err("has no `keys`".to_owned());
    };
    let published = entries.iter().map(|entry| {
        let member = |name: &str| entry.get(name).and_then(Value::as_str);
        Published {
            kid: Untrusted::new(member("kid").unwrap_or_default()),
            is_for_signatures: member("use") == Some("sig"),
            alg: member("alg").map(str::to_owned),
        }
    });
    Ok(published.collect())
}

/// A provider to which the key itself was given does not ask, so this is never more than a warning.
fn signing(key: &ClientKey, uri: &str, published: &[Published]) -> Finding {
    let kid = key.kid();
    let is_it = |each: &Published| each.is_for_signatures && each.kid.raw() == kid;
    if published.iter().any(is_it) {
        Finding::good(
            WHAT,
            format!("{uri} has the key that signs for this client, {kid}"),
        )
    } else {
        let seen = format!("{uri} does not have the key that signs for this client, {kid}");
        Finding::warning(WHAT, seen, AS_REGISTERED)
    }
}

fn compare(keys: &DecryptionKeys, uri: &str, published: &[Published]) -> Finding {
    let alg = keys.alg.as_str();
    let fits =
        |each: &&Published| !each.is_for_signatures && each.alg.as_deref().is_none_or(|each| each == alg);
    let fitting: Vec<&Untrusted> = published.iter().filter(fits).map(|each| &each.kid).collect();
    let ours: Vec<&str> = keys.keys.iter().map(DecryptionKey::kid).collect();
    let theirs: Vec<&str> = fitting.iter().map(|kid| kid.raw()).collect();
    match fitting.first() {
        Some(first) if theirs == ours => {
            Finding::good(WHAT, format!("{uri} has {} for {alg}, {first} first", ours.len()))
        }
        Some(first) => Finding::bad(
            WHAT,
            format!(
                "for {alg}, {uri} has {} with {first} first, and the folder has {} with {} first",
                theirs.len(),
                ours.len(),
                ours.first().copied().unwrap_or_default()
            ),
            RELOAD,
        ),
        None => Finding::bad(WHAT, format!("{uri} has no key for {alg}"), RELOAD),
    }
}
