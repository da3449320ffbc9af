//! What a route asks of its visitor.

/// Key `access` of a route, the stricter the greater. Absent: [`Access::Required`], because a forgotten route must not be an
/// open one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Nobody is looked up and nothing is said about anybody.
    Public,
    /// The identity is told if there is one.
    Optional,
    /// Nobody passes without a live session.
    Required,
}
