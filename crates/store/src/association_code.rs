//! Codes by which another company ties a PartnerID: rows hold a hash, the code was in one reply (E14).

use domain::{
    Error, Reason, Result, Secret,
    constants::ASSOCIATION_CODE,
    id::{CompanyId, PartnerId},
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, sea_query::Expr,
};

use crate::{
    Tx, View,
    entity::association_code::{Column, Entity, Model},
    fault::fault,
};

impl View {
    /// The code, if it opens this PartnerID now: of its owner's company, unused, in its time.
    pub async fn any_good_association_code(&self, number: &str, code: &str) -> Result<Model> {
        let hash = Secret::new(code).sha256();
        let query = self.any::<Entity>().filter(Column::CodeSha256.eq(hash));
        let code = query.one(&self.conn).await.map_err(fault)?;
        let is_good = |it: &Model| {
            it.number == number && it.use_time.is_none() && self.now() < it.expire_time
        };
        code.filter(is_good).ok_or_else(|| Error::new(Reason::AssociationCodeInvalid))
    }

    /// How many codes of a company's PartnerID were made, within reach.
    pub async fn association_codes(&self, number: &str) -> Result<Vec<Model>> {
        let query = self.find::<Entity>().filter(Column::Number.eq(number));
        query.all(&self.conn).await.map_err(fault)
    }
}

impl Tx {
    pub async fn add_association_code(
        &self,
        number: &str,
        owner: CompanyId,
        code: &Secret,
    ) -> Result<Model> {
        let row = Model {
            code_sha256: code.sha256(),
            number: number.to_owned(),
            company_id: owner,
            create_time: self.now(),
            expire_time: self.now() + ASSOCIATION_CODE,
            use_time: None,
            used_by_id: None,
        };
        Entity::insert(row.clone().into_active_model())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(row)
    }

    /// Consumes a code, once: of two that try, one is told that it is not good.
    pub async fn use_association_code(&self, code: &Model, by: PartnerId) -> Result<()> {
        let used = Entity::update_many()
            .col_expr(Column::UseTime, Expr::value(Some(self.now())))
            .col_expr(Column::UsedById, Expr::value(Some(by)))
            .filter(Column::CodeSha256.eq(code.code_sha256.clone()))
            .filter(Column::UseTime.is_null())
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        match used.rows_affected {
            0 => Err(Error::new(Reason::AssociationCodeInvalid)),
            _ => Ok(()),
        }
    }
}
