//! `guichet verify`: an assertion, and each reason for which an application would take it or refuse it.
//!
//! Of the claims about the person only the names are printed; the registered ones are what the operator asks about.

use std::io;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use clap::Args;

use crate::back_channel::BackChannel;
use crate::back_channel::Bounds;
use crate::bounded_file;
use crate::causes;
use crate::cli::exit::Exit;
use crate::cli::report::Finding;
use crate::cli::report::Format;
use crate::cli::report::Report;
use crate::cli::report::Verdict;
use crate::cli::streams::Streams;
use crate::clock::Clock as _;
use crate::clock::SystemClock;
use crate::clock::Timestamp;
use crate::config;
use crate::config::outline::Outline;
use crate::config::settings::KeySource;
use crate::identity_headers::assertion;
use crate::identity_headers::assertion::REGISTERED_CLAIMS;
use crate::identity_headers::rules;
use crate::identity_headers::signing_keys::SigningKeys;
use crate::identity_headers::told::SubjectForm;
use crate::jose::verification_keys::VerificationKeys;
use crate::jose::verifying::CompactJws;
use crate::jose::verifying::JwsError;
use crate::jose::verifying::Kind;
use crate::wire::provider_url::ProviderUrl;
use crate::wire::untrusted::Untrusted;

/// What two machines' clocks may be apart: what `docs/applications.md` tells applications to allow.
const LEEWAY: Duration = Duration::from_secs(30);
/// Longer than any assertion: a field of a request has at most some KiB.
const LONGEST: u64 = 64 * 1024;
const KEY_SET: Bounds = Bounds {
    within: Duration::from_secs(5),
    at_most: 256 * 1024,
};
/// What is looked at in the parts of a token, in that order, and why it is.
const PARTS: [(&str, &str); 4] = [
    ("form", "three segments of base64url, a header with one reading"),
    ("alg", "ES256"),
    ("crit", "no extension that would have to be understood"),
    ("typ", assertion::TYPE),
];

/// Arguments of the command.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The value of X-Guichet-Assertion, its whole line, or all lines of a request; `-` reads it from standard input
    #[arg(value_name = "TOKEN|-")]
    pub token: String,
    /// The keys: a JWK Set in a file, or at an address such as `https://demarches.ville.example/_guichet/jwks.json`; without
    /// it those of `assertion.keys_dir`
    #[arg(long, value_name = "FILE|URL")]
    pub jwks: Option<String>,
    /// The audience that must be named; without it that of any application of the configuration
    #[arg(long, value_name = "AUDIENCE")]
    pub aud: Option<String>,
    /// The issuer that must be named; without it `assertion.issuer`
    #[arg(long, value_name = "ISSUER")]
    pub iss: Option<String>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// What is compared with.
struct Expected {
    keys: VerificationKeys,
    issuer: Option<String>,
    /// Audiences, each with the name of its application.
    audiences: Vec<String>,
    /// Those of them that are told of nobody.
    nobodies: Vec<String>,
}

/// Verifies.
pub fn verify(path: &Path, arguments: &VerifyArguments, streams: &mut Streams<'_>) -> Exit {
    let token = match token(&arguments.token) {
        Ok(token) => token,
        Err(error) => {
            streams.say_error(format_args!("the token cannot be read: {error}"));
            return Exit::Failure;
        }
    };
    let expected = match expected(path, arguments) {
        Ok(expected) => expected,
        Err(refusal) => {
            streams.say_wrong_line(refusal);
            return Exit::InvalidConfiguration;
        }
    };
    let mut report = Report::new(arguments.format, streams);
    report.section("assertion");
    match CompactJws::parse_as(Kind::Typed(assertion::TYPE), &token, &["ES256"]) {
        Ok(jws) => {
            report.extend(PARTS.map(|(what, seen)| Finding::good(what, seen)));
            report.extend(keys(&jws, &expected.keys));
            report.extend(parties(&jws, &expected));
            report.extend(times(&jws, SystemClock.now()));
            report.extend(person(&jws, &expected));
        }
        Err(error) => report.extend(broken(&error)),
    }
    match report.finish() {
        Verdict::Bad => Exit::NotVerified,
        _ => Exit::Ok,
    }
}

fn token(argument: &str) -> io::Result<String> {
    let mut text = argument.to_owned();
    if argument == "-" {
        text.clear();
        io::stdin().take(LONGEST).read_to_string(&mut text)?;
    }
    // A line of a log, or everything that `guichet headers` prints: the value has its name before it.
    let named = text.lines().filter_map(|line| line.split_once(':'));
    let mut named = named.filter(|(name, _)| name.trim().eq_ignore_ascii_case(rules::ASSERTION.as_str()));
    let value = named.next().map_or(text.as_str(), |(_, value)| value);
    Ok(value.trim().to_owned())
}

