//! A provider that encrypts for us, for the tests above this floor. Its derivation of keys is its own.

use aws_lc_rs::aead::AES_128_GCM;
use aws_lc_rs::aead::AES_256_GCM;
use aws_lc_rs::aead::Aad;
use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::aead::Nonce;
use aws_lc_rs::aead::UnboundKey;
use aws_lc_rs::agreement;
use aws_lc_rs::agreement::ECDH_P256;
use aws_lc_rs::agreement::UnparsedPublicKey;
use aws_lc_rs::rsa::OAEP_SHA1_MGF1SHA1;
use aws_lc_rs::rsa::OAEP_SHA256_MGF1SHA256;
use aws_lc_rs::rsa::OaepPublicEncryptingKey;
use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::RsaPublicKeyComponents;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use serde_json::json;

use crate::jose::jwe::decryption_key;
use crate::jose::jwe::decryption_key::DecryptionKey;
use crate::jose::private_key::PrivateKey;
use crate::seal;
use crate::wire::jwa::KeyManagementAlg;

/// A key of ours for this algorithm.
pub(crate) fn key(alg: KeyManagementAlg) -> DecryptionKey {
    let pem = PrivateKey::generate_pem(decryption_key::key_type(alg)).unwrap();
    DecryptionKey::from_pem(alg, &pem).unwrap()
}

/// Encrypts for this key as FranceConnect+ does, with these changes of the header; a member of `null` is taken away.
pub(crate) fn encrypt(key: &DecryptionKey, changes: &Value, content: &[u8]) -> String {
    let jwk = serde_json::to_value(key.public()).unwrap();
    let alg = jwk["alg"].as_str().unwrap();
    let length = if changes["enc"] == "A128GCM" { 16 } else { 32 };
    let mut header = json!({"alg": alg, "enc": "A256GCM", "cty": "JWT", "kid": jwk["kid"]});
    let (content_key, wrapped) = if alg == "ECDH-ES" {
        agree(&jwk, &mut header, changes, length)
    } else {
        wrap(&jwk, alg, length)
    };
    for (name, value) in changes.as_object().unwrap() {
        header[name] = value.clone();
    }
    header
        .as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    let protected = encode(header.to_string().as_bytes());
    seal_content(&protected, &content_key, &wrapped, content)
}

fn seal_content(protected: &str, content_key: &[u8], wrapped: &[u8], content: &[u8]) -> String {
    let algorithm = if content_key.len() == 16 {
        &AES_128_GCM
    } else {
        &AES_256_GCM
    };
    let iv = seal::random::<12>().unwrap();
    let mut text = content.to_vec();
    let tag = LessSafeKey::new(UnboundKey::new(algorithm, content_key).unwrap())
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::from(protected), &mut text)
        .unwrap();
    [
        protected.to_owned(),
        encode(wrapped),
        encode(&iv),
        encode(&text),
        encode(tag.as_ref()),
    ]
    .join(".")
}

fn agree(jwk: &Value, header: &mut Value, changes: &Value, length: usize) -> (Vec<u8>, Vec<u8>) {
    let ephemeral = agreement::PrivateKey::generate(&ECDH_P256).unwrap();
    let public = ephemeral.compute_public_key().unwrap();
    let (x, y) = public.as_ref()[1..].split_at(32);
    header["epk"] = json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)});
    let point = [vec![4], decode(&jwk["x"]), decode(&jwk["y"])].concat();
    let shared = agreement::agree(
        &ephemeral,
        UnparsedPublicKey::new(&ECDH_P256, point),
        (),
        |shared| Ok(shared.to_vec()),
    );
    let mut hashed = [1_u32.to_be_bytes().to_vec(), shared.unwrap()].concat();
    let enc = changes["enc"].as_str().unwrap_or("A256GCM").as_bytes().to_vec();
    for part in [enc, decode(&changes["apu"]), decode(&changes["apv"])] {
        hashed.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
        hashed.extend(part);
    }
    hashed.extend(u32::try_from(length * 8).unwrap().to_be_bytes());
    (seal::sha256(&hashed)[..length].to_vec(), Vec::new())
}

fn wrap(jwk: &Value, alg: &str, length: usize) -> (Vec<u8>, Vec<u8>) {
    let algorithm = if alg == "RSA-OAEP" {
        &OAEP_SHA1_MGF1SHA1
    } else {
        &OAEP_SHA256_MGF1SHA256
    };
    let (n, e) = (decode(&jwk["n"]), decode(&jwk["e"]));
    let public: PublicEncryptingKey = RsaPublicKeyComponents { n, e }.try_into().unwrap();
    let public = OaepPublicEncryptingKey::new(public).unwrap();
    let content_key = seal::random::<32>().unwrap()[..length].to_vec();
    let mut wrapped = vec![0; public.ciphertext_size()];
    public
        .encrypt(algorithm, &content_key, &mut wrapped, None)
        .unwrap();
    (content_key, wrapped)
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &Value) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD
        .decode(text.as_str().unwrap_or_default())
        .unwrap()
}
