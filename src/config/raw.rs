//! The file as written: serde mirrors without meaning. Texts and options, so that reading stops at no mistake.
//!
//! What the keys are called, which type they have and which words they know is said here and nowhere else: the JSON schema
//! is made from these types, and unknown keys and wrong types are found with the schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::raw_provider;
use crate::config::secret_source::SecretSource;
use crate::config::secret_source::SecretSources;

/// Configuration of Guichet.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "guichet.toml")]
pub struct File {
    /// Where browsers reach the site: scheme and host, nothing else. An app on another host names its own.
    #[schemars(required, extend("pattern" = "^https?://"))]
    pub public_url: Option<String>,
    /// The folder into which `guichet assets import-button` puts the provider's official button; relative to the folder of this
    /// file.
    pub assets_dir: Option<String>,
    /// Who is speaking on our pages.
    #[schemars(required)]
    pub organisation: Option<Organisation>,
    /// The process itself.
    pub server: Option<Server>,
    /// What browsers may cost: whoever takes more is refused, or ended.
    pub limits: Option<Limits>,
    /// What the gateway says about itself.
    pub logs: Option<Logs>,
    /// Calls to providers, and nothing else: neither applications nor Redis are reached so.
    pub outbound: Option<Outbound>,
    /// Who is logged in, and for how long.
    pub session: Option<Session>,
    /// The signed statement about a person that each request carries to its application.
    pub assertion: Option<Assertion>,
    /// The providers, each under a name of your own (`[a-z][a-z0-9-]{0,31}`), which is part of cookie names and paths.
    #[schemars(required)]
    pub providers: Option<BTreeMap<String, raw_provider::Provider>>,
    /// Front proxies that ask about each request and forward it themselves. Absent: nobody may ask.
    pub forward_auth: Option<ForwardAuth>,
    /// The applications.
    #[schemars(required)]
    pub apps: Option<Vec<App>>,
}

/// Who is speaking on our pages.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// The name at the head of every page.
    #[schemars(required)]
    pub name: Option<String>,
    /// Where people find help.
    pub contact_url: Option<String>,
    /// The legal notice.
    pub legal_url: Option<String>,
    /// The accessibility statement.
    pub accessibility: Option<Accessibility>,
}

/// The accessibility statement, whose status French pages show in their footer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accessibility {
    /// How far the pages conform to RGAA.
    #[schemars(required, extend("enum" = ["full", "partial", "none"]))]
    pub status: Option<String>,
    /// The statement itself.
    pub url: Option<String>,
}

/// The process itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port to listen on.
    pub listen: Option<String>,
    /// Everything below this path is answered by the gateway itself: sign-in, sign-out, its keys, its pages. Never forwarded.
    pub reserved_prefix: Option<String>,
    /// Address and port for the probes and the metrics: `/livez`, `/readyz`, `/metrics`; nothing secret, nothing to change.
    pub monitor_listen: Option<String>,
    /// The Unix socket for `guichet sessions` and `guichet reload`, for this user only; relative to the folder of this file.
    pub admin_socket: Option<String>,
    /// The proxies in front whose `X-Forwarded-*` are believed: addresses or networks. Nobody unless listed.
    pub trusted_proxies: Option<Vec<String>>,
    /// How long after SIGTERM the gateway still serves while it says that it is not ready, so that a load balancer can look
    /// elsewhere.
    pub shutdown_delay: Option<String>,
    /// How long after that the last exchanges may take.
    pub drain_timeout: Option<String>,
    /// Certificate and key, where no proxy in front has them. Absent: plain http.
    pub tls: Option<Tls>,
    /// What every answer of an https site tells browsers (`Strict-Transport-Security`, one year): that this host, or every
    /// name below it as well, is never to be visited in the open again.
    #[schemars(extend("enum" = ["host", "subdomains", "off"]))]
    pub hsts: Option<String>,
}

