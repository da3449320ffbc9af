//! `guichet explain`: what becomes of a request, asked of what decides it, without a network.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use clap::Args;
use http::HeaderName;
use http::HeaderValue;
use http::Method;

use crate::access::Visitor;
use crate::access::requirement::Access;
use crate::access::requirement::Lack;
use crate::access::requirement::Remedy;
use crate::access::requirement::Shortfall;
use crate::cli::exit::Exit;
use crate::cli::person;
use crate::cli::streams::Streams;
use crate::cli::typed_url::TypedUrl;
use crate::clock::Clock as _;
use crate::clock::SystemClock;
use crate::config;
use crate::config::outline::Outline;
use crate::endpoints::challenge::Challenge;
use crate::identity_headers::assertion;
use crate::identity_headers::assertion::Assertions;
use crate::identity_headers::rules;
use crate::identity_headers::signing_keys::SigningKeys;
use crate::jose::verifying::CompactJws;
use crate::jose::verifying::Kind;
use crate::judge;
use crate::judge::Asked;
use crate::judge::Judgement;
use crate::provider::entry_name::EntryName;
use crate::routing::Found;
use crate::routing::Router;
use crate::routing::app::App;
use crate::routing::app::Mode;
use crate::routing::app::Route;
use crate::routing::app::SignOut;
use crate::wire::own_paths::OwnPath;
use crate::wire::own_paths::OwnPaths;
use crate::wire::request::Request;

/// Arguments of the command.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// What a browser would ask for: `https://demarches.ville.example/dossier`, or a path of the site
    #[arg(value_name = "URL")]
    pub url: String,
    /// The method of the request
    #[arg(long, default_value = "GET")]
    pub method: Method,
    /// Who asks: `anonymous`, one of the sample people (`guichet headers --help`), or a FILE.json of claims
    #[arg(long = "as", value_name = "PERSON", default_value = person::ANONYMOUS)]
    pub visitor: String,
    /// The provider entry at which that person signed in; without it the first one of the application
    #[arg(long, value_name = "ENTRY")]
    pub provider: Option<String>,
}

/// Explains.
pub fn explain(path: &Path, arguments: &ExplainArguments, streams: &mut Streams<'_>) -> Exit {
    let mut config = match config::outline(path) {
        Ok(outline) => outline,
        Err(errors) => return streams.say_unusable(&errors),
    };
    let apps = std::mem::take(&mut config.apps)
        .into_iter()
        .map(Arc::new)
        .collect();
    let router = Router::new(apps, config.own_paths.clone(), config.public_url.scheme);
    match explained(&config, &router, arguments) {
        Ok(lines) => {
            streams.say_line(format_args!("{} {}", arguments.method, arguments.url));
            for (what, text) in lines {
                streams.say_line(format_args!("  {what:<12} {text}"));
            }
            Exit::Ok
        }
        Err(refusal) => {
            streams.say_error(refusal);
            Exit::Usage
        }
    }
}

