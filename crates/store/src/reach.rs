//! Which rows of each table a caller sees. Every query through `find` applies it.

use domain::Reach;
use sea_orm::{ColumnTrait as _, Condition, EntityTrait, sea_query::Expr};

use crate::entity::{
    account, company, customer_relationship, enrollment, evidence, ledger, location, organisation,
    partner, relationship,
};

/// A table whose rows belong to somebody.
pub trait Reachable: EntityTrait {
    /// The rows a company sees.
    fn of_company(company: domain::id::CompanyId) -> Condition;

    fn within(reach: Reach) -> Condition {
        match reach {
            Reach::Everything => Condition::all(),
            Reach::Company(company) => Self::of_company(company),
            Reach::Nothing => Condition::any().add(Expr::value(false)),
        }
    }
}

impl Reachable for company::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(company::Column::Id.eq(company))
    }
}

impl Reachable for account::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(account::Column::CompanyId.eq(company))
    }
}

impl Reachable for partner::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(partner::Column::CompanyId.eq(company))
    }
}

impl Reachable for enrollment::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(enrollment::Column::CompanyId.eq(company))
    }
}

impl Reachable for evidence::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(evidence::Column::CompanyId.eq(company))
    }
}

impl Reachable for ledger::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(ledger::Column::CompanyId.eq(company))
    }
}

impl Reachable for organisation::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(organisation::Column::CompanyId.eq(company))
    }
}

impl Reachable for location::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(location::Column::CompanyId.eq(company))
    }
}

/// Either side, also after the end (R7).
impl Reachable for relationship::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::any()
            .add(relationship::Column::ProviderCompanyId.eq(company))
            .add(relationship::Column::ResellerCompanyId.eq(company))
    }
}

/// The partner that was authorised, the reseller through whom, and the customer itself (R8).
impl Reachable for customer_relationship::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::any()
            .add(customer_relationship::Column::PartnerCompanyId.eq(company))
            .add(customer_relationship::Column::ViaCompanyId.eq(company))
            .add(customer_relationship::Column::CustomerId.eq(company))
    }
}
