//! Attacks on the request itself: its path, its length, where it comes from.

use std::io;

use crate::demo::attack::Report;
use crate::demo::attack::Verdict;
use crate::demo::field::Field;

/// Ways to write a protected path under a public one.
const PATHS: &[&str] = &[
    "/urbanisme/public/../dossier",
    "/urbanisme/public/%2e%2e/dossier",
    "/urbanisme/public/%2E./dossier",
    "/urbanisme/public/..%2fdossier",
    "/urbanisme/public/..%5cdossier",
    "/urbanisme/public\\..\\dossier",
    "/urbanisme/public/..;/dossier",
    "/urbanisme//dossier",
    "/urbanisme/%64ossier",
    "/urbanisme/./dossier",
    "/urbanisme/dossier%00",
    "/urbanisme/public%2f%2e%2e%2fdossier",
];

pub(crate) async fn path_confusion(field: &Field) -> io::Result<Report> {
    let mut report = Report::default();
    for path in PATHS {
        let marker = Field::marker()?;
        let request = format!("{}Connection: close\r\n\r\n", field.get(path, &marker));
        let answer = field.send(&request).await?;
        let received = field.log.find(&marker);
        let held = Verdict::of(&answer, received.as_deref(), |_received| false);
        report.add(&request, &answer.summary(), received.as_deref(), held);
    }
    Ok(report)
}

pub(crate) async fn forged_origin(field: &Field) -> io::Result<Report> {
    let marker = Field::marker()?;
    let request = format!(
        "{}X-Forwarded-For: 203.0.113.66\r\nX-Forwarded-Host: pirate.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 6666\r\nConnection: close\r\n\r\n",
        field.get("/urbanisme/octets", &marker)
    );
    let answer = field.send(&request).await?;
    let received = field.log.find(&marker);
    let forged = |received: &str| {
        ["203.0.113.66", "pirate.example", "6666"]
            .iter()
            .any(|value| received.contains(value))
    };
    let held = Verdict::of(&answer, received.as_deref(), |received| !forged(received));
    let mut report = Report::default();
    report.add(&request, &answer.summary(), received.as_deref(), held);
    Ok(report)
}

pub(crate) async fn smuggling(field: &Field) -> io::Result<Report> {
    let mut report = Report::default();
    for encoding in ["chunked", "xchunked", "chunked, identity"] {
        let marker = Field::marker()?;
        let hidden = format!(
            "GET /urbanisme/dossier?{marker} HTTP/1.1\r\nHost: {}\r\nX-Guichet-Sub: usurpateur-v1\r\n\r\n",
            field.host()
        );
        let body = format!("0\r\n\r\n{hidden}");
        let request = format!(
            "POST /urbanisme/octets HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\nTransfer-Encoding: {encoding}\r\n\r\n{body}",
            field.host(),
            body.len()
        );
        let answer = field.send(&request).await?;
        let received = field.log.find(&marker);
        // As the body of a POST the bytes are harmless; at the beginning of a request they are not.
        let harmful = received
            .as_deref()
            .is_some_and(|received| received.starts_with("GET"));
        let held = Verdict::held_if(|| !harmful);
        report.add(&request, &answer.summary(), received.as_deref(), held);
    }
    Ok(report)
}
