//! One walk: a step is tried, and the server has to answer and to stand as the model says.

use std::{collections::BTreeMap, fmt};

use api::{
    Word as _,
    agreements::v1::AcceptAgreementRequest,
    enrollment::v1::{
        ActivateLocationRequest, AddLocationRequest, AppealDecisionRequest,
        AssociatePartnerIdRequest, CheckDecision, CheckKind, CheckReason, ClaimReviewRequest,
        ConfirmContactRequest, DeactivateLocationRequest, DeauthorizePartnerRequest,
        DecideCheckRequest, DisownContactRequest, Enrollment, EscalateReviewRequest, EvidenceType,
        GetEnrollmentRequest, GetPartnerRequest, LegalProfile, PrimaryContact,
        RecallEnrollmentRequest, ReinstatePartnerRequest, ReleaseReviewRequest,
        ReopenEnrollmentRequest, ResendContactConfirmationRequest, RestoreContactRequest,
        StartEnrollmentRequest, SubmitEnrollmentRequest, SupportProfile, SuspendPartnerRequest,
        UndoDisownContactRequest, UpdateLegalProfileRequest, UpdatePrimaryContactRequest,
        UpdateSupportProfileRequest, UploadEvidenceMetadata, WithdrawEnrollmentRequest,
    },
};
use domain::{Language, Role, consent, link::Purpose};
use it::{
    Persona, World,
    cast::{address_in, yes},
    papers, reason,
};
use store::sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tonic::Status;

use super::model::{self, Check, Model, Review, State, Step, Who};

/// How often each state was left behind, and how steps were answered.
#[derive(Debug, Default)]
pub struct Seen {
    states: BTreeMap<String, usize>,
    n_done: usize,
    n_refused: usize,
    reasons: BTreeMap<&'static str, usize>,
    pub n_cured: usize,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} done, {} refused", self.n_done, self.n_refused)?;
        write!(f, " ({} reasons), {} led on", self.reasons.len(), self.n_cured)?;
        let mut states: Vec<String> =
            self.states.iter().map(|(state, n)| format!("{state} {n}")).collect();
        states.sort();
        write!(f, "; {}", states.join(", "))
    }
}

/// What walks aim at: the further from the beginning, the more often.
const AIMS: [State; 9] = [
    State::Approved,
    State::Approved,
    State::Approved,
    State::Rejected,
    State::Rejected,
    State::ActionRequired,
    State::InReview,
    State::Submitted,
    State::Withdrawn,
];

pub struct Walk<'a> {
    pub world: &'a World,
    seed: u64,
    dice: fastrand::Rng,
    people: BTreeMap<u8, Persona>,
    pub model: Model,
    pub partner: String,
    pub enrollment: String,
    /// PartnerIDs of the company's locations.
    pub numbers: Vec<String>,
    locations: Vec<String>,
    documents: Vec<String>,
    signature: AcceptAgreementRequest,
    /// The state that half of the steps lead to.
    aim: State,
    /// What was tried, for the message of a failure.
    tried: Vec<String>,
}

impl<'a> Walk<'a> {
    pub async fn begin(world: &'a World, colleague: &Persona, seed: u64) -> Self {
        let own: [(&str, &[Role]); 3] = [
            ("anna", &[Role::GlobalAdmin]),
            ("accounts", &[Role::AccountAdmin]),
            ("helpdesk", &[Role::HelpdeskAgent]),
        ];
        let own = world.crowd("ES", &own).await;
        let stranger = world.crowd("ES", &[("anna", &[Role::GlobalAdmin])]).await.remove(0);
        world.start(&stranger).await;
        let started = world.start(&own[0]).await;
        let staff = world.staff().await;
        let people = own.into_iter().chain([
            stranger,
            staff.reviewer.clone(),
            colleague.clone(),
            staff.operator.clone(),
            Persona::stranger(),
        ]);
        let people: BTreeMap<u8, Persona> = (0..).zip(people).collect();
        let version = world.version_in_force(&people[&0], "reseller").await;
        let mut walk = Self {
            world,
            seed,
            dice: fastrand::Rng::with_seed(seed),
            people,
            model: Model::new(0),
            partner: started.partner.unwrap().name,
            enrollment: started.enrollment.unwrap().name,
            numbers: Vec::new(),
            locations: Vec::new(),
            documents: Vec::new(),
            signature: AcceptAgreementRequest {
                name: version.name,
                document_sha256: version.documents[0].content_sha256.clone(),
                consent: yes(consent::AGREEMENT),
                ..AcceptAgreementRequest::default()
            },
            aim: State::InReview,
            tried: Vec::new(),
        };
        walk.sign_in_again().await;
        walk
    }

