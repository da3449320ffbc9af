//! The legacy application knows two headers, and shows what it received.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a panic is their way to fail"
)]

use std::net::SocketAddr;

use simulator::browser::Browser;
use simulator::legacy::RunningApplication;

async fn application() -> (RunningApplication, String) {
    let application = RunningApplication::start(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let at = format!("http://{}/urbanisme", application.address());
    (application, at)
}

#[tokio::test]
async fn it_greets_whoever_the_headers_name() {
    let (_application, at) = application().await;
    let browser = Browser::new()
        .with_header("x-guichet-given-name", "Zo%C3%A9%20%C3%89l%C3%A9onore")
        .with_header("x-guichet-family-name", "LE%20GO%C3%9BT-N%C5%92UV%C3%89GLISE");
    let page = browser.open(&at).await.unwrap();
    assert!(
        page.text().contains("Bonjour Zoé Éléonore LE GOÛT-NŒUVÉGLISE"),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn it_knows_nobody_without_them() {
    let (_application, at) = application().await;
    let page = Browser::new().open(&at).await.unwrap();
    assert!(page.text().contains("Bonjour, visiteur."));
}

#[tokio::test]
async fn it_shows_and_keeps_the_bytes_that_came() {
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;
    let (application, _) = application().await;
    let request =
        "GET /urbanisme/octets?x HTTP/1.1\r\nhOsT: a\r\nX-CaSe:  kept \r\nConnection: close\r\n\r\n";
    let mut stream = tokio::net::TcpStream::connect(application.address())
        .await
        .unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with(request), "{answer}");
    assert_eq!(application.log().all(), [request.as_bytes()]);
}

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let refused = RunningApplication::start(SocketAddr::from(([0, 0, 0, 0], 0))).await;
    assert!(refused.is_err());
}
