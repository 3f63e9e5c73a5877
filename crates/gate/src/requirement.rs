//! Requirements as the contract shows them, in answers and in errors alike.

use api::types::v1;
use domain::readiness::Requirement;

const SERVICE: &str = "pacta.enrollment.v1.EnrollmentService";

pub fn requirement(it: Requirement) -> v1::Requirement {
    let blocked_goals = it.blocked_goals().iter().map(|it| api::number::<v1::Goal>(it.as_str()));
    let (rpc, fields) = it.cure;
    v1::Requirement {
        id: it.id.to_owned(),
        turn: api::number::<v1::Turn>(it.turn.as_str()),
        blocking: it.blocking,
        problems: it.problems.iter().map(|it| (*it).to_owned()).collect(),
        cure: Some(v1::Cure {
            rpc: format!("{SERVICE}/{rpc}"),
            fields: fields.iter().map(|it| (*it).to_owned()).collect(),
        }),
        waits_for: it.waits_for.iter().map(|it| (*it).to_owned()).collect(),
        blocked_goals: blocked_goals.collect(),
        ..v1::Requirement::default()
    }
}
