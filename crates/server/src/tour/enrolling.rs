//! How a company becomes a partner: profile, contact, review, PartnerID, signature.

use api::{
    agreements::v1::{
        AcceptAgreementRequest, DownloadAgreementDocumentRequest, GetAgreementRequest,
    },
    enrollment::v1::{
        AddLocationRequest, AppointProviderRequest, AssociatePartnerIdRequest, CheckDecision,
        CheckKind, ConfirmContactRequest, DecideCheckRequest, EnrollmentState, GetReadinessRequest,
        LegalProfile, PreviewContactConfirmationRequest, PrimaryContact, StartEnrollmentRequest,
        SubmitEnrollmentRequest, SupportProfile, UpdateLegalProfileRequest,
        UpdatePrimaryContactRequest, UpdateSupportProfileRequest,
    },
    types::v1::{Goal, Statement},
};

use super::{
    Failure, Stage,
    cast::Firm,
    client::{Client, yes},
};
use crate::say;

/// A company on its way to become, or being, a partner.
pub struct Partner {
    pub client: Client,
    /// `partners/{partner}`.
    pub name: String,
    pub number: String,
    agreement: &'static str,
    firm: Firm,
    authority: Option<Statement>,
}

/// An operator appoints a company, which then enrols like a reseller.
pub async fn provider(stage: &Stage) -> Result<Partner, Failure> {
    let firm = stage.cast.provider.clone();
    say(format!("\n{} becomes an indirect provider", firm.legal_name));
    let client = Client::of_company("provider", &stage.address, &firm.company).await?;
    let appoint = AppointProviderRequest {
        company: client.company.clone(),
        reason: "distributor of the programme".to_owned(),
        ..AppointProviderRequest::default()
    };
    stage.operator.enrollment().appoint_provider(appoint).await?;
    stage.operator.says("AppointProvider", &client.company);
    let mut partner = Partner::start(client, firm, "provider").await?;
    partner.fill_in().await?;
    partner.submit().await?;
    partner.confirm(stage).await?;
    partner.pass(stage).await?;
    let number = partner.add_location().await?;
    partner.tie(number).await?;
    partner.sign().await?;
    Ok(partner)
}

/// A reseller walks the same way, and runs into what one runs into.
pub async fn reseller(stage: &Stage, other: &Partner) -> Result<Partner, Failure> {
    let firm = stage.cast.reseller.clone();
    say(format!("\n{} becomes an indirect reseller", firm.legal_name));
    let client = Client::of_company("reseller", &stage.address, &firm.company).await?;
    let mut partner = Partner::start(client, firm, "reseller").await?;
    partner
        .misses(
            Goal::SubmitEnrollment,
            &[
                "profile.legal-name",
                "profile.address",
                "profile.support",
                "contact.named",
                "contact.email-allowed",
                "applicant.authority",
            ],
        )
        .await?;
    partner.tries_web_mail().await?;
    partner.fill_in().await?;
    partner.misses(Goal::SubmitEnrollment, &["applicant.authority"]).await?;
    partner.submit().await?;
    let (contact, confirmation) = partner.confirm(stage).await?;
    let again = contact.enrollment().confirm_contact(confirmation).await;
    contact.is_refused("ConfirmContact", again, "LINK_USED")?;
    let missing = ["check.employment", "check.business"];
    partner.misses(Goal::BecomeQualified, &missing).await?;
    partner.pass(stage).await?;

    let too_early = partner.signature().await?;
    let answer = partner.client.agreements().accept_agreement(too_early).await;
    let missing = ["partner-id.associated", "partner-id.active"];
    partner.client.waits_for("AcceptAgreement", answer, &missing)?;
    let answer = partner.associate(&other.number).await;
    partner.client.is_refused("AssociatePartnerId", answer, "RESOURCE_NOT_FOUND")?;
    let number = partner.add_location().await?;
    partner.tie(number).await?;
    partner.sign().await?;
    partner.misses(Goal::BecomeActive, &[]).await?;
    Ok(partner)
}

impl Partner {
    async fn start(client: Client, firm: Firm, agreement: &'static str) -> Result<Self, Failure> {
        let started =
            client.enrollment().start_enrollment(StartEnrollmentRequest::default()).await?;
        let started = started.into_inner();
        let name = started.partner.ok_or("a partner")?.name;
        client.says("StartEnrollment", format!("{name}, a DRAFT"));
        let authority = started.enrollment.and_then(|it| it.authority_statement);
        Ok(Self { client, name, number: String::new(), agreement, firm, authority })
    }

