//! Whose people a caller reads: the one place for Get and List, so that both agree (R6).

use domain::{
    Error, Result,
    id::{CompanyId, UserId},
    power::{Sight, sight},
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
            Sight::ByDelegation if self.administers_company(company).await? => filter.only,
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
}
