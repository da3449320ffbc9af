//! The stable names of configuration problems. A number is never used again for something else.

use std::fmt;

/// One table for the type, its list and what each means.
macro_rules! codes {
    ($($name:ident = $number:literal, $meaning:literal;)*) => {
        /// One kind of problem, documented in `docs/configuration.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Code {
            $(#[doc = $meaning] $name = $number,)*
        }

        impl Code {
            /// Every kind, by number.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What is wrong, in one sentence.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)*
                }
            }
        }
    };
}

codes! {
    File = 1, "The file cannot be read.";
    Syntax = 2, "The file is not TOML.";
    UnknownKey = 3, "No such key.";
    WrongType = 4, "A value of another type.";
    MissingKey = 5, "A key without which nothing works.";
    UnknownWord = 6, "None of the words that a key knows.";
    Environment = 7, "A variable of the environment that says nothing.";

    Duration = 10, "Not a duration with a unit.";
    DurationOutOfBounds = 11, "A duration outside what makes sense.";
    Url = 12, "Not a URL of the form that the key wants.";
    PlainHttp = 13, "Plain http outside this machine.";
    Listen = 14, "Not an address to listen on, or one that is taken twice.";
    NumberOutOfBounds = 15, "A number outside what makes sense.";
    Text = 16, "Empty, or with characters that it cannot have.";
    TrustedProxy = 17, "Not a proxy that can be trusted.";

    Size = 18, "Not a size with a unit.";
    SizeOutOfBounds = 19, "A size outside what makes sense.";

    EntryName = 20, "Not the name of a provider entry.";
    Acr = 21, "The provider has no such level.";
    Preset = 22, "No such preset.";
    ProviderEnvironment = 23, "The preset has no such environment.";
    Scope = 24, "The provider has no such scope.";
    OpenidScope = 25, "The scope without which there is no OpenID Connect.";
    Issuer = 26, "An issuer that is missing, or that this environment cannot have.";
    SigningAlg = 27, "An algorithm that this provider does not sign with.";
    ProviderChoice = 28, "Something that this provider does not take, or has no word for.";
    ClientKey = 29, "No key that a client can authenticate with.";

    UnknownProvider = 30, "An app names a provider entry that is not there.";
    DuplicateApp = 31, "Two apps of one name.";
    SamePlace = 32, "Two apps, or two routes, at one place.";
    Path = 33, "A path that cannot be told from another one, or that is ours.";
    Host = 34, "Not a host.";
    UnknownClaim = 35, "A claim that no provider of the app knows.";
    UndeliveredClaim = 36, "A claim that no scope of the app's providers delivers.";
    PlainHeader = 37, "A plain header for a claim that the app does not get.";
    Upstreams = 38, "Upstreams that do not go together, with one another or with another key.";

    HeaderBudget = 39, "More about a person than a request may carry.";

    LiteralSecret = 50, "A secret that stands in the open.";
    SecretSource = 51, "Not exactly one source of a secret.";
    SecretUnreadable = 52, "A secret that is not where it should be.";
    SecretEmpty = 53, "A secret of nothing.";
    SecretWeak = 54, "A secret that can be guessed.";
    SecretExposed = 55, "A secret that everybody on this machine can read.";

    KeysDir = 60, "No folder of keys.";
    Keys = 61, "A folder of keys without a key that signs.";
    KeyExposed = 62, "A private key that everybody on this machine can read.";
    EncryptionAlg = 63, "An algorithm that this provider does not encrypt with.";
    SeveralKeySets = 64, "Keys of which a provider would take the wrong one.";
    SharedKey = 65, "One private key for two purposes.";

    RedisUrl = 70, "Not the URL of a Redis.";
    RedisPassword = 71, "A Redis that lets everybody in.";
    RedisInTheOpen = 72, "A Redis that is spoken to in the open.";

    RepeatedPath = 80, "A route that repeats its app's path.";
    EmailIsNoIdentifier = 81, "An e-mail address in the place of an identifier.";
    UpstreamInTheOpen = 82, "Identity headers that travel in the open.";
    UpstreamIsOurs = 83, "An application that would be the gateway itself.";
    SecretWrapped = 84, "A secret with something around it that hardly belongs to it.";
    NearlyOurVariable = 85, "A variable that nearly has the name of a key, and that changes nothing here.";
    ClientId = 86, "A client id of another form than the provider's.";
    UnnamedAnswers = 87, "A provider whose answers may be taken for those of another one.";

    Certificate = 90, "A certificate or key that cannot be served.";
    CertificateValidity = 91, "A certificate that browsers refuse, or soon will.";
    CertificateNames = 92, "A certificate that is not for a host of the site.";
    ListenerInTheOpen = 93, "A listener that browsers can reach in the open.";
    TlsWithoutHttps = 94, "A certificate for a site that is published in the open.";

    SocketPath = 95, "A path that a Unix socket cannot have.";
    ReservedPrefix = 96, "Not a path that the gateway can keep for itself.";

    AuditFile = 100, "Not a file that audit events can be written to.";

    OfficialButton = 105, "A real provider without its official button.";
    AssetsDir = 106, "Not a folder with the official button.";
    SignOutRoute = 107, "A sign-out on a route where nobody is known.";
    AppCookie = 108, "Not the name of an application's own cookie.";

    Routes = 109, "More routes than an app can have.";
    OddHeader = 110, "Not a field with an odd name that an application may hear of.";
    OddHeaderAllowed = 111, "A field that some application servers read as another one.";
    AmbiguousPath = 112, "A form of path that programs read in several ways.";

    Proxy = 115, "Not the address of a proxy, or not a login for one.";
    Certificates = 116, "A file without the certificates or the key that it should hold.";
    RedisTls = 117, "Certificates for a Redis that is spoken to without TLS, or half of a pair.";
    ProxyVariable = 118, "A variable that names a proxy, and that changes nothing here.";

    Limits = 119, "Limits that make no sense together.";
    PublicBesideRequired = 120, "An application that is told who somebody is on one page and nothing on the next.";
    UpstreamTls = 125, "Authorities for an application that is spoken to without TLS.";

    SharedSigningKey = 126, "A provider that signs with what we know as well.";
    IdpHint = 127, "A hint that no provider of the app takes.";

    ForwardAuthCallers = 130, "An app that a front proxy has to ask about, and nobody who may.";
    ForwardAuthKey = 131, "A key that cannot work where another proxy forwards the requests.";
    ForwardAuthHead = 132, "More about a person than a front proxy reads.";
    ForwardAuthProxy = 133, "A front proxy that asks, and is not believed about its visitors elsewhere.";

    UnknownFact = 140, "Not a fact that can be derived.";
    UnderivableFact = 141, "A fact that no provider of the app says enough for.";
    PresumedBirthdate = 142, "An age that takes an unknown day of birth for a known one.";
    ClaimsOfNobody = 143, "Claims of a person who is to be nobody.";
    ClaimsBesidePseudonym = 144, "Claims beside a pseudonym that they give away.";
    RequirementOfNobody = 145, "A requirement on a route where nobody has to be signed in.";
    Unsatisfiable = 146, "A requirement that no provider of the app can satisfy.";
    AuthAge = 147, "An age of the authentication that no provider of the app tells.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "C{:03}", *self as u16)
    }
}
