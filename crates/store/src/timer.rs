//! What time will do: written with the change, fired by the delivery as SYSTEM.

use domain::{Result, Timestamp, timer::Timer};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
    prelude::Uuid,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Chore, Tx, View,
    entity::timer::{Column, Entity, Model},
    fault::fault,
};

impl Tx {
    /// Winds a timer; winding it again moves it.
    pub async fn wind(&mut self, kind: Timer, subject: Uuid, due_time: Timestamp) -> Result<()> {
        let row = Model { subject_id: subject, kind, due_time };
        let mut moved = OnConflict::columns([Column::SubjectId, Column::Kind]);
        Entity::insert(row.into_active_model())
            .on_conflict(moved.update_column(Column::DueTime).to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        self.has_timers = true;
        Ok(())
    }

    /// Stops a timer, if it runs.
    pub async fn unwind(&self, kind: Timer, subject: Uuid) -> Result<()> {
        Entity::delete_many()
            .filter(Column::SubjectId.eq(subject))
            .filter(Column::Kind.eq(kind.to_value()))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }
}

impl View {
    /// Timers that are due, the oldest first.
    pub async fn any_due_timers(&self, n: u64) -> Result<Vec<Model>> {
        let query = self.any::<Entity>().filter(Column::DueTime.lte(self.now()));
        let query = query.order_by_asc(Column::DueTime).order_by_asc(Column::SubjectId);
        query.order_by_asc(Column::Kind).limit(n).all(&self.conn).await.map_err(fault)
    }
}

impl Chore {
    /// Leaves a timer that could not be fired for later, unless it was moved meanwhile.
    pub async fn put_timer_off(&self, failed: &Model, until: Timestamp) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::DueTime, Expr::value(until))
            .filter(Column::SubjectId.eq(failed.subject_id))
            .filter(Column::Kind.eq(failed.kind.to_value()))
            .filter(Column::DueTime.eq(failed.due_time))
            .exec(&self.view.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Clears a timer that found nothing to do, unless it was moved meanwhile.
    pub async fn clear_timer(&self, spent: &Model) -> Result<()> {
        Entity::delete_many()
            .filter(Column::SubjectId.eq(spent.subject_id))
            .filter(Column::Kind.eq(spent.kind.to_value()))
            .filter(Column::DueTime.lte(spent.due_time))
            .exec(&self.view.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }
}
