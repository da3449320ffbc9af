//! An encrypted token that is opened was encrypted for us in a way that was agreed, and gives what was put into it.

use std::sync::OnceLock;

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
use aws_lc_rs::rsa::OaepAlgorithm;
use aws_lc_rs::rsa::OaepPublicEncryptingKey;
use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::RsaPublicKeyComponents;
use guichet::jose::jwe;
use guichet::jose::jwe::Accepted;
use guichet::jose::jwe::Opened;
use guichet::jose::jwe::decryption_key;
use guichet::jose::jwe::decryption_key::DecryptionKey;
use guichet::jose::private_key::PrivateKey;
use guichet::seal;
use guichet::wire::jwa::ContentAlg;
use guichet::wire::jwa::KeyManagementAlg;
use serde_json::Value;
use serde_json::json;

use super::reading::filled;
use super::reading::lines;
use super::reading::only_reading;
use super::reading::segment;

/// What the provider encrypts. Whether it is a token is looked at by whoever verifies it.
const INNER: &str = "eyJ.e30.c2ln";
const NONCE: [u8; 12] = [7; 12];
/// What a provider may use for the content: what FranceConnect+ lists, and everything that we know.
const CONTENTS: [&[ContentAlg]; 2] = [
    &[ContentAlg::A256Gcm],
    &[ContentAlg::A128Gcm, ContentAlg::A256Gcm],
];

/// An entry, by its algorithm: two keys, the second of which the provider uses.
struct Entry {
    alg: KeyManagementAlg,
    keys: [DecryptionKey; 2],
}

/// Entries, and the ephemeral key of their provider.
struct Stage {
    entries: [Entry; 3],
    ephemeral: agreement::PrivateKey,
}

/// The token of a provider, and its segments.
type Segments = [Vec<u8>; 5];

/// The first line is the header, in which `{epk}` is the ephemeral key, `{kid}` the name of our key for its algorithm and
/// `{other}` the name of another one of ours. Four more may stand for the other segments: `{}` is what the provider makes,
/// and a line that is missing is this.
pub fn jwe(data: &[u8]) {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    let stage = STAGE.get_or_init(Stage::new);
    let honest = stage.encrypt(data);
    let said = changed(&honest, data).join(&b'.');
    for entry in &stage.entries {
        for contents in CONTENTS {
            assert!(entry.open(data, contents).is_none(), "nobody encrypted this");
            if let Some(opened) = entry.open(&said, contents) {
                entry.judge(&honest, &said, &opened, contents);
            }
        }
    }
}

/// The segments as they are sent.
fn changed(honest: &Segments, data: &[u8]) -> Segments {
    let mut segments = honest.clone();
    for (segment, line) in segments.iter_mut().zip(lines::<5>(data)).skip(1) {
        let right = str::from_utf8(segment).unwrap();
        *segment = filled(line.unwrap_or(b"{}"), "{}", right);
    }
    segments
}

impl Entry {
    fn new(alg: KeyManagementAlg) -> Self {
        let keys = [(); 2].map(|()| {
            let pem = PrivateKey::generate_pem(decryption_key::key_type(alg)).unwrap();
            DecryptionKey::from_pem(alg, &pem).unwrap()
        });
        Self { alg, keys }
    }

    fn open(&self, token: &[u8], contents: &[ContentAlg]) -> Option<Opened> {
        let accepted = Accepted {
            alg: self.alg,
            contents,
        };
        jwe::open(str::from_utf8(token).ok()?, &accepted, &self.keys).ok()
    }

    /// It is what the provider encrypted, byte for byte but for the wrapped key, and was agreed on.
    fn judge(&self, honest: &Segments, said: &[u8], opened: &Opened, contents: &[ContentAlg]) {
        let said: Vec<&[u8]> = said.split(|byte| *byte == b'.').collect();
        assert_eq!(said.len(), 5, "not five segments");
        for at in [0, 2, 3, 4] {
            assert_eq!(said[at], honest[at], "segment {at} is not the provider's");
        }
        if self.alg == KeyManagementAlg::EcdhEs {
            assert!(said[1].is_empty(), "an encrypted key beside an agreement");
        }
        assert_eq!(opened.token.expose_str(), Some(INNER));
        let header = only_reading(&segment(str::from_utf8(said[0]).unwrap()));
        assert_eq!(header["alg"], self.alg.as_str());
        let is_listed = |content: &ContentAlg| header["enc"] == content.as_str();
        assert!(contents.iter().any(is_listed), "{header}");
        assert!(header["cty"].as_str().unwrap().eq_ignore_ascii_case("JWT"));
        assert!(
            header.get("kid").is_none_or(|kid| kid == self.keys[1].kid()),
            "{header}"
        );
        let demands = ["crit", "zip", "p2c", "p2s", "b64"];
        assert!(demands.iter().all(|name| header.get(name).is_none()), "{header}");
        assert_eq!(opened.repeated("iss"), header.get("iss"));
    }
}

