//! Agreements, their versions and documents, and who has accepted them.

use std::collections::HashMap;

use domain::{
    Error, Reason, Result, Timestamp,
    agreement::{Audience, State},
    id::{AcceptanceId, PartnerId, UserId, VersionId, acceptance_name},
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, sea_query::OnConflict,
};

use crate::{
    Chore, Page, Tx, View,
    entity::{
        acceptance, agreement_document as document, agreement_download as download,
        agreement_presentation as presentation,
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
    /// The version of that id, if it is one of the audience's, as it is at this instant.
    pub async fn any_version(&self, audience: Audience, id: VersionId) -> Result<Model> {
        let row = self.any_written_version(audience, id).await?;
        let course = self.any_course(audience).await?;
        Ok(Model { state: course.state_of(row.id, row.state), ..row })
    }

    /// The same as it is written down.
    pub(crate) async fn any_written_version(
        &self,
        audience: Audience,
        id: VersionId,
    ) -> Result<Model> {
        let version = self.any_version_with_id(id).await?;
        found(version.filter(|it| it.audience == audience))
    }

    /// The version of that id as it is written down, of whatever audience.
    pub async fn any_version_with_id(&self, id: VersionId) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::Id.eq(id));
        query.one(&self.conn).await.map_err(fault)
    }

    /// The newest versions of an audience's agreement, the newest first, as they are at this
    /// instant.
    pub async fn any_versions(&self, audience: Audience, n: u64) -> Result<Vec<Model>> {
        let query = self.any::<Entity>().filter(Column::Audience.eq(audience.to_value()));
        let query = query.order_by_desc(Column::Id).limit(n);
        let mut rows = query.all(&self.conn).await.map_err(fault)?;
        let course = self.any_course(audience).await?;
        for it in &mut rows {
            it.state = course.state_of(it.id, it.state);
        }
        Ok(rows)
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

    /// When an agreement was last shown to a person.
    pub async fn present_time(
        &self,
        account: UserId,
        version: VersionId,
    ) -> Result<Option<Timestamp>> {
        let query = self.any::<presentation::Entity>();
        let query = query.filter(presentation::Column::AccountId.eq(account));
        let query = query.filter(presentation::Column::VersionId.eq(version));
        Ok(query.one(&self.conn).await.map_err(fault)?.map(|it| it.present_time))
    }
}

impl View {
    /// An acceptance within reach.
    pub async fn acceptance(&self, id: AcceptanceId) -> Result<acceptance::Model> {
        let query = self.find::<acceptance::Entity>().filter(acceptance::Column::Id.eq(id));
        found(query.one(&self.conn).await.map_err(fault)?)
    }

    /// Acceptances within reach, after `after`, the oldest first; only those of a partner or of a
    /// version, where asked.
    pub async fn acceptances(
        &self,
        partner: Option<PartnerId>,
        version: Option<VersionId>,
        after: Option<AcceptanceId>,
        n: u64,
    ) -> Result<Page<acceptance::Model>> {
        use acceptance::Column as Of;
        let mut query = self.find::<acceptance::Entity>();
        if let Some(partner) = partner {
            query = query.filter(Of::PartnerId.eq(partner));
        }
        if let Some(version) = version {
            query = query.filter(Of::VersionId.eq(version));
        }
        if let Some(after) = after {
            query = query.filter(Of::Id.gt(after));
        }
        let query = query.order_by_asc(Of::Id).limit(n + 1);
        Ok(Page::cut(query.all(&self.conn).await.map_err(fault)?, n))
    }
}

impl Chore {
    /// Remembers that an agreement is shown to a person now: a read, so that no ledger says it.
    pub async fn set_present_time(&self, account: UserId, version: VersionId) -> Result<()> {
        let row = presentation::Model {
            account_id: account,
            version_id: version,
            present_time: self.view.now(),
        };
        let key = [presentation::Column::AccountId, presentation::Column::VersionId];
        let mut again = OnConflict::columns(key);
        presentation::Entity::insert(row.into_active_model())
            .on_conflict(again.update_column(presentation::Column::PresentTime).to_owned())
            .exec_without_returning(&self.view.conn)
            .await
            .map_err(fault)?;
        Ok(())
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

    /// AGREEMENT_ALREADY_ACCEPTED, naming the first, if the company has accepted the version (I5).
    pub async fn add_acceptance(&self, row: acceptance::Model) -> Result<acceptance::Model> {
        let key = [acceptance::Column::CompanyId, acceptance::Column::VersionId];
        let n = acceptance::Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        if n == 1 {
            return Ok(row);
        }
        let query = self.any::<acceptance::Entity>();
        let query = query.filter(acceptance::Column::CompanyId.eq(row.company_id));
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
            grace_end_time: None,
        }
    }
}
