//! An operator lifts a suspension (E16).

use api::enrollment::v1::{ReinstatePartnerRequest, ReinstatePartnerResponse};
use domain::{Call, Result, id::partner_name, partner::FlagAction};
use event::{PartnerReinstated, event::Kind as What};

use crate::{
    Service,
    flag::{self, Word},
    resource,
};

pub async fn reinstate_partner(
    service: &Service,
    call: &Call,
    req: ReinstatePartnerRequest,
) -> Result<ReinstatePartnerResponse> {
    let word = Word { name: &req.name, reason: &req.reason, etag: &req.etag };
    flag::change(service, call, word, FlagAction::Reinstate, |party| {
        let what = PartnerReinstated { partner: partner_name(party.partner.id) };
        let partner = Some(resource::partner(party));
        (What::PartnerReinstated(what), ReinstatePartnerResponse { partner, plan: None })
    })
    .await
}
