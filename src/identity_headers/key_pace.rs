//! How fast the keys of the assertion may follow one another: something that was signed lives as long as the longest assertion.

use std::time::Duration;

use crate::identity_headers::assertion::LONGEST_LIFETIME;
use crate::identity_headers::signing_keys::PUBLISHED_FOR;
use crate::jose::private_key::KeyType;
use crate::key_folder::rotation::Pace;

/// How much later than its end an application may still believe an assertion.
const LEEWAY: Duration = Duration::from_mins(1);

/// The pace of a rotation.
pub const PACE: Pace = Pace {
    key_type: KeyType::P256,
    published_for: PUBLISHED_FOR,
    alive_for: LONGEST_LIFETIME.saturating_add(LEEWAY),
};
