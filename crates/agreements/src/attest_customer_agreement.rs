//! A provider states that a customer signed the customer agreement (A8).

use api::agreements::v1::{AttestCustomerAgreementRequest, AttestCustomerAgreementResponse};
use domain::{
    Call, Error, Language, Reason, Result,
    agreement::{AttestationState, sign_date},
    id::{
        CompanyId, CustomerAgreementId, customer_agreement_name, customer_name, last_id,
        partner_name,
    },
    mail::Template,
    readiness::{Goal, attest_customer_agreement as goal, guard},
};
use event::{CustomerAgreementAttested, Event, event::Kind as What};
use store::{
    NewMail, Party, Tx,
    entity::{company, customer_agreement},
};

use crate::{Service, resource};

pub async fn attest_customer_agreement(
    service: &Service,
    call: &Call,
    req: AttestCustomerAgreementRequest,
) -> Result<AttestCustomerAgreementResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let customer: CompanyId = last_id(&req.customer)?;
    let write = async |tx: &mut Tx| {
        let own = tx.partner_of(caller.company).await?.ok_or_else(Error::not_found)?;
        let party = tx.party(own.id).await?;
        let customer = tx.any_company(customer).await?.ok_or_else(Error::not_found)?;
        let dealings = tx.dealings(&customer, &party, None).await?;
        if !dealings.was_providers {
            return Err(Error::not_found());
        }
        let region = customer.region_code.parse().map_err(Error::internal)?;
        let today = tx.facts().calendars.local_date(&region, tx.now());
        let date = sign_date(&req.sign_date, today)?.to_string();

        let seen = tx.any_attestation(customer.id, own.id).await?;
        let to = customer_agreement::Model {
            id: CustomerAgreementId::mint(tx.now()),
            customer_id: customer.id,
            provider_id: own.id,
            provider_company_id: caller.company,
            version: 1,
            state: AttestationState::Attested,
            signer_given_name: req.signer_given_name.clone(),
            signer_family_name: req.signer_family_name.clone(),
            signer_email: req.signer_email.clone(),
            sign_date: date,
            attest_time: tx.now(),
        };
        if let Some(seen) = seen.as_ref().filter(|it| says_the_same(it, &to)) {
            let name = customer_agreement_name(seen.id);
            return Err(Error::new(Reason::CustomerAgreementAlreadyAttested)
                .with("customerAgreement", name));
        }
        guard(Goal::AttestCustomerAgreement, goal(&tx.facts_of(&party).await?, &dealings.part))?;
        let row = tx.put_attestation(seen.as_ref(), to).await?;
        record(tx, seen.as_ref(), &row);
        tell(tx, &party, &customer, &row).await?;
        let customer_agreement = Some(resource::customer_agreement(&row));
        Ok(AttestCustomerAgreementResponse { customer_agreement, plan: None })
    };
    service.db.write(call, write).await
}

fn says_the_same(seen: &customer_agreement::Model, to: &customer_agreement::Model) -> bool {
    let said = |it: &customer_agreement::Model| {
        let person = (it.signer_given_name.clone(), it.signer_family_name.clone());
        (person, it.signer_email.clone(), it.sign_date.clone(), it.state)
    };
    said(seen) == said(to)
}

fn record(tx: &mut Tx, seen: Option<&customer_agreement::Model>, row: &customer_agreement::Model) {
    let name = customer_agreement_name(row.id);
    let what = CustomerAgreementAttested {
        customer_agreement: name.clone(),
        customer: customer_name(row.customer_id),
        provider: partner_name(row.provider_id),
        replaced: seen.is_some(),
    };
    let event = Event::of(name, What::CustomerAgreementAttested(what));
    let personal = [
        ("signer_given_name", row.signer_given_name.as_str()),
        ("signer_family_name", &row.signer_family_name),
        ("signer_email", &row.signer_email),
    ];
    let sides = [row.provider_company_id, row.customer_id];
    let former = seen.map(|it| it.sign_date.as_str()).unwrap_or_default();
    tx.record_personal(event.changed("sign_date", former, &row.sign_date), &sides, &personal);
}

/// The customer's global admins learn what was said of it.
async fn tell(
    tx: &mut Tx,
    provider: &Party,
    customer: &company::Model,
    row: &customer_agreement::Model,
) -> Result<()> {
    let signer = format!("{} {}", row.signer_given_name, row.signer_family_name);
    for it in tx.any_global_admins(customer.id).await? {
        let mail = NewMail {
            template: Template::CustomerAgreementAttested,
            language: Language::of_tag(&it.language_code),
            recipient: &it.email,
            params: &[
                ("name", &it.given_name),
                ("provider", provider.name()),
                ("company", &customer.display_name),
                ("signer", &signer),
                ("sign_date", &row.sign_date),
            ],
            link: None,
        };
        tx.send_to(customer.id, mail).await?;
    }
    Ok(())
}
