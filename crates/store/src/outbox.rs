//! Mails: written with the change that causes them, sent after its commit, at least once.

use std::collections::{BTreeMap, HashMap};

use domain::{
    Error, Language, Reach, Result, Secret, Timestamp,
    constants::DELIVERY_LEASE,
    id::{CompanyId, LinkId, MailId},
    link::Purpose,
    mail::{Delivery, Template},
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, ExprTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
    prelude::Uuid,
    sea_query::{Expr, LockBehavior, LockType},
};

use crate::{
    Chore, Tx, View,
    entity::{
        link,
        outbox::{Column, Entity, Model},
    },
    fault::fault,
};

/// A mail to be sent once the change is committed.
#[derive(Debug)]
pub struct NewMail<'a> {
    pub template: Template,
    pub language: Language,
    pub recipient: &'a str,
    /// What the template's text names.
    pub params: &'a [(&'static str, &'a str)],
    /// The link that the mail carries; its secret is derived when the mail is sent.
    pub link: Option<&'a link::Model>,
}

/// A mail that a worker took.
#[derive(Debug)]
pub struct TakenMail {
    pub row: Model,
    pub params: BTreeMap<String, String>,
    /// The link's secret and end.
    pub link: Option<(Secret, Timestamp)>,
    /// The secret is the one whose hash the link keeps: the key file is the right one.
    pub is_keyed: bool,
}

impl Tx {
    /// Sends a mail to a person of a company, when and if this is committed. A plan shows the
    /// address to that company and to the platform only.
    pub async fn send_to(&mut self, company: CompanyId, mail: NewMail<'_>) -> Result<()> {
        // A person whom its external directory vouches for need not have told an address.
        if mail.recipient.is_empty() {
            return Ok(());
        }
        let may_know = match self.reach() {
            Reach::Everything => true,
            Reach::Company(own) => own == company,
            Reach::Nothing => false,
        };
        let shown = if may_know { mail.recipient.to_owned() } else { String::new() };
        self.mails.push((mail.template.as_str(), shown));
        self.queue(mail).await
    }

    /// Sends a mail to an address that the caller gave or holds the link of, when and if this is
    /// committed.
    pub async fn send(&mut self, mail: NewMail<'_>) -> Result<()> {
        self.mails.push((mail.template.as_str(), mail.recipient.to_owned()));
        self.queue(mail).await
    }

    async fn queue(&self, mail: NewMail<'_>) -> Result<()> {
        let params: BTreeMap<&str, &str> = mail.params.iter().copied().collect();
        let row = Model {
            id: MailId::mint(self.now()),
            create_time: self.now(),
            template: mail.template,
            language: mail.language,
            recipient: mail.recipient.to_owned(),
            params: serde_json::to_string(&params).map_err(Error::internal)?,
            link_id: mail.link.map(|it| it.id),
            state: Delivery::Queued,
            n_tries: 0,
            due_time: self.now(),
            end_time: None,
            failure: String::new(),
        };
        Entity::insert(row.into_active_model())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }
}

impl View {
    /// How far the newest mail with each of these links has come.
    pub async fn any_deliveries(&self, links: Vec<LinkId>) -> Result<HashMap<LinkId, Delivery>> {
        let query = self.any::<Entity>().filter(Column::LinkId.is_in(links));
        let rows = query.order_by_asc(Column::Id).all(&self.conn).await.map_err(fault)?;
        Ok(rows.into_iter().filter_map(|it| Some((it.link_id?, it.state))).collect())
    }
}

impl View {
    /// How far the newest mail with a link for each of these subjects has come.
    pub async fn any_deliveries_for(
        &self,
        purpose: Purpose,
        subjects: Vec<Uuid>,
    ) -> Result<HashMap<Uuid, Delivery>> {
        let query = self.any::<link::Entity>().filter(link::Column::SubjectId.is_in(subjects));
        let query = query.filter(link::Column::Purpose.eq(purpose.to_value()));
        let query = query.select_only().columns([link::Column::SubjectId, link::Column::Id]);
        let query = query.order_by_asc(link::Column::Id).into_tuple();
        let links: Vec<(Uuid, LinkId)> = query.all(&self.conn).await.map_err(fault)?;
        let newest: HashMap<Uuid, LinkId> = links.into_iter().collect();
        let deliveries = self.any_deliveries(newest.values().copied().collect()).await?;
        let of = |(subject, link)| Some((subject, *deliveries.get(&link)?));
        Ok(newest.into_iter().filter_map(of).collect())
    }
}

impl Chore {
    /// Takes mails that are due; no other worker sees them until the lease is over.
    pub async fn take_mails(&self, n: u64) -> Result<Vec<TakenMail>> {
        let view = &self.view;
        let query = view.any::<Entity>().filter(Column::State.eq(Delivery::Queued.to_value()));
        let query = query.filter(Column::DueTime.lte(view.now()));
        let query = query.order_by_asc(Column::DueTime).order_by_asc(Column::Id).limit(n);
        let query = query.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        let rows = query.all(&view.conn).await.map_err(fault)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<MailId> = rows.iter().map(|it| it.id).collect();
        Entity::update_many()
            .col_expr(Column::DueTime, Expr::value(view.now() + DELIVERY_LEASE))
            .col_expr(Column::NTries, Expr::col(Column::NTries).add(1))
            .filter(Column::Id.is_in(ids))
            .exec(&view.conn)
            .await
            .map_err(fault)?;

        let links: Vec<LinkId> = rows.iter().filter_map(|it| it.link_id).collect();
        let links = view.any::<link::Entity>().filter(link::Column::Id.is_in(links));
        let links = links.all(&view.conn).await.map_err(fault)?;
        let links: HashMap<LinkId, link::Model> = links.into_iter().map(|it| (it.id, it)).collect();
        rows.into_iter().map(|row| self.taken(row, &links)).collect()
    }

    fn taken(&self, row: Model, links: &HashMap<LinkId, link::Model>) -> Result<TakenMail> {
        let params = serde_json::from_str(&row.params).map_err(Error::internal)?;
        let Some(link) = row.link_id.and_then(|it| links.get(&it)) else {
            return Ok(TakenMail { row, params, link: None, is_keyed: true });
        };
        let secret = self.view.programme.link_key.secret(link.purpose, link.id)?;
        let is_keyed = secret.sha256() == link.secret_sha256;
        Ok(TakenMail { row, params, link: Some((secret, link.expire_time)), is_keyed })
    }

    /// The mail was handed over.
    pub async fn mark_sent(&self, mail: MailId) -> Result<()> {
        self.mark(mail, Delivery::Sent, "").await
    }

    /// The mail was refused for good.
    pub async fn mark_failed(&self, mail: MailId, failure: &str) -> Result<()> {
        self.mark(mail, Delivery::Failed, failure).await
    }

    async fn mark(&self, mail: MailId, state: Delivery, failure: &str) -> Result<()> {
        let end_time: Option<Timestamp> = Some(self.view.now());
        Entity::update_many()
            .col_expr(Column::State, Expr::value(state.to_value()))
            .col_expr(Column::EndTime, Expr::value(end_time))
            .col_expr(Column::Failure, Expr::value(failure))
            .filter(Column::Id.eq(mail))
            .filter(Column::State.eq(Delivery::Queued.to_value()))
            .exec(&self.view.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// The mail could not be handed over this time.
    pub async fn put_off(&self, mail: MailId, until: Timestamp, failure: &str) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::DueTime, Expr::value(until))
            .col_expr(Column::Failure, Expr::value(failure))
            .filter(Column::Id.eq(mail))
            .exec(&self.view.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }
}