/// From the arguments as far as they say it, else from the configuration; without keys there is nothing to verify with.
fn expected(path: &Path, arguments: &VerifyArguments) -> Result<Expected, String> {
    let outline = config::outline(path);
    let keys = match (&arguments.jwks, &outline) {
        (Some(place), _) => key_set(place)?,
        (None, Ok(config)) => keys_of(config)?,
        (None, Err(errors)) => {
            return Err(format!(
                "{errors}\n\n   = help: or name the keys with --jwks FILE"
            ));
        }
    };
    let config = outline.ok();
    let of_apps = |outline: &Outline| outline.apps.iter().map(|app| app.told.audience.clone()).collect();
    let nobodies = |outline: &Outline| {
        let apps = outline
            .apps
            .iter()
            .filter(|app| app.told.subject == SubjectForm::None);
        apps.map(|app| app.told.audience.clone()).collect()
    };
    Ok(Expected {
        nobodies: config.as_ref().map(nobodies).unwrap_or_default(),
        keys,
        issuer: arguments
            .iss
            .clone()
            .or_else(|| Some(config.as_ref()?.assertion.issuer.clone())),
        audiences: match &arguments.aud {
            Some(audience) => vec![audience.clone()],
            None => config.as_ref().map(of_apps).unwrap_or_default(),
        },
    })
}

fn key_set(place: &str) -> Result<VerificationKeys, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("error: `{place}` gives no keys: {why}");
    let document = if place.contains("://") {
        let url = ProviderUrl::parse(place).map_err(|error| wrong(&error))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| wrong(&error))?;
        let back_channel = BackChannel::new().map_err(|error| wrong(&error))?;
        let answer = runtime
            .block_on(back_channel.get(&url, &[], KEY_SET))
            .map_err(|error| wrong(&error))?;
        let document = answer.document(&["application/jwk-set+json", "application/json"]);
        document.map_err(|error| wrong(&error))?.to_vec()
    } else {
        let file =
            bounded_file::read(Path::new(place), KEY_SET.at_most as u64).map_err(|error| wrong(&error))?;
        file.bytes.to_vec()
    };
    VerificationKeys::read(&document).map_err(|error| wrong(&error))
}

fn keys_of(config: &Outline) -> Result<VerificationKeys, String> {
    let KeySource::Folder(folder) = &config.assertion.keys else {
        return Err(
            "error: the configuration names no folder of keys, so the running gateway alone knows them\n   = help: \
             fetch /_guichet/jwks.json from it, and name it with --jwks"
                .to_owned(),
        );
    };
    let keys = SigningKeys::read(folder).map_err(|error| {
        let why = causes::in_one_line(&error);
        format!("error: {why}\n   = help: or name the keys with --jwks FILE")
    })?;
    let set = serde_json::to_vec(&keys.jwk_set()).map_err(|error| format!("error: {error}"))?;
    VerificationKeys::read(&set).map_err(|error| format!("error: {error}"))
}

/// What was found until the token turned out to be none.
fn broken(error: &JwsError) -> Vec<Finding> {
    let at = match error {
        JwsError::Algorithm { .. } => 1,
        JwsError::Extension(_) => 2,
        JwsError::Type(_) => 3,
        JwsError::Payload(_) | JwsError::Claim(_) => PARTS.len(),
        _ => 0,
    };
    let seen = match error {
        JwsError::Algorithm { alg, allowed } => format!("`{alg}`, only {allowed} is taken"),
        other => other.to_string(),
    };
    let what = PARTS.get(at).map_or("claims", |(what, _)| what);
    let well = PARTS
        .iter()
        .take(at)
        .map(|(what, seen)| Finding::good(what, *seen));
    let rest = Finding::unjudged("signature", "not looked at: the token is refused before");
    well.chain([Finding::bad(what, seen, ""), rest]).collect()
}

fn keys(jws: &CompactJws<'_>, keys: &VerificationKeys) -> Vec<Finding> {
    let kid = Untrusted::new(jws.kid().unwrap_or_default());
    match keys.named_by(jws) {
        Ok(key) if key.signed(jws) => vec![
            Finding::good("kid", kid.to_string()),
            Finding::good("signature", "made with this key"),
        ],
        Ok(_) => vec![
            Finding::good("kid", kid.to_string()),
            Finding::bad(
                "signature",
                "not made with this key, or something was changed since",
                "",
            ),
        ],
        Err(error) => {
            let known: Vec<&str> = keys.kids().collect();
            vec![
                Finding::bad(
                    "kid",
                    format!("`{kid}`: {error}"),
                    format!(
                        "the set has {}; fetch it again if keys were rotated since",
                        known.join(", ")
                    ),
                ),
                Finding::unjudged("signature", "not looked at: no key"),
            ]
        }
    }
}

