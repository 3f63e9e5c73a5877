//! What nobody should send: refused in words or stored exactly, never a defect.

use api::{
    changes::v1::ListAuditEntriesRequest,
    enrollment::v1::{
        LegalProfile, ListEnrollmentsRequest, StartEnrollmentRequest, UpdateLegalProfileRequest,
    },
    users::v1::{ChangePasswordRequest, SignInRequest, WhoAmIRequest},
};
use domain::Role;
use http::uri::PathAndQuery;
use it::{PASSWORD, Persona, World, fields, on_each_engine, reason, work_account};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, Value};
use tonic::{Code, Request, Status, client::Grpc, metadata::MetadataValue, transport::Channel};

/// A codec that sends bytes as they are.
#[derive(Default)]
struct Raw;

impl tonic::codec::Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = tonic_prost::ProstDecoder<()>;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self::Decoder {
        tonic_prost::ProstDecoder::default()
    }
}

impl tonic::codec::Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(
        &mut self,
        item: Vec<u8>,
        to: &mut tonic::codec::EncodeBuf<'_>,
    ) -> Result<(), Status> {
        use prost::bytes::BufMut as _;
        to.put_slice(&item);
        Ok(())
    }
}

async fn raw(channel: &Channel, path: &str, bytes: Vec<u8>) -> Status {
    send(channel, path, Request::new(bytes)).await.unwrap_err()
}

async fn send(channel: &Channel, path: &str, request: Request<Vec<u8>>) -> Result<(), Status> {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let path: PathAndQuery = path.parse().unwrap();
    grpc.unary(request, path, Raw).await.map(|_| ())
}

/// What a good change of password puts in the place of the old one.
const NEXT: &str = "another good passphrase";

/// Good messages of the RPCs whose text fields are tried, with who sends them.
fn good_calls(anna: &Persona, prefix: &str) -> [(&'static str, Persona, Vec<u8>); 4] {
    let sign_in_name = anna.sign_in_name.clone();
    let old_password = PASSWORD.to_owned();
    let new_password = NEXT.to_owned();
    let (name, password) = (sign_in_name.clone(), PASSWORD.to_owned());
    let sign_in = SignInRequest { sign_in_name: name, password, ..Default::default() };
    let change =
        ChangePasswordRequest { sign_in_name, old_password, new_password, ..Default::default() };
    let list = ListAuditEntriesRequest { parent: anna.company.clone(), ..Default::default() };
    let nobody = Persona::stranger;
    [
        (
            "users.v1.UsersService/CreateWorkAccount",
            nobody(),
            work_account(prefix, "AT").encode_to_vec(),
        ),
        ("users.v1.UsersService/SignIn", nobody(), sign_in.encode_to_vec()),
        ("users.v1.UsersService/ChangePassword", nobody(), change.encode_to_vec()),
        ("changes.v1.ChangesService/ListAuditEntries", anna.clone(), list.encode_to_vec()),
    ]
}

/// The text fields of an RPC's request.
fn text_fields(rpc: &str) -> Vec<FieldDescriptor> {
    let pool = DescriptorPool::decode(api::DESCRIPTOR).unwrap();
    let (service, method) = rpc.split_once('/').unwrap();
    let service = pool.get_service_by_name(&format!("pacta.{service}")).unwrap();
    let method = service.methods().find(|it| it.name() == method).unwrap();
    method.input().fields().filter(|it| it.kind() == Kind::String).collect()
}

/// The message with another text in one field.
fn with_text(good: &[u8], field: &FieldDescriptor, text: &str) -> Vec<u8> {
    let mut message = DynamicMessage::decode(field.parent_message().clone(), good).unwrap();
    message.set_field(field, Value::String(text.to_owned()));
    message.encode_to_vec()
}

/// The message with one more field that no encoder of ours would write; the last one wins.
fn with_bytes(good: &[u8], field: &FieldDescriptor, wire_type: u32, rest: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    prost::encoding::encode_varint(u64::from(field.number() << 3 | wire_type), &mut bytes);
    bytes.extend(rest);
    bytes
}

async fn ledger_of(world: &World, anna: &Persona) -> Vec<api::changes::v1::AuditEntry> {
    let list = ListAuditEntriesRequest { parent: anna.company.clone(), ..Default::default() };
    world.changes().list_audit_entries(anna.asks(list)).await.unwrap().into_inner().audit_entries
}

#[tokio::test(flavor = "multi_thread")]
async fn each_text_field_refuses_what_nobody_should_send_and_nothing_is_done() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let prefix = world.label("bad");
        let before = ledger_of(&world, &anna).await;
        let long = "x".repeat(64 * 1024);
        let texts = [
            ("64 KiB", long.as_str()),
            ("NUL", "a\0b"),
            ("CRLF", "a\r\nb"),
            ("bidi", "a\u{202e}b"),
        ];
        let unreadable = [
            ("invalid UTF-8", 2, vec![2, 0xff, 0xfe]),
            ("a number", 0, vec![7]),
            ("cut off", 2, vec![9, b'a']),
        ];
        let mut n_tried = 0;
        for (rpc, who, good) in good_calls(&anna, &prefix) {
            let path = format!("/pacta.{rpc}");
            for field in text_fields(rpc) {
                let at =
                    |what: &str| format!("{what} in {rpc} {} on {}", field.name(), world.engine);
                for (what, text) in texts {
                    let request = who.asks(with_text(&good, &field, text));
                    let err = send(&world.channel, &path, request).await.expect_err(&at(what));
                    assert_eq!(err.code(), Code::InvalidArgument, "{}: {err:?}", at(what));
                    assert_eq!(fields(&err), [field.name()], "{}", at(what));
                    n_tried += 1;
                }
                for (what, wire_type, rest) in &unreadable {
                    let request = who.asks(with_bytes(&good, &field, *wire_type, rest));
                    let err = send(&world.channel, &path, request).await.expect_err(&at(what));
                    let seen = (err.code(), reason(&err));
                    assert_eq!(
                        seen,
                        (Code::InvalidArgument, "FIELD_INVALID".into()),
                        "{}",
                        at(what)
                    );
                }
                let large = with_text(&good, &field, &"x".repeat(1 << 20));
                let err =
                    send(&world.channel, &path, who.asks(large)).await.expect_err(&at("1 MiB"));
                assert_eq!(err.code(), Code::InvalidArgument, "{}", at("1 MiB"));
            }
        }
        assert!(n_tried >= 4 * 16, "{n_tried}");
        assert_eq!(ledger_of(&world, &anna).await, before, "{}", world.engine);
        world.users().create_work_account(work_account(&prefix, "AT")).await.unwrap();
        world.sign_in(&anna.sign_in_name).await;
    })
    .await;
}