impl Stage {
    fn new() -> Self {
        let algs = [
            KeyManagementAlg::EcdhEs,
            KeyManagementAlg::RsaOaep,
            KeyManagementAlg::RsaOaep256,
        ];
        let stage = Self {
            entries: algs.map(Entry::new),
            ephemeral: agreement::PrivateKey::generate(&ECDH_P256).unwrap(),
        };
        for entry in &stage.entries {
            let header =
                json!({ "alg": entry.alg.as_str(), "enc": "A256GCM", "cty": "JWT", "epk": stage.epk() });
            let token = stage.encrypt(header.to_string().as_bytes()).join(&b'.');
            assert!(
                entry.open(&token, CONTENTS[0]).is_some(),
                "nothing is wrong with {header}"
            );
        }
        stage
    }

    /// What a provider makes of a header, whatever is in it: by the algorithm that it names, or by agreement.
    fn encrypt(&self, data: &[u8]) -> Segments {
        let template = lines::<5>(data)[0].unwrap_or_default();
        let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
        let with_key = filled(template, "{epk}", &self.epk().to_string());
        // A name stands in a text, so that the algorithm can be read before it is filled in.
        let alg = read(&with_key)["alg"].as_str().unwrap_or_default().to_owned();
        let entry = self.entries.iter().find(|entry| entry.alg.as_str() == alg);
        let entry = entry.unwrap_or(&self.entries[0]);
        let [other, ours] = &entry.keys;
        let header = filled(&filled(&with_key, "{kid}", ours.kid()), "{other}", other.kid());
        let (key, wrapped) = self.content_key(entry, &read(&header));
        let protected = seal::base64url(&header);
        let mut text = INNER.as_bytes().to_vec();
        let algorithm = if key.len() == 16 {
            &AES_128_GCM
        } else {
            &AES_256_GCM
        };
        let tag = LessSafeKey::new(UnboundKey::new(algorithm, &key).unwrap())
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(NONCE),
                Aad::from(&protected),
                &mut text,
            )
            .unwrap();
        [
            protected,
            seal::base64url(&wrapped),
            seal::base64url(&NONCE),
            seal::base64url(&text),
            seal::base64url(tag.as_ref()),
        ]
        .map(String::into_bytes)
    }

    /// The key of the content, and how it is sent.
    fn content_key(&self, entry: &Entry, header: &Value) -> (Vec<u8>, Vec<u8>) {
        let length = if header["enc"] == "A128GCM" { 16 } else { 32 };
        let jwk = serde_json::to_value(entry.keys[1].public()).unwrap();
        match entry.alg {
            KeyManagementAlg::EcdhEs => (self.agree(&jwk, header, length), Vec::new()),
            KeyManagementAlg::RsaOaep => wrap(&jwk, &OAEP_SHA1_MGF1SHA1, length),
            KeyManagementAlg::RsaOaep256 => wrap(&jwk, &OAEP_SHA256_MGF1SHA256, length),
        }
    }

    fn epk(&self) -> Value {
        let public = self.ephemeral.compute_public_key().unwrap();
        let (x, y) = public.as_ref()[1..].split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "x": seal::base64url(x), "y": seal::base64url(y) })
    }

    /// RFC 7518, section 4.6.2, by hand.
    fn agree(&self, jwk: &Value, header: &Value, length: usize) -> Vec<u8> {
        let point = [vec![4], decoded(&jwk["x"]), decoded(&jwk["y"])].concat();
        let point = UnparsedPublicKey::new(&ECDH_P256, point);
        let shared = agreement::agree(&self.ephemeral, point, (), |shared| Ok(shared.to_vec()));
        let mut hashed = [1_u32.to_be_bytes().to_vec(), shared.unwrap()].concat();
        let enc = header["enc"].as_str().unwrap_or("A256GCM").as_bytes().to_vec();
        for part in [enc, decoded(&header["apu"]), decoded(&header["apv"])] {
            hashed.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
            hashed.extend(part);
        }
        hashed.extend(u32::try_from(length * 8).unwrap().to_be_bytes());
        seal::sha256(&hashed)[..length].to_vec()
    }
}

fn wrap(jwk: &Value, algorithm: &'static OaepAlgorithm, length: usize) -> (Vec<u8>, Vec<u8>) {
    let (n, e) = (decoded(&jwk["n"]), decoded(&jwk["e"]));
    let public: PublicEncryptingKey = RsaPublicKeyComponents { n, e }.try_into().unwrap();
    let public = OaepPublicEncryptingKey::new(public).unwrap();
    let key = vec![9; length];
    let mut wrapped = vec![0; public.ciphertext_size()];
    public.encrypt(algorithm, &key, &mut wrapped, None).unwrap();
    (key, wrapped)
}

fn decoded(text: &Value) -> Vec<u8> {
    seal::from_base64url(text.as_str().unwrap_or_default()).unwrap_or_default()
}
