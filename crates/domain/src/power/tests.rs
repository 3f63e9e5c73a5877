//! U1, U4 and U6 role by role.

use sea_orm::Iterable as _;

use super::*;
use crate::{Credential, Timestamp, Who, id::SessionId};

const COMPANY: &[Role] = &[
    Role::GlobalAdmin,
    Role::AdminAgent,
    Role::UserAdmin,
    Role::AccountAdmin,
    Role::SalesAgent,
    Role::HelpdeskAgent,
    Role::BillingAdmin,
];

fn caller(roles: &[Role], partner: Option<partner::Kind>) -> Principal {
    let now = Timestamp::UNIX_EPOCH;
    Principal {
        who: Who::User(UserId::mint(now)),
        company: CompanyId::mint(now),
        partner,
        as_platform: false,
        roles: roles.to_vec(),
        credential: Credential::Session(SessionId::mint(now)),
        expire_time: now,
    }
}

fn other<'a>(company: CompanyId, roles: &'a [Role]) -> Target<'a> {
    Target { user: UserId::mint(Timestamp::UNIX_EPOCH), company, is_staff: false, roles }
}

fn why(answer: Result<()>) -> Option<Reason> {
    answer.err().map(|it| it.reason)
}

#[test]
fn a_machine_is_never_global_admin_and_its_roles_follow_u4() {
    let (reseller, provider) = (Some(partner::Kind::Reseller), Some(partner::Kind::Provider));
    for held in Role::iter() {
        for role in Role::iter() {
            let it = caller(&[held], provider);
            let expected = role != Role::GlobalAdmin && given(held).contains(&role);
            let found = check_assignable_to_machine(&it, it.company, provider, &[role]).is_ok();
            assert_eq!(found, expected, "{held} gives {role}");
        }
        let it = caller(&[held], reseller);
        let keeps = matches!(held, Role::GlobalAdmin | Role::AdminAgent);
        let foreign = CompanyId::mint(Timestamp::UNIX_EPOCH);
        assert_eq!(keeps_machines(&it, it.company, false), keeps, "{held} in its company");
        assert!(!keeps_machines(&it, foreign, false), "{held} in another one");
        assert_eq!(keeps_machines(&it, foreign, true), held == Role::Operator, "{held} of staff");
        let customer = caller(&[held], None);
        assert!(!keeps_machines(&customer, customer.company, false), "{held} without a partner");
    }
    let agent = caller(&[Role::AdminAgent], reseller);
    let not = check_assignable_to_machine(&agent, agent.company, reseller, &[Role::SalesAgent]);
    assert_eq!(why(not), Some(Reason::RoleNotAssignable));
}

/// What U4 says, written out.
fn given(held: Role) -> Vec<Role> {
    match held {
        Role::GlobalAdmin => COMPANY.to_vec(),
        Role::AdminAgent => COMPANY[1..].to_vec(),
        Role::UserAdmin => COMPANY[2..].to_vec(),
        Role::Operator => Role::iter().filter(|it| it.is_platform()).collect(),
        Role::AccountAdmin
        | Role::SalesAgent
        | Role::HelpdeskAgent
        | Role::BillingAdmin
        | Role::Reviewer
        | Role::AgreementPublisher
        | Role::Auditor
        | Role::InternalService => Vec::new(),
    }
}

#[test]
fn u4_each_role_gives_and_takes_what_it_may_and_nothing_else() {
    for held in Role::iter() {
        for role in Role::iter() {
            assert_eq!(gives(held, role), given(held).contains(&role), "{held} gives {role}");
            let names: Vec<&str> = role.given_by().split(' ').collect();
            let is_named = names.contains(&held.as_str());
            assert_eq!(gives(held, role), is_named, "{role} names {held} as its giver");
        }
    }
}

#[test]
fn u4_power_over_a_companys_roles_ends_at_its_own_people() {
    for held in Role::iter() {
        let who = caller(&[held], None);
        let elsewhere = CompanyId::mint(Timestamp::UNIX_EPOCH);
        for role in Role::iter() {
            assert_eq!(has_power(&who, who.company, role), gives(held, role), "{held} {role}");
            let expected = held == Role::Operator && role.is_platform();
            assert_eq!(has_power(&who, elsewhere, role), expected, "{held} {role} elsewhere");
        }
    }
}

#[test]
fn u4_every_act_needs_power_over_every_role_of_the_target() {
    for held in Role::iter() {
        let who = caller(&[held], None);
        for first in Role::iter() {
            for second in Role::iter() {
                let roles = [first, second];
                let target = other(who.company, &roles);
                let is_over = roles.iter().all(|it| gives(held, *it));
                let expected = (!is_over).then_some(Reason::TargetOutranksCaller);
                assert_eq!(why(check_outranks(&who, &target)), expected, "{held} {roles:?}");
            }
        }
    }
}