/// Long enough to be a password.
const ARABIC: &str = "شركة النيل \u{1f600}\u{1f680}";

#[tokio::test(flavor = "multi_thread")]
async fn emoji_and_right_to_left_text_break_no_field_of_any_open_rpc() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        for (rpc, _, _) in good_calls(&anna, "unused") {
            for field in text_fields(rpc) {
                // The call before may have succeeded: each has its own session and prefix.
                let anna = world.sign_in(&anna.sign_in_name).await;
                let calls = good_calls(&anna, &world.label("text"));
                let (_, who, good) = calls.into_iter().find(|it| it.0 == rpc).unwrap();
                let request = who.asks(with_text(&good, &field, ARABIC));
                let answer = send(&world.channel, &format!("/pacta.{rpc}"), request).await;
                let seen = answer.map_or_else(|err| reason(&err), |()| "OK".to_owned());
                let allowed = ["OK", "FIELD_INVALID", "SIGN_IN_FAILED", "PAGE_TOKEN_INVALID"];
                let place = format!("{rpc} {} on {}", field.name(), world.engine);
                assert!(allowed.contains(&seen.as_str()), "{seen} at {place}");
                if ["display_name", "given_name", "new_password", "subject"].contains(&field.name())
                {
                    assert_eq!(seen, "OK", "{place}");
                }
                if rpc.ends_with("/ChangePassword") && seen == "OK" {
                    let is_odd = field.name() == "new_password";
                    let back = ChangePasswordRequest {
                        sign_in_name: anna.sign_in_name.clone(),
                        old_password: if is_odd { ARABIC } else { NEXT }.to_owned(),
                        new_password: PASSWORD.to_owned(),
                        ..ChangePasswordRequest::default()
                    };
                    world.users().change_password(back).await.unwrap();
                }
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_of_any_kind_is_refused_by_field_or_stored_exactly() {
    on_each_engine(async |world| {
        for (bad, n) in [
            ("x".repeat(64 * 1024), 0),
            ("a\0b".to_owned(), 1),
            ("a\r\nb".to_owned(), 2),
            ("a\u{202e}b".to_owned(), 3),
        ] {
            let mut request = work_account(&world.label("bad"), "AT");
            request.display_name = bad;
            let err = world.users().create_work_account(request).await.unwrap_err();
            assert_eq!(fields(&err), ["display_name"], "case {n} on {}", world.engine);
        }
        for good in ["شركة النيل 🚀", "Ծ & <b>Söhne</b> 'x' \"y\" %s {z}"] {
            let mut request = work_account(&world.label("good"), "AT");
            request.display_name = good.to_owned();
            let made = world.users().create_work_account(request).await.unwrap().into_inner();
            assert_eq!(made.company.unwrap().display_name, good, "{}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_offending_field_is_named_at_once() {
    on_each_engine(async |world| {
        let request = api::users::v1::CreateWorkAccountRequest::default();
        let err = world.users().create_work_account(request).await.unwrap_err();
        assert_eq!(
            fields(&err),
            [
                "domain_prefix",
                "display_name",
                "region_code",
                "user_name",
                "given_name",
                "family_name",
                "email"
            ]
        );
        assert_eq!(reason(&err), "FIELD_INVALID", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_messages_are_the_callers_fault() {
    on_each_engine(async |world| {
        let sign_in = "/pacta.users.v1.UsersService/SignIn";
        let nested = std::iter::repeat_n([0x0b], 200).flatten().collect();
        for (name, bytes) in [
            ("invalid UTF-8", vec![0x0a, 0x02, 0xff, 0xfe]),
            ("cut off", vec![0x0a, 0x7f, 0x61]),
            ("deeply nested groups", nested),
            ("larger than 1 MiB", vec![0; (1 << 20) + 1]),
        ] {
            let err = raw(&world.channel, sign_in, bytes).await;
            let seen = (err.code(), reason(&err));
            let want = (Code::InvalidArgument, "FIELD_INVALID".to_owned());
            assert_eq!(seen, want, "{name} on {}", world.engine);
        }
        for path in [
            "/x",
            "/pacta.users.v1.UsersService/signin",
            "/pacta.users.v1.UsersService/SignIn/",
            "//pacta.users.v1.UsersService/SignIn",
            "/pacta.users.v1.UsersService%2FSignIn",
            "/grpc.health.v1.Health/Nothing",
            "//",
            "/a/b/c",
        ] {
            let err = raw(&world.channel, path, Vec::new()).await;
            assert_eq!(err.code(), Code::Unimplemented, "{path} on {}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_stands_for_nothing_in_an_enum_is_refused() {
    on_each_engine(async |world| {
        let anna = world.company("enum", "ES").await;
        for kind in [99, -1, i32::MAX] {
            let request = StartEnrollmentRequest { kind, ..Default::default() };
            let asked = world.enrollment().start_enrollment(anna.asks(request)).await;
            assert_eq!(fields(&asked.unwrap_err()), ["kind"], "{kind} on {}", world.engine);
        }
        let auditor = world.platform(&[Role::Auditor]).await;
        let request = ListEnrollmentsRequest { state: 99, ..Default::default() };
        let asked = world.enrollment().list_enrollments(auditor.asks(request)).await;
        assert_eq!(fields(&asked.unwrap_err()), ["state"], "{}", world.engine);
        world.start(&anna).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_is_stored_exactly() {
    on_each_engine(async |world| {
        let text =
            "شركة \u{200f}النيل e\u{301} \u{1f469}\u{200d}\u{1f4bb} '; DROP TABLE company; --";
        let prefix = world.label("exact");
        let mut request = work_account(&prefix, "AT");
        request.display_name = text.to_owned();
        request.given_name = text.to_owned();
        request.family_name = text.to_owned();
        let made = world.users().create_work_account(request).await.unwrap().into_inner();
        let name = made.user.unwrap().sign_in_name;
        world.change_password(&name, &made.one_time_password).await;
        let anna = world.sign_in(&name).await;
        let me = world.users().who_am_i(anna.asks(WhoAmIRequest {})).await.unwrap().into_inner();
        let (user, company) = (me.user.unwrap(), me.company.unwrap());
        for stored in [user.given_name, user.family_name, company.display_name] {
            assert_eq!(stored, text, "{}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mask_of_unknown_fields_is_refused() {
    on_each_engine(async |world| {
        let anna = world.company("mask", "ES").await;
        let name = world.start(&anna).await.enrollment.unwrap().name;
        let mask = |path: &str| prost_types::FieldMask { paths: vec![path.to_owned()] };
        let with = |path: &str| UpdateLegalProfileRequest {
            name: name.clone(),
            legal_profile: Some(LegalProfile::default()),
            update_mask: Some(mask(path)),
            ..UpdateLegalProfileRequest::default()
        };
        let asked = world.enrollment().update_legal_profile(anna.asks(with("legal_nam"))).await;
        assert_eq!(fields(&asked.unwrap_err()), ["update_mask"], "{}", world.engine);
        world.enrollment().update_legal_profile(anna.asks(with("legal_name"))).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_speak_the_callers_language() {
    use tonic_types::StatusExt as _;
    on_each_engine(async |world| {
        let mut asked = Request::new(api::users::v1::WhoAmIRequest {});
        asked.metadata_mut().insert("accept-language", MetadataValue::from_static("es-MX,en"));
        let err = world.users().who_am_i(asked).await.unwrap_err();
        let local = err.get_details_localized_message().unwrap();
        assert_eq!(
            (local.locale.as_str(), local.message.as_str()),
            ("es", "se requiere una credencial")
        );
        assert_eq!(err.message(), "a credential is required", "{}", world.engine);
    })
    .await;
}
