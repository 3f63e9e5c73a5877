//! A customer and a partner part; with the reseller go the providers via it (R13, M8, A8).

use api::relationships::v1::{EndCustomerRelationshipRequest, EndCustomerRelationshipResponse};
use domain::{
    Call, Error, Result,
    agreement::AttestationState,
    id::{
        CompanyId, CustomerRelationshipId, PartnerId, customer_name, customer_relationship_name,
        last_id, partner_name,
    },
    mail::Template,
    relationship::{CustomerAction, may_end_row},
};
use event::{CustomerAgreementVoided, CustomerRelationshipEnded, Event, event::Kind as What};
use store::{
    Tx,
    entity::{customer_agreement, customer_relationship::Model},
};

use crate::{Service, resource, tell};

pub async fn end_customer_relationship(
    service: &Service,
    call: &Call,
    req: EndCustomerRelationshipRequest,
) -> Result<EndCustomerRelationshipResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let id: CustomerRelationshipId = last_id(&req.name)?;
    gate::check_reason(&req.reason)?;
    let write = async |tx: &mut Tx| {
        let seen = tx.customer_row(id).await?;
        if !may_end_row(caller, seen.customer_id, seen.partner_company_id) {
            return Err(Error::not_found());
        }
        seen.state.after(CustomerAction::End)?;
        let also = match seen.partner_id == seen.via_id {
            true => tx.any_rows_via(seen.customer_id, seen.via_id).await?,
            false => Vec::new(),
        };
        let mut ended = vec![end(tx, &seen, &req.reason).await?];
        for row in also.iter().filter(|it| it.id != seen.id) {
            ended.push(end(tx, row, &req.reason).await?);
        }
        for row in ended.iter().filter(|it| it.partner_id != it.via_id) {
            void_attestation(tx, row).await?;
        }
        tell_others(tx, caller.company, &ended, &req.reason).await?;
        let customer_relationships = ended.iter().map(resource::row).collect();
        Ok(EndCustomerRelationshipResponse { customer_relationships, plan: None })
    };
    service.db.write(call, write).await
}

async fn end(tx: &mut Tx, seen: &Model, reason: &str) -> Result<Model> {
    let row = tx.end_customer_row(seen).await?;
    let name = customer_relationship_name(row.id);
    let what = CustomerRelationshipEnded {
        customer_relationship: name.clone(),
        customer: customer_name(row.customer_id),
        partner: partner_name(row.partner_id),
        via_reseller: partner_name(row.via_id),
    };
    let event = Event::of(name, What::CustomerRelationshipEnded(what)).because(reason);
    let event = event.changed("state", seen.state.as_str(), row.state.as_str());
    let mut concerned = vec![row.customer_id, row.via_company_id];
    if row.partner_company_id != row.via_company_id {
        concerned.push(row.partner_company_id);
    }
    tx.record(event, &concerned);
    Ok(row)
}

/// What a provider attested counts no longer once its last row with the customer has ended (A8).
async fn void_attestation(tx: &mut Tx, row: &Model) -> Result<()> {
    let rows = tx.any_customer_rows(row.customer_id, row.partner_id).await?;
    let attested = tx.any_attestation(row.customer_id, row.partner_id).await?;
    let attested = attested.filter(|it| it.state == AttestationState::Attested);
    let (Some(seen), false) = (attested, rows.iter().any(Model::is_active)) else {
        return Ok(());
    };
    let state = AttestationState::Void;
    let to = customer_agreement::Model { state, ..seen.clone() };
    tx.put_attestation(Some(&seen), to).await?;
    let (customer, provider) = (customer_name(row.customer_id), partner_name(row.partner_id));
    let what = CustomerAgreementVoided { customer: customer.clone(), provider };
    let event = Event::of(customer, What::CustomerAgreementVoided(what));
    let event = event.changed("state", seen.state.as_str(), state.as_str());
    tx.record_by_time(event, &[row.customer_id, row.partner_company_id]);
    Ok(())
}

/// Each of the other parties is told once, of all that ended for it.
async fn tell_others(tx: &mut Tx, by: CompanyId, ended: &[Model], reason: &str) -> Result<()> {
    let Some(first) = ended.first() else {
        return Ok(());
    };
    let ids: Vec<PartnerId> = ended.iter().map(|it| it.partner_id).chain([first.via_id]).collect();
    let parties = tx.any_parties(&ids).await?;
    let party = |id| parties.get(&id).ok_or_else(Error::not_found);
    let reseller = party(first.via_id)?.name();
    let mut told = vec![by];
    for row in ended {
        let partner = party(row.partner_id)?.name();
        let params = [
            ("customer", row.customer_name.as_str()),
            ("partner", partner),
            ("reseller", reseller),
            ("reason", reason),
        ];
        for company in [row.customer_id, row.via_company_id, row.partner_company_id] {
            if !told.contains(&company) {
                told.push(company);
                tell::admins(tx, company, Template::CustomerRelationshipEnded, &params).await?;
            }
        }
    }
    Ok(())
}