    pub fn who(&self, who: Who) -> &Persona {
        let at = model::EVERYBODY.iter().position(|it| *it == who).unwrap();
        &self.people[&u8::try_from(at).unwrap()]
    }

    /// Sessions do not outlive a long wait.
    async fn sign_in_again(&mut self) {
        for persona in self.people.values_mut().filter(|it| it.token.is_some()) {
            *persona = self.world.session(&persona.sign_in_name).await;
        }
    }

    pub async fn go(mut self, n_steps: usize, seen: &mut Seen) {
        for _ in 0..n_steps {
            let review = self.review().await;
            let (who, step) = self.choose(review);
            self.tried.push(format!("{who:?} {step:?}"));
            let expected = self.model.step(who, step, review);
            let answer = self.take(who, step).await;
            let found = answer.as_ref().map(|_| ()).map_err(reason);
            assert_eq!(found, expected.map_err(str::to_owned), "{}", self.story(&answer));
            match expected {
                Ok(()) => seen.n_done += 1,
                Err(why) => {
                    seen.n_refused += 1;
                    *seen.reasons.entry(why).or_default() += 1;
                }
            }
            self.compare().await;
            *seen.states.entry(format!("{:?}", self.model.state)).or_default() += 1;
            if self.dice.u8(0..4) == 0 {
                self.leads_on().await;
                seen.n_cured += 1;
            }
        }
    }

    pub fn story(&self, answer: &dyn fmt::Debug) -> String {
        let (world, seed) = (self.world.engine, self.seed);
        format!("seed {seed} on {world}:\n{}\n{answer:?}\n{:?}", self.tried.join("\n"), self.model)
    }

    pub fn signature(&self) -> AcceptAgreementRequest {
        self.signature.clone()
    }

    /// Half of the steps lead on, towards a state that the walk aims at, as far as some tries find
    /// one; the others are whatever comes.
    fn choose(&mut self, review: Review) -> (Who, Step) {
        let mut best = self.anything();
        if self.dice.bool() {
            return best;
        }
        if self.model.state == self.aim {
            self.aim = AIMS[self.dice.usize(0..AIMS.len())];
        }
        let mut most = i32::MIN;
        for _ in 0..60 {
            let (who, step) = self.anything();
            let mut to = self.model.clone();
            let is_done = to.step(who, step, review).is_ok();
            if is_done && to.nearness(self.aim) > most {
                (best, most) = ((who, step), to.nearness(self.aim));
            }
        }
        best
    }

    fn anything(&mut self) -> (Who, Step) {
        let who = match self.dice.u8(0..4) {
            0 => self.dice.choice(model::EVERYBODY).unwrap(),
            1 => Who::Reviewer,
            _ => Who::Anna,
        };
        let step = self.any_step();
        // A stranger's location would be its own.
        let is_own = (who, step) == (Who::Stranger, Step::AddLocation);
        (if is_own { Who::Anna } else { who }, step)
    }

