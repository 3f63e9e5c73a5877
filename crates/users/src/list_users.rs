//! The people of a company are listed: those that GetUser reads.

use api::{
    Word as _,
    users::v1::{ListUsersRequest, ListUsersResponse},
};
use domain::{
    Call, Error, Result, Role,
    id::{CompanyId, last_id},
    user::State,
};
use store::{PeopleFilter, View};

use crate::{Service, resource::user};

pub async fn list_users(
    service: &Service,
    call: &Call,
    req: ListUsersRequest,
) -> Result<ListUsersResponse> {
    let asked = ListUsersRequest { page_size: 0, page_token: String::new(), ..req.clone() };
    let key = &service.db.programme().link_key;
    let arguments = gate::paging(key, call, req.page_size, &req.page_token, &asked)?;
    let after = arguments.after()?;
    let filter = PeopleFilter {
        role: Role::of(req.role().word()),
        state: State::of(req.state().word()),
        show_deleted: req.show_deleted,
        only: None,
    };
    let read = async |view: &View| {
        let company = named(view, &req).await?;
        let page = view.people(company, filter, after, arguments.size).await?;
        let last = page.rows.last().filter(|_| page.has_more).map(|it| it.id);
        let mut roles = view.any_roles_of(page.rows.iter().map(|it| it.id).collect()).await?;
        let shown = page.rows.iter().map(|it| user(it, &roles.remove(&it.id).unwrap_or_default()));
        Ok((shown.collect(), last))
    };
    let (users, last) = service.db.read(call, read).await?;
    Ok(ListUsersResponse { users, next_page_token: arguments.next(last)? })
}

/// The company whose people are asked for: by its own name, by its partner's, or the caller's.
async fn named(view: &View, req: &ListUsersRequest) -> Result<CompanyId> {
    match (req.parent.as_str(), req.partner.as_str()) {
        ("", "") => view.caller().principal().map(|it| it.company).ok_or_else(Error::not_found),
        (parent, "") => last_id(parent),
        ("", partner) => {
            let partner = view.any_partner(last_id(partner)?).await?;
            partner.map(|it| it.company_id).ok_or_else(Error::not_found)
        }
        (_, _) => Err(Error::field("partner", "EXACTLY_ONE", "parent or partner, not both")),
    }
}