    fn enrollment(&self) -> String {
        format!("{}/enrollment", self.name)
    }

    fn contact(&self, email: &str) -> UpdatePrimaryContactRequest {
        let contact = &self.firm.contact;
        let primary_contact = Some(PrimaryContact {
            given_name: contact.given_name.clone(),
            family_name: contact.family_name.clone(),
            email: email.to_owned(),
            phone: contact.phone.clone(),
            language_code: contact.language_code.clone(),
        });
        let name = self.enrollment();
        UpdatePrimaryContactRequest { name, primary_contact, ..Default::default() }
    }

    async fn tries_web_mail(&self) -> Result<(), Failure> {
        let (_, domain) = self.firm.contact.email.split_once('@').ok_or("an address")?;
        for (email, reason) in [
            ("somebody@gmail.com".to_owned(), "EMAIL_DOMAIN_NOT_ALLOWED"),
            (format!("info@{domain}"), "ROLE_MAILBOX_NOT_ALLOWED"),
        ] {
            let request = self.contact(&email);
            let answer = self.client.enrollment().update_primary_contact(request).await;
            self.client.is_refused("UpdatePrimaryContact", answer, reason)?;
        }
        Ok(())
    }

    async fn fill_in(&mut self) -> Result<(), Failure> {
        let legal_profile = Some(LegalProfile {
            legal_name: self.firm.legal_name.clone(),
            address: Some(self.firm.company.address.on_wire()),
            ..LegalProfile::default()
        });
        let name = self.enrollment();
        let update = UpdateLegalProfileRequest { name, legal_profile, ..Default::default() };
        self.client.enrollment().update_legal_profile(update).await?;
        let lines = self.firm.company.address.address_lines.join(", ");
        self.client.says("UpdateLegalProfile", format!("{}, {lines}", self.firm.legal_name));

        let contact = self.contact(&self.firm.contact.email);
        self.client.enrollment().update_primary_contact(contact).await?;
        self.client.says("UpdatePrimaryContact", &self.firm.contact.email);
        let support_profile = Some(SupportProfile {
            email: self.firm.support.email.clone(),
            phone: self.firm.support.phone.clone(),
            website_uri: String::new(),
        });
        let name = self.enrollment();
        let update = UpdateSupportProfileRequest { name, support_profile, ..Default::default() };
        self.client.enrollment().update_support_profile(update).await?;
        self.client.says("UpdateSupportProfile", &self.firm.support.email);
        Ok(())
    }

    async fn submit(&self) -> Result<(), Failure> {
        let statement = self.authority.clone().ok_or("a statement")?;
        let submit = SubmitEnrollmentRequest {
            name: self.enrollment(),
            authority_confirmed: true,
            authority_text_sha256: statement.text_sha256,
            ..SubmitEnrollmentRequest::default()
        };
        let answer = self.client.enrollment().submit_enrollment(submit).await?.into_inner();
        let state = answer.enrollment.ok_or("an enrolment")?.state();
        expect(state == EnrollmentState::Submitted, "SUBMITTED")?;
        self.client.says("SubmitEnrollment", "SUBMITTED, the contact is asked by mail");
        Ok(())
    }

    /// The contact, who has no account, takes the link from its mail and makes both statements.
    async fn confirm(&self, stage: &Stage) -> Result<(Client, ConfirmContactRequest), Failure> {
        let contact = Client::connect("contact", &stage.address).await?;
        let link_secret = stage.secret_of(&self.firm.contact.email, "confirm-contact").await?;
        let preview = PreviewContactConfirmationRequest { link_secret: link_secret.clone() };
        let shown = contact.enrollment().preview_contact_confirmation(preview).await?.into_inner();
        let who = format!("{} asks for {}", shown.applicant_name, shown.legal_name);
        contact.says("PreviewContactConfirmation", who);
        let confirm = ConfirmContactRequest {
            link_secret,
            registration_known: yes(shown.registration_statement),
            address_owned: yes(shown.address_statement),
            ..ConfirmContactRequest::default()
        };
        let answer = contact.enrollment().confirm_contact(confirm.clone()).await?.into_inner();
        expect(answer.state() == EnrollmentState::InReview, "IN_REVIEW")?;
        contact.says("ConfirmContact", "both statements made, IN_REVIEW");
        Ok((contact, confirm))
    }

