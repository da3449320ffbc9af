//! An application: is it there, and does it answer? What it answers is its own affair.

use crate::back_channel::BackChannel;
use crate::cli::doctor::network;
use crate::cli::report::Finding;
use crate::cli::report::Verdict;
use crate::clock::Timestamp;
use crate::gateway::probe;
use crate::routing::upstream::Upstream;
use crate::routing::upstream::UpstreamScheme;
use crate::wire::provider_url::ProviderUrl;

/// Asks it.
pub(super) async fn examine(upstream: &Upstream, back_channel: &BackChannel, now: Timestamp) -> Vec<Finding> {
    let name = network::name(&upstream.authority).await;
    if name.verdict == Verdict::Bad {
        return vec![name];
    }
    let mut findings = vec![name];
    if upstream.scheme == UpstreamScheme::Https
        && let Ok(url) = ProviderUrl::parse(&format!("https://{}", upstream.authority))
    {
        let tls = network::certificate(&url, back_channel, now).await;
        let is_believed = tls.verdict != Verdict::Bad;
        findings.push(tls);
        if !is_believed {
            return findings;
        }
    }
    findings.push(answer(upstream).await);
    findings
}

async fn answer(upstream: &Upstream) -> Finding {
    const WHAT: &str = "HTTP";
    match probe::probe(upstream).await {
        Ok(status) if status.is_server_error() => Finding::warning(
            WHAT,
            format!("it answers HEAD / with {status}"),
            "look at the application's own log",
        ),
        Ok(status) => Finding::good(WHAT, format!("it answers HEAD / with {status}")),
        Err(error) => Finding::bad(
            WHAT,
            error.to_string(),
            "is the application running, and does `upstreams` name its host and port?",
        ),
    }
}
