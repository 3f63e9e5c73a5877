//! What a person may do, in its company or on the platform.

use std::fmt;

use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};

/// Held by people, kept in our database, never taken from a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    GlobalAdmin,
    AdminAgent,
    UserAdmin,
    AccountAdmin,
    SalesAgent,
    HelpdeskAgent,
    BillingAdmin,
    Operator,
    Reviewer,
    AgreementPublisher,
    Auditor,
    InternalService,
}

impl Role {
    /// The name in the contract, without prefix.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GlobalAdmin => "GLOBAL_ADMIN",
            Self::AdminAgent => "ADMIN_AGENT",
            Self::UserAdmin => "USER_ADMIN",
            Self::AccountAdmin => "ACCOUNT_ADMIN",
            Self::SalesAgent => "SALES_AGENT",
            Self::HelpdeskAgent => "HELPDESK_AGENT",
            Self::BillingAdmin => "BILLING_ADMIN",
            Self::Operator => "OPERATOR",
            Self::Reviewer => "REVIEWER",
            Self::AgreementPublisher => "AGREEMENT_PUBLISHER",
            Self::Auditor => "AUDITOR",
            Self::InternalService => "INTERNAL_SERVICE",
        }
    }

    /// Every role there is.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::iter().find(|it| it.as_str() == name)
    }

    /// Given by an operator, to users of whatever company.
    pub fn is_platform(self) -> bool {
        matches!(
            self,
            Self::Operator
                | Self::Reviewer
                | Self::AgreementPublisher
                | Self::Auditor
                | Self::InternalService
        )
    }

    /// Who can give it, for a denial that helps.
    pub fn given_by(self) -> &'static str {
        match self {
            Self::GlobalAdmin => "GLOBAL_ADMIN",
            Self::AdminAgent => "GLOBAL_ADMIN ADMIN_AGENT",
            Self::UserAdmin
            | Self::AccountAdmin
            | Self::SalesAgent
            | Self::HelpdeskAgent
            | Self::BillingAdmin => "GLOBAL_ADMIN ADMIN_AGENT USER_ADMIN",
            Self::Operator
            | Self::Reviewer
            | Self::AgreementPublisher
            | Self::Auditor
            | Self::InternalService => "OPERATOR",
        }
    }

    /// Who can give any one of these roles, each giver once.
    pub fn givers(roles: &[Self]) -> String {
        let mut givers: Vec<&str> = roles.iter().flat_map(|it| it.given_by().split(' ')).collect();
        givers.sort_unstable();
        givers.dedup();
        givers.join(" ")
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ActiveEnum as _;

    use super::*;

    #[test]
    fn the_database_spells_roles_as_the_contract_does() {
        for role in Role::iter() {
            assert_eq!(role.to_value(), role.as_str());
        }
    }
}
