//! One provider entry: from its name to the request that begins a login, in the order in which a login needs them.

use crate::causes;
use crate::cli::doctor::authorization;
use crate::cli::doctor::client_keys;
use crate::cli::doctor::network;
use crate::cli::doctor::patient::Patient;
use crate::cli::doctor::scopes;
use crate::cli::report::Finding;
use crate::cli::report::Report;
use crate::cli::report::Verdict;
use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::oidc::client_settings::ClientCredential;
use crate::oidc::examination::Announced;
use crate::oidc::provider::ProviderError;
use crate::oidc::provider_metadata::MetadataError;
use crate::oidc::provider_metadata::ProviderMetadata;
use crate::oidc::validity::LEEWAY;
use crate::provider::acr::AcrValue;
use crate::provider::profile::AcrRequest;
use crate::provider::profile::EncryptedMessage;
use crate::provider::profile::Pkce;
use crate::provider::profile::ResponseIssuer;
use crate::provider::profile::UserinfoFormat;
use crate::wire::untrusted::Untrusted;

/// Clocks that are further apart than this, in seconds, are not kept by anybody.
const USUAL_OFFSET: u64 = 5;

/// Looks at it. What cannot be asked because something before it failed is left out; the rest is looked at anyway.
pub(super) async fn examine(patient: &Patient<'_>, clock: &dyn Clock, report: &mut Report<'_, '_>) {
    let profile = &patient.settings.profile;
    report.section(format_args!(
        "providers.{}: {}, {}",
        patient.settings.entry, profile.rules.button.name, profile.issuer
    ));
    report.extend(scopes::against_claims(patient.settings, patient.config));
    if let Some(metadata) = reach(patient, clock, report).await {
        report.add(keys(patient, &metadata).await);
        report.extend(authorization::dry(patient, &metadata, clock.now()).await);
    }
    if let Some(uri) = &patient.registration.jwks_uri {
        report.extend(client_keys::examine(patient.settings, uri, patient.straight).await);
    }
    for uri in &patient.registration.redirect_uris {
        report.add(Finding::unjudged("redirect URI", uri.as_str()));
    }
    if let Some(uri) = &patient.registration.sector_identifier_uri {
        report.add(Finding::unjudged("sector identifier", uri.as_str()));
    }
    for uri in &patient.registration.post_logout_redirect_uris {
        report.add(Finding::unjudged("post-logout URI", uri.as_str()));
    }
    let unknown = "whether the post-logout URIs are registered is told to people who sign out only: compare them letter by \
                   letter";
    report.add(Finding::unjudged("sign-out", unknown));
    if let ClientCredential::SecretPost(_) | ClientCredential::SecretBasic(_) = patient.settings.credential {
        let unknown = "whether the provider takes it is told at the first login only: `token_refused` in the log says no";
        report.add(Finding::unjudged("client secret", unknown));
    }
}

/// From the name to the discovery document.
async fn reach(
    patient: &Patient<'_>,
    clock: &dyn Clock,
    report: &mut Report<'_, '_>,
) -> Option<ProviderMetadata> {
    let issuer = &patient.settings.profile.issuer;
    let name = if patient.config.outbound.proxy.is_some() {
        Finding::unjudged("DNS", "left to the proxy of [outbound]")
    } else {
        network::name(issuer.host()).await
    };
    let mut stands = name.verdict;
    report.add(name);
    if stands != Verdict::Bad {
        let tls = if issuer.as_str().starts_with("https://") {
            network::certificate(issuer, patient.back_channel, clock.now()).await
        } else {
            Finding::unjudged("TLS", "none: plain http on this machine")
        };
        stands = tls.verdict;
        report.add(tls);
    }
    if stands == Verdict::Bad {
        report.add(Finding::unjudged("discovery", "not asked: see above"));
        return None;
    }
    let discovered = match patient.examination().discovery().await {
        Ok(discovered) => discovered,
        Err(error) => {
            report.add(unanswered(&error));
            return None;
        }
    };
    report.add(offset(discovered.date, clock.now()));
    match discovered.metadata {
        Ok(metadata) => {
            report.extend(against_announced(patient, &discovered.announced));
            Some(metadata)
        }
        Err(error) => {
            report.add(refused(&error));
            None
        }
    }
}