    fn any_step(&mut self) -> Step {
        let dice = &mut self.dice;
        let (two, flip) = (dice.u8(0..2), dice.u8(0..8) > 0);
        match dice.u8(0..39) {
            0 => Step::Start,
            1 => Step::LegalName(two),
            2 => Step::Address(two),
            3 => [Step::BadAddress, Step::WebMailContact][usize::from(two)],
            4 => Step::ContactAddress(dice.u8(0..3)),
            5 => Step::ContactName(two),
            6 => Step::ContactPhone(two),
            7 => Step::Support,
            8 => Step::AddLocation,
            9 => Step::Tie(dice.u8(0..3)),
            10 | 11 => Step::Submit { authority: flip },
            12 => [Step::Recall, Step::Sign][usize::from(two)],
            13 => Step::Reopen,
            14 | 15 => Step::Confirm { newest: flip, agrees: dice.u8(0..8) > 0 },
            16 => Step::Wait { minutes: [11, 60, 26 * 60, 8 * 24 * 60][dice.usize(0..4)] },
            17 => Step::Sign,
            18 => Step::Withdraw,
            19 => Step::Resend,
            20 => Step::Disown { newest: flip, confirmed: dice.u8(0..4) > 0 },
            21 => Step::Undo { by_name: two == 0 },
            22 => Step::Escalate,
            23 => Step::Suspend,
            24 => Step::Reinstate,
            25 => [Step::Recall, Step::Deauthorize][usize::from(dice.u8(0..6) == 0)],
            26 => [Step::Claim, Step::Release][usize::from(two)],
            27 => {
                let check = [model::EMPLOYMENT, model::BUSINESS][usize::from(two)];
                Step::Upload { check: if flip { check } else { model::EMAIL } }
            }
            28 | 29 => Step::Appeal,
            30 => Step::Close(dice.u8(0..3)),
            31 => Step::Open(dice.u8(0..3)),
            _ => {
                let to = [Check::Passed, Check::Passed, Check::Failed, Check::Requested];
                let check = [model::EMPLOYMENT, model::BUSINESS][usize::from(two)];
                let check = if flip { check } else { model::EMAIL };
                Step::Decide { check, to: to[dice.usize(0..4)] }
            }
        }
    }

    async fn found(&self) -> Enrollment {
        let ask = GetEnrollmentRequest { name: self.enrollment.clone() };
        let found = self.world.enrollment().get_enrollment(self.who(Who::Anna).asks(ask)).await;
        found.unwrap().into_inner().enrollment.unwrap()
    }

    async fn review(&self) -> Review {
        let clock = self.found().await.review.unwrap_or_default();
        let spain = "ES".parse().unwrap();
        let calendars = &self.world.app.db.facts().calendars;
        let day = |it| calendars.local_date(&spain, it);
        let escalated = clock.escalate_time.and_then(|it| {
            chrono::DateTime::from_timestamp(it.seconds, u32::try_from(it.nanos).unwrap())
        });
        let is_escalated_today = escalated.map(day) == Some(day(self.world.clock.now()));
        Review { is_overdue: clock.overdue, is_escalated_today }
    }

    /// What the server shows, against the model.
    async fn compare(&self) {
        let found = self.found().await;
        let state = match self.model.state {
            State::Draft => "DRAFT",
            State::Submitted => "SUBMITTED",
            State::InReview => "IN_REVIEW",
            State::ActionRequired => "ACTION_REQUIRED",
            State::Approved => "APPROVED",
            State::Rejected => "REJECTED",
            State::Withdrawn => "WITHDRAWN",
        };
        assert_eq!(found.state().word(), state, "{}", self.story(&found));
        let checks: Vec<&str> = found.checks.iter().map(|it| it.state().word()).collect();
        let expected = self.model.checks.map(|it| it.map(word).to_vec()).unwrap_or_default();
        assert_eq!(checks, expected, "{}", self.story(&found));
        assert_eq!(
            found.review.is_some(),
            self.model.state == State::InReview,
            "{}",
            self.story(&found)
        );

        let ask = GetPartnerRequest { name: self.partner.clone() };
        let partner = self.world.enrollment().get_partner(self.who(Who::Anna).asks(ask)).await;
        let partner = partner.unwrap().into_inner().partner.unwrap();
        assert_eq!(
            partner.programme_status().word(),
            self.model.status(),
            "{}",
            self.story(&partner)
        );

        let links = self.links(Purpose::ContactConfirmation).await;
        let shown: Vec<String> = links.iter().map(|it| format!("{:?}", it.state)).collect();
        let expected: Vec<String> =
            self.model.links.iter().map(|it| format!("{:?}", it.0)).collect();
        assert_eq!(shown, expected, "{}", self.story(&found));
        let links = self.links(Purpose::ContactUndo).await;
        let shown: Vec<String> = links.iter().map(|it| format!("{:?}", it.state)).collect();
        let expected: Vec<String> =
            self.model.undo_links.iter().map(|it| format!("{:?}", it.0)).collect();
        assert_eq!(shown, expected, "{}", self.story(&found));
    }

