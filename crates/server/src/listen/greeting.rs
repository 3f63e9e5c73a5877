//! The first seconds of a connection: it says that it speaks HTTP/2, or it ends.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use gate::Peer;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{
    calls::Guest,
    connection::{Connection, Wire},
    seats::Seat,
    tls::Tls,
};

/// What every HTTP/2 client sends first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Behind it comes a SETTINGS frame; its header is nine bytes, the fourth of them the type.
const HEAD: usize = PREFACE.len() + 9;
const SETTINGS: u8 = 4;

/// How long a new connection may take.
pub(super) struct Greeting {
    pub(super) handshake: Duration,
    pub(super) first_frame: Duration,
    /// None where nothing is encrypted, within one machine.
    pub(super) tls: Option<Arc<Tls>>,
}

impl Greeting {
    /// The connection once it has spoken. Before that it costs a socket and nothing of HTTP/2.
    pub(super) async fn of(
        &self,
        stream: TcpStream,
        address: IpAddr,
        seat: Seat,
    ) -> io::Result<Connection> {
        stream.set_nodelay(true)?;
        let (mut wire, certificate) = match &self.tls {
            None => (Wire::Plain(stream), None),
            Some(tls) => {
                let (stream, certificate) = timeout(self.handshake, tls.greet(stream)).await??;
                (Wire::Tls(Box::new(stream)), certificate)
            }
        };
        let head = timeout(self.first_frame, first_frame(&mut wire)).await??;
        let peer = Peer { address: address.to_canonical(), certificate };
        let guest = Guest { peer, calls: seat.calls.clone() };
        Ok(Connection::new(wire, head, guest, seat))
    }
}

/// Reads preface and header of the first frame; ends with the first byte that does not belong there.
async fn first_frame(wire: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut head = vec![0; HEAD];
    let mut done = 0;
    while done < HEAD {
        let read = wire.read(head.get_mut(done..).unwrap_or_default()).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        done += read;
        let head = head.get(..done).unwrap_or_default();
        let is_preface = head.iter().zip(PREFACE).all(|(a, b)| a == b);
        let is_settings = head.get(PREFACE.len() + 3).is_none_or(|it| *it == SETTINGS);
        if !is_preface || !is_settings {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not HTTP/2"));
        }
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_begins_with_the_preface_and_settings_however_it_is_cut() {
        let good = [PREFACE, &[0, 0, 0, SETTINGS, 0, 0, 0, 0, 0]].concat();
        for cut in 1..good.len() {
            let mut parts = good[..cut].chain(&good[cut..]).chain(&b"more"[..]);
            assert_eq!(first_frame(&mut parts).await.unwrap(), good, "cut at {cut}");
            assert!(first_frame(&mut &good[..cut]).await.is_err(), "ends at {cut}");
        }
    }

    #[tokio::test]
    async fn what_is_no_http_2_ends_with_the_first_wrong_byte() {
        let ping = [PREFACE, &[0, 0, 8, 6]].concat();
        for wrong in [&b"GET / HTTP/1.1"[..], b"PRI * HTTP/1", &[22, 3, 1], &ping] {
            let err = first_frame(&mut &wrong[..]).await.unwrap_err();
            assert_eq!(err.kind(), io::ErrorKind::InvalidData, "{wrong:?}");
        }
    }
}
