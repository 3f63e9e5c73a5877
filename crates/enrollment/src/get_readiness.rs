//! A company asks what is missing and whose turn it is (domain section 7).

use api::{
    Word as _,
    enrollment::v1::{GetReadinessRequest, GetReadinessResponse},
    types::v1 as wire,
};
use domain::{
    Call, Error, Reason, Result,
    id::{CompanyId, CustomerInvitationId, InvitationId, PartnerId, last_id},
    link::Purpose,
    partner::Kind,
    readiness::{
        Goal, PartnerFacts, Requirement, Turn, accept_customer_invitation, accept_provider,
        as_shown_to, attest_customer_agreement, invite_customer, invite_reseller, is_done,
        never_connected, partner_goal, restore_grant,
    },
};
use store::{
    OrderQuestion, Party, View,
    entity::{customer_invitation, invitation},
};

use crate::Service;

pub async fn get_readiness(
    service: &Service,
    call: &Call,
    req: GetReadinessRequest,
) -> Result<GetReadinessResponse> {
    let goal = Goal::of(req.goal().word()).ok_or_else(Error::not_found)?;
    let read = async |view: &View| match goal {
        Goal::SubmitEnrollment
        | Goal::BecomeQualified
        | Goal::SignAgreement
        | Goal::BecomeActive
        | Goal::InviteReseller => partner(view, goal, &req).await,
        Goal::AcceptProvider => provider_invitation(view, &req).await,
        Goal::InviteCustomer => customer_to_invite(view, &req).await,
        Goal::AcceptCustomerInvitation => customer_invitation(view, &req).await,
        Goal::AttestCustomerAgreement => attestation(view, &req).await,
        Goal::PlaceOrder | Goal::ManageExisting => order(view, goal, &req).await,
        Goal::RestoreGrant => power_to_restore(view, &req).await,
    };
    let (already, unmet) = service.db.read(call, read).await?;
    Ok(GetReadinessResponse {
        goal: req.goal,
        satisfied: already || !unmet.iter().any(|it| it.blocking),
        already,
        requirements: unmet.into_iter().map(gate::requirement).collect::<Vec<wire::Requirement>>(),
    })
}

type Answer = (bool, Vec<Requirement>);

/// A subject of the goal; GOAL_SUBJECT_MISSING names the field that lacks.
fn subject<'a>(value: &'a str, field: &'static str) -> Result<&'a str> {
    match value.is_empty() {
        true => Err(Error::new(Reason::GoalSubjectMissing).with("subject", field)),
        false => Ok(value),
    }
}

async fn partner(view: &View, goal: Goal, req: &GetReadinessRequest) -> Result<Answer> {
    let id: PartnerId = last_id(subject(&req.partner, "partner")?)?;
    let (party, is_administered) = match view.party(id).await {
        Ok(party) => (party, false),
        Err(unknown) => (view.administered_party(id).await?.ok_or(unknown)?, true),
    };
    let facts: PartnerFacts = view.facts_of(&party).await?;
    let mut unmet = match goal == Goal::InviteReseller {
        true => invite_reseller(&facts),
        false => partner_goal(goal, &facts, false),
    };
    // To who administers it, the applicant is its reseller (R6).
    for it in unmet.iter_mut().filter(|it| is_administered && it.turn == Turn::Applicant) {
        it.turn = Turn::Reseller;
    }
    Ok((is_done(goal, &facts), unmet))
}

/// The caller's own company's partner; for the platform, the one that the request names.
async fn own_party(view: &View, named: &str, field: &'static str) -> Result<Party> {
    match view.caller().principal().filter(|it| !it.as_platform) {
        Some(own) => {
            let partner = view.partner_of(own.company).await?.ok_or_else(Error::not_found)?;
            view.party(partner.id).await
        }
        None => view.party(last_id(subject(named, field)?)?).await,
    }
}

/// The platform reads all of it, a party its own part (R10).
fn shown(view: &View, party: Turn, unmet: Vec<Requirement>) -> Vec<Requirement> {
    match view.reach() == domain::Reach::Everything {
        true => unmet,
        false => as_shown_to(party, unmet),
    }
}

async fn provider_invitation(view: &View, req: &GetReadinessRequest) -> Result<Answer> {
    let invitation = invitation_at_hand(view, req).await?;
    let reseller = own_party(view, &req.reseller, "reseller").await?;
    let provider = view.any_party(invitation.provider_id).await?.ok_or_else(Error::not_found)?;
    let (provider_id, reseller_id) = (provider.partner.id, reseller.partner.id);
    if view.any_standing_relationship(provider_id, reseller_id).await?.is_some() {
        return Ok((true, Vec::new()));
    }
    let facts = view.acceptance_facts(&invitation, &provider, &reseller).await?;
    Ok((false, shown(view, Turn::Reseller, accept_provider(&facts))))
}

async fn invitation_at_hand(view: &View, req: &GetReadinessRequest) -> Result<invitation::Model> {
    let id = match named(view, &req.invitation, "invitations/") {
        Some(id) => last_id(id)?,
        None => {
            let secret = subject(&req.link_secret, "link_secret")?;
            InvitationId(view.any_live_link(Purpose::Invitation, secret).await?.subject_id)
        }
    };
    view.any_invitation(id).await?.ok_or_else(Error::not_found)
}

