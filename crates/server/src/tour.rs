//! `pacta tour`: what is built, shown by separate clients on a server of its own.

use std::{error::Error, net::SocketAddr, path::Path};

use api::{
    changes::v1::{ListAuditEntriesRequest, changes_service_client::ChangesServiceClient},
    enrollment::v1::{
        GetReadinessRequest, LegalProfile, PrimaryContact, StartEnrollmentRequest, SupportProfile,
        UpdateLegalProfileRequest, UpdatePrimaryContactRequest, UpdateSupportProfileRequest,
        enrollment_service_client::EnrollmentServiceClient,
    },
    types::v1::{Goal, PostalAddress},
    users::v1::{
        ChangePasswordRequest, CreateWorkAccountRequest, SignInRequest, WhoAmIRequest,
        users_service_client::UsersServiceClient,
    },
};
use domain::{Clock, Role};
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    transport::{Channel, server::TcpIncoming},
};
use tonic_types::StatusExt as _;

use crate::{
    app,
    config::{Config, Flags},
    operator::{self, Person},
    say,
};

type Failure = Box<dyn Error + Send + Sync>;

/// Plays the tour; any difference from what it expects is an error.
pub async fn run() -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("pacta-tour-").tempdir()?.keep();
    let flags = Flags {
        listen: Some("127.0.0.1:0".to_owned()),
        data: Some(folder.clone()),
        ..Flags::default()
    };
    let config = Config::load(&flags)?;
    let app = app::connect(&config, Clock::system()).await?;
    let incoming = TcpIncoming::bind(config.listen)?;
    let address = incoming.local_addr()?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = app.clone();
    let serving = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        server.serve(&config, incoming, stopped).await
    });
    say(format!("server           on {address}, over a fresh SQLite file"));
    let played = play(&app, address, &folder).await;
    let _ = stop.send(());
    serving.await??;
    played
}

async fn play(app: &app::App, address: SocketAddr, folder: &Path) -> Result<(), Failure> {
    let channel = Channel::from_shared(format!("http://{address}"))?.connect().await?;
    let mut users = UsersServiceClient::new(channel.clone());
    let mut changes = ChangesServiceClient::new(channel.clone());

    let vera = Person {
        name: "vera".to_owned(),
        given_name: "Vera".to_owned(),
        family_name: "Lindqvist".to_owned(),
        email: "vera@vendor.example".to_owned(),
        roles: vec![Role::Operator, Role::Auditor],
    };
    let (operator, one_time) = operator::create(app, &vera).await?;
    say(format!(
        "operator         {operator} made at the command line, one-time password shown once"
    ));
    let operator_token = first_sign_in(&mut users, &operator, one_time.expose()).await?;

    let request = CreateWorkAccountRequest {
        domain_prefix: "diagonal".to_owned(),
        display_name: "Diagonal Cloud, S.L.".to_owned(),
        region_code: "ES".to_owned(),
        user_name: "montserrat".to_owned(),
        given_name: "Montserrat".to_owned(),
        family_name: "Ferrer".to_owned(),
        email: "montserrat.ferrer@diagonalcloud.es".to_owned(),
        language_code: "es".to_owned(),
        validate_only: false,
    };
    let made = users.create_work_account(request.clone()).await?.into_inner();
    let company = made.company.ok_or("a company")?;
    let name = made.user.ok_or("a user")?.sign_in_name;
    say(format!(
        "reseller         CreateWorkAccount: {} is {}",
        company.display_name, company.name
    ));

    refused(users.create_work_account(request).await, "DOMAIN_TAKEN")?;
    let wrong = SignInRequest { sign_in_name: name.clone(), password: "a guess".to_owned() };
    refused(users.sign_in(wrong).await, "SIGN_IN_FAILED")?;

    let token = first_sign_in(&mut users, &name, &made.one_time_password).await?;
    let me = users.who_am_i(bearing(WhoAmIRequest {}, &token)?).await?.into_inner();
    say(format!("reseller         WhoAmI: {} may call {} RPCs", name, me.permissions.len()));

    enrol(channel, &token, &operator_token).await?;

    let platform = users.who_am_i(bearing(WhoAmIRequest {}, &operator_token)?).await?.into_inner();
    let platform = platform.company.ok_or("a company")?.name;
    look_back(&mut changes, &company.name, &platform, [&token, &operator_token]).await?;
    say(format!("the data lie in  {}", folder.display()));
    Ok(())
}

