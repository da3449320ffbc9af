//! raw -> validated: every table in turn, each telling everything that is wrong with it.

pub mod apps;
pub mod assertion;
pub mod assets;
pub mod budget;
pub mod client_keys;
pub mod derived;
pub mod files;
pub mod forward_auth;
pub mod key_folders;
pub mod key_purposes;
pub mod limits;
pub mod logs;
pub mod outbound;
pub mod provider;
pub mod requirement;
pub mod routes;
pub mod secrets;
pub mod server;
pub mod session;
pub mod site;
pub mod subject;
pub mod tls;
pub mod told;
pub mod tolerance;
pub mod upstream;
pub mod words;

use crate::config::findings::Findings;
use crate::config::raw;
use crate::config::settings::Config;
use crate::config::surroundings::Surroundings;

/// Gives the file its meaning. `None` if something is missing or wrong; then it was found.
pub fn parse(raw: raw::File, surroundings: &Surroundings, findings: &mut Findings) -> Option<Config> {
    let public_url = site::public_url(raw.public_url, findings);
    let organisation = site::organisation(raw.organisation, findings);
    let official_button = assets::official_button(raw.assets_dir.as_deref(), surroundings, findings);
    let server = server::server(raw.server, surroundings, findings);
    let limits = limits::limits(raw.limits, findings);
    let logs = logs::logs(raw.logs, surroundings, findings);
    let outbound = outbound::outbound(raw.outbound, surroundings, findings);
    let store = raw.session.as_ref().and_then(|raw| raw.store.clone());
    let session = session::session(raw.session, surroundings, findings);
    let around = assertion::Around {
        public_url: public_url.as_ref(),
        store: store.as_deref(),
        surroundings,
    };
    let assertion = assertion::assertion(raw.assertion, around, findings);
    let entries = provider::providers(raw.providers, surroundings, findings);
    assets::warn_without_button(official_button.as_ref(), &entries, findings);
    key_purposes::report_shared(assertion.as_ref(), &entries, surroundings, findings);
    let around = apps::Around {
        entries: &entries,
        pseudonyms: assertion
            .as_ref()
            .and_then(|assertion| assertion.pseudonyms.as_ref()),
        surroundings,
    };
    let apps = apps::apps(raw.apps, public_url.as_ref(), around, findings);
    let trusted_proxies = server.as_ref().map_or(&[][..], |server| &server.trusted_proxies);
    let forward_auth = forward_auth::forward_auth(raw.forward_auth, trusted_proxies, surroundings, findings);
    forward_auth::report_apps(forward_auth.as_ref(), &apps, findings);
    if let Some(assertion) = &assertion {
        budget::report_oversized(&assertion.issuer, forward_auth.as_ref(), &apps, findings);
    }
    if let Some(server) = &server {
        routes::report_own_paths(&server.own_paths, &apps, findings);
        upstream::report_loops(server, &apps, findings);
    }
    if let Some(limits) = &limits {
        limits::report_contradictions(limits, &apps, findings);
    }
    if let (Some(server), Some(public_url)) = (&server, &public_url) {
        tls::report_listener(server, (public_url, &apps), surroundings, findings);
    }
    let providers = entries.into_iter().filter_map(|entry| entry.settings).collect();
    if findings.has_errors() {
        return None;
    }
    Some(Config {
        public_url: public_url?,
        official_button,
        organisation: organisation?,
        server: server?,
        limits: limits?,
        logs: logs?,
        outbound: outbound?,
        session: session?,
        assertion: assertion?,
        providers,
        apps,
        forward_auth,
    })
}
