//! Requirements as the contract shows them, in answers and in errors alike.

use api::types::v1;
use domain::readiness::{Cure, Requirement, Service};

pub fn requirement(it: Requirement) -> v1::Requirement {
    let blocked_goals = it.blocked_goals();
    let blocked_goals = blocked_goals.iter().map(|it| api::number::<v1::Goal>(it.as_str()));
    v1::Requirement {
        id: it.id.to_owned(),
        turn: api::number::<v1::Turn>(it.turn.as_str()),
        blocking: it.blocking,
        permanent: it.permanent,
        overdue: it.overdue,
        problems: it.problems,
        cure: it.cure.map(cure),
        alternatives: it.alternatives.into_iter().map(cure).collect(),
        since_time: it.since.map(crate::wire_time),
        expected_from_time: it.expected_from.map(crate::wire_time),
        expected_by_time: it.expected_by.map(crate::wire_time),
        waits_for: it.waits_for.iter().map(|it| (*it).to_owned()).collect(),
        blocked_goals: blocked_goals.collect(),
    }
}

fn cure(it: Cure) -> v1::Cure {
    let service = match it.service {
        Service::Enrollment => "pacta.enrollment.v1.EnrollmentService",
        Service::Agreements => "pacta.agreements.v1.AgreementsService",
        Service::Relationships => "pacta.relationships.v1.RelationshipsService",
    };
    v1::Cure {
        rpc: format!("{service}/{}", it.rpc),
        fields: it.fields.iter().map(|it| (*it).to_owned()).collect(),
    }
}
