//! Who has power over whom: which roles one gives and takes, and on which people one acts (U1, U4,
//! U6).

use crate::{
    Error, Principal, Reason, Result, Role,
    id::{CompanyId, UserId},
    partner,
};

/// A person on whom somebody acts.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub user: UserId,
    pub company: CompanyId,
    /// Of the vendor's own company.
    pub is_staff: bool,
    pub roles: &'a [Role],
}

/// Whether a holder of `held` gives and takes `role` (U4).
pub fn gives(held: Role, role: Role) -> bool {
    match held {
        Role::GlobalAdmin => !role.is_platform(),
        Role::AdminAgent => !role.is_platform() && role != Role::GlobalAdmin,
        Role::UserAdmin => matches!(
            role,
            Role::UserAdmin
                | Role::AccountAdmin
                | Role::SalesAgent
                | Role::HelpdeskAgent
                | Role::BillingAdmin
        ),
        Role::Operator => role.is_platform(),
        Role::AccountAdmin
        | Role::SalesAgent
        | Role::HelpdeskAgent
        | Role::BillingAdmin
        | Role::Reviewer
        | Role::AgreementPublisher
        | Role::Auditor
        | Role::InternalService => false,
    }
}

/// Whether there is such a role in a company of this kind: SALES_AGENT is a provider's.
pub fn exists_in(role: Role, kind: Option<partner::Kind>) -> bool {
    role != Role::SalesAgent || kind == Some(partner::Kind::Provider)
}

/// Whether the caller gives and takes this role of people of that company: a company's roles by
/// roles in the same company, the platform's by OPERATOR wherever (U4).
pub fn has_power(caller: &Principal, company: CompanyId, role: Role) -> bool {
    let is_own = caller.company == company;
    caller.roles.iter().any(|held| gives(*held, role) && (is_own || role.is_platform()))
}

/// Whether a company's own people let the caller manage people (U6): in a partner's company its
/// ADMIN_AGENT and USER_ADMIN, in another one its GLOBAL_ADMIN too.
pub fn manages_people(caller: &Principal) -> bool {
    let has = |it: Role| caller.roles.contains(&it);
    let by_admin = caller.partner.is_none() && has(Role::GlobalAdmin);
    has(Role::AdminAgent) || has(Role::UserAdmin) || by_admin
}

/// Whether the caller may act on people of that company at all: its own ones if it manages people,
/// the vendor's as an OPERATOR. Others do not exist for it.
pub fn acts_on(caller: &Principal, company: CompanyId, is_staff: bool) -> bool {
    (caller.company == company && manages_people(caller))
        || (is_staff && caller.roles.contains(&Role::Operator))
}

/// Whom of a company one reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    Everybody,
    Oneself,
    /// Nobody by oneself; a live DELEGATED_ADMIN may open the company (R6).
    ByDelegation,
    Nobody,
}

/// Whom of that company the caller reads: its admins everybody of its own, everybody themselves, the
/// platform's OPERATOR and AUDITOR everybody wherever.
pub fn sight(caller: &Principal, company: CompanyId) -> Sight {
    let has = |it: Role| caller.roles.contains(&it);
    let is_own = caller.company == company;
    let is_admin = has(Role::GlobalAdmin) || has(Role::AdminAgent) || has(Role::UserAdmin);
    match (is_own, is_admin) {
        _ if has(Role::Operator) || has(Role::Auditor) => Sight::Everybody,
        (true, true) => Sight::Everybody,
        (true, false) => Sight::Oneself,
        (false, _) if caller.partner == Some(partner::Kind::Provider) && has(Role::AdminAgent) => {
            Sight::ByDelegation
        }
        (false, _) => Sight::Nobody,
    }
}

/// Whether the caller may change roles of people of that company: of its own ones as whoever gives
/// roles, of all others the platform's as an OPERATOR.
pub fn changes_roles_in(caller: &Principal, company: CompanyId) -> bool {
    let has = |it: Role| caller.roles.contains(&it);
    let is_own = caller.company == company;
    let by_company = has(Role::GlobalAdmin) || has(Role::AdminAgent) || has(Role::UserAdmin);
    (is_own && by_company) || has(Role::Operator)
}

/// ROLE_MISSING where somebody who manages nobody acts on another (U6).
pub fn check_manages(caller: &Principal) -> Result<()> {
    let is_operator = caller.roles.contains(&Role::Operator);
    if manages_people(caller) || is_operator {
        return Ok(());
    }
    let mut required = vec![Role::AdminAgent, Role::UserAdmin];
    required.extend(caller.partner.is_none().then_some(Role::GlobalAdmin));
    Err(Error::role_missing(&required, &caller.roles))
}

