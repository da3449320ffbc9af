//! Fresh random values, in the two spellings that the protocol uses.

use std::io;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_unspecified| io::Error::other("the system gives no random bytes"))?;
    Ok(bytes)
}

/// 43 characters of base64url, as FranceConnect's codes and access tokens are.
pub(crate) fn opaque() -> io::Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}

/// `2 * N` hexadecimal characters.
pub(crate) fn hex<const N: usize>() -> io::Result<String> {
    let digits = bytes::<N>()?.map(|byte| format!("{byte:02x}"));
    Ok(digits.concat())
}

/// A random UUID (RFC 9562, version 4), as the incident numbers on FranceConnect's pages are.
pub(crate) fn uuid() -> io::Result<String> {
    let [a, b, c, d] = [hex::<4>()?, hex::<2>()?, hex::<2>()?, hex::<6>()?];
    let tail = hex::<2>()?;
    let (version, variant) = (c.get(1..).unwrap_or_default(), tail.get(1..).unwrap_or_default());
    Ok(format!("{a}-{b}-4{version}-8{variant}-{d}"))
}
