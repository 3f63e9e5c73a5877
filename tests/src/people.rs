//! People as their admins manage them, through the API.

use api::{
    policy::v1::Role as Named,
    users::v1::{
        AddTotpRequest, ConfirmTotpRequest, CreateUserRequest, DeleteUserRequest, GetUserRequest,
        ReactivateUserRequest, ResetUserPasswordRequest, ResetUserPasswordResponse, SignInRequest,
        SuspendUserRequest, UndeleteUserRequest, UpdateUserRequest, UpdateUserRolesRequest, User,
    },
};
use chrono::Duration;
use domain::Role;
use tonic::Status;
use totp_rs::{Builder, Secret};

use crate::{PASSWORD, Persona, World};

pub fn wire(roles: &[Role]) -> Vec<i32> {
    roles.iter().map(|it| api::number::<Named>(it.as_str())).collect()
}

/// A person of the asker's own company.
pub fn newcomer(name: &str, roles: &[Role]) -> CreateUserRequest {
    CreateUserRequest {
        user_name: name.to_owned(),
        given_name: "Dora".to_owned(),
        family_name: "Novak".to_owned(),
        email: format!("{name}@people.example"),
        language_code: "en".to_owned(),
        roles: wire(roles),
        ..CreateUserRequest::default()
    }
}

impl World {
    /// The same person, who proves an app and then signs in with one of its codes.
    pub async fn with_second_factor(&self, who: &Persona) -> Persona {
        let asked = who.asks(AddTotpRequest::default());
        let shown = self.users().add_totp(asked).await.unwrap().into_inner();
        let secret = Secret::try_from_base32(&shown.secret).unwrap();
        let app = Builder::new().with_secret(secret).with_account_name("anna").build().unwrap();
        let code = || app.generate(self.clock.now().timestamp().try_into().unwrap()).to_string();
        let ask = ConfirmTotpRequest { code: code(), ..Default::default() };
        self.users().confirm_totp(who.asks(ask)).await.unwrap();
        // A code is good once.
        self.clock.advance(Duration::seconds(30));
        let (sign_in_name, password) = (who.sign_in_name.clone(), PASSWORD.to_owned());
        let request = SignInRequest { sign_in_name, password, totp_code: code() };
        let session = self.users().sign_in(request).await.unwrap().into_inner();
        Persona { token: Some(session.access_token), ..who.clone() }
    }

    /// Adds a person, who has not signed in yet; its one-time password.
    pub async fn add(
        &self,
        by: &Persona,
        name: &str,
        roles: &[Role],
    ) -> Result<(User, String), Status> {
        let asked = by.asks(newcomer(name, roles));
        let made = self.users().create_user(asked).await?.into_inner();
        Ok((made.user.unwrap(), made.one_time_password))
    }

    /// Adds a person who changes its one-time password and signs in.
    pub async fn join(&self, by: &Persona, name: &str, roles: &[Role]) -> Persona {
        let (user, one_time) = self.add(by, name, roles).await.unwrap();
        self.change_password(&user.sign_in_name, &one_time).await;
        self.sign_in(&user.sign_in_name).await
    }

    /// What is kept of a person that reaches it, whoever asks: its address, and by which identity its
    /// directory knows it.
    pub async fn reachable(&self, name: &str) -> (String, Option<String>) {
        let id = domain::id::last_id(name).unwrap();
        let read = async |view: &store::View| {
            let email = view.any_account(id).await?.unwrap().email;
            let subject = view.any_identity_of(id).await?.map(|it| it.subject);
            Ok((email, subject))
        };
        self.app.db.read(&domain::Call::system("test"), read).await.unwrap()
    }

    pub async fn user(&self, by: &Persona, name: &str) -> Result<User, Status> {
        let asked = by.asks(GetUserRequest { name: name.to_owned() });
        Ok(self.users().get_user(asked).await?.into_inner().user.unwrap())
    }

    pub async fn change_roles(
        &self,
        by: &Persona,
        name: &str,
        add: &[Role],
        remove: &[Role],
    ) -> Result<User, Status> {
        let request = UpdateUserRolesRequest {
            name: name.to_owned(),
            add_roles: wire(add),
            remove_roles: wire(remove),
            ..UpdateUserRolesRequest::default()
        };
        let answer = self.users().update_user_roles(by.asks(request)).await?;
        Ok(answer.into_inner().user.unwrap())
    }

    pub async fn rename(&self, by: &Persona, name: &str, given: &str) -> Result<User, Status> {
        let (name, given_name) = (name.to_owned(), given.to_owned());
        let request = UpdateUserRequest { name, given_name, ..UpdateUserRequest::default() };
        Ok(self.users().update_user(by.asks(request)).await?.into_inner().user.unwrap())
    }

    pub async fn reset(
        &self,
        by: &Persona,
        name: &str,
    ) -> Result<ResetUserPasswordResponse, Status> {
        let name = name.to_owned();
        let request = ResetUserPasswordRequest { name, ..ResetUserPasswordRequest::default() };
        Ok(self.users().reset_user_password(by.asks(request)).await?.into_inner())
    }

    pub async fn shut_out(&self, by: &Persona, name: &str) -> Result<User, Status> {
        let name = name.to_owned();
        let request = SuspendUserRequest { name, ..SuspendUserRequest::default() };
        Ok(self.users().suspend_user(by.asks(request)).await?.into_inner().user.unwrap())
    }

    pub async fn let_in(&self, by: &Persona, name: &str) -> Result<User, Status> {
        let name = name.to_owned();
        let request = ReactivateUserRequest { name, ..ReactivateUserRequest::default() };
        Ok(self.users().reactivate_user(by.asks(request)).await?.into_inner().user.unwrap())
    }

    pub async fn remove(&self, by: &Persona, name: &str) -> Result<User, Status> {
        let name = name.to_owned();
        let request = DeleteUserRequest { name, ..DeleteUserRequest::default() };
        Ok(self.users().delete_user(by.asks(request)).await?.into_inner().user.unwrap())
    }

    pub async fn restore(&self, by: &Persona, name: &str) -> Result<User, Status> {
        let name = name.to_owned();
        let request = UndeleteUserRequest { name, ..UndeleteUserRequest::default() };
        Ok(self.users().undelete_user(by.asks(request)).await?.into_inner().user.unwrap())
    }
}
