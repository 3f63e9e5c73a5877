//! Reads the rule of every RPC out of the descriptor.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{DescriptorPool, MethodDescriptor};

use crate::policy::v1::{Kind, LinkPurpose, Role, Rule};

/// The rule of each RPC, by its path (`/package.Service/Method`).
#[derive(Clone, Debug)]
pub struct Rules {
    rules: BTreeMap<String, Rule>,
    /// RPCs whose request is a stream.
    uploads: BTreeSet<String>,
}

/// Why a contract cannot be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The descriptor is no descriptor.
    Unreadable,
    /// The named RPC, or reason, lacks its option.
    Missing(String),
    /// The named RPC's rule cannot be met or says two things.
    Contradictory(String),
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable => f.write_str("the descriptor is unreadable"),
            Self::Missing(what) => write!(f, "{what} lacks its option"),
            Self::Contradictory(what) => write!(f, "the rule of {what} contradicts itself"),
        }
    }
}

impl std::error::Error for Flaw {}

impl Rules {
    /// Fails unless every RPC of `descriptor` declares a rule that can be met.
    pub fn read(descriptor: &[u8]) -> Result<Self, Flaw> {
        let pool = DescriptorPool::decode(descriptor).map_err(|_| Flaw::Unreadable)?;
        let option = pool.get_extension_by_name("pacta.policy.v1.rule").ok_or(Flaw::Unreadable)?;
        let (mut rules, mut uploads) = (BTreeMap::new(), BTreeSet::new());
        for service in pool.services() {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                let options = method.options();
                if !options.has_extension(&option) {
                    return Err(Flaw::Missing(path));
                }
                let rule = options.get_extension(&option);
                let rule = rule.as_message().ok_or(Flaw::Unreadable)?;
                let rule: Rule = rule.transcode_to().map_err(|_| Flaw::Unreadable)?;
                if contradicts(&rule, &method) {
                    return Err(Flaw::Contradictory(path));
                }
                if method.is_client_streaming() {
                    uploads.insert(path.clone());
                }
                rules.insert(path, rule);
            }
        }
        Ok(Self { rules, uploads })
    }

    pub fn get(&self, path: &str) -> Option<&Rule> {
        self.rules.get(path)
    }

    /// Whether the RPC's request is a stream, which takes its time.
    pub fn is_upload(&self, path: &str) -> bool {
        self.uploads.contains(path)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Rule)> {
        self.rules.iter().map(|(path, rule)| (path.as_str(), rule))
    }
}

fn contradicts(rule: &Rule, method: &MethodDescriptor) -> bool {
    let n_ways =
        [rule.open, rule.signed_in, !rule.allow.is_empty()].into_iter().filter(|it| *it).count();
    let empty_allow = rule.allow.iter().any(|it| {
        let unknown = it.roles().any(|role| role == Role::Unspecified);
        let misplaced = it.roles().any(|role| is_platform(role) != (it.kind() == Kind::Platform));
        it.roles.is_empty() || unknown || misplaced || it.kind() == Kind::Unspecified
    });
    // A mailed secret is asked for in the message exactly where the rule demands one.
    let takes_link = method.input().get_field_by_name("link_secret").is_some_and(|it| {
        let name = "pacta.policy.v1.field";
        let option = it.parent_pool().get_extension_by_name(name);
        option.is_some_and(|option| {
            let options = it.options();
            let rule = options.get_extension(&option);
            let required = rule.as_message().and_then(|it| it.get_field_by_name("required"));
            required.and_then(|it| it.as_bool()).unwrap_or(false)
        })
    });
    let demands_link = rule.link() != LinkPurpose::Unspecified;
    // What changes something offers `validate_only` or is an act of identity.
    let plans = method.input().get_field_by_name("validate_only").is_some();
    n_ways != 1
        || empty_allow
        || takes_link != demands_link
        || (rule.open && (rule.fresh || rule.claimed_admin || rule.persons))
        || (rule.fresh && rule.persons)
        || (rule.before_account && !rule.signed_in)
        || (rule.claimed_admin && !admits_global_admins(rule))
        || (plans && !rule.mutates)
}

/// A claim is believed where the role would do (E2).
fn admits_global_admins(rule: &Rule) -> bool {
    let admits = |it: &crate::policy::v1::Allow| it.kind() == Kind::Any;
    rule.allow.iter().any(|it| admits(it) && it.roles().any(|role| role == Role::GlobalAdmin))
}

/// Whether `role` is given on the platform, not in a company.
pub fn is_platform(role: Role) -> bool {
    match role {
        Role::Operator
        | Role::Reviewer
        | Role::AgreementPublisher
        | Role::Auditor
        | Role::InternalService => true,
        Role::Unspecified
        | Role::GlobalAdmin
        | Role::AdminAgent
        | Role::UserAdmin
        | Role::AccountAdmin
        | Role::SalesAgent
        | Role::HelpdeskAgent
        | Role::BillingAdmin => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rpc_declares_a_rule_that_can_be_met() {
        let rules = Rules::read(crate::DESCRIPTOR).unwrap();
        assert!(rules.iter().count() > 0);
        let rule = rules.get("/pacta.users.v1.UsersService/WhoAmI").unwrap();
        assert!(rule.signed_in && !rule.open);
    }

    #[test]
    fn every_reason_has_a_code_and_both_texts() {
        let reasons = crate::Reasons::read(crate::DESCRIPTOR).unwrap();
        assert_eq!(reasons.get("LINK_USED").unwrap().code, 9);
    }
}
