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
use crate::jose::jwe::decryption_key::DecryptionKey;
use crate::jose::strict_json;
use crate::oidc::client_keys::DecryptionKeys;
use crate::oidc::client_settings::ClientSettings;
use crate::wire::provider_url::ProviderUrl;
use crate::wire::untrusted::Untrusted;

const WHAT: &str = "our own keys";
/// A few keys.
const DOCUMENT: Bounds = Bounds {
    within: Duration::from_secs(5),
    at_most: 256 * 1024,
};

/// Whether what a provider finds there is what is in the folder, in this order: the provider takes the first that fits, and if
/// that is a wrong one, the login is lost with its code.
pub(super) async fn examine(
    settings: &ClientSettings,
    uri: &str,
    back_channel: &BackChannel,
) -> Option<Finding> {
    let keys = settings.keys.decryption.as_ref()?;
    Some(match fetch(uri, back_channel).await {
        Ok(answer) => compare(keys, uri, &answer),
        Err(why) => Finding::warning(
            WHAT,
            format!("{uri} cannot be fetched from here: {why}"),
            "start the gateway; if it runs, let the provider reach this address: without it no login succeeds",
        ),
    })
}

async fn fetch(uri: &str, back_channel: &BackChannel) -> Result<Answer, String> {
    let address = ProviderUrl::parse(uri).map_err(|error| error.to_string())?;
    let headers = [(ACCEPT, HeaderValue::from_static("application/jwk-set+json"))];
    let answer = back_channel.get(&address, &headers, DOCUMENT).await;
    answer.map_err(|error| causes::in_one_line(&error))
}

fn compare(keys: &DecryptionKeys, uri: &str, answer: &Answer) -> Finding {
    let fitting = match fitting(keys, answer) {
        Ok(fitting) => fitting,
        Err(why) => {
            let mend =
                "is it this gateway that answers there? Whatever stands in front has to pass this path on";
            return Finding::bad(WHAT, format!("{uri} {why}"), mend);
        }
    };
    let ours: Vec<&str> = keys.keys.iter().map(DecryptionKey::kid).collect();
    let alg = keys.alg.as_str();
    let published: Vec<&str> = fitting.iter().map(Untrusted::raw).collect();
    match fitting.first() {
        Some(first) if published == ours => {
            Finding::good(WHAT, format!("{uri} has {} for {alg}, {first} first", ours.len()))
        }
        Some(first) => Finding::bad(
            WHAT,
            format!(
                "for {alg}, {uri} has {} with {first} first, and the folder has {} with {} first",
                published.len(),
                ours.len(),
                ours.first().copied().unwrap_or_default()
            ),
            "guichet reload, for every process; if that changes nothing, it is another gateway that answers there",
        ),
        None => Finding::bad(
            WHAT,
            format!("{uri} has no key for {alg}"),
            "guichet reload, for every process; if that changes nothing, it is another gateway that answers there",
        ),
    }
}

/// The names of the keys that a provider would take for this algorithm, in their order.
fn fitting(keys: &DecryptionKeys, answer: &Answer) -> Result<Vec<Untrusted>, String> {
    let body = answer.document(&["application/jwk-set+json", "application/json"]);
    let body = body.map_err(|error| error.to_string())?;
    let mut document = strict_json::object(body).map_err(|error| format!("is {error}"))?;
    let Some(Value::Array(entries)) = document.remove("keys") else {
        return Err("has no `keys`".to_owned());
    };
    let fitting = entries.iter().filter(|entry| {
        let member = |name: &str| entry.get(name).and_then(Value::as_str);
        member("use") != Some("sig") && member("alg").is_none_or(|alg| alg == keys.alg.as_str())
    });
    let kids = fitting.map(|entry| entry.get("kid").and_then(Value::as_str).unwrap_or_default());
    Ok(kids.map(Untrusted::new).collect())
}
