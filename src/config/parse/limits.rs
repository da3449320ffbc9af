//! What browsers may cost, and which of these bounds make no sense together.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::settings::LimitSettings;
use crate::gateway::listener::limits::BodyPace;
use crate::gateway::listener::limits::Http2Limits;
use crate::gateway::listener::limits::Limits;
use crate::routing::app::App;

const SHORT: Duration = Duration::from_millis(100);
const HOUR: Duration = Duration::from_hours(1);

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const TIB: u64 = 1024 * 1024 * MIB;

/// Reads `[limits]`.
pub fn limits(raw: Option<raw::Limits>, findings: &mut Findings) -> Option<LimitSettings> {
    let raw = raw?;
    let key = Key::ROOT.name("limits");
    let mut duration =
        |name: &str, text: Option<String>| words::duration(&key.name(name), text, (SHORT, HOUR), findings);
    let head_timeout = duration("head_timeout", raw.head_timeout);
    let keep_alive = duration("keep_alive", raw.keep_alive);
    let write_timeout = duration("write_timeout", raw.write_timeout);
    let grace = duration("body_grace", raw.body_grace);
    let mut size = |name: &str, text: Option<String>, least: u64, most: u64| {
        words::size(&key.name(name), text, (least, most), findings)
    };
    let max_head = size("max_head", raw.max_head, 8 * KIB, 256 * KIB);
    let max_form = size("max_form", raw.max_form, 4 * KIB, MIB);
    let rate = size("body_rate", raw.body_rate, 1, 1024 * MIB);
    let max_body = max_body(&key, raw.max_body, findings);
    Some(LimitSettings {
        logins_per_client: NonZeroU32::new(raw.logins_per_client?)?,
        listener: Limits {
            max_connections: number(raw.max_connections)?,
            connections_per_client: number(raw.connections_per_client)?,
            requests_per_client: number(raw.requests_per_client)?,
            head_timeout: head_timeout?,
            keep_alive: keep_alive?,
            write_timeout: write_timeout?,
            max_head: usize::try_from(max_head?).ok()?,
            max_fields: number(raw.max_fields)?,
            max_body: max_body?,
            max_form: usize::try_from(max_form?).ok()?,
            body: BodyPace {
                grace: grace?,
                rate: rate?,
            },
            http2: Http2Limits {
                streams: raw.http2_streams?,
                resets: number(raw.http2_resets)?,
            },
        },
    })
}

/// The key `max_body`, of all apps or of one.
pub fn max_body(table: &Key, text: Option<String>, findings: &mut Findings) -> Option<u64> {
    words::size(&table.name("max_body"), text, (1, TIB), findings)
}

/// Bounds of which one makes another one useless.
pub fn report_contradictions(limits: &LimitSettings, apps: &[App], findings: &mut Findings) {
    let listener = &limits.listener;
    let key = |name: &str| Key::ROOT.name("limits").name(name);
    if listener.connections_per_client >= listener.max_connections {
        findings.warning(
            Code::Limits,
            &key("connections_per_client"),
            format!(
                "one address may have {} connections, and all of them together {}",
                listener.connections_per_client, listener.max_connections
            ),
            "let one address have a part of `limits.max_connections` only: else whoever comes first takes them all",
        );
    }
    let streams = usize::try_from(listener.http2.streams).unwrap_or(usize::MAX);
    if streams > listener.requests_per_client {
        findings.warning(
            Code::Limits,
            &key("http2_streams"),
            format!(
                "one connection may have {streams} requests under way, and its address {}",
                listener.requests_per_client
            ),
            "a browser that takes what it was offered gets 429: raise `limits.requests_per_client`, or offer fewer",
        );
    }
    for app in apps {
        // A visitor stays at one server, and all of them have as many.
        let Some(server) = app.upstreams().first() else {
            continue;
        };
        let places = server.limits.max_connections;
        if listener.requests_per_client >= places {
            findings.warning(
                Code::Limits,
                &Key::ROOT.name("apps").item(app.position).name("max_connections"),
                format!(
                    "one address may have {} requests under way, and `{}` takes {places}",
                    listener.requests_per_client, app.name
                ),
                "one visitor can take every place of this app: lower `limits.requests_per_client`, or raise \
                 `max_connections` if the application can take more",
            );
        }
    }
}

fn number(number: Option<u32>) -> Option<usize> {
    usize::try_from(number?).ok()
}
