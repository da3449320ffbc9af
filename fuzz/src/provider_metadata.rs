//! An address that is believed of a discovery document is the issuer's, or at least not out of TLS, for every reader alike.

use std::sync::OnceLock;

use guichet::oidc::pending_authorization::IssuerInResponse;
use guichet::oidc::provider_metadata::ProviderMetadata;
use guichet::provider::presets;
use guichet::provider::profile::EndSessionEndpoint;
use guichet::provider::profile::EndpointPlace;
use guichet::provider::profile::ProviderProfile;
use guichet::wire::provider_url::ProviderUrl;
use http::Uri;
use openidconnect::url::Host;
use openidconnect::url::Url;
use serde_json::Value;

use super::provider::answer;
use super::reading::only_reading;

/// A preset, an environment, and an issuer where the environment has none.
const ENTRIES: [(&str, &str, Option<&str>); 4] = [
    ("franceconnect", "sandbox", None),
    ("oidc", "production", Some("https://idp.example:8443/realms/a")),
    ("oidc", "production", Some("https://idp.example/")),
    ("oidc", "simulated", Some("http://localhost:9/none")),
];

/// The bytes are the document that a provider answers with.
pub fn provider_metadata(data: &[u8]) {
    static PROFILES: OnceLock<Vec<ProviderProfile>> = OnceLock::new();
    let profiles = PROFILES.get_or_init(|| {
        let profile = |(preset, environment, issuer)| {
            let preset = presets::preset(preset).unwrap().unwrap();
            preset.resolve(environment, issuer).unwrap()
        };
        ENTRIES.into_iter().map(profile).collect()
    });
    for profile in profiles {
        if let Ok(believed) = ProviderMetadata::read(&answer("application/json", data), profile) {
            judge(&only_reading(data), &believed, profile);
        }
        let untyped = answer("text/html", data);
        assert!(
            ProviderMetadata::read(&untyped, profile).is_err(),
            "a page was believed"
        );
    }
}

fn judge(document: &Value, believed: &ProviderMetadata, profile: &ProviderProfile) {
    assert_eq!(document["issuer"], profile.issuer.as_str());
    let addresses = [
        ("authorization_endpoint", Some(&believed.authorization_endpoint)),
        ("token_endpoint", Some(&believed.token_endpoint)),
        ("userinfo_endpoint", Some(&believed.userinfo_endpoint)),
        ("jwks_uri", Some(&believed.jwks_uri)),
        ("end_session_endpoint", believed.end_session_endpoint.as_ref()),
    ];
    for (member, address) in addresses {
        if let Some(address) = address {
            assert_eq!(document[member], address.as_str(), "{member}");
            may_be_called(address, profile);
        } else {
            assert!(document.get(member).is_none(), "{member} is there");
            assert_eq!(profile.rules.end_session_endpoint, EndSessionEndpoint::Optional);
        }
    }
    let says_so = document["authorization_response_iss_parameter_supported"] == true;
    let due = believed.issuer_in_response == IssuerInResponse::Due;
    assert_eq!(due, says_so, "{document}");
}

/// As a browser reads it, if it can (`https://xn--a.example` leads nowhere), and as the client reads it that sends the
/// requests.
fn may_be_called(address: &ProviderUrl, profile: &ProviderProfile) {
    let text = address.as_str();
    let Ok(browser) = Url::parse(text) else {
        return;
    };
    let issuer = Url::parse(profile.issuer.as_str()).unwrap();
    assert_eq!(
        browser.origin().ascii_serialization(),
        without_usual_port(address)
    );
    assert!(
        browser.username().is_empty() && browser.password().is_none() && browser.fragment().is_none(),
        "{text}"
    );
    let is_loopback = browser.host().is_some_and(|host| match host {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    });
    match browser.scheme() {
        "https" => {}
        "http" => assert!(issuer.scheme() == "http" && is_loopback, "{text} is in the open"),
        other => panic!("{other} of {text}"),
    }
    if profile.rules.endpoints == EndpointPlace::IssuerOrigin {
        assert_eq!(browser.origin(), issuer.origin(), "{text} is not at the issuer's");
    }
    let client: Uri = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(client.scheme_str(), Some(browser.scheme()), "{text}");
    let host = client.host().map(str::to_lowercase);
    assert_eq!(host.as_deref(), browser.host_str(), "{text}");
    let usual = if browser.scheme() == "https" { 443 } else { 80 };
    let port = client.port_u16().unwrap_or(usual);
    assert_eq!(Some(port), browser.port_or_known_default(), "{text}");
}

/// An origin, as everybody writes it.
fn without_usual_port(address: &ProviderUrl) -> String {
    let origin = address.origin();
    let usual = if address.is_https() { ":443" } else { ":80" };
    origin.strip_suffix(usual).unwrap_or(&origin).to_owned()
}
