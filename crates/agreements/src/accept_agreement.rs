//! A global admin signs for its company, which takes part from then on (A2 to A5, U2).

use api::agreements::v1::{AcceptAgreementRequest, AcceptAgreementResponse};
use domain::{
    Call, Error, Language, Reason, Result, Role, UserCaller,
    agreement::Audience,
    consent,
    id::{
        AcceptanceId, UserId, acceptance_name, partner_name, user_name, version_id, version_name,
    },
    mail::Template,
    readiness::{Goal, guard, partner_goal},
    user::State,
};
use event::{AgreementAccepted, Event, PartnerActivated, event::Kind as What};
use store::{
    NewMail, Party, Tx,
    entity::{acceptance, account, partner},
};

use crate::{Service, resource};

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
        let version = tx.any_version(audience, id).await?;
        let roles: Vec<&str> = caller.roles.iter().map(|it| it.as_str()).collect();
        let row = acceptance::Model {
            id: AcceptanceId::mint(tx.now()),
            partner_id: own.id,
            company_id: caller.company,
            version_id: id,
            audience,
            document_sha256: req.document_sha256.clone(),
            signer_id: caller.user,
            signer_session_id: caller.session,
            signer_roles: roles.join(" "),
            signer_auth_time: caller.auth_time,
            signer_amr: caller.amr.clone(),
            consent_text_sha256: consent_hash.clone(),
            download_time: tx.download_time(caller.user, id, &req.document_sha256).await?,
            accept_time: tx.now(),
        };
        // The natural key answers first: what is signed stays signed, in force or not.
        let row = tx.add_acceptance(row).await?;
        let current = tx.any_agreement(audience).await?.effective_version_id;
        let current = current.map(|it| version_name(audience, it)).unwrap_or_default();
        version.state.check_signable(&current)?;
        if tx.any_document(id, &req.document_sha256).await?.is_none() {
            return Err(Error::new(Reason::DocumentHashMismatch));
        }
        let facts = tx.facts_of(&party).await?;
        guard(Goal::SignAgreement, partner_goal(Goal::SignAgreement, &facts, false))?;

        record_acceptance(tx, &row, &consent_hash);
        let (party, new_admin_agents) = activate(tx, &row, party, caller).await?;
        Ok(AcceptAgreementResponse {
            acceptance: Some(resource::acceptance(&row)),
            new_admin_agents,
            active: party.is_active(),
            plan: None,
        })
    };
    service.db.write(call, write).await
}

fn record_acceptance(tx: &mut Tx, row: &acceptance::Model, consent_hash: &[u8]) {
    let what = AgreementAccepted {
        acceptance: acceptance_name(row.id),
        partner: partner_name(row.partner_id),
        version: version_name(row.audience, row.version_id),
        document_sha256: resource::hex(&row.document_sha256),
        consent_text_sha256: resource::hex(consent_hash),
    };
    let event = Event::of(partner_name(row.partner_id), What::AgreementAccepted(what));
    tx.record(event, &[row.company_id]);
}

/// Makes the partner ACTIVE; the first time, its signer and its starter become ADMIN_AGENT, and a
/// mail tells them (U2).
async fn activate(
    tx: &mut Tx,
    row: &acceptance::Model,
    party: Party,
    caller: &UserCaller,
) -> Result<(Party, Vec<String>)> {
    let was_active = party.partner.activate_time.is_some();
    let to = partner::Model {
        accepted_version_id: Some(row.version_id),
        accept_time: Some(tx.now()),
        activate_time: party.partner.activate_time.or(Some(tx.now())),
        ..party.partner.clone()
    };
    let partner = tx.change_partner(&party.partner, to).await?;
    let party = Party { partner, ..party };
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
    if let Some(starter) = starter {
        let starter = tx.account(starter).await?;
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
