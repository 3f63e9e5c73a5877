//! A company says by which ids it knows a partner that it can read; it alone sees them.

use api::enrollment::v1::{SetPartnerExternalIdsRequest, SetPartnerExternalIdsResponse};
use domain::{
    Call, Error, Result,
    id::{PartnerId, last_id},
};
use event::{Event, ExternalIdsSet, event::Kind as What};

use crate::{Service, partners};

pub async fn set_partner_external_ids(
    service: &Service,
    call: &Call,
    req: SetPartnerExternalIdsRequest,
) -> Result<SetPartnerExternalIdsResponse> {
    let company = call.caller.principal().ok_or_else(Error::not_found)?.company;
    let id: PartnerId = last_id(&req.name)?;
    let write = async |tx: &mut store::Tx| {
        let partner = partners::seen(tx, id).await?;
        let name = partner.name.clone();
        let former = tx.set_external_ids(company, &name, &req.external_ids).await?;

        let what = ExternalIdsSet { resource: name.clone() };
        let mut event = Event::of(name, What::ExternalIdsSet(what));
        let mut namespaces: Vec<&String> = former.keys().chain(req.external_ids.keys()).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        for namespace in namespaces {
            let [before, after] = [&former, &req.external_ids]
                .map(|it| it.get(namespace).cloned().unwrap_or_default());
            event = event.changed(namespace, before, after);
        }
        tx.record(event, &[company]);
        let partner = partners::with_external_ids(tx, partner).await?;
        Ok(SetPartnerExternalIdsResponse { partner: Some(partner), plan: None })
    };
    service.db.write(call, write).await
}