    async fn pass(&self, stage: &Stage) -> Result<(), Failure> {
        let mut state = EnrollmentState::Unspecified;
        for kind in [CheckKind::Employment, CheckKind::Business] {
            let decide = DecideCheckRequest {
                name: self.enrollment(),
                kind: kind.into(),
                decision: CheckDecision::Pass.into(),
                ..DecideCheckRequest::default()
            };
            let answer = stage.reviewer.enrollment().decide_check(decide).await?.into_inner();
            state = answer.enrollment.ok_or("an enrolment")?.state();
            stage.reviewer.says("DecideCheck", format!("{} passed", kind.as_str_name()));
        }
        expect(state == EnrollmentState::Approved, "APPROVED")
    }

    async fn add_location(&self) -> Result<String, Failure> {
        let add = AddLocationRequest {
            display_name: "Head office".to_owned(),
            address: Some(self.firm.company.address.on_wire()),
            ..AddLocationRequest::default()
        };
        let answer = self.client.enrollment().add_location(add).await?.into_inner();
        let location = answer.location.ok_or("a location")?;
        self.client.says("AddLocation", format!("PartnerID {}", location.partner_id));
        Ok(location.partner_id)
    }

    async fn associate(
        &self,
        number: &str,
    ) -> Result<tonic::Response<api::enrollment::v1::AssociatePartnerIdResponse>, tonic::Status>
    {
        let (name, partner_id) = (self.enrollment(), number.to_owned());
        let request = AssociatePartnerIdRequest { name, partner_id, ..Default::default() };
        self.client.enrollment().associate_partner_id(request).await
    }

    async fn tie(&mut self, number: String) -> Result<(), Failure> {
        self.associate(&number).await?;
        self.client.says("AssociatePartnerId", format!("{number} is tied"));
        self.number = number;
        Ok(())
    }

    /// What signs the agreement, after it was read and downloaded.
    async fn signature(&self) -> Result<AcceptAgreementRequest, Failure> {
        let ask = GetAgreementRequest { name: format!("agreements/{}", self.agreement) };
        let found = self.client.agreements().get_agreement(ask).await?.into_inner();
        let agreement = found.agreement.ok_or("an agreement")?;
        let version = agreement.versions.first().ok_or("a version in force")?;
        let document = version.documents.first().ok_or("a document")?;
        let download = DownloadAgreementDocumentRequest {
            name: version.name.clone(),
            document_sha256: document.content_sha256.clone(),
        };
        let stream = self.client.agreements().download_agreement_document(download).await?;
        let mut stream = stream.into_inner();
        let mut n_bytes = 0;
        while let Some(message) = stream.message().await? {
            n_bytes += message.chunk.len();
        }
        let what = format!("{} of {n_bytes} bytes", document.media_type);
        self.client.says("DownloadAgreementDocument", what);
        Ok(AcceptAgreementRequest {
            name: version.name.clone(),
            document_sha256: document.content_sha256.clone(),
            consent: yes(agreement.consent_statement),
            ..AcceptAgreementRequest::default()
        })
    }

    async fn sign(&self) -> Result<(), Failure> {
        let signature = self.signature().await?;
        let answer = self.client.agreements().accept_agreement(signature).await?.into_inner();
        expect(answer.active && answer.new_admin_agents.len() == 1, "ACTIVE, one admin agent")?;
        self.client.says("AcceptAgreement", "signed, ACTIVE; the signer is ADMIN_AGENT now");
        Ok(())
    }

    /// Insists that exactly these requirements stand before a goal.
    pub async fn misses(&self, goal: Goal, wanted: &[&str]) -> Result<(), Failure> {
        let (goal, partner) = (goal.into(), self.name.clone());
        let ask = GetReadinessRequest { goal, partner, ..GetReadinessRequest::default() };
        let answer = self.client.enrollment().get_readiness(ask).await?.into_inner();
        let found: Vec<&str> = answer.requirements.iter().map(|it| it.id.as_str()).collect();
        let words =
            if found.is_empty() { "nothing is missing".to_owned() } else { found.join(", ") };
        self.client.says("GetReadiness", words);
        match found == wanted {
            true => Ok(()),
            false => Err(format!("expected {}", wanted.join(", ")).into()),
        }
    }
}

pub fn expect(holds: bool, what: &str) -> Result<(), Failure> {
    match holds {
        true => Ok(()),
        false => Err(format!("expected: {what}").into()),
    }
}
