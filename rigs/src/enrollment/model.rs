//! What an enrolment does, told a second time from the tables alone: nothing of the product is used.

pub use self::{Check::*, State::*};

/// Where an enrolment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Draft,
    Submitted,
    InReview,
    ActionRequired,
    Approved,
    Rejected,
    Withdrawn,
}

/// How a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    Pending,
    Requested,
    Passed,
    Failed,
}

pub const EMAIL: usize = 0;
pub const EMPLOYMENT: usize = 1;
pub const BUSINESS: usize = 2;

/// How a mailed link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Live,
    Used,
    Superseded,
    Expired,
    Void,
}

/// How a place of business stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    New,
    Open,
    Closed,
    Refused,
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// GLOBAL_ADMIN of the company.
    Anna,
    /// ACCOUNT_ADMIN of the company.
    Accounts,
    /// HELPDESK_AGENT of the company.
    Helpdesk,
    /// GLOBAL_ADMIN of another partner.
    Stranger,
    Reviewer,
    /// Another one.
    Colleague,
    Operator,
    /// Without a credential.
    Nobody,
}

pub const EVERYBODY: [Who; 8] = [
    Who::Anna,
    Who::Accounts,
    Who::Helpdesk,
    Who::Stranger,
    Who::Reviewer,
    Who::Colleague,
    Who::Operator,
    Who::Nobody,
];

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Start,
    LegalName(u8),
    Address(u8),
    /// A postal code that is not the country's.
    BadAddress,
    ContactAddress(u8),
    ContactName(u8),
    ContactPhone(u8),
    WebMailContact,
    Support,
    AddLocation,
    Tie(u8),
    Submit {
        authority: bool,
    },
    Recall,
    Reopen,
    Withdraw,
    Resend,
    /// With the newest link, or the one before.
    Confirm {
        newest: bool,
        agrees: bool,
    },
    Disown {
        newest: bool,
        confirmed: bool,
    },
    /// With the newest undo link, or by an operator's name for it.
    Undo {
        by_name: bool,
    },
    Decide {
        check: usize,
        to: Check,
    },
    Escalate,
    Claim,
    Release,
    /// A document for a check.
    Upload {
        check: usize,
    },
    /// With the newest document, if there is one.
    Appeal,
    Close(u8),
    Open(u8),
    Suspend,
    Reinstate,
    Deauthorize,
    Sign,
    /// Time passes, and does what is due.
    Wait {
        minutes: i64,
    },
}

/// An enrolment with all that its next step depends on.
#[derive(Clone, Debug)]
pub struct Model {
    /// Minutes since the beginning.
    pub now: i64,
    pub state: State,
    pub checks: Option<[Check; 3]>,
    pub legal_name: Option<u8>,
    pub address: Option<u8>,
    /// Address, name and phone.
    pub contact: Option<(u8, u8, u8)>,
    pub has_support: bool,
    /// Addresses whose people said that it was not they.
    pub blocked: Vec<u8>,
    /// Links that ask the contact, and when they end; the newest last.
    pub links: Vec<(Link, i64)>,
    /// Links that undo a "not me".
    pub undo_links: Vec<(Link, i64)>,
    /// Whether a "not me" is why action is required.
    pub is_disowned: bool,
    pub locations: Vec<Place>,
    pub n_documents: usize,
    pub n_appeals: usize,
    /// The reviewer who has taken it on.
    pub claimed: Option<Who>,
    pub tied: Option<usize>,
    pub suspended: bool,
    pub deauthorized: bool,
    pub signed: bool,
    /// When the contact was mailed a link, and when because the company asked for it.
    pub asks: Vec<i64>,
    pub resends: Vec<i64>,
}

const APPEALS: usize = 3;
const RESEND_DAILY: usize = 5;
const LINK: i64 = 7 * 24 * 60;
const RESEND_PAUSE: i64 = 10;
const DAY: i64 = 24 * 60;

type Answer = Result<(), &'static str>;

