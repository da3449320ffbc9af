//! What is sealed opens where it should, and nowhere else.

use std::collections::HashSet;

use super::*;

fn secret(first: u8) -> Secret {
    Secret::new((0..32).map(|n| first.wrapping_add(n)).collect::<Vec<u8>>())
}

fn keyring(firsts: &[u8]) -> Keyring {
    Keyring::new(&firsts.iter().map(|first| secret(*first)).collect::<Vec<_>>()).unwrap()
}

const PURPOSE: Purpose = Purpose::LoginCookie;

#[test]
fn what_is_sealed_opens_for_the_same_purpose_and_context() {
    let keyring = keyring(&[1]);
    let sealed = keyring.seal(PURPOSE, &[b"a", b"b"], b"hello").unwrap();
    assert_eq!(
        keyring.open(PURPOSE, &[b"a", b"b"], &sealed).unwrap().as_slice(),
        b"hello"
    );
    assert!(!sealed.windows(5).any(|window| window == b"hello"));
}

#[test]
fn nothing_opens_for_another_purpose() {
    let keyring = keyring(&[1]);
    for sealed_for in Purpose::ALL {
        let sealed = keyring.seal(sealed_for, &[], b"x").unwrap();
        for opened_for in Purpose::ALL {
            let opened = keyring.open(opened_for, &[], &sealed);
            assert_eq!(
                opened.is_ok(),
                sealed_for == opened_for,
                "{sealed_for:?} {opened_for:?}"
            );
        }
    }
}

#[test]
fn every_purpose_has_a_label_of_its_own() {
    let labels: HashSet<&str> = Purpose::ALL.into_iter().map(Purpose::label).collect();
    assert_eq!(labels.len(), Purpose::ALL.len());
}

#[test]
fn a_context_is_fields_and_not_their_concatenation() {
    let keyring = keyring(&[1]);
    let sealed = keyring
        .seal(PURPOSE, &[b"a.example1", b"7000000000"], b"x")
        .unwrap();
    for other in [
        &[b"a.example".as_slice(), b"17000000000"][..],
        &[b"a.example17000000000"],
        &[b"7000000000", b"a.example1"],
        &[b"a.example1", b"7000000000", b""],
        &[],
    ] {
        assert_eq!(
            keyring.open(PURPOSE, other, &sealed).map(|_| ()),
            Err(SealError::Refused),
            "{other:?}"
        );
    }
    let tag = |data: &[&[u8]]| keyring.tag(PURPOSE, data).unwrap();
    assert_ne!(
        tag(&[b"a.example1", b"7000000000"]),
        tag(&[b"a.example", b"17000000000"])
    );
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    let keyring = keyring(&[1]);
    let sealed = keyring.seal(PURPOSE, &[b"c"], b"hello").unwrap();
    for position in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[position / 8] ^= 1 << (position % 8);
        assert!(
            keyring.open(PURPOSE, &[b"c"], &flipped).is_err(),
            "bit {position}"
        );
    }
}

#[test]
fn what_was_cut_or_never_sealed_does_not_open() {
    let keyring = keyring(&[1]);
    let sealed = keyring.seal(PURPOSE, &[], b"hello").unwrap();
    for length in 0..sealed.len() {
        assert!(
            keyring.open(PURPOSE, &[], &sealed[..length]).is_err(),
            "{length} bytes"
        );
    }
    assert_eq!(
        keyring.open(PURPOSE, &[], &vec![7; 1 << 20]).map(|_| ()),
        Err(SealError::UnknownKey)
    );
}

#[test]
fn two_seals_of_the_same_thing_share_nothing_but_the_key_id() {
    let keyring = keyring(&[1]);
    let nonces: HashSet<Vec<u8>> = (0..10_000)
        .map(|_| keyring.seal(PURPOSE, &[], b"x").unwrap()[KEY_ID_BYTES..KEY_ID_BYTES + NONCE_LEN].to_vec())
        .collect();
    assert_eq!(nonces.len(), 10_000);
}

#[test]
fn a_rotation_loses_nothing_until_the_previous_secret_leaves_the_list() {
    let (before, during, after) = (keyring(&[1]), keyring(&[2, 1]), keyring(&[2]));
    let old = before.seal(PURPOSE, &[], b"old").unwrap();
    assert_eq!(during.open(PURPOSE, &[], &old).unwrap().as_slice(), b"old");
    assert_eq!(
        after.open(PURPOSE, &[], &old).map(|_| ()),
        Err(SealError::UnknownKey)
    );

    let new = during.seal(PURPOSE, &[], b"new").unwrap();
    assert_eq!(after.open(PURPOSE, &[], &new).unwrap().as_slice(), b"new");
    assert_eq!(
        before.open(PURPOSE, &[], &new).map(|_| ()),
        Err(SealError::UnknownKey)
    );
}

