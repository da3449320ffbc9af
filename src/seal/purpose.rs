//! What keys are for, and the labels from which they follow: a part of the format of everything that is sealed.

/// What a key is for. Two purposes never share a key, so that what is made for one is worthless for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The cookie of a login under way.
    LoginCookie,
    /// The cookie that waits for the provider's end of session.
    LogoutCookie,
    /// The record of a session, in the store.
    SessionRecord,
    /// What an operator may see of a session, in the store.
    OperatorNote,
    /// How a login attempt ended, in the store.
    AttemptOutcome,
    /// The name under which a subject's sessions are listed.
    SubjectTag,
    /// The name under which the sessions of a provider's `sid` are listed.
    ProviderSidTag,
    /// The name under which the end of all sessions of an entry, or of everybody, is remembered.
    EndTag,
    /// The mark of an application's own cookie: whose it is.
    AppCookieMark,
    /// The person, in the audit stream.
    AuditTag,
    /// The person, to one application.
    Pseudonym,
    /// A session, to an application that knows its person by a pseudonym.
    PseudonymousSid,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 12] = [
        Self::LoginCookie,
        Self::LogoutCookie,
        Self::SessionRecord,
        Self::OperatorNote,
        Self::AttemptOutcome,
        Self::SubjectTag,
        Self::ProviderSidTag,
        Self::EndTag,
        Self::AppCookieMark,
        Self::AuditTag,
        Self::Pseudonym,
        Self::PseudonymousSid,
    ];

    /// The label of the derivation. A changed label is a lost key: everything sealed under it is gone.
    pub const fn label(self) -> &'static str {
        match self {
            Self::LoginCookie => "guichet/1/login-cookie",
            Self::LogoutCookie => "guichet/1/logout-cookie",
            Self::SessionRecord => "guichet/1/session-record",
            Self::OperatorNote => "guichet/1/operator-note",
            Self::AttemptOutcome => "guichet/1/attempt-outcome",
            Self::SubjectTag => "guichet/1/subject-tag",
            Self::ProviderSidTag => "guichet/1/provider-sid-tag",
            Self::EndTag => "guichet/1/end-tag",
            Self::AppCookieMark => "guichet/1/app-cookie-mark",
            Self::AuditTag => "guichet/1/audit-tag",
            Self::Pseudonym => "guichet/1/pseudonym",
            Self::PseudonymousSid => "guichet/1/pseudonymous-sid",
        }
    }
}
