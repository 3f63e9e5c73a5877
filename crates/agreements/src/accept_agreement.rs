//! A global admin signs for its company, which takes part from then on (A2 to A5, U2).

use api::agreements::v1::{AcceptAgreementRequest, AcceptAgreementResponse};
use domain::{
    Call, Error, Language, Result, Role, UserCaller,
    agreement::Audience,
    consent,
    course::Standing,
    id::{UserId, VersionId, acceptance_name, partner_name, user_name, version_id, version_name},
    mail::Template,
    partner::Standing as Programme,
    readiness::{Goal, guard, partner_goal},
    user::State,
};
use event::{AgreementAccepted, Event, PartnerActivated, event::Kind as What};
use store::{
    NewMail, Party, Tx,
    entity::{acceptance, account, partner},
};

use crate::{
    Service, resource,
    signing::{Signature, accept},
};

pub async fn accept_agreement(
    service: &Service,
    call: &Call,
    req: AcceptAgreementRequest,
) -> Result<AcceptAgreementResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let (audience, id) = version_id(&req.name)?;
    gate::check_consent(consent::AGREEMENT, req.consent.as_ref())?;
    let consent_hash = req.consent.as_ref().map(|it| it.text_sha256.clone()).unwrap_or_default();

    let write = async |tx: &mut Tx| {
        let own = tx.partner_of(caller.company).await?.ok_or_else(Error::not_found)?;
        let party = tx.party(own.id).await?;
        if Audience::of_partner(own.kind) != audience {
            return Err(Error::not_found());
        }
        let signature = Signature {
            audience,
            version: id,
            document_sha256: &req.document_sha256,
            consent_text_sha256: &consent_hash,
        };
        let company = party.company.clone();
        let (row, course) = accept(tx, call, caller, &signature, (&company, Some(&party))).await?;
        let facts = tx.facts_of(&party).await?;
        guard(Goal::SignAgreement, partner_goal(Goal::SignAgreement, &facts, false))?;

        // What lapsed unwritten is written down before it is over.
        let party = Party { partner: tx.lapse(&party).await?, ..party };
        record_acceptance(tx, &row, &party, &consent_hash);
        let (party, new_admin_agents) =
            activate(tx, row.version_id, course.place, party, caller).await?;
        Ok(AcceptAgreementResponse {
            acceptance: Some(resource::acceptance(&row)),
            new_admin_agents,
            active: party.is_active(),
            plan: None,
        })
    };
    service.db.write(call, write).await
}

fn record_acceptance(tx: &mut Tx, row: &acceptance::Model, party: &Party, consent_hash: &[u8]) {
    let partner = party.partner.id;
    let what = AgreementAccepted {
        acceptance: acceptance_name(row.id),
        partner: partner_name(partner),
        version: version_name(row.audience, row.version_id),
        document_sha256: resource::hex(&row.document_sha256),
        consent_text_sha256: resource::hex(consent_hash),
    };
    let event = Event::of(partner_name(partner), What::AgreementAccepted(what));
    let before = party.agreement.stand.standing.as_str();
    let mut event = event.changed("agreement_standing", before, Standing::Accepted.as_str());
    // The first time, becoming ACTIVE is an event of its own.
    if party.partner.activate_time.is_some() {
        let before = party.standing();
        let after = Programme { has_accepted: true, ..before };
        let (before, after) = (before.status().as_str(), after.status().as_str());
        event = event.changed("programme_status", before, after);
    }
    tx.record(event, &[row.company_id]);
}

/// Makes the partner ACTIVE; the first time, its signer and its starter become ADMIN_AGENT, and a
/// mail tells them (U2).
async fn activate(
    tx: &mut Tx,
    version: VersionId,
    place: i64,
    party: Party,
    caller: &UserCaller,
) -> Result<(Party, Vec<String>)> {
    let was_active = party.partner.activate_time.is_some();
    let to = partner::Model {
        accepted_version_id: Some(version),
        accepted_place: place,
        accept_time: Some(tx.now()),
        lapsed: false,
        declined_version_id: None,
        decline_time: None,
        activate_time: party.partner.activate_time.or(Some(tx.now())),
        ..party.partner.clone()
    };
    let partner = tx.change_partner(&party.partner, to).await?;
    let agreement = tx.agreement_of(&partner).await?;
    let party = Party { partner, agreement, ..party };
    if was_active {
        return Ok((party, Vec::new()));
    }
    let mut new = Vec::new();
    for account in signer_and_starter(tx, &party, caller.user).await? {
        if !tx.roles(account.id).await?.contains(&Role::AdminAgent) {
            tx.add_role(&account, Role::AdminAgent).await?;
            new.push(account);
        }
    }
    let names: Vec<String> = new.iter().map(|it| user_name(it.company_id, it.id)).collect();
    let what = PartnerActivated {
        partner: partner_name(party.partner.id),
        new_admin_agents: names.clone(),
    };
    let event = Event::of(partner_name(party.partner.id), What::PartnerActivated(what));
    tx.record(event.changed("programme_status", "QUALIFIED", "ACTIVE"), &[party.company.id]);
    let signer = tx.account(caller.user).await?;
    for it in &new {
        tell(tx, &party, &signer, it).await?;
    }
    Ok((party, names))
}

/// The signer, and who started the enrolment if still an active global admin.
async fn signer_and_starter(tx: &Tx, party: &Party, signer: UserId) -> Result<Vec<account::Model>> {
    let mut people = vec![tx.account(signer).await?];
    let starter = party.enrollment.as_ref().map(|it| it.starter_id).filter(|it| *it != signer);
    let starter = match starter {
        None => None,
        // Whoever is gone for good is out of reach (M9): nobody to make anything of.
        Some(starter) => tx.any_account(starter).await?.filter(|it| !it.is_gone),
    };
    if let Some(starter) = starter {
        let is_admin = tx.roles(starter.id).await?.contains(&Role::GlobalAdmin);
        if is_admin && starter.state == State::Active {
            people.push(starter);
        }
    }
    Ok(people)
}

async fn tell(
    tx: &mut Tx,
    party: &Party,
    signer: &account::Model,
    to: &account::Model,
) -> Result<()> {
    let signer = format!("{} {}", signer.given_name, signer.family_name);
    let mail = NewMail {
        template: Template::PartnerActive,
        language: Language::of_tag(&to.language_code),
        recipient: &to.email,
        params: &[("name", &to.given_name), ("company", party.name()), ("signer", &signer)],
        link: None,
    };
    tx.send(mail).await
}
