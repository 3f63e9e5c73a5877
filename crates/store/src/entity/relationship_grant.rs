use domain::{
    Timestamp,
    id::{GrantId, RelationshipId},
    relationship::{Grant, GrantState},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "relationship_grant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GrantId,
    pub relationship_id: RelationshipId,
    pub kind: Grant,
    pub state: GrantState,
    pub create_time: Timestamp,
    pub expire_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
