//! Names and certificates: what stands between this machine and another one.

use std::time::Duration;

use crate::back_channel::BackChannel;
use crate::back_channel::inspection::Distrust;
use crate::back_channel::inspection::Inspection;
use crate::back_channel::inspection::InspectionError;
use crate::causes;
use crate::cli::report::Finding;
use crate::clock::Timestamp;
use crate::wire::certificate::Certificate;
use crate::wire::certificate::Validity;
use crate::wire::host::Host;
use crate::wire::provider_url::ProviderUrl;
use crate::wire::untrusted::Untrusted;

/// For a look-up of a name.
const LOOK_UP_WITHIN: Duration = Duration::from_secs(5);

/// Whether a name leads anywhere.
pub(super) async fn name(host: &Host) -> Finding {
    const WHAT: &str = "DNS";
    let name = host.name();
    let wanted = (
        name.trim_matches(['[', ']']).to_owned(),
        host.port().unwrap_or(443),
    );
    let mend = "compare the name with the one that was meant; ask whoever runs the network whether this machine may look \
                it up (getent hosts NAME)";
    match tokio::time::timeout(LOOK_UP_WITHIN, tokio::net::lookup_host(wanted)).await {
        Ok(Ok(found)) => {
            let mut addresses: Vec<String> = found.map(|address| address.ip().to_string()).collect();
            addresses.dedup();
            if addresses.is_empty() {
                return Finding::bad(WHAT, format!("{name} has no address"), mend);
            }
            Finding::good(WHAT, format!("{name} is {}", addresses.join(", ")))
        }
        Ok(Err(error)) => Finding::bad(WHAT, format!("{name} leads nowhere: {error}"), mend),
        Err(_elapsed) => {
            let seen = format!("{name}: no answer within {} s", LOOK_UP_WITHIN.as_secs());
            Finding::bad(WHAT, seen, mend)
        }
    }
}

/// Whether a server is who it should be.
pub(super) async fn certificate(url: &ProviderUrl, back_channel: &BackChannel, now: Timestamp) -> Finding {
    const WHAT: &str = "TLS";
    match back_channel.inspect(url).await {
        Ok(Inspection {
            certificate,
            intermediates,
            distrust: None,
        }) => {
            let Some(certificate) = certificate else {
                return Finding::good(WHAT, "the certificate is believed");
            };
            let seen = format!("{} ({intermediates} more in the chain)", shown(&certificate));
            if certificate.validity(now) == Validity::EndsSoon {
                let mend = "whoever runs that server renews its certificate before then";
                return Finding::warning(WHAT, seen, mend);
            }
            Finding::good(WHAT, seen)
        }
        Ok(inspection) => distrusted(&inspection),
        Err(error) => no_connection(&error),
    }
}

fn distrusted(inspection: &Inspection) -> Finding {
    let certificate = inspection.certificate.as_ref();
    let shown = certificate.map_or_else(String::new, |certificate| format!(": {}", shown(certificate)));
    let (why, mend) = match &inspection.distrust {
        Some(Distrust::Expired) => (
            "the certificate has expired",
            "whoever runs that server renews its certificate; compare this machine's clock too",
        ),
        Some(Distrust::NotYetValid) => (
            "the certificate is not valid yet",
            "compare this machine's clock with the beginning of its validity",
        ),
        Some(Distrust::UnknownIssuer) => (
            "nobody whom this machine trusts vouches for the certificate",
            "install the issuer's root on this machine (ca-certificates, or SSL_CERT_FILE), or name it with `ca_file` in \
             [outbound] if it is a provider's, in its app if it is an application's; a server that leaves out its intermediate certificates looks the same",
        ),
        Some(Distrust::OtherName) => (
            "the certificate is for other names",
            "compare the address in the configuration with these names",
        ),
        Some(Distrust::Other(_)) | None => ("the certificate is refused", "ask whoever runs that server"),
    };
    let detail = match &inspection.distrust {
        Some(Distrust::Other(detail)) => format!(" ({detail})"),
        _ => String::new(),
    };
    Finding::bad("TLS", format!("{why}{detail}{shown}"), mend)
}

/// A certificate in one line.
pub(super) fn shown(certificate: &Certificate) -> String {
    let names: Vec<String> = certificate.names.iter().map(Untrusted::to_string).collect();
    format!(
        "for {}, by {}, until {}",
        names.join(", "),
        certificate.issuer,
        certificate.not_after
    )
}

fn no_connection(error: &InspectionError) -> Finding {
    Finding::bad(
        "TLS",
        causes::in_one_line(error),
        "is the address right, and does the network let this machine through? If only a proxy does, say `proxy` in [outbound]",
    )
}
