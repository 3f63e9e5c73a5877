//! A person says by which key a machine will sign; its private half stays where it was made.

use api::users::v1::{AddServiceAccountKeyRequest, AddServiceAccountKeyResponse};
use credentials::{KeyFlaw, PublicKey};
use domain::{
    Call, Error, Reason, Result,
    id::{KeyId, service_account_key_name},
    service_account::{Action, LIVE_KEYS, key_end},
};
use event::{Event, ServiceAccountKeyAdded, event::Kind};
use store::{
    Tx,
    entity::{service_account, service_account_key},
};

use crate::{Service, machine};

pub async fn add_service_account_key(
    service: &Service,
    call: &Call,
    req: AddServiceAccountKeyRequest,
) -> Result<AddServiceAccountKeyResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let asked = gate::domain_time("expire_time", req.expire_time)?;
    let key = PublicKey::read(&req.public_key).map_err(|it| refused(problem(it)))?;
    let public_key = key.to_der().ok_or_else(|| refused("UNREADABLE"))?;
    let write = async |tx: &mut Tx| {
        let account = machine::acted_on(tx, caller, &req.parent).await?;
        let expire_time = key_end(asked, tx.now())?;
        let state = account.state.after(Action::AddKey)?;
        check_room(tx, &account).await?;
        let row = service_account_key::Model {
            id: KeyId::mint(tx.now()),
            service_account_id: account.id,
            company_id: account.company_id,
            create_time: tx.now(),
            expire_time,
            revoke_time: None,
            algorithm: key.algorithm().as_str().to_owned(),
            thumbprint: key.thumbprint(),
            public_key: public_key.clone(),
        };
        if !tx.add_service_account_key(&row).await? {
            return Err(refused("KNOWN"));
        }
        let to = service_account::Model { state, ..account.clone() };
        tx.change_service_account(&account, to).await?;

        let name = service_account_key_name(row.company_id, account.id, row.id);
        let what = ServiceAccountKeyAdded {
            key: name.clone(),
            key_id: row.thumbprint.clone(),
            algorithm: row.algorithm.clone(),
        };
        tx.record(Event::of(name, Kind::ServiceAccountKeyAdded(what)), &[row.company_id]);
        let key = Some(machine::shown_key(tx, &row)?);
        Ok(AddServiceAccountKeyResponse { key, plan: None })
    };
    service.db.write(call, write).await
}

/// Every key goes through the account's own row, so that of two at once one counts the other.
async fn check_room(tx: &Tx, account: &service_account::Model) -> Result<()> {
    match tx.n_live_keys(account).await? < LIVE_KEYS {
        true => Ok(()),
        false => Err(refused("TOO_MANY")),
    }
}

fn refused(problem: &'static str) -> Error {
    Error::new(Reason::KeyNotAccepted).with("problem", problem)
}

/// Why, in a word that stays.
fn problem(flaw: KeyFlaw) -> &'static str {
    match flaw {
        KeyFlaw::Unreadable => "UNREADABLE",
        KeyFlaw::Private => "PRIVATE",
        KeyFlaw::Algorithm => "ALGORITHM",
        KeyFlaw::Rsa => "RSA_SIZE",
        KeyFlaw::Point => "POINT",
        KeyFlaw::Use => "USE",
    }
}
