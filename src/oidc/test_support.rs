//! A client, an attempt and answers for the tests of this folder.

use std::sync::Arc;

use http::HeaderMap;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;
use serde_json::json;

use crate::back_channel::answer::Answer;
use crate::clock::Timestamp;
use crate::jose::test_encryption;
use crate::jose::test_keys::TestKey;
use crate::oidc::attempts::AttemptId;
use crate::oidc::attempts::Attempts;
use crate::oidc::attempts::Claim;
use crate::oidc::attempts::Pending;
use crate::oidc::authorization_code::AcceptedCode;
use crate::oidc::authorization_code::ClaimOutcome;
use crate::oidc::authorization_response::AuthorizationResponse;
use crate::oidc::client_keys::ClientKeys;
use crate::oidc::client_keys::DecryptionKeys;
use crate::oidc::client_settings::ClientCredential;
use crate::oidc::client_settings::ClientSettings;
use crate::oidc::client_settings::Extras;
use crate::oidc::id_token::Expected;
use crate::oidc::id_token::VerifiedIdToken;
use crate::oidc::jwks::ProviderKeys;
use crate::oidc::pending_authorization::Asked;
use crate::oidc::pending_authorization::Destination;
use crate::oidc::pending_authorization::IssuerInResponse;
use crate::oidc::pending_authorization::PendingAuthorization;
use crate::oidc::signed_in::SignedIn;
use crate::oidc::token_endpoint::TokenResponse;
use crate::oidc::userinfo::VerifiedUserinfo;
use crate::provider::entry_name::EntryName;
use crate::provider::presets;
use crate::provider::profile::EncryptedMessage;
use crate::provider::profile::EncryptionRules;
use crate::provider::profile::SigningAlg;
use crate::seal::Keyring;
use crate::secret::Secret;
use crate::wire::host::Host;
use crate::wire::jwa::ContentAlg;
use crate::wire::jwa::KeyManagementAlg;
use crate::wire::return_to::ReturnTo;

pub(crate) const ISSUER: &str = "https://fcp-low.sbx.dev-franceconnect.fr/api/v2";
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

pub(crate) fn settings() -> ClientSettings {
    settings_of("franceconnect")
}

/// A client at a provider of this preset; whatever its address would be, it is that of the tests.
pub(crate) fn settings_of(preset: &str) -> ClientSettings {
    let preset = presets::preset(preset).unwrap().unwrap();
    let profile = preset.resolve("sandbox", Some(ISSUER)).unwrap();
    let rules = &profile.rules;
    ClientSettings {
        entry: EntryName::parse("fc").unwrap(),
        acr: rules.default_acr(),
        client_id: "client-1".to_owned(),
        credential: ClientCredential::SecretPost(Secret::new("s3cret & more")),
        scopes: ["openid", "identite_pivot", "email"].map(str::to_owned).to_vec(),
        signing_alg: SigningAlg::Es256,
        keys: ClientKeys::default(),
        pkce: rules.pkce[0],
        userinfo: rules.userinfo[0],
        end_session: rules.end_session[0],
        extras: Extras::default(),
        profile,
    }
}

/// From now on this entry takes encrypted tokens; the keys for which they are encrypted.
pub(crate) fn encrypted(settings: &mut ClientSettings, alg: KeyManagementAlg) -> Arc<DecryptionKeys> {
    settings.profile.rules.encryption = Some(EncryptionRules {
        messages: vec![EncryptedMessage::IdToken, EncryptedMessage::Userinfo],
        key_management_algs: vec![alg],
        default_key_management_alg: Some(alg),
        content_algs: vec![ContentAlg::A256Gcm],
    });
    let keys = Arc::new(DecryptionKeys {
        alg,
        keys: vec![test_encryption::key(alg)],
    });
    settings.keys.decryption = Some(Arc::clone(&keys));
    keys
}

pub(crate) fn keyring() -> Keyring {
    Keyring::new(&[Secret::new((0..32).collect::<Vec<u8>>())]).unwrap()
}

pub(crate) fn destination(return_to: &str) -> Destination {
    Destination {
        host: Host::parse("demarches.ville.example").unwrap(),
        app: "urbanisme".to_owned(),
        return_to: ReturnTo::parse(return_to).unwrap(),
        redirect_uri: "https://demarches.ville.example/_guichet/callback".to_owned(),
    }
}

pub(crate) fn pending() -> PendingAuthorization {
    pending_to(destination("/urbanisme/dossier/12?etape=3#piece"))
}

pub(crate) fn pending_to(destination: Destination) -> PendingAuthorization {
    begun(asking_for("eidas1"), destination)
}

/// An attempt that asks for this level.
pub(crate) fn pending_asking_for(acr: &str) -> PendingAuthorization {
    begun(asking_for(acr), destination("/"))
}

/// An attempt that asks for no level, at a provider that did not say that its answers name their issuer.
pub(crate) fn pending_without_acr() -> PendingAuthorization {
    let asked = Asked {
        issuer_in_response: IssuerInResponse::NotAnnounced,
        ..asking_for("")
    };
    begun(asked, destination("/"))
}