/// The certificate that browsers see, and its key.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate, then those between it and its root, in PEM; relative to the folder of this file.
    #[schemars(required)]
    pub cert_file: Option<String>,
    /// Its private key, in PEM, for this user only.
    #[schemars(required)]
    pub key_file: Option<String>,
}

/// What browsers may cost: whoever takes more is refused, or ended.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Connections of browsers at once; beyond them one is closed as it comes.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_connections: Option<u32>,
    /// The same of one address (of IPv6, of one /64). The proxies in `server.trusted_proxies` may have more.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub connections_per_client: Option<u32>,
    /// Requests of one address that are under way at once, whoever brings them; beyond them 429.
    #[schemars(range(min = 1, max = 65535))]
    pub requests_per_client: Option<u32>,
    /// How often one address may begin a login in a minute, how often it may come back from a provider, and how many logout
    /// tokens that are none it may send; beyond it 429.
    #[schemars(range(min = 1, max = 100_000))]
    pub logins_per_client: Option<u32>,
    /// How long the whole head of a request may take; beyond it the connection ends.
    pub head_timeout: Option<String>,
    /// How long a connection is kept for the next request; longer than a proxy in front keeps its own.
    pub keep_alive: Option<String>,
    /// How long a browser may take nothing of what waits for it; beyond it the connection ends.
    pub write_timeout: Option<String>,
    /// Longest head of a request, all fields together; beyond it 431.
    pub max_head: Option<String>,
    /// Most fields of a request; beyond it 431.
    #[schemars(range(min = 10, max = 1000))]
    pub max_fields: Option<u32>,
    /// Longest body of a request; beyond it 413. An app may say its own.
    pub max_body: Option<String>,
    /// How long a body may keep us waiting, in all; beyond it 408.
    pub body_grace: Option<String>,
    /// Bytes that give a body one second more.
    pub body_rate: Option<String>,
    /// Longest form that the gateway reads itself; beyond it 413.
    pub max_form: Option<String>,
    /// Requests that one HTTP/2 connection may have under way.
    #[schemars(range(min = 1, max = 250))]
    pub http2_streams: Option<u32>,
    /// Requests that an HTTP/2 connection may take back unanswered within 30 seconds; beyond them it ends.
    #[schemars(range(min = 20, max = 100_000))]
    pub http2_resets: Option<u32>,
}

/// What the gateway says about itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Logs {
    /// How the lines on standard error look; `auto` is text on a terminal and JSON everywhere else.
    #[schemars(extend("enum" = ["auto", "json", "text"]))]
    pub format: Option<String>,
    /// The file that the audit events are appended to, JSON lines; relative to the folder of this file. Absent: standard
    /// output.
    pub audit_file: Option<String>,
}

/// Calls to providers, and nothing else.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    /// The organisation's proxy, `http://host:port`. Every call goes through a tunnel (`CONNECT`); TLS is checked end to end.
    /// Absent: straight. Variables such as `HTTPS_PROXY` change nothing.
    pub proxy: Option<String>,
    /// What the proxy asks for: `user:password`.
    pub proxy_login: Option<SecretSource>,
    /// The authorities that may vouch for a provider, in PEM, instead of the machine's; relative to the folder of this file.
    pub ca_file: Option<String>,
}

/// Who is logged in, and for how long.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Where sessions are kept: in this one process, or in Redis.
    #[schemars(extend("enum" = ["memory", "redis"]))]
    pub store: Option<String>,
    /// The Redis that keeps sessions; needed with `store = "redis"`.
    pub redis: Option<Redis>,
    /// A session ends after so long without a request.
    pub idle_timeout: Option<String>,
    /// A session ends so long after the login, whatever happens.
    pub absolute_timeout: Option<String>,
    /// What sessions and login cookies are sealed with: at least 32 random bytes. A list has the current one first; a
    /// previous one stays listed for `absolute_timeout`. Without it, and only with `store = "memory"`, one is made.
    pub secret: Option<SecretSources>,
}

