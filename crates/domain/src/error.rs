//! Everything that can go wrong, in the words of the caller.

use std::{collections::BTreeMap, num::NonZeroU32};

use crate::{
    Reason, Role,
    readiness::{Goal, Requirement},
};

/// A refusal: why, with every dynamic part by name, and what each field has wrong.
#[derive(Debug, thiserror::Error)]
#[error("{}", .reason.as_str())]
pub struct Error {
    pub reason: Reason,
    /// Every dynamic part of the message, lowerCamel.
    pub metadata: BTreeMap<&'static str, String>,
    /// Fields that are wrong, in the order of the contract.
    pub violations: Vec<Violation>,
    /// What the goal that guards the call still waits for.
    pub unmet: Option<(Goal, Vec<Requirement>)>,
    /// After how many seconds it is worth trying again.
    pub retry_after: Option<NonZeroU32>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field in the request.
    pub field: String,
    /// Stable code.
    pub reason: &'static str,
    /// For people.
    pub description: String,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(reason: Reason) -> Self {
        Self {
            reason,
            metadata: BTreeMap::new(),
            violations: Vec::new(),
            unmet: None,
            retry_after: None,
            source: None,
        }
    }

    /// One malformed field.
    pub fn field(
        field: impl Into<String>,
        reason: &'static str,
        description: impl Into<String>,
    ) -> Self {
        Self::new(Reason::FieldInvalid).violation(field, reason, description)
    }

    /// A defect of ours. The source is logged, never shown.
    pub fn internal(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Reason::Internal).caused_by(source)
    }

    /// The requirements of a goal that are not met (domain section 7).
    pub fn unmet(goal: Goal, requirements: Vec<Requirement>) -> Self {
        let ids: Vec<&str> = requirements.iter().map(|it| it.id).collect();
        let mut err = Self::new(Reason::RequirementsNotMet).with("requirements", ids.join(" "));
        err.unmet = Some((goal, requirements));
        err
    }

    /// What is unknown, or not the caller's to know: the same for both.
    pub fn not_found() -> Self {
        Self::new(Reason::ResourceNotFound)
    }

    /// None of the roles that would do is held: which, who gives them, and whether the asker may give
    /// itself one, as a GLOBAL_ADMIN may ADMIN_AGENT (U6).
    pub fn role_missing(required: &[Role], held: &[Role]) -> Self {
        let names: Vec<&str> = required.iter().map(|it| it.as_str()).collect();
        let err = Self::new(Reason::RoleMissing)
            .with("requiredRoles", names.join(" "))
            .with("givenBy", Role::givers(required));
        let may_help_itself =
            required.contains(&Role::AdminAgent) && held.contains(&Role::GlobalAdmin);
        match may_help_itself {
            true => err
                .with("selfAssignable", Role::AdminAgent.as_str())
                .with("cure", "pacta.users.v1.UsersService/UpdateUserRoles"),
            false => err,
        }
    }

    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.metadata.insert(key, value.into());
        self
    }

    pub fn violation(
        mut self,
        field: impl Into<String>,
        reason: &'static str,
        description: impl Into<String>,
    ) -> Self {
        let (field, description) = (field.into(), description.into());
        self.violations.push(Violation { field, reason, description });
        self
    }

    /// It is worth trying again after this time, rounded up to seconds.
    pub fn retry_after(mut self, wait: chrono::Duration) -> Self {
        let whole = wait.num_seconds() + i64::from(wait.subsec_nanos() > 0);
        self.retry_after = u32::try_from(whole).ok().and_then(NonZeroU32::new);
        self
    }

    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }
}
