//! Enrolments are listed: one's own, or the queue of all for the platform.

use api::{
    Word as _,
    enrollment::v1::{Enrollment, ListEnrollmentsRequest, ListEnrollmentsResponse},
};
use domain::{Call, Error, Result, enrollment::State};
use store::{Order, Queue};

use crate::{Service, resource};

pub async fn list_enrollments(
    service: &Service,
    call: &Call,
    req: ListEnrollmentsRequest,
) -> Result<ListEnrollmentsResponse> {
    let filter = ListEnrollmentsRequest { page_size: 0, page_token: String::new(), ..req.clone() };
    let arguments = gate::paging(
        &service.db.programme().link_key,
        call,
        req.page_size,
        &req.page_token,
        &filter,
    )?;
    let after = arguments.after()?;
    let queue = queue(call, &req)?;
    let read = async |view: &store::View| {
        let page = view.enrollments(&queue, after, arguments.size).await?;
        let reviewers = page.rows.iter().filter_map(|it| it.reviewer_id).collect();
        let companies = view.any_companies_of(reviewers).await?;
        let last = page.rows.last().filter(|_| page.has_more).map(|it| queue.key(it));
        let rows = page
            .rows
            .iter()
            .map(|it| resource::enrollment_claimed(view, it, &it.region_code, call, &companies));
        let enrollments: Result<Vec<Enrollment>> = rows.collect();
        Ok((enrollments?, last))
    };
    let (enrollments, last) = service.db.read(call, read).await?;
    Ok(ListEnrollmentsResponse { enrollments, next_page_token: arguments.next(last)? })
}

fn queue(call: &Call, req: &ListEnrollmentsRequest) -> Result<Queue> {
    let order = match req.order_by.as_str() {
        "" => Order::Start,
        "expected_by_time" => Order::Due,
        _ => return Err(Error::field("order_by", "UNKNOWN", "empty, or expected_by_time")),
    };
    Ok(Queue {
        state: State::of(req.state().word()),
        is_overdue: req.overdue,
        region_code: Some(req.region_code.clone()).filter(|it| !it.is_empty()),
        started_before: gate::domain_time("started_before", req.started_before)?,
        claimed_by: call.caller.user().map(|it| it.user).filter(|_| req.mine),
        order,
    })
}
