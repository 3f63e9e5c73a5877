//! How partners and customers come together, until the order system gets its yes.

use api::{
    agreements::v1::AttestCustomerAgreementRequest,
    changes::v1::ListAuditEntriesRequest,
    enrollment::v1::StartEnrollmentRequest,
    relationships::v1::{
        AcceptCustomerInvitationRequest, AcceptInvitationRequest, CheckOrderAuthorizationRequest,
        CreateCustomerInvitationRequest, CreateInvitationRequest, GrantType, ListCustomersRequest,
        ListRelationshipsRequest, OrderOperation, PreviewCustomerInvitationRequest,
        PreviewInvitationRequest, RevokeGrantRequest,
    },
};

use super::{
    Failure, Stage,
    client::{Client, yes},
    enrolling::{Partner, expect},
};
use crate::say;

/// The provider invites, a stranger tries, the reseller accepts.
pub async fn connect(stage: &Stage, provider: &Partner, reseller: &Partner) -> Result<(), Failure> {
    say("\nThe provider is authorised by the reseller");
    let email = stage.cast.reseller.contact.email.clone();
    let invite = CreateInvitationRequest {
        email: email.clone(),
        company_name: stage.cast.reseller.legal_name.clone(),
        language_code: stage.cast.reseller.contact.language_code.clone(),
        message: "We met in Barcelona.".to_owned(),
        ..CreateInvitationRequest::default()
    };
    provider.client.relationships().create_invitation(invite).await?;
    provider.client.says("CreateInvitation", format!("to {email}, PENDING"));
    let link_secret = stage.secret_of(&email, "accept-invitation").await?;
    let preview = PreviewInvitationRequest { link_secret: link_secret.clone() };
    let shown = reseller.client.relationships().preview_invitation(preview).await?.into_inner();
    let who = shown.provider.ok_or("a provider")?.legal_name;
    let powers: Vec<&str> = shown
        .grants
        .iter()
        .filter_map(|it| GrantType::try_from(*it).ok())
        .map(|it| it.as_str_name())
        .collect();
    reseller.client.says("PreviewInvitation", format!("{who} asks for {}", powers.join(", ")));
    let accept = AcceptInvitationRequest {
        link_secret,
        consent: yes(shown.consent_statement),
        ..AcceptInvitationRequest::default()
    };

    let stranger = Client::of_company("stranger", &stage.address, &stage.cast.stranger).await?;
    stranger.enrollment().start_enrollment(StartEnrollmentRequest::default()).await?;
    let answer = stranger.relationships().accept_invitation(accept.clone()).await;
    stranger.waits_for("AcceptInvitation", answer, &["invitation.addressee"])?;
    reseller.client.relationships().accept_invitation(accept.clone()).await?;
    reseller.client.says("AcceptInvitation", "ACTIVE, two grants");
    let again = reseller.client.relationships().accept_invitation(accept).await;
    reseller.client.is_refused("AcceptInvitation", again, "LINK_USED")?;
    for side in [provider, reseller] {
        let list = ListRelationshipsRequest::default();
        let found = side.client.relationships().list_relationships(list).await?.into_inner();
        expect(found.relationships.len() == 1, "one relationship on each side")?;
        side.client.says("ListRelationships", "one");
    }
    Ok(())
}

/// The customer accepts both, the provider attests, the order system asks at every step.
pub async fn order(stage: &Stage, provider: &Partner, reseller: &Partner) -> Result<(), Failure> {
    say("\nThe customer accepts both, and the order goes through");
    let customer = Client::of_company("customer", &stage.address, &stage.cast.customer).await?;
    let question = CheckOrderAuthorizationRequest {
        provider: provider.name.clone(),
        reseller: reseller.name.clone(),
        customer: customer.company.replace("companies/", "customers/"),
        operation: OrderOperation::NewPurchase.into(),
        as_of: None,
    };
    let rows =
        ["customer.reseller-authorised", "customer.provider-authorised", "customer.agreement"];
    check(stage, &question, &rows).await?;

    let accept = invite_customer(stage, provider, reseller).await?;
    let abroad = Client::of_company("buyer abroad", &stage.address, &stage.cast.buyer_abroad);
    let abroad = abroad.await?;
    let answer = abroad.relationships().accept_customer_invitation(accept.clone()).await;
    abroad.waits_for("AcceptCustomerInvitation", answer, &["customer.market"])?;
    customer.relationships().accept_customer_invitation(accept.clone()).await?;
    customer.says("AcceptCustomerInvitation", "authorised reseller and provider");
    let again = customer.relationships().accept_customer_invitation(accept).await;
    customer.is_refused("AcceptCustomerInvitation", again, "LINK_USED")?;
    for side in [provider, reseller] {
        let list = ListCustomersRequest::default();
        let found = side.client.relationships().list_customers(list).await?.into_inner();
        expect(found.customers.len() == 1, "one customer on each side")?;
        side.client.says("ListCustomers", &found.customers.first().ok_or("one")?.display_name);
    }
    check(stage, &question, &["customer.agreement"]).await?;
    attest(stage, provider, &question.customer).await?;
    check(stage, &question, &[]).await?;

    revoke(reseller, GrantType::DelegatedAdmin).await?;
    check(stage, &question, &[]).await?;
    revoke(reseller, GrantType::OrderOnBehalf).await?;
    check(stage, &question, &["grant.order-on-behalf"]).await
}

