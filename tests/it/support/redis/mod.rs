//! A real Redis, on a port and in a folder of its own: killed, paused, brought back, and carried forward in time.

pub(crate) mod gate;
pub(crate) mod liar;

use std::collections::BTreeMap;
use std::io;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::authority::Authority;
use super::authority::LOCALHOST;
use super::authority::LONG;
use super::authority::Pair;
use super::ports::free_ports;
use super::process::Process;
use super::repository::text_of;
use super::resp::Reply;
use super::resp::Resp;
use super::wait::until;

/// A Redis server.
#[derive(Debug)]
pub(crate) struct Redis {
    process: Option<Process>,
    folder: TempDir,
    port: u16,
    /// Where other nodes of a cluster reach it.
    cluster_port: u16,
    options: Options,
    /// Where it is behind TLS.
    authority: Option<Authority>,
}

/// How it is set up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// Every write is on the disk before it is answered, so nothing is lost when it is killed.
    pub(crate) durability: Durability,
    /// Who may speak to it, and how.
    pub(crate) transport: Transport,
    /// The rules of one user, in the words of `ACL SETUSER` (`~guichet:* +get ..`); then nobody else may do anything.
    /// Name `guichet`, password [`PASSWORD`].
    pub(crate) access: Option<String>,
    /// More words of the command line.
    pub(crate) arguments: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Durability {
    #[default]
    InMemory,
    AppendOnlyEverySync,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Transport {
    #[default]
    Plain,
    /// With a certificate of [`Redis::authority`].
    Tls,
    /// The same, and clients have to show one, such as that of [`Redis::client_certificate`].
    MutualTls,
}

const READY: &str = "Ready to accept connections";

/// One key with everything under it, as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) key: Vec<u8>,
    /// What is left of its life; `None` if it never ends.
    pub(crate) left: Option<Duration>,
    /// A string is one value; of a set or a hash the members, of a sorted set members and scores in turn.
    pub(crate) values: Vec<Vec<u8>>,
}

/// The password of the user of [`Options::access`].
pub(crate) const PASSWORD: &str = "only-for-tests";
/// The user through whom the tests themselves look.
const WATCHER: &str = "watcher";

impl Redis {
    pub(crate) fn start() -> Self {
        Self::start_with(Options::default())
    }

    pub(crate) fn start_with(options: Options) -> Self {
        let mut redis = Self::stopped(options);
        redis.resume();
        redis
    }

    /// One node of a cluster.
    pub(crate) fn node() -> Self {
        Self::start_with(Options {
            arguments: &["--cluster-enabled", "yes"],
            ..Options::default()
        })
    }

    /// Not started yet.
    pub(crate) fn stopped(options: Options) -> Self {
        let authority = (options.transport != Transport::Plain).then(|| {
            let authority = Authority::new();
            authority.issue("redis", LOCALHOST, LONG);
            authority.issue("client", "DNS:guichet", LONG);
            authority
        });
        let [port, cluster_port] = free_ports();
        Self {
            process: None,
            folder: TempDir::new().unwrap(),
            port,
            cluster_port,
            options,
            authority,
        }
    }

    /// For the configuration.
    pub(crate) fn url(&self) -> String {
        match self.options.access {
            None => self.url_of(""),
            Some(_) => self.url_of(&format!("guichet:{PASSWORD}@")),
        }
    }

