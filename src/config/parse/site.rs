//! The site and who speaks on it: `public_url`, `organisation`.

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded_url;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::settings::PublicUrl;
use crate::config::url;
use crate::pages::organisation::Accessibility;
use crate::pages::organisation::AccessibilityStatus;
use crate::pages::organisation::Organisation;
use crate::pages::organisation::WebAddress;
use crate::wire::scheme::Scheme;

/// `public_url`: nothing but scheme and host; plain http on this machine only, because cookies and codes travel there.
pub fn public_url(text: Option<String>, findings: &mut Findings) -> Option<PublicUrl> {
    let key = Key::ROOT.name("public_url");
    let text = findings.required(&key, text, "public_url = \"https://demarches.ville.example\"")?;
    let parts = match url::parse_origin(&text) {
        Ok(parts) => parts,
        Err(error) => {
            let help = "write scheme and host and nothing else: \"https://demarches.ville.example\"";
            findings.error(Code::Url, &key, format!("`{}` {error}", bounded_url(&text)), help);
            return None;
        }
    };
    if parts.scheme == Scheme::Http && !parts.host.is_loopback() {
        findings.error(
            Code::PlainHttp,
            &key,
            format!("`{}` is plain http outside this machine", bounded_url(&text)),
            "write https://; plain http is for 127.0.0.1, [::1] and localhost",
        );
        return None;
    }
    Some(PublicUrl {
        scheme: parts.scheme,
        host: parts.host,
    })
}

/// `organisation`.
pub fn organisation(raw: Option<raw::Organisation>, findings: &mut Findings) -> Option<Organisation> {
    let key = Key::ROOT.name("organisation");
    let raw = findings.required(&key, raw, "[organisation] name = \"Ville d'Exemple\"")?;
    let name = findings.required(&key.name("name"), raw.name, "name = \"Ville d'Exemple\"");
    let name = name.and_then(|name| words::text(&key.name("name"), name, findings));
    let contact_url = address(&key.name("contact_url"), raw.contact_url, findings);
    let legal_url = address(&key.name("legal_url"), raw.legal_url, findings);
    let accessibility = raw
        .accessibility
        .and_then(|raw| accessibility(&key.name("accessibility"), raw, findings));
    Some(Organisation {
        name: name?,
        contact_url,
        legal_url,
        accessibility,
    })
}

fn accessibility(key: &Key, raw: raw::Accessibility, findings: &mut Findings) -> Option<Accessibility> {
    let status = findings.required(&key.name("status"), raw.status, "status = \"partial\"");
    let url = address(&key.name("url"), raw.url, findings);
    let status = match status?.as_str() {
        "full" => AccessibilityStatus::Full,
        "partial" => AccessibilityStatus::Partial,
        _ => AccessibilityStatus::None,
    };
    Some(Accessibility { status, url })
}

fn address(key: &Key, text: Option<String>, findings: &mut Findings) -> Option<WebAddress> {
    let text = text?;
    let shown = bounded_url(&text);
    WebAddress::try_from(text)
        .map_err(|error| {
            findings.error(
                Code::Url,
                key,
                format!("`{shown}` cannot be linked to"),
                error.to_string(),
            );
        })
        .ok()
}
