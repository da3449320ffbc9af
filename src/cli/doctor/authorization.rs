//! The request that begins a login, sent to the provider without a browser: does it know us as we are configured?

use crate::causes;
use crate::cli::doctor::patient::Patient;
use crate::cli::report::Finding;
use crate::clock::Timestamp;
use crate::oidc::examination::Reaction;
use crate::oidc::pending_authorization::Destination;
use crate::oidc::provider_metadata::ProviderMetadata;
use crate::provider::authorization_parameter::Refusal;
use crate::routing::app::App;
use crate::wire::return_to::ReturnTo;
use crate::wire::untrusted::Untrusted;

const WHAT: &str = "login request";

/// One request for each host at which the entry is offered.
pub(super) async fn dry(patient: &Patient<'_>, metadata: &ProviderMetadata, now: Timestamp) -> Vec<Finding> {
    let scheme = patient.config.public_url.scheme;
    let own_paths = &patient.config.server.own_paths;
    let mut findings = Vec::new();
    for redirect_uri in &patient.registration.redirect_uris {
        let is_there = |app: &&App| {
            app.providers.contains(&patient.settings.entry)
                && own_paths.redirect_uri(scheme, &app.host) == *redirect_uri
        };
        let Some(app) = patient.config.apps.iter().find(is_there) else {
            continue;
        };
        let Some(return_to) = ReturnTo::parse(&app.path.as_location()) else {
            continue;
        };
        let destination = Destination {
            host: app.host.clone(),
            app: app.name.to_string(),
            return_to,
            redirect_uri: redirect_uri.clone(),
        };
        findings.push(one(patient, metadata, destination, now).await);
    }
    findings
}

async fn one(
    patient: &Patient<'_>,
    metadata: &ProviderMetadata,
    destination: Destination,
    now: Timestamp,
) -> Finding {
    let examination = patient.examination();
    let redirect_uri = destination.redirect_uri.clone();
    let url = match examination.authorization_request(metadata, destination, now) {
        Ok(url) => url,
        Err(error) => return Finding::bad(WHAT, causes::in_one_line(&error), "look at this machine"),
    };
    let refused = examination.refused_parameters(&url);
    if !refused.is_empty() {
        return Finding::bad(
            WHAT,
            format!("not sent: the provider does not take {}", refused.join(", ")),
            "this is a mistake of the preset: report it",
        );
    }
    match examination.try_out(&url, &redirect_uri).await {
        Ok(Reaction::Accepted) => Finding::good(
            WHAT,
            format!("accepted: the provider knows this client, {redirect_uri} and the scopes"),
        ),
        Ok(Reaction::SentBack {
            error,
            description,
            scope,
        }) => sent_back(patient, (&error, &description), scope.as_ref()),
        Ok(Reaction::Page { status, refusal }) => match refusal {
            Some((code, refusal)) => page(patient, refusal, &code, &redirect_uri),
            None => Finding::bad(
                WHAT,
                format!("the provider shows an error page ({status})"),
                "open the login in a browser, and look up the code on the page in the provider's documentation",
            ),
        },
        Err(error) => Finding::bad(
            WHAT,
            causes::in_one_line(&error),
            "try again; then ask the provider",
        ),
    }
}

fn sent_back(
    patient: &Patient<'_>,
    (error, description): (&Untrusted, &Untrusted),
    scope: Option<&Untrusted>,
) -> Finding {
    let entry = &patient.settings.entry;
    let which = scope.map_or_else(String::new, |scope| format!(": scope {scope}"));
    let mend = match error.raw() {
        "invalid_scope" => format!(
            "ask the provider to grant the scope to this client, or take it out of providers.{entry}.scopes"
        ),
        "invalid_acr" => format!("ask for a level that this platform serves: providers.{entry}.acr"),
        "unauthorized_client" | "access_denied" => {
            "ask the provider whether this client is active".to_owned()
        }
        _ => "look up this error in the provider's documentation".to_owned(),
    };
    Finding::bad(WHAT, format!("refused with {error}{which} ({description})"), mend)
}

fn page(patient: &Patient<'_>, refusal: Refusal, code: &str, redirect_uri: &str) -> Finding {
    let settings = patient.settings;
    let entry = &settings.entry;
    let (seen, mend) = match refusal {
        Refusal::UnknownClient => {
            let siblings = settings.profile.siblings.iter();
            let elsewhere: Vec<String> = siblings
                .map(|sibling| format!("issuer = \"{}\" knows {}", sibling.issuer, sibling.knows))
                .collect();
            let elsewhere = if elsewhere.is_empty() {
                String::new()
            } else {
                format!(". It may be one of another address: {}", elsewhere.join("; "))
            };
            (
                format!(
                    "{} has no client `{}`",
                    settings.profile.issuer, settings.client_id
                ),
                format!(
                    "compare providers.{entry}.client_id with the provider's portal, and its `environment`{elsewhere}"
                ),
            )
        }
        Refusal::RedirectUri => (
            format!("the client has not registered {redirect_uri}"),
            "register it at the provider, letter by letter".to_owned(),
        ),
        Refusal::Parameters => (
            "a parameter is missing, or is one too many".to_owned(),
            "compare `preset` with the provider; if it is the right one, report it".to_owned(),
        ),
        Refusal::SectorIdentifier => (
            "the redirect URIs are on several hosts, and the provider cannot read the list of them"
                .to_owned(),
            format!(
                "register {} as the client's sector_identifier_uri, and let the provider reach it",
                sector_identifier(patient)
            ),
        ),
    };
    Finding::bad(WHAT, format!("{seen} (error page {code})"), mend)
}

/// The address of the list, or that it is not needed.
fn sector_identifier<'p>(patient: &'p Patient<'_>) -> &'p str {
    let uri = patient.registration.sector_identifier_uri.as_deref();
    uri.unwrap_or("no address (all redirect URIs are on one host here)")
}
