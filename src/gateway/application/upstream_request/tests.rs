//! The head that an application receives.

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::CONNECTION;
use http_body_util::Empty;
use proptest::prelude::*;

use super::*;
use crate::identity_headers::IdentityHeaders;
use crate::identity_headers::told::SubjectForm;
use crate::identity_headers::told::Told;
use crate::judge::AnswerCache;
use crate::pipeline::AppCookies;
use crate::routing::app::App;
use crate::routing::app::LoginMode;
use crate::routing::app::Mode;
use crate::routing::app::Route;
use crate::routing::app::SignOut;
use crate::routing::path_prefix::PathPrefix;
use crate::routing::tolerance::Tolerance;
use crate::routing::upstream::Upstream;
use crate::wire::client_address::Provenance;
use crate::wire::cookie_names::CookieNames;
use crate::wire::header_name;
use crate::wire::host::Host;
use crate::wire::request_id::RequestId;
use crate::wire::scheme::Scheme;

/// Everything that the gateway says about a person.
const IDENTITY: [(&str, &str); 4] = [
    ("x-guichet-assertion", "ours-1"),
    ("x-guichet-sub", "ours-2"),
    ("x-guichet-status", "ours-3"),
    ("x-request-id", "ours-4"),
];
/// What an application may be led by, and what only a proxy may say.
const RESERVED: [&str; 12] = [
    "x-guichet-assertion",
    "x-guichet-sub",
    "x-guichet-status",
    "x-request-id",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "forwarded",
    "remote-user",
    "proxy",
    "x-original-url",
];

fn app() -> Arc<App> {
    Arc::new(App {
        name: "app".into(),
        title: "App".to_owned(),
        host: Host::parse("a.example").unwrap(),
        path: PathPrefix::ROOT,
        position: 0,
        providers: Vec::new(),
        login: LoginMode::Chooser,
        idp_hints: Vec::new(),
        mode: Mode::Proxy(vec![Arc::new(Upstream::at(
            Scheme::Http,
            Host::parse("127.0.0.1:1").unwrap(),
        ))]),
        told: Told {
            audience: "app".to_owned(),
            claims: Vec::new(),
            derived: Vec::new(),
            plain_headers: Vec::new(),
            subject: SubjectForm::Provider,
        },
        max_body: None,
        app_cookies: CookieNames::default(),
        tolerance: Tolerance::default(),
        routes: Vec::new(),
        strictest: Route::UNLISTED,
    })
}

/// The head for the application, when a client sends these fields and nothing refuses them.
fn received(fields: &[(HeaderName, HeaderValue)]) -> Option<HeaderMap> {
    let mut builder = Request::builder().uri("/x").header(HOST, "a.example");
    for (name, value) in fields {
        builder = builder.header(name, value);
    }
    let (head, ()) = builder.body(()).unwrap().into_parts();
    let client = SocketAddr::from(([192, 0, 2, 1], 9));
    let request =
        crate::wire::request::Request::parse(&head, Provenance::as_published(client), RequestId::of([0; 8]))
            .ok()?;
    let identity =
        IDENTITY.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    let app = app();
    let forward = Forward {
        request: Box::new(request),
        app,
        identity: IdentityHeaders::made_up(&identity),
        cache: AnswerCache::AsItIs,
        app_cookies: AppCookies::NoneNamed,
        session: None,
        sign_out: SignOut::No,
        public_scheme: Scheme::Https,
    };
    let built = build(
        &forward,
        &forward.app.upstreams()[0],
        Empty::<bytes::Bytes>::new(),
    )
    .unwrap();
    Some(built.headers().clone())
}

/// A reserved name in one of its spellings: any case, any separator that a name may have.
fn spelling() -> impl Strategy<Value = HeaderName> {
    let separators = "[-_.~!#$%&'*+^`|]{8}";
    (prop::sample::select(&RESERVED[..]), separators, any::<u32>()).prop_map(|(name, separators, cases)| {
        let mut separators = separators.chars().cycle();
        let letters = name.chars().enumerate().map(|(at, letter)| match letter {
            '-' => separators.next().unwrap(),
            letter if cases >> (at % 32) & 1 == 1 => letter.to_ascii_uppercase(),
            letter => letter,
        });
        HeaderName::from_bytes(letters.collect::<String>().as_bytes()).unwrap()
    })
}

fn any_name() -> impl Strategy<Value = HeaderName> {
    "[a-zA-Z0-9_.~!-]{1,20}".prop_map(|name| HeaderName::from_bytes(name.as_bytes()).unwrap())
}

fn nominating() -> impl Strategy<Value = (HeaderName, HeaderValue)> {
    spelling().prop_map(|name| {
        let value = HeaderValue::from_str(&format!("close, {name}")).unwrap();
        (CONNECTION, value)
    })
}

fn field() -> impl Strategy<Value = (HeaderName, HeaderValue)> {
    let name = prop_oneof![spelling(), any_name()];
    let named = name.prop_map(|name| (name, HeaderValue::from_static("evil")));
    prop_oneof![4 => named, 1 => nominating()]
}

proptest! {
    #[test]
    fn no_client_says_a_reserved_name_and_identity_is_there_exactly_once(
        fields in prop::collection::vec(field(), 0..12)
    ) {
        // What is refused reaches nobody.
        if let Some(headers) = received(&fields) {
            for (name, value) in &headers {
                let folded = header_name::fold(name.as_str());
                prop_assert!(!RESERVED.contains(&folded.as_str()) || value != "evil", "{name}");
            }
            for (name, value) in IDENTITY {
                let said: Vec<_> = headers.get_all(name).iter().collect();
                prop_assert_eq!(said, [value]);
            }
        }
    }

    #[test]
    fn what_a_client_may_say_arrives(value in "[ -~]{0,40}") {
        let value = HeaderValue::from_str(&value).unwrap();
        let fields = [(HeaderName::from_static("x-csrf-token"), value.clone())];
        let headers = received(&fields).unwrap();
        prop_assert_eq!(headers.get("x-csrf-token"), Some(&value));
    }
}

#[test]
fn identity_is_written_last() {
    let headers = received(&[(http::header::ACCEPT, HeaderValue::from_static("*/*"))]).unwrap();
    let names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    let last: Vec<_> = IDENTITY.iter().map(|(name, _)| *name).collect();
    assert!(names.ends_with(&last), "{names:?}");
}

#[test]
fn the_client_is_the_peer_of_the_connection() {
    let headers = received(&[]).unwrap();
    let said = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(said("x-forwarded-for"), "192.0.2.1");
    assert_eq!(said("x-forwarded-proto"), "https");
    assert_eq!(said("x-forwarded-host"), "a.example");
    assert_eq!(said("x-forwarded-port"), "443");
}
