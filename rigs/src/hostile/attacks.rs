//! What hostile clients do, each of them until it has what it came for.

use std::{
    collections::BTreeSet,
    io,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinSet,
    time::timeout,
};

use super::{process::Process, wire};

const SIGN_IN: &str = "/pacta.users.v1.UsersService/SignIn";
/// Connections that one address tries.
const OF_ADDRESS: usize = 250;
/// Streams of one connection that dribble.
const OF_CONNECTION: usize = 50;
/// Streams that are opened and reset with one write.
const AT_ONCE: u32 = 200;

/// Connections that are opened and held, every second of them silent, the others greeted and idle.
/// Answers how many the server still had when all were there.
pub async fn idle(of: &Process, n: usize, hold: Duration) -> usize {
    let mut all = JoinSet::new();
    let begin = Instant::now();
    for i in 0..n {
        let (from, to, connector) = (wire::address(i / OF_ADDRESS), of.address, of.connector());
        // Not faster than a machine with two processors connects.
        if i % 50 == 49 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        all.spawn(async move {
            if i % 2 == 0 {
                let mut stream = wire::connect(from, to).await?;
                return until(begin + hold, stream.read_u8()).await;
            }
            let mut stream = wire::connect_tls(from, to, &connector).await?;
            stream.write_all(wire::HELLO).await?;
            stream.flush().await?;
            let mut rest = vec![0; 64];
            loop {
                until(begin + hold, stream.read(&mut rest)).await?;
            }
        });
    }
    tokio::time::sleep(hold / 2).await;
    let n_held = of.n_files();
    while all.join_next().await.is_some() {}
    n_held
}

/// Fails with TimedOut at that moment, and with whatever ends the connection before it.
async fn until<T>(end: Instant, read: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(end.saturating_duration_since(Instant::now()), read).await?
}

/// Handshakes that are begun and left. Answers after how long the server had ended the last.
pub async fn half_handshakes(of: &Process, n: usize) -> Duration {
    let mut all = JoinSet::new();
    for i in 0..n {
        let (from, to) = (wire::address(100 + i / OF_ADDRESS.min(100)), of.address);
        all.spawn(async move {
            let mut stream = wire::connect(from, to).await?;
            let begin = Instant::now();
            stream.write_all(wire::HALF_HANDSHAKE).await?;
            let mut rest = Vec::new();
            let _ = timeout(Duration::from_secs(60), stream.read_to_end(&mut rest)).await?;
            io::Result::Ok(begin.elapsed())
        });
    }
    let mut last = Duration::ZERO;
    while let Some(ended) = all.join_next().await {
        match ended.unwrap() {
            Ok(took) => last = last.max(took),
            // Broken off at once: there was no room for more from there.
            Err(err) => assert_ne!(err.kind(), io::ErrorKind::TimedOut, "never ended"),
        }
    }
    last
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
            timeout(Duration::from_secs(60), dribble(stream, n_streams))
                .await
                .expect("never ended");
            (n_streams, begin.elapsed())
        });
    }
    let ended = all.join_all().await;
    let n_ended = ended.iter().map(|(n, _)| n).sum();
    (n_ended, ended.iter().map(|(_, took)| *took).max().unwrap_or_default())
}

/// Until every stream was ended by the server.
async fn dribble(stream: tokio_rustls::client::TlsStream<tokio::net::TcpStream>, n_streams: usize) {
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
                Err(_) => return,
            }
        }
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
        () = reading => {}
        () = writing => {}
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
async fn bomb(
    stream: tokio_rustls::client::TlsStream<tokio::net::TcpStream>,
    headers: &[(&str, &str)],
    bytes: &[u8],
) -> String {
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
