use super::*;
use http::StatusCode;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

/// Answers each connection with the same bytes and keeps it open; says how many connections came.
async fn listen(bytes: &'static [u8]) -> (ProviderUrl, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _peer)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut head = [0; 1024];
            let read = stream.read(&mut head).await.unwrap_or(0);
            if read > 0 && stream.write_all(bytes).await.is_ok() {
                open.push(stream);
            }
        }
    });
    (ProviderUrl::parse(&format!("http://{address}/x")).unwrap(), count)
}

const SHORT: Bounds = Bounds {
    within: Duration::from_millis(300),
    at_most: 16,
};

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (url, count) = listen(b"HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n").await;
    let answer = BackChannel::new().unwrap().get(&url, &[], SHORT).await.unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_refused() {
    let (url, _count) = listen(b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n0123456789abcdefg").await;
    let error = BackChannel::new()
        .unwrap()
        .get(&url, &[], SHORT)
        .await
        .unwrap_err();
    assert!(matches!(error, BackChannelError::TooLong(16)), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_given_up_in_time() {
    let (url, _count) = listen(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n01").await;
    let error = BackChannel::new()
        .unwrap()
        .get(&url, &[], SHORT)
        .await
        .unwrap_err();
    assert!(matches!(error, BackChannelError::Timeout(_)), "{error:?}");
}

/// What a server does with a connection on which it has answered so often.
#[derive(Clone, Copy)]
enum Then {
    /// Closes it.
    Closes,
    /// Reads one more question, and closes it.
    ReadsAndCloses,
}

/// Answers what comes on each connection, `answers` times; says how many connections and how many questions came.
async fn serve(answers: usize, then: Then) -> (ProviderUrl, Arc<Count>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = ProviderUrl::parse(&format!("http://{}/x", listener.local_addr().unwrap())).unwrap();
    let count = Arc::new(Count::default());
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _peer)) = listener.accept().await {
            counted.connections.fetch_add(1, Ordering::SeqCst);
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let mut head = [0; 1024];
                for answered in 0.. {
                    if answered == answers && matches!(then, Then::Closes) {
                        return;
                    }
                    if stream.read(&mut head).await.unwrap_or(0) == 0 {
                        return;
                    }
                    counted.questions.fetch_add(1, Ordering::SeqCst);
                    let empty = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
                    if answered == answers || stream.write_all(empty).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, count)
}

#[derive(Debug, Default)]
struct Count {
    connections: AtomicUsize,
    questions: AtomicUsize,
}

impl Count {
    fn get(&self) -> (usize, usize) {
        let get = |count: &AtomicUsize| count.load(Ordering::SeqCst);
        (get(&self.connections), get(&self.questions))
    }
}

#[tokio::test]
async fn what_follows_a_form_at_once_goes_where_its_answer_came_from() {
    let (url, count) = serve(9, Then::Closes).await;
    let back_channel = BackChannel::new().unwrap();
    for _ in 0..2 {
        assert!(back_channel.post_form(&url, Form::default(), SHORT).await.is_ok());
        assert!(back_channel.get(&url, &[], SHORT).await.is_ok());
    }
    assert_eq!(count.get(), (1, 4));
}

#[tokio::test]
async fn a_connection_that_rested_is_not_used_again() {
    let (url, count) = serve(9, Then::Closes).await;
    let back_channel = BackChannel::new().unwrap();
    assert!(back_channel.get(&url, &[], SHORT).await.is_ok());
    tokio::time::pause();
    tokio::time::advance(IDLE_FOR + Duration::from_millis(1)).await;
    tokio::time::resume();
    assert!(back_channel.post_form(&url, Form::default(), SHORT).await.is_ok());
    assert_eq!(count.get(), (2, 2));
}

#[tokio::test]
async fn a_form_that_finds_its_connection_closed_goes_on_another() {
    let (url, count) = serve(1, Then::Closes).await;
    let back_channel = BackChannel::new().unwrap();
    assert!(back_channel.get(&url, &[], SHORT).await.is_ok());
    assert!(back_channel.post_form(&url, Form::default(), SHORT).await.is_ok());
    assert_eq!(count.get(), (2, 2));
}

#[tokio::test]
async fn a_form_that_left_on_a_kept_connection_is_not_sent_again() {
    let (url, count) = serve(1, Then::ReadsAndCloses).await;
    let back_channel = BackChannel::new().unwrap();
    assert!(back_channel.get(&url, &[], SHORT).await.is_ok());
    let sent = back_channel.post_form(&url, Form::default(), SHORT).await;
    assert!(matches!(sent, Err(BackChannelError::Connection(_))), "{sent:?}");
    assert_eq!(count.get(), (1, 2));
}

#[tokio::test]
async fn a_form_is_sent_once_even_if_the_connection_dies() {
    for then in [Then::Closes, Then::ReadsAndCloses] {
        let (url, count) = serve(0, then).await;
        let form = Form {
            body: b"code=x".to_vec(),
            authorization: None,
        };
        let sent = BackChannel::new().unwrap().post_form(&url, form, SHORT).await;
        assert!(matches!(sent, Err(BackChannelError::Connection(_))), "{sent:?}");
        // Whatever is still to come has come by then.
        tokio::time::sleep(SHORT.within).await;
        assert_eq!(count.get().0, 1);
    }
}
