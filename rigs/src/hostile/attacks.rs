//! What hostile clients do, each of them until it has what it came for.

use std::{
    collections::BTreeSet,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{process::Process, wire};

const SIGN_IN: &str = "/pacta.users.v1.UsersService/SignIn";
/// Connections of one address.
pub const OF_ADDRESS: usize = 250;
/// Good handshakes under way at once: more would not end in time on a machine with two processors.
const HANDSHAKES: usize = 64;
/// Streams of one connection that dribble.
const OF_CONNECTION: usize = 50;
/// Streams that are opened and reset with one write.
const AT_ONCE: u32 = 200;

/// What was held of idle connections.
pub struct Idle {
    /// That were greeted, and still there at the end.
    pub n_held: usize,
    /// The server's files when all were there.
    pub n_files: usize,
}

/// Connections that are greeted, answer pings, and do nothing else: all of them at once, for so long.
pub async fn idle(of: &Process, n: usize, hold: Duration) -> Idle {
    let (stop, stopped) = watch::channel(false);
    let (tell, mut greeted) = mpsc::channel(n);
    let at_once = Arc::new(Semaphore::new(HANDSHAKES));
    let mut all = JoinSet::new();
    for i in 0..n {
        let (from, to, connector) = (wire::address(1 + i / OF_ADDRESS), of.address, of.connector());
        let (tell, mut stopped, at_once) = (tell.clone(), stopped.clone(), at_once.clone());
        all.spawn(async move {
            let permit = at_once.acquire().await.unwrap();
            let mut stream = greeting(from, to, &connector).await?;
            drop(permit);
            tell.send(()).await.unwrap();
            drop(tell);
            tokio::select! {
                ended = pongs(&mut stream) => ended,
                _ = stopped.wait_for(|it| *it) => Ok(()),
            }
        });
    }
    drop(tell);
    while greeted.recv().await.is_some() {}
    tokio::time::sleep(hold).await;
    let n_files = of.n_files();
    stop.send(true).unwrap();
    let mut n_held = 0;
    while let Some(ended) = all.join_next().await {
        match ended.unwrap() {
            Ok(()) => n_held += 1,
            Err(err) => println!("hostile: an idle connection ended: {err}"),
        }
    }
    Idle { n_held, n_files }
}

/// A connection on which both have said who they are.
async fn greeting(
    from: Ipv4Addr,
    to: SocketAddr,
    connector: &TlsConnector,
) -> io::Result<TlsStream<TcpStream>> {
    let mut stream = wire::connect_tls(from, to, connector).await?;
    stream.write_all(wire::HELLO).await?;
    stream.flush().await?;
    match wire::read(&mut stream).await? {
        (wire::SETTINGS, ..) => Ok(stream),
        (kind, ..) => Err(io::Error::other(format!("greeted by a frame of kind {kind}"))),
    }
}

/// Answers the server's pings until it ends the connection.
async fn pongs(stream: &mut TlsStream<TcpStream>) -> io::Result<()> {
    loop {
        match wire::read(stream).await? {
            (wire::PING, 0, _, payload) => {
                stream.write_all(&wire::frame(wire::PING, 1, 0, &payload)).await?;
                stream.flush().await?;
            }
            (wire::GOAWAY, ..) => return Err(io::Error::other("told to go away")),
            _ => {}
        }
    }
}

/// Handshakes that are begun and left. Answers after how long the server ended the first and the last:
/// each of them was let in, and ended for what it did not do.
pub async fn half_handshakes(of: &Process, n: usize) -> (Duration, Duration) {
    let mut all = JoinSet::new();
    for i in 0..n {
        let (from, to) = (wire::address(100 + i / OF_ADDRESS.min(100)), of.address);
        all.spawn(async move {
            let mut stream = wire::connect(from, to).await?;
            let begin = Instant::now();
            stream.write_all(wire::HALF_HANDSHAKE).await?;
            let mut rest = Vec::new();
            timeout(Duration::from_secs(60), stream.read_to_end(&mut rest)).await??;
            io::Result::Ok(begin.elapsed())
        });
    }
    let ended = all.join_all().await.into_iter();
    let ended: Vec<Duration> = ended.map(|it| it.expect("ended by the server")).collect();
    let (first, last) = (ended.iter().min(), ended.iter().max());
    (first.copied().unwrap_or_default(), last.copied().unwrap_or_default())
}

/// Messages of a byte a second. Answers how many the server ended, and after how long the last.
pub async fn dribbles(of: &Process, n: usize) -> (usize, Duration) {
    let mut all = JoinSet::new();
    for i in 0..n.div_ceil(OF_CONNECTION) {
        let (from, to, connector) = (wire::address(200 + i), of.address, of.connector());
        let n_streams = OF_CONNECTION.min(n - i * OF_CONNECTION);
        all.spawn(async move {
            let stream = wire::connect_tls(from, to, &connector).await.unwrap();
            let begin = Instant::now();
            let ended = timeout(Duration::from_secs(60), dribble(stream, n_streams)).await;
            (ended.expect("never ended"), begin.elapsed())
        });
    }
    let ended = all.join_all().await;
    let n_ended = ended.iter().map(|(n, _)| n).sum();
    (n_ended, ended.iter().map(|(_, took)| *took).max().unwrap_or_default())
}

/// Until every stream was ended by the server, or all at once. Answers how many were.
async fn dribble(stream: TlsStream<TcpStream>, n_streams: usize) -> usize {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let ids: Vec<u32> = (0..u32::try_from(n_streams).unwrap()).map(|it| it * 2 + 1).collect();
    let block = wire::call(SIGN_IN, &[]);
    let mut begin = wire::HELLO.to_vec();
    for id in &ids {
        begin.extend(wire::frame(wire::HEADERS, 4, *id, &block));
        // It announces a message of 64 KiB.
        begin.extend(wire::frame(wire::DATA, 0, *id, &[0, 0, 1, 0, 0]));
    }
    writer.write_all(&begin).await.unwrap();
    writer.flush().await.unwrap();
    let reading = async {
        let mut ended = BTreeSet::new();
        while ended.len() < n_streams {
            match wire::read(&mut reader).await {
                // The end of a stream, or its reset.
                Ok((wire::HEADERS | wire::DATA, flags, id, _)) if flags & 1 == 1 => {
                    ended.insert(id);
                }
                Ok((wire::RST_STREAM, _, id, _)) => {
                    ended.insert(id);
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        ended.len()
    };
    let writing = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            for id in &ids {
                let _ = writer.write_all(&wire::frame(wire::DATA, 0, *id, b"x")).await;
            }
            let _ = writer.flush().await;
        }
    };
    tokio::select! {
        n_ended = reading => n_ended,
        () = writing => 0,
    }
}

/// Streams that are opened and reset at once. Answers how many connections that took: the server
/// ends each that does too much of it.
pub async fn resets(of: &Process, n: u32) -> usize {
    let (mut n_done, mut n_connections) = (0, 0);
    let (to, connector, block) = (of.address, of.connector(), wire::call(SIGN_IN, &[]));
    while n_done < n {
        n_connections += 1;
        let stream = wire::connect_tls(wire::address(300 + n_connections), to, &connector).await;
        let Ok(stream) = stream else { continue };
        let (mut reader, mut writer) = tokio::io::split(stream);
        let ended = tokio::spawn(async move {
            while let Ok((kind, ..)) = wire::read(&mut reader).await {
                if kind == wire::GOAWAY {
                    return;
                }
            }
        });
        if writer.write_all(wire::HELLO).await.is_err() {
            continue;
        }
        let mut id = 1;
        while n_done < n && !ended.is_finished() {
            let mut batch = Vec::new();
            for _ in 0..AT_ONCE {
                batch.extend(wire::frame(wire::HEADERS, 4, id, &block));
                batch.extend(wire::frame(wire::RST_STREAM, 0, id, &8_u32.to_be_bytes()));
                id += 2;
            }
            let written = async {
                writer.write_all(&batch).await?;
                writer.flush().await
            };
            if written.await.is_err() {
                break;
            }
            n_done += AT_ONCE;
        }
        ended.abort();
    }
    n_connections
}

/// Messages that would be large, deep or endless if somebody unpacked them; each is refused.
pub async fn bombs(of: &Process, n: usize) {
    let zeros = gzip_of_zeros();
    let deep = vec![0x0b_u8; 500_000];
    let message = |flag: u8, announced: usize, bytes: &[u8]| {
        let mut message = vec![flag];
        message.extend(u32::try_from(announced).unwrap().to_be_bytes());
        message.extend(bytes);
        message
    };
    let all = [
        ("gzip", vec![("grpc-encoding", "gzip")], message(1, zeros.len(), &zeros)),
        ("gzip that is not announced", vec![], message(1, zeros.len(), &zeros)),
        ("an unknown encoding", vec![("grpc-encoding", "bomb")], message(1, 9, b"bombbombb")),
        ("groups in groups", vec![], message(0, deep.len(), &deep)),
        ("four gigabytes", vec![], message(0, 0xffff_ffff, &[0; 100])),
    ];
    for i in 0..n {
        let (what, headers, bytes) = &all[i % all.len()];
        let from = wire::address(700 + i % 100);
        let stream = wire::connect_tls(from, of.address, &of.connector()).await.unwrap();
        let sent = timeout(Duration::from_secs(60), bomb(stream, headers, bytes)).await;
        let status = sent.unwrap_or_else(|_| panic!("{what}: no answer"));
        // INVALID_ARGUMENT or UNIMPLEMENTED, of which only we speak.
        assert!(["3", "12"].contains(&status.as_str()), "{what}: {status:?}");
    }
}

/// The gRPC status of the answer; none if there was no other than the end of the stream.
async fn bomb(stream: TlsStream<TcpStream>, headers: &[(&str, &str)], bytes: &[u8]) -> String {
    let (sender, connection) = h2::client::handshake(stream).await.unwrap();
    let driving = tokio::spawn(connection);
    let mut request = http::Request::post(format!("https://localhost{SIGN_IN}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut sender = sender.ready().await.unwrap();
    let (answer, mut body) = sender.send_request(request.body(()).unwrap(), false).unwrap();
    body.send_data(bytes.to_vec().into(), true).unwrap();
    let status = match answer.await {
        Ok(answer) => answer.headers().get("grpc-status").map(|it| it.to_str().unwrap().to_owned()),
        Err(err) => Some(err.to_string()),
    };
    driving.abort();
    status.unwrap_or_default()
}

/// A hundred thousand times smaller than what it unpacks to would be: its beginning suffices, since
/// nobody unpacks it.
fn gzip_of_zeros() -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    bytes.extend([0xed, 0xc1, 0x01, 0x01, 0, 0, 0, 0x80, 0x90, 0xfe, 0xaf, 0xee, 0x08]);
    bytes.extend([0; 60_000]);
    bytes
}
