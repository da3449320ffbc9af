//! Several providers, of which one may not say in its answers whose they are.

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::oidc::client_settings::ClientSettings;
use crate::provider::profile::ResponseIssuer;

/// All answers come to one address, and one without `iss` (RFC 9207) counts as that of whoever was asked. A provider
/// that led the browser on to another one in its own place would get that one's code (RFC 9700, section 4.4).
pub fn report(entries: &[&ClientSettings], findings: &mut Findings) {
    for settings in entries {
        let issuer = &settings.profile.issuer;
        let is_alone = entries.iter().all(|other| other.profile.issuer == *issuer);
        if is_alone || settings.profile.rules.response_issuer == ResponseIssuer::Required {
            continue;
        }
        let entry = settings.entry.as_str();
        findings.warning(
            Code::UnnamedAnswers,
            &Key::ROOT.name("providers").name(entry).name("preset"),
            format!(
                "answers of `{entry}` need not name their issuer: another provider of this file that is up to no \
                 good could get its people's codes, and sign in as them"
            ),
            "nothing is to be done if `guichet doctor` says that its answers name their issuer; otherwise list \
             beside it only providers that you would trust with its people",
        );
    }
}
