//! Keys and secrets: weak ones are refused, previous ones go on opening, each purpose has its own, and none is shown.

use std::collections::HashSet;

use guichet::seal::Keyring;
use guichet::seal::purpose::Purpose;
use guichet::secret::Secret;
use guichet::session::key::SessionKey;
use guichet::wire::cookies::SetCookie;

use super::people::redis_key;
use super::people::signed_in;
use crate::cases;
use crate::journey::stage::Stage;
use crate::support::browser::Browser;
use crate::support::gateway::Place;
use crate::support::gateway::TestGateway;
use crate::support::provider::Alg;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::SESSION_SECRET;
use crate::support::scene::usual;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::upstream::Upstream;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T348"],
            sentence: "200 000 sealings (of the case's 10^6), by two instances that start again, have 200 000 nonces",
            plays: nonces,
        },
        Play {
            ids: &["T349"],
            sentence: "a new secret logs nobody out while the old one is listed; once it is gone its sessions are logins",
            plays: rotation,
        },
        Play {
            ids: &["T350"],
            sentence: "a secret that is short, empty or one byte again and again does not start, and is not shown",
            plays: weak_secrets,
        },
        Play {
            ids: &["T352"],
            sentence: "fields that shift a character between them have another tag, and do not open",
            plays: shifted_fields,
        },
        Play {
            ids: &["T365"],
            sentence: "no type that holds a secret can be written out, and no log at any level has one",
            plays: secrets_stay_inside,
        },
    ]
}

fn nonces() {
    let mut seen = HashSet::new();
    for instance in 0..4_u32 {
        // The same secret, as after a restart or in another instance.
        let keyring = Keyring::new(&[Secret::new(SESSION_SECRET)]).unwrap();
        for _ in 0..50_000 {
            let sealed = keyring
                .seal(Purpose::SessionRecord, &[b"context"], b"record")
                .unwrap();
            let nonce: [u8; 12] = sealed[8..20].try_into().unwrap();
            assert!(seen.insert(nonce), "instance {instance}");
        }
    }
}

const NEW_SECRET: &str = "the-next-session-secret-of-the-tests-0123456789";

fn rotation() {
    let (mut stage, early) = signed_in();
    let next = stage.scene.gateway.place().secret("next_secret", NEW_SECRET);
    let line = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("secret = ")).unwrap();
        line.to_owned()
    };
    let (old_line, old_id) = (std::cell::RefCell::new(String::new()), key_id(&stage, &early));
    stage.scene.gateway.restart(|text| {
        let old = line(text);
        let listed = format!("secret = [{next}, {}]", old.trim_start_matches("secret = "));
        old_line.replace(listed.clone());
        text.replacen(&old, &listed, 1)
    });
    assert!(stage.is_signed_in(&early), "the rotation logged her out");
    let late = Browser::new();
    stage.sign_in(&late, "/");
    assert_ne!(key_id(&stage, &late), old_id, "still sealed under the old secret");
    assert_eq!(key_id(&stage, &early), old_id);
    stage
        .scene
        .gateway
        .restart(|text| text.replacen(&*old_line.borrow(), &format!("secret = {next}"), 1));
    assert!(
        !stage.is_signed_in(&early),
        "a secret that left the list still opens"
    );
    assert!(stage.is_signed_in(&late));
}

/// Which secret a stored session names.
fn key_id(stage: &Stage, browser: &Browser) -> Vec<u8> {
    let value = stage.redis().ask(&[b"GET", &redis_key(browser)]).bytes();
    let note = usize::from(u16::from_be_bytes([value[1], value[2]]));
    value[3 + note..][..8].to_vec()
}