    /// The enrolment's links, the newest last.
    async fn links(&self, purpose: Purpose) -> Vec<store::entity::link::Model> {
        use store::entity::link::{Column, Entity};
        let subject: domain::id::PartnerId = domain::id::last_id(&self.partner).unwrap();
        let query = Entity::find().filter(Column::SubjectId.eq(subject.0)).order_by_asc(Column::Id);
        let links = query.all(self.world.app.db.connection()).await.unwrap();
        links.into_iter().filter(|it| it.purpose == purpose).collect()
    }

    /// The secret that was mailed: of the newest link, or of the one before.
    pub async fn secret(&self, purpose: Purpose, newest: bool) -> String {
        let links = self.links(purpose).await;
        let link = links.iter().rev().nth(usize::from(!newest));
        let key = &self.world.app.db.programme().link_key;
        link.map_or("A".repeat(43), |it| key.secret(purpose, it.id).unwrap().expose().to_owned())
    }

    async fn take(&mut self, who: Who, step: Step) -> Result<(), Status> {
        let persona = self.who(who).clone();
        let name = self.enrollment.clone();
        let mut client = self.world.enrollment();
        match step {
            Step::Start => {
                let ask = persona.asks(StartEnrollmentRequest::default());
                client.start_enrollment(ask).await.map(drop)
            }
            Step::LegalName(to) => {
                let legal_name = format!("Diagonal {to}, S.L.");
                let profile = LegalProfile { legal_name, ..LegalProfile::default() };
                client.update_legal_profile(persona.asks(self.profile(profile))).await.map(drop)
            }
            Step::Address(to) => {
                let mut address = address_in("ES");
                address.address_lines = vec![format!("Avinguda Diagonal {to}")];
                let profile = LegalProfile { address: Some(address), ..LegalProfile::default() };
                client.update_legal_profile(persona.asks(self.profile(profile))).await.map(drop)
            }
            Step::BadAddress => {
                let mut address = address_in("ES");
                address.postal_code = "8018".to_owned();
                let profile = LegalProfile { address: Some(address), ..LegalProfile::default() };
                client.update_legal_profile(persona.asks(self.profile(profile))).await.map(drop)
            }
            Step::ContactAddress(to) => self.contact(&persona, |it| it.0 = to, None).await,
            Step::ContactName(to) => self.contact(&persona, |it| it.1 = to, None).await,
            Step::ContactPhone(to) => self.contact(&persona, |it| it.2 = to, None).await,
            Step::WebMailContact => self.contact(&persona, |_| {}, Some("jordi@gmail.com")).await,
            Step::Support => {
                let support_profile = Some(SupportProfile {
                    email: "soporte@diagonal.example".to_owned(),
                    phone: "+34931234568".to_owned(),
                    ..SupportProfile::default()
                });
                let rest = UpdateSupportProfileRequest::default();
                let ask = UpdateSupportProfileRequest { name, support_profile, ..rest };
                client.update_support_profile(persona.asks(ask)).await.map(drop)
            }
            Step::AddLocation => self.add_location(&persona).await,
            Step::Tie(which) => {
                let number = self.numbers.get(usize::from(which)).cloned();
                let partner_id = number.unwrap_or("1234567".to_owned());
                let rest = AssociatePartnerIdRequest::default();
                let ask = AssociatePartnerIdRequest { name, partner_id, ..rest };
                client.associate_partner_id(persona.asks(ask)).await.map(drop)
            }
            Step::Submit { authority } => {
                let ask = submission(name, authority);
                client.submit_enrollment(persona.asks(ask)).await.map(drop)
            }
            Step::Recall => {
                let ask = RecallEnrollmentRequest { name, ..RecallEnrollmentRequest::default() };
                client.recall_enrollment(persona.asks(ask)).await.map(drop)
            }
            Step::Reopen => {
                let ask = ReopenEnrollmentRequest { name, ..ReopenEnrollmentRequest::default() };
                client.reopen_enrollment(persona.asks(ask)).await.map(drop)
            }
            Step::Confirm { newest, agrees } => {
                let mut ask = confirmation(self.before_secret(newest).await);
                if !agrees {
                    ask.address_owned = None;
                }
                client.confirm_contact(persona.asks(ask)).await.map(drop)
            }
            Step::Decide { check, to } => {
                client.decide_check(persona.asks(ruling(name, check, to))).await.map(drop)
            }
            Step::Sign => {
                let ask = persona.asks(self.signature.clone());
                self.world.agreements().accept_agreement(ask).await.map(drop)
            }
            Step::Wait { minutes } => {
                self.world.clock.advance(chrono::Duration::minutes(minutes));
                self.world.deliver().await;
                self.sign_in_again().await;
                Ok(())
            }
            Step::Withdraw => {
                let ask = WithdrawEnrollmentRequest { name, ..Default::default() };
                client.withdraw_enrollment(persona.asks(ask)).await.map(drop)
            }
            Step::Resend => {
                let ask = ResendContactConfirmationRequest { name, ..Default::default() };
                client.resend_contact_confirmation(persona.asks(ask)).await.map(drop)
            }
            Step::Disown { newest, confirmed } => {
                let link_secret = self.before_secret(newest).await;
                let rest = DisownContactRequest::default();
                let ask = DisownContactRequest { link_secret, confirmed, ..rest };
                client.disown_contact(ask).await.map(drop)
            }
            Step::Undo { by_name: false } => {
                let link_secret = self.secret(Purpose::ContactUndo, true).await;
                let ask = UndoDisownContactRequest { link_secret, ..Default::default() };
                client.undo_disown_contact(ask).await.map(drop)
            }
            Step::Undo { by_name: true } => {
                let reason = "by phone".to_owned();
                let ask = RestoreContactRequest { name, reason, ..Default::default() };
                client.restore_contact(persona.asks(ask)).await.map(drop)
            }
            Step::Claim => {
                let ask = ClaimReviewRequest { name, ..Default::default() };
                client.claim_review(persona.asks(ask)).await.map(drop)
            }
            Step::Release => {
                let ask = ReleaseReviewRequest { name, ..Default::default() };
                client.release_review(persona.asks(ask)).await.map(drop)
            }
            Step::Upload { check } => {
                let bytes = papers::pdf(100, 1);
                let of = papers::metadata_for(&self.partner, &bytes);
                let metadata = UploadEvidenceMetadata { check: kind(check).into(), ..of };
                let messages = papers::messages(metadata, &bytes);
                let document = self.world.send(&persona, messages).await?;
                self.documents.push(document.name);
                Ok(())
            }
            Step::Appeal => {
                let document = self.documents.last().cloned();
                let made_up =
                    format!("{}/evidence/01a20b5b-b9c7-74cf-9d60-da1cf728799d", self.partner);
                let ask = AppealDecisionRequest {
                    name,
                    comment: "The register has the new name".to_owned(),
                    evidence: vec![document.unwrap_or(made_up)],
                    ..Default::default()
                };
                client.appeal_decision(persona.asks(ask)).await.map(drop)
            }
            Step::Close(which) => {
                let (name, reason) = (self.location(which), "moved".to_owned());
                let ask = DeactivateLocationRequest { name, reason, ..Default::default() };
                client.deactivate_location(persona.asks(ask)).await.map(drop)
            }
            Step::Open(which) => {
                let (name, reason) = (self.location(which), "moved back".to_owned());
                let ask = ActivateLocationRequest { name, reason, ..Default::default() };
                client.activate_location(persona.asks(ask)).await.map(drop)
            }
            Step::Escalate => {
                let ask = EscalateReviewRequest { name, ..Default::default() };
                client.escalate_review(persona.asks(ask)).await.map(drop)
            }
            Step::Suspend => {
                let (name, reason) = (self.partner.clone(), "audit".to_owned());
                let ask = SuspendPartnerRequest { name, reason, ..Default::default() };
                client.suspend_partner(persona.asks(ask)).await.map(drop)
            }
            Step::Reinstate => {
                let (name, reason) = (self.partner.clone(), "audited".to_owned());
                let ask = ReinstatePartnerRequest { name, reason, ..Default::default() };
                client.reinstate_partner(persona.asks(ask)).await.map(drop)
            }
            Step::Deauthorize => {
                let (name, reason) = (self.partner.clone(), "fraud".to_owned());
                let ask = DeauthorizePartnerRequest { name, reason, ..Default::default() };
                client.deauthorize_partner(persona.asks(ask)).await.map(drop)
            }
        }
    }

