//! People and companies as the contract shows them.

use api::{policy::v1::Role as Named, users::v1};
use domain::{
    Role,
    constants::USER_RESTORE,
    id::{company_name, partner_name, user_name},
};
use store::{
    NAMELESS,
    entity::{account, company, partner},
};

pub fn user(row: &account::Model, roles: &[Role]) -> v1::User {
    v1::User {
        name: user_name(row.company_id, row.id),
        etag: row.version.to_string(),
        create_time: Some(gate::wire_time(row.create_time)),
        update_time: Some(gate::wire_time(row.update_time)),
        sign_in_name: sign_in_name(row).to_owned(),
        given_name: row.given_name.clone(),
        family_name: row.family_name.clone(),
        email: row.email.clone(),
        language_code: row.language_code.clone(),
        state: api::number::<v1::UserState>(row.state.as_str()),
        roles: roles.iter().map(|it| api::number::<Named>(it.as_str())).collect(),
        email_verify_time: row.email_verify_time.map(gate::wire_time),
        second_factor: row.totp_id.is_some(),
        purge_time: row.delete_time.map(|it| gate::wire_time(it + USER_RESTORE)),
    }
}

/// The name as long as the person is there, the former one afterwards; some have none.
fn sign_in_name(row: &account::Model) -> &str {
    let name = match row.former_name.as_str() {
        "" => row.sign_in_name.as_str(),
        former => former,
    };
    if name.starts_with(NAMELESS) { "" } else { name }
}

pub fn company(row: &company::Model, partner: Option<&partner::Model>) -> v1::Company {
    v1::Company {
        name: company_name(row.id),
        create_time: Some(gate::wire_time(row.create_time)),
        display_name: row.display_name.clone(),
        region_code: row.region_code.clone(),
        domain: row.domain.clone().unwrap_or_default(),
        partner: partner.map(|it| partner_name(it.id)).unwrap_or_default(),
    }
}
