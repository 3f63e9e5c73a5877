//! A company asks what is missing and whose turn it is (domain section 7).

use api::{
    Word as _,
    enrollment::v1::{GetReadinessRequest, GetReadinessResponse},
    types::v1 as wire,
};
use domain::{
    Call, Error, Reason, Result,
    id::{PartnerId, last_id},
    readiness::{Goal, is_done, partner_goal},
};

use crate::{Service, standing::standing};

pub async fn get_readiness(
    service: &Service,
    call: &Call,
    req: GetReadinessRequest,
) -> Result<GetReadinessResponse> {
    let goal = Goal::of(req.goal().word()).ok_or_else(Error::not_found)?;
    if req.partner.is_empty() {
        return Err(Error::new(Reason::GoalSubjectMissing).with("subject", "partner"));
    }
    let id: PartnerId = last_id(&req.partner)?;
    let read = async |view: &store::View| {
        let partner = view.partner(id).await?;
        let company = view.company(partner.company_id).await?;
        let row = view.enrollment_of(id).await?;
        let (facts, domain) = (service.db.facts(), &service.directory_domain);
        standing(partner.kind, &company.region_code, row.as_ref(), facts, domain)
    };
    let facts = service.db.read(call, read).await?;
    let unmet = partner_goal(goal, &facts, false);
    Ok(GetReadinessResponse {
        goal: req.goal,
        satisfied: !unmet.iter().any(|it| it.blocking),
        already: is_done(goal, &facts),
        requirements: unmet.into_iter().map(gate::requirement).collect::<Vec<wire::Requirement>>(),
    })
}