    /// The model has taken its step already: what was sent before it is what a person holds.
    async fn before_secret(&self, newest: bool) -> String {
        self.secret(Purpose::ContactConfirmation, newest).await
    }

    fn profile(&self, profile: LegalProfile) -> UpdateLegalProfileRequest {
        let (name, legal_profile) = (self.enrollment.clone(), Some(profile));
        UpdateLegalProfileRequest { name, legal_profile, ..UpdateLegalProfileRequest::default() }
    }

    async fn contact(
        &self,
        persona: &Persona,
        change: impl Fn(&mut (u8, u8, u8)),
        email: Option<&str>,
    ) -> Result<(), Status> {
        let mut to = self.model.contact.unwrap_or_default();
        change(&mut to);
        let contact = PrimaryContact {
            given_name: format!("Jordi {}", to.1),
            family_name: "Puig".to_owned(),
            email: email
                .map_or(format!("jordi.{}.{}@diagonal.example", to.0, self.seed), str::to_owned),
            phone: format!("+3493123456{}", to.2),
            language_code: "es".to_owned(),
        };
        let (name, primary_contact) = (self.enrollment.clone(), Some(contact));
        let rest = UpdatePrimaryContactRequest::default();
        let ask = UpdatePrimaryContactRequest { name, primary_contact, ..rest };
        self.world.enrollment().update_primary_contact(persona.asks(ask)).await.map(drop)
    }