/// The invitation's name, where the caller is of the platform and gives one of this kind.
fn named<'a>(view: &View, name: &'a str, kind: &str) -> Option<&'a str> {
    let is_platform = view.reach() == domain::Reach::Everything;
    Some(name).filter(|it| is_platform && it.starts_with(kind))
}

async fn customer_to_invite(view: &View, req: &GetReadinessRequest) -> Result<Answer> {
    let provider: PartnerId = last_id(subject(&req.provider, "provider")?)?;
    let reseller: PartnerId = last_id(subject(&req.reseller, "reseller")?)?;
    let mut parties = view.any_parties(&[provider, reseller]).await?;
    let (provider, reseller) = (parties.remove(&provider), parties.remove(&reseller));
    let (Some(provider), Some(reseller)) = (provider, reseller) else {
        return Ok((false, never_connected()));
    };
    let (channel, were_connected) = view.channel(&provider, &reseller).await?;
    let company = view.caller().principal().map(|it| it.company);
    let (own, turn) = match company {
        it if it == Some(provider.company.id) => (&provider, Turn::Provider),
        it if it == Some(reseller.company.id) => (&reseller, Turn::Reseller),
        _ if view.reach() == domain::Reach::Everything => (&reseller, Turn::Reseller),
        _ => return Ok((false, never_connected())),
    };
    if !were_connected {
        return Ok((false, never_connected()));
    }
    let unmet = invite_customer(&view.facts_of(own).await?, &channel);
    Ok((false, shown(view, turn, unmet)))
}

async fn customer_invitation(view: &View, req: &GetReadinessRequest) -> Result<Answer> {
    let invitation = customer_invitation_at_hand(view, req).await?;
    let customer = match view.caller().principal().filter(|it| !it.as_platform) {
        Some(own) => own.company,
        None => last_id(subject(&req.customer, "customer")?)?,
    };
    let (provider, reseller) = (invitation.provider_id, invitation.reseller_id);
    let trade = view.any_trade(provider, reseller, customer).await?.ok_or_else(Error::not_found)?;
    let already = trade.dealings.part.has_provider && trade.dealings.part.has_reseller;
    let unmet = match already {
        true => Vec::new(),
        false => accept_customer_invitation(&trade.channel, &trade.dealings.part),
    };
    Ok((already, shown(view, Turn::Customer, unmet)))
}

async fn customer_invitation_at_hand(
    view: &View,
    req: &GetReadinessRequest,
) -> Result<customer_invitation::Model> {
    if let Some(name) = named(view, &req.invitation, "customerInvitations/") {
        let found = view.any_customer_invitation(last_id(name)?).await?;
        return found.ok_or_else(Error::not_found);
    }
    let secret = subject(&req.link_secret, "link_secret")?;
    let link = view.any_live_link(Purpose::CustomerInvitation, secret).await?;
    let row = view.any_customer_invitation(CustomerInvitationId(link.subject_id)).await?;
    let row = row.ok_or_else(Error::not_found)?;
    // Its link dies with its relationship, written down yet or not.
    view.any_state_of(&row).await?.check_open()?;
    Ok(row)
}

async fn attestation(view: &View, req: &GetReadinessRequest) -> Result<Answer> {
    let provider = own_party(view, &req.provider, "provider").await?;
    let customer: CompanyId = last_id(subject(&req.customer, "customer")?)?;
    let customer = view.any_company(customer).await?.ok_or_else(Error::not_found)?;
    let dealings = view.dealings(&customer, &provider, None).await?;
    if !dealings.was_providers || provider.partner.kind != Kind::Provider {
        return Err(Error::not_found());
    }
    let facts = view.facts_of(&provider).await?;
    Ok((false, attest_customer_agreement(&facts, &dealings.part)))
}

async fn order(view: &View, goal: Goal, req: &GetReadinessRequest) -> Result<Answer> {
    let provider = last_id(subject(&req.provider, "provider")?)?;
    let reseller = last_id(subject(&req.reseller, "reseller")?)?;
    let customer = last_id(subject(&req.customer, "customer")?)?;
    let question = OrderQuestion { goal, provider, reseller, customer };
    let blockers = view.order_blockers(&[question]).await?;
    Ok((false, blockers.into_iter().flatten().collect()))
}

async fn power_to_restore(view: &View, req: &GetReadinessRequest) -> Result<Answer> {
    let relationship =
        view.relationship(last_id(subject(&req.relationship, "relationship")?)?).await?;
    let reseller = own_party(view, &req.reseller, "reseller").await?;
    if relationship.reseller_id != reseller.partner.id {
        return Err(Error::not_found());
    }
    let provider = view.any_party(relationship.provider_id).await?.ok_or_else(Error::not_found)?;
    let facts = view.facts_of(&reseller).await?;
    let unmet = restore_grant(&facts, provider.is_active(), relationship.bond());
    Ok((false, shown(view, Turn::Reseller, unmet)))
}
