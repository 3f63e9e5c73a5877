//! Companies of every stage, made through the API by their own people.

use api::{
    agreements::v1::{
        AcceptAgreementRequest, AgreementVersion, GetAgreementRequest,
        PublishAgreementVersionRequest,
    },
    enrollment::v1::{
        AddLocationRequest, AppointProviderRequest, AssociatePartnerIdRequest, CheckDecision,
        CheckKind, CheckReason, ConfirmContactRequest, DecideCheckRequest, EvidenceType,
        LegalProfile, PrimaryContact, RegistrationId, SubmitEnrollmentRequest, SupportProfile,
        UpdateLegalProfileRequest, UpdatePrimaryContactRequest, UpdateSupportProfileRequest,
    },
    relationships::v1::{
        AcceptCustomerInvitationRequest, AcceptInvitationRequest, CreateCustomerInvitationRequest,
        CreateInvitationRequest, Customer, EndRelationshipRequest, Relationship,
    },
    types::v1::{Consent, PostalAddress},
};
use domain::{Language, Role, consent};

use crate::{Persona, World};

/// People of the platform, one per role.
#[derive(Clone, Debug)]
pub struct Staff {
    pub operator: Persona,
    pub reviewer: Persona,
    pub publisher: Persona,
    pub order_system: Persona,
}

/// A partner's company.
#[derive(Clone, Debug)]
pub struct Firm {
    /// Its first person, a GLOBAL_ADMIN.
    pub anna: Persona,
    /// `partners/{partner}`.
    pub partner: String,
    /// `partners/{partner}/enrollment`.
    pub enrollment: String,
    /// Mail domain of its contact.
    pub domain: String,
    pub region_code: String,
    /// The PartnerID that is tied; empty before.
    pub number: String,
}

/// How far a partner has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A complete DRAFT.
    Draft,
    Submitted,
    InReview,
    Approved,
    /// Approved, and tied to a PartnerID.
    Tied,
    Active,
}

impl Firm {
    pub fn contact(&self) -> String {
        format!("jordi.puig@{}", self.domain)
    }

    /// The mailbox of its first person.
    pub fn anna_mail(&self) -> String {
        format!("anna@{}", self.domain)
    }
}

/// A yes to a statement's Spanish text.
pub fn yes(statement: consent::Statement) -> Option<Consent> {
    let text_sha256 = statement.sha256(Language::Spanish);
    Some(Consent { given: true, text_sha256 })
}

/// A street address that is good in its country.
pub fn address_in(region_code: &str) -> PostalAddress {
    let (postal_code, area, city, street) = match region_code {
        "ES" => ("08018", "Barcelona", "Barcelona", "Avinguda Diagonal 211"),
        "MX" => ("44160", "Jal.", "Guadalajara", "Av. Vallarta 1300"),
        "US" => ("98052", "WA", "Redmond", "15010 NE 36th Street"),
        "DE" => ("10117", "", "Berlin", "Unter den Linden 77"),
        "CH" => ("3011", "", "Bern", "Bundesplatz 3"),
        "AT" => ("1020", "", "Wien", "Praterstraße 1"),
        "PL" => ("00-950", "", "Warszawa", "Nowy Świat 6"),
        "CZ" => ("110 00", "", "Praha", "Na Příkopě 14"),
        "PT" => ("1250-096", "", "Lisboa", "Avenida da Liberdade 110"),
        "TR" => ("34394", "İstanbul", "Şişli", "Büyükdere Cad. 100"),
        other => panic!("no address in {other}"),
    };
    PostalAddress {
        region_code: region_code.to_owned(),
        postal_code: postal_code.to_owned(),
        administrative_area: area.to_owned(),
        locality: city.to_owned(),
        dependent_locality: String::new(),
        address_lines: vec![street.to_owned()],
    }
}

impl World {
    /// People of the platform, with every agreement published: made once a world.
    pub async fn staff(&self) -> &Staff {
        self.staff
            .get_or_init(async || {
                let staff = Staff {
                    operator: self.platform(&[Role::Operator]).await,
                    reviewer: self.platform(&[Role::Reviewer]).await,
                    publisher: self.platform(&[Role::AgreementPublisher]).await,
                    order_system: self.platform(&[Role::InternalService]).await,
                };
                for agreement in ["reseller", "provider", "customer"] {
                    self.publish(&staff.publisher, agreement).await;
                }
                staff
            })
            .await
    }

