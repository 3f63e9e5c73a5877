//! Companies that are asked about, by key; whom a provider may know more of; and how many strangers
//! it has asked about today (A7).

use std::collections::{HashMap, HashSet};

use domain::{
    Result,
    id::{CompanyId, PartnerId},
    invitation, relationship as tie,
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, ExprTrait as _, IntoActiveModel as _,
    QueryFilter as _,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Tx, View,
    entity::{
        agreement_check::{Column, Entity, Model},
        company, invitation as invited, location, partner, relationship,
    },
    fault::fault,
    view::found,
};

impl View {
    /// Whose accounts these PartnerIDs are tied to.
    pub async fn any_partners_with_numbers(
        &self,
        numbers: &[String],
    ) -> Result<HashMap<String, PartnerId>> {
        let query = self.any::<location::Entity>();
        let query =
            query.filter(location::Column::Number.is_in(numbers.iter().map(String::as_str)));
        let rows = query.all(&self.conn).await.map_err(fault)?;
        Ok(rows.into_iter().filter_map(|it| Some((it.number, it.partner_id?))).collect())
    }

    /// The partners of the companies with these domains in the local directory.
    pub async fn any_partners_of_domains(
        &self,
        domains: &[String],
    ) -> Result<HashMap<String, PartnerId>> {
        let query = self.any::<company::Entity>();
        let query = query.filter(company::Column::Domain.is_in(domains.iter().map(String::as_str)));
        let companies = query.all(&self.conn).await.map_err(fault)?;
        let domains: HashMap<CompanyId, String> =
            companies.into_iter().filter_map(|it| Some((it.id, it.domain?))).collect();
        let query = self.any::<partner::Entity>();
        let query = query.filter(partner::Column::CompanyId.is_in(domains.keys().copied()));
        let rows = query.all(&self.conn).await.map_err(fault)?;
        let with_domain = |it: partner::Model| Some((domains.get(&it.company_id)?.clone(), it.id));
        Ok(rows.into_iter().filter_map(with_domain).collect())
    }

    /// Which of the resellers have a relationship with the provider that has not ended.
    pub async fn any_own_resellers(
        &self,
        provider: PartnerId,
        resellers: &[PartnerId],
    ) -> Result<HashSet<PartnerId>> {
        let query = self.any::<relationship::Entity>();
        let query = query.filter(relationship::Column::ProviderId.eq(provider));
        let query = query.filter(relationship::Column::ResellerId.is_in(resellers.iter().copied()));
        let query = query.filter(relationship::Column::State.ne(tie::State::Ended.to_value()));
        let rows = query.all(&self.conn).await.map_err(fault)?;
        Ok(rows.into_iter().map(|it| it.reseller_id).collect())
    }

    /// Which of the PartnerIDs a pending invitation of the provider names.
    pub async fn any_numbers_invited(
        &self,
        provider: PartnerId,
        numbers: &[String],
    ) -> Result<HashSet<String>> {
        let query = self.any::<invited::Entity>().filter(invited::Column::ProviderId.eq(provider));
        let numbers = numbers.iter().map(String::as_str).filter(|it| !it.is_empty());
        let query = query.filter(invited::Column::NamedNumber.is_in(numbers));
        let query = query.filter(invited::Column::State.eq(invitation::State::Pending.to_value()));
        let query = query.filter(invited::Column::ExpireTime.gt(self.now()));
        let rows = query.all(&self.conn).await.map_err(fault)?;
        Ok(rows.into_iter().map(|it| it.named_number).collect())
    }
}

impl Tx {
    /// Counts strangers that a company asks about; how many those are today (UTC).
    pub async fn count_agreement_checks(&self, company: CompanyId, n: i64) -> Result<i64> {
        let day = self.now().date_naive().to_string();
        Entity::delete_many()
            .filter(Column::CompanyId.eq(company))
            .filter(Column::Day.lt(day.as_str()))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        let row = Model { company_id: company, day: day.clone(), n_asked: n };
        let mut more = OnConflict::columns([Column::CompanyId, Column::Day]);
        let sum = Expr::col((Entity, Column::NAsked)).add(n);
        Entity::insert(row.into_active_model())
            .on_conflict(more.value(Column::NAsked, sum).to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        let query = self.any::<Entity>().filter(Column::CompanyId.eq(company));
        let row = query.filter(Column::Day.eq(day)).one(&self.conn).await.map_err(fault)?;
        Ok(found(row)?.n_asked)
    }
}
