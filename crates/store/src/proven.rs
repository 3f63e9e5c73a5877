//! Whose an address is, among the resellers that a provider has (R2, R4).

use domain::{
    EmailAddress, Error, Result, constants::SAME_DOMAIN, id::PartnerId, relationship::State,
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _,
};

use crate::{
    View,
    entity::{account, enrollment, relationship},
    fault::fault,
};

impl View {
    /// The standing relationship of the provider with a company that an address is proven to be of: by
    /// its contact, by its contact's domain, or by one of its people.
    pub async fn any_standing_with_address(
        &self,
        provider: PartnerId,
        address: &EmailAddress,
    ) -> Result<Option<relationship::Model>> {
        use relationship::Column;
        let standing = || {
            let query = self.any::<relationship::Entity>().filter(Column::ProviderId.eq(provider));
            // In no order: one by id would tempt a planner to read the table in that order.
            query.filter(Column::State.ne(State::Ended.to_value()))
        };
        let people = self.any::<account::Entity>().select_only().column(account::Column::CompanyId);
        let people = people.filter(account::Column::EmailKey.eq(address.key()));
        // As the index has it.
        let people = people.filter(account::Column::EmailKey.ne(""));
        let people = people.filter(account::Column::EmailVerifyTime.is_not_null());
        let people = people.filter(account::Column::IsGone.eq(false));
        let query = standing().filter(Column::ResellerCompanyId.in_subquery(people.into_query()));
        if let Some(found) = query.one(&self.conn).await.map_err(fault)? {
            return Ok(Some(found));
        }
        let contacts = self.any::<enrollment::Entity>().select_only();
        let contacts = contacts.column(enrollment::Column::PartnerId);
        let contacts = contacts.filter(enrollment::Column::ContactDomain.eq(address.domain()));
        let contacts = contacts.filter(enrollment::Column::ContactDomain.ne(""));
        let query = standing().filter(Column::ResellerId.in_subquery(contacts.into_query()));
        let rows = query.limit(SAME_DOMAIN).all(&self.conn).await.map_err(fault)?;
        let ids: Vec<PartnerId> = rows.iter().map(|it| it.reseller_id).collect();
        let parties = self.any_parties(&ids).await?;
        for row in rows {
            let reseller = parties.get(&row.reseller_id).ok_or_else(Error::not_found)?;
            if reseller.proven_contact()?.is_addressed(address, &self.facts().mail_domains) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }
}
