//! How a connection learns that the process ends.

use tokio::sync::watch;

/// Ready when the process ends; never if nobody is left who could say it.
///
/// The receiver stays with the connection: the drain waits until the last one is gone.
pub(super) async fn ends(shutdown: &mut watch::Receiver<bool>) {
    if shutdown.wait_for(|ends| *ends).await.is_err() {
        std::future::pending::<()>().await;
    }
}