/// Every act on another needs power over every role that it holds (U4).
pub fn check_outranks(caller: &Principal, target: &Target<'_>) -> Result<()> {
    outranks(caller, target, |_| true)
}

fn outranks(caller: &Principal, it: &Target<'_>, counts: impl Fn(Role) -> bool) -> Result<()> {
    let counted: Vec<Role> = it.roles.iter().copied().filter(|it| counts(*it)).collect();
    check_over(caller, it.company, &counted)
}

/// TARGET_OUTRANKS_CALLER where something of that company holds a role that the caller does not give.
pub fn check_over(caller: &Principal, company: CompanyId, roles: &[Role]) -> Result<()> {
    let is_over = |role: &Role| !has_power(caller, company, *role);
    let over: Vec<Role> = roles.iter().copied().filter(is_over).collect();
    match over.is_empty() {
        true => Ok(()),
        false => Err(named(Reason::TargetOutranksCaller, &over)),
    }
}

/// Nobody shuts itself out or gives itself a one-time password (U1).
pub fn check_not_self(caller: &Principal, target: &Target<'_>) -> Result<()> {
    match caller.is(target.user) {
        true => Err(self_change(target.roles)),
        false => Ok(()),
    }
}

/// Whether the caller can give each of these roles to somebody of that company:
/// ROLE_NOT_ASSIGNABLE names those that it cannot (U4).
pub fn check_assignable(
    caller: &Principal,
    company: CompanyId,
    kind: Option<partner::Kind>,
    roles: &[Role],
) -> Result<()> {
    let is_not = |it: &Role| !has_power(caller, company, *it) || !exists_in(*it, kind);
    refuse_roles(roles.iter().copied().filter(is_not).collect())
}

/// The same for a machine of the company: it is never GLOBAL_ADMIN, which is for persons.
pub fn check_assignable_to_machine(
    caller: &Principal,
    company: CompanyId,
    kind: Option<partner::Kind>,
    roles: &[Role],
) -> Result<()> {
    match roles.contains(&Role::GlobalAdmin) {
        true => refuse_roles(vec![Role::GlobalAdmin]),
        false => check_assignable(caller, company, kind, roles),
    }
}

/// Whether the caller keeps the machines of that company: its own ones as GLOBAL_ADMIN or
/// ADMIN_AGENT of a partner, the platform's as an OPERATOR. Others do not exist for it.
pub fn keeps_machines(caller: &Principal, company: CompanyId, is_staff: bool) -> bool {
    let has = |it: Role| caller.roles.contains(&it);
    let is_keeper = caller.partner.is_some() && (has(Role::GlobalAdmin) || has(Role::AdminAgent));
    (caller.company == company && is_keeper) || (is_staff && has(Role::Operator))
}

/// Whether the caller may give and take these roles of a person: U1 first, then power over those
/// that it holds, then over those that change (U4). Company roles ask nothing of who also works for
/// the platform, nor the other way round.
pub fn check_change(
    caller: &Principal,
    target: &Target<'_>,
    kind: Option<partner::Kind>,
    added: &[Role],
    removed: &[Role],
) -> Result<()> {
    if caller.is(target.user) {
        let gives_itself = added == [Role::AdminAgent] && removed.is_empty();
        return match gives_itself && caller.roles.contains(&Role::GlobalAdmin) {
            true => Ok(()),
            false => Err(self_change(target.roles)),
        };
    }
    let changes: Vec<Role> = added.iter().chain(removed).copied().collect();
    let touches = |is_platform: bool| changes.iter().any(|it| it.is_platform() == is_platform);
    outranks(caller, target, |it| touches(it.is_platform()))?;
    let taken = removed.iter().copied().filter(|it| !has_power(caller, target.company, *it));
    let mut wrong: Vec<Role> = taken.collect();
    let is_not = |it: &Role| !has_power(caller, target.company, *it) || !exists_in(*it, kind);
    wrong.extend(added.iter().copied().filter(is_not));
    refuse_roles(wrong)
}

fn refuse_roles(wrong: Vec<Role>) -> Result<()> {
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(named(Reason::RoleNotAssignable, &wrong)),
    }
}

fn named(reason: Reason, roles: &[Role]) -> Error {
    let names: Vec<&str> = roles.iter().map(|it| it.as_str()).collect();
    Error::new(reason).with("roles", names.join(" ")).with("givenBy", Role::givers(roles))
}

fn self_change(roles: &[Role]) -> Error {
    Error::new(Reason::SelfChangeNotAllowed).with("askedOf", Role::givers(roles))
}

#[cfg(test)]
mod tests;