/// What the document announces against what a login relies on.
fn against_announced(patient: &Patient<'_>, announced: &Announced) -> Vec<Finding> {
    const WHAT: &str = "discovery";
    let rules = &patient.settings.profile.rules;
    let alg = patient.settings.signing_alg.as_str();
    let mut findings: Vec<Finding> = relied_on(patient)
        .into_iter()
        .filter_map(|(list, value)| Some((list, value, announced.instead_of(list, value)?)))
        .map(|(list, value, instead)| {
            let instead: Vec<String> = instead.iter().map(Untrusted::to_string).collect();
            Finding::bad(
                WHAT,
                format!("{list} has no `{value}`; it has {}", instead.join(", ")),
                "compare `preset`, `issuer`, `signing_alg` and `acr` of this entry with what the provider's portal shows",
            )
        })
        .collect();
    let names_itself = announced.says("authorization_response_iss_parameter_supported");
    if rules.response_issuer == ResponseIssuer::Required && !names_itself {
        findings.push(Finding::bad(
            WHAT,
            "the provider does not say that its answers name their issuer (RFC 9207), and answers without are refused",
            "is this the provider that the preset describes?",
        ));
    }
    findings.extend(scopes::against_announced(patient.settings, announced));
    if findings.is_empty() {
        let answers = if names_itself { "name it" } else { "do not" };
        let seen = format!(
            "the issuer is this one, its answers {answers}, the endpoints are its own, it signs with {alg}"
        );
        findings.push(Finding::good(WHAT, seen));
    }
    findings
}

/// Lists of the document, and what each has to hold. A level is asked for by its own name where the provider lists them.
fn relied_on<'p>(patient: &'p Patient<'_>) -> Vec<(&'static str, &'p str)> {
    let settings = patient.settings;
    let alg = settings.signing_alg.as_str();
    let mut lists = vec![
        ("response_types_supported", "code"),
        ("id_token_signing_alg_values_supported", alg),
        (
            "token_endpoint_auth_methods_supported",
            settings.credential.way().as_str(),
        ),
    ];
    if settings.userinfo == UserinfoFormat::SignedJwt {
        lists.push(("userinfo_signing_alg_values_supported", alg));
    }
    if settings.pkce == Pkce::S256 {
        lists.push(("code_challenge_methods_supported", "S256"));
    }
    if settings.profile.rules.acr_request == AcrRequest::AcrValues {
        lists.extend(
            settings
                .acr
                .as_ref()
                .map(|acr| ("acr_values_supported", AcrValue::as_str(acr))),
        );
    }
    lists.extend(encryption_relied_on(patient));
    lists
}

/// What of encryption a login relies on.
fn encryption_relied_on<'p>(patient: &'p Patient<'_>) -> impl Iterator<Item = (&'static str, &'p str)> {
    let alg = patient
        .settings
        .keys
        .decryption
        .as_ref()
        .map(|keys| keys.alg.as_str());
    let rules = patient.settings.profile.rules.encryption.as_ref();
    let messages = rules.map_or(&[][..], |rules| &rules.messages);
    alg.into_iter().flat_map(move |alg| {
        messages.iter().map(move |message| match message {
            EncryptedMessage::IdToken => ("id_token_encryption_alg_values_supported", alg),
            EncryptedMessage::Userinfo => ("userinfo_encryption_alg_values_supported", alg),
        })
    })
}

