//! The URLs of the file: that of the site, of an application server, of a page to link to.

use crate::wire::host::Host;
use crate::wire::scheme::Scheme;

/// Scheme and authority of a URL, and what comes after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlParts<'a> {
    /// What it begins with.
    pub scheme: Scheme,
    /// Host and port, without a port that the scheme has by default.
    pub host: Host,
    /// Path, query and fragment; empty, or begins with `/`, `?` or `#`.
    pub rest: &'a str,
}

/// Why a text is no URL of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Neither `http://` nor `https://`.
    #[error("does not begin with https:// or http://")]
    Scheme,
    /// No valid host, or user information before it.
    #[error("has no valid host")]
    Host,
    /// A space, a control character, a quotation mark, a backslash or a letter that a URL escapes.
    #[error("has a character that a URL escapes")]
    Character,
    /// A path, a query or a fragment where there must be none.
    #[error("has something after its host")]
    Rest,
}

/// Reads any http or https URL.
pub fn parse(text: &str) -> Result<UrlParts<'_>, UrlError> {
    let (scheme, rest) = Scheme::of_url(text).ok_or(UrlError::Scheme)?;
    if text
        .bytes()
        .any(|byte| !byte.is_ascii_graphic() || b"\"<>\\^`{|}".contains(&byte))
    {
        return Err(UrlError::Character);
    }
    let ends = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(ends).ok_or(UrlError::Host)?;
    let host = Host::parse(authority).map_err(|_invalid| UrlError::Host)?;
    Ok(UrlParts {
        scheme,
        host: host.without_default_port(scheme),
        rest,
    })
}

/// Reads a URL of nothing but scheme, host and port; one slash at its end is allowed.
pub fn parse_origin(text: &str) -> Result<UrlParts<'_>, UrlError> {
    let parts = parse(text)?;
    if matches!(parts.rest, "" | "/") {
        Ok(parts)
    } else {
        Err(UrlError::Rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_and_host() {
        let parts = parse_origin("https://demarches.ville.example:443/").unwrap();
        assert_eq!(
            (parts.scheme, parts.host.as_str()),
            (Scheme::Https, "demarches.ville.example")
        );
        assert_eq!(parse_origin("https://a.example/x"), Err(UrlError::Rest));
        assert_eq!(parse_origin("https://a.example?x"), Err(UrlError::Rest));
    }

    #[test]
    fn anything_else_is_no_url() {
        for (text, why) in [
            ("demarches.ville.example", UrlError::Scheme),
            ("javascript:alert(1)", UrlError::Scheme),
            ("ftp://a.example", UrlError::Scheme),
            ("https://", UrlError::Host),
            ("https://user@a.example", UrlError::Host),
            ("https://a.example:0", UrlError::Host),
            ("https://a.example/é", UrlError::Character),
            ("https://a.example/ x", UrlError::Character),
            ("https://a.example/\"", UrlError::Character),
        ] {
            assert_eq!(parse(text), Err(why), "{text}");
        }
    }
}
