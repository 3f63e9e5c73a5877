//! Who connects, how many at once, and how long they may take about it.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use api::users::v1::{SignInRequest, WhoAmIRequest, users_service_client::UsersServiceClient};
use it::{
    World,
    certificates::{Authority, Desk},
    reason,
};
use server::listen::Listener;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    sync::oneshot,
    time::timeout,
};
use tonic::{
    Code, Request, Streaming,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_client::HealthClient};

/// Preface and an empty SETTINGS frame.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0pingpong";
/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);

async fn connect(from: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::from(from), 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

/// Whether the server speaks HTTP/2 on this connection; it does not once it has ended it.
async fn is_served(stream: &mut TcpStream) -> bool {
    if stream.write_all(HELLO).await.is_err() {
        return false;
    }
    let mut first = [0; 9];
    let read = timeout(PATIENCE, stream.read_exact(&mut first)).await.unwrap();
    read.is_ok() && first[3] == 4
}

/// Whether the server answers a PING; it does not once it has ended the connection.
async fn answers(stream: &mut TcpStream) -> bool {
    if stream.write_all(PING).await.is_err() {
        return false;
    }
    let mut read = Vec::new();
    while !read.windows(8).any(|it| it == b"pingpong") {
        let more = timeout(PATIENCE, stream.read_buf(&mut read)).await.unwrap();
        if more.unwrap_or_default() == 0 {
            return false;
        }
    }
    true
}

/// A call that goes on until somebody ends it.
async fn watches(channel: Channel) -> Streaming<HealthCheckResponse> {
    let whole = HealthCheckRequest { service: String::new() };
    let mut watch = HealthClient::new(channel).watch(whole).await.unwrap().into_inner();
    assert!(watch.message().await.unwrap().is_some());
    watch
}

/// Waits until the server ends the connection.
async fn ends(mut stream: TcpStream, what: &str) {
    let mut rest = Vec::new();
    let ended = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "{what} is still connected");
}

fn endpoint(from: [u8; 4], to: SocketAddr) -> Endpoint {
    let endpoint = Endpoint::from_shared(format!("http://{to}")).unwrap();
    endpoint.local_address(Some(IpAddr::from(from)))
}

