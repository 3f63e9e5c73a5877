//! One caller: a connection and a credential of its own.

use api::{
    agreements::v1::agreements_service_client::AgreementsServiceClient,
    changes::v1::changes_service_client::ChangesServiceClient,
    enrollment::v1::enrollment_service_client::EnrollmentServiceClient,
    relationships::v1::relationships_service_client::RelationshipsServiceClient,
    types::v1::{Consent, Statement, UnmetRequirements},
    users::v1::{
        ChangePasswordRequest, CreateWorkAccountRequest, CreateWorkAccountResponse, SignInRequest,
        WhoAmIRequest, users_service_client::UsersServiceClient,
    },
};
use prost::Message as _;
use tonic::{
    Request, Response, Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt as _;

use super::{Failure, cast::Company};
use crate::say;

const PASSWORD: &str = "long enough to be a passphrase";

pub type Line = InterceptedService<Channel, Bearer>;

/// A caller by name, such as `reseller`.
#[derive(Clone)]
pub struct Client {
    who: &'static str,
    channel: Channel,
    credential: Bearer,
    /// `companies/{company}`.
    pub company: String,
}

/// Puts the credential on every call.
#[derive(Clone)]
pub struct Bearer(Option<MetadataValue<tonic::metadata::Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

impl Client {
    /// A caller without a credential, on a connection of its own.
    pub async fn connect(who: &'static str, address: &Endpoint) -> Result<Self, Failure> {
        let (channel, credential) = (address.connect().await?, Bearer(None));
        Ok(Self { who, channel, credential, company: String::new() })
    }

    /// A company makes a work account; its first person signs in.
    pub async fn of_company(
        who: &'static str,
        address: &Endpoint,
        company: &Company,
    ) -> Result<Self, Failure> {
        let anybody = Self::connect(who, address).await?;
        let person = &company.person;
        let request = CreateWorkAccountRequest {
            domain_prefix: company.domain_prefix.clone(),
            display_name: company.display_name.clone(),
            region_code: company.address.region_code.clone(),
            user_name: person.user_name.clone(),
            given_name: person.given_name.clone(),
            family_name: person.family_name.clone(),
            email: person.email.clone(),
            language_code: person.language_code.clone(),
            validate_only: false,
        };
        let made: CreateWorkAccountResponse =
            anybody.users().create_work_account(request).await?.into_inner();
        let name = made.user.ok_or("a user")?.sign_in_name;
        let company = made.company.ok_or("a company")?;
        anybody.says("CreateWorkAccount", format!("{}, {name}", company.display_name));
        anybody.first_sign_in(&name, &made.one_time_password).await
    }

    /// Signs in with a one-time password, is told to change it, changes it, signs in again.
    pub async fn first_sign_in(self, name: &str, one_time: &str) -> Result<Self, Failure> {
        let with = |password: &str| SignInRequest {
            sign_in_name: name.to_owned(),
            password: password.to_owned(),
            ..SignInRequest::default()
        };
        let first = self.users().sign_in(with(one_time)).await?.into_inner();
        if !first.password_change_required {
            return Err("a one-time password has to be changed".into());
        }
        let change = ChangePasswordRequest {
            sign_in_name: name.to_owned(),
            old_password: one_time.to_owned(),
            new_password: PASSWORD.to_owned(),
            ..ChangePasswordRequest::default()
        };
        self.users().change_password(change).await?;
        let session = self.users().sign_in(with(PASSWORD)).await?.into_inner();
        let token = format!("Bearer {}", session.access_token).parse()?;
        let me = Self { credential: Bearer(Some(token)), ..self };
        let answer = me.users().who_am_i(WhoAmIRequest {}).await?.into_inner();
        let company = answer.company.ok_or("a company")?.name;
        let n = answer.permissions.len();
        me.says("SignIn", format!("password changed, signed in, may call {n} RPCs"));
        Ok(Self { company, ..me })
    }

    fn line(&self) -> Line {
        InterceptedService::new(self.channel.clone(), self.credential.clone())
    }

    pub fn users(&self) -> UsersServiceClient<Line> {
        UsersServiceClient::new(self.line())
    }

    pub fn enrollment(&self) -> EnrollmentServiceClient<Line> {
        EnrollmentServiceClient::new(self.line())
    }

    pub fn agreements(&self) -> AgreementsServiceClient<Line> {
        AgreementsServiceClient::new(self.line())
    }

    pub fn relationships(&self) -> RelationshipsServiceClient<Line> {
        RelationshipsServiceClient::new(self.line())
    }

    pub fn changes(&self) -> ChangesServiceClient<Line> {
        ChangesServiceClient::new(self.line())
    }

    /// A line: who called what and what came back.
    pub fn says(&self, rpc: &str, what: impl std::fmt::Display) {
        say(format!("{:13} {rpc}: {what}", self.who));
    }

    /// Insists that a call is refused for this reason.
    pub fn is_refused<T>(
        &self,
        rpc: &str,
        answer: Result<Response<T>, Status>,
        reason: &str,
    ) -> Result<(), Failure> {
        let Err(status) = answer else {
            return Err(format!("{rpc} should have been refused for {reason}").into());
        };
        let found = status.get_details_error_info().map(|it| it.reason).unwrap_or_default();
        if found != reason {
            return Err(format!("{rpc}: refused for {found}, not for {reason}").into());
        }
        self.says(rpc, format!("refused, {reason}: {}", status.message()));
        Ok(())
    }

    /// Insists that a call waits for exactly these requirements.
    pub fn waits_for<T>(
        &self,
        rpc: &str,
        answer: Result<Response<T>, Status>,
        wanted: &[&str],
    ) -> Result<(), Failure> {
        let found = unmet(answer.as_ref().err());
        self.is_refused(rpc, answer, "REQUIREMENTS_NOT_MET")?;
        match found == wanted {
            true => Ok(()),
            false => Err(format!("{rpc} waits for {found:?}, not for {wanted:?}").into()),
        }
    }
}

/// Ids of the requirements that a refusal lists.
fn unmet(status: Option<&Status>) -> Vec<String> {
    let details = status.map(Status::details).unwrap_or_default();
    let whole = tonic_types::pb::Status::decode(details).unwrap_or_default();
    let unmet = whole.details.iter().find(|it| it.type_url.ends_with("UnmetRequirements"));
    let unmet = unmet.and_then(|it| UnmetRequirements::decode(it.value.as_slice()).ok());
    unmet.unwrap_or_default().requirements.into_iter().map(|it| it.id).collect()
}

/// A yes to the statement that was shown.
pub fn yes(statement: Option<Statement>) -> Option<Consent> {
    statement.map(|it| Consent { given: true, text_sha256: it.text_sha256 })
}
