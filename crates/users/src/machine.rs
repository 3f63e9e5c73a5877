//! What every act on a service account shares: whose it is, who keeps it, and how it is shown.

use api::{policy::v1::Role as Named, users::v1};
use domain::{
    Error, Principal, Result, Role,
    id::{
        CompanyId, last_id, service_account_ids, service_account_key_name, service_account_name,
        user_name,
    },
    power::{check_over, keeps_machines},
    service_account::is_live,
};
use store::{
    View,
    entity::{service_account, service_account_key},
    service_account_roles,
};

/// The account of this name, or of that of one of its keys, if the caller keeps it: its own company's,
/// or the platform's own as an OPERATOR. Others do not exist for it.
pub async fn kept(view: &View, caller: &Principal, name: &str) -> Result<service_account::Model> {
    let (company, id) = service_account_ids(name).ok_or_else(Error::not_found)?;
    kept_company(view, caller, company).await?;
    view.service_account(company, id).await
}

/// The same to act on it, which takes power over its roles: TARGET_OUTRANKS_CALLER (U4).
pub async fn acted_on(
    view: &View,
    caller: &Principal,
    name: &str,
) -> Result<service_account::Model> {
    let account = kept(view, caller, name).await?;
    check_over(caller, account.company_id, &service_account_roles(&account))?;
    Ok(account)
}

/// The company whose accounts these are, if the caller keeps them; its own where none is named.
pub async fn named_company(view: &View, caller: &Principal, parent: &str) -> Result<CompanyId> {
    let id = match parent {
        "" => caller.company,
        name => last_id(name)?,
    };
    kept_company(view, caller, id).await?;
    Ok(id)
}

async fn kept_company(view: &View, caller: &Principal, id: CompanyId) -> Result<()> {
    let company = view.any_company(id).await?.ok_or_else(Error::not_found)?;
    match keeps_machines(caller, id, view.is_staff(&company)) {
        true => Ok(()),
        false => Err(Error::not_found()),
    }
}

/// An account as the contract shows it.
pub fn shown(view: &View, row: &service_account::Model) -> v1::ServiceAccount {
    let role = |it: &Role| api::number::<Named>(it.as_str());
    v1::ServiceAccount {
        name: service_account_name(row.company_id, row.id),
        etag: row.version.to_string(),
        create_time: Some(gate::wire_time(row.create_time)),
        update_time: Some(gate::wire_time(row.update_time)),
        display_name: row.display_name.clone(),
        state: api::number::<v1::ServiceAccountState>(row.state.as_str()),
        roles: service_account_roles(row).iter().map(role).collect(),
        maker: user_name(row.company_id, row.maker_id),
        audience: view.programme().audience.to_string(),
    }
}

/// A key as the contract shows it.
pub fn shown_key(view: &View, row: &service_account_key::Model) -> Result<v1::ServiceAccountKey> {
    let key = credentials::PublicKey::from_der(&row.public_key).map_err(Error::internal)?;
    Ok(v1::ServiceAccountKey {
        name: service_account_key_name(row.company_id, row.service_account_id, row.id),
        create_time: Some(gate::wire_time(row.create_time)),
        expire_time: Some(gate::wire_time(row.expire_time)),
        revoke_time: row.revoke_time.map(gate::wire_time),
        algorithm: row.algorithm.clone(),
        key_id: row.thumbprint.clone(),
        public_jwk: key.to_jwk(),
        live: is_live(row.expire_time, row.revoke_time, view.now()),
    })
}