#[test]
fn the_key_id_follows_the_secret_and_not_its_place() {
    let sealed = keyring(&[1, 2]).seal(PURPOSE, &[], b"x").unwrap();
    assert!(keyring(&[3, 2, 1]).open(PURPOSE, &[], &sealed).is_ok());
}

#[test]
fn neither_half_opens_alone() {
    let (gateway, cookie) = (keyring(&[1]), [9; 32]);
    let both = gateway.with(&cookie);
    let sealed = both.seal(PURPOSE, &[], b"x").unwrap();
    assert!(both.open(PURPOSE, &[], &sealed).is_ok());
    assert!(gateway.open(PURPOSE, &[], &sealed).is_err());
    assert!(gateway.with(&[8; 32]).open(PURPOSE, &[], &sealed).is_err());
    assert!(keyring(&[2]).with(&cookie).open(PURPOSE, &[], &sealed).is_err());
    assert!(keyring(&[2, 1]).with(&cookie).open(PURPOSE, &[], &sealed).is_ok());
}

#[test]
fn a_tag_depends_on_secret_purpose_and_data() {
    let (one, two) = (keyring(&[1]), keyring(&[2, 1]));
    let tag = one.tag(Purpose::SubjectTag, &[b"fc", b"sub"]).unwrap();
    assert_eq!(one.tag(Purpose::SubjectTag, &[b"fc", b"sub"]).unwrap(), tag);
    assert_ne!(one.tag(Purpose::SubjectTag, &[b"fc", b"other"]).unwrap(), tag);
    assert_ne!(one.tag(Purpose::ProviderSidTag, &[b"fc", b"sub"]).unwrap(), tag);

    let tags = two.tags(Purpose::SubjectTag, &[b"fc", b"sub"]).unwrap();
    assert_eq!(tags[0], two.tag(Purpose::SubjectTag, &[b"fc", b"sub"]).unwrap());
    assert_eq!(tags[1], tag);
    assert_eq!(tags.len(), 2);
}

#[test]
fn a_weak_secret_is_refused_by_its_position() {
    let refused = |secrets: &[Secret]| Keyring::new(secrets).unwrap_err();
    assert_eq!(refused(&[]), KeyringError::NoSecret);
    let (position, length) = (2, 31);
    assert_eq!(
        refused(&[secret(1), Secret::new(&secret(2).expose()[..31])]),
        KeyringError::TooShort { position, length }
    );
    assert_eq!(
        refused(&[Secret::new("changeme")]),
        KeyringError::TooShort {
            position: 1,
            length: 8
        }
    );
    assert_eq!(
        refused(&[Secret::new([0; 32])]),
        KeyringError::Repetitive { position: 1 }
    );
}

#[test]
fn a_keyring_is_not_shown() {
    assert_eq!(
        format!("{:?}", keyring(&[1, 2, 1])),
        "Keyring([redacted], 2 secrets)"
    );
}

/// RFC 5869, A.3, as far as a block goes, and FIPS 180-4's "abc": the derivations are the standard ones.
#[test]
fn derivations_agree_with_the_standards() {
    let extracted = Salt::new(b"").extract(&[0x0b; 22]).unwrap();
    let okm = derive::<32>(&extracted, "").unwrap();
    assert_eq!(
        hex(&okm),
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    );
    assert_eq!(
        hex(&sha256(b"abc")),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn base64url_has_one_spelling() {
    assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    assert_eq!(from_base64url("-_8"), Some(vec![0xfb, 0xff]));
    for text in ["-_9", "-_8=", "+/8", "-_ 8", "-"] {
        assert_eq!(from_base64url(text), None, "{text}");
    }
}

#[test]
fn random_bytes_differ() {
    let drawn: HashSet<[u8; 32]> = (0..1_000).map(|_| random().unwrap()).collect();
    assert_eq!(drawn.len(), 1_000);
    let drawn: HashSet<[u8; 8]> = (0..1_000).map(|_| random_number().unwrap()).collect();
    assert_eq!(drawn.len(), 1_000);
}