#[test]
fn u4_roles_are_given_and_taken_by_who_has_power_over_them_and_over_their_holder() {
    let kinds = [None, Some(partner::Kind::Reseller), Some(partner::Kind::Provider)];
    for (held, kind) in Role::iter().flat_map(|held| kinds.map(|kind| (held, kind))) {
        let who = caller(&[held], kind);
        for (has, role) in Role::iter().flat_map(|has| Role::iter().map(move |it| (has, it))) {
            let roles = [has];
            let target = other(who.company, &roles);
            let outranks = has.is_platform() == role.is_platform() && !gives(held, has);
            let expected = |is_known: bool| match (outranks, gives(held, role) && is_known) {
                (true, _) => Some(Reason::TargetOutranksCaller),
                (false, false) => Some(Reason::RoleNotAssignable),
                (false, true) => None,
            };
            let is_known = role != Role::SalesAgent || kind == Some(partner::Kind::Provider);
            let added = check_change(&who, &target, kind, &[role], &[]);
            assert_eq!(why(added), expected(is_known), "{held} gives {role} to {has} in {kind:?}");
            // What has no place in the company can still be taken.
            let taken = check_change(&who, &target, kind, &[], &[role]);
            assert_eq!(why(taken), expected(true), "{held} takes {role} from {has}");
            let fresh = check_assignable(&who, who.company, kind, &[role]);
            let none = (!gives(held, role) || !is_known).then_some(Reason::RoleNotAssignable);
            assert_eq!(why(fresh), none, "{held} adds somebody as {role} in {kind:?}");
        }
    }
}

#[test]
fn u1_nobody_changes_itself_except_that_a_global_admin_may_make_itself_admin_agent() {
    for held in Role::iter() {
        let who = caller(&[held], None);
        let roles = who.roles.clone();
        let Who::User(user) = who.who else { panic!("{who:?}") };
        let itself = Target { user, ..other(who.company, &roles) };
        assert_eq!(why(check_not_self(&who, &itself)), Some(Reason::SelfChangeNotAllowed));
        assert_eq!(why(check_not_self(&who, &other(who.company, &roles))), None);
        for role in Role::iter() {
            let may = (held, role) == (Role::GlobalAdmin, Role::AdminAgent);
            let expected = (!may).then_some(Reason::SelfChangeNotAllowed);
            let added = check_change(&who, &itself, None, &[role], &[]);
            assert_eq!(why(added), expected, "{held} gives itself {role}");
            let refused = Some(Reason::SelfChangeNotAllowed);
            let taken = check_change(&who, &itself, None, &[], &[role]);
            assert_eq!(why(taken), refused, "{held} drops {role}");
            let both = check_change(&who, &itself, None, &[Role::AdminAgent], &[role]);
            assert_eq!(why(both), refused, "{held} swaps {role}");
        }
    }
}

#[test]
fn u6_people_are_managed_by_admin_agents_and_user_admins_and_without_a_partner_by_global_admins() {
    let elsewhere = CompanyId::mint(Timestamp::UNIX_EPOCH);
    for held in Role::iter() {
        for kind in [None, Some(partner::Kind::Reseller), Some(partner::Kind::Provider)] {
            let who = caller(&[held], kind);
            let manages = matches!(held, Role::AdminAgent | Role::UserAdmin)
                || (held == Role::GlobalAdmin && kind.is_none());
            let is_operator = held == Role::Operator;
            assert_eq!(manages_people(&who), manages, "{held} {kind:?}");
            assert_eq!(acts_on(&who, who.company, false), manages, "{held} {kind:?}");
            assert!(!acts_on(&who, elsewhere, false), "{held} {kind:?}");
            assert_eq!(acts_on(&who, elsewhere, true), is_operator, "{held} {kind:?}");
            let gives_any = matches!(held, Role::GlobalAdmin | Role::AdminAgent | Role::UserAdmin);
            assert_eq!(changes_roles_in(&who, who.company), gives_any || is_operator, "{held}");
            assert_eq!(changes_roles_in(&who, elsewhere), is_operator, "{held}");
            let refused = check_manages(&who).err();
            assert_eq!(refused.is_none(), manages || is_operator, "{held} {kind:?}");
            let Some(refused) = refused else { continue };
            let tells = refused.metadata.get("selfAssignable").map(String::as_str);
            let may = held == Role::GlobalAdmin;
            assert_eq!(tells, may.then_some("ADMIN_AGENT"), "{held} {kind:?}");
        }
    }
}

#[test]
fn people_are_read_by_their_admins_by_themselves_and_by_who_oversees_the_platform() {
    let elsewhere = CompanyId::mint(Timestamp::UNIX_EPOCH);
    for held in Role::iter() {
        for kind in [None, Some(partner::Kind::Reseller), Some(partner::Kind::Provider)] {
            let who = caller(&[held], kind);
            let oversees = matches!(held, Role::Operator | Role::Auditor);
            let is_admin = matches!(held, Role::GlobalAdmin | Role::AdminAgent | Role::UserAdmin);
            let own = if oversees || is_admin { Sight::Everybody } else { Sight::Oneself };
            assert_eq!(sight(&who, who.company), own, "{held} {kind:?}");
            let delegate = held == Role::AdminAgent && kind == Some(partner::Kind::Provider);
            let foreign = match (oversees, delegate) {
                (true, _) => Sight::Everybody,
                (false, true) => Sight::ByDelegation,
                (false, false) => Sight::Nobody,
            };
            assert_eq!(sight(&who, elsewhere), foreign, "{held} {kind:?}");
        }
    }
}
