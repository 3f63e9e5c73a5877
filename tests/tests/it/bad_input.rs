//! What nobody should send: refused in words or stored exactly, never a defect.

use api::{enrollment::v1::LegalProfile, enrollment::v1::UpdateLegalProfileRequest};
use http::uri::PathAndQuery;
use it::{fields, on_each_engine, reason, work_account};
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
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let path: PathAndQuery = path.parse().unwrap();
    grpc.unary(Request::new(bytes), path, Raw).await.unwrap_err()
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
        for path in ["/x", "/pacta.users.v1.UsersService/signin", "//", "/a/b/c"] {
            let err = raw(&world.channel, path, Vec::new()).await;
            assert_eq!(err.code(), Code::Unimplemented, "{path} on {}", world.engine);
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
