//! A server of an application: is it there, and does it answer? What it answers is its own affair, but to its health check.

use http::Method;

use crate::back_channel::BackChannel;
use crate::back_channel::road::Outbound;
use crate::causes;
use crate::cli::doctor::network;
use crate::cli::report::Finding;
use crate::cli::report::Verdict;
use crate::clock::Timestamp;
use crate::gateway::application::probe;
use crate::gateway::application::probe::Question;
use crate::routing::app::App;
use crate::routing::upstream::Address;
use crate::routing::upstream::HealthCheck;
use crate::routing::upstream::Upstream;
use crate::wire::host::Host;
use crate::wire::provider_url::ProviderUrl;
use crate::wire::scheme::Scheme;

/// Asks it.
pub(super) async fn examine(
    (app, server): (&App, &Upstream),
    back_channel: &BackChannel,
    now: Timestamp,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Address::Origin { scheme, authority } = &server.address {
        findings.push(network::name(authority).await);
        if *scheme == Scheme::Https && !is_bad(&findings) {
            findings.extend(certificate((server, authority), back_channel, now).await);
        }
    }
    if is_bad(&findings) {
        return findings;
    }
    findings.push(answer(app, server).await);
    if let Some(health) = &server.health
        && !is_bad(&findings)
    {
        findings.push(well(app, server, health).await);
    }
    findings
}

fn is_bad(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.verdict == Verdict::Bad)
}

/// Under the authorities of the app, if it names any.
async fn certificate(
    (server, authority): (&Upstream, &Host),
    back_channel: &BackChannel,
    now: Timestamp,
) -> Option<Finding> {
    let url = ProviderUrl::parse(&format!("https://{authority}")).ok()?;
    if server.authorities.is_none() {
        return Some(network::certificate(&url, back_channel, now).await);
    }
    let way = Outbound {
        authorities: server.authorities.clone(),
        proxy: None,
    };
    Some(match BackChannel::over(&way) {
        Ok(own) => network::certificate(&url, &own, now).await,
        Err(error) => Finding::bad(
            "TLS",
            causes::in_one_line(&error),
            "the certificates of `ca_file` cannot be used",
        ),
    })
}

async fn answer(app: &App, server: &Upstream) -> Finding {
    const WHAT: &str = "HTTP";
    let question = Question {
        method: &Method::HEAD,
        target: "/",
        host: app.told_host(server),
    };
    match probe::probe(server, question).await {
        Ok(status) if status.is_server_error() => Finding::warning(
            WHAT,
            format!("it answers HEAD / with {status}"),
            "look at the application's own log",
        ),
        Ok(status) => Finding::good(WHAT, format!("it answers HEAD / with {status}")),
        Err(error) => Finding::bad(
            WHAT,
            error.to_string(),
            "is the application running, does `upstreams` name its host and port or its socket, and may this user use that?",
        ),
    }
}

async fn well(app: &App, server: &Upstream, health: &HealthCheck) -> Finding {
    const WHAT: &str = "health";
    let question = Question {
        method: &Method::GET,
        target: health.target.as_str(),
        host: app.told_host(server),
    };
    let asked = format!("GET {}", health.target.as_str());
    let mend = "while it answers so, its visitors go to the other servers: look at the application's own log, or at \
                `health.path`";
    match probe::probe(server, question).await {
        Ok(status) if probe::is_well(status) => {
            Finding::good(WHAT, format!("it answers {asked} with {status}"))
        }
        Ok(status) => Finding::bad(WHAT, format!("it answers {asked} with {status}"), mend),
        Err(error) => Finding::bad(WHAT, format!("{asked}: {error}"), mend),
    }
}
