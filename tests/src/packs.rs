//! Evidence packs: downloaded, and altered in every way that somebody might try.

use agreements::{KnownKeys, PublicKey};
use api::agreements::v1::{
    DownloadEvidencePackRequest, EvidencePack, EvidenceStatement, ListAcceptancesRequest,
    ListEvidenceKeysRequest, agreements_service_client::AgreementsServiceClient,
};
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, Value,
};
use sha2::{Digest as _, Sha256};
use tonic::{Status, transport::Channel};

use crate::{Persona, World, cast::Stage};

/// The bytes of a pack.
pub async fn pack(
    agreements: &mut AgreementsServiceClient<Channel>,
    who: &Persona,
    acceptance: &str,
) -> Result<Vec<u8>, Status> {
    let asked = who.asks(DownloadEvidencePackRequest { name: acceptance.to_owned() });
    let mut stream = agreements.download_evidence_pack(asked).await?.into_inner();
    let info = stream.message().await?.unwrap().pack.unwrap();
    let mut bytes = Vec::new();
    while let Some(it) = stream.message().await? {
        assert!(it.pack.is_none());
        bytes.extend(it.chunk);
    }
    assert_eq!(info.content_sha256, Sha256::digest(&bytes).to_vec());
    assert_eq!(info.size_bytes, i64::try_from(bytes.len()).unwrap());
    Ok(bytes)
}

/// The keys that a server lists for anybody: their ids, the one that signs first, and all as a
/// verifier knows them.
pub async fn listed_keys(
    agreements: &mut AgreementsServiceClient<Channel>,
) -> Result<(Vec<String>, KnownKeys), Status> {
    let asked = Persona::stranger().asks(ListEvidenceKeysRequest {});
    let keys = agreements.list_evidence_keys(asked).await?.into_inner().keys;
    let flags: Vec<bool> = keys.iter().map(|it| it.current).collect();
    assert!(flags[0] && !flags[1..].contains(&true), "{flags:?}");
    let ids = keys.iter().map(|it| it.key_id.clone()).collect();
    let known = keys.iter().map(|it| PublicKey::of(it.public_key.as_slice().try_into().unwrap()));
    Ok((ids, known.collect()))
}

/// Which key signed it, as it says.
pub fn key_id(pack: &[u8]) -> String {
    EvidencePack::decode(pack).unwrap().key_id
}

impl World {
    /// The bytes of a pack.
    pub async fn pack(&self, who: &Persona, acceptance: &str) -> Result<Vec<u8>, Status> {
        pack(&mut self.agreements(), who, acceptance).await
    }

    /// A reseller's global admin and the acceptance that it signed.
    pub async fn signer(&self) -> (Persona, String) {
        let anna = self.reseller("signer", "ES", Stage::Active).await.anna;
        let asked = anna.asks(ListAcceptancesRequest::default());
        let found = self.agreements().list_acceptances(asked).await.unwrap().into_inner();
        (anna, found.acceptances[0].name.clone())
    }

    /// The packs of all acceptances that the person reads.
    pub async fn packs(&self, who: &Persona) -> Vec<Vec<u8>> {
        let request = ListAcceptancesRequest { page_size: 500, ..Default::default() };
        let found = self.agreements().list_acceptances(who.asks(request)).await.unwrap();
        let mut packs = Vec::new();
        for it in found.into_inner().acceptances {
            packs.push(self.pack(who, &it.name).await.unwrap());
        }
        packs
    }

    /// The public keys of this server as verifiers take them: as a file, and as we know them.
    pub fn key_set(&self) -> (std::path::PathBuf, KnownKeys) {
        let path = self.dir.path().join(self.label("keys.json"));
        let text = self.app.evidence_keys.keys().published().key_set();
        std::fs::write(&path, &text).unwrap();
        (path, KnownKeys::read(&text).unwrap())
    }
}

/// How many kinds of alteration there are.
pub const ALTERATIONS: usize = 10;

