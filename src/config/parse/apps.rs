//! `apps`: where each one is reached, and that no two are reached at one place.

use http::HeaderName;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::limits;
use crate::config::parse::provider::Entry;
use crate::config::parse::requirement::Offered;
use crate::config::parse::routes;
use crate::config::parse::told;
use crate::config::parse::tolerance;
use crate::config::parse::upstream;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::settings::PublicUrl;
use crate::config::suggestion;
use crate::config::surroundings::Surroundings;
use crate::identity_headers::pseudonym::Pseudonyms;
use crate::provider::authorization_parameter::AuthorizationParameter;
use crate::provider::entry_name::EntryName;
use crate::routing::app::App;
use crate::routing::app::LoginMode;
use crate::routing::app::Mode;
use crate::routing::app::Route;
use crate::routing::path_prefix::PathPrefix;
use crate::wire::cookie_names::CookieNames;
use crate::wire::cookies;
use crate::wire::host::Host;
use crate::wire::scheme::Scheme;

/// What an app may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The provider entries.
    pub entries: &'a [Entry],
    /// What pseudonyms are made with.
    pub pseudonyms: Option<&'a Pseudonyms>,
    /// The files.
    pub surroundings: &'a Surroundings,
}

/// Reads every app.
pub fn apps(
    raw: Option<Vec<raw::App>>,
    public_url: Option<&PublicUrl>,
    around: Around<'_>,
    findings: &mut Findings,
) -> Vec<App> {
    let key = Key::ROOT.name("apps");
    let raw = raw.filter(|apps| !apps.is_empty());
    let Some(raw) = findings.required(&key, raw, "[[apps]] name = \"urbanisme\"") else {
        return Vec::new();
    };
    let mut seen = Seen::default();
    let mut apps = Vec::new();
    for (position, raw) in raw.into_iter().enumerate() {
        let key = key.item(position);
        // A table that is none was called a mistake; what is missing in it is not another one.
        if findings.refused(&key) && raw.name.is_none() && raw.upstreams.is_none() {
            continue;
        }
        let place = Place {
            position,
            host: host(&key.name("host"), raw.host.as_deref(), public_url, findings),
            path: raw
                .path
                .as_deref()
                .and_then(|path| routes::path(&key.name("path"), path, findings)),
        };
        seen.note(&key, raw.name.as_deref(), &place, findings);
        apps.extend(app(&key, raw, place, around, findings));
    }
    apps
}

/// Where an app stands in the file, and where it is reached.
struct Place {
    position: usize,
    host: Option<Host>,
    path: Option<PathPrefix>,
}

/// The names and places of the apps so far.
#[derive(Default)]
struct Seen {
    names: Vec<String>,
    places: Vec<(Host, PathPrefix, String)>,
}

impl Seen {
    fn note(&mut self, key: &Key, name: Option<&str>, place: &Place, findings: &mut Findings) {
        let shown = name.map_or_else(|| key.to_string(), bounded);
        if let Some(name) = name {
            if self.names.iter().any(|other| other == name) {
                let problem = format!("two apps are called `{shown}`");
                let help = "give each a name of its own: it is an assertion's audience";
                findings.error(Code::DuplicateApp, &key.name("name"), problem, help);
            }
            self.names.push(name.to_owned());
        }
        if let (Some(host), Some(path)) = (&place.host, &place.path) {
            let same = self
                .places
                .iter()
                .find(|other| (&other.0, &other.1) == (host, path));
            if let Some((_, _, other)) = same {
                let problem = format!("`{shown}` is at the place of `{other}`: {host}{path}");
                let help = "give one of them another host or path";
                findings.error(Code::SamePlace, key, problem, help);
            }
            self.places.push((host.clone(), path.clone(), shown));
        }
    }
}

fn app(
    key: &Key,
    mut raw: raw::App,
    place: Place,
    around: Around<'_>,
    findings: &mut Findings,
) -> Option<App> {
    let entries = around.entries;
    let name_key = key.name("name");
    let name = findings.required(&name_key, raw.name.take(), "name = \"urbanisme\"");
    let name = name.and_then(|name| words::token(&name_key, name, findings));
    let title = raw
        .title
        .take()
        .and_then(|title| words::text(&key.name("title"), title, findings));
    let mode = mode(key, &mut raw, around.surroundings, findings);
    let providers = providers(&key.name("providers"), raw.providers.take(), entries, findings);
    let offered: Vec<&Entry> = entries
        .iter()
        .filter(|entry| providers.iter().any(|name| name.as_str() == entry.name))
        .collect();
    let idp_hints = idp_hints(&key.name("idp_hints"), raw.idp_hints.take(), &offered, findings);
    let max_body = limits::max_body(key, raw.max_body.take(), findings);
    let app_cookies = app_cookies(&key.name("app_cookies"), raw.app_cookies.take(), findings);
    let tolerance = tolerance::tolerance(key, &mut raw, findings);
    let told = told::told(
        (key, name.as_deref()),
        &mut raw,
        (&offered, around.pseudonyms),
        findings,
    );
    let offered = Offered {
        app: key,
        providers: &providers,
        entries: &offered,
    };
    let routes = routes::routes(key, place.path.as_ref(), raw.routes.take(), offered, findings)?;
    let login = match raw.login?.as_str() {
        "redirect" => LoginMode::Redirect,
        _ => LoginMode::Chooser,
    };
    let name = name?;
    Some(App {
        title: title.unwrap_or_else(|| name.clone()),
        name: name.into(),
        host: place.host?,
        path: place.path?,
        position: place.position,
        providers,
        login,
        idp_hints,
        mode: mode?,
        told: told?,
        max_body,
        app_cookies: CookieNames::new(app_cookies),
        tolerance,
        strictest: Route::strictest(&routes),
        routes,
    })
}

