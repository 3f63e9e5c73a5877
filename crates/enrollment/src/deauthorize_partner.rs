//! An operator takes a partner out of the programme, for good (E16).

use api::enrollment::v1::{DeauthorizePartnerRequest, DeauthorizePartnerResponse};
use domain::{Call, Result, id::partner_name, partner::FlagAction};
use event::{PartnerDeauthorized, event::Kind as What};

use crate::{
    Service,
    flag::{self, Word},
    resource,
};

pub async fn deauthorize_partner(
    service: &Service,
    call: &Call,
    req: DeauthorizePartnerRequest,
) -> Result<DeauthorizePartnerResponse> {
    let word = Word { name: &req.name, reason: &req.reason, etag: &req.etag };
    flag::change(service, call, word, FlagAction::Deauthorize, |party| {
        let what = PartnerDeauthorized { partner: partner_name(party.partner.id) };
        let partner = Some(resource::partner(party));
        (What::PartnerDeauthorized(what), DeauthorizePartnerResponse { partner, plan: None })
    })
    .await
}
