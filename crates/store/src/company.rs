//! Companies: added once, found by their key.

use domain::{
    Error, Reason, Result,
    id::{CompanyId, VersionId},
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::Expr,
};

use crate::{
    Tx, View,
    entity::company::{Column, Entity, Model},
    fault::{fault, is_duplicate},
    past_facts::CompanyFact,
    view::found,
};

/// What a company begins with.
#[derive(Debug)]
pub struct NewCompany<'a> {
    pub display_name: &'a str,
    pub region_code: &'a str,
    /// Its domain in the local directory.
    pub domain: Option<&'a str>,
    pub n_global_admins: i64,
}

impl View {
    pub async fn company(&self, id: CompanyId) -> Result<Model> {
        let query = self.find::<Entity>().filter(Column::Id.eq(id));
        found(query.one(&self.conn).await.map_err(fault)?)
    }

    /// A company, whoever asks: for keys that the caller proved.
    pub async fn any_company(&self, id: CompanyId) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::Id.eq(id));
        query.one(&self.conn).await.map_err(fault)
    }

    /// Whether it is the vendor's own company.
    pub fn is_staff(&self, company: &Model) -> bool {
        company.domain.as_deref() == Some(self.programme().platform_domain().as_str())
    }

    /// The company with this domain in the local directory, whoever asks: its partner has a reach of
    /// its own.
    pub async fn any_company_by_domain(&self, domain: &str) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::Domain.eq(domain));
        query.one(&self.conn).await.map_err(fault)
    }

    /// The company with this domain in the local directory, if within reach.
    pub async fn company_by_domain(&self, domain: &str) -> Result<Option<Model>> {
        let query = self.find::<Entity>().filter(Column::Domain.eq(domain));
        query.one(&self.conn).await.map_err(fault)
    }
}

impl Tx {
    /// DOMAIN_TAKEN if another company has the domain.
    pub async fn add_company(&self, new: NewCompany<'_>) -> Result<Model> {
        let row = Model {
            id: CompanyId::mint(self.now()),
            version: 1,
            create_time: self.now(),
            update_time: self.now(),
            display_name: new.display_name.to_owned(),
            region_code: new.region_code.to_owned(),
            domain: new.domain.map(str::to_owned),
            n_global_admins: new.n_global_admins,
            region_frozen: false,
            customer_version_id: None,
            customer_accept_time: None,
            totp_required: false,
        };
        let insert = Entity::insert(row.clone().into_active_model())
            .exec_without_returning(&self.conn)
            .await;
        match insert {
            Ok(_) => Ok(row),
            Err(err) if is_duplicate(&err) => {
                let prefix = new.domain.and_then(|it| it.split('.').next()).unwrap_or_default();
                Err(Error::new(Reason::DomainTaken).with("domainPrefix", prefix))
            }
            Err(err) => Err(fault(err)),
        }
    }

    /// The company accepted the customer agreement itself (A8).
    pub async fn set_customer_acceptance(&self, seen: &Model, version: VersionId) -> Result<Model> {
        let row = Model {
            version: seen.version + 1,
            update_time: self.now(),
            customer_version_id: Some(version),
            customer_accept_time: Some(self.now()),
            ..seen.clone()
        };
        self.remember::<CompanyFact>(seen.id.0, seen, &row).await?;
        let seen = [Column::Id.eq(seen.id), Column::Version.eq(seen.version)];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
    }

    /// From now on the company's country stays (C2).
    pub async fn freeze_region(&self, company: CompanyId) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::RegionFrozen, Expr::value(true))
            .filter(Column::Id.eq(company))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Says whether the company's global admins have to have a second factor.
    pub async fn require_totp(&self, company: CompanyId, required: bool) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::TotpRequired, Expr::value(required))
            .col_expr(Column::UpdateTime, Expr::value(self.now()))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.eq(company))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Corrects a company's country; the caller has checked that it may still change (C2).
    pub async fn set_region(&self, company: CompanyId, region: &str) -> Result<()> {
        let seen = found(self.any_company(company).await?)?;
        let to = Model { region_code: region.to_owned(), ..seen.clone() };
        self.remember::<CompanyFact>(company.0, &seen, &to).await?;
        Entity::update_many()
            .col_expr(Column::RegionCode, Expr::value(region))
            .col_expr(Column::UpdateTime, Expr::value(self.now()))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.eq(company))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }
}