/// A call that reaches a slice.
async fn calls(channel: Channel) {
    let request = SignInRequest { sign_in_name: "nobody@x".to_owned(), ..Default::default() };
    let answered = UsersServiceClient::new(channel).sign_in(request).await.unwrap_err();
    assert!(!reason(&answered).is_empty(), "{answered:?}");
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_others_are_served_beside_it() {
    let world = World::sqlite().await;
    let mut config = world.config().clone();
    (config.connections, config.connections_per_address) = (5, 3);
    let server = world.listen(config).await;
    let mut held = Vec::new();
    for n in 0..3 {
        let mut stream = connect([127, 0, 0, 9], server).await;
        assert!(is_served(&mut stream).await, "connection {n} of three");
        held.push(stream);
    }
    let mut fourth = connect([127, 0, 0, 9], server).await;
    assert!(!is_served(&mut fourth).await, "a fourth of one address");
    let good = endpoint([127, 0, 0, 10], server).connect().await.unwrap();
    calls(good.clone()).await;

    let mut fifth = connect([127, 0, 0, 11], server).await;
    assert!(is_served(&mut fifth).await, "the fifth in all");
    let mut sixth = connect([127, 0, 0, 12], server).await;
    assert!(!is_served(&mut sixth).await, "a sixth in all");
    calls(good).await;

    // As soon as one has gone there is room again.
    held.pop();
    timeout(PATIENCE, async {
        while !is_served(&mut connect([127, 0, 0, 12], server).await).await {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn who_has_not_called_for_long_is_cut_off_whatever_it_pings_and_who_calls_is_not() {
    let world = World::sqlite().await;
    let mut config = world.config().clone();
    config.idle_seconds = 1;
    let server = world.listen(config).await;
    let good = endpoint([127, 0, 0, 1], server).connect().await.unwrap();
    let mut watch = watches(good).await;
    let mut idle = connect([127, 0, 0, 9], server).await;
    assert!(is_served(&mut idle).await);
    timeout(PATIENCE, async {
        let mut pace = tokio::time::interval(Duration::from_millis(50));
        while answers(&mut idle).await {
            pace.tick().await;
        }
    })
    .await
    .expect("who only pings is still connected");
    let more = timeout(Duration::from_millis(50), watch.message()).await;
    assert!(more.is_err(), "a call under way was cut: {more:?}");
}

#[tokio::test]
async fn when_there_is_no_room_who_has_rested_longest_makes_some() {
    let world = World::sqlite().await;
    let mut config = world.config().clone();
    (config.connections, config.connections_per_address) = (3, 3);
    (config.idle_seconds, config.idle_seconds_when_full) = (600, 1);
    let server = world.listen(config).await;
    let good = endpoint([127, 0, 0, 1], server).connect().await.unwrap();
    let mut watch = watches(good).await;
    let mut oldest = connect([127, 0, 0, 9], server).await;
    assert!(is_served(&mut oldest).await);
    let mut younger = connect([127, 0, 0, 10], server).await;
    assert!(is_served(&mut younger).await);
    timeout(PATIENCE, async {
        while !is_served(&mut connect([127, 0, 0, 11], server).await).await {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("nobody makes room");
    ends(oldest, "who has rested longest").await;
    assert!(answers(&mut younger).await, "one is enough");
    let more = timeout(Duration::from_millis(50), watch.message()).await;
    assert!(more.is_err(), "a call under way was cut: {more:?}");
}

#[tokio::test]
async fn a_stream_of_health_or_reflection_ends_in_time_whoever_holds_it_open() {
    let world = World::sqlite().await;
    let life = Duration::from_secs(1);
    let mut whole = Request::new(HealthCheckRequest { service: String::new() });
    whole.set_timeout(life);
    let mut health = HealthClient::new(world.channel.clone());
    let mut watch = health.watch(whole).await.unwrap().into_inner();
    assert!(watch.message().await.unwrap().is_some());
    let mut silence = Request::new(tokio_stream::pending::<()>());
    silence.set_timeout(life);
    let mut grpc = tonic::client::Grpc::new(world.channel.clone());
    grpc.ready().await.unwrap();
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo".parse().unwrap();
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let mut reflection = grpc.streaming(silence, path, codec).await.unwrap().into_inner();

    let told = timeout(PATIENCE, watch.message()).await.expect("a watch goes on").unwrap_err();
    assert_eq!(told.code(), Code::DeadlineExceeded);
    assert_eq!(reason(&told), "DEADLINE_EXCEEDED");
    let told = timeout(PATIENCE, reflection.message()).await.expect("reflection goes on");
    // It is over with the caller's own words already, or cut off; which comes first is chance.
    assert!(!matches!(told, Ok(Some(()))), "{told:?}");
}

#[tokio::test]
async fn who_does_not_speak_is_cut_off_and_a_good_client_is_served_beside() {
    let world = World::sqlite().await;
    let mut config = world.config().clone();
    config.first_frame_seconds = 1;
    let server = world.listen(config).await;
    let good = endpoint([127, 0, 0, 1], server).connect().await.unwrap();
    let words: [(&str, &[u8]); 6] = [
        ("silence", b""),
        ("half a preface", &HELLO[..12]),
        ("a preface alone", &HELLO[..24]),
        (
            "a preface with another frame behind it",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x08\x06\0",
        ),
        ("HTTP/1.1", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"),
        ("a TLS handshake", b"\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03"),
    ];
    let mut all = Vec::new();
    for (what, words) in words {
        let mut stream = connect([127, 0, 0, 9], server).await;
        stream.write_all(words).await.unwrap();
        all.push((what, stream));
    }
    calls(good.clone()).await;
    for (what, stream) in all {
        ends(stream, what).await;
    }
    calls(good).await;
}

#[tokio::test]
async fn a_handshake_ends_or_is_ended_and_a_good_client_is_served_beside() {
    let world = World::sqlite().await;
    let authority = Authority::new("servers");
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::new(folder.path());
    desk.lay(&authority.server());
    let mut config = world.config().clone();
    (config.handshake_seconds, config.first_frame_seconds) = (1, 1);
    config.tls_certificate = Some(desk.certificate.clone());
    config.tls_key = Some(desk.key.clone());
    let server = world.listen(config).await;
    let trusted = Certificate::from_pem(authority.pem());
    let good = Endpoint::from_shared(format!("https://localhost:{}", server.port())).unwrap();
    let good = good.tls_config(ClientTlsConfig::new().ca_certificate(trusted)).unwrap();
    let good = good.connect().await.unwrap();
    let words: [(&str, &[u8]); 4] = [
        ("silence", b""),
        ("half a handshake", b"\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03"),
        ("HTTP/2 in plain text", HELLO),
        ("HTTP/1.1 in plain text", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"),
    ];
    let mut all = Vec::new();
    for (what, words) in words {
        let mut stream = connect([127, 0, 0, 9], server).await;
        stream.write_all(words).await.unwrap();
        all.push((what, stream));
    }
    calls(good.clone()).await;
    for (what, stream) in all {
        ends(stream, what).await;
    }
    calls(good).await;
}

#[tokio::test]
async fn a_stop_lets_calls_finish_but_waits_for_nobody_for_ever() {
    let world = World::sqlite().await;
    let anna = world.company("bakery", "CH").await;
    let mut config = world.config().clone();
    config.drain_seconds = 1;
    let listener = Listener::bind(config.listen).unwrap();
    let server = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let app = world.app.clone();
    let serving = tokio::spawn(async move {
        let stopped = async move { stopped.await.unwrap_or_default() };
        app.serve(&config, listener, stopped).await.unwrap();
    });
    let good = endpoint([127, 0, 0, 1], server).connect().await.unwrap();
    // A call that does not end by itself yet, and connections that never say anything.
    let mut watch = watches(good.clone()).await;
    let silent = connect([127, 0, 0, 9], server).await;
    let mut idle = connect([127, 0, 0, 9], server).await;
    assert!(is_served(&mut idle).await);
    let asked = anna.asks(WhoAmIRequest::default());
    UsersServiceClient::new(good).who_am_i(asked).await.unwrap();

    stop.send(()).unwrap();
    timeout(PATIENCE, serving).await.expect("the stop waits for somebody").unwrap();
    assert!(timeout(PATIENCE, watch.message()).await.unwrap().is_err(), "the call was cut");
    ends(silent, "silence").await;
    ends(idle, "an idle connection").await;
    assert!(endpoint([127, 0, 0, 1], server).connect().await.is_err(), "nobody listens");
}
