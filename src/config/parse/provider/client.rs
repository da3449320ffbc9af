//! Who we are at a provider, and what we prove it with.

use std::sync::Arc;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::layers;
use crate::config::parse::provider::choices;
use crate::config::parse::secrets;
use crate::config::parse::words;
use crate::config::raw_provider;
use crate::config::secret_source::SecretSource;
use crate::config::surroundings::Reach;
use crate::config::surroundings::Surroundings;
use crate::jose::client_key::ClientKey;
use crate::jose::signing::SigningKey;
use crate::oidc::client_settings::ClientCredential;
use crate::provider::preset::ClientIds;
use crate::provider::profile::AssertionAudience;
use crate::provider::profile::ClientAuthentication;
use crate::provider::profile::ProviderRules;
use crate::provider::profile::SigningAlg;
use crate::secret::Secret;

/// RFC 7518, section 3.2: as long as what it makes.
const LEAST_SHARED: usize = 32;

/// Key `client_id`.
pub fn id(key: &Key, id: Option<String>, form: Option<ClientIds>, findings: &mut Findings) -> Option<String> {
    let variable = layers::variable_of(key);
    let example = format!("client_id = \"..\", as the provider gave it, or {variable}");
    let id = words::token(key, findings.required(key, id, &example)?, findings)?;
    if let Some(form) = form.filter(|form| !form.fits(&id)) {
        findings.warning(
            Code::ClientId,
            key,
            format!("`{key}` is not what this provider gives: {}", form.in_words()),
            "copy it from the provider's portal, whole",
        );
    }
    Some(id)
}

/// Keys `client_authentication`, `client_secret` and `client_key`.
pub fn credential(
    entry: &Key,
    raw: &raw_provider::Provider,
    rules: Option<&ProviderRules>,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<ClientCredential> {
    let rules = rules?;
    let way = choices::one_of(
        &entry.name("client_authentication"),
        raw.client_authentication.as_deref(),
        (rules, |rules| &rules.client_authentication),
        ClientAuthentication::as_str,
        findings,
    )?;
    if way == ClientAuthentication::PrivateKeyJwt {
        useless(
            &entry.name("client_secret"),
            raw.client_secret.as_ref(),
            way,
            findings,
        );
        let key = private_key(&entry.name("client_key"), raw, surroundings, findings);
        let audience = choices::one_of(
            &entry.name("client_assertion_audience"),
            raw.client_assertion_audience.as_deref(),
            (rules, |rules| &rules.client_assertion_audience),
            AssertionAudience::as_str,
            findings,
        );
        return Some(ClientCredential::PrivateKeyJwt(key?, audience?));
    }
    useless(&entry.name("client_key"), raw.client_key.as_ref(), way, findings);
    let key = entry.name("client_secret");
    let example = "client_secret = { file = \"/run/secrets/fc_client_secret\" }";
    let source = findings.required(&key, raw.client_secret.as_ref(), example)?;
    let secret = secrets::secret(&key, source, surroundings, findings)?;
    Some(match way {
        ClientAuthentication::ClientSecretBasic => ClientCredential::SecretBasic(secret),
        _ => ClientCredential::SecretPost(secret),
    })
}

/// A secret that is never used is a secret that need not be there.
fn useless(key: &Key, source: Option<&SecretSource>, way: ClientAuthentication, findings: &mut Findings) {
    if source.is_some() {
        findings.error(
            Code::ProviderChoice,
            key,
            format!(
                "`{key}` is never used with client_authentication = \"{}\"",
                way.as_str()
            ),
            "leave it out, or name the way in which the client was registered",
        );
    }
}

fn private_key(
    key: &Key,
    raw: &raw_provider::Provider,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<Arc<ClientKey>> {
    let example = "client_key = { file = \"/run/secrets/client_key.pem\" }";
    let source = findings.required(key, raw.client_key.as_ref(), example)?;
    if surroundings.reach() == Reach::TextAlone {
        let stand_in = SigningKey::generate_pem().ok()?;
        return ClientKey::from_pem(&stand_in).ok().map(Arc::new);
    }
    let pem = secrets::of_any_form(key, source, surroundings, findings)?;
    match ClientKey::from_pem(&pem) {
        Ok(read) => Some(Arc::new(read)),
        Err(error) => {
            findings.error(
                Code::ClientKey,
                key,
                format!("no key for `{key}`: {error}"),
                "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 makes one; openssl pkcs8 -topk8 -nocrypt \
                 turns an older form into this one",
            );
            None
        }
    }
}

/// Keys `signing_alg` and `accept_hs256`.
pub fn signing_alg(
    entry: &Key,
    raw: &raw_provider::Provider,
    (rules, credential): (Option<&ProviderRules>, Option<&ClientCredential>),
    findings: &mut Findings,
) -> Option<SigningAlg> {
    let rules = rules?;
    let key = entry.name("signing_alg");
    let Some(alg) = &raw.signing_alg else {
        return Some(rules.default_signing_alg).filter(|_| !findings.refused(&key));
    };
    let alg = SigningAlg::parse(alg)?;
    if !rules.signing_algs.contains(&alg) {
        let problem = format!("{} does not sign with {}", rules.button.name, alg.as_str());
        let known: Vec<&str> = rules.signing_algs.iter().map(|alg| alg.as_str()).collect();
        findings.error(
            Code::SigningAlg,
            &key,
            problem,
            format!("one of {}", known.join(", ")),
        );
        return None;
    }
    if alg == SigningAlg::Hs256 {
        let secret = credential.and_then(ClientCredential::secret);
        return shared(&key, (raw.accept_hs256, secret), findings).then_some(alg);
    }
    Some(alg)
}

/// Whoever reads a shared key can sign with it: the operator has to say so twice, and hears of it each time.
fn shared(key: &Key, (accepted, secret): (Option<bool>, Option<&Secret>), findings: &mut Findings) -> bool {
    const WHY: &str = "with HS256 the client secret is the key: whoever can read it can sign in as anybody";
    const BETTER: &str = "let the provider sign with ES256 for this client, in its portal, and say so here";
    if accepted != Some(true) {
        let help = format!("{BETTER}; only where that cannot be: accept_hs256 = true");
        findings.error(Code::SharedSigningKey, key, WHY, help);
        return false;
    }
    if secret.is_some_and(|secret| secret.expose().len() < LEAST_SHARED) {
        let problem = format!("HS256 needs a client secret of at least {LEAST_SHARED} bytes");
        findings.error(Code::SharedSigningKey, key, problem, BETTER);
        return false;
    }
    findings.warning(Code::SharedSigningKey, key, WHY, BETTER);
    true
}