fn weak_secrets() {
    let of_31 = "x-31-bytes-of-a-session-secret-";
    assert_eq!(of_31.len(), 31);
    for weak in [of_31, &"\0".repeat(32), &"a".repeat(64), "changeme", ""] {
        let refusal = TestGateway::try_start(|place| with_secret(place, weak)).unwrap_err();
        assert!(refusal.contains("session.secret"), "{refusal}");
        assert!(weak.is_empty() || !refusal.contains(weak), "{refusal}");
    }
    TestGateway::start(|place| with_secret(place, SESSION_SECRET));
    let keyring = Keyring::new(&[Secret::new(SESSION_SECRET)]).unwrap();
    let tags = Purpose::ALL.map(|purpose| keyring.tag(purpose, &[b"data"]).unwrap());
    assert_eq!(tags.iter().collect::<HashSet<_>>().len(), Purpose::ALL.len());
    for purpose in Purpose::ALL {
        let sealed = keyring.seal(purpose, &[], b"text").unwrap();
        let opens = Purpose::ALL.map(|other| keyring.open(other, &[], &sealed).is_ok());
        assert_eq!(opens.iter().filter(|opens| **opens).count(), 1, "{purpose:?}");
    }
}

/// The usual configuration, with this session secret.
fn with_secret(place: &Place, secret: &str) -> String {
    let nobody = ("http://127.0.0.1:1/api/v2", Alg::Es256);
    let text = usual(place, nobody, &Upstream::start(), "");
    place.secret("session_secret", secret);
    text
}

fn shifted_fields() {
    let keyring = Keyring::new(&[Secret::new(SESSION_SECRET)]).unwrap();
    let (meant, shifted): ([&[u8]; 2], [&[u8]; 2]) =
        ([b"a.example1", b"7000000000"], [b"a.example", b"17000000000"]);
    assert_eq!(meant.concat(), shifted.concat());
    for purpose in Purpose::ALL {
        let tag = |fields| keyring.tag(purpose, fields).unwrap();
        assert_ne!(tag(&meant), tag(&shifted), "{purpose:?}");
        let sealed = keyring.seal(purpose, &meant, b"text").unwrap();
        assert!(keyring.open(purpose, &meant, &sealed).is_ok());
        assert!(keyring.open(purpose, &shifted, &sealed).is_err(), "{purpose:?}");
        assert!(
            keyring.open(purpose, &[&meant.concat()], &sealed).is_err(),
            "{purpose:?}"
        );
    }
}

/// Does not compile for a type that can be written out: there are then two ways to read it.
trait NotWritten<Which> {
    const HOLDS: bool = true;
}
impl<T: ?Sized> NotWritten<()> for T {}
struct Displayed;
impl<T: ?Sized + std::fmt::Display> NotWritten<Displayed> for T {}
struct Serialized;
impl<T: ?Sized + serde::Serialize> NotWritten<Serialized> for T {}

const _: () = assert!(
    <Secret as NotWritten<_>>::HOLDS
        && <SessionKey as NotWritten<_>>::HOLDS
        && <Keyring as NotWritten<_>>::HOLDS
);

fn secrets_stay_inside() {
    let (stage, zoe) = signed_in();
    let cookie = Stage::session_cookie(&zoe).unwrap();
    let token = stage.scene.provider.requests_to("/token").swap_remove(0);
    let code = token.parameter("code").unwrap();
    let userinfo = stage.scene.provider.requests_to("/userinfo").swap_remove(0);
    let access_token = userinfo.bearer().unwrap();
    let page = stage.signs_out(&zoe);
    let id_token = page.parameter("id_token_hint").unwrap();
    let log = stage.scene.gateway.logs().text();
    assert!(log.contains("signed out"), "the log is empty");
    let secrets = [
        SESSION_SECRET,
        CLIENT_SECRET,
        &cookie,
        &code,
        access_token,
        &id_token,
    ];
    for secret in secrets {
        assert!(
            secret.len() > 20 && !log.contains(secret),
            "{secret} is in the log:\n{log}"
        );
    }
    let keyring = Keyring::new(&[Secret::new(SESSION_SECRET)]).unwrap();
    let written = format!(
        "{:?} {keyring:?} {:?}",
        Secret::new(SESSION_SECRET),
        SessionKey::parse(&cookie).unwrap()
    );
    assert!(
        !written.contains(SESSION_SECRET) && !written.contains(&cookie),
        "{written}"
    );
    let set = SetCookie::from_sealed(format!("guichet-session-fc={cookie}; Path=/"));
    assert!(!format!("{set:?}").contains(&cookie), "{set:?}");
}
