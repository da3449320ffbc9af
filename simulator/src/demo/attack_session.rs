//! Attacks on the session and its cookie.

use std::io;

use crate::browser::Browser;
use crate::demo::application_check;
use crate::demo::attack::Report;
use crate::demo::attack::Verdict;
use crate::demo::attack_header;
use crate::demo::field::Field;
use crate::random;

pub(crate) async fn unknown_session(field: &Field) -> io::Result<Report> {
    let marker = Field::marker()?;
    let request = format!(
        "{}Cookie: guichet-session-fc={}\r\nAccept: text/html\r\nConnection: close\r\n\r\n",
        field.get("/urbanisme/dossier", &marker),
        random::opaque()?
    );
    let answer = field.send(&request).await?;
    let received = field.log.find(&marker);
    let mut report = Report::default();
    report.add(
        &request,
        &answer.summary(),
        received.as_deref(),
        Verdict::of(&answer, received.as_deref(), |_received| false),
    );
    Ok(report)
}

pub(crate) async fn two_cookies(field: &Field) -> io::Result<Report> {
    let (victim, attacker) = (Browser::new(), Browser::new());
    field.sign_in(&victim, "zoe").await?;
    let page = field.sign_in(&attacker, "corsica").await?.text();
    let subject = application_check::header(&page, "x-guichet-sub")
        .unwrap_or("?")
        .to_owned();
    let (name, own) = field
        .session_cookie(&victim)
        .ok_or_else(attack_header::no_session)?;
    let (_, planted) = field
        .session_cookie(&attacker)
        .ok_or_else(attack_header::no_session)?;
    let mut report = Report::default();
    for (first, second, shown) in [
        (&own, &planted, "victime, attaquant"),
        (&planted, &own, "attaquant, victime"),
    ] {
        let marker = Field::marker()?;
        let request = |first: &str, second: &str| {
            format!(
                "{}Cookie: autre=1; {name}={first}; {name}={second}\r\nConnection: close\r\n\r\n",
                field.get("/urbanisme/octets", &marker)
            )
        };
        let answer = field.send(&request(first, second)).await?;
        let received = field.log.find(&marker);
        let held = Verdict::of(&answer, received.as_deref(), |received| {
            !received.contains(&subject) && !received.contains("guichet-session")
        });
        let (one, other) = shown.split_once(", ").unwrap_or((shown, shown));
        report.add(&request(one, other), &answer.summary(), received.as_deref(), held);
    }
    Ok(report)
}

pub(crate) async fn logout_by_image(field: &Field) -> io::Result<Report> {
    let browser = Browser::new();
    field.sign_in(&browser, "corsica").await?;
    let image = browser
        .clone()
        .with_header("sec-fetch-dest", "image")
        .with_header("sec-fetch-mode", "no-cors");
    let answer = image.ask(&field.at("/_guichet/logout")).await?;
    let after = browser
        .open(&field.at("/urbanisme/octets?essai-image"))
        .await?
        .text();
    let still = application_check::header(&after, "x-guichet-status") == Some("authenticated");
    let mut report = Report::default();
    report.add(
        "<img src=\"/_guichet/logout\">",
        &answer.status.to_string(),
        Some(&after),
        Verdict::held_if(|| still),
    );
    Ok(report)
}
