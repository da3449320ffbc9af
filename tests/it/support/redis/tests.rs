use std::net::SocketAddr;
use std::net::TcpStream;

use super::*;
use crate::support::message::find;

fn set(redis: &Redis, key: &str, value: &str, milliseconds: &str) {
    redis.ask(&[
        b"SET",
        key.as_bytes(),
        value.as_bytes(),
        b"PX",
        milliseconds.as_bytes(),
    ]);
}

#[test]
fn time_that_goes_by_shortens_every_life_and_ends_some() {
    let redis = Redis::start();
    set(&redis, "short", "1", "1000");
    set(&redis, "long", "2", "60000");
    redis.ask(&[b"SET", b"forever", b"3"]);
    redis.advance(Duration::from_secs(30));
    assert_eq!(redis.keys(), [b"forever".to_vec(), b"long".to_vec()]);
    let dump = redis.dump();
    assert_eq!(dump[0].left, None);
    assert!(dump[1].left.unwrap() <= Duration::from_secs(30), "{dump:?}");
    assert!(dump[1].left.unwrap() > Duration::from_secs(20), "{dump:?}");
}

#[test]
fn a_dump_shows_members_and_scores_too() {
    let redis = Redis::start();
    redis.ask(&[b"ZADD", b"index", b"17", b"locator"]);
    redis.ask(&[b"HSET", b"hash", b"field", b"value"]);
    redis.ask(&[b"SADD", b"set", b"member"]);
    redis.ask(&[b"RPUSH", b"list", b"element"]);
    redis.ask(&[b"SET", b"string", b"\x00\xff"]);
    let bytes = redis.all_bytes();
    for part in [
        &b"index"[..],
        b"locator",
        b"17",
        b"field",
        b"value",
        b"member",
        b"element",
        b"\x00\xff",
    ] {
        assert!(find(&bytes, part).is_some(), "{part:?} in {bytes:?}");
    }
}

#[test]
fn what_was_written_survives_a_kill_when_every_write_is_synced() {
    let options = Options {
        durability: Durability::AppendOnlyEverySync,
        ..Options::default()
    };
    let mut redis = Redis::start_with(options);
    redis.ask(&[b"SET", b"key", b"kept"]);
    redis.kill();
    assert!(TcpStream::connect(("127.0.0.1", redis.port)).is_err());
    redis.resume();
    assert_eq!(redis.ask(&[b"GET", b"key"]).bytes(), b"kept");
}

#[test]
fn a_paused_redis_takes_connections_and_says_nothing() {
    let redis = Redis::start();
    redis.pause();
    let mut stream = TcpStream::connect(("127.0.0.1", redis.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    io::Write::write_all(&mut stream, b"PING\r\n").unwrap();
    assert!(io::Read::read(&mut stream, &mut [0; 16]).is_err());
    redis.unpause();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut answer = [0; 7];
    io::Read::read_exact(&mut stream, &mut answer).unwrap();
    assert_eq!(&answer, b"+PONG\r\n");
}

#[test]
fn an_access_list_names_what_the_gateway_may_do() {
    let options = Options {
        access: Some("~guichet:* +get".to_owned()),
        ..Options::default()
    };
    let redis = Redis::start_with(options);
    assert!(
        redis
            .url()
            .starts_with("redis://guichet:only-for-tests@localhost:")
    );
    let mut theirs = Resp::connect(&redis.folder.path().join("redis.sock")).unwrap();
    assert!(matches!(
        theirs.ask(&[b"GET", b"guichet:a"]).unwrap(),
        Reply::Error(_)
    ));
    theirs.ask(&[b"AUTH", b"guichet", PASSWORD.as_bytes()]).unwrap();
    assert_eq!(theirs.ask(&[b"GET", b"guichet:a"]).unwrap(), Reply::Missing);
    assert!(matches!(
        theirs.ask(&[b"GET", b"other:a"]).unwrap(),
        Reply::Error(_)
    ));
    assert!(matches!(
        theirs.ask(&[b"SET", b"guichet:a", b"1"]).unwrap(),
        Reply::Error(_)
    ));
}

#[test]
fn a_redis_behind_tls_shows_a_certificate_of_its_own_authority() {
    let redis = Redis::start_with(Options {
        transport: Transport::Tls,
        ..Options::default()
    });
    assert!(redis.url().starts_with("rediss://localhost:"));
    let server = SocketAddr::from(([127, 0, 0, 1], redis.port));
    let verifies = ["-verify_return_error", "-verify_hostname", "localhost"];
    let said = redis.authority().s_client((server, "localhost"), &verifies, "");
    assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
}
