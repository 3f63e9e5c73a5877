//! A global admin lets another company tie a PartnerID of its organisation, by a code (E14).

use api::enrollment::v1::{CreateAssociationCodeRequest, CreateAssociationCodeResponse};
use domain::{Call, Error, Result, Secret};
use event::{AssociationCodeCreated, Event, event::Kind as What};

use crate::{Service, places};

pub async fn create_association_code(
    service: &Service,
    call: &Call,
    req: CreateAssociationCodeRequest,
) -> Result<CreateAssociationCodeResponse> {
    let company = call.caller.user().ok_or_else(Error::not_found)?.company;
    let code = new_code()?;
    let write = async |tx: &mut store::Tx| {
        let place = places::named(tx, &req.name).await?;
        // Whose reach is everything is still no admin of the owner.
        if place.company_id != company {
            return Err(Error::not_found());
        }
        let row = tx.add_association_code(&place.number, company, &code).await?;
        let name = places::name(&place);
        let what = AssociationCodeCreated { location: name.clone() };
        let event = Event::of(name.clone(), What::AssociationCodeCreated(what));
        tx.record(event, &[company]);

        let mut reply = CreateAssociationCodeResponse {
            location: name,
            code: String::new(),
            expire_time: Some(gate::wire_time(row.expire_time)),
            secret_withheld: true,
            plan: None,
        };
        tx.withhold(&reply);
        code.expose().clone_into(&mut reply.code);
        reply.secret_withheld = false;
        Ok(reply)
    };
    service.db.write(call, write).await
}

/// 128 random bits: nobody finds one by trying.
fn new_code() -> Result<Secret> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(Secret::from_bytes(&bytes))
}
