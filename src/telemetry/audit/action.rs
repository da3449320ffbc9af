//! What the stream can tell, one row an action, in the words of the Elastic Common Schema's closed lists.

/// Who can make an event happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Whoever reaches the gateway, as often as they like.
    Strangers,
    /// Somebody who signed in, an operator, or the gateway itself.
    Known,
}

/// One table for the type, its list and how each action is classified.
macro_rules! actions {
    ($($name:ident = $word:literal, $category:literal, $kind:literal, $outcome:literal, $cause:ident;)*) => {
        /// `event.action`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $(#[doc = concat!("`", $word, "`")] $name,)*
        }

        impl Action {
            /// Every action; each is documented in `docs/operations.md`.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in the stream and in the metrics.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// `event.category`.
            pub(super) const fn category(self) -> &'static str {
                match self { $(Self::$name => $category,)* }
            }

            /// `event.type`.
            pub(super) const fn kind(self) -> &'static str {
                match self { $(Self::$name => $kind,)* }
            }

            /// `event.outcome`, unless the event knows better.
            pub(super) const fn outcome(self) -> &'static str {
                match self { $(Self::$name => $outcome,)* }
            }

            pub(super) const fn cause(self) -> Cause {
                match self { $(Self::$name => Cause::$cause,)* }
            }
        }
    };
}

actions! {
    Login = "login", "authentication", "start", "success", Known;
    LoginFailed = "login_failed", "authentication", "start", "failure", Strangers;
    LoginCancelled = "login_cancelled", "authentication", "start", "failure", Strangers;
    Logout = "logout", "authentication", "end", "success", Known;
    BackchannelLogout = "backchannel_logout", "session", "end", "success", Known;
    SessionOver = "session_over", "session", "end", "unknown", Strangers;
    IdentitySpoofed = "identity_spoofed", "web", "denied", "failure", Strangers;
    RequestRefused = "request_refused", "web", "denied", "failure", Strangers;
    SessionsRevoked = "sessions_revoked", "session", "end", "success", Known;
    ConfigReloaded = "config_reloaded", "configuration", "change", "success", Known;
    ConfigRefused = "config_refused", "configuration", "change", "failure", Known;
    AssertionKeysRotated = "assertion_keys_rotated", "configuration", "change", "success", Known;
    ClientKeysRotated = "client_keys_rotated", "configuration", "change", "success", Known;
    EventsSuppressed = "events_suppressed", "process", "info", "success", Known;
}