async fn keys(patient: &Patient<'_>, metadata: &ProviderMetadata) -> Finding {
    const WHAT: &str = "keys";
    let alg = patient.settings.signing_alg;
    match patient.examination().keys(&metadata.jwks_uri).await {
        Ok(Ok(keys)) if keys.serve_client(patient.settings) => {
            let seen = format!("there is one for {}", alg.as_str());
            if keys.exposed() == 0 {
                return Finding::good(WHAT, seen);
            }
            let seen = format!(
                "{seen}; {} more are published with what nobody may know",
                keys.exposed()
            );
            Finding::warning(
                WHAT,
                seen,
                "tell the provider: anybody can sign with these keys. They are not believed here",
            )
        }
        Ok(Ok(_)) => Finding::bad(
            WHAT,
            format!(
                "none of the provider's keys is for {}, so no login can succeed",
                alg.as_str()
            ),
            format!(
                "say `signing_alg` in providers.{} as the provider's portal shows it for this client",
                patient.settings.entry
            ),
        ),
        Ok(Err(error)) => Finding::bad(WHAT, error.to_string(), "ask the provider"),
        Err(error) => Finding::bad(
            WHAT,
            causes::in_one_line(&error),
            "ask the provider, or try again",
        ),
    }
}

fn unanswered(error: &ProviderError) -> Finding {
    let mend = match error {
        ProviderError::BackChannel(_) => {
            "is the issuer right, and does the network let this machine through? If only a proxy does, say `proxy` in \
             [outbound]"
        }
        _ => "compare `issuer` with the provider's documentation",
    };
    Finding::bad("discovery", causes::in_one_line(error), mend)
}

fn refused(error: &MetadataError) -> Finding {
    let mend = match error {
        MetadataError::Issuer { .. } => {
            "write `issuer` letter by letter as the document does, if that is the provider that you mean"
        }
        MetadataError::Answer(_) => {
            "is there a provider at this address? Compare `issuer` with its documentation"
        }
        _ => "this is not the provider that the preset describes: compare `preset` and `issuer`",
    };
    Finding::bad("discovery", causes::in_one_line(error), mend)
}

fn offset(theirs: Option<Timestamp>, ours: Timestamp) -> Finding {
    const WHAT: &str = "clock";
    let Some(theirs) = theirs else {
        return Finding::unjudged(WHAT, "the provider does not say what time it is");
    };
    let (ahead, behind) = (ours.since(theirs).as_secs(), theirs.since(ours).as_secs());
    let (seconds, word) = if ahead > 0 {
        (ahead, "ahead of")
    } else {
        (behind, "behind")
    };
    let seen = format!("this machine's is {seconds} s {word} the provider's");
    let mend = "let this machine keep the time (chronyc tracking, timedatectl)";
    if seconds > LEEWAY.as_secs() {
        let seen = format!(
            "{seen}; {} s are allowed, so every token is refused",
            LEEWAY.as_secs()
        );
        Finding::bad(WHAT, seen, mend)
    } else if seconds > USUAL_OFFSET {
        Finding::warning(WHAT, seen, mend)
    } else {
        Finding::good(WHAT, seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_be_apart_by_seconds_and_not_by_a_minute() {
        let now = Timestamp::from_unix(1_000_000);
        let verdict = |theirs| offset(Some(Timestamp::from_unix(theirs)), now).verdict;
        for (theirs, expected) in [
            (1_000_000, Verdict::Good),
            (1_000_005, Verdict::Good),
            (999_995, Verdict::Good),
            (999_994, Verdict::Warning),
            (1_000_060, Verdict::Warning),
            (999_939, Verdict::Bad),
            (1_000_600, Verdict::Bad),
        ] {
            assert_eq!(verdict(theirs), expected, "{theirs}");
        }
        assert_eq!(offset(None, now).verdict, Verdict::Unjudged);
        assert!(
            offset(Some(Timestamp::from_unix(1_000_600)), now)
                .seen
                .contains("600 s behind")
        );
    }
}
