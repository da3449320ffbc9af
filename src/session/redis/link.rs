//! The line to Redis: one multiplexed connection, a time bound for every answer, errors told apart.
//!
//! Commands of all requests share one connection. A task of its own writes them in the order in which they were taken
//! over and hands the answers out in that same order. A request that is dropped leaves only its place for the answer,
//! which then goes nowhere: nobody can read the answer of somebody else. Nothing is sent twice, and no connection is
//! handed back for the next one to use.
//!
//! The connection is made when it is first needed, so that the gateway starts while Redis is down. A connection that broke
//! is made anew; one that is silent, or that leads to a server which no longer takes writes, is given up, because the name
//! may lead elsewhere by now.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::Client;
use redis::ClientTlsConfig;
use redis::Cmd;
use redis::ConnectionAddr;
use redis::ErrorKind;
use redis::IntoConnectionInfo;
use redis::ProtocolVersion;
use redis::RedisError;
use redis::ServerError;
use redis::TlsCertificates;
use redis::Value;
use redis::aio::ConnectionManager;
use redis::aio::ConnectionManagerConfig;
use rustls::crypto::CryptoProvider;
use tokio::time::Instant;

use crate::secret::Secret;
use crate::session::store::StoreError;

/// How long a request waits for an answer, a connection included if there is none.
const BUDGET: Duration = Duration::from_millis(500);
/// How long a connection may be asked in vain.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest pause between two tries to connect.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Why an address of Redis cannot be used. Never quotes it: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisUrlError {
    /// Not an address of Redis.
    #[error("not an address of Redis: redis://, rediss:// or unix:// is expected")]
    NotAnAddress,
    /// `#insecure` would accept any certificate.
    #[error("the certificate of Redis is always verified: `#insecure` is not possible")]
    Unverified,
    /// The process has no TLS yet: whoever starts it installs a default crypto provider of rustls first.
    #[error("TLS to Redis needs a default crypto provider of the process")]
    NoCryptoProvider,
    /// Certificates for a connection that has none.
    #[error("certificates are for rediss:// only")]
    TlsWithoutTls,
    /// A file of certificates or a key that is none, or a key of another certificate.
    #[error("the certificates or the key for TLS to Redis cannot be used")]
    Certificates,
}

/// What TLS to Redis needs beyond what the machine has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedisTls {
    /// Authorities that may vouch for Redis, in PEM, instead of the machine's. Absent: the machine's.
    pub authorities: Option<Vec<u8>>,
    /// What the gateway shows of itself. Absent: nothing, the password has to do.
    pub client: Option<RedisClientCertificate>,
}

/// A certificate of the gateway, with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisClientCertificate {
    /// The certificate, then those between it and its root, in PEM.
    pub chain: Vec<u8>,
    /// Its private key, in PEM.
    pub key: Secret,
}

/// One command, on one key.
#[derive(Clone, Debug)]
pub(super) struct Command {
    name: &'static str,
    cmd: Cmd,
}

impl Command {
    /// `name key`. `name` stands in the list of `docs/redis.md`.
    pub(super) fn new(name: &'static str, key: &str) -> Self {
        let mut cmd = redis::cmd(name);
        cmd.arg(key);
        Self { name, cmd }
    }

    /// A command without a key.
    pub(super) fn bare(name: &'static str) -> Self {
        Self {
            name,
            cmd: redis::cmd(name),
        }
    }

    /// One more argument.
    #[must_use]
    pub(super) fn arg(mut self, argument: impl redis::ToRedisArgs) -> Self {
        self.cmd.arg(argument);
        self
    }

    /// The name.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }
}

/// An answer or a refusal for each command, in their order.
pub(super) type Answers = Vec<Result<Value, StoreError>>;

/// The line to one Redis.
pub(super) struct Link {
    client: Client,
    wire: ArcSwapOption<Wire>,
}

/// One connection, its reconnections included.
struct Wire {
    manager: ConnectionManager,
    unanswered_since: Mutex<Option<Instant>>,
}

