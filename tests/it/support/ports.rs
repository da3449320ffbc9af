//! Ports of this machine that the system chose and that were free a moment ago.

use std::net::SocketAddr;
use std::net::TcpListener;

/// Several at once, so that they differ.
pub(crate) fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    let listeners = [(); COUNT].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

pub(crate) fn free_port() -> u16 {
    let [port] = free_ports();
    port
}

/// The address at which this machine reaches itself.
pub(crate) fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