async fn invite_customer(
    stage: &Stage,
    provider: &Partner,
    reseller: &Partner,
) -> Result<AcceptCustomerInvitationRequest, Failure> {
    let company = &stage.cast.customer;
    let invite = CreateCustomerInvitationRequest {
        provider: provider.name.clone(),
        email: company.person.email.clone(),
        company_name: company.display_name.clone(),
        language_code: company.person.language_code.clone(),
        ..CreateCustomerInvitationRequest::default()
    };
    reseller.client.relationships().create_customer_invitation(invite).await?;
    reseller.client.says("CreateCustomerInvitation", format!("to {}", company.person.email));
    let link_secret = stage.secret_of(&company.person.email, "accept-customer-invitation").await?;
    let anybody = Client::connect("customer", &stage.address).await?;
    let preview = PreviewCustomerInvitationRequest { link_secret: link_secret.clone() };
    let shown = anybody.relationships().preview_customer_invitation(preview).await?.into_inner();
    let name =
        |it: Option<api::relationships::v1::Party>| it.map(|it| it.legal_name).unwrap_or_default();
    let who = format!("{} through {}", name(shown.reseller), name(shown.provider));
    anybody.says("PreviewCustomerInvitation", who);
    Ok(AcceptCustomerInvitationRequest {
        link_secret,
        consent: yes(shown.consent_statement),
        ..AcceptCustomerInvitationRequest::default()
    })
}

async fn attest(stage: &Stage, provider: &Partner, customer: &str) -> Result<(), Failure> {
    let person = &stage.cast.customer.person;
    let attest = AttestCustomerAgreementRequest {
        customer: customer.to_owned(),
        signer_given_name: person.given_name.clone(),
        signer_family_name: person.family_name.clone(),
        signer_email: person.email.clone(),
        sign_date: "2026-01-15".to_owned(),
        ..AttestCustomerAgreementRequest::default()
    };
    provider.client.agreements().attest_customer_agreement(attest).await?;
    provider.client.says("AttestCustomerAgreement", format!("for {customer}"));
    Ok(())
}

async fn revoke(reseller: &Partner, grant: GrantType) -> Result<(), Failure> {
    let list = ListRelationshipsRequest::default();
    let found = reseller.client.relationships().list_relationships(list).await?.into_inner();
    let revoke = RevokeGrantRequest {
        name: found.relationships.first().ok_or("one")?.name.clone(),
        grant_type: grant.into(),
        reason: "not needed".to_owned(),
        ..RevokeGrantRequest::default()
    };
    reseller.client.relationships().revoke_grant(revoke).await?;
    reseller.client.says("RevokeGrant", grant.as_str_name());
    Ok(())
}

/// Insists that exactly these requirements block the order.
async fn check(
    stage: &Stage,
    question: &CheckOrderAuthorizationRequest,
    wanted: &[&str],
) -> Result<(), Failure> {
    let mut client = stage.order_system.relationships();
    let answer = client.check_order_authorization(question.clone()).await?.into_inner();
    let found: Vec<&str> = answer.blockers.iter().map(|it| it.id.as_str()).collect();
    let words = match answer.authorized {
        true => "YES, this order may be placed".to_owned(),
        false => format!("no, it waits for {}", found.join(", ")),
    };
    stage.order_system.says("CheckOrderAuthorization", words);
    match found == wanted {
        true => Ok(()),
        false => Err(format!("expected {}", wanted.join(", ")).into()),
    }
}

/// What happened can be read by those whom it concerns.
pub async fn remember(reseller: &Partner) -> Result<(), Failure> {
    say("\nWhat happened stays");
    let parent = reseller.client.company.clone();
    let list = ListAuditEntriesRequest { parent, ..ListAuditEntriesRequest::default() };
    let found = reseller.client.changes().list_audit_entries(list).await?.into_inner();
    let n = found.audit_entries.len();
    expect(n > 20, "more than 20 entries")?;
    reseller.client.says("ListAuditEntries", format!("{n} entries, each with who, when and how"));
    Ok(())
}
