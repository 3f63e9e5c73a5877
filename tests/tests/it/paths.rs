//! A path that is not exactly an RPC's is no RPC, however much it looks like one.

use std::net::SocketAddr;

use api::{DESCRIPTOR, rules::Rules};
use domain::Role;
use it::{World, reason};
use prost::bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tonic::{Code, client::Grpc};
use tonic_prost::ProstCodec;

/// Fifty ways to miss a path by a hair, by name.
fn variants(path: &str) -> Vec<(&'static str, String)> {
    let (service, method) = path[1..].split_once('/').unwrap();
    let (package, name) = service.rsplit_once('.').unwrap();
    let (first, rest) = method.split_at(1);
    let upper = |it: &str| it.to_uppercase();
    let lower = |it: &str| it.to_lowercase();
    let coded = |it: &str| -> String { it.bytes().map(|it| format!("%{it:02X}")).collect() };
    vec![
        ("query", format!("/{service}/{method}?x=1")),
        ("query of nothing", format!("/{service}/{method}?")),
        ("query that is the path", format!("/{service}/{method}?{path}")),
        ("slash doubled before", format!("//{service}/{method}")),
        ("slash doubled between", format!("/{service}//{method}")),
        ("slash behind", format!("/{service}/{method}/")),
        ("slashes behind", format!("/{service}/{method}//")),
        ("slash tripled", format!("///{service}/{method}")),
        ("dot before", format!("/./{service}/{method}")),
        ("dot between", format!("/{service}/./{method}")),
        ("dot behind", format!("/{service}/{method}/.")),
        ("dots before", format!("/../{service}/{method}")),
        ("dots up and down", format!("/{service}/../{service}/{method}")),
        ("dots from elsewhere", format!("/grpc.health.v1.Health/../{service}/{method}")),
        ("dots from a method", format!("/{service}/Check/../{method}")),
        ("dots behind", format!("/{service}/{method}/..")),
        ("slash coded before", format!("/%2F{service}/{method}")),
        ("slash coded between", format!("/{service}%2F{method}")),
        ("slash coded small", format!("/{service}%2f{method}")),
        ("slash coded twice", format!("/{service}%252F{method}")),
        ("slash coded behind", format!("/{service}/{method}%2F")),
        ("dots coded", format!("/%2e%2e/{service}/{method}")),
        ("dot coded", format!("/{}%2E{name}/{method}", package)),
        ("first letter coded", format!("/{service}/{}{rest}", coded(first))),
        ("method coded", format!("/{service}/{}", coded(method))),
        ("service coded", format!("/{}/{method}", coded(service))),
        ("percent behind", format!("/{service}/{method}%")),
        ("NUL coded behind", format!("/{service}/{method}%00")),
        ("space coded behind", format!("/{service}/{method}%20")),
        ("line end coded behind", format!("/{service}/{method}%0D%0A")),
        ("method in small letters", format!("/{service}/{}", lower(method))),
        ("method in capitals", format!("/{service}/{}", upper(method))),
        ("method begins small", format!("/{service}/{}{rest}", lower(first))),
        ("service in small letters", format!("/{}/{method}", lower(service))),
        ("service in capitals", format!("/{}/{method}", upper(service))),
        ("package in capitals", format!("/{}.{name}/{method}", upper(package))),
        ("all in capitals", upper(path)),
        ("parameters", format!("/{service}/{method};x=1")),
        ("parameters between", format!("/{service};x=1/{method}")),
        ("ends too early", format!("/{service}/{}", &method[..method.len() - 1])),
        ("goes on", format!("/{service}/{method}s")),
        ("goes on a level", format!("/{service}/{method}/x")),
        ("begins a level higher", format!("/x/{service}/{method}")),
        ("of another version", format!("/{}/{method}", service.replace(".v1.", ".v2."))),
        ("of no version", format!("/{}/{method}", service.replace(".v1.", "."))),
        ("of no package", format!("/{name}/{method}")),
        ("of another package", format!("/evil.{service}/{method}")),
        ("method alone", format!("/{method}")),
        ("service alone", format!("/{service}")),
        ("service and slash", format!("/{service}/")),
        ("dotted", format!("/{service}.{method}")),
        ("colon", format!("/{service}:{method}")),
        ("backslash coded", format!("/{service}%5C{method}")),
        ("tilde", format!("/~/{service}/{method}")),
        ("star", format!("/{service}/*")),
    ]
}

