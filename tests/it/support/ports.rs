//! Ports of this machine that are free, and that nobody is given between the choice and the use.

use std::net::SocketAddr;
use std::net::TcpListener;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU16;
use std::sync::atomic::Ordering;

/// Where they are looked for: below those that Linux gives to whoever asks for any one (32768 and above).
const LOWEST: u16 = 11_000;
const HOW_MANY: u16 = 21_000;

/// Several at once, so that they differ.
pub(crate) fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    [(); COUNT].map(|()| free_port())
}

/// No port twice in a process, and two processes begin at different ones.
pub(crate) fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| {
        let process = u16::try_from(std::process::id() % 1000).unwrap();
        AtomicU16::new(process * 20)
    });
    loop {
        let port = LOWEST + NEXT.fetch_add(1, Ordering::Relaxed) % HOW_MANY;
        if TcpListener::bind(local(port)).is_ok() {
            return port;
        }
    }
}

/// The address at which this machine reaches itself.
pub(crate) fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