impl Model {
    /// A DRAFT that was just started.
    pub fn new(now: i64) -> Self {
        Self {
            now,
            state: Draft,
            checks: None,
            legal_name: None,
            address: None,
            contact: None,
            has_support: false,
            blocked: Vec::new(),
            links: Vec::new(),
            undo_links: Vec::new(),
            is_disowned: false,
            locations: Vec::new(),
            n_documents: 0,
            n_appeals: 0,
            claimed: None,
            tied: None,
            suspended: false,
            deauthorized: false,
            signed: false,
            asks: Vec::new(),
            resends: Vec::new(),
        }
    }

    /// The programme status (M3).
    pub fn status(&self) -> &'static str {
        let takes_part = self.takes_part();
        match self.state {
            _ if self.deauthorized => "DEAUTHORIZED",
            _ if self.suspended => "SUSPENDED",
            Draft | Withdrawn => "NOT_ENROLLED",
            Submitted | InReview | ActionRequired => "PENDING_QUALIFICATION",
            Rejected => "REJECTED",
            Approved if takes_part && self.signed => "ACTIVE",
            Approved => "QUALIFIED",
        }
    }

    fn takes_part(&self) -> bool {
        self.tied.is_some_and(|it| self.locations[it] == Place::Open)
    }

    /// How near it is to a state, for a walk that aims at one.
    pub fn nearness(&self, aim: State) -> i32 {
        let rank = |it| match it {
            Withdrawn => 0,
            Draft => 10,
            Submitted => 20,
            InReview => 30,
            ActionRequired | Approved | Rejected => 40,
        };
        if self.state == aim {
            return 100;
        }
        if aim == Withdrawn {
            return -rank(self.state);
        }
        let wanted = match aim {
            Rejected => Failed,
            ActionRequired => Requested,
            Draft | Submitted | InReview | Approved | Withdrawn => Passed,
        };
        let n_checks = self.checks.iter().flatten().filter(|it| **it == wanted).count();
        let filled = [
            self.legal_name.is_some(),
            self.address.is_some(),
            self.contact.is_some_and(|it| !self.blocked.contains(&it.0)),
            self.has_support,
            self.takes_part(),
            self.signed,
        ];
        let n_filled = filled.iter().filter(|it| **it).count() + n_checks;
        let n_filled = i32::try_from(n_filled).unwrap_or(0);
        // What is beyond the aim leads back to it by the beginning.
        if rank(self.state) > rank(aim) { n_filled } else { rank(self.state) + n_filled }
    }

    /// What the step answers, having changed what it changes.
    pub fn step(&mut self, who: Who, step: Step, review: Review) -> Answer {
        self.admits(who, step)?;
        let answer = self.taken(who, step, review);
        if self.state != InReview {
            self.claimed = None;
        }
        answer
    }

    fn taken(&mut self, who: Who, step: Step, review: Review) -> Answer {
        match step {
            Step::Start => self.start(),
            Step::LegalName(name) => self.legal_name(name),
            Step::Address(address) => self.address(Some(address)),
            Step::BadAddress => self.address(None),
            Step::ContactAddress(to) => self.contact(|it| it.0 = to),
            Step::ContactName(to) => self.contact(|it| it.1 = to),
            Step::ContactPhone(to) => self.contact(|it| it.2 = to),
            Step::WebMailContact => Err("EMAIL_DOMAIN_NOT_ALLOWED"),
            Step::Support => {
                self.is_in(&[Draft, Submitted, InReview, ActionRequired, Approved, Rejected])?;
                self.has_support = true;
                Ok(())
            }
            Step::AddLocation => {
                self.locations.push(Place::New);
                Ok(())
            }
            Step::Tie(which) => self.tie(usize::from(which)),
            Step::Submit { authority } => self.submit(authority),
            Step::Recall => self.recall(),
            Step::Reopen => self.reopen(),
            Step::Withdraw => self.withdraw(),
            Step::Resend => self.resend(),
            Step::Confirm { newest, agrees } => self.confirm(newest, agrees),
            Step::Disown { newest, confirmed } => self.disown(newest, confirmed),
            Step::Undo { by_name } => self.undo(who, by_name),
            Step::Decide { check, to } => self.decide(check, to),
            Step::Escalate => self.escalate(review),
            Step::Claim => self.claim(who),
            Step::Release => self.release(who),
            Step::Upload { check } => self.upload(check),
            Step::Appeal => self.appeal(),
            Step::Close(which) => self.place(which, |it| match it {
                Place::New | Place::Refused => Place::Refused,
                Place::Open | Place::Closed => Place::Closed,
            }),
            Step::Open(which) => self.place(which, |_| Place::Open),
            Step::Suspend => self.suspend(true),
            Step::Reinstate => self.suspend(false),
            Step::Deauthorize => {
                if self.state == Withdrawn || self.deauthorized {
                    return Err(WRONG);
                }
                self.deauthorized = true;
                Ok(())
            }
            Step::Sign => self.sign(),
            Step::Wait { minutes } => {
                self.now += minutes;
                // Time writes down what it ended.
                for it in self.links.iter_mut().chain(&mut self.undo_links) {
                    if it.0 == Link::Live && it.1 <= self.now {
                        it.0 = Link::Expired;
                    }
                }
                Ok(())
            }
        }
    }

    /// Who may at all; then whose it is.
    fn admits(&self, who: Who, step: Step) -> Answer {
        use Who::{Accounts, Anna, Colleague, Helpdesk, Operator, Reviewer, Stranger};
        let own: &[Who] = match step {
            Step::Confirm { .. } | Step::Disown { .. } | Step::Wait { .. } => return Ok(()),
            Step::Undo { by_name: false } => return Ok(()),
            Step::Start
            | Step::LegalName(_)
            | Step::Address(_)
            | Step::BadAddress
            | Step::ContactAddress(_)
            | Step::ContactName(_)
            | Step::ContactPhone(_)
            | Step::WebMailContact
            | Step::Tie(_)
            | Step::Submit { .. }
            | Step::Recall
            | Step::Reopen
            | Step::Withdraw
            | Step::Resend
            | Step::Sign => &[Anna, Stranger],
            Step::AddLocation => &[Anna, Accounts, Stranger],
            Step::Support | Step::Escalate | Step::Upload { .. } | Step::Appeal => {
                &[Anna, Accounts, Stranger]
            }
            Step::Decide { .. } | Step::Claim | Step::Release => &[Reviewer, Colleague],
            Step::Suspend
            | Step::Reinstate
            | Step::Deauthorize
            | Step::Close(_)
            | Step::Open(_)
            | Step::Undo { by_name: true } => &[Operator],
        };
        match who {
            Who::Nobody => Err("CREDENTIAL_MISSING"),
            _ if !own.contains(&who) => Err("ROLE_MISSING"),
            // A stranger's own things are as they are; ours do not exist for it.
            Stranger => match step {
                Step::WebMailContact => Err("EMAIL_DOMAIN_NOT_ALLOWED"),
                Step::Start => Err("ENROLLMENT_ALREADY_EXISTS"),
                Step::Sign => Err("REQUIREMENTS_NOT_MET"),
                _ => Err("RESOURCE_NOT_FOUND"),
            },
            Accounts | Anna | Colleague | Helpdesk | Operator | Reviewer => Ok(()),
        }
    }

    fn is_in(&self, states: &[State]) -> Answer {
        if states.contains(&self.state) { Ok(()) } else { Err(WRONG) }
    }

    fn start(&mut self) -> Answer {
        if self.state != Withdrawn {
            return Err("ENROLLMENT_ALREADY_EXISTS");
        }
        *self = Self {
            links: std::mem::take(&mut self.links),
            undo_links: std::mem::take(&mut self.undo_links),
            locations: std::mem::take(&mut self.locations),
            n_documents: self.n_documents,
            n_appeals: self.n_appeals,
            suspended: self.suspended,
            deauthorized: self.deauthorized,
            ..Self::new(self.now)
        };
        Ok(())
    }

    fn legal_name(&mut self, name: u8) -> Answer {
        self.is_in(&[Draft, ActionRequired, Approved])?;
        if self.legal_name != Some(name) {
            self.legal_name = Some(name);
            self.again(&[EMPLOYMENT, BUSINESS]);
        }
        Ok(())
    }

    fn address(&mut self, address: Option<u8>) -> Answer {
        self.is_in(&[Draft, ActionRequired, Approved])?;
        let address = address.ok_or("ADDRESS_INVALID")?;
        if self.address != Some(address) {
            self.address = Some(address);
            self.again(&[BUSINESS]);
        }
        Ok(())
    }

    /// These checks are to be established anew.
    fn again(&mut self, which: &[usize]) {
        for it in self.checks.iter_mut().flat_map(|it| it.iter_mut().enumerate()) {
            if which.contains(&it.0) {
                *it.1 = Pending;
            }
        }
    }

    fn contact(&mut self, change: impl Fn(&mut (u8, u8, u8))) -> Answer {
        let before = self.contact;
        let mut after = before.unwrap_or((0, 0, 0));
        change(&mut after);
        let is_new_address = before.is_none_or(|it| it.0 != after.0);
        let is_new_name = before.is_none_or(|it| it.1 != after.1);
        match is_new_address {
            // The walk states the whole contact each time, the address with it.
            _ if self.blocked.contains(&after.0) => {
                return Err("CONTACT_DISOWNED");
            }
            _ => self.is_in(&[Draft, Submitted, InReview, ActionRequired, Approved])?,
        }
        self.contact = Some(after);
        if is_new_address {
            self.again(&[EMAIL, EMPLOYMENT]);
            self.is_disowned = false;
            end(&mut self.undo_links, Link::Void);
        } else if is_new_name {
            self.again(&[EMPLOYMENT]);
        }
        let is_proven = self.checks.is_some_and(|it| it[EMAIL] == Passed);
        if self.state == InReview && is_new_address {
            self.state = Submitted;
        }
        let is_asked = self.state == Submitted || (self.state == Approved && !is_proven);
        if is_asked && (is_new_address || is_new_name) {
            self.ask();
        }
        Ok(())
    }

    /// Mails the contact a link; the former one is dead.
    fn ask(&mut self) {
        end(&mut self.links, Link::Superseded);
        self.links.push((Link::Live, self.now + LINK));
        self.asks.push(self.now);
    }

    fn tie(&mut self, which: usize) -> Answer {
        let Some(seen) = self.locations.get(which).copied() else {
            return Err("RESOURCE_NOT_FOUND");
        };
        self.is_in(&[Draft, Submitted, InReview, ActionRequired, Approved, Rejected])?;
        if self.tied == Some(which) {
            return Err("PARTNER_ID_TIED");
        }
        if matches!(seen, Place::Closed | Place::Refused) {
            return Err("PARTNER_ID_INACTIVE");
        }
        self.tied = Some(which);
        if self.checks.is_some_and(|it| it[BUSINESS] == Passed) {
            self.locations[which] = Place::Open;
        }
        Ok(())
    }

    fn place(&mut self, which: u8, to: impl Fn(Place) -> Place) -> Answer {
        let place = self.locations.get_mut(usize::from(which)).ok_or("RESOURCE_NOT_FOUND")?;
        *place = to(*place);
        Ok(())
    }

    fn claim(&mut self, who: Who) -> Answer {
        self.is_in(&[InReview])?;
        if self.claimed.is_some_and(|it| it != who) {
            return Err("REVIEW_ALREADY_CLAIMED");
        }
        self.claimed = Some(who);
        Ok(())
    }

    fn release(&mut self, who: Who) -> Answer {
        self.is_in(&[InReview])?;
        match self.claimed {
            None => Err(WRONG),
            Some(by) if by != who => Err("REVIEW_ALREADY_CLAIMED"),
            Some(_) => {
                self.claimed = None;
                Ok(())
            }
        }
    }

    fn upload(&mut self, check: usize) -> Answer {
        if check == EMAIL {
            return Err("CHECK_NOT_DECIDABLE");
        }
        self.is_in(&[Draft, Submitted, InReview, ActionRequired, Approved, Rejected])?;
        if let Some(checks) = self.checks.as_mut().filter(|_| self.state == Approved) {
            match checks[check] {
                Passed => return Err(WRONG),
                Pending => {}
                Requested | Failed => checks[check] = Pending,
            }
        }
        self.n_documents += 1;
        Ok(())
    }

    fn appeal(&mut self) -> Answer {
        if self.n_documents == 0 {
            return Err("RESOURCE_NOT_FOUND");
        }
        self.is_in(&[Rejected])?;
        if self.n_appeals >= APPEALS {
            return Err("APPEALS_EXHAUSTED");
        }
        self.n_appeals += 1;
        for it in self.checks.iter_mut().flatten().filter(|it| **it == Failed) {
            *it = Pending;
        }
        self.state = InReview;
        Ok(())
    }

    fn submit(&mut self, authority: bool) -> Answer {
        self.is_in(&[Draft, ActionRequired])?;
        let contact = self.contact.filter(|it| !self.blocked.contains(&it.0));
        let is_complete = self.legal_name.is_some()
            && self.address.is_some()
            && self.has_support
            && contact.is_some();
        if !is_complete || !authority {
            return Err("REQUIREMENTS_NOT_MET");
        }
        if std::mem::take(&mut self.is_disowned) {
            end(&mut self.undo_links, Link::Void);
        }
        let checks = self.checks.get_or_insert([Pending; 3]);
        for it in checks.iter_mut().filter(|it| **it == Requested) {
            *it = Pending;
        }
        if checks[EMAIL] == Passed {
            self.state = InReview;
        } else {
            self.state = Submitted;
            self.ask();
        }
        Ok(())
    }

    fn recall(&mut self) -> Answer {
        self.is_in(&[Submitted, InReview, ActionRequired])?;
        self.again(&[EMPLOYMENT, BUSINESS]);
        self.state = Draft;
        self.end_links();
        Ok(())
    }

    fn end_links(&mut self) {
        end(&mut self.links, Link::Void);
        end(&mut self.undo_links, Link::Void);
        self.is_disowned = false;
    }

    fn reopen(&mut self) -> Answer {
        self.is_in(&[Rejected])?;
        for it in self.checks.iter_mut().flatten() {
            if matches!(it, Requested | Failed) {
                *it = Pending;
            }
        }
        self.state = Draft;
        Ok(())
    }

    fn withdraw(&mut self) -> Answer {
        self.is_in(&[Draft, Submitted, InReview, ActionRequired, Rejected])?;
        self.state = Withdrawn;
        self.tied = None;
        self.end_links();
        Ok(())
    }

    fn resend(&mut self) -> Answer {
        let is_reopened =
            self.state == Approved && self.checks.is_some_and(|it| it[EMAIL] != Passed);
        if self.state != Submitted && !is_reopened {
            return Err(WRONG);
        }
        let day = self.now - DAY;
        let today = self.resends.iter().filter(|it| day < **it).count();
        let last = self.asks.last();
        if last.is_some_and(|it| self.now < it + RESEND_PAUSE) {
            return Err("RESEND_TOO_SOON");
        }
        if today >= RESEND_DAILY {
            return Err("RESEND_LIMIT");
        }
        self.resends.push(self.now);
        self.ask();
        Ok(())
    }

    /// The link's place, if it works.
    fn find(&self, links: &[(Link, i64)], newest: bool) -> Result<usize, &'static str> {
        let n_back = if newest { 1 } else { 2 };
        let at = links.len().checked_sub(n_back).ok_or("LINK_INVALID")?;
        match links[at] {
            (Link::Live, until) if self.now < until => Ok(at),
            (Link::Live | Link::Expired, _) => Err("LINK_EXPIRED"),
            (Link::Used, _) => Err("LINK_USED"),
            (Link::Superseded, _) => Err("LINK_SUPERSEDED"),
            (Link::Void, _) => Err("LINK_VOID"),
        }
    }

    fn confirm(&mut self, newest: bool, agrees: bool) -> Answer {
        if !agrees {
            return Err("CONSENT_REQUIRED");
        }
        let at = self.find(&self.links, newest)?;
        self.links[at].0 = Link::Used;
        if let Some(checks) = &mut self.checks {
            checks[EMAIL] = Passed;
        }
        if self.state == Submitted {
            self.state = InReview;
        }
        Ok(())
    }

    fn disown(&mut self, newest: bool, confirmed: bool) -> Answer {
        let at = self.find(&self.links, newest)?;
        if !confirmed {
            return Ok(());
        }
        self.links[at].0 = Link::Used;
        self.blocked.extend(self.contact.map(|it| it.0));
        // After approval there is nothing to be undone: the company names another contact.
        if self.state == Submitted {
            self.state = ActionRequired;
            self.is_disowned = true;
            end(&mut self.undo_links, Link::Superseded);
            self.undo_links.push((Link::Live, self.now + LINK));
        }
        Ok(())
    }

    fn undo(&mut self, _who: Who, by_name: bool) -> Answer {
        if !by_name {
            let at = self.find(&self.undo_links, true)?;
            self.undo_links[at].0 = Link::Used;
        } else if !self.is_disowned || self.undo_links.last().is_none_or(|it| it.1 <= self.now) {
            return Err(WRONG);
        } else {
            end(&mut self.undo_links, Link::Void);
        }
        let address = self.contact.map(|it| it.0);
        self.blocked.retain(|it| Some(*it) != address);
        self.is_disowned = false;
        if self.state == ActionRequired {
            self.state = Submitted;
        }
        self.ask();
        Ok(())
    }

    fn decide(&mut self, check: usize, to: Check) -> Answer {
        if check == EMAIL {
            return Err("CHECK_NOT_DECIDABLE");
        }
        let is_proven = self.checks.is_some_and(|it| it[EMAIL] == Passed);
        match self.state {
            InReview => {}
            ActionRequired if is_proven => {}
            Approved if self.checks.is_some_and(|it| it[check] != Passed) => {}
            Draft | Submitted | ActionRequired | Approved | Rejected | Withdrawn => {
                return Err(WRONG);
            }
        }
        if let Some(checks) = &mut self.checks {
            checks[check] = to;
            if self.state != Approved {
                self.state = fold(checks);
            }
        }
        let tied = self.tied.filter(|_| (check, to) == (BUSINESS, Passed));
        if let Some(at) = tied.filter(|it| self.locations[*it] == Place::New) {
            self.locations[at] = Place::Open;
        }
        Ok(())
    }

    fn escalate(&self, review: Review) -> Answer {
        self.is_in(&[InReview])?;
        match (review.is_overdue, review.is_escalated_today) {
            (false, _) => Err("REVIEW_NOT_OVERDUE"),
            (true, true) => Err("ALREADY_ESCALATED"),
            (true, false) => Ok(()),
        }
    }

    fn suspend(&mut self, to: bool) -> Answer {
        if self.state == Withdrawn || self.deauthorized || self.suspended == to {
            return Err(WRONG);
        }
        self.suspended = to;
        Ok(())
    }

    fn sign(&mut self) -> Answer {
        if self.signed {
            return Err("AGREEMENT_ALREADY_ACCEPTED");
        }
        let takes_part = self.takes_part();
        let is_free = !self.suspended && !self.deauthorized;
        // Re-opened checks do not block, an address that is not the contact's does.
        let is_asked_rightly = self.contact.is_some_and(|it| !self.blocked.contains(&it.0));
        match self.state == Approved && takes_part && is_free && is_asked_rightly {
            true => self.signed = true,
            false => return Err("REQUIREMENTS_NOT_MET"),
        }
        Ok(())
    }
}

const WRONG: &str = "INVALID_STATE_TRANSITION";

/// What the server itself said of the review clock, which has a proof of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Review {
    pub is_overdue: bool,
    pub is_escalated_today: bool,
}

fn end(links: &mut [(Link, i64)], how: Link) {
    for it in links.iter_mut().filter(|it| it.0 == Link::Live) {
        it.0 = how;
    }
}

fn fold(checks: &[Check; 3]) -> State {
    if checks.contains(&Requested) {
        ActionRequired
    } else if checks.contains(&Pending) {
        InReview
    } else if checks.contains(&Failed) {
        Rejected
    } else {
        Approved
    }
}
