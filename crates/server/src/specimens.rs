//! The specimen agreements that the product ships with: DRAFT versions in a new database, for a
//! publisher to publish or to replace.

use domain::{
    Call, Error, Reason, Result,
    agreement::Audience,
    id::{CompanyId, VersionId, version_name},
};
use event::{AgreementVersionCreated, Event, event::Kind};
use sha2::{Digest as _, Sha256};
use store::{
    Db, Tries, Tx,
    entity::{agreement_document, agreement_version},
};

/// Language, media type, bytes.
type File = (&'static str, &'static str, &'static [u8]);

macro_rules! specimen {
    ($name:literal) => {
        [
            (
                "en",
                "text/markdown",
                include_bytes!(concat!("../../../specimens/", $name, ".en.md")),
            ),
            (
                "en",
                "application/pdf",
                include_bytes!(concat!("../../../specimens/", $name, ".en.pdf")),
            ),
            (
                "es",
                "text/markdown",
                include_bytes!(concat!("../../../specimens/", $name, ".es.md")),
            ),
            (
                "es",
                "application/pdf",
                include_bytes!(concat!("../../../specimens/", $name, ".es.pdf")),
            ),
        ]
    };
}

/// Audience, the version's fixed id, its files.
const SPECIMENS: [(Audience, u128, [File; 4]); 3] = [
    (Audience::Reseller, 0x0193_6f0a_0000_7000_8000_0000_0000_0001, specimen!("reseller")),
    (Audience::Provider, 0x0193_6f0a_0000_7000_8000_0000_0000_0002, specimen!("provider")),
    (Audience::Customer, 0x0193_6f0a_0000_7000_8000_0000_0000_0003, specimen!("customer")),
];

/// Adds the specimens that the database lacks; any number of processes may try at once.
pub async fn add(db: &Db) -> Result<()> {
    for (audience, id, files) in SPECIMENS {
        let id = VersionId::fixed(id);
        let mut tries = Tries::default();
        loop {
            match add_one(db, audience, id, &files).await {
                Err(err) if tries.another(&err).await => {}
                Err(err) if err.reason == Reason::ResourceNotFound => break,
                added => break added?,
            }
        }
    }
    Ok(())
}

async fn add_one(db: &Db, audience: Audience, id: VersionId, files: &[File]) -> Result<()> {
    let call = Call::system("specimens");
    let write = async |tx: &mut Tx| {
        let row = agreement_version::Model::draft(id, audience, "SPECIMEN", tx.now());
        let documents = files.iter().map(|it| document(id, it)).collect::<Result<Vec<_>>>()?;
        if !tx.add_version(row, documents).await? {
            return Err(Error::not_found());
        }
        let name = version_name(audience, id);
        let what = AgreementVersionCreated { version: name.clone() };
        let event = Event::of(name, Kind::AgreementVersionCreated(what));
        tx.record(event.clone(), &[CompanyId::NOBODY]);
        Ok(event)
    };
    db.write(&call, write).await?;
    Ok(())
}

fn document(
    version: VersionId,
    (language, media_type, content): &File,
) -> Result<agreement_document::Model> {
    Ok(agreement_document::Model {
        version_id: version,
        language_code: (*language).to_owned(),
        media_type: (*media_type).to_owned(),
        content_sha256: Sha256::digest(content).to_vec(),
        size_bytes: i64::try_from(content.len()).map_err(Error::internal)?,
        content: content.to_vec(),
    })
}
