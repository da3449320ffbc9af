//! The stable names of configuration problems. A number is never used again for something else.

use std::fmt;

/// One kind of problem. Its number is its documentation's heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum Code {
    /// The file cannot be read.
    File = 1,
    /// The file is not TOML.
    Syntax = 2,
    /// No such key.
    UnknownKey = 3,
    /// A value of another type.
    WrongType = 4,
    /// A key without which nothing works.
    MissingKey = 5,
    /// None of the words that a key knows.
    UnknownWord = 6,
    /// A variable of the environment that says nothing.
    Environment = 7,

    /// Not a duration with a unit.
    Duration = 10,
    /// A duration outside what makes sense.
    DurationOutOfBounds = 11,
    /// Not a URL of the form that the key wants.
    Url = 12,
    /// Plain http outside this machine.
    PlainHttp = 13,
    /// Not an address to listen on.
    Listen = 14,
    /// A number outside what makes sense.
    NumberOutOfBounds = 15,
    /// Empty, or with characters that it cannot have.
    Text = 16,

    /// Not the name of a provider entry.
    EntryName = 20,
    /// The provider has no such level.
    Acr = 21,
    /// No such preset.
    Preset = 22,
    /// The preset has no such environment.
    ProviderEnvironment = 23,
    /// The provider has no such scope.
    Scope = 24,
    /// The scope without which there is no OpenID Connect.
    OpenidScope = 25,
    /// An issuer that is missing, or that this environment cannot have.
    Issuer = 26,
    /// An algorithm that this provider does not sign with.
    SigningAlg = 27,

    /// An app names a provider entry that is not there.
    UnknownProvider = 30,
    /// Two apps of one name.
    DuplicateApp = 31,
    /// Two apps, or two routes, at one place.
    SamePlace = 32,
    /// A path that cannot be told from another one, or that is ours.
    Path = 33,
    /// Not a host.
    Host = 34,
    /// A claim that no provider of the app knows.
    UnknownClaim = 35,
    /// A claim that no scope of the app's providers delivers.
    UndeliveredClaim = 36,
    /// A plain header for a claim that the app does not get.
    PlainHeader = 37,
    /// Not exactly one upstream.
    Upstreams = 38,

    /// A secret that stands in the open.
    LiteralSecret = 50,
    /// Not exactly one source of a secret.
    SecretSource = 51,
    /// A secret that is not where it should be.
    SecretUnreadable = 52,
    /// A secret of nothing.
    SecretEmpty = 53,
    /// A secret that can be guessed.
    SecretWeak = 54,
    /// A secret that everybody on this machine can read.
    SecretExposed = 55,

    /// No folder of keys.
    KeysDir = 60,
    /// A folder of keys without a key that signs.
    Keys = 61,
    /// A private key that everybody on this machine can read.
    KeyExposed = 62,

    /// Not the URL of a Redis.
    RedisUrl = 70,
    /// A Redis that lets everybody in.
    RedisPassword = 71,
    /// A Redis that is spoken to in the open.
    RedisInTheOpen = 72,

    /// A route that repeats its app's path.
    RepeatedPath = 80,
    /// An e-mail address in the place of an identifier.
    EmailIsNoIdentifier = 81,
    /// Identity headers that travel in the open.
    UpstreamInTheOpen = 82,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "C{:03}", *self as u16)
    }
}
