//! How many invitations a company makes a day: counted beside the write, which would collide over it.

use domain::{Result, id::CompanyId};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Chore,
    entity::invitation_day::{Column, Entity, Model},
    fault::fault,
    view::found,
};

impl Chore {
    /// Counts an invitation of a day and forgets the days before; how many those of the day are.
    pub async fn count_invitation(&self, company: CompanyId, day: &str) -> Result<i64> {
        Entity::delete_many()
            .filter(Column::CompanyId.eq(company))
            .filter(Column::Day.lt(day))
            .exec(&self.view.conn)
            .await
            .map_err(fault)?;
        let row = Model { company_id: company, day: day.to_owned(), n_made: 1 };
        let mut more = OnConflict::columns([Column::CompanyId, Column::Day]);
        let sum = Expr::col((Entity, Column::NMade)).add(1);
        Entity::insert(row.into_active_model())
            .on_conflict(more.value(Column::NMade, sum).to_owned())
            .exec_without_returning(&self.view.conn)
            .await
            .map_err(fault)?;
        let query = self.view.any::<Entity>().filter(Column::CompanyId.eq(company));
        let row = query.filter(Column::Day.eq(day)).one(&self.view.conn).await.map_err(fault)?;
        Ok(found(row)?.n_made)
    }

    /// Takes back the count of one that was not made.
    pub async fn uncount_invitation(&self, company: CompanyId, day: &str) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::NMade, Expr::col((Entity, Column::NMade)).sub(1))
            .filter(Column::CompanyId.eq(company))
            .filter(Column::Day.eq(day))
            .exec(&self.view.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }
}
