//! Agreements, their versions and documents, and who has accepted them.

use std::collections::HashMap;

use domain::{
    Error, Reason, Result, Timestamp,
    agreement::{Audience, State},
    id::{UserId, VersionId, acceptance_name},
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Tx, View,
    entity::{
        acceptance, agreement, agreement_document as document, agreement_download as download,
        agreement_version::{Column, Entity, Model},
    },
    fault::fault,
    view::found,
};

/// What is known of a document without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, sea_orm::FromQueryResult)]
pub struct DocumentInfo {
    pub version_id: VersionId,
    pub language_code: String,
    pub media_type: String,
    pub content_sha256: Vec<u8>,
    pub size_bytes: i64,
}

impl View {
    /// The agreement of an audience. Whether the caller may read it is a rule of its own (A1):
    /// `Audience::is_open_to`.
    pub async fn any_agreement(&self, audience: Audience) -> Result<agreement::Model> {
        let query = self.any::<agreement::Entity>();
        let query = query.filter(agreement::Column::Audience.eq(audience.to_value()));
        found(query.one(&self.conn).await.map_err(fault)?)
    }

    /// The version of that id, if it is one of the audience's.
    pub async fn any_version(&self, audience: Audience, id: VersionId) -> Result<Model> {
        let query = self.any::<Entity>().filter(Column::Id.eq(id));
        let version = query.one(&self.conn).await.map_err(fault)?;
        found(version.filter(|it| it.audience == audience))
    }

    /// The newest versions of an audience's agreement, the newest first.
    pub async fn any_versions(&self, audience: Audience, n: u64) -> Result<Vec<Model>> {
        let query = self.any::<Entity>().filter(Column::Audience.eq(audience.to_value()));
        query.order_by_desc(Column::Id).limit(n).all(&self.conn).await.map_err(fault)
    }

    /// What the documents of these versions are.
    pub async fn any_documents(
        &self,
        versions: Vec<VersionId>,
    ) -> Result<HashMap<VersionId, Vec<DocumentInfo>>> {
        let query = self.any::<document::Entity>();
        let query = query.filter(document::Column::VersionId.is_in(versions));
        let query = query.select_only().columns([
            document::Column::VersionId,
            document::Column::LanguageCode,
            document::Column::MediaType,
            document::Column::ContentSha256,
            document::Column::SizeBytes,
        ]);
        let query = query.order_by_asc(document::Column::LanguageCode);
        let query = query.order_by_asc(document::Column::MediaType);
        let rows = query.into_model::<DocumentInfo>().all(&self.conn).await.map_err(fault)?;
        let mut documents: HashMap<VersionId, Vec<DocumentInfo>> = HashMap::new();
        for it in rows {
            documents.entry(it.version_id).or_default().push(it);
        }
        Ok(documents)
    }

    /// A document with its bytes.
    pub async fn any_document(
        &self,
        version: VersionId,
        sha256: &[u8],
    ) -> Result<Option<document::Model>> {
        let query = self.any::<document::Entity>();
        let query = query.filter(document::Column::VersionId.eq(version));
        let query = query.filter(document::Column::ContentSha256.eq(sha256.to_vec()));
        query.one(&self.conn).await.map_err(fault)
    }

    /// When a person last downloaded a document.
    pub async fn download_time(
        &self,
        account: UserId,
        version: VersionId,
        sha256: &[u8],
    ) -> Result<Option<Timestamp>> {
        let query = self.any::<download::Entity>();
        let query = query.filter(download::Column::AccountId.eq(account));
        let query = query.filter(download::Column::VersionId.eq(version));
        let query = query.filter(download::Column::ContentSha256.eq(sha256.to_vec()));
        Ok(query.one(&self.conn).await.map_err(fault)?.map(|it| it.download_time))
    }
}

impl Tx {
    /// A DRAFT with its documents, all together. One that exists already stays as it is: `false`.
    pub async fn add_version(&self, row: Model, documents: Vec<document::Model>) -> Result<bool> {
        let n = Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::column(Column::Id).do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        if n == 0 {
            return Ok(false);
        }
        document::Entity::insert_many(documents.into_iter().map(|it| it.into_active_model()))
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(true)
    }

    /// Puts `to` in the place of what was `seen`, with a new version number.
    pub async fn change_version(&self, seen: &Model, to: Model) -> Result<Model> {
        let row = Model { version: seen.version + 1, update_time: self.now(), ..to };
        let seen = [Column::Id.eq(seen.id), Column::Version.eq(seen.version)];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
    }

    /// Says which version is in force.
    pub async fn set_effective(&self, seen: &agreement::Model, version: VersionId) -> Result<()> {
        let in_force: Option<VersionId> = Some(version);
        let changed = agreement::Entity::update_many()
            .col_expr(agreement::Column::EffectiveVersionId, Expr::value(in_force))
            .col_expr(agreement::Column::Version, Expr::value(seen.version + 1))
            .filter(agreement::Column::Audience.eq(seen.audience.to_value()))
            .filter(agreement::Column::Version.eq(seen.version))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        match changed.rows_affected {
            0 => Err(Error::new(Reason::Contention)),
            _ => Ok(()),
        }
    }

    /// AGREEMENT_ALREADY_ACCEPTED, naming the first, if the partner has accepted the version (I5).
    pub async fn add_acceptance(&self, row: acceptance::Model) -> Result<acceptance::Model> {
        let key = [acceptance::Column::PartnerId, acceptance::Column::VersionId];
        let n = acceptance::Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        if n == 1 {
            return Ok(row);
        }
        let query = self.any::<acceptance::Entity>();
        let query = query.filter(acceptance::Column::PartnerId.eq(row.partner_id));
        let query = query.filter(acceptance::Column::VersionId.eq(row.version_id));
        let first = found(query.one(&self.conn).await.map_err(fault)?)?;
        Err(Error::new(Reason::AgreementAlreadyAccepted)
            .with("acceptance", acceptance_name(first.id)))
    }

    /// Remembers that a person downloaded a document now.
    pub async fn set_download_time(
        &self,
        account: UserId,
        version: VersionId,
        sha256: &[u8],
    ) -> Result<()> {
        let row = download::Model {
            account_id: account,
            version_id: version,
            content_sha256: sha256.to_vec(),
            download_time: self.now(),
        };
        let key = [
            download::Column::AccountId,
            download::Column::VersionId,
            download::Column::ContentSha256,
        ];
        let mut again = OnConflict::columns(key);
        download::Entity::insert(row.into_active_model())
            .on_conflict(again.update_column(download::Column::DownloadTime).to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }
}

impl Model {
    /// A version that begins as a DRAFT.
    pub fn draft(id: VersionId, audience: Audience, display_name: &str, now: Timestamp) -> Self {
        Self {
            id,
            audience,
            version: 1,
            create_time: now,
            update_time: now,
            display_name: display_name.to_owned(),
            state: State::Draft,
            effective_time: None,
        }
    }
}
