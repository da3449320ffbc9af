use super::*;
use crate::access::permit::Passes;
use crate::session::test_support::session;

const NOW: Timestamp = Timestamp::from_unix(1_000);

fn visitor(ends: &[i64]) -> Visitor {
    Visitor::Asked(
        ends.iter()
            .map(|end| session(&format!("sub-{end}"), Timestamp::from_unix(*end)))
            .collect(),
    )
}

fn who(access: Access, visitor: Visitor) -> Option<String> {
    match decide(access, visitor, NOW) {
        Decision::Authenticate => None,
        Decision::Forward(permit) => Some(match permit.passes() {
            Passes::Unasked => "unasked".to_owned(),
            Passes::Anonymous => "anonymous".to_owned(),
            Passes::SignedIn(session) => session.identity.subject.sub.clone(),
        }),
    }
}

#[test]
fn a_required_route_opens_to_a_live_session_only() {
    assert_eq!(
        who(Access::Required, visitor(&[1_001])).as_deref(),
        Some("sub-1001")
    );
    assert_eq!(who(Access::Required, visitor(&[])), None);
    assert_eq!(who(Access::Required, visitor(&[1_000, 999])), None);
    assert_eq!(who(Access::Required, Visitor::Unasked), None);
}

#[test]
fn an_optional_route_says_who_or_that_nobody_is_there() {
    assert_eq!(
        who(Access::Optional, visitor(&[1_001])).as_deref(),
        Some("sub-1001")
    );
    assert_eq!(
        who(Access::Optional, visitor(&[999])).as_deref(),
        Some("anonymous")
    );
}

#[test]
fn a_public_route_says_nothing_even_about_a_live_session() {
    assert_eq!(who(Access::Public, visitor(&[2_000])).as_deref(), Some("unasked"));
    assert_eq!(who(Access::Public, Visitor::Unasked).as_deref(), Some("unasked"));
}

#[test]
fn the_most_recent_login_that_lives_counts() {
    assert_eq!(
        who(Access::Required, visitor(&[900, 1_500, 2_000])).as_deref(),
        Some("sub-1500")
    );
}

proptest::proptest! {
    #[test]
    fn an_expired_session_is_never_forwarded(ends in proptest::collection::vec(0_i64..2_000, 0..6)) {
        if let Some(passed) = who(Access::Required, visitor(&ends)) {
            let end: i64 = passed.strip_prefix("sub-").unwrap().parse().unwrap();
            assert!(end > NOW.as_unix());
        }
    }
}
