//! HTTP/2 by the byte, for what no client library would send.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    net::{TcpSocket, TcpStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::pki_types::ServerName};

/// Preface and an empty SETTINGS frame.
pub const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// The beginning of a handshake whose rest never comes.
pub const HALF_HANDSHAKE: &[u8] = b"\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03";

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;

/// One of a thousand addresses of this machine, none of them the good client's.
pub fn address(n: usize) -> Ipv4Addr {
    let [high, low] = u16::try_from(n % 1_000).unwrap().to_be_bytes();
    Ipv4Addr::new(127, 1, high, low.max(1))
}

pub async fn connect(from: Ipv4Addr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((IpAddr::from(from), 0).into())?;
    socket.connect(to).await
}

pub async fn connect_tls(
    from: Ipv4Addr,
    to: SocketAddr,
    connector: &TlsConnector,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = connect(from, to).await?;
    connector.connect(ServerName::try_from("localhost").unwrap(), stream).await
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A header block that opens a call, each field literal, so that it is good on every stream.
pub fn call(path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    // POST and https, by their places in the static table.
    let mut block = vec![0x83, 0x87];
    let mut text = |name: &str, value: &str| {
        block.push(0);
        for it in [name, value] {
            assert!(it.len() < 127);
            block.push(u8::try_from(it.len()).unwrap());
            block.extend(it.bytes());
        }
    };
    text(":path", path);
    text(":authority", "localhost");
    text("content-type", "application/grpc");
    text("te", "trailers");
    for (name, value) in more {
        text(name, value);
    }
    block
}

/// Kind, flags, stream and payload of the next frame.
pub async fn read(from: &mut (impl AsyncRead + Unpin)) -> std::io::Result<(u8, u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    from.read_exact(&mut head).await?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    from.read_exact(&mut payload).await?;
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
    Ok((head[3], head[4], stream, payload))
}
