//! `apps`: where each one is reached, and that no two are reached at one place.

use std::sync::Arc;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::provider::Entry;
use crate::config::parse::routes;
use crate::config::parse::told;
use crate::config::parse::upstream;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::settings::PublicUrl;
use crate::config::suggestion;
use crate::provider::entry_name::EntryName;
use crate::routing::app::App;
use crate::routing::app::LoginMode;
use crate::routing::path_prefix::PathPrefix;
use crate::wire::host::Host;

/// Reads every app.
pub fn apps(
    raw: Option<Vec<raw::App>>,
    public_url: Option<&PublicUrl>,
    entries: &[Entry],
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
        let place = Place::of(&key, &raw, public_url, findings);
        seen.note(&key, raw.name.as_deref(), &place, findings);
        apps.extend(app(&key, position, raw, place, entries, findings));
    }
    apps
}

/// Where an app is reached.
struct Place {
    host: Option<Host>,
    path: Option<PathPrefix>,
}

impl Place {
    fn of(key: &Key, raw: &raw::App, public_url: Option<&PublicUrl>, findings: &mut Findings) -> Self {
        Self {
            host: host(&key.name("host"), raw.host.as_deref(), public_url, findings),
            path: raw
                .path
                .as_deref()
                .and_then(|path| routes::path(&key.name("path"), path, findings)),
        }
    }
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
    position: usize,
    mut raw: raw::App,
    place: Place,
    entries: &[Entry],
    findings: &mut Findings,
) -> Option<App> {
    let name_key = key.name("name");
    let name = findings.required(&name_key, raw.name.take(), "name = \"urbanisme\"");
    let name = name.and_then(|name| words::token(&name_key, name, findings));
    let title = raw
        .title
        .take()
        .and_then(|title| words::text(&key.name("title"), title, findings));
    let upstream = upstream::upstream(key, &mut raw, findings);
    let providers = providers(&key.name("providers"), raw.providers.take(), entries, findings);
    let offered: Vec<&Entry> = entries
        .iter()
        .filter(|entry| providers.iter().any(|name| name.as_str() == entry.name))
        .collect();
    let told = told::told(key, name.as_deref(), &mut raw, &offered, findings);
    let routes = routes::routes(key, place.path.as_ref(), raw.routes.take(), findings);
    let login = match raw.login?.as_str() {
        "redirect" => LoginMode::Redirect,
        _ => LoginMode::Chooser,
    };
    let name = name?;
    Some(App {
        title: title.unwrap_or_else(|| name.clone()),
        name,
        host: place.host?,
        path: place.path?,
        position,
        providers,
        login,
        upstream: Arc::new(upstream?),
        told: told?,
        routes: routes?,
    })
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
    if public_url.scheme == "http" && !host.is_loopback() {
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

fn providers(
    key: &Key,
    list: Option<Vec<String>>,
    entries: &[Entry],
    findings: &mut Findings,
) -> Vec<EntryName> {
    let list = list.filter(|list| !list.is_empty());
    let list = findings.required(key, list, "providers = [\"fc\"]");
    let mut names = Vec::new();
    for (key, name) in words::elements(key, list, findings) {
        if !entries.iter().any(|entry| entry.name == name) {
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
