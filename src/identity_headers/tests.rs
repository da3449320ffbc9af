use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::*;
use crate::access::Decision;
use crate::access::Rule;
use crate::access::Visitor;
use crate::access::decide;
use crate::access::requirement::Access;
use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::identity::fact::Fact;
use crate::identity_headers::assertion::REGISTERED_CLAIMS;
use crate::identity_headers::signing_keys::SigningKeys;
use crate::identity_headers::told::PlainHeader;
use crate::identity_headers::told::SubjectForm;
use crate::identity_headers::told::Told;
use crate::seal;
use crate::session::test_support::session;

#[derive(Debug)]
struct Hands(Mutex<i64>);

impl Hands {
    fn turn(&self, seconds: i64) {
        *self.0.lock().unwrap() += seconds;
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(*self.0.lock().unwrap())
    }
}

struct Scene {
    clock: Arc<Hands>,
    assertions: Assertions,
}

fn scene() -> Scene {
    let clock = Arc::new(Hands(Mutex::new(1_000)));
    let keys = Arc::new(SigningKeys::in_memory().unwrap());
    let issuer = "https://a.example".to_owned();
    let assertions = Assertions::new(issuer, Duration::from_mins(1), keys, Arc::<Hands>::clone(&clock));
    Scene { clock, assertions }
}

struct App {
    name: String,
    told: Told,
}

impl App {
    fn audience(&self) -> Audience<'_> {
        Audience {
            app: &self.name,
            told: &self.told,
        }
    }
}

fn app(name: &str, claims: &[&str], plain: &[&str]) -> App {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let told = Told {
        audience: name.to_owned(),
        claims: owned(claims),
        derived: Vec::new(),
        plain_headers: plain.iter().filter_map(|claim| PlainHeader::of(claim)).collect(),
        subject: SubjectForm::Provider,
    };
    App {
        name: name.to_owned(),
        told,
    }
}

fn rule(access: Access) -> Rule<'static> {
    Rule {
        access,
        requirement: None,
    }
}

fn permit(session: Session) -> Permit {
    let Decision::Forward(permit) = decide(
        rule(Access::Required),
        Visitor::Asked(vec![session]),
        Timestamp::from_unix(0),
    ) else {
        panic!("a live session passes");
    };
    permit
}

fn fields(scene: &Scene, session: Session, app: &App) -> Result<Map<String, Value>, IdentityHeadersError> {
    let id = RequestId::of([7; 8]);
    let told = IdentityHeaders::of(&permit(session), app.audience(), &id, &scene.assertions)?
        .fields()
        .to_vec();
    let pairs = told
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())));
    let count = told.len();
    let map: Map<String, Value> = pairs.collect();
    assert_eq!(map.len(), count, "a name is written twice");
    Ok(map)
}