/// The Redis that keeps sessions.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// `redis://` or `rediss://` (TLS), with user, password and database.
    #[schemars(required)]
    pub url: Option<SecretSource>,
    /// Begins every key in Redis, so that several gateways can share one.
    pub prefix: Option<String>,
    /// With `rediss://`: the authorities that may vouch for Redis, in PEM, instead of the machine's; relative to the folder of
    /// this file.
    pub ca_file: Option<String>,
    /// With `rediss://`: the certificate that the gateway shows, then those between it and its root, in PEM.
    pub cert_file: Option<String>,
    /// The private key of that certificate, in PEM, for this user only.
    pub key_file: Option<String>,
}

/// The signed statement about a person.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// Its `iss`. Absent: the public URL.
    pub issuer: Option<String>,
    /// The folder of the keys that sign it, shared by all instances; relative to the folder of this file. Without it, and
    /// only with `store = "memory"`, a key is made that lives as long as the process.
    pub keys_dir: Option<String>,
    /// How long one assertion is valid.
    pub lifetime: Option<String>,
    /// What pseudonyms are made with (`subject = "pairwise"`): at least 32 random bytes, the same in every process, for as long
    /// as an application keeps a pseudonym. Lost, everybody is somebody new to these applications.
    pub pairwise_secret: Option<SecretSource>,
}

/// Front proxies that ask about each request and forward it themselves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForwardAuth {
    /// The addresses or networks that they ask from. With `secret` as well, both are needed.
    pub callers: Option<Vec<String>>,
    /// What they send in `X-Forward-Auth-Secret`: at least 32 random bytes. A list has the current one first; each is accepted.
    pub secret: Option<SecretSources>,
    /// The longest head of an answer that they read; a longer answer is refused.
    pub max_answer_head: Option<String>,
}