/// The reseller reads what happened to it, not what happened to others; the operator reads both.
async fn look_back(
    changes: &mut ChangesServiceClient<Channel>,
    company: &str,
    platform: &str,
    [own, operators]: [&String; 2],
) -> Result<(), Failure> {
    let audit = |parent: &str| ListAuditEntriesRequest {
        parent: parent.to_owned(),
        ..ListAuditEntriesRequest::default()
    };
    let foreign = changes.list_audit_entries(bearing(audit(platform), own)?).await;
    refused(foreign, "RESOURCE_NOT_FOUND")?;
    for (who, token) in [("reseller", own), ("operator", operators)] {
        let seen = changes.list_audit_entries(bearing(audit(company), token)?).await?;
        let n = seen.into_inner().audit_entries.len();
        if n != 10 {
            return Err(format!("{who} sees {n} ledger entries, not 10").into());
        }
        say(format!("{who:16} ListAuditEntries: {n}, from the account to the support profile"));
    }
    Ok(())
}

/// A reseller's client, with what it works on.
struct Reseller {
    client: EnrollmentServiceClient<Channel>,
    token: String,
    partner: String,
}

/// A reseller fills in its enrolment, until only its own confirmation is missing.
async fn enrol(channel: Channel, token: &str, operator_token: &str) -> Result<(), Failure> {
    let client = EnrollmentServiceClient::new(channel);
    let mut reseller = Reseller { client, token: token.to_owned(), partner: String::new() };
    reseller.start().await?;
    reseller
        .missing(&[
            "profile.legal-name",
            "profile.address",
            "profile.support",
            "contact.named",
            "contact.email-allowed",
            "applicant.authority",
        ])
        .await?;
    reseller.legal_profile().await?;
    reseller.primary_contact(operator_token).await?;
    reseller.support_profile().await?;
    reseller.missing(&["applicant.authority"]).await
}

impl Reseller {
    async fn start(&mut self) -> Result<(), Failure> {
        let start = StartEnrollmentRequest {
            region_code: "ES".to_owned(),
            request_id: "6f0b3c1e-5a3e-4c57-9d0b-6f3a1c2d4e5f".to_owned(),
            ..StartEnrollmentRequest::default()
        };
        let asked = bearing(start.clone(), &self.token)?;
        let started = self.client.start_enrollment(asked).await?.into_inner();
        let again = self.client.start_enrollment(bearing(start, &self.token)?).await?;
        if again.metadata().get("idempotency-replayed").is_none() || *again.get_ref() != started {
            return Err("the same request_id answers the same".into());
        }
        self.partner = started.partner.ok_or("a partner")?.name;
        say(format!(
            "reseller         StartEnrollment: {}, twice with one request_id",
            self.partner
        ));
        let second = bearing(StartEnrollmentRequest::default(), &self.token)?;
        refused(self.client.start_enrollment(second).await, "ENROLLMENT_ALREADY_EXISTS")
    }

    fn enrollment(&self) -> String {
        format!("{}/enrollment", self.partner)
    }

    async fn legal_profile(&mut self) -> Result<(), Failure> {
        for (postal_code, refusal) in [("8018", Some("ADDRESS_INVALID")), ("08018", None)] {
            let address = PostalAddress {
                region_code: "ES".to_owned(),
                postal_code: postal_code.to_owned(),
                administrative_area: "Barcelona".to_owned(),
                locality: "Barcelona".to_owned(),
                address_lines: vec!["Avinguda Diagonal 211".to_owned()],
                ..PostalAddress::default()
            };
            let legal_profile = LegalProfile {
                legal_name: "Diagonal Cloud, S.L.".to_owned(),
                address: Some(address),
                ..LegalProfile::default()
            };
            let update = UpdateLegalProfileRequest {
                name: self.enrollment(),
                legal_profile: Some(legal_profile),
                ..UpdateLegalProfileRequest::default()
            };
            let answer = self.client.update_legal_profile(bearing(update, &self.token)?).await;
            expected(answer, refusal)?;
        }
        say("reseller         UpdateLegalProfile: with the postal code's zero");
        Ok(())
    }