/// An empty message, which every RPC could read.
#[derive(Clone, PartialEq, prost::Message)]
struct Empty {}

async fn ask(world: &World, token: &str, path: &str) -> tonic::Status {
    let mut grpc = Grpc::new(world.channel.clone());
    grpc.ready().await.unwrap();
    let codec = ProstCodec::<Empty, Empty>::default();
    let path = http::uri::PathAndQuery::from_maybe_shared(Bytes::copy_from_slice(path.as_bytes()));
    let mut request = tonic::Request::new(Empty {});
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    grpc.unary(request, path.unwrap(), codec).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn none_of_fifty_variants_of_each_path_reaches_an_rpc() {
    let world = World::sqlite().await;
    let roles = [Role::Operator, Role::Reviewer, Role::AgreementPublisher, Role::Auditor];
    let operator = world.platform(&roles).await;
    let token = operator.token.clone().unwrap();
    let rules = Rules::read(DESCRIPTOR).unwrap();
    let before = world.ledger(&operator).await.len();
    let mut n = 0;
    for (path, _) in rules.iter() {
        let variants = variants(path);
        assert!(variants.len() >= 50, "{}", variants.len());
        for (name, variant) in variants {
            assert!(rules.get(&variant).is_none(), "{name} of {path} is a path itself");
            let refused = ask(&world, &token, &variant).await;
            assert_eq!(refused.code(), Code::Unimplemented, "{name}: {variant}");
            assert_eq!(reason(&refused), "RPC_UNKNOWN", "{name}: {variant}");
            n += 1;
        }
    }
    assert!(n >= 50 * rules.iter().count());
    assert_eq!(world.ledger(&operator).await.len(), before);
}

/// One HTTP/2 request as bytes, for paths that no client of ours would send; which frame answers it.
async fn answer_to(address: SocketAddr, token: &str, path: &str) -> Frame {
    let bearer = format!("Bearer {token}");
    let mut block = Vec::new();
    for (name, value) in [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("authorization", &bearer),
    ] {
        // A literal without indexing, its lengths in seven bits each.
        block.push(0);
        for text in [name, value] {
            assert!(text.len() < 127, "{text}");
            block.push(u8::try_from(text.len()).unwrap());
            block.extend_from_slice(text.as_bytes());
        }
    }
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
    };
    let mut socket = TcpStream::connect(address).await.unwrap();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let (settings, headers) = (frame(4, 0, 0, &[]), frame(1, 4, 1, &block));
    // An empty message, and the end of the request.
    let bytes = [preface, settings, headers, frame(0, 1, 1, &[0; 5])].concat();
    socket.write_all(&bytes).await.unwrap();
    loop {
        let mut head = [0; 9];
        if socket.read_exact(&mut head).await.is_err() {
            return Frame::End;
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        socket.read_exact(&mut payload).await.unwrap();
        match (head[3], head[8]) {
            (1, 1) => return Frame::Headers,
            (3, 1) => return Frame::Reset,
            (7, _) => return Frame::End,
            _ => {}
        }
    }
}

#[derive(Debug, PartialEq)]
enum Frame {
    /// The beginning of an answer.
    Headers,
    /// There is no answer to this request.
    Reset,
    /// Nor to any other on this connection.
    End,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_without_its_slash_is_no_request_at_all() {
    let world = World::sqlite().await;
    let operator = world.platform(&[Role::Operator]).await;
    let token = operator.token.clone().unwrap();
    let address = world.listen(world.config().clone()).await;
    let rules = Rules::read(DESCRIPTOR).unwrap();
    let before = world.ledger(&operator).await.len();
    let whole = "/pacta.users.v1.UsersService/WhoAmI";
    assert_eq!(answer_to(address, &token, whole).await, Frame::Headers, "a request like any");
    for (path, _) in rules.iter() {
        for bare in [path[1..].to_owned(), path[1..].replace('/', "."), path.replace('/', "")] {
            let answer = answer_to(address, &token, &bare).await;
            assert_ne!(answer, Frame::Headers, "{bare}");
        }
    }
    assert_eq!(answer_to(address, &token, whole).await, Frame::Headers, "as before");
    assert_eq!(world.ledger(&operator).await.len(), before);
}
