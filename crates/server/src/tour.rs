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

    let audit = |parent: &str| ListAuditEntriesRequest {
        parent: parent.to_owned(),
        ..ListAuditEntriesRequest::default()
    };
    let platform = users.who_am_i(bearing(WhoAmIRequest {}, &operator_token)?).await?.into_inner();
    let platform = platform.company.ok_or("a company")?.name;
    let foreign = changes.list_audit_entries(bearing(audit(&platform), &token)?).await;
    refused(foreign, "RESOURCE_NOT_FOUND")?;

    for (who, token) in [("reseller", &token), ("operator", &operator_token)] {
        let seen = changes.list_audit_entries(bearing(audit(&company.name), token)?).await?;
        let n = seen.into_inner().audit_entries.len();
        if n != 10 {
            return Err(format!("{who} sees {n} ledger entries, not 10").into());
        }
        say(format!(
            "{who:16} ListAuditEntries: {n} entries, from the account to the support profile"
        ));
    }
    say(format!("the data lie in  {}", folder.display()));
    Ok(())
}

/// A reseller fills in its enrolment, until only its own confirmation is missing.
async fn enrol(channel: Channel, token: &str, operator_token: &str) -> Result<(), Failure> {
    let mut client = EnrollmentServiceClient::new(channel);
    let start = StartEnrollmentRequest {
        region_code: "ES".to_owned(),
        request_id: "6f0b3c1e-5a3e-4c57-9d0b-6f3a1c2d4e5f".to_owned(),
        ..StartEnrollmentRequest::default()
    };
    let started = client.start_enrollment(bearing(start.clone(), token)?).await?.into_inner();
    let again = client.start_enrollment(bearing(start, token)?).await?;
    if again.metadata().get("idempotency-replayed").is_none() || *again.get_ref() != started {
        return Err("the same request_id answers the same".into());
    }
    let name = started.enrollment.ok_or("an enrolment")?.name;
    let partner = started.partner.ok_or("a partner")?.name;
    say(format!("reseller         StartEnrollment: {name}, twice with one request_id"));
    refused(
        client.start_enrollment(bearing(StartEnrollmentRequest::default(), token)?).await,
        "ENROLLMENT_ALREADY_EXISTS",
    )?;
    missing(
        &mut client,
        token,
        &partner,
        &[
            "profile.legal-name",
            "profile.address",
            "profile.support",
            "contact.named",
            "contact.email-allowed",
            "applicant.authority",
        ],
    )
    .await?;

    let mut address = PostalAddress {
        region_code: "ES".to_owned(),
        postal_code: "8018".to_owned(),
        administrative_area: "Barcelona".to_owned(),
        locality: "Barcelona".to_owned(),
        address_lines: vec!["Avinguda Diagonal 211".to_owned()],
        ..PostalAddress::default()
    };
    let profile = |address: &PostalAddress| UpdateLegalProfileRequest {
        name: name.clone(),
        legal_profile: Some(LegalProfile {
            legal_name: "Diagonal Cloud, S.L.".to_owned(),
            address: Some(address.clone()),
            ..LegalProfile::default()
        }),
        ..UpdateLegalProfileRequest::default()
    };
    let answer = client.update_legal_profile(bearing(profile(&address), token)?).await;
    refused(answer, "ADDRESS_INVALID")?;
    address.postal_code = "08018".to_owned();
    client.update_legal_profile(bearing(profile(&address), token)?).await?;
    say("reseller         UpdateLegalProfile: with the postal code's zero");

    let contact = |email: &str| UpdatePrimaryContactRequest {
        name: name.clone(),
        primary_contact: Some(PrimaryContact {
            given_name: "Jordi".to_owned(),
            family_name: "Puig".to_owned(),
            email: email.to_owned(),
            phone: "+34931234567".to_owned(),
            language_code: "es".to_owned(),
        }),
        ..UpdatePrimaryContactRequest::default()
    };
    for (email, reason) in [
        ("jordi@gmail.com", "EMAIL_DOMAIN_NOT_ALLOWED"),
        ("info@diagonalcloud.es", "ROLE_MAILBOX_NOT_ALLOWED"),
    ] {
        refused(client.update_primary_contact(bearing(contact(email), token)?).await, reason)?;
    }
    let good = contact("jordi.puig@diagonalcloud.es");
    refused(
        client.update_primary_contact(bearing(good.clone(), operator_token)?).await,
        "ROLE_MISSING",
    )?;
    client.update_primary_contact(bearing(good, token)?).await?;
    say("reseller         UpdatePrimaryContact: a person's own mailbox");

    let support = UpdateSupportProfileRequest {
        name,
        support_profile: Some(SupportProfile {
            email: "soporte@diagonalcloud.es".to_owned(),
            phone: "+34931234568".to_owned(),
            website_uri: String::new(),
        }),
        ..UpdateSupportProfileRequest::default()
    };
    client.update_support_profile(bearing(support, token)?).await?;
    say("reseller         UpdateSupportProfile");
    missing(&mut client, token, &partner, &["applicant.authority"]).await
}

/// Insists that exactly these requirements stand before submission.
async fn missing(
    client: &mut EnrollmentServiceClient<Channel>,
    token: &str,
    partner: &str,
    expected: &[&str],
) -> Result<(), Failure> {
    let ask =
        GetReadinessRequest { goal: Goal::SubmitEnrollment.into(), partner: partner.to_owned() };
    let answer = client.get_readiness(bearing(ask, token)?).await?.into_inner();
    let found: Vec<&str> = answer.requirements.iter().map(|it| it.id.as_str()).collect();
    say(format!("reseller         GetReadiness: {}", found.join(", ")));
    match found == expected {
        true => Ok(()),
        false => Err(format!("expected {}", expected.join(", ")).into()),
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
