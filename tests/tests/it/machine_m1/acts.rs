//! What is tried.

use api::enrollment::v1::{
    AssociatePartnerIdRequest, CheckDecision, CheckKind, DeauthorizePartnerRequest,
    DisownContactRequest, EscalateReviewRequest, LegalProfile, PrimaryContact,
    RecallEnrollmentRequest, ReinstatePartnerRequest, ReopenEnrollmentRequest,
    ResendContactConfirmationRequest, RestoreContactRequest, StartEnrollmentRequest,
    SupportProfile, SuspendPartnerRequest, UndoDisownContactRequest, UpdateLegalProfileRequest,
    UpdateSupportProfileRequest, WithdrawEnrollmentRequest,
};
use it::{
    Persona, World,
    cast::{confirmation, contact_change, ruling, submission},
};
use tonic::Status;

use super::{Stand, rpc};

impl Stand {
    /// Tries an action once.
    pub async fn act(
        &self,
        world: &World,
        action: &str,
        who: &Persona,
        secret: &str,
    ) -> Result<(), Status> {
        match rpc(action) {
            "UpdateLegalProfile" | "UpdatePrimaryContact" | "UpdateSupportProfile" => {
                self.update(world, action, who).await
            }
            "ConfirmContact" | "DisownContact" | "UndoDisownContact" => {
                self.answer(world, action, secret).await
            }
            "SuspendPartner" | "ReinstatePartner" | "DeauthorizePartner" => {
                self.flag(world, action, who).await
            }
            _ => self.step(world, action, who).await,
        }
    }

    async fn update(&self, world: &World, action: &str, who: &Persona) -> Result<(), Status> {
        let (name, mut client) = (self.firm.enrollment.clone(), world.enrollment());
        let text = |it: &str| it.to_owned();
        let contact = match action {
            "UpdatePrimaryContact.address" => {
                let email = format!("laia@{}", self.firm.domain);
                PrimaryContact { email, ..PrimaryContact::default() }
            }
            "UpdatePrimaryContact.disowned" => {
                PrimaryContact { email: self.firm.contact(), ..PrimaryContact::default() }
            }
            "UpdatePrimaryContact.name" => {
                PrimaryContact { family_name: text("Roca"), ..PrimaryContact::default() }
            }
            _ => PrimaryContact { phone: text("+34931234599"), ..PrimaryContact::default() },
        };
        let legal_profile = Some(match action {
            "UpdateLegalProfile.region" => {
                LegalProfile { region_code: text("PT"), ..LegalProfile::default() }
            }
            _ => LegalProfile { legal_name: text("Otra Vida S.L."), ..LegalProfile::default() },
        });
        match rpc(action) {
            "UpdatePrimaryContact" => {
                let ask = contact_change(&self.firm, contact);
                client.update_primary_contact(who.asks(ask)).await.map(drop)
            }
            "UpdateLegalProfile" => {
                let rest = UpdateLegalProfileRequest::default();
                let ask = UpdateLegalProfileRequest { name, legal_profile, ..rest };
                client.update_legal_profile(who.asks(ask)).await.map(drop)
            }
            _ => {
                let (email, phone) = (text("ayuda@otra-vida.example"), text("+34931234570"));
                let support_profile =
                    Some(SupportProfile { email, phone, ..SupportProfile::default() });
                let rest = UpdateSupportProfileRequest::default();
                let ask = UpdateSupportProfileRequest { name, support_profile, ..rest };
                client.update_support_profile(who.asks(ask)).await.map(drop)
            }
        }
    }

    async fn answer(&self, world: &World, action: &str, secret: &str) -> Result<(), Status> {
        let (mut client, link_secret) = (world.enrollment(), secret.to_owned());
        match action {
            "ConfirmContact" => client.confirm_contact(confirmation(link_secret)).await.map(drop),
            "DisownContact" => {
                let rest = DisownContactRequest::default();
                let ask = DisownContactRequest { link_secret, confirmed: true, ..rest };
                client.disown_contact(ask).await.map(drop)
            }
            _ => {
                let rest = UndoDisownContactRequest::default();
                let ask = UndoDisownContactRequest { link_secret, ..rest };
                client.undo_disown_contact(ask).await.map(drop)
            }
        }
    }

    async fn flag(&self, world: &World, action: &str, who: &Persona) -> Result<(), Status> {
        let (name, reason) = (self.firm.partner.clone(), "audit".to_owned());
        let mut client = world.enrollment();
        match action {
            "SuspendPartner" => {
                let ask = SuspendPartnerRequest { name, reason, ..Default::default() };
                client.suspend_partner(who.asks(ask)).await.map(drop)
            }
            "ReinstatePartner" => {
                let ask = ReinstatePartnerRequest { name, reason, ..Default::default() };
                client.reinstate_partner(who.asks(ask)).await.map(drop)
            }
            _ => {
                let ask = DeauthorizePartnerRequest { name, reason, ..Default::default() };
                client.deauthorize_partner(who.asks(ask)).await.map(drop)
            }
        }
    }

    async fn step(&self, world: &World, action: &str, who: &Persona) -> Result<(), Status> {
        let (name, mut client) = (self.firm.enrollment.clone(), world.enrollment());
        let decide = async |decision| {
            let ask = ruling(&self.firm, CheckKind::Employment, decision);
            world.enrollment().decide_check(who.asks(ask)).await.map(drop)
        };
        match action {
            "StartEnrollment" => {
                let ask = StartEnrollmentRequest::default();
                client.start_enrollment(who.asks(ask)).await.map(drop)
            }
            "AssociatePartnerId" => {
                let (partner_id, rest) =
                    (self.number.clone(), AssociatePartnerIdRequest::default());
                let ask = AssociatePartnerIdRequest { name, partner_id, ..rest };
                client.associate_partner_id(who.asks(ask)).await.map(drop)
            }
            "SubmitEnrollment" => {
                client.submit_enrollment(who.asks(submission(&self.firm))).await.map(drop)
            }
            "ResendContactConfirmation" => {
                let ask = ResendContactConfirmationRequest { name, ..Default::default() };
                client.resend_contact_confirmation(who.asks(ask)).await.map(drop)
            }
            "RestoreContact" => {
                let (reason, rest) = ("a mistake".to_owned(), RestoreContactRequest::default());
                let ask = RestoreContactRequest { name, reason, ..rest };
                client.restore_contact(who.asks(ask)).await.map(drop)
            }
            "DecideCheck.PASS" => decide(CheckDecision::Pass).await,
            "DecideCheck.FAIL" => decide(CheckDecision::Fail).await,
            "DecideCheck.REQUEST" => decide(CheckDecision::RequestEvidence).await,
            "RecallEnrollment" => {
                let ask = RecallEnrollmentRequest { name, ..Default::default() };
                client.recall_enrollment(who.asks(ask)).await.map(drop)
            }
            "EscalateReview" => {
                let ask = EscalateReviewRequest { name, ..Default::default() };
                client.escalate_review(who.asks(ask)).await.map(drop)
            }
            "ReopenEnrollment" => {
                let ask = ReopenEnrollmentRequest { name, ..Default::default() };
                client.reopen_enrollment(who.asks(ask)).await.map(drop)
            }
            "WithdrawEnrollment" => {
                let ask = WithdrawEnrollmentRequest { name, ..Default::default() };
                client.withdraw_enrollment(who.asks(ask)).await.map(drop)
            }
            other => panic!("no action {other}"),
        }
    }
}