    /// For somebody who says to be this one: `user:password@`.
    pub(crate) fn url_of(&self, who: &str) -> String {
        let scheme = match self.options.transport {
            Transport::Plain => "redis",
            Transport::Tls | Transport::MutualTls => "rediss",
        };
        format!("{scheme}://{who}localhost:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Who signed its certificate, and those that it believes.
    pub(crate) fn authority(&self) -> &Authority {
        self.authority.as_ref().expect("it is not behind TLS")
    }

    /// A certificate that it believes, and its key.
    pub(crate) fn client_certificate(&self) -> Pair {
        self.authority().pair("client")
    }

    /// How many keys each database has that has any.
    pub(crate) fn keys_by_database(&self) -> BTreeMap<u8, usize> {
        let info = self.say(&["INFO", "keyspace"]).text();
        let lines = info.lines().filter_map(|line| line.strip_prefix("db"));
        lines
            .map(|line| {
                let (database, rest) = line.split_once(":keys=").unwrap();
                let keys = rest.split(',').next().unwrap();
                (database.parse().unwrap(), keys.parse().unwrap())
            })
            .collect()
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.process.take().expect("it is not running").kill();
    }

    /// Starts it again, on the same port and with what it wrote down.
    pub(crate) fn resume(&mut self) {
        self.resume_until(READY, &[]);
    }

    /// The same with more words of the command line, and only until it says this.
    pub(crate) fn resume_until(&mut self, announcement: &str, more: &[&str]) {
        assert!(self.process.is_none(), "it is running");
        let (process, _) = Process::announced(self.command().args(more), announcement);
        self.process = Some(process);
    }

    /// It meets another node.
    pub(crate) fn meets(&self, other: &Self) {
        let [port, cluster_port] = [other.port, other.cluster_port].map(|port| port.to_string());
        self.say(&["CLUSTER", "MEET", "127.0.0.1", &port, &cluster_port]);
    }

    /// Waits until it knows who serves which slot.
    pub(crate) fn is_in_its_cluster(&self) {
        until("the cluster stands", || {
            self.say(&["CLUSTER", "INFO"]).text().contains("cluster_state:ok")
        });
    }

    /// It accepts connections and answers nothing.
    pub(crate) fn pause(&self) {
        self.process.as_ref().expect("it is not running").signal("STOP");
    }

    /// It goes on where it was.
    pub(crate) fn unpause(&self) {
        self.process.as_ref().expect("it is not running").signal("CONT");
    }

    /// Time goes by: every key loses this much of its life, and what has none left is gone.
    pub(crate) fn advance(&self, duration: Duration) {
        let by = i64::try_from(duration.as_millis()).unwrap();
        for key in self.keys() {
            match self.ask(&[b"PTTL", &key]).number() {
                left if left < 0 => {}
                left if left <= by => drop(self.ask(&[b"DEL", &key])),
                left => drop(self.ask(&[b"PEXPIRE", &key, (left - by).to_string().as_bytes()])),
            }
        }
    }

    /// Every key, sorted.
    pub(crate) fn keys(&self) -> Vec<Vec<u8>> {
        let mut keys = self.ask(&[b"KEYS", b"*"]).members();
        keys.sort();
        keys
    }

    /// How many sessions of the gateway it keeps.
    pub(crate) fn sessions(&self) -> usize {
        let is_session = |key: &&Vec<u8>| key.starts_with(b"guichet:session:");
        self.keys().iter().filter(is_session).count()
    }

    /// Everything that it holds.
    pub(crate) fn dump(&self) -> Vec<Stored> {
        self.keys().into_iter().map(|key| self.stored(key)).collect()
    }

    /// All keys, members and values in a row, to be searched for what must not be there.
    pub(crate) fn all_bytes(&self) -> Vec<u8> {
        let dump = self.dump();
        dump.into_iter()
            .flat_map(|stored| [vec![stored.key], stored.values].concat().concat())
            .collect()
    }

    /// One command in plain words, as the owner of the server.
    pub(crate) fn say(&self, words: &[&str]) -> Reply {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        self.ask(&words)
    }

    /// One command, as the owner of the server.
    pub(crate) fn ask(&self, words: &[&[u8]]) -> Reply {
        let mut connection = self.connection().unwrap();
        let reply = connection.ask(words).unwrap();
        assert!(
            !matches!(reply, Reply::Error(_)),
            "{:?}: {reply:?}",
            String::from_utf8_lossy(&words.join(&b' '))
        );
        reply
    }

    fn stored(&self, key: Vec<u8>) -> Stored {
        let values = match self.ask(&[b"TYPE", &key]).bytes().as_slice() {
            b"string" => vec![self.ask(&[b"GET", &key]).bytes()],
            b"zset" => self.ask(&[b"ZRANGE", &key, b"0", b"-1", b"WITHSCORES"]).members(),
            b"set" => self.ask(&[b"SMEMBERS", &key]).members(),
            b"hash" => self.ask(&[b"HGETALL", &key]).members(),
            b"list" => self.ask(&[b"LRANGE", &key, b"0", b"-1"]).members(),
            other => panic!("a key of type {:?}", String::from_utf8_lossy(other)),
        };
        let left = self.ask(&[b"PTTL", &key]).number();
        Stored {
            key,
            left: u64::try_from(left).ok().map(Duration::from_millis),
            values,
        }
    }

    fn connection(&self) -> io::Result<Resp> {
        let mut connection = Resp::connect(&self.folder.path().join("redis.sock"))?;
        if self.options.access.is_some() {
            connection.ask(&[b"AUTH", WATCHER.as_bytes(), PASSWORD.as_bytes()])?;
        }
        Ok(connection)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("redis-server");
        command
            .current_dir(self.folder.path())
            .args(["--bind", "127.0.0.1", "--save", "", "--logfile", ""]);
        command.args(["--unixsocket", "redis.sock", "--dir", "."]);
        // Else it would be the port and ten thousand more, which need not be one.
        command.args(["--cluster-port", &self.cluster_port.to_string()]);
        command.args(self.options.arguments);
        let port = self.port.to_string();
        let clients = match self.options.transport {
            Transport::Plain => None,
            Transport::Tls => Some("no"),
            Transport::MutualTls => Some("yes"),
        };
        match clients {
            None => command.args(["--port", &port]),
            Some(clients) => {
                let Pair { cert_file, key_file } = self.authority().pair("redis");
                command.args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", clients]);
                command.arg("--tls-cert-file").arg(cert_file);
                command.arg("--tls-key-file").arg(key_file);
                command.arg("--tls-ca-cert-file").arg(self.authority().root())
            }
        };
        if self.options.durability == Durability::AppendOnlyEverySync {
            command.args(["--appendonly", "yes", "--appendfsync", "always"]);
        }
        if let Some(rules) = &self.options.access {
            let password = format!(">{PASSWORD}");
            command
                .args(["--user", "guichet", "on", &password])
                .args(rules.split(' '));
            command.args(["--user", WATCHER, "on", &password, "~*", "&*", "+@all"]);
            command.args(["--user", "default", "off"]);
        }
        command
    }
}

/// What the access list of `docs/redis.md` allows, in the words of [`Options::access`].
pub(crate) fn documented_rules() -> String {
    let page = text_of("docs/redis.md");
    let line = page.lines().find(|line| line.starts_with("user guichet"));
    let (_, rules) = line.unwrap().split_once(">PASSWORD ").unwrap();
    rules.to_owned()
}

#[cfg(test)]
mod tests;