fn mode(key: &Key, raw: &mut raw::App, surroundings: &Surroundings, findings: &mut Findings) -> Option<Mode> {
    if raw.mode.as_deref() != Some("forward_auth") {
        return upstream::upstreams(key, raw, surroundings, findings).map(Mode::Proxy);
    }
    let keys = [
        ("upstreams", raw.upstreams.is_some()),
        ("ca_file", raw.ca_file.is_some()),
        ("health", raw.health.is_some()),
        ("total_timeout", raw.total_timeout.is_some()),
        ("max_body", raw.max_body.is_some()),
    ];
    for (name, _) in keys.into_iter().filter(|(_, is_there)| *is_there) {
        findings.error(
            Code::ForwardAuthKey,
            &key.name(name),
            "nothing is sent to an upstream with mode = \"forward_auth\"",
            "say it in the front proxy's configuration, and leave the key out here",
        );
    }
    Some(Mode::ForwardAuth)
}

fn host(
    key: &Key,
    text: Option<&str>,
    public_url: Option<&PublicUrl>,
    findings: &mut Findings,
) -> Option<Host> {
    let Some(text) = text else {
        return public_url
            .map(|url| url.host.clone())
            .filter(|_| !findings.refused(key));
    };
    let Ok(host) = Host::parse(text) else {
        let problem = format!("`{}` is not a host", bounded(text));
        let help = "write a name, and a port if it has an unusual one: \"demarches.ville.example\"";
        findings.error(Code::Host, key, problem, help);
        return None;
    };
    let public_url = public_url?;
    if public_url.scheme == Scheme::Http && !host.is_loopback() {
        findings.error(
            Code::PlainHttp,
            key,
            format!("`{host}` is another machine, and `public_url` is plain http"),
            "every app has the scheme of `public_url`; plain http is for this machine only",
        );
        return None;
    }
    Some(host.without_default_port(public_url.scheme))
}

fn app_cookies(key: &Key, list: Option<Vec<String>>, findings: &mut Findings) -> Vec<String> {
    let mut names = Vec::new();
    for (key, name) in words::elements(key, list, findings) {
        let is_token = HeaderName::from_bytes(name.as_bytes()).is_ok();
        if !is_token || cookies::is_own(&name) {
            let problem = format!("`{}` cannot be a cookie of the application", bounded(&name));
            let help = "the name as the application sets it, letter by letter: \"PHPSESSID\"; none that begins with `guichet-`";
            findings.error(Code::AppCookie, &key, problem, help);
        } else if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Words that somebody may choose from, and that reach the provider.
fn idp_hints(
    key: &Key,
    list: Option<Vec<String>>,
    offered: &[&Entry],
    findings: &mut Findings,
) -> Vec<String> {
    let mut hints = Vec::new();
    for (key, hint) in words::elements(key, list, findings) {
        hints.extend(words::token(&key, hint, findings).filter(|hint| !hints.contains(hint)));
    }
    let takes_one = |entry: &&Entry| {
        let rules = entry.rules.as_ref();
        rules.is_none_or(|rules| rules.may_send(AuthorizationParameter::IdpHint))
    };
    if !hints.is_empty() && !offered.is_empty() && !offered.iter().any(takes_one) {
        findings.error(
            Code::IdpHint,
            key,
            "no provider of this app takes a hint of that kind",
            "leave it out: FranceConnect and ProConnect have other providers behind them, these have not",
        );
    }
    hints
}

fn providers(
    key: &Key,
    list: Option<Vec<String>>,
    entries: &[Entry],
    findings: &mut Findings,
) -> Vec<EntryName> {
    let list = list.filter(|list| !list.is_empty());
    let list = findings.required(key, list, "providers = [\"fc\"]");
    // Entries that are missing as a whole, or were refused, were reported where they belong.
    let providers = Key::ROOT.name("providers");
    let reported = |name: &str, findings: &Findings| {
        (entries.is_empty() && findings.refused(&providers)) || findings.refused(&providers.name(name))
    };
    let mut names = Vec::new();
    for (key, name) in words::elements(key, list, findings) {
        let is_known = entries.iter().any(|entry| entry.name == name);
        if !is_known && reported(&name, findings) {
            continue;
        }
        if !is_known {
            let problem = format!("there is no provider entry `{}`", bounded(&name));
            let known = entries.iter().map(|entry| entry.name.as_str());
            findings.error(
                Code::UnknownProvider,
                &key,
                problem,
                suggestion::of_words(&name, known),
            );
        } else if let Some(name) = EntryName::parse(&name).filter(|name| !names.contains(name)) {
            names.push(name);
        }
    }
    names
}
