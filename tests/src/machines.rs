//! Machines as their companies keep them, through the API, and the tokens that they sign.

use api::users::v1::{
    AddServiceAccountKeyRequest, CreateServiceAccountRequest, DeleteServiceAccountRequest,
    GetServiceAccountRequest, ListServiceAccountKeysRequest, ReactivateServiceAccountRequest,
    RevokeServiceAccountKeyRequest, ServiceAccount, ServiceAccountKey,
    SuspendServiceAccountRequest,
};
use credentials::{Algorithm, PrivateKey};
use domain::{Role, service_account::TOKEN_LIFE};
use tonic::Status;

use crate::{Persona, World, people::wire};

/// A service account with a key.
#[derive(Debug)]
pub struct Machine {
    /// `companies/{company}/serviceAccounts/{service account}`.
    pub name: String,
    /// `companies/{company}`.
    pub company: String,
    /// The key's own name.
    pub key_name: String,
    pub key: PrivateKey,
}

impl World {
    /// A machine that this person keeps, with a key of this algorithm.
    pub async fn machine_by(
        &self,
        keeper: &Persona,
        roles: &[Role],
        algorithm: Algorithm,
    ) -> Machine {
        let account = self.add_machine(keeper, roles).await.unwrap();
        let key = PrivateKey::generate(algorithm).unwrap();
        let jwk = key.public().to_jwk();
        let added = self.add_key(keeper, &account.name, &jwk).await.unwrap();
        let company = keeper.company.clone();
        Machine { name: account.name, company, key_name: added.name, key }
    }

    pub async fn machine(&self, keeper: &Persona, roles: &[Role]) -> Machine {
        self.machine_by(keeper, roles, Algorithm::EdDsa).await
    }

    /// The machine, with a token that it signs now.
    pub fn signed(&self, machine: &Machine) -> Persona {
        let audience = self.config().audience();
        let now = self.clock.now();
        let token = machine.key.token(&machine.name, audience, now, TOKEN_LIFE).unwrap();
        let company = machine.company.clone();
        Persona { company, user: machine.name.clone(), token: Some(token), ..Persona::default() }
    }

    pub async fn add_machine(
        &self,
        keeper: &Persona,
        roles: &[Role],
    ) -> Result<ServiceAccount, Status> {
        let asked = keeper.asks(CreateServiceAccountRequest {
            display_name: self.label("platform"),
            roles: wire(roles),
            ..CreateServiceAccountRequest::default()
        });
        let made = self.users().create_service_account(asked).await?.into_inner();
        Ok(made.service_account.unwrap())
    }

    /// The keys of a machine, page by page.
    pub async fn keys(&self, keeper: &Persona, parent: &str) -> Result<Vec<String>, Status> {
        let (mut names, mut page_token) = (Vec::new(), String::new());
        loop {
            let parent = parent.to_owned();
            let ask = ListServiceAccountKeysRequest { parent, page_size: 40, page_token };
            let page = self.users().list_service_account_keys(keeper.asks(ask)).await?.into_inner();
            assert!(page.keys.len() <= 40);
            names.extend(page.keys.into_iter().map(|it| it.name));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(names);
            }
        }
    }

    pub async fn add_key(
        &self,
        keeper: &Persona,
        machine: &str,
        public_key: &str,
    ) -> Result<ServiceAccountKey, Status> {
        let asked = keeper.asks(AddServiceAccountKeyRequest {
            parent: machine.to_owned(),
            public_key: public_key.to_owned(),
            ..AddServiceAccountKeyRequest::default()
        });
        Ok(self.users().add_service_account_key(asked).await?.into_inner().key.unwrap())
    }

    pub async fn revoke_key(
        &self,
        keeper: &Persona,
        key: &str,
    ) -> Result<ServiceAccountKey, Status> {
        let name = key.to_owned();
        let ask = RevokeServiceAccountKeyRequest { name, ..Default::default() };
        let asked = keeper.asks(ask);
        Ok(self.users().revoke_service_account_key(asked).await?.into_inner().key.unwrap())
    }

    pub async fn account(&self, keeper: &Persona, name: &str) -> Result<ServiceAccount, Status> {
        let asked = keeper.asks(GetServiceAccountRequest { name: name.to_owned() });
        let found = self.users().get_service_account(asked).await?.into_inner();
        Ok(found.service_account.unwrap())
    }

    pub async fn stop(&self, keeper: &Persona, name: &str) -> Result<ServiceAccount, Status> {
        let name = name.to_owned();
        let ask = SuspendServiceAccountRequest { name, ..Default::default() };
        let found = self.users().suspend_service_account(keeper.asks(ask)).await?.into_inner();
        Ok(found.service_account.unwrap())
    }

    pub async fn go_on(&self, keeper: &Persona, name: &str) -> Result<ServiceAccount, Status> {
        let name = name.to_owned();
        let ask = ReactivateServiceAccountRequest { name, ..Default::default() };
        let found = self.users().reactivate_service_account(keeper.asks(ask)).await?.into_inner();
        Ok(found.service_account.unwrap())
    }

    pub async fn dismiss(&self, keeper: &Persona, name: &str) -> Result<ServiceAccount, Status> {
        let name = name.to_owned();
        let ask = DeleteServiceAccountRequest { name, ..Default::default() };
        let found = self.users().delete_service_account(keeper.asks(ask)).await?.into_inner();
        Ok(found.service_account.unwrap())
    }
}
