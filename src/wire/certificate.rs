//! A certificate (RFC 5280), as far as an operator asks: for whom, by whom, from when until when.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::time::Duration;

use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;
use x509_parser::time::ASN1Time;

use crate::clock::Timestamp;
use crate::wire::untrusted::Untrusted;

/// Enough to renew it in a working week, with a week to spare.
const SOON: Duration = Duration::from_hours(14 * 24);

/// What a certificate says. Nothing is believed by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Who vouches for it.
    pub issuer: Untrusted,
    /// The names and addresses that it is for.
    pub names: Vec<Untrusted>,
    /// The first second of its validity.
    pub not_before: Timestamp,
    /// The last second of its validity.
    pub not_after: Timestamp,
}

/// Where a moment lies in the time of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// Before its time.
    NotYet,
    /// In its time.
    Valid,
    /// In its time, in the last 14 days of it.
    EndsSoon,
    /// After its time.
    Expired,
}

impl Certificate {
    /// Reads one certificate in DER, and nothing after it.
    pub fn read(der: &[u8]) -> Option<Self> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        let alternative = certificate.subject_alternative_name().ok().flatten();
        let names = alternative.iter().flat_map(|names| &names.value.general_names);
        let moment = |time: ASN1Time| Timestamp::from_unix(time.timestamp());
        rest.is_empty().then(|| Self {
            issuer: Untrusted::new(&certificate.issuer().to_string()),
            names: names.filter_map(name).collect(),
            not_before: moment(certificate.validity().not_before),
            not_after: moment(certificate.validity().not_after),
        })
    }

    /// Whether it can be used at this moment.
    pub fn validity(&self, now: Timestamp) -> Validity {
        if now < self.not_before {
            Validity::NotYet
        } else if now > self.not_after {
            Validity::Expired
        } else if now.plus(SOON) > self.not_after {
            Validity::EndsSoon
        } else {
            Validity::Valid
        }
    }
}

fn name(name: &GeneralName<'_>) -> Option<Untrusted> {
    match name {
        GeneralName::DNSName(name) => Some(Untrusted::new(name)),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(|bytes| Ipv4Addr::from(bytes).to_string());
            let v6 = <[u8; 16]>::try_from(*bytes).map(|bytes| Ipv6Addr::from(bytes).to_string());
            v4.or(v6).ok().map(|text| Untrusted::new(&text))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_the_time_of_a_certificate() {
        let day = |day: i64| Timestamp::from_unix(day * 86_400);
        let certificate = Certificate {
            issuer: Untrusted::new("CN=tests"),
            names: Vec::new(),
            not_before: day(100),
            not_after: day(200),
        };
        let second = Duration::from_secs(1);
        for (now, expected) in [
            (day(100).minus(second), Validity::NotYet),
            (day(100), Validity::Valid),
            (day(186), Validity::Valid),
            (day(186).plus(second), Validity::EndsSoon),
            (day(200), Validity::EndsSoon),
            (day(200).plus(second), Validity::Expired),
        ] {
            assert_eq!(certificate.validity(now), expected, "{now}");
        }
    }
}
