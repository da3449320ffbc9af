//! Attacks on what the application reads: identity headers and the assertion.

use std::io;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::browser::Browser;
use crate::demo::application_check;
use crate::demo::application_check::VerifyingApplication;
use crate::demo::attack::Report;
use crate::demo::attack::Verdict;
use crate::demo::field::Field;
use crate::demo::raw;
use crate::provider::clock::MovableClock;

/// Whom the attacker claims to be.
const VICTIM: &str = "usurpateur-v1";

/// Spellings that some application server takes for one of ours.
const SPELLINGS: &[&str] = &[
    "x-guichet-sub",
    "X-GUICHET-SUB",
    "X_Guichet_Sub",
    "X-Guichet_Sub",
    "x.guichet.sub",
    "X~Guichet~Sub",
    "X_GUICHET_ASSERTION",
    "X-Guichet-Given_Name",
    "X-Guichet-Anything-Else",
];

async fn forge(field: &Field, report: &mut Report, headers: &str) -> io::Result<()> {
    let marker = Field::marker()?;
    let request = format!(
        "{}{headers}Connection: close\r\n\r\n",
        field.get("/urbanisme/octets", &marker)
    );
    let answer = field.send(&request).await?;
    let received = field.log.find(&marker);
    let held = Verdict::of(&answer, received.as_deref(), |received| {
        !received.contains(VICTIM)
    });
    report.add(&request, &answer.summary(), received.as_deref(), held);
    Ok(())
}

pub(crate) async fn forged_identity(field: &Field) -> io::Result<Report> {
    let mut report = Report::default();
    let headers = format!(
        "X-Guichet-Sub: {VICTIM}\r\nX-Guichet-Given-Name: {VICTIM}\r\nX-Guichet-Family-Name: {VICTIM}\r\nX-Guichet-Status: {VICTIM}\r\n"
    );
    forge(field, &mut report, &headers).await?;
    Ok(report)
}

pub(crate) async fn forged_spellings(field: &Field) -> io::Result<Report> {
    let mut report = Report::default();
    for name in SPELLINGS {
        forge(field, &mut report, &format!("{name}: {VICTIM}\r\n")).await?;
    }
    let twice = format!("X-Guichet-Sub: {VICTIM}\r\nX-Guichet-Sub: {VICTIM}-2\r\n");
    forge(field, &mut report, &twice).await?;
    forge(field, &mut report, &format!("X-Guichet-Sub : {VICTIM}\r\n")).await?;
    Ok(report)
}

pub(crate) async fn connection_nomination(field: &Field) -> io::Result<Report> {
    let browser = Browser::new();
    field.sign_in(&browser, "corsica").await?;
    let (name, value) = field.session_cookie(&browser).ok_or_else(no_session)?;
    let marker = Field::marker()?;
    let request = |cookie: &str| {
        format!(
            "{}Cookie: {cookie}\r\nConnection: close, X-Guichet-Sub, X-Guichet-Assertion, X-Guichet-Status\r\n\r\n",
            field.get("/urbanisme/octets", &marker)
        )
    };
    let answer = field.send(&request(&format!("{name}={value}"))).await?;
    let received = field.log.find(&marker).unwrap_or_default();
    let kept = |header| application_check::header(&received, header).is_some_and(|value| !value.is_empty());
    let mut report = Report::default();
    report.add(
        &request(&format!("{name}=…")),
        &answer.summary(),
        Some(&received),
        Verdict::held_if(|| kept("x-guichet-sub") && kept("x-guichet-assertion") && kept("x-guichet-status")),
    );
    Ok(report)
}

fn claims_of_the_victim(field: &Field) -> String {
    let now = MovableClock::default().now().as_secs();
    let claims = json!({"iss": field.gateway, "aud": "urbanisme", "sub": VICTIM, "iat": now, "nbf": now, "exp": now + 60});
    URL_SAFE_NO_PAD.encode(claims.to_string())
}

pub(crate) async fn algorithm_none(field: &Field) -> io::Result<Report> {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"guichet+jwt"}"#);
    forged_assertion(field, &format!("{header}.{}.", claims_of_the_victim(field))).await
}

pub(crate) async fn public_key_as_secret(field: &Field) -> io::Result<Report> {
    let application = VerifyingApplication::of(field).await?;
    let header = json!({"alg": "HS256", "typ": "guichet+jwt", "kid": application.kid()});
    let input = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        claims_of_the_victim(field)
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, application.public_keys()?.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, input.as_bytes()));
    forged_assertion(field, &format!("{input}.{signature}")).await
}

async fn forged_assertion(field: &Field, assertion: &str) -> io::Result<Report> {
    let application = VerifyingApplication::of(field).await?;
    let marker = Field::marker()?;
    let request = format!(
        "{}X-Guichet-Assertion: {assertion}\r\nConnection: close\r\n\r\n",
        field.get("/urbanisme/octets", &marker)
    );
    let answer = field.send(&request).await?;
    let received = field.log.find(&marker);
    let now = MovableClock::default().now().as_secs();
    let verified = application.verify(assertion, now);
    let refusal = verified
        .as_ref()
        .map_or_else(Clone::clone, |_claims| "acceptée".to_owned());
    let answered = format!("{}\nUne application qui vérifie : {refusal}", answer.summary());
    let mut report = Report::default();
    report.add(
        &request,
        &answered,
        received.as_deref(),
        Verdict::of(&answer, received.as_deref(), |received| {
            !received.contains(assertion) && verified.is_err()
        }),
    );
    Ok(report)
}

pub(crate) async fn stale_assertion(field: &Field) -> io::Result<Report> {
    let browser = Browser::new();
    let page = field.sign_in(&browser, "corsica").await?;
    let text = page.text();
    let assertion = application_check::header(&text, "x-guichet-assertion")
        .ok_or_else(|| io::Error::other("the application received no assertion"))?;
    let application = VerifyingApplication::of(field).await?;
    let now = MovableClock::default().now().as_secs();
    let marker = Field::marker()?;
    let around = format!(
        "GET /urbanisme/octets?{marker} HTTP/1.1\r\nHost: {}\r\nX-Guichet-Assertion: {assertion}\r\nConnection: close\r\n\r\n",
        field.application
    );
    let answer = raw::send(field.application, &around).await?;
    let received = field.log.find(&marker);
    let (signed, _signature) = assertion
        .rsplit_once('.')
        .ok_or_else(|| io::Error::other("no JWS"))?;
    let retouched = format!("{signed}.{}", URL_SAFE_NO_PAD.encode([7; 64]));
    let words = |verified: &Result<serde_json::Value, String>| {
        verified.as_ref().map_or_else(
            |refusal| format!("refusée ({refusal})"),
            |_claims| "acceptée".to_owned(),
        )
    };
    let fresh = application.verify(assertion, now);
    let stale = application.verify(assertion, now + 3600);
    let forged = application.verify(&retouched, now);
    let answered = format!(
        "{}\nUne application qui vérifie :\n  tout de suite : {}\n  une heure après : {}\n  signature retouchée : {}",
        answer.summary(),
        words(&fresh),
        words(&stale),
        words(&forged)
    );
    let held = Verdict::held_if(|| fresh.is_ok() && stale.is_err() && forged.is_err());
    let mut report = Report::default();
    report.add(&around, &answered, received.as_deref(), held);
    Ok(report)
}

pub(crate) fn no_session() -> io::Error {
    io::Error::other("the login brought no session cookie")
}
