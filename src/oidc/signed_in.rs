//! What a login brings: everything that the provider vouched for.

use crate::oidc::id_token::VerifiedIdToken;
use crate::oidc::userinfo::VerifiedUserinfo;

/// Who signed in. Both halves are about the same subject.
#[derive(Debug)]
pub struct SignedIn {
    /// Who, and how sure.
    pub id_token: VerifiedIdToken,
    /// The person.
    pub userinfo: VerifiedUserinfo,
}
