//! Whose people a caller reads: the one place for Get and List, so that both agree (R6).

use domain::{
    Error, Result,
    id::{CompanyId, PartnerId, UserId},
    partner::Kind,
    power::{Sight, sight},
    relationship::{Grant, GrantState, State},
};

use crate::{Page, PeopleFilter, View, entity::account, view::found};

impl View {
    /// A person of that company whom the caller reads.
    pub async fn person(&self, company: CompanyId, id: UserId) -> Result<account::Model> {
        let filter = PeopleFilter { only: Some(id), show_deleted: true, ..PeopleFilter::default() };
        found(self.people(company, filter, None, 1).await?.rows.pop())
    }

    /// The people of that company whom the caller reads, after `after`.
    pub async fn people(
        &self,
        company: CompanyId,
        filter: PeopleFilter,
        after: Option<UserId>,
        n: u64,
    ) -> Result<Page<account::Model>> {
        let caller = self.caller().principal().ok_or_else(Error::not_found)?;
        let oneself = self.caller().user().map(|it| it.user);
        let only = match sight(caller, company) {
            Sight::Everybody => filter.only,
            Sight::ByDelegation if self.administers(caller.company, company).await? => filter.only,
            Sight::Oneself
                if oneself.is_some_and(|it| filter.only.is_none_or(|only| only == it)) =>
            {
                oneself
            }
            Sight::Oneself => return Ok(Page { rows: Vec::new(), has_more: false }),
            Sight::ByDelegation | Sight::Nobody => return Err(Error::not_found()),
        };
        self.any_people(company, PeopleFilter { only, ..filter }, after, n).await
    }

    /// Whether the one company, a provider, has a live DELEGATED_ADMIN of the other, its reseller:
    /// in force, of a relationship that is ACTIVE, both of them ACTIVE (M7).
    async fn administers(&self, provider: CompanyId, reseller: CompanyId) -> Result<bool> {
        let provider = self.any_partner_of(provider).await?.filter(|it| it.kind == Kind::Provider);
        let reseller = self.any_partner_of(reseller).await?.filter(|it| it.kind == Kind::Reseller);
        let (Some(provider), Some(reseller)) = (provider, reseller) else {
            return Ok(false);
        };
        let tie = self.any_standing_relationship(provider.id, reseller.id).await?;
        let Some(tie) = tie.filter(|it| it.state == State::Active) else {
            return Ok(false);
        };
        let grants = self.grants(&[tie.id]).await?.remove(&tie.id).unwrap_or_default();
        let is_in_force = grants.iter().any(|it| {
            let state = it.state.at(it.expire_time, self.now());
            it.kind == Grant::DelegatedAdmin && state == GrantState::Active
        });
        let ids: [PartnerId; 2] = [provider.id, reseller.id];
        let parties = self.any_parties(&ids).await?;
        let are_active = ids.iter().all(|it| parties.get(it).is_some_and(|it| it.is_active()));
        Ok(is_in_force && are_active)
    }
}
