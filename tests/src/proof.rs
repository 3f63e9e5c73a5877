//! Every acceptance of a world is evidence for both verifiers, whatever has happened since (A5).

use std::sync::Arc;

use agreements::{KnownKeys, Service, download_evidence_pack, verify_evidence};
use api::agreements::v1::DownloadEvidencePackRequest;
use domain::{Call, id::acceptance_name};
use server::app::App;

use crate::{World, verifier::second_opinion_by};

/// What outlives a world so that its acceptances can be looked at.
pub struct Proof {
    engine: &'static str,
    app: App,
    _dir: Arc<tempfile::TempDir>,
}

/// More than any world has.
const ALL: u64 = 100_000;

impl World {
    pub fn proof(&self) -> Proof {
        Proof { engine: self.engine, app: self.app.clone(), _dir: self.dir.clone() }
    }
}

impl Proof {
    /// Makes the pack of every acceptance in the database and gives it to both; how many there were.
    pub async fn hold(self) -> usize {
        let (db, evidence_keys) = (self.app.db.clone(), self.app.evidence_keys.keys().clone());
        let call = Call::system("evidence of a test world");
        let read = async |view: &store::View| view.acceptances(None, None, None, ALL).await;
        let rows = db.read(&call, read).await.unwrap().rows;
        if rows.is_empty() {
            return 0;
        }
        let keys = evidence_keys.published().key_set();
        let known = KnownKeys::read(&keys).unwrap();
        let service = Service { db, evidence_keys };
        let (mut packs, mut names) = (Vec::new(), Vec::new());
        for row in rows {
            let name = acceptance_name(row.id);
            let ask = DownloadEvidencePackRequest { name: name.clone() };
            let made = download_evidence_pack(&service, &call, ask).await;
            let made = made.unwrap_or_else(|err| panic!("{name} on {}: {err:?}", self.engine));
            let pack: Vec<u8> = made.into_iter().flat_map(|it| it.chunk).collect();
            let statement = verify_evidence(&pack, &known);
            let found = statement.map(|it| it.acceptance).map_err(|flaw| format!("{flaw:?}"));
            assert_eq!(found.as_ref(), Ok(&name), "{}", self.engine);
            packs.push(pack);
            names.push(name);
        }
        let said = tokio::task::spawn_blocking(move || second_opinion_by(&keys, &packs));
        for (name, said) in names.iter().zip(said.await.unwrap()) {
            assert_eq!(said, format!("good {name}"), "{}", self.engine);
        }
        names.len()
    }
}
