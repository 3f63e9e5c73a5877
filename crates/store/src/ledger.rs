//! What happened: written with the change itself, never altered, read newest first.

use std::collections::{BTreeMap, HashMap};

use domain::{
    Caller, Error, Principal, Result, Timestamp,
    id::{CompanyId, EntryId},
};
use prost::Message as _;
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};
use sha2::{Digest as _, Sha256};

use crate::{
    Page, Tx, View,
    entity::{ledger, ledger_personal},
    fault::fault,
};

/// A ledger entry with what is left of its personal values.
#[derive(Debug)]
pub struct Entry {
    pub row: ledger::Model,
    pub personal: BTreeMap<String, String>,
}

/// Where the ledger has something.
#[derive(Clone, Debug)]
pub struct LedgerPlace {
    pub id: EntryId,
    pub seq: i64,
    pub event_sha256: Vec<u8>,
}

impl Tx {
    pub(crate) async fn write_ledger(&mut self) -> Result<()> {
        for recorded in std::mem::take(&mut self.recorded) {
            for company in &recorded.companies {
                let id = EntryId::mint(self.now());
                let personal = seal(&recorded.personal)?;
                let actor = match recorded.by_system {
                    Some(job) => Actor::nobody("SYSTEM", job.to_owned()),
                    None => Actor::of(self.caller()),
                };
                let row = ledger::ActiveModel {
                    seq: NotSet,
                    id: Set(id),
                    company_id: Set(*company),
                    create_time: Set(self.now()),
                    actor_kind: Set(actor.kind.to_owned()),
                    actor_principal: Set(actor.principal),
                    actor_company_id: Set(actor.company),
                    credential: Set(actor.credential),
                    auth_time: Set(actor.auth_time),
                    method: Set(self.call.method.to_string()),
                    request_id: Set(self.request_id()),
                    subject: Set(recorded.event.subject.clone()),
                    event: Set(recorded.event.encode_to_vec()),
                    personal_commitment: Set(personal
                        .as_ref()
                        .map(|it| it.commitment.clone())
                        .unwrap_or_default()),
                };
                ledger::Entity::insert(row)
                    .exec_without_returning(&self.conn)
                    .await
                    .map_err(fault)?;
                if let Some(it) = personal {
                    let row = ledger_personal::ActiveModel {
                        entry_id: Set(id),
                        salt: Set(it.salt),
                        body: Set(it.body),
                    };
                    ledger_personal::Entity::insert(row)
                        .exec_without_returning(&self.conn)
                        .await
                        .map_err(fault)?;
                }
            }
        }
        Ok(())
    }

    fn request_id(&self) -> String {
        self.call.idempotency.as_ref().map(|it| it.request_id.clone()).unwrap_or_default()
    }
}

impl View {
    /// Where a company's ledger has what happened to a subject at a moment.
    pub async fn any_place(
        &self,
        company: CompanyId,
        subject: &str,
        time: Timestamp,
        is_this: impl Fn(&event::event::Kind) -> bool,
    ) -> Result<Option<LedgerPlace>> {
        let query = self.any::<ledger::Entity>().filter(ledger::Column::CompanyId.eq(company));
        let query = query.filter(ledger::Column::Subject.eq(subject));
        let query = query.filter(ledger::Column::CreateTime.eq(time));
        let query = query.order_by_asc(ledger::Column::Seq);
        for row in query.all(&self.conn).await.map_err(fault)? {
            let event = event::Event::decode(row.event.as_slice()).map_err(Error::internal)?;
            if event.kind.as_ref().is_some_and(&is_this) {
                let event_sha256 = Sha256::digest(&row.event).to_vec();
                return Ok(Some(LedgerPlace { id: row.id, seq: row.seq, event_sha256 }));
            }
        }
        Ok(None)
    }

    /// Entries of a company within reach, newest first, before the entry `before`.
    pub async fn ledger_entries(
        &self,
        company: CompanyId,
        subject: Option<&str>,
        before: Option<i64>,
        n: u64,
    ) -> Result<Page<Entry>> {
        let mut query = self.find::<ledger::Entity>();
        query = query.filter(ledger::Column::CompanyId.eq(company));
        if let Some(subject) = subject {
            query = query.filter(ledger::Column::Subject.eq(subject));
        }
        if let Some(before) = before {
            query = query.filter(ledger::Column::Seq.lt(before));
        }
        let query = query.order_by_desc(ledger::Column::Seq).limit(n + 1);
        let page = Page::cut(query.all(&self.conn).await.map_err(fault)?, n);

        let ids: Vec<EntryId> = page.rows.iter().map(|it| it.id).collect();
        let personal = self
            .any::<ledger_personal::Entity>()
            .filter(ledger_personal::Column::EntryId.is_in(ids))
            .all(&self.conn)
            .await
            .map_err(fault)?;
        let mut personal: HashMap<EntryId, ledger_personal::Model> =
            personal.into_iter().map(|it| (it.entry_id, it)).collect();
        page.map(|row| {
            let body = personal.remove(&row.id).map(|it| it.body);
            let personal = body.map(|it| serde_json::from_slice(&it)).transpose();
            Ok(Entry { personal: personal.map_err(Error::internal)?.unwrap_or_default(), row })
        })
    }
}

struct Sealed {
    salt: Vec<u8>,
    body: Vec<u8>,
    commitment: Vec<u8>,
}

/// Personal values under a salted hash: the hash stays when the values are erased.
fn seal(personal: &BTreeMap<String, String>) -> Result<Option<Sealed>> {
    if personal.is_empty() {
        return Ok(None);
    }
    let body = serde_json::to_vec(personal).map_err(Error::internal)?;
    let mut salt = vec![0; 32];
    getrandom::fill(&mut salt).map_err(Error::internal)?;
    let commitment = Sha256::new().chain_update(&salt).chain_update(&body).finalize().to_vec();
    Ok(Some(Sealed { salt, body, commitment }))
}

/// Who, as the ledger remembers it.
struct Actor {
    kind: &'static str,
    principal: String,
    company: Option<CompanyId>,
    credential: String,
    auth_time: Option<Timestamp>,
}

impl Actor {
    fn of(caller: &Caller) -> Self {
        match caller {
            Caller::Anonymous => Self::nobody("ANONYMOUS", String::new()),
            Caller::System(job) => Self::nobody("SYSTEM", (*job).to_owned()),
            Caller::Link(link) => Self {
                credential: link.to_string(),
                ..Self::nobody("LINK", format!("links/{link}"))
            },
            Caller::User(user) => {
                Self { auth_time: user.proven_time(), ..Self::somebody("USER", user) }
            }
            Caller::Newcomer(it) => {
                let principal = format!("{} {}", it.vouched.issuer, it.vouched.subject);
                Self::nobody("NEWCOMER", principal)
            }
            Caller::Service(service) => Self::somebody("SERVICE", &service.principal),
            Caller::Internal(internal) => Self::somebody("INTERNAL", &internal.principal),
        }
    }

    fn somebody(kind: &'static str, it: &Principal) -> Self {
        let (principal, credential) = (it.name(), it.credential.to_string());
        Self { kind, principal, company: Some(it.company), credential, auth_time: None }
    }

    fn nobody(kind: &'static str, principal: String) -> Self {
        Self { kind, principal, company: None, credential: String::new(), auth_time: None }
    }
}
