//! Questions about orders, and their answers, as the contract has them (R10).

use api::relationships::v1::{OrderAuthorization, OrderOperation};
use domain::{
    Error, Result,
    id::last_id,
    readiness::{Goal, Requirement},
};
use store::OrderQuestion;

/// The question that these names ask.
pub fn question(
    operation: OrderOperation,
    provider: &str,
    reseller: &str,
    customer: &str,
) -> Result<OrderQuestion> {
    let goal = match operation {
        OrderOperation::NewPurchase => Goal::PlaceOrder,
        OrderOperation::ManageExisting => Goal::ManageExisting,
        OrderOperation::Unspecified => return Err(Error::not_found()),
    };
    let (provider, reseller) = (last_id(provider)?, last_id(reseller)?);
    Ok(OrderQuestion { goal, provider, reseller, customer: last_id(customer)? })
}

pub fn authorization(blockers: Vec<Requirement>) -> OrderAuthorization {
    OrderAuthorization {
        authorized: blockers.is_empty(),
        blockers: blockers.into_iter().map(gate::requirement).collect(),
    }
}
