//! What the provider's redirect can say, well or ill.

use super::*;

fn code(query: &str) -> CodeResponse {
    match AuthorizationResponse::parse(query).unwrap() {
        AuthorizationResponse::Code(code) => code,
        AuthorizationResponse::Error(error) => panic!("{error:?}"),
    }
}

fn error(query: &str) -> ErrorResponse {
    match AuthorizationResponse::parse(query).unwrap() {
        AuthorizationResponse::Error(error) => error,
        AuthorizationResponse::Code(code) => panic!("{code:?}"),
    }
}

fn refused(query: &str) -> ResponseError {
    AuthorizationResponse::parse(query).unwrap_err()
}

#[test]
fn a_code_is_read_with_its_state_and_issuer() {
    let response = code("code=a%2Bb&state=s&iss=https%3A%2F%2Fa.example%2Fapi%2Fv2&unknown=x&unknown=y");
    assert_eq!(response.code.expose(), b"a+b");
    assert_eq!(response.state(), "s");
    assert_eq!(response.iss.as_deref(), Some("https://a.example/api/v2"));
    assert!(!format!("{response:?}").contains("a+b"));
}

#[test]
fn a_parameter_that_came_twice_is_refused() {
    for (query, name) in [
        ("code=a&code=b&state=s", "code"),
        ("code=a&state=s&state=s", "state"),
        ("code=a&state=s&iss=x&iss=x", "iss"),
        ("code=a&state=s&%69ss=x&iss=x", "iss"),
        ("error=a&error=b&state=s", "error"),
        (
            "error=a&error_description=b&error_description=c&state=s",
            "error_description",
        ),
        ("error=a&error_uri=b&error_uri=c&state=s", "error_uri"),
    ] {
        assert_eq!(refused(query), ResponseError::Duplicate(name), "{query}");
    }
}

#[test]
fn names_are_exact_and_values_are_decoded_once() {
    for query in [
        "code=a&state%00=s",
        "code=a&state[]=s",
        "code=a&STATE=s",
        "code=a;state=s",
        "code=a&state=",
        "code=a",
        "code=a&state%2500=s",
        "code=a& state=s",
    ] {
        assert_eq!(refused(query), ResponseError::StateMissing, "{query}");
    }
    assert_eq!(code("code=a&state=%2573").state(), "%73");
    assert_eq!(code("code=a&state=a+b%20c").state(), "a b c");
    for (query, name) in [
        ("code=a&state=%zz", "state"),
        ("code=a&state=%f", "state"),
        ("code=a&state=%ff", "state"),
        ("code=%0d%0a&state=s", "code"),
        ("code=%C3%A9&state=s", "code"),
    ] {
        assert_eq!(refused(query), ResponseError::Malformed(name), "{query}");
    }
    let long = format!("code={}&state=s", "a".repeat(3000));
    assert_eq!(refused(&long), ResponseError::Malformed("code"));
}

#[test]
fn neither_code_nor_error_is_no_response() {
    for query in [
        "",
        "state=ok",
        "code=&state=ok",
        "code=&error=&state=ok",
        "state=ok&CODE=a",
    ] {
        assert_eq!(refused(query), ResponseError::Neither, "{query}");
    }
}

#[test]
fn a_token_in_the_query_is_refused() {
    for query in [
        "access_token=a&id_token=b&state=ok",
        "id_token=b&state=ok",
        "code=a&state=ok&access_token=b",
        "response=eyJ",
    ] {
        assert!(matches!(refused(query), ResponseError::OtherFlow(_)), "{query}");
    }
}

#[test]
fn a_code_beside_an_error_is_an_error() {
    let response = error("code=x&error=access_denied&state=ok");
    assert_eq!(response.kind, ErrorKind::AccessDenied);
    assert_eq!(response.state.as_deref(), Some("ok"));
}

#[test]
fn an_error_is_bounded_and_escaped_and_names_the_incident() {
    let response = error(
        "error=server_error&error_description=user+auth+%22abort%C3%A9%22%0Alevel%3Dinfo&state=s\
         &error_uri=https%3A%2F%2Fdocs.partenaires.franceconnect.gouv.fr%2Ffs%2F%3Fcode%3DY010011%26id%3D12ab-34",
    );
    assert_eq!(response.kind, ErrorKind::Unavailable);
    assert_eq!(
        response.to_string(),
        "error=server_error description=\"user auth \\\"aborté\\\"\\nlevel=info\" code=Y010011 id=12ab-34"
    );
    assert_eq!(
        response.description.unwrap().raw(),
        "user auth \"aborté\"\nlevel=info"
    );
    assert_eq!(response.support.code.unwrap().raw(), "Y010011");
    assert_eq!(response.support.id.unwrap().raw(), "12ab-34");
    let long = error(&format!("error={}", "e".repeat(2000)));
    assert_eq!(long.error.raw().len(), 200);
}

#[test]
fn a_lost_state_is_no_state_and_an_unknown_error_is_an_error() {
    for query in [
        "error=invalid_idp_hint&state=undefined",
        "error=x",
        "error=x&state=",
    ] {
        assert_eq!(error(query).state, None, "{query}");
    }
    for (name, kind) in [
        ("access_denied", ErrorKind::AccessDenied),
        ("temporarily_unavailable", ErrorKind::Unavailable),
        ("invalid_scope", ErrorKind::Ours),
        ("invalid_acr", ErrorKind::Ours),
        ("something_new", ErrorKind::Other),
        ("ACCESS_DENIED", ErrorKind::Other),
    ] {
        assert_eq!(error(&format!("error={name}&state=s")).kind, kind, "{name}");
    }
}

#[test]
fn an_error_uri_of_another_form_names_nothing() {
    for uri in ["", "https://a.example/", "https://a.example/#?code=x", "?x=y"] {
        assert_eq!(Support::of(uri), Support::default(), "{uri}");
    }
}

proptest::proptest! {
    #[test]
    fn no_query_is_a_panic_or_a_code_without_a_state(query in "(code|state|iss|error|%|=|&|[a-z0-9%+;é]){0,12}") {
        if let Ok(AuthorizationResponse::Code(response)) = AuthorizationResponse::parse(&query) {
            proptest::prop_assert!(!response.state().is_empty());
        }
    }
}