/// The pack altered: what was done, and the bytes. `other` is another pack of the same server.
pub fn altered(
    pack: &[u8],
    other: &[u8],
    kind: usize,
    dice: &mut fastrand::Rng,
) -> (String, Vec<u8>) {
    let mut bytes = pack.to_vec();
    let at = dice.usize(..bytes.len());
    let outer = EvidencePack::decode(pack).unwrap();
    let others = EvidencePack::decode(other).unwrap();
    let again = |outer: EvidencePack| outer.encode_to_vec();
    let (what, bytes) = match kind {
        // A byte: most are.
        0..=2 => {
            bytes[at] ^= dice.u8(1..);
            ("byte changed", bytes)
        }
        3 => {
            bytes.remove(at);
            ("byte left out", bytes)
        }
        4 => {
            bytes.insert(at, dice.u8(..));
            if bytes.starts_with(pack) && bytes.len() == pack.len() {
                bytes.push(0);
            }
            ("byte put in", bytes)
        }
        5 => {
            bytes.truncate(at);
            ("cut off", bytes)
        }
        6 => ("another signature", again(EvidencePack { signature: others.signature, ..outer })),
        7 => ("another statement", again(EvidencePack { statement: others.statement, ..outer })),
        // A field of the statement, at whatever depth, under the old signature.
        _ => {
            let (field, statement) = with_a_field_changed(&outer.statement, dice);
            return (field, again(EvidencePack { statement, ..outer }));
        }
    };
    (format!("{what} at {at}"), bytes)
}

/// The statement with one of its fields set to something else or cleared.
fn with_a_field_changed(statement: &[u8], dice: &mut fastrand::Rng) -> (String, Vec<u8>) {
    let pool = DescriptorPool::decode(api::DESCRIPTOR).unwrap();
    let shape = pool.get_message_by_name("pacta.agreements.v1.EvidenceStatement").unwrap();
    let mut message = DynamicMessage::decode(shape, statement).unwrap();
    let fields: Vec<FieldDescriptor> = message.descriptor().fields().collect();
    loop {
        let field = &fields[dice.usize(..fields.len())];
        let name = change(&mut message, field, dice);
        let bytes = message.encode_to_vec();
        if bytes != statement {
            // Still a statement like any other.
            EvidenceStatement::decode(bytes.as_slice()).unwrap();
            return (name, bytes);
        }
    }
}

fn change(
    message: &mut DynamicMessage,
    field: &FieldDescriptor,
    dice: &mut fastrand::Rng,
) -> String {
    let name = field.name().to_owned();
    if dice.u8(..5) == 0 {
        message.clear_field(field);
        return format!("{name} cleared");
    }
    if field.is_list() {
        let Value::List(mut items) = message.get_field(field).into_owned() else { return name };
        items.push(Value::String("AUDITOR".to_owned()));
        message.set_field(field, Value::List(items));
        return format!("{name} made longer");
    }
    match field.kind() {
        Kind::Message(inner) => {
            let Value::Message(mut value) = message.get_field(field).into_owned() else {
                return name;
            };
            let fields: Vec<FieldDescriptor> = inner.fields().collect();
            let within = change(&mut value, &fields[dice.usize(..fields.len())], dice);
            message.set_field(field, Value::Message(value));
            return format!("{name}.{within}");
        }
        Kind::String => {
            let Value::String(text) = message.get_field(field).into_owned() else { return name };
            message.set_field(field, Value::String(format!("{text}{}", dice.alphanumeric())));
        }
        Kind::Bytes => {
            let mut bytes = message.get_field(field).as_bytes().unwrap().to_vec();
            bytes.resize(32, 0);
            bytes[dice.usize(..32)] ^= dice.u8(1..);
            message.set_field(field, Value::Bytes(bytes.into()));
        }
        Kind::Int64 => message.set_field(field, Value::I64(dice.i64(..))),
        Kind::Int32 => message.set_field(field, Value::I32(dice.i32(..))),
        other => panic!("no field of a statement is a {other:?}"),
    }
    name
}
