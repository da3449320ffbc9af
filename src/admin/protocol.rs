//! The words of the operator's socket. Both sides are the same executable, so there is one version.

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;

/// A question: one line of JSON.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Which sessions are there?
    List {
        /// At this entry only.
        entry: Option<String>,
        /// At this host only.
        host: Option<String>,
    },
    /// Is there this session?
    Show {
        /// Its reference.
        reference: String,
    },
    /// End sessions.
    Revoke(Revocation),
    /// Read the configuration again.
    Reload {},
}

/// The kind of question only: a `sub` is somebody.
impl std::fmt::Debug for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::List { .. } => f.write_str("List"),
            Self::Show { .. } => f.write_str("Show"),
            Self::Revoke(revocation) => f.debug_tuple("Revoke").field(revocation).finish(),
            Self::Reload {} => f.write_str("Reload"),
        }
    }
}

/// Which sessions are to end.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Revocation {
    /// These.
    Reference {
        /// Their references.
        references: Vec<String>,
    },
    /// Those of a person.
    Subject {
        /// At this entry.
        entry: String,
        /// The person's `sub` there.
        sub: String,
    },
    /// Those of an entry.
    Provider {
        /// The entry.
        entry: String,
    },
    /// All.
    All {},
}

impl Revocation {
    /// By what they are chosen, in one word.
    pub const fn by(&self) -> &'static str {
        match self {
            Self::Reference { .. } => "reference",
            Self::Subject { .. } => "subject",
            Self::Provider { .. } => "provider",
            Self::All {} => "all",
        }
    }
}

/// The choice only: a `sub` is somebody.
impl std::fmt::Debug for Revocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.by())
    }
}

/// A line of the answer. The last one is never a session: without it the answer broke off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum Say {
    /// A session.
    Session(SessionLine),
    /// Those were all; so many were listed or ended.
    Done {
        /// How many.
        count: usize,
    },
    /// The new configuration is in force.
    Reloaded {
        /// What deserves a second look.
        warnings: Vec<String>,
    },
    /// Nothing was done, or not all of it.
    Refused {
        /// Why, and what to do.
        reason: String,
    },
}

/// What an operator sees of a session: when, where, how sure; never who.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLine {
    /// Names it.
    pub reference: String,
    /// Absent if its note does not open.
    #[serde(flatten)]
    pub note: Option<Note>,
    /// Until it ends if the person does nothing more.
    pub lapses_in_seconds: u64,
}

/// What was noted at the login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// In seconds since 1970.
    pub logged_in_at: Timestamp,
    /// The provider entry.
    pub entry: String,
    /// The level that the provider vouched for.
    pub acr: String,
    /// The host of the site.
    pub host: String,
}