    /// Publishes the specimen of an agreement.
    pub async fn publish(&self, publisher: &Persona, agreement: &str) {
        let ask = GetAgreementRequest { name: format!("agreements/{agreement}") };
        let found = self.agreements().get_agreement(publisher.asks(ask)).await.unwrap();
        let name = found.into_inner().agreement.unwrap().versions.remove(0).name;
        let publish = PublishAgreementVersionRequest { name, ..Default::default() };
        self.agreements().publish_agreement_version(publisher.asks(publish)).await.unwrap();
    }

    pub async fn reseller(&self, stem: &str, region_code: &str, stage: Stage) -> Firm {
        self.firm(stem, region_code, false, stage).await
    }

    pub async fn provider(&self, stem: &str, region_code: &str, stage: Stage) -> Firm {
        self.firm(stem, region_code, true, stage).await
    }

    async fn firm(&self, stem: &str, region_code: &str, appointed: bool, stage: Stage) -> Firm {
        let staff = self.staff().await;
        let anna = self.company(stem, region_code).await;
        if appointed {
            let company = anna.company.clone();
            let (reason, rest) = ("distributor".to_owned(), AppointProviderRequest::default());
            let asked = staff.operator.asks(AppointProviderRequest { company, reason, ..rest });
            self.enrollment().appoint_provider(asked).await.unwrap();
        }
        let started = self.start(&anna).await;
        let label = anna.sign_in_name.split(['@', '.']).nth(1).unwrap().to_owned();
        let mut firm = Firm {
            partner: started.partner.unwrap().name,
            enrollment: started.enrollment.unwrap().name,
            domain: format!("{label}.example"),
            region_code: region_code.to_owned(),
            number: String::new(),
            anna,
        };
        self.fill_in(&firm).await;
        if stage >= Stage::Submitted {
            self.submit(&firm).await;
        }
        if stage >= Stage::InReview {
            self.confirm(&firm).await;
        }
        if stage >= Stage::Approved {
            self.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
            self.decide(&firm, CheckKind::Business, CheckDecision::Pass).await;
        }
        if stage >= Stage::Tied {
            firm.number = self.tie(&firm).await;
        }
        if stage >= Stage::Active {
            self.sign(&firm).await;
            // The signer is an admin agent now; its session goes on.
        }
        firm
    }

    /// Gives everything that a submission needs.
    pub async fn fill_in(&self, firm: &Firm) {
        let name = firm.enrollment.clone();
        let registration_id = self.registration_id(&firm.region_code);
        let legal_profile = Some(LegalProfile {
            legal_name: format!("{} S.L.", firm.domain),
            address: Some(address_in(&firm.region_code)),
            registration_id,
            ..LegalProfile::default()
        });
        let rest = UpdateLegalProfileRequest::default();
        let update = UpdateLegalProfileRequest { name: name.clone(), legal_profile, ..rest };
        self.enrollment().update_legal_profile(firm.anna.asks(update)).await.unwrap();
        let primary_contact = Some(PrimaryContact {
            given_name: "Jordi".to_owned(),
            family_name: "Puig".to_owned(),
            email: firm.contact(),
            phone: "+34931234567".to_owned(),
            language_code: "es".to_owned(),
        });
        let rest = UpdatePrimaryContactRequest::default();
        let update = UpdatePrimaryContactRequest { name: name.clone(), primary_contact, ..rest };
        self.enrollment().update_primary_contact(firm.anna.asks(update)).await.unwrap();
        let support_profile = Some(SupportProfile {
            email: format!("soporte@{}", firm.domain),
            phone: "+34931234568".to_owned(),
            website_uri: String::new(),
        });
        let rest = UpdateSupportProfileRequest::default();
        let update = UpdateSupportProfileRequest { name, support_profile, ..rest };
        self.enrollment().update_support_profile(firm.anna.asks(update)).await.unwrap();
    }

