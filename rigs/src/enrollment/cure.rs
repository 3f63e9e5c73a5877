//! Whoever readiness names can do something that is allowed: no state is a dead end (E17).

use api::{
    enrollment::v1::{
        AddLocationRequest, AssociatePartnerIdRequest, GetReadinessRequest, LegalProfile,
        PrimaryContact, ReinstatePartnerRequest, ReopenEnrollmentRequest,
        ResendContactConfirmationRequest, StartEnrollmentRequest, SupportProfile,
        UpdateLegalProfileRequest, UpdatePrimaryContactRequest, UpdateSupportProfileRequest,
    },
    types::v1::{Goal, Requirement, Turn},
};
use domain::link::Purpose;
use it::cast::address_in;
use tonic::Status;

use super::{
    model::{BUSINESS, Check, EMPLOYMENT, Who},
    walk::{Walk, confirmation, ruling, submission},
};

impl Walk<'_> {
    /// Of what readiness lists, somebody named can cure something, as the server itself says.
    pub async fn leads_on(&self) {
        let ask = GetReadinessRequest {
            goal: Goal::BecomeActive.into(),
            partner: self.partner.clone(),
            ..GetReadinessRequest::default()
        };
        let asked = self.who(Who::Anna).asks(ask);
        let answer = self.world.enrollment().get_readiness(asked).await.unwrap().into_inner();
        let is_active = self.model.status() == "ACTIVE";
        assert_eq!(answer.satisfied, is_active, "{}", self.story(&answer));
        if answer.satisfied || answer.requirements.iter().any(|it| it.permanent) {
            assert!(is_active || self.model.deauthorized, "{}", self.story(&answer));
            return;
        }
        let mut tried = Vec::new();
        for requirement in answer.requirements.iter().filter(|it| it.blocking) {
            for cure in requirement.cure.iter().chain(&requirement.alternatives) {
                let (_, rpc) = cure.rpc.rsplit_once('/').unwrap();
                let found = self.cure(requirement, rpc).await;
                tried.push(format!("{} {rpc}: {found:?}", requirement.id));
                if found.is_ok() {
                    return;
                }
            }
        }
        panic!("nothing leads on:\n{}\n{}", tried.join("\n"), self.story(&""));
    }

    fn named(&self, requirement: &Requirement) -> Who {
        match requirement.turn() {
            Turn::Applicant => Who::Anna,
            Turn::Reviewer => Who::Reviewer,
            Turn::Operator => Who::Operator,
            Turn::Contact => Who::Nobody,
            other => panic!("{other:?} of {}", self.story(requirement)),
        }
    }

    /// Tries a cure without its effect.
    async fn cure(&self, requirement: &Requirement, rpc: &str) -> Result<(), Status> {
        let (name, validate_only) = (self.enrollment.clone(), true);
        let who = self.who(self.named(requirement));
        let mut client = self.world.enrollment();
        match rpc {
            "StartEnrollment" => {
                let ask = StartEnrollmentRequest { validate_only, ..Default::default() };
                client.start_enrollment(who.asks(ask)).await.map(drop)
            }
            "UpdateLegalProfile" => {
                let profile = LegalProfile {
                    legal_name: "Diagonal 3, S.L.".to_owned(),
                    address: Some(address_in("ES")),
                    ..LegalProfile::default()
                };
                let legal_profile = Some(profile);
                let rest = UpdateLegalProfileRequest { validate_only, ..Default::default() };
                let ask = UpdateLegalProfileRequest { name, legal_profile, ..rest };
                client.update_legal_profile(who.asks(ask)).await.map(drop)
            }
            "UpdatePrimaryContact" => {
                let primary_contact = Some(PrimaryContact {
                    given_name: "Laia".to_owned(),
                    family_name: "Roca".to_owned(),
                    email: "laia.roca@diagonal.example".to_owned(),
                    phone: "+34931234569".to_owned(),
                    language_code: "es".to_owned(),
                });
                let rest = UpdatePrimaryContactRequest { validate_only, ..Default::default() };
                let ask = UpdatePrimaryContactRequest { name, primary_contact, ..rest };
                client.update_primary_contact(who.asks(ask)).await.map(drop)
            }
            "UpdateSupportProfile" => {
                let support_profile = Some(SupportProfile {
                    email: "ayuda@diagonal.example".to_owned(),
                    phone: "+34931234568".to_owned(),
                    ..SupportProfile::default()
                });
                let rest = UpdateSupportProfileRequest { validate_only, ..Default::default() };
                let ask = UpdateSupportProfileRequest { name, support_profile, ..rest };
                client.update_support_profile(who.asks(ask)).await.map(drop)
            }
            "SubmitEnrollment" => {
                let mut ask = submission(name, true);
                ask.validate_only = true;
                client.submit_enrollment(who.asks(ask)).await.map(drop)
            }
            "ReopenEnrollment" => {
                let ask = ReopenEnrollmentRequest { name, validate_only, ..Default::default() };
                client.reopen_enrollment(who.asks(ask)).await.map(drop)
            }
            "ConfirmContact" => {
                let secret = self.secret(Purpose::ContactConfirmation, true).await;
                let mut ask = confirmation(secret);
                ask.validate_only = true;
                client.confirm_contact(ask).await.map(drop)
            }
            "ResendContactConfirmation" => {
                let ask =
                    ResendContactConfirmationRequest { name, validate_only, ..Default::default() };
                client.resend_contact_confirmation(who.asks(ask)).await.map(drop)
            }
            "ReinstatePartner" => {
                let (name, reason) = (self.partner.clone(), "audited".to_owned());
                let rest = ReinstatePartnerRequest { validate_only, ..Default::default() };
                let ask = ReinstatePartnerRequest { name, reason, ..rest };
                client.reinstate_partner(who.asks(ask)).await.map(drop)
            }
            "DecideCheck" => {
                let check =
                    if requirement.id == "check.employment" { EMPLOYMENT } else { BUSINESS };
                let mut ask = ruling(name, check, Check::Passed);
                ask.validate_only = true;
                client.decide_check(who.asks(ask)).await.map(drop)
            }
            "AddLocation" => {
                let mut address = address_in("ES");
                address.address_lines = vec!["Carrer de Mallorca 401".to_owned()];
                let (display_name, address) = ("Office".to_owned(), Some(address));
                let rest = AddLocationRequest { validate_only, ..Default::default() };
                let ask = AddLocationRequest { display_name, address, ..rest };
                client.add_location(who.asks(ask)).await.map(drop)
            }
            "AssociatePartnerId" => {
                let mut answer = Err(Status::not_found("no location"));
                for partner_id in self.numbers.iter().cloned() {
                    let rest = AssociatePartnerIdRequest { validate_only, ..Default::default() };
                    let ask = AssociatePartnerIdRequest { name: name.clone(), partner_id, ..rest };
                    answer = client.associate_partner_id(who.asks(ask)).await.map(drop);
                    if answer.is_ok() {
                        break;
                    }
                }
                answer
            }
            "AcceptAgreement" => {
                let mut ask = self.signature();
                ask.validate_only = true;
                self.world.agreements().accept_agreement(who.asks(ask)).await.map(drop)
            }
            other => panic!("{other} is no cure that is known here: {}", self.story(requirement)),
        }
    }
}
