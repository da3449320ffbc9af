//! What is asked of a provider about a person, against what the applications are told.

use crate::cli::report::Finding;
use crate::config::settings::Config;
use crate::oidc::client_settings::ClientSettings;
use crate::oidc::examination::Announced;
use crate::provider::needed_scopes;
use crate::routing::app::App;

const WHAT: &str = "scopes";

/// Whether the scopes lead to every claim that is told, and to none that nobody is told.
pub(super) fn against_claims(settings: &ClientSettings, config: &Config) -> Vec<Finding> {
    let rules = &settings.profile.rules;
    let delivered: Vec<&str> = rules.claims_of(&settings.scopes).collect();
    let apps = || {
        config
            .apps
            .iter()
            .filter(|app| app.providers.contains(&settings.entry))
    };
    let mut findings: Vec<Finding> = apps().filter_map(|app| missing(app, &delivered)).collect();
    let used = config.claims_used(&settings.entry);
    let idle = needed_scopes::idle(&rules.scopes, &settings.scopes, &used);
    for scope in idle {
        findings.push(Finding::warning(
            WHAT,
            format!("`{scope}` is asked for, and no application is told what it leads to"),
            format!(
                "take it out of providers.{}.scopes: ask for what is needed and for nothing else",
                settings.entry
            ),
        ));
    }
    if findings.is_empty() {
        let seen = format!("{} lead to every claim that is told", settings.scopes.join(" "));
        findings.push(Finding::good(WHAT, seen));
    }
    findings
}

fn missing(app: &App, delivered: &[&str]) -> Option<Finding> {
    let mut missing: Vec<&str> = app
        .told
        .needs()
        .filter(|claim| !delivered.contains(claim))
        .collect();
    missing.sort_unstable();
    missing.dedup();
    (!missing.is_empty()).then(|| {
        Finding::warning(
            WHAT,
            format!(
                "`{}` is never told {} by this entry",
                app.name,
                missing.join(", ")
            ),
            "add a scope that leads to it, or do not count on it for people who sign in here",
        )
    })
}

/// Whether the provider announces every scope. One that it does not know is dropped without a word.
pub(super) fn against_announced(settings: &ClientSettings, announced: &Announced) -> Vec<Finding> {
    let unknown = |scope: &&String| announced.instead_of("scopes_supported", scope).is_some();
    let unknown = settings.scopes.iter().filter(unknown);
    unknown
        .map(|scope| {
            Finding::bad(
                WHAT,
                format!("the provider announces no scope `{scope}`"),
                format!(
                    "take it out of providers.{}.scopes, or compare its spelling",
                    settings.entry
                ),
            )
        })
        .collect()
}