impl Link {
    /// Reads the address. Nothing is connected yet, and no runtime is needed.
    pub(super) fn new(url: &Secret, tls: &RedisTls) -> Result<Self, RedisUrlError> {
        let url = url.expose_str().ok_or(RedisUrlError::NotAnAddress)?;
        if url.contains("#insecure") {
            return Err(RedisUrlError::Unverified);
        }
        let not_an_address = |_may_quote_the_password: RedisError| RedisUrlError::NotAnAddress;
        let info = url.into_connection_info().map_err(not_an_address)?;
        // RESP2 begins with AUTH alone. HELLO and CLIENT SETINFO are commands that an access list may not name.
        let settings = info
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP2)
            .set_skip_set_lib_name();
        let is_tls = matches!(info.addr(), ConnectionAddr::TcpTls { .. });
        if is_tls && CryptoProvider::get_default().is_none() {
            return Err(RedisUrlError::NoCryptoProvider);
        }
        let info = info.set_redis_settings(settings);
        let client = if tls.authorities.is_none() && tls.client.is_none() {
            Client::open(info).map_err(not_an_address)?
        } else if is_tls {
            Client::build_with_tls(info, certificates(tls))
                .map_err(|_unreadable| RedisUrlError::Certificates)?
        } else {
            return Err(RedisUrlError::TlsWithoutTls);
        };
        Ok(Self {
            client,
            wire: ArcSwapOption::empty(),
        })
    }

    /// Sends the commands in one go and waits for all answers. An error among them is the error of all.
    pub(super) async fn run(&self, commands: Vec<Command>) -> Result<Vec<Value>, StoreError> {
        self.each(commands).await?.into_iter().collect()
    }

    /// Sends the commands in one go and waits for the answer to each.
    pub(super) async fn each(&self, commands: Vec<Command>) -> Result<Answers, StoreError> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let wire = self.wire()?;
        let mut pipeline = redis::Pipeline::with_capacity(commands.len());
        let mut names = Vec::with_capacity(commands.len());
        for command in commands {
            names.push(command.name);
            pipeline.add_command(command.cmd);
        }
        let mut manager = wire.manager.clone();
        let answers = manager.send_packed_commands(&pipeline, 0, names.len());
        match tokio::time::timeout(BUDGET, answers).await {
            Ok(Ok(values)) => {
                wire.was_answered();
                self.judged(&wire, &names, values)
            }
            Ok(Err(error)) => {
                // The manager mends a broken connection, and nothing else: a login that was refused would be refused for ever.
                if !error.is_io_error() || wire.is_given_up() {
                    self.give_up(&wire);
                }
                Err(failure(&error))
            }
            Err(_elapsed) => {
                if wire.is_given_up() {
                    self.give_up(&wire);
                }
                Err(StoreError::Timeout)
            }
        }
    }

    fn wire(&self) -> Result<Arc<Wire>, StoreError> {
        if let Some(wire) = self.wire.load_full() {
            return Ok(wire);
        }
        // Nobody waits for longer than the budget, the connection included: a second clock for the answer would say the same.
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(None)
            .set_connection_timeout(Some(PATIENCE))
            .set_number_of_retries(1)
            .set_max_delay(LONGEST_PAUSE);
        let manager = ConnectionManager::new_lazy_with_config(self.client.clone(), config)
            .map_err(|error| failure(&error))?;
        let made = Arc::new(Wire {
            manager,
            unanswered_since: Mutex::new(None),
        });
        let before = self
            .wire
            .compare_and_swap(&None::<Arc<Wire>>, Some(Arc::clone(&made)));
        Ok(Option::clone(&before).unwrap_or(made))
    }

    fn give_up(&self, wire: &Arc<Wire>) {
        self.wire.compare_and_swap(&Some(Arc::clone(wire)), None);
    }

    /// Tells answers from refusals; a server that answers so is not the one to ask, and is looked up again.
    fn judged(
        &self,
        wire: &Arc<Wire>,
        names: &[&'static str],
        values: Vec<Value>,
    ) -> Result<Answers, StoreError> {
        if values.len() != names.len() {
            return Err(StoreError::Unexpected {
                command: names.first().copied().unwrap_or_default(),
            });
        }
        let judge = |(command, value): (&&'static str, Value)| match value {
            Value::ServerError(error) => {
                let code = code(&error);
                // A former primary answers so, and the name may lead to the new one; NOAUTH comes when a password was set.
                if matches!(code.as_str(), "READONLY" | "NOAUTH" | "MASTERDOWN") {
                    self.give_up(wire);
                }
                Err(StoreError::Refused { command, code })
            }
            value => Ok(value),
        };
        Ok(names.iter().zip(values).map(judge).collect())
    }
}

impl Wire {
    fn was_answered(&self) {
        *self
            .unanswered_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Notes that a request got no answer; says whether that has gone on for too long.
    fn is_given_up(&self) -> bool {
        let now = Instant::now();
        let mut since = self
            .unanswered_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        now.duration_since(*since.get_or_insert(now)) > PATIENCE
    }
}

fn certificates(tls: &RedisTls) -> TlsCertificates {
    let client = tls.client.as_ref().map(|client| ClientTlsConfig {
        client_cert: client.chain.clone(),
        client_key: client.key.expose().to_owned(),
    });
    TlsCertificates {
        client_tls: client,
        root_cert: tls.authorities.clone(),
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link([redacted])")
    }
}

/// The first word of an error, if it looks like one.
fn code(error: &ServerError) -> String {
    let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let code = error.code();
    let is_plain = !code.is_empty() && code.len() <= 32 && code.bytes().all(is_code);
    if is_plain {
        code.to_owned()
    } else {
        "ERR".to_owned()
    }
}

/// What went wrong before there was an answer.
fn failure(error: &RedisError) -> StoreError {
    match error.kind() {
        ErrorKind::AuthenticationFailed => StoreError::Credentials,
        _ if error.is_timeout() => StoreError::Timeout,
        ErrorKind::Io => StoreError::Unavailable(error.to_string()),
        ErrorKind::Server(_) | ErrorKind::Extension => StoreError::Refused {
            command: "the connection",
            code: error.code().unwrap_or("ERR").to_owned(),
        },
        _ => StoreError::Unavailable(error.category().to_owned()),
    }
}
