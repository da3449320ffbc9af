//! `forward_auth`: who may ask for a decision alone, and the apps for which that is done.

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::secrets;
use crate::config::parse::server;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::surroundings::Surroundings;
use crate::endpoints::callers::Callers;
use crate::routing::app::App;
use crate::routing::app::Mode;
use crate::routing::app::SignOut;
use crate::wire::client_address::TrustedProxies;

/// Reads the table. A table of nobody is none.
pub fn forward_auth(
    raw: Option<raw::ForwardAuth>,
    trusted_proxies: &[ipnet::IpNet],
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<Callers> {
    let key = Key::ROOT.name("forward_auth");
    let raw = raw?;
    let nobody = raw.callers.iter().flatten().next().is_none() && raw.secret.is_none();
    if nobody {
        return None;
    }
    let callers = words::elements(&key.name("callers"), raw.callers, findings).into_iter();
    let trusted = TrustedProxies::new(trusted_proxies.iter().copied());
    let mut networks = Vec::new();
    for (key, text) in callers {
        let Some(network) = server::network(&key, &text, findings) else {
            continue;
        };
        if !trusted.trust_all_of(network) {
            report_untrusted(&key, &text, findings);
        }
        networks.push(network);
    }
    let secrets = match raw.secret {
        Some(sources) => {
            secrets::strong_secrets(&key.name("secret"), ("secret", &sources), surroundings, findings)
        }
        None => Some(Vec::new()),
    };
    let max_answer_head = words::size(
        &key.name("max_answer_head"),
        raw.max_answer_head,
        (1024, 64 * 1024),
        findings,
    );
    Some(Callers {
        proxies: TrustedProxies::new(networks.iter().chain(trusted_proxies).copied()),
        addresses: TrustedProxies::new(networks),
        secrets: secrets?,
        max_answer_head: usize::try_from(max_answer_head?).ok()?,
    })
}

/// Everything but its questions, the pages of the login above all, would be counted and told as the proxy's own, and what it
/// says of http or https would count for nothing.
fn report_untrusted(key: &Key, text: &str, findings: &mut Findings) {
    findings.warning(
        Code::ForwardAuthProxy,
        key,
        format!(
            "`{}` asks for its visitors, and is not in server.trusted_proxies: for every limit they are one",
            bounded(text)
        ),
        format!("[server] trusted_proxies = [\"{}\"]", bounded(text)),
    );
}

/// Apps whose requests we do not forward: what cannot work for them is refused, not left to be believed in.
pub fn report_apps(is_configured: Option<&Callers>, apps: &[App], findings: &mut Findings) {
    let asked_about = apps.iter().filter(|app| matches!(app.mode, Mode::ForwardAuth));
    for app in asked_about {
        let key = Key::ROOT.name("apps").item(app.position);
        if is_configured.is_none() && !findings.refused(&Key::ROOT.name("forward_auth")) {
            findings.error(
                Code::ForwardAuthCallers,
                &key.name("mode"),
                format!("a front proxy has to ask about `{}`, and nobody may", app.name),
                "say who that is, by address or by what it knows: [forward_auth] callers = [\"10.0.0.5\"]",
            );
        }
        let mut cannot = |key: &Key, why: &str, help: &str| {
            findings.error(
                Code::ForwardAuthKey,
                key,
                format!("{why} with mode = \"forward_auth\""),
                help,
            );
        };
        if !app.app_cookies.is_empty() {
            cannot(
                &key.name("app_cookies"),
                "what the application sets does not come by here, so its cookies cannot be bound to a person",
                "leave the key out, or let the gateway forward: mode = \"proxy\"",
            );
        }
        if !app.tolerance.headers.is_empty() {
            cannot(
                &key.name("allow_headers"),
                "which fields of clients reach the application is not decided here",
                "leave the key out; the front proxy has to let these names pass, and no other of their kind",
            );
        }
        for (index, route) in app.routes.iter().enumerate() {
            if route.sign_out == SignOut::EndsSession {
                cannot(
                    &key.name("routes").item(index).name("ends_session"),
                    "whether the application has signed anybody out is not seen here, so no session ends",
                    "let the application's link lead to the gateway's own sign-out, /_guichet/logout",
                );
            }
        }
    }
}
