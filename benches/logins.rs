//! Measures what a login does with the messages of a provider: verifies an ID token, opens an encrypted token, verifies userinfo.
//!
//! `logins MESSAGES`: a line for each of them, name and nanoseconds of CPU. See `benches/run logins`.

use std::error::Error;
use std::fs;
use std::hint::black_box;

use guichet::back_channel::answer::Answer;
use guichet::clock::Timestamp;
use guichet::jose::jwe;
use guichet::jose::jwe::Accepted;
use guichet::jose::jwe::decryption_key::DecryptionKey;
use guichet::oidc::client_keys::ClientKeys;
use guichet::oidc::client_settings::ClientCredential;
use guichet::oidc::client_settings::ClientSettings;
use guichet::oidc::client_settings::Extras;
use guichet::oidc::id_token::Expected;
use guichet::oidc::id_token::VerifiedIdToken;
use guichet::oidc::jwks::ProviderKeys;
use guichet::oidc::token_endpoint::TokenResponse;
use guichet::oidc::userinfo::VerifiedUserinfo;
use guichet::provider::entry_name::EntryName;
use guichet::provider::presets;
use guichet::provider::profile::SigningAlg;
use guichet::secret::Secret;
use guichet::wire::jwa::ContentAlg;
use guichet::wire::jwa::KeyManagementAlg;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

/// How long each of them is done again and again, in nanoseconds.
const ENOUGH: u64 = 1_000_000_000;

type Failure = Box<dyn Error + Send + Sync>;

/// What `benches/harness/messages.mjs` wrote.
#[derive(Deserialize)]
struct Messages {
    issuer: String,
    client_id: String,
    nonce: String,
    now: i64,
    jwks: Value,
    signed: Vec<Signed>,
    encrypted: Vec<Encrypted>,
}

/// Messages that were signed with an algorithm.
#[derive(Deserialize)]
struct Signed {
    alg: String,
    id_token: String,
    userinfo: String,
}

/// A signed token that was encrypted for a key of ours.
#[derive(Deserialize)]
struct Encrypted {
    name: String,
    alg: String,
    pem: String,
    token: String,
}

fn main() -> Result<(), Failure> {
    let file = std::env::args().nth(1).ok_or("MESSAGES")?;
    let messages: Messages = serde_json::from_slice(&fs::read(file)?)?;
    let keys = ProviderKeys::read(&answer("application/json", &messages.jwks.to_string()))?;
    let mut lines = Vec::new();
    for signed in &messages.signed {
        messages.verify(signed, &keys, &mut lines)?;
    }
    for encrypted in &messages.encrypted {
        lines.push(encrypted.open()?);
    }
    Ok(fs::write("/dev/stdout", lines.concat())?)
}

impl Messages {
    /// Its ID token and its userinfo.
    fn verify(&self, signed: &Signed, keys: &ProviderKeys, lines: &mut Vec<String>) -> Result<(), Failure> {
        let settings = self.settings(&signed.alg)?;
        let tokens = json!({ "access_token": "a", "id_token": signed.id_token, "token_type": "Bearer" });
        let tokens = TokenResponse::read(&answer("application/json", &tokens.to_string()))?;
        let now = Timestamp::from_unix(self.now);
        let expected = Expected {
            settings: &settings,
            nonce: &self.nonce,
            acr: "eidas1",
            max_age: None,
            access_token: &tokens.access_token,
            now,
        };
        let verify = || VerifiedIdToken::verify(&tokens.id_token, keys, &expected);
        let id_token = verify()?;
        let name = format!("ID token, {}", signed.alg);
        lines.push(measured(&name, || verify().is_ok())?);
        let userinfo = answer("application/jwt", &signed.userinfo);
        let verify = || VerifiedUserinfo::verify(&userinfo, keys, &id_token, &settings, now);
        verify()?;
        let name = format!("userinfo, {}", signed.alg);
        lines.push(measured(&name, || verify().is_ok())?);
        Ok(())
    }

    fn settings(&self, alg: &str) -> Result<ClientSettings, Failure> {
        let preset = presets::preset("franceconnect")?.ok_or("no preset")?;
        let profile = preset.resolve("sandbox", Some(&self.issuer))?;
        let rules = &profile.rules;
        let of = rules.signing_algs.iter().find(|each| each.as_str() == alg);
        let signing_alg: SigningAlg = *of.ok_or("no algorithm of the preset")?;
        Ok(ClientSettings {
            entry: EntryName::parse("fc").ok_or("no name")?,
            acr: rules.default_acr(),
            client_id: self.client_id.clone(),
            credential: ClientCredential::SecretPost(Secret::new("a-secret-that-nobody-asks-for")),
            scopes: vec!["openid".to_owned()],
            signing_alg,
            keys: ClientKeys::default(),
            pkce: *rules.pkce.first().ok_or("no pkce")?,
            userinfo: *rules.userinfo.first().ok_or("no userinfo")?,
            end_session: *rules.end_session.first().ok_or("no end_session")?,
            extras: Extras::default(),
            profile,
        })
    }
}

impl Encrypted {
    fn open(&self) -> Result<String, Failure> {
        let alg = KeyManagementAlg::parse(&self.alg).ok_or("no algorithm")?;
        let keys = [DecryptionKey::from_pem(alg, &Secret::new(self.pem.as_str()))?];
        let accepted = Accepted {
            alg,
            contents: &[ContentAlg::A256Gcm],
        };
        let open = || jwe::open(&self.token, &accepted, &keys);
        open()?;
        measured(&format!("an encrypted token, {}", self.name), || open().is_ok())
    }
}

fn answer(media_type: &'static str, body: &str) -> Answer {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media_type))]);
    Answer::new(StatusCode::OK, &headers, body.as_bytes().to_vec())
}

/// Does it for a second, after a tenth of one that is not counted.
fn measured(name: &str, act: impl Fn() -> bool) -> Result<String, Failure> {
    again_and_again(ENOUGH / 10, &act)?;
    let (count, spent) = again_and_again(ENOUGH, &act)?;
    Ok(format!("{name}\t{}\n", spent / count))
}

fn again_and_again(enough: u64, act: &impl Fn() -> bool) -> Result<(u64, u64), Failure> {
    let begun = cpu()?;
    let mut count = 0;
    loop {
        for _ in 0..50 {
            if !black_box(act()) {
                return Err("it failed".into());
            }
        }
        count += 50;
        let spent = cpu()? - begun;
        if spent > enough {
            return Ok((count, spent));
        }
    }
}

/// Nanoseconds that this thread was on a core.
fn cpu() -> Result<u64, Failure> {
    let said = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(said.split(' ').next().ok_or("no schedstat")?.parse()?)
}
