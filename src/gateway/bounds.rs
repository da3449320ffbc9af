//! What a browser may cost, on either version of HTTP.

use std::time::Duration;

/// For the whole head of a request, from the moment when the connection is ready for it: so on HTTP/1.1 it is also how long
/// a connection is kept between two requests.
pub(super) const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Most fields of a request; beyond it 431.
pub(super) const MOST_FIELDS: usize = 100;
/// Longest head of a request, beyond it 431, and most of a body that waits in memory. A browser with all of its cookies
/// for a site stays under half of it.
pub(super) const LONGEST_HEAD: usize = 32 * 1024;
/// How long a browser may take no byte of what waits for it.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_mins(1);