    async fn primary_contact(&mut self, operator_token: &str) -> Result<(), Failure> {
        let own = self.token.clone();
        for (email, token, refusal) in [
            ("jordi@gmail.com", own.as_str(), Some("EMAIL_DOMAIN_NOT_ALLOWED")),
            ("info@diagonalcloud.es", &own, Some("ROLE_MAILBOX_NOT_ALLOWED")),
            ("jordi.puig@diagonalcloud.es", operator_token, Some("ROLE_MISSING")),
            ("jordi.puig@diagonalcloud.es", &own, None),
        ] {
            let contact = PrimaryContact {
                given_name: "Jordi".to_owned(),
                family_name: "Puig".to_owned(),
                email: email.to_owned(),
                phone: "+34931234567".to_owned(),
                language_code: "es".to_owned(),
            };
            let update = UpdatePrimaryContactRequest {
                name: self.enrollment(),
                primary_contact: Some(contact),
                ..UpdatePrimaryContactRequest::default()
            };
            expected(self.client.update_primary_contact(bearing(update, token)?).await, refusal)?;
        }
        say("reseller         UpdatePrimaryContact: a person's own mailbox");
        Ok(())
    }

    async fn support_profile(&mut self) -> Result<(), Failure> {
        let support = SupportProfile {
            email: "soporte@diagonalcloud.es".to_owned(),
            phone: "+34931234568".to_owned(),
            website_uri: String::new(),
        };
        let update = UpdateSupportProfileRequest {
            name: self.enrollment(),
            support_profile: Some(support),
            ..UpdateSupportProfileRequest::default()
        };
        self.client.update_support_profile(bearing(update, &self.token)?).await?;
        say("reseller         UpdateSupportProfile");
        Ok(())
    }

    /// Insists that exactly these requirements stand before submission.
    async fn missing(&mut self, wanted: &[&str]) -> Result<(), Failure> {
        let goal = Goal::SubmitEnrollment.into();
        let ask = GetReadinessRequest {
            goal,
            partner: self.partner.clone(),
            ..GetReadinessRequest::default()
        };
        let answer = self.client.get_readiness(bearing(ask, &self.token)?).await?.into_inner();
        let found: Vec<&str> = answer.requirements.iter().map(|it| it.id.as_str()).collect();
        say(format!("reseller         GetReadiness: {}", found.join(", ")));
        match found == wanted {
            true => Ok(()),
            false => Err(format!("expected {}", wanted.join(", ")).into()),
        }
    }
}

/// Signs in with a one-time password, is told to change it, changes it, signs in again.
async fn first_sign_in(
    users: &mut UsersServiceClient<Channel>,
    name: &str,
    one_time: &str,
) -> Result<String, Failure> {
    let password = "long enough to be a passphrase";
    let with = |password: &str| SignInRequest {
        sign_in_name: name.to_owned(),
        password: password.to_owned(),
    };
    let first = users.sign_in(with(one_time)).await?.into_inner();
    if !first.password_change_required {
        return Err("a one-time password has to be changed".into());
    }
    let change = ChangePasswordRequest {
        sign_in_name: name.to_owned(),
        old_password: one_time.to_owned(),
        new_password: password.to_owned(),
    };
    users.change_password(change).await?;
    let ended = users.who_am_i(bearing(WhoAmIRequest {}, &first.access_token)?).await;
    refused(ended, "SESSION_REVOKED")?;
    let signed_in = users.sign_in(with(password)).await?.into_inner();
    say(format!("{:16} SignIn: password changed, signed in", name.split('@').next().unwrap_or("")));
    Ok(signed_in.access_token)
}

fn bearing<T>(message: T, token: &str) -> Result<Request<T>, Failure> {
    let mut request = Request::new(message);
    let value: MetadataValue<_> = format!("Bearer {token}").parse()?;
    request.metadata_mut().insert("authorization", value);
    Ok(request)
}

/// Insists on a refusal, or on none.
fn expected<T>(answer: Result<T, Status>, refusal: Option<&str>) -> Result<(), Failure> {
    match refusal {
        Some(reason) => refused(answer, reason),
        None => answer.map(|_| ()).map_err(Failure::from),
    }
}

/// Insists on a refusal for this reason.
fn refused<T>(answer: Result<T, Status>, reason: &str) -> Result<(), Failure> {
    match answer {
        Ok(_) => Err(format!("this should have been refused: {reason}").into()),
        Err(status) => {
            let info = status.get_details_error_info();
            let found = info.map(|it| it.reason).unwrap_or_default();
            if found != reason {
                return Err(format!("refused for {found}, not for {reason}").into());
            }
            say(format!(
                "                 refused as it should be: {reason}, \"{}\"",
                status.message()
            ));
            Ok(())
        }
    }
}
