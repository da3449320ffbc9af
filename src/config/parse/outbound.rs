//! `outbound`: how providers are reached. Nothing else is reached so, and no variable of the environment has a say.

use crate::back_channel::road::Outbound;
use crate::back_channel::road::Proxy;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::files;
use crate::config::parse::secrets;
use crate::config::raw;
use crate::config::surroundings::Surroundings;

/// What other programs take a proxy from.
const VARIABLES: [&str; 6] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// Reads the table.
pub fn outbound(
    raw: Option<raw::Outbound>,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<Outbound> {
    let key = Key::ROOT.name("outbound");
    let Some(raw) = raw else {
        warn_of_variables(&key, surroundings, findings);
        return Some(Outbound::default());
    };
    let proxy_key = key.name("proxy");
    if raw.proxy.is_none() && !findings.refused(&proxy_key) {
        warn_of_variables(&key, surroundings, findings);
    }
    let login = raw
        .proxy_login
        .map(|source| secrets::secret(&key.name("proxy_login"), &source, surroundings, findings));
    let proxy = match (raw.proxy, login) {
        (None, None) => Some(None),
        (None, Some(_login)) => {
            let problem = "`proxy_login` is given without `proxy`";
            let help = "name the proxy: proxy = \"http://proxy.example:3128\"";
            findings.error(Code::Proxy, &key.name("proxy_login"), problem, help);
            None
        }
        (Some(text), login) => {
            let proxy = proxy(&proxy_key, &text, findings);
            match login {
                None => proxy.map(Some),
                Some(login) => proxy
                    .zip(login)
                    .and_then(|(proxy, login)| {
                        let proxy = proxy.with_login(&login);
                        if proxy.is_none() {
                            let problem = "the login for the proxy is not `user:password`";
                            let help = "put the user, a colon and the password on one line into the secret";
                            findings.error(Code::Proxy, &key.name("proxy_login"), problem, help);
                        }
                        proxy
                    })
                    .map(Some),
            }
        }
    };
    let authorities = files::authorities(&key.name("ca_file"), raw.ca_file, surroundings, findings);
    Some(Outbound {
        proxy: proxy?,
        authorities: authorities?,
    })
}

fn proxy(key: &Key, text: &str, findings: &mut Findings) -> Option<Proxy> {
    // A login in the address is a secret in the open: it is not shown.
    if text.contains('@') {
        findings.error(
            Code::LiteralSecret,
            key,
            "the login for the proxy stands in the open",
            "write the address alone, and proxy_login = { file = \"..\" }",
        );
        return None;
    }
    let proxy = Proxy::parse(text);
    if proxy.is_none() {
        findings.error(
            Code::Proxy,
            key,
            format!("`{}` is not the address of a proxy", bounded(text)),
            "write scheme, host and port: \"http://proxy.example:3128\" (what goes through it is TLS all the same)",
        );
    }
    proxy
}

fn warn_of_variables(key: &Key, surroundings: &Surroundings, findings: &mut Findings) {
    let is_set = |name: &&str| surroundings.variable(name).is_some_and(|value| !value.is_empty());
    let set: Vec<&str> = VARIABLES.into_iter().filter(|name| is_set(name)).collect();
    if !set.is_empty() {
        findings.warning(
            Code::ProxyVariable,
            key,
            format!("{} is set and ignored: providers are reached without a proxy", set.join(", ")),
            "if they are reachable through it only, write it here: [outbound] proxy = \"http://proxy.example:3128\"",
        );
    }
}