    /// One of a type that the country demands, where it demands any.
    fn registration_id(&self, region_code: &str) -> Option<RegistrationId> {
        let region = region_code.parse().unwrap();
        let ids = &self.app.db.facts().registration_ids;
        let first = ids.types(&region).first().filter(|_| ids.required(&region));
        first.map(|it| RegistrationId { r#type: it.clone(), value: "1234567890".to_owned() })
    }

    pub async fn submit(&self, firm: &Firm) {
        self.enrollment().submit_enrollment(firm.anna.asks(submission(firm))).await.unwrap();
    }

    /// The contact takes the link from its mail and makes both statements.
    pub async fn confirm(&self, firm: &Firm) {
        let link_secret = self.secret_to(&firm.contact()).await;
        let request = confirmation(link_secret);
        self.enrollment().confirm_contact(request).await.unwrap();
    }

    pub async fn decide(&self, firm: &Firm, kind: CheckKind, decision: CheckDecision) {
        let asked = self.staff().await.reviewer.asks(ruling(firm, kind, decision));
        self.enrollment().decide_check(asked).await.unwrap();
    }

    /// Adds a location at the company's address and ties its PartnerID.
    pub async fn tie(&self, firm: &Firm) -> String {
        let number = self.add_location(firm, &firm.region_code).await;
        let rest = AssociatePartnerIdRequest::default();
        let (name, partner_id) = (firm.enrollment.clone(), number.clone());
        let request = AssociatePartnerIdRequest { name, partner_id, ..rest };
        self.enrollment().associate_partner_id(firm.anna.asks(request)).await.unwrap();
        number
    }

    pub async fn add_location(&self, firm: &Firm, region_code: &str) -> String {
        let request = location_in(region_code);
        let added = self.enrollment().add_location(firm.anna.asks(request)).await.unwrap();
        added.into_inner().location.unwrap().partner_id
    }

    /// Another place of the firm, in its own country.
    pub async fn add_location_at(&self, firm: &Firm, street: &str) -> String {
        let address_lines = vec![street.to_owned()];
        let address = PostalAddress { address_lines, ..address_in(&firm.region_code) };
        let request = AddLocationRequest {
            display_name: street.to_owned(),
            address: Some(address),
            ..AddLocationRequest::default()
        };
        let added = self.enrollment().add_location(firm.anna.asks(request)).await.unwrap();
        added.into_inner().location.unwrap().partner_id
    }

    /// A reseller with an empty DRAFT: enough to tie a PartnerID.
    pub async fn bare(&self, stem: &str, region_code: &str) -> Firm {
        let anna = self.company(stem, region_code).await;
        let started = self.start(&anna).await;
        Firm {
            partner: started.partner.unwrap().name,
            enrollment: started.enrollment.unwrap().name,
            domain: format!("{stem}.example"),
            region_code: region_code.to_owned(),
            number: String::new(),
            anna,
        }
    }

    /// The version in force of the agreement that the caller would sign.
    pub async fn version_in_force(&self, who: &Persona, agreement: &str) -> AgreementVersion {
        let ask = GetAgreementRequest { name: format!("agreements/{agreement}") };
        let found = self.agreements().get_agreement(who.asks(ask)).await.unwrap().into_inner();
        let agreement = found.agreement.unwrap();
        let is_in_force = |it: &AgreementVersion| it.name == agreement.effective_version;
        agreement.versions.into_iter().find(is_in_force).unwrap()
    }

    pub async fn sign(&self, firm: &Firm) {
        let request = self.signature(firm).await;
        self.agreements().accept_agreement(firm.anna.asks(request)).await.unwrap();
    }

    /// What signs the agreement of the firm's kind.
    pub async fn signature(&self, firm: &Firm) -> AcceptAgreementRequest {
        let kind = if self.is_provider(firm).await { "provider" } else { "reseller" };
        let version = self.version_in_force(&firm.anna, kind).await;
        AcceptAgreementRequest {
            name: version.name,
            document_sha256: version.documents[0].content_sha256.clone(),
            consent: yes(consent::AGREEMENT),
            ..AcceptAgreementRequest::default()
        }
    }

    async fn is_provider(&self, firm: &Firm) -> bool {
        use api::enrollment::v1::{GetPartnerRequest, PartnerKind};
        let ask = GetPartnerRequest { name: firm.partner.clone() };
        let found = self.enrollment().get_partner(firm.anna.asks(ask)).await.unwrap();
        found.into_inner().partner.unwrap().kind() == PartnerKind::Provider
    }

    /// A provider invites a reseller's contact, who is its global admin's colleague; the global
    /// admin accepts.
    pub async fn connect(&self, provider: &Firm, reseller: &Firm) -> Relationship {
        let link_secret = self.invite(provider, reseller).await;
        self.accept(reseller, &link_secret).await
    }

    /// A reseller's global admin accepts an invitation.
    pub async fn accept(&self, reseller: &Firm, link_secret: &str) -> Relationship {
        let request = AcceptInvitationRequest {
            link_secret: link_secret.to_owned(),
            consent: yes(consent::PROVIDER),
            ..AcceptInvitationRequest::default()
        };
        let accepted = self.relationships().accept_invitation(reseller.anna.asks(request)).await;
        accepted.unwrap().into_inner().relationship.unwrap()
    }

    /// One side ends a relationship.
    pub async fn end_relationship(&self, who: &Persona, name: &str) {
        let (name, reason) = (name.to_owned(), "another channel".to_owned());
        let request = EndRelationshipRequest { name, reason, ..Default::default() };
        self.relationships().end_relationship(who.asks(request)).await.unwrap();
    }

    /// The secret of an invitation to the reseller's contact.
    pub async fn invite(&self, provider: &Firm, reseller: &Firm) -> String {
        let request = invitation(&reseller.contact());
        self.relationships().create_invitation(provider.anna.asks(request)).await.unwrap();
        self.secret_to(&reseller.contact()).await
    }

    /// The secret of a customer invitation to an address.
    pub async fn invite_customer(&self, reseller: &Firm, provider: &Firm, email: &str) -> String {
        let request = customer_invitation(provider, email);
        let asked = reseller.anna.asks(request);
        self.relationships().create_customer_invitation(asked).await.unwrap();
        self.secret_to(email).await
    }

    /// A company accepts reseller and provider together.
    pub async fn authorise(
        &self,
        customer: &Persona,
        reseller: &Firm,
        provider: &Firm,
    ) -> Customer {
        let email = format!("{}@bluewin.example", self.label("buyer"));
        let link_secret = self.invite_customer(reseller, provider, &email).await;
        let request = AcceptCustomerInvitationRequest {
            link_secret,
            consent: yes(consent::RESELLER_AND_PROVIDER),
            ..AcceptCustomerInvitationRequest::default()
        };
        let asked = customer.asks(request);
        let accepted = self.relationships().accept_customer_invitation(asked).await.unwrap();
        accepted.into_inner().customer.unwrap()
    }
}

/// What adds a location at the usual address of a country.
pub fn location_in(region_code: &str) -> AddLocationRequest {
    AddLocationRequest {
        display_name: "Head office".to_owned(),
        address: Some(address_in(region_code)),
        ..AddLocationRequest::default()
    }
}

/// What a reviewer decides about a check, with all that has to be said.
pub fn ruling(firm: &Firm, kind: CheckKind, decision: CheckDecision) -> DecideCheckRequest {
    let evidence = [EvidenceType::RegisterExtract, EvidenceType::EmploymentLetter];
    let (is_fail, is_request) =
        (decision == CheckDecision::Fail, decision == CheckDecision::RequestEvidence);
    DecideCheckRequest {
        name: firm.enrollment.clone(),
        kind: kind.into(),
        decision: decision.into(),
        reasons: is_fail.then(|| CheckReason::NameMismatch.into()).into_iter().collect(),
        evidence_alternatives: evidence
            .map(Into::into)
            .into_iter()
            .filter(|_| is_request)
            .collect(),
        ..DecideCheckRequest::default()
    }
}

/// Another contact: the parts that are given replace the former ones.
pub fn contact_change(firm: &Firm, contact: PrimaryContact) -> UpdatePrimaryContactRequest {
    let (name, primary_contact) = (firm.enrollment.clone(), Some(contact));
    UpdatePrimaryContactRequest { name, primary_contact, ..Default::default() }
}

pub fn submission(firm: &Firm) -> SubmitEnrollmentRequest {
    SubmitEnrollmentRequest {
        name: firm.enrollment.clone(),
        authority_confirmed: true,
        authority_text_sha256: consent::AUTHORITY.sha256(Language::English),
        ..SubmitEnrollmentRequest::default()
    }
}

pub fn confirmation(link_secret: String) -> ConfirmContactRequest {
    ConfirmContactRequest {
        link_secret,
        registration_known: yes(consent::REGISTRATION_KNOWN),
        address_owned: yes(consent::ADDRESS_OWNED),
        ..ConfirmContactRequest::default()
    }
}

pub fn invitation(email: &str) -> CreateInvitationRequest {
    CreateInvitationRequest {
        email: email.to_owned(),
        company_name: "Nube Tapatía".to_owned(),
        language_code: "es".to_owned(),
        message: "Trabajemos juntos.".to_owned(),
        ..CreateInvitationRequest::default()
    }
}

pub fn customer_invitation(provider: &Firm, email: &str) -> CreateCustomerInvitationRequest {
    CreateCustomerInvitationRequest {
        provider: provider.partner.clone(),
        email: email.to_owned(),
        company_name: "Bäckerei Zbinden".to_owned(),
        language_code: "en".to_owned(),
        ..CreateCustomerInvitationRequest::default()
    }
}
