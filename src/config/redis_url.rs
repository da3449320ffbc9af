//! The URL of Redis, judged without being shown: it holds a password.

use crate::secret::Secret;
use crate::wire::host::Host;

/// What keeps others out of a Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It is on this machine, or a Unix socket.
    ThisMachine,
    /// TLS and a password.
    Encrypted,
    /// A password, which travels in the open.
    InTheOpen,
    /// Nothing.
    NoPassword,
}

/// Why a URL is not that of a Redis. No variant shows a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisUrlError {
    /// Another scheme, or no text at all.
    #[error("does not begin with redis:// or rediss://")]
    Scheme,
    /// No valid host.
    #[error("has no valid host")]
    Host,
    /// Something after the host that is not the number of a database.
    #[error("has something after its host that is not a number of a database")]
    Database,
}

/// Reads `redis[s]://[user[:password]@]host[:port][/database]` or `redis+unix:///path` (also `unix://`).
pub fn guard(url: &Secret) -> Result<Guard, RedisUrlError> {
    let text = url.expose_str().ok_or(RedisUrlError::Scheme)?;
    if text.starts_with("redis+unix:///") || text.starts_with("unix:///") {
        return Ok(Guard::ThisMachine);
    }
    let (encrypted, rest) = match (text.strip_prefix("rediss://"), text.strip_prefix("redis://")) {
        (Some(rest), _) => (Transport::Tls, rest),
        (_, Some(rest)) => (Transport::Plain, rest),
        (None, None) => return Err(RedisUrlError::Scheme),
    };
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    if !(database.is_empty() || database.parse::<u16>().is_ok()) {
        return Err(RedisUrlError::Database);
    }
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let host = Host::parse(host).map_err(|_invalid| RedisUrlError::Host)?;
    let password = user.split_once(':').map_or("", |(_, password)| password);
    Ok(match (encrypted, password.is_empty()) {
        _ if host.is_this_machine() => Guard::ThisMachine,
        (_, true) => Guard::NoPassword,
        (Transport::Tls, false) => Guard::Encrypted,
        (Transport::Plain, false) => Guard::InTheOpen,
    })
}

enum Transport {
    Tls,
    Plain,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redis_elsewhere_needs_a_password() {
        for (url, expected) in [
            ("redis://127.0.0.1:6379/0", Guard::ThisMachine),
            ("redis://localhost", Guard::ThisMachine),
            ("redis://[::ffff:127.0.0.1]:6379", Guard::ThisMachine),
            ("redis+unix:///run/redis.sock", Guard::ThisMachine),
            ("redis://redis:6379", Guard::NoPassword),
            ("redis://user@redis:6379", Guard::NoPassword),
            ("rediss://redis:6379/3", Guard::NoPassword),
            ("redis://:hunter2@redis:6379", Guard::InTheOpen),
            ("rediss://user:hunter2@redis:6379/3", Guard::Encrypted),
        ] {
            assert_eq!(guard(&Secret::new(url)), Ok(expected), "{url}");
        }
    }

    #[test]
    fn anything_else_is_refused_without_being_shown() {
        for (url, why) in [
            ("hunter2", RedisUrlError::Scheme),
            ("http://redis:6379", RedisUrlError::Scheme),
            ("redis://:hunter2@", RedisUrlError::Host),
            ("redis://:hunt/er2@redis", RedisUrlError::Database),
            ("redis://redis/zero", RedisUrlError::Database),
        ] {
            let error = guard(&Secret::new(url)).unwrap_err();
            assert_eq!(error, why, "{url}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
