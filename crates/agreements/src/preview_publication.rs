//! Before it publishes, a publisher sees whose standing that would change (A6).

use api::{
    agreements::v1::{AffectedPartner, PreviewPublicationRequest, PreviewPublicationResponse},
    types::v1::AgreementStanding,
};
use domain::{
    Call, Result,
    agreement::{Action, Audience, State},
    course::{Standing, Step, grace_end},
    id::{PartnerId, partner_name, version_id},
    partner::Kind,
};
use store::{Party, View};

use crate::{Service, resource};

pub async fn preview_publication(
    service: &Service,
    call: &Call,
    req: PreviewPublicationRequest,
) -> Result<PreviewPublicationResponse> {
    let (audience, id) = version_id(&req.name)?;
    let grace = resource::grace(req.grace_period.as_ref())?;
    let key = &service.db.programme().link_key;
    let (page_size, page_token) = (req.page_size, req.page_token.clone());
    let filter = PreviewPublicationRequest { page_size: 0, page_token: String::new(), ..req };
    let paging = gate::paging(key, call, page_size, &page_token, &filter)?;
    let after: Option<PartnerId> = paging.after()?;

    let read = async |view: &View| {
        let demanded = grace_end(audience, view.now(), grace)?;
        let version = view.any_version(audience, id).await?;
        let is_asked_anew = match version.state {
            State::Scheduled => version.grace_end_time.is_some(),
            State::Draft | State::Effective | State::Superseded | State::Withdrawn => {
                version.state.after(Action::Publish)?;
                demanded.is_some()
            }
        };
        let Some(kind) = kind_of(audience) else {
            return Ok((Vec::new(), None));
        };
        let course = view.any_course(audience).await?;
        let page =
            view.any_partners_affected(kind, &course, is_asked_anew, after, paging.size).await?;
        let mut parties = view.any_parties(&page.rows).await?;
        let step = if is_asked_anew { Step::Demand } else { Step::Supersede };
        let mut affected = Vec::new();
        for id in &page.rows {
            if let Some(party) = parties.remove(id) {
                affected.push(shown(&party, step)?);
            }
        }
        let last = page.rows.last().copied().filter(|_| page.has_more);
        Ok((affected, last))
    };
    let (affected_partners, last) = service.db.read(call, read).await?;
    Ok(PreviewPublicationResponse { affected_partners, next_page_token: paging.next(last)? })
}

/// Which partners sign the agreement; customers' acceptances stay as they are.
fn kind_of(audience: Audience) -> Option<Kind> {
    match audience {
        Audience::Reseller => Some(Kind::Reseller),
        Audience::Provider => Some(Kind::Provider),
        Audience::Customer => None,
    }
}

fn shown(party: &Party, step: Step) -> Result<AffectedPartner> {
    let standing = party.agreement.stand.standing;
    let number = |it: Standing| api::number::<AgreementStanding>(it.as_str());
    Ok(AffectedPartner {
        partner: partner_name(party.partner.id),
        display_name: party.company.display_name.clone(),
        standing: number(standing),
        standing_after: number(standing.after(step)?),
    })
}
