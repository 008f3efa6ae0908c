//! Another address of this machine, to see whether a local server listens there, too.

use std::net::UdpSocket;
use std::net::{IpAddr, Ipv4Addr};

/// An address of this machine at which a server that listens at the usual loopback address only is not found; `None` if
/// there is none. On Linux every address of 127.0.0.0/8 leads here; elsewhere it is the one that the network knows.
pub(super) fn address() -> Option<IpAddr> {
    if cfg!(target_os = "linux") {
        return Some(Ipv4Addr::new(127, 0, 0, 2).into());
    }
    // Nothing is sent: the address is one for documentation (RFC 5737), and the socket only asks for the way there.
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_loopback() && !own.is_unspecified()).then_some(own)
}
