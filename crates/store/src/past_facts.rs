//! The facts of each table that are remembered: what orders and relationships follow from.

use domain::{
    Error, Result, Timestamp,
    agreement::{AttestationState, Audience},
    id::VersionId,
    relationship,
};
use sea_orm::{ActiveEnum, prelude::Uuid};
use serde::{Deserialize, Serialize};

use crate::{
    entity::{
        agreement, company, customer_agreement, enrollment, location, partner, relationship as tie,
    },
    past::Fact,
};

/// Where a company is, and whether it accepted the customer agreement itself.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CompanyFact {
    region_code: String,
    has_accepted: bool,
}

impl Fact for CompanyFact {
    const KIND: &'static str = "COMPANY";
    type Row = company::Model;

    fn of(row: &company::Model) -> Self {
        let has_accepted = row.customer_version_id.is_some();
        Self { region_code: row.region_code.clone(), has_accepted }
    }

    fn put(self, row: company::Model) -> Result<company::Model> {
        let customer_version_id = row.customer_version_id.filter(|_| self.has_accepted);
        Ok(company::Model { region_code: self.region_code, customer_version_id, ..row })
    }
}

/// A partner's flags and its acceptance.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartnerFact {
    is_suspended: bool,
    is_deauthorized: bool,
    accepted_version_id: Option<VersionId>,
    accepted_place: i64,
}

impl Fact for PartnerFact {
    const KIND: &'static str = "PARTNER";
    type Row = partner::Model;

    fn of(row: &partner::Model) -> Self {
        Self {
            is_suspended: row.suspend_reason.is_some(),
            is_deauthorized: row.deauthorize_reason.is_some(),
            accepted_version_id: row.accepted_version_id,
            accepted_place: row.accepted_place,
        }
    }

    fn put(self, row: partner::Model) -> Result<partner::Model> {
        Ok(partner::Model {
            suspend_reason: self.is_suspended.then(String::new),
            deauthorize_reason: self.is_deauthorized.then(String::new),
            accepted_version_id: self.accepted_version_id,
            accepted_place: self.accepted_place,
            ..row
        })
    }
}

/// Where a partner's enrolment stood, and what it said the company is called.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EnrollmentFact {
    state: String,
    legal_name: String,
}

impl Fact for EnrollmentFact {
    const KIND: &'static str = "ENROLLMENT";
    type Row = enrollment::Model;

    fn of(row: &enrollment::Model) -> Self {
        Self { state: row.state.to_value(), legal_name: row.legal_name.clone() }
    }

    fn put(self, row: enrollment::Model) -> Result<enrollment::Model> {
        let state = word(&self.state)?;
        Ok(enrollment::Model { state, legal_name: self.legal_name, ..row })
    }
}

/// The location that was tied to a partner.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PlaceFact {
    pub number: String,
    state: String,
}

impl Fact for PlaceFact {
    const KIND: &'static str = "PLACE";
    type Row = location::Model;

    fn of(row: &location::Model) -> Self {
        Self { number: row.number.clone(), state: row.state.to_value() }
    }

    fn put(self, row: location::Model) -> Result<location::Model> {
        Ok(location::Model { state: word(&self.state)?, ..row })
    }
}

/// Where a relationship stood, and who held it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RelationshipFact {
    version: i64,
    update_time: Timestamp,
    state: String,
    held_by_provider: bool,
    held_by_reseller: bool,
    held_by_operator: bool,
}

impl Fact for RelationshipFact {
    const KIND: &'static str = "RELATIONSHIP";
    type Row = tie::Model;

    fn of(row: &tie::Model) -> Self {
        Self {
            version: row.version,
            update_time: row.update_time,
            state: row.state.to_value(),
            held_by_provider: row.held_by_provider,
            held_by_reseller: row.held_by_reseller,
            held_by_operator: row.held_by_operator,
        }
    }

    fn put(self, row: tie::Model) -> Result<tie::Model> {
        let state: relationship::State = word(&self.state)?;
        // None comes back from its end.
        let end_time = row.end_time.filter(|_| state == relationship::State::Ended);
        Ok(tie::Model {
            version: self.version,
            update_time: self.update_time,
            state,
            held_by_provider: self.held_by_provider,
            held_by_reseller: self.held_by_reseller,
            held_by_operator: self.held_by_operator,
            end_time,
            ..row
        })
    }
}

/// Whether what a provider attested of a customer stood.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AttestationFact {
    state: String,
}

impl Fact for AttestationFact {
    const KIND: &'static str = "ATTESTATION";
    type Row = customer_agreement::Model;

    fn of(row: &customer_agreement::Model) -> Self {
        Self { state: row.state.to_value() }
    }

    fn put(self, row: customer_agreement::Model) -> Result<customer_agreement::Model> {
        let state: AttestationState = word(&self.state)?;
        Ok(customer_agreement::Model { state, ..row })
    }
}

/// The course of an agreement, as it was written down.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CourseFact {
    effective_version_id: Option<VersionId>,
    course: String,
}

impl Fact for CourseFact {
    const KIND: &'static str = "COURSE";
    type Row = agreement::Model;

    fn of(row: &agreement::Model) -> Self {
        let effective_version_id = row.effective_version_id;
        Self { effective_version_id, course: row.course.clone() }
    }

    fn put(self, row: agreement::Model) -> Result<agreement::Model> {
        let effective_version_id = self.effective_version_id;
        Ok(agreement::Model { effective_version_id, course: self.course, ..row })
    }
}

/// An agreement has no id of its own: its audience's place among them.
pub(crate) fn course_subject(audience: Audience) -> Uuid {
    Uuid::from_u128(match audience {
        Audience::Reseller => 1,
        Audience::Provider => 2,
        Audience::Customer => 3,
    })
}

fn word<E: ActiveEnum<Value = String>>(text: &str) -> Result<E> {
    E::try_from_value(&text.to_owned()).map_err(Error::internal)
}