fn asking_for(acr: &str) -> Asked {
    Asked {
        entry: EntryName::parse("fc").unwrap(),
        issuer: ISSUER.to_owned(),
        acr: acr.to_owned(),
        max_age: None,
        issuer_in_response: IssuerInResponse::Due,
    }
}

fn begun(asked: Asked, destination: Destination) -> PendingAuthorization {
    PendingAuthorization::begin(asked, destination, NOW).unwrap()
}

pub(crate) fn answer(status: StatusCode, media_type: &str, body: &str) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, media_type.parse().unwrap());
    Answer::new(status, &headers, body.as_bytes().to_vec())
}

/// Lets everybody win.
#[derive(Debug)]
struct Generous;

impl Attempts for Generous {
    fn claim<'a>(&'a self, _id: &'a AttemptId, _now: Timestamp, _until: Timestamp) -> Pending<'a, Claim> {
        Box::pin(std::future::ready(Ok(Claim::Won)))
    }

    fn finish<'a>(&'a self, _id: &'a AttemptId, _outcome: Vec<u8>) -> Pending<'a, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn outcome<'a>(&'a self, _id: &'a AttemptId) -> Pending<'a, Option<Vec<u8>>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

pub(crate) async fn accepted_code(code: &str) -> AcceptedCode {
    accepted(pending(), ISSUER, code).await
}

/// The code that answers this attempt.
pub(crate) async fn accepted(pending: PendingAuthorization, issuer: &str, code: &str) -> AcceptedCode {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("code", code)
        .append_pair("state", pending.state())
        .append_pair("iss", issuer)
        .finish();
    let AuthorizationResponse::Code(response) = AuthorizationResponse::parse(&query).unwrap() else {
        panic!("{query}")
    };
    let code = pending.accept(response, NOW).unwrap();
    match code.claim(&Generous, NOW).await.unwrap() {
        ClaimOutcome::Accepted(code) => code,
        ClaimOutcome::Already { .. } => panic!("everybody wins"),
    }
}

/// A provider with one key.
pub(crate) struct TestProvider {
    pub(crate) key: TestKey,
    pub(crate) keys: ProviderKeys,
}

impl TestProvider {
    pub(crate) fn new() -> Self {
        let key = TestKey::es256();
        let set = json!({"keys": [key.jwk("k")]}).to_string();
        let keys = ProviderKeys::read(&answer(StatusCode::OK, "application/json", &set)).unwrap();
        Self { key, keys }
    }

    pub(crate) fn sign(&self, payload: &Value) -> String {
        self.key.sign(&json!({"alg": "ES256", "kid": "k"}), payload)
    }

    /// A verified ID token of the subject `s-1v1`.
    pub(crate) fn id_token(&self) -> VerifiedIdToken {
        let id_token = self.sign(
            &json!({"sub": "s-1v1", "acr": "eidas1", "amr": ["fc", "pwd"], "nonce": "n",
            "auth_time": NOW.as_unix(), "aud": "client-1", "iss": ISSUER, "exp": NOW.as_unix() + 60,
            "iat": NOW.as_unix()}),
        );
        let tokens = json!({"access_token": "a", "id_token": id_token, "token_type": "Bearer"}).to_string();
        let tokens = TokenResponse::read(&answer(StatusCode::OK, "application/json", &tokens)).unwrap();
        let expected = Expected {
            settings: &settings(),
            nonce: "n",
            acr: "eidas1",
            max_age: None,
            access_token: &tokens.access_token,
            now: NOW,
        };
        VerifiedIdToken::verify(&tokens.id_token, &self.keys, &expected).unwrap()
    }
}

/// A login whose userinfo has these claims beside its registered ones.
pub(crate) fn signed_in(claims: &Value) -> SignedIn {
    let provider = TestProvider::new();
    let mut payload = json!({"sub": "s-1v1", "aud": "client-1", "iss": ISSUER, "iat": NOW.as_unix(),
        "exp": NOW.as_unix() + 60});
    for (name, value) in claims.as_object().unwrap() {
        payload[name] = value.clone();
    }
    let body = answer(StatusCode::OK, "application/jwt", &provider.sign(&payload));
    let id_token = provider.id_token();
    let userinfo = VerifiedUserinfo::verify(&body, &provider.keys, &id_token, &settings(), NOW).unwrap();
    SignedIn { id_token, userinfo }
}

/// A token that is signed with a secret.
pub(crate) fn hs256(secret: &[u8], payload: &Value) -> String {
    let encode = |bytes: &[u8]| crate::seal::base64url(bytes);
    let header = json!({"alg": "HS256"}).to_string();
    let input = format!(
        "{}.{}",
        encode(header.as_bytes()),
        encode(payload.to_string().as_bytes())
    );
    let signature = TestKey::hmac(secret, input.as_bytes());
    format!("{input}.{}", encode(&signature))
}
