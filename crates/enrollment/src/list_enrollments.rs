//! Enrolments are listed: one's own, or all for the platform.

use api::{
    Word as _,
    enrollment::v1::{Enrollment, ListEnrollmentsRequest, ListEnrollmentsResponse},
};
use domain::{Call, Result, enrollment::State};

use crate::{Service, resource};

pub async fn list_enrollments(
    service: &Service,
    call: &Call,
    req: ListEnrollmentsRequest,
) -> Result<ListEnrollmentsResponse> {
    let filter = ListEnrollmentsRequest { state: req.state, ..ListEnrollmentsRequest::default() };
    let arguments = gate::paging(
        &service.db.programme().link_key,
        call,
        req.page_size,
        &req.page_token,
        &filter,
    )?;
    let after = arguments.after()?;
    let state = State::of(req.state().word());
    let read = async |view: &store::View| {
        let page = view.enrollments(state, after, arguments.size).await?;
        let companies = page.rows.iter().map(|it| it.company_id).collect();
        let regions = view.regions(companies).await?;
        let last = page.rows.last().filter(|_| page.has_more).map(|it| it.partner_id);
        let rows = page.rows.iter().map(|it| {
            let region = regions.get(&it.company_id).map_or("", String::as_str);
            resource::enrollment(it, region, call, view.now())
        });
        let enrollments: Result<Vec<Enrollment>> = rows.collect();
        Ok((enrollments?, last))
    };
    let (enrollments, last) = service.db.read(call, read).await?;
    Ok(ListEnrollmentsResponse { enrollments, next_page_token: arguments.next(last)? })
}
