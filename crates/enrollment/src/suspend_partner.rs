//! An operator suspends a partner (E16).

use api::enrollment::v1::{SuspendPartnerRequest, SuspendPartnerResponse};
use domain::{Call, Result, id::partner_name, partner::FlagAction};
use event::{PartnerSuspended, event::Kind as What};

use crate::{
    Service,
    flag::{self, Word},
    resource,
};

pub async fn suspend_partner(
    service: &Service,
    call: &Call,
    req: SuspendPartnerRequest,
) -> Result<SuspendPartnerResponse> {
    let word = Word { name: &req.name, reason: &req.reason, etag: &req.etag };
    flag::change(service, call, word, FlagAction::Suspend, |party| {
        let what = PartnerSuspended { partner: partner_name(party.partner.id) };
        let partner = Some(resource::partner(party));
        (What::PartnerSuspended(what), SuspendPartnerResponse { partner, plan: None })
    })
    .await
}