/// An application.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Its name, unique; the assertion's audience unless `audience` says otherwise.
    #[schemars(required)]
    pub name: Option<String>,
    /// What people read on our pages. Absent: the name.
    pub title: Option<String>,
    /// The host at which browsers reach it. Absent: that of `public_url`.
    pub host: Option<String>,
    /// The path at which it begins; several apps may share a host.
    pub path: Option<String>,
    /// At which providers a person may sign in, by their names, in the order in which they are offered.
    #[schemars(required)]
    pub providers: Option<Vec<String>>,
    /// What a visitor without a session sees first: a page with the provider's button, or the provider itself.
    #[schemars(extend("enum" = ["chooser", "redirect"]))]
    pub login: Option<String>,
    /// Words that a link to the sign-in may hand on as `idp_hint`: behind which of its own providers a federation lets the
    /// person in. What is not listed is left out.
    pub idp_hints: Option<Vec<String>>,
    /// Who carries requests to the application: the gateway, or another proxy, which asks about each of them.
    #[schemars(extend("enum" = ["proxy", "forward_auth"]))]
    pub mode: Option<String>,
    /// The application's servers: scheme, host and port of each, or `unix:` and the path of its socket. Of several a visitor
    /// stays at one; where it cannot be connected to, another is tried.
    /// Needed unless `mode = "forward_auth"`.
    pub upstreams: Option<Vec<String>>,
    /// With `https://`: the authorities that may vouch for the application's servers, in PEM, instead of the machine's; relative
    /// to the folder of this file.
    pub ca_file: Option<String>,
    /// What the application is told about a person; nothing else leaves.
    pub claims: Option<Vec<String>>,
    /// What follows from civil status and is told in its place: `age_over_18` (or another age), `birth_year`,
    /// `birth_department`, `born_in_france`, `initials`.
    pub derived: Option<Vec<String>>,
    /// Which of the claims and derived facts are said in plain headers as well.
    pub plain_headers: Option<Vec<String>>,
    /// Who the person is to the application: the provider's own subject, a pseudonym of this application, or nobody.
    #[schemars(extend("enum" = ["provider", "pairwise", "none"]))]
    pub subject: Option<String>,
    /// The assertion's `aud`. Absent: the name.
    pub audience: Option<String>,
    /// Which `Host` the application sees: the browser's, or that of its own URL.
    #[schemars(extend("enum" = ["browser", "upstream"]))]
    pub host_header: Option<String>,
    /// How long a connection to the application may take to open.
    pub connect_timeout: Option<String>,
    /// How long the application may take until its answer begins.
    pub response_timeout: Option<String>,
    /// How long a body may stand still, in either direction.
    pub idle_timeout: Option<String>,
    /// How long an exchange may take altogether, however much moves. Absent: without end. Not for an app with event
    /// streams; a WebSocket is none of it.
    pub total_timeout: Option<String>,
    /// How long a WebSocket may stay open while neither side says anything.
    pub websocket_idle_timeout: Option<String>,
    /// How long an unused connection to the application is kept; shorter than the application itself keeps it.
    pub keep_alive: Option<String>,
    /// Most connections to one server of the application at once; beyond them visitors get 503.
    #[schemars(range(min = 1, max = 65535))]
    pub max_connections: Option<u32>,
    /// Longest body of a request to this app; beyond it 413. Absent: that of `limits`.
    pub max_body: Option<String>,
    /// Names of the application's own session cookies (`PHPSESSID`, `JSESSIONID`). What it sets under them comes back to it with
    /// the same person only, so that nobody inherits the session of whoever sat at this computer before.
    pub app_cookies: Option<Vec<String>>,
    /// What becomes of a request in which a client names an identity, in any spelling: it goes on without these fields, or it
    /// is refused. Either way it is counted, and told in the audit stream.
    #[schemars(extend("enum" = ["strip", "reject"]))]
    pub on_spoof: Option<String>,
    /// Names of fields with other characters than letters, digits and hyphens that the application needs from its clients
    /// (`my_app.token`). No other such field reaches it.
    pub allow_headers: Option<Vec<String>>,
    /// Forms of a path that programs read in several ways, and that an old application cannot do without: parameters
    /// (`/page;jsessionid=1`), escaped slashes (`/group%2Fproject`), empty segments (`/wiki//page`). Such a path is asked for
    /// the most that any reading of it asks for.
    #[schemars(extend("items" = serde_json::json!({ "type": "string", "enum": [";", "%2F", "//"] })))]
    pub allow_in_path: Option<Vec<String>>,
    /// How each server is asked whether it is well. Absent: one is left alone for a few seconds that could not be connected to,
    /// and nothing is asked.
    pub health: Option<Health>,
    /// What the app's paths ask of a visitor; the longest path wins, what is not listed is `required`.
    pub routes: Option<Vec<Route>>,
}

/// How each server of an application is asked whether it is well.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// The path that is asked for; an answer below 400 is well.
    #[schemars(required)]
    pub path: Option<String>,
    /// From one answer to the next question.
    pub interval: Option<String>,
}

/// A path of an app, and what it asks of a visitor.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The path, below that of the app.
    #[schemars(required)]
    pub path: Option<String>,
    /// Nothing, an identity if there is one, or a session.
    #[schemars(extend("enum" = ["public", "optional", "required"]))]
    pub access: Option<String>,
    /// Whether this is the application's own sign-out: it gets the request, then the session ends here and at the provider.
    pub ends_session: Option<bool>,
    /// What a session has to be for this path. Only where one is required.
    pub require: Option<Requirement>,
}

/// What a session has to be. Whoever has another one is told what is needed, and offered the providers that can satisfy it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The lowest levels that are taken, in the words of the providers; of each provider the lowest that it knows.
    pub acr: Option<Vec<String>>,
    /// Years of life that have to be completed.
    #[schemars(range(min = 1, max = 130))]
    pub age_over: Option<u8>,
    /// The provider entries that are taken.
    pub idp: Option<Vec<String>>,
    /// Claims, or derived facts, and the one value of each that is taken.
    pub claims: Option<BTreeMap<String, String>>,
    /// How long ago the person may have proved who they are; then they are asked again.
    pub auth_age: Option<String>,
}
