//! What people read through the API, and refusals, in short.

use api::{
    changes::v1::{AuditEntry, ListAuditEntriesRequest},
    enrollment::v1::{
        CheckKind, CheckState, Enrollment, EnrollmentState, GetEnrollmentRequest,
        GetPartnerRequest, GetReadinessRequest, ListLocationsRequest, Location, Partner,
    },
    relationships::v1::ListRelationshipsRequest,
    types::v1::{Goal, Requirement},
};
use chrono::{DateTime, Utc};
use prost::Message as _;
use tonic::Status;

use crate::{Persona, World, cast::Firm, metadata, reason};

impl World {
    pub async fn enrollment_of(&self, firm: &Firm) -> Enrollment {
        let asked = firm.anna.asks(GetEnrollmentRequest { name: firm.enrollment.clone() });
        self.enrollment().get_enrollment(asked).await.unwrap().into_inner().enrollment.unwrap()
    }

    pub async fn state_of(&self, firm: &Firm) -> EnrollmentState {
        self.enrollment_of(firm).await.state()
    }

    /// The places of the firm's organisation.
    pub async fn locations_of(&self, firm: &Firm) -> Vec<Location> {
        let asked = firm.anna.asks(ListLocationsRequest::default());
        self.enrollment().list_locations(asked).await.unwrap().into_inner().locations
    }

    /// Names of the firm's relationships that have not ended.
    pub async fn ties_of(&self, firm: &Firm) -> Vec<String> {
        let asked = firm.anna.asks(ListRelationshipsRequest::default());
        let answer = self.relationships().list_relationships(asked).await.unwrap();
        answer.into_inner().relationships.into_iter().map(|it| it.name).collect()
    }

    /// The partner as the person reads it.
    pub async fn partner_as(&self, who: &Persona, partner: &str) -> Result<Partner, Status> {
        let asked = who.asks(GetPartnerRequest { name: partner.to_owned() });
        let answer = self.enrollment().get_partner(asked).await?;
        Ok(answer.into_inner().partner.unwrap())
    }

    /// States of EMAIL_OWNERSHIP, EMPLOYMENT and BUSINESS.
    pub async fn checks_of(&self, firm: &Firm) -> [CheckState; 3] {
        let checks = self.enrollment_of(firm).await.checks;
        [CheckKind::EmailOwnership, CheckKind::Employment, CheckKind::Business]
            .map(|kind| checks.iter().find(|it| it.kind() == kind).unwrap().state())
    }

    /// What the firm itself reads as unmet.
    pub async fn unmet(&self, firm: &Firm, goal: Goal) -> Vec<Requirement> {
        let ask = GetReadinessRequest {
            goal: goal.into(),
            partner: firm.partner.clone(),
            ..GetReadinessRequest::default()
        };
        let answer = self.enrollment().get_readiness(firm.anna.asks(ask)).await.unwrap();
        answer.into_inner().requirements
    }

    /// Everything that the firm's ledger holds, the newest first.
    pub async fn ledger_of(&self, firm: &Firm) -> Vec<AuditEntry> {
        let ask = ListAuditEntriesRequest {
            parent: firm.anna.company.clone(),
            page_size: 500,
            ..ListAuditEntriesRequest::default()
        };
        let answer = self.changes().list_audit_entries(firm.anna.asks(ask)).await.unwrap();
        answer.into_inner().audit_entries
    }

    /// Entries of one event in the firm's ledger.
    pub async fn recorded(&self, firm: &Firm, event: &str) -> Vec<AuditEntry> {
        let name = |it: &AuditEntry| {
            let bytes = it.event.as_ref().unwrap().encode_to_vec();
            event::Event::decode(bytes.as_slice()).unwrap().kind.unwrap().name()
        };
        let mut entries = self.ledger_of(firm).await;
        entries.retain(|it| name(it) == event);
        entries
    }

    /// Subject lines of all mails to an address, the oldest first, after everything was sent.
    pub async fn subjects_to(&self, address: &str) -> Vec<String> {
        self.deliver().await;
        let mails = self.mailbox().list().unwrap().into_iter();
        mails.filter(|it| it.to.eq_ignore_ascii_case(address)).map(|it| it.subject).collect()
    }

    /// Moves the clock on to a moment, such as `2026-12-03T08:00:00Z`.
    pub fn until(&self, moment: &str) {
        let moment: DateTime<Utc> = moment.parse().unwrap();
        self.clock.advance(moment - self.clock.now());
    }

    /// The firm once its people have signed in again.
    pub async fn again(&self, firm: &Firm) -> Firm {
        Firm { anna: self.sign_in(&firm.anna.sign_in_name).await, ..firm.clone() }
    }

    /// A person who has signed in again.
    pub async fn anew(&self, persona: &Persona) -> Persona {
        self.sign_in(&persona.sign_in_name).await
    }
}

pub fn ids(requirements: &[Requirement]) -> Vec<&str> {
    requirements.iter().map(|it| it.id.as_str()).collect()
}

/// The ids that REQUIREMENTS_NOT_MET lists.
pub fn unmet_in(status: &Status) -> Vec<String> {
    assert_eq!(reason(status), "REQUIREMENTS_NOT_MET");
    metadata(status, "requirements").split(' ').map(str::to_owned).collect()
}

/// A moment of the wire as the stories spell it.
pub fn moment(it: Option<prost_types::Timestamp>) -> String {
    let it = it.unwrap();
    let moment = DateTime::from_timestamp(it.seconds, it.nanos.try_into().unwrap()).unwrap();
    moment.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string()
}

/// Everything of a refusal that reaches the caller.
pub fn bytes(status: &Status) -> (tonic::Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}
