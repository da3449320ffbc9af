//! `subject`: under which name an app knows a person, and what must not stand beside it.

use std::sync::Arc;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::identity_headers::pseudonym::Pseudonyms;
use crate::identity_headers::told::SubjectForm;

/// Reads the word.
pub fn form(
    key: &Key,
    word: Option<String>,
    pseudonyms: Option<&Pseudonyms>,
    findings: &mut Findings,
) -> Option<SubjectForm> {
    match word?.as_str() {
        "none" => Some(SubjectForm::None),
        "pairwise" => {
            if pseudonyms.is_none() {
                without_secret(key, findings);
            }
            pseudonyms.map(|pseudonyms| SubjectForm::Pairwise(Arc::new(pseudonyms.clone())))
        }
        _ => Some(SubjectForm::Provider),
    }
}

/// None is made at the start: it would be another one at the next, and everybody somebody new.
fn without_secret(key: &Key, findings: &mut Findings) {
    let secret = Key::ROOT.name("assertion").name("pairwise_secret");
    if !findings.refused(&secret) {
        findings.error(
            Code::MissingKey,
            key,
            "a pseudonym needs `assertion.pairwise_secret`, and it is missing",
            "make one with `openssl rand -base64 48`, keep a copy where backups are, and name it: pairwise_secret = { file = \
             \"/run/secrets/guichet_pairwise\" }",
        );
    }
}

/// Who is nobody has no claims; who has a pseudonym is known again by whatever stands beside it.
pub fn report_claims(key: &Key, subject: Option<&SubjectForm>, claims: &[String], findings: &mut Findings) {
    let others: Vec<&str> = claims
        .iter()
        .map(String::as_str)
        .filter(|claim| *claim != "sub")
        .collect();
    let (Some(first), Some(subject)) = (others.first(), subject) else {
        return;
    };
    match subject {
        SubjectForm::Provider => {}
        SubjectForm::Pairwise(_) => findings.warning(
            Code::ClaimsBesidePseudonym,
            key,
            format!("the pseudonym hides nobody from an application that is told `{first}`"),
            "leave the claim out, or say a fact instead: `derived`",
        ),
        SubjectForm::None => findings.error(
            Code::ClaimsOfNobody,
            key,
            format!(
                "with subject = \"none\" the application is told nothing of civil status, here is `{first}`"
            ),
            "leave `claims` out, and say facts instead: derived = [\"age_over_18\"]",
        ),
    }
}
