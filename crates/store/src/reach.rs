//! Which rows of each table a caller sees. Every query through `find` applies it.

use domain::Reach;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait, QueryFilter as _, QuerySelect as _, QueryTrait as _,
    sea_query::Expr,
};

use crate::entity::{
    acceptance, account, association_code, company, customer_invitation, customer_relationship,
    enrollment, evidence, external_id, invitation, ledger, location, organisation, partner,
    provider_profile, relationship, service_account, service_account_key,
};

/// A table whose rows belong to somebody.
pub trait Reachable: EntityTrait {
    /// The rows a company sees.
    fn of_company(company: domain::id::CompanyId) -> Condition;

    /// The same rows by each way in which it sees some, which has an index of its own: lists go by
    /// these, so that what a page costs does not depend on how much there is.
    fn ways(company: domain::id::CompanyId) -> Vec<Condition> {
        vec![Self::of_company(company)]
    }

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
        let of_company = Condition::all().add(account::Column::CompanyId.eq(company));
        of_company.add(account::Column::IsGone.eq(false))
    }
}

impl Reachable for service_account::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(service_account::Column::CompanyId.eq(company))
    }
}

impl Reachable for service_account_key::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(service_account_key::Column::CompanyId.eq(company))
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

impl Reachable for acceptance::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(acceptance::Column::CompanyId.eq(company))
    }
}

/// Whose PartnerID it opens; who uses it proves it.
impl Reachable for association_code::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(association_code::Column::CompanyId.eq(company))
    }
}

/// Each company sees what it set itself.
impl Reachable for external_id::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(external_id::Column::CompanyId.eq(company))
    }
}

/// Its own; what the directory shows is read as such.
impl Reachable for provider_profile::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        Condition::all().add(provider_profile::Column::CompanyId.eq(company))
    }
}

/// Either side, also after the end (R7).
impl Reachable for relationship::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        either(Self::ways(company))
    }

    fn ways(company: domain::id::CompanyId) -> Vec<Condition> {
        use relationship::Column::{ProviderCompanyId, ResellerCompanyId};
        vec![alone(ProviderCompanyId.eq(company)), alone(ResellerCompanyId.eq(company))]
    }
}

/// Sent by the company; accepted by it; to the PartnerID that is tied to its account, as long as it
/// waits, or was when it ended. Whose organisation the PartnerID is of counts for nothing.
impl Reachable for invitation::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        either(Self::ways(company))
    }

    fn ways(company: domain::id::CompanyId) -> Vec<Condition> {
        let own = partner::Entity::find()
            .select_only()
            .column(partner::Column::Id)
            .filter(partner::Column::CompanyId.eq(company));
        let own_number = location::Entity::find()
            .select_only()
            .column(location::Column::Number)
            .filter(location::Column::PartnerId.in_subquery(own.into_query()));
        // As the index has it.
        let waits = r#""invitation"."named_number" <> '' AND "invitation"."state" = 'PENDING'"#;
        let named = Condition::all()
            .add(Expr::cust(waits))
            .add(invitation::Column::NamedNumber.in_subquery(own_number.into_query()));
        use invitation::Column::{ProviderCompanyId, ResellerCompanyId};
        vec![alone(ProviderCompanyId.eq(company)), alone(ResellerCompanyId.eq(company)), named]
    }
}

/// Sent by the reseller, naming the provider.
impl Reachable for customer_invitation::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        either(Self::ways(company))
    }

    fn ways(company: domain::id::CompanyId) -> Vec<Condition> {
        use customer_invitation::Column::{ProviderCompanyId, ResellerCompanyId};
        vec![alone(ResellerCompanyId.eq(company)), alone(ProviderCompanyId.eq(company))]
    }
}

/// The partner that was authorised, the reseller through whom, and the customer itself (R8).
impl Reachable for customer_relationship::Entity {
    fn of_company(company: domain::id::CompanyId) -> Condition {
        either(Self::ways(company))
    }

    fn ways(company: domain::id::CompanyId) -> Vec<Condition> {
        use customer_relationship::Column::{CustomerId, PartnerCompanyId, ViaCompanyId};
        let ways = [PartnerCompanyId, ViaCompanyId, CustomerId];
        ways.into_iter().map(|it| alone(it.eq(company))).collect()
    }
}

fn alone(it: Expr) -> Condition {
    Condition::all().add(it)
}

fn either(ways: Vec<Condition>) -> Condition {
    ways.into_iter().fold(Condition::any(), Condition::add)
}