fn parties(jws: &CompactJws<'_>, expected: &Expected) -> Vec<Finding> {
    let claims = jws.claims();
    let iss = claims.iss.as_deref();
    let issuer = match &expected.issuer {
        None => Finding::warning(
            "iss",
            shown(iss),
            "not compared: say --iss, or name a configuration",
        ),
        Some(wanted) if iss == Some(wanted) => Finding::good("iss", shown(iss)),
        Some(wanted) => Finding::bad("iss", format!("{}, not `{wanted}`", shown(iss)), ""),
    };
    // One text, never a list: an application that is one of several would take what is meant for another.
    let aud = jws.payload().get("aud").and_then(serde_json::Value::as_str);
    let audience = match aud {
        None => Finding::bad("aud", "not one text", ""),
        Some(_) if expected.audiences.is_empty() => Finding::warning(
            "aud",
            shown(aud),
            "not compared: say --aud, or name a configuration",
        ),
        Some(found) if expected.audiences.iter().any(|wanted| wanted == found) => {
            Finding::good("aud", shown(aud))
        }
        Some(_) => {
            let wanted = expected.audiences.join("`, `");
            Finding::bad("aud", format!("{}, not `{wanted}`", shown(aud)), "")
        }
    };
    vec![issuer, audience]
}

fn shown(text: Option<&str>) -> String {
    text.map_or_else(|| "missing".to_owned(), |text| Untrusted::new(text).to_string())
}

fn times(jws: &CompactJws<'_>, now: Timestamp) -> Vec<Finding> {
    let claims = jws.claims();
    let begins = |what, found: Option<Timestamp>| match found {
        None => Finding::bad(what, "missing", ""),
        Some(at) if at <= now.plus(LEEWAY) => Finding::good(what, at.to_string()),
        Some(at) => Finding::bad(
            what,
            format!(
                "{}: {} s ahead of this machine's clock",
                at,
                at.since(now).as_secs()
            ),
            "compare the clocks of the two machines",
        ),
    };
    let end = match claims.exp {
        None => Finding::bad("exp", "missing", ""),
        Some(at) if now < at.plus(LEEWAY) => Finding::good("exp", at.to_string()),
        Some(at) => Finding::bad(
            "exp",
            format!("{}: {} s ago", at, now.since(at).as_secs()),
            "an assertion is for the request that it came with; take a newer one",
        ),
    };
    vec![begins("iat", claims.iat), begins("nbf", claims.nbf), end]
}

/// An application with `subject = "none"` is told of nobody; every other one of somebody.
fn subject(jws: &CompactJws<'_>, expected: &Expected) -> Finding {
    let audience = jws.payload().get("aud").and_then(serde_json::Value::as_str);
    let is_of_nobody = audience.is_some_and(|found| expected.nobodies.iter().any(|each| each == found));
    match jws.claims().sub.as_deref() {
        None if is_of_nobody => Finding::good("sub", "none, as subject = \"none\" has it"),
        Some(sub) if is_of_nobody => {
            Finding::bad("sub", shown(Some(sub)), "the application says subject = \"none\"")
        }
        Some(sub) if !sub.is_empty() => Finding::good("sub", shown(Some(sub))),
        _ => Finding::bad("sub", "missing", ""),
    }
}

/// Of a provider that names no level nothing is told.
fn level(acr: Option<&str>) -> Finding {
    match acr {
        None => Finding::unjudged("acr", "none: the provider named no level"),
        Some("") => Finding::bad("acr", "empty", ""),
        Some(acr) => Finding::good("acr", shown(Some(acr))),
    }
}

fn person(jws: &CompactJws<'_>, expected: &Expected) -> Vec<Finding> {
    let claims = jws.claims();
    let text = |name: &str| jws.payload().get(name).and_then(serde_json::Value::as_str);
    let filled = |what, found: Option<&str>| match found {
        Some(value) if !value.is_empty() => Finding::good(what, shown(Some(value))),
        _ => Finding::bad(what, "missing", ""),
    };
    let others = jws
        .payload()
        .keys()
        .filter(|name| !REGISTERED_CLAIMS.contains(&name.as_str()));
    let others: Vec<String> = others.map(|name| Untrusted::new(name).to_string()).collect();
    vec![
        subject(jws, expected),
        filled("idp", text("idp")),
        level(claims.acr.as_deref()),
        Finding::unjudged(
            "claims",
            if others.is_empty() {
                "none".to_owned()
            } else {
                others.join(", ")
            },
        ),
    ]
}