fn claims(fields: &Map<String, Value>) -> Value {
    let token = fields["x-guichet-assertion"].as_str().unwrap();
    let payload = seal::from_base64url(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

fn ends() -> Timestamp {
    Timestamp::from_unix(9_000)
}

#[test]
fn only_the_claims_of_the_app_leave() {
    let scene = scene();
    let app = app(
        "one",
        &["sub", "given_name", "birthplace", "gender"],
        &["sub", "family_name", "birthplace", "gender"],
    );
    let told = fields(&scene, session("sub-1", ends()), &app).unwrap();
    let claims = claims(&told);
    assert_eq!(claims["given_name"], "Zoé Éléonore");
    assert_eq!(claims["birthplace"], "", "an empty birthplace is kept as it came");
    assert!(
        claims.get("family_name").is_none()
            && claims.get("email").is_none()
            && claims.get("gender").is_none()
    );
    assert_eq!(told["x-guichet-sub"], "sub-1");
    assert_eq!(
        told["x-guichet-family-name"],
        "LE%20GO%C3%9BT-N%C5%92UV%C3%89GLISE"
    );
    assert!(told.get("x-guichet-birthplace").is_none() && told.get("x-guichet-gender").is_none());
    assert_eq!(told["x-guichet-status"], "authenticated");
    assert_eq!(told["x-request-id"], "0707070707070707");
}

#[test]
fn registered_claims_are_ours_whatever_the_provider_says() {
    let scene = scene();
    let mut session = session("sub-1", ends());
    for name in REGISTERED_CLAIMS {
        session.identity.claims.insert(name.to_owned(), json!("evil"));
    }
    let told = fields(&scene, session.clone(), &app("one", &REGISTERED_CLAIMS, &[])).unwrap();
    let claims = claims(&told);
    assert!(!claims.to_string().contains("evil"), "{claims}");
    assert_eq!(
        (claims["iss"].as_str(), claims["aud"].as_str()),
        (Some("https://a.example"), Some("one"))
    );
    assert_eq!(
        (
            claims["iat"].as_i64(),
            claims["nbf"].as_i64(),
            claims["exp"].as_i64()
        ),
        (Some(1_000), Some(1_000), Some(1_060))
    );
    assert_eq!(
        (claims["sub"].as_str(), claims["acr"].as_str()),
        (Some("sub-1"), Some("eidas1"))
    );
    assert_eq!(
        (claims["idp"].as_str(), claims["sid"].as_str()),
        (Some("fc"), session.sid().ok().as_deref())
    );
}

#[test]
fn an_assertion_is_kept_until_ten_seconds_before_its_end() {
    let scene = scene();
    let (app, session) = (app("one", &[], &[]), session("sub-1", ends()));
    let token = |scene: &Scene| fields(scene, session.clone(), &app).unwrap()["x-guichet-assertion"].clone();
    let first = token(&scene);
    scene.clock.turn(49);
    assert_eq!(token(&scene), first);
    scene.clock.turn(1);
    let second = token(&scene);
    assert_ne!(second, first);
    scene.clock.turn(-120);
    assert_ne!(
        token(&scene),
        second,
        "not valid yet, once the clock was set back"
    );
}

#[test]
fn no_session_and_no_app_gets_the_assertion_of_another() {
    let scene = scene();
    let (one, two) = (app("one", &[], &[]), app("two", &[], &[]));
    let (zoe, ange) = (session("zoe", ends()), session("ange", ends()));
    let told = |session: &Session, app: &App| claims(&fields(&scene, session.clone(), app).unwrap());
    assert_eq!(
        (told(&zoe, &one)["sub"].as_str(), told(&zoe, &one)["aud"].as_str()),
        (Some("zoe"), Some("one"))
    );
    assert_eq!(
        (told(&zoe, &two)["sub"].as_str(), told(&zoe, &two)["aud"].as_str()),
        (Some("zoe"), Some("two"))
    );
    assert_eq!(told(&ange, &one)["sub"], "ange");
}

#[test]
fn an_identity_that_does_not_fit_is_refused_and_not_cut() {
    let scene = scene();
    let mut session = session("sub-1", ends());
    session
        .identity
        .claims
        .insert("family_name".to_owned(), json!("É".repeat(700)));
    let refused = fields(&scene, session, &app("one", &["family_name"], &[]));
    assert!(
        matches!(refused, Err(IdentityHeadersError::OverBudget { bytes }) if bytes > BUDGET),
        "{refused:?}"
    );
}

#[test]
fn nothing_is_said_where_nobody_looked_and_only_that_where_nobody_is() {
    let scene = scene();
    let app = app("one", &["sub"], &["sub"]);
    let said = |access, visitor| {
        let Decision::Forward(permit) = decide(rule(access), visitor, Timestamp::from_unix(0)) else {
            panic!("passes")
        };
        let told =
            IdentityHeaders::of(&permit, app.audience(), &RequestId::of([1; 8]), &scene.assertions).unwrap();
        told.fields()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        said(Access::Public, Visitor::Unasked),
        ["x-request-id: 0101010101010101"]
    );
    let anonymous = ["x-guichet-status: anonymous", "x-request-id: 0101010101010101"];
    assert_eq!(said(Access::Optional, Visitor::Asked(Vec::new())), anonymous);
}

proptest::proptest! {
    /// Whatever a provider says and whatever is listed: what arrives is ours, or was listed and said.
    #[test]
    fn an_assertion_holds_what_is_ours_and_what_was_both_listed_and_said(
        said in proptest::collection::btree_map("[a-f]|sub|aud|exp|sid|acr|amr|iss|auth_time|age_over_18", "[a-z]{0,3}", 0..8),
        listed in proptest::collection::vec("[a-f]|sub|aud|exp|sid|acr|amr|iss|auth_time", 0..8),
    ) {
        let scene = scene();
        let mut session = session("sub-1", ends());
        session.identity.claims = said.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let names: Vec<&str> = listed.iter().map(String::as_str).collect();
        let mut app = app("one", &names, &[]);
        app.told.derived = vec![Fact::AgeOver(18)];
        let told = claims(&fields(&scene, session, &app).unwrap());
        for (name, value) in told.as_object().unwrap() {
            let is_ours = REGISTERED_CLAIMS.contains(&name.as_str());
            let was_said = said.get(name).is_some_and(|said| json!(said) == *value);
            assert!(is_ours || (listed.contains(name) && was_said), "{name}: {value}");
        }
        assert_eq!((&told["sub"], &told["aud"], &told["iss"]), (&json!("sub-1"), &json!("one"), &json!("https://a.example")));
        assert_eq!((told.get("auth_time"), told.get("amr"), told.get("age_over_18")), (None, None, None));
    }
}