/// What is said about what, line by line.
type Lines = Vec<(&'static str, String)>;

fn explained(config: &Outline, router: &Router, arguments: &ExplainArguments) -> Result<Lines, String> {
    let url = TypedUrl::read(&arguments.url, config)?;
    let mut lines = Lines::new();
    let site = config.public_url.scheme;
    if let Some(scheme) = url.scheme.filter(|scheme| *scheme != site) {
        let text = format!("the site is reached by {site}, not by {scheme}: see public_url");
        lines.push(("scheme", text));
    }
    let request = match url.request(&arguments.method, ("sec-fetch-mode", "navigate")) {
        Ok(request) => request,
        Err(refusal) => {
            let status = refusal.status().as_u16();
            lines.push((
                "answer",
                format!("{status}: {refusal}; no application hears of it"),
            ));
            return Ok(lines);
        }
    };
    let path = request.target.path();
    let judged = if request.target.ambiguities().is_empty() {
        "as it is judged, and sent on as it came"
    } else {
        "judged in every way in which an application may read it, and sent on as it came"
    };
    lines.push(("path", format!("{path} ({judged})")));
    match router.find(&request.host, &request.target) {
        Found::Route(app, route) => {
            lines.extend(at_route(config, (app, route), arguments, (&url, &request))?);
        }
        Found::Ambiguous(error) => {
            lines.push(("answer", format!("400: {error}; no application hears of it")));
        }
        Found::Own => {
            let prefix = router.own_paths().prefix();
            let text = format!("by the gateway itself; nothing below {prefix} is forwarded");
            lines.push(("answer", text));
        }
        Found::Misdirected => {
            let text = format!("none: the gateway has no host `{}`", request.host);
            lines.push(("application", text));
            let text = "421: a proxy in front has to pass the browser's own Host on, and it has to be that of an app";
            lines.push(("answer", text.to_owned()));
        }
        Found::Nowhere => {
            lines.push(("application", format!("none is at {}{path}", request.host)));
            lines.push(("answer", "404".to_owned()));
        }
    }
    Ok(lines)
}

fn at_route(
    config: &Outline,
    (app, route): (&App, &Route),
    arguments: &ExplainArguments,
    (url, request): (&TypedUrl, &Request),
) -> Result<Lines, String> {
    let mut lines = vec![
        (
            "application",
            format!("{}, at {}{}", app.name, app.host, app.path),
        ),
        ("route", Shown(app, route).to_string()),
    ];
    if route.access == Access::Public {
        lines.push(("visitor", "nobody looks who it is".to_owned()));
        lines.extend(outcome(config, (app, route), (url, request), Visitor::Unasked)?);
        return Ok(lines);
    }
    let sessions = person::sessions(
        &arguments.visitor,
        (config, app),
        arguments.provider.as_deref(),
        SystemClock.now(),
    )?;
    lines.push(("visitor", arguments.visitor.clone()));
    lines.extend(outcome(
        config,
        (app, route),
        (url, request),
        Visitor::Asked(sessions),
    )?);
    let text = "503 for whoever brings a session cookie, never a pass";
    lines.push(("store away", text.to_owned()));
    Ok(lines)
}

fn outcome(
    config: &Outline,
    (app, route): (&App, &Route),
    (url, request): (&TypedUrl, &Request),
    visitor: Visitor,
) -> Result<Lines, String> {
    let keys = SigningKeys::in_memory().map_err(|error| error.to_string())?;
    let (issuer, lifetime) = (config.assertion.issuer.clone(), config.assertion.lifetime);
    let assertions = Assertions::new(issuer, lifetime, Arc::new(keys), Arc::new(SystemClock));
    let asked = Asked {
        app,
        route,
        id: &request.id,
        now: SystemClock.now(),
    };
    match judge::judge_visitor(asked, visitor, &assertions) {
        Ok(Judgement::Forward(admission)) => Ok(forwarded(app, request, admission.identity.fields())),
        Ok(Judgement::Authenticate) => challenged((app, route), &config.own_paths, url, request),
        Ok(Judgement::Refuse(shortfall)) => Ok(refused((app, route), &shortfall)),
        Err(error) => Ok(vec![(
            "answer",
            format!("502: {error}; the application hears nothing"),
        )]),
    }
}

fn forwarded(app: &App, request: &Request, fields: &[(HeaderName, HeaderValue)]) -> Lines {
    let (method, target) = (&request.method, request.target.as_str());
    let servers = app.upstreams().iter().map(|server| server.address.to_string());
    let servers: Vec<String> = servers.collect();
    let to = match app.mode {
        Mode::Proxy(_) => format!("{method} {target} to {}", servers.join(" or ")),
        Mode::ForwardAuth => format!("{method} {target} by the proxy that asked (mode = \"forward_auth\")"),
    };
    let mut lines = vec![("forwarded", to)];
    for (name, value) in fields {
        let value = match (name, value.to_str()) {
            (name, Ok(token)) if *name == rules::ASSERTION => format!("a token with {}", claims_of(token)),
            (_, value) => value.unwrap_or_default().to_owned(),
        };
        lines.push(("told", format!("{name}: {value}")));
    }
    lines
}

/// The names of the claims, whatever this person has.
fn claims_of(token: &str) -> String {
    let jws = CompactJws::parse_as(Kind::Typed(assertion::TYPE), token, &["ES256"]);
    jws.map_or_else(
        |error| error.to_string(),
        |jws| {
            jws.payload()
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        },
    )
}

/// Whoever asks is signed in, and it is not enough.
fn refused((app, route): (&App, &Route), shortfall: &Shortfall) -> Lines {
    let lack = match &shortfall.lack {
        Lack::Unknown(claim) => format!("{}, `{claim}`", shortfall.lack.reason()),
        lack => lack.reason().to_owned(),
    };
    let helps = match shortfall.remedy {
        Remedy::Login => format!("another login helps, at {}", names(app.entries(route))),
        Remedy::None => "another login helps nobody".to_owned(),
    };
    vec![
        (
            "application",
            "hears nothing: the session is not enough".to_owned(),
        ),
        ("answer", format!("403: {lack}; {helps}")),
    ]
}

fn names(entries: &[EntryName]) -> String {
    let names: Vec<&str> = entries.iter().map(EntryName::as_str).collect();
    names.join(", ")
}

fn challenged(
    (app, route): (&App, &Route),
    own_paths: &OwnPaths,
    url: &TypedUrl,
    page: &Request,
) -> Result<Lines, String> {
    let script = url
        .request(&page.method, ("sec-fetch-mode", "cors"))
        .map_err(|refusal| refusal.to_string())?;
    Ok(vec![
        (
            "application",
            "hears nothing: nobody passes here without a session".to_owned(),
        ),
        ("a page gets", words(&Challenge::of(page, app, route), own_paths)),
        (
            "a script gets",
            words(&Challenge::of(&script, app, route), own_paths),
        ),
        ("offered", names(app.entries(route))),
    ])
}

fn words(challenge: &Challenge<'_>, own_paths: &OwnPaths) -> String {
    match challenge {
        Challenge::SignInNeeded => "401 with a problem document and WWW-Authenticate, no redirect".to_owned(),
        Challenge::NothingSaved => "401 with a page that says that nothing was saved".to_owned(),
        Challenge::Chooser => {
            let chooser = own_paths.path(OwnPath::Chooser);
            format!("303 to {chooser}, the page with the provider's button")
        }
        Challenge::Straight(entry) => format!("303 to the provider of `{entry}` at once"),
    }
}

/// A route in the words of the configuration.
struct Shown<'a>(&'a App, &'a Route);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(app, route) = self;
        let access = match route.access {
            Access::Public => "public",
            Access::Optional => "optional",
            Access::Required => "required",
        };
        if app.routes.contains(route) {
            write!(f, "{}, access = \"{access}\"", route.path)?;
            if let SignOut::EndsSession = route.sign_out {
                f.write_str(", ends_session = true")?;
            }
            match &route.requirement {
                Some(requirement) => write!(f, ", require = {requirement}"),
                None => Ok(()),
            }
        } else if let Some(requirement) = &route.requirement {
            write!(
                f,
                "it can be read as several, so everything is required: {requirement}"
            )
        } else {
            write!(f, "none is listed for it, so access = \"{access}\"")
        }
    }
}