    /// One of the company's locations by name, or one that nobody has.
    fn location(&self, which: u8) -> String {
        let unknown = || "organisations/1234567/locations/1234568".to_owned();
        self.locations.get(usize::from(which)).cloned().unwrap_or_else(unknown)
    }

    async fn add_location(&mut self, persona: &Persona) -> Result<(), Status> {
        let mut address = address_in("ES");
        address.address_lines = vec![format!("Avinguda Diagonal {}", self.tried.len())];
        let request = AddLocationRequest {
            display_name: format!("Office {}", self.tried.len()),
            address: Some(address),
            ..AddLocationRequest::default()
        };
        let added = self.world.enrollment().add_location(persona.asks(request)).await?;
        let location = added.into_inner().location.unwrap();
        if persona.company == self.who(Who::Anna).company {
            self.numbers.push(location.partner_id);
            self.locations.push(location.name);
        }
        Ok(())
    }
}

fn word(check: Check) -> &'static str {
    match check {
        Check::Pending => "PENDING",
        Check::Requested => "EVIDENCE_REQUESTED",
        Check::Passed => "PASSED",
        Check::Failed => "FAILED",
    }
}

fn kind(check: usize) -> CheckKind {
    [CheckKind::EmailOwnership, CheckKind::Employment, CheckKind::Business][check]
}

pub fn submission(name: String, authority: bool) -> SubmitEnrollmentRequest {
    SubmitEnrollmentRequest {
        name,
        authority_confirmed: authority,
        authority_text_sha256: consent::AUTHORITY.sha256(Language::English),
        ..SubmitEnrollmentRequest::default()
    }
}

pub fn confirmation(link_secret: String) -> ConfirmContactRequest {
    it::cast::confirmation(link_secret)
}

pub fn ruling(name: String, check: usize, to: Check) -> DecideCheckRequest {
    let (decision, reasons, evidence): (_, &[CheckReason], &[EvidenceType]) = match to {
        Check::Passed | Check::Pending => (CheckDecision::Pass, &[], &[]),
        Check::Failed => (CheckDecision::Fail, &[CheckReason::NameMismatch], &[]),
        Check::Requested => (CheckDecision::RequestEvidence, &[], &[EvidenceType::RegisterExtract]),
    };
    DecideCheckRequest {
        name,
        kind: kind(check).into(),
        decision: decision.into(),
        reasons: reasons.iter().map(|it| i32::from(*it)).collect(),
        evidence_alternatives: evidence.iter().map(|it| i32::from(*it)).collect(),
        ..DecideCheckRequest::default()
    }
}
