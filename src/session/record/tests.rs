//! What is sealed in the store, and by whom it can be opened.

use serde_json::json;

use super::*;
use crate::secret::Secret;

fn keyring() -> Keyring {
    Keyring::new(&[Secret::new((0..32).collect::<Vec<u8>>())]).unwrap()
}

fn host(text: &str) -> Host {
    Host::parse(text).unwrap()
}

fn record() -> Record {
    let claims = json!({"family_name": "LE GOÛT-NŒUVÉGLISE", "given_name_array": ["Zoé"]});
    let subject = Subject {
        issuer: "https://issuer.example".to_owned(),
        sub: "b6048e95".to_owned(),
    };
    Record {
        entry: EntryName::parse("fc").unwrap(),
        identity: Identity {
            subject,
            claims: claims.as_object().unwrap().clone(),
        },
        authentication: Authentication {
            acr: "eidas1".to_owned(),
            amr: vec!["pwd".to_owned()],
            auth_time: Some(Timestamp::from_unix(1000)),
        },
        logged_in_at: Timestamp::from_unix(1001),
        ends_at: Timestamp::from_unix(29_801),
        id_token: KeptToken::of(&Secret::new("a.b.c")),
    }
}

struct Scene {
    key: SessionKey,
    locator: Locator,
    host: Host,
    value: Vec<u8>,
}

fn scene() -> Scene {
    let key = SessionKey::generate().unwrap();
    let (locator, host) = (key.locator().unwrap(), host("a.example"));
    let place = Place {
        prefix: "guichet:",
        host: &host,
        locator: &locator,
    };
    let value = write(&keyring(), &key, place, &record(), b"note").unwrap();
    Scene {
        key,
        locator,
        host,
        value,
    }
}

impl Scene {
    fn place(&self) -> Place<'_> {
        Place {
            prefix: "guichet:",
            host: &self.host,
            locator: &self.locator,
        }
    }

    fn read(&self, place: Place<'_>, value: &[u8]) -> Result<Record, RecordError> {
        read(&keyring(), &self.key, place, value)
    }
}

#[test]
fn a_record_comes_back_as_it_was() {
    let scene = scene();
    let read = scene.read(scene.place(), &scene.value).unwrap();
    assert_eq!(read, record());
    assert_eq!(sealed_note(&scene.value).unwrap(), b"note");
}

#[test]
fn a_value_opens_in_its_place_only() {
    let (scene, other) = (scene(), scene());
    let elsewhere = host("b.example");
    for place in [
        Place {
            prefix: "other:",
            ..scene.place()
        },
        Place {
            host: &elsewhere,
            ..scene.place()
        },
        Place {
            locator: &other.locator,
            ..scene.place()
        },
    ] {
        assert!(
            matches!(
                scene.read(place, &scene.value),
                Err(RecordError::Seal(SealError::Refused))
            ),
            "{place:?}"
        );
    }
    assert!(read(&keyring(), &other.key, scene.place(), &scene.value).is_err());
}

#[test]
fn a_damaged_value_is_no_record() {
    let scene = scene();
    for position in 0..scene.value.len() {
        let mut damaged = scene.value.clone();
        damaged[position] ^= 1;
        // The note is the operator's: bound to its place by its own seal.
        let is_note = (3..7).contains(&position);
        assert_eq!(
            scene.read(scene.place(), &damaged).is_ok(),
            is_note,
            "byte {position}"
        );
    }
    for length in 0..scene.value.len() {
        assert!(
            scene.read(scene.place(), &scene.value[..length]).is_err(),
            "{length} bytes"
        );
    }
    for garbage in [
        vec![0; 1 << 20],
        vec![VERSION; 1 << 20],
        b"{}".to_vec(),
        vec![VERSION, 0xff],
    ] {
        assert!(scene.read(scene.place(), &garbage).is_err());
    }
}

#[test]
fn another_version_is_no_record() {
    let scene = scene();
    let mut value = scene.value.clone();
    value[0] = 1;
    assert!(matches!(
        scene.read(scene.place(), &value),
        Err(RecordError::Version(1))
    ));
}

#[test]
fn a_record_of_another_shape_is_no_record() {
    let scene = scene();
    let keyring = keyring();
    let whole = plaintext(&record()).unwrap();
    let (row, _) = part(&whole).unwrap();
    let in_a_record = |row: &[u8]| {
        let length = u16::try_from(row.len()).unwrap().to_be_bytes();
        [&length[..], row, &[0, 0]].concat()
    };
    let changed = |from: &str, to: &str| {
        let at = row
            .windows(from.len())
            .position(|window| window == from.as_bytes())
            .unwrap();
        in_a_record(&[&row[..at], to.as_bytes(), &row[at + from.len()..]].concat())
    };
    assert!(content(&in_a_record(row)).is_some());
    for content in [
        in_a_record(&row[..row.len() - 1]),
        in_a_record(&[row, &[0]].concat()),
        changed("\u{2}fc", "\u{3}F C"),
        changed("eidas1", "eidas1\u{1}"),
        changed("[\"Zo", "{\"Zo"),
        in_a_record(&[0xff; 10_000]),
        in_a_record(&[]),
        whole[..row.len()].to_vec(),
        whole[..row.len() + 3].to_vec(),
        Vec::new(),
    ] {
        let sealed = keyring
            .with(scene.key.expose_bytes())
            .seal(Purpose::SessionRecord, &context(scene.place()), &content)
            .unwrap();
        let value = [&[VERSION, 0, 0][..], &sealed].concat();
        assert!(
            matches!(scene.read(scene.place(), &value), Err(RecordError::Content)),
            "{content:?}"
        );
    }
}

#[test]
fn a_value_shows_nobody_and_its_size_says_little() {
    let scene = scene();
    for text in ["NŒUVÉGLISE", "b6048e95", "a.b.c", "a.example", "eidas1"] {
        let bytes = text.as_bytes();
        assert!(
            !scene.value.windows(bytes.len()).any(|window| window == bytes),
            "{text}"
        );
    }
    let mut longer = record();
    longer
        .identity
        .claims
        .insert("email".to_owned(), json!("zoe@example.org"));
    let value = write(&keyring(), &scene.key, scene.place(), &longer, b"note").unwrap();
    assert_eq!(value.len(), scene.value.len());
}
