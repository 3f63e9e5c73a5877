//! `pacta tour`: the main job, from no account to an authorised order, by separate clients on a
//! server of its own.

mod cast;
mod client;
mod enrolling;
mod selling;

use std::{error::Error, path::PathBuf, time::Duration};

use api::agreements::v1::{GetAgreementRequest, PublishAgreementVersionRequest};
use delivery::Mailbox;
use domain::{Clock, Role};
use tonic::transport::Endpoint;

use self::{cast::Cast, client::Client};
use crate::{
    app,
    config::{Config, Flags},
    listen::Listener,
    operator::{self, Person},
    say,
};

type Failure = Box<dyn Error + Send + Sync>;

/// How the tour is played.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Arguments {
    /// Another cast: companies, people and addresses.
    #[arg(long)]
    cast: Option<PathBuf>,
}

/// What every scene needs: where the server is, what it sends, who plays.
struct Stage {
    address: Endpoint,
    mailbox: Mailbox,
    cast: Cast,
    operator: Client,
    reviewer: Client,
    order_system: Client,
}

/// Plays the tour; any difference from what it expects is an error.
pub async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let cast = Cast::load(arguments.cast.as_deref())?;
    let folder = tempfile::Builder::new().prefix("pacta-tour-").tempdir()?.keep();
    let flags = Flags {
        listen: Some("127.0.0.1:0".to_owned()),
        data: Some(folder.clone()),
        ..Flags::default()
    };
    let config = Config::load(&flags)?;
    let app = app::connect(&config, Clock::system()).await?;
    let listener = Listener::bind(config.listen)?;
    let address = listener.local_addr()?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (server, its_config) = (app.clone(), config.clone());
    let serving = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        server.serve(&its_config, listener, stopped).await
    });
    say(format!("server        on {address}, over a fresh SQLite file"));
    let address = Endpoint::from_shared(format!("http://{address}"))?;
    let played = play(&app, address, Mailbox::new(config.mailbox()), cast).await;
    let _ = stop.send(());
    serving.await??;
    played?;
    say(format!("\nEverything went as it should. The data lie in {}", folder.display()));
    Ok(())
}

async fn play(
    app: &app::App,
    address: Endpoint,
    mailbox: Mailbox,
    cast: Cast,
) -> Result<(), Failure> {
    say("\nThe platform: people made at the command line, agreements published");
    let operator = staff(app, &address, "operator", "vera", Role::Operator).await?;
    let reviewer = staff(app, &address, "reviewer", "ravi", Role::Reviewer).await?;
    let publisher = staff(app, &address, "publisher", "pia", Role::AgreementPublisher).await?;
    let order_system =
        staff(app, &address, "order system", "orders", Role::InternalService).await?;
    publish(&publisher).await?;

    let stage = Stage { address, mailbox, cast, operator, reviewer, order_system };
    let provider = enrolling::provider(&stage).await?;
    let reseller = enrolling::reseller(&stage, &provider).await?;
    selling::connect(&stage, &provider, &reseller).await?;
    selling::order(&stage, &provider, &reseller).await?;
    selling::remember(&reseller).await
}

async fn staff(
    app: &app::App,
    address: &Endpoint,
    who: &'static str,
    name: &str,
    role: Role,
) -> Result<Client, Failure> {
    let person = Person {
        name: name.to_owned(),
        given_name: name.to_owned(),
        family_name: "Lindqvist".to_owned(),
        email: format!("{name}@vendor.example"),
        roles: vec![role],
    };
    let (name, one_time) = operator::create(app, &person).await?;
    Client::connect(who, address).await?.first_sign_in(&name, one_time.expose()).await
}

/// Publishes the specimens, which stand as drafts in a new database.
async fn publish(publisher: &Client) -> Result<(), Failure> {
    for agreement in ["reseller", "provider", "customer"] {
        let ask = GetAgreementRequest { name: format!("agreements/{agreement}") };
        let found = publisher.agreements().get_agreement(ask).await?.into_inner();
        let agreement = found.agreement.ok_or("an agreement")?;
        let name = agreement.versions.first().ok_or("a draft")?.name.clone();
        let publish = PublishAgreementVersionRequest { name, ..Default::default() };
        publisher.agreements().publish_agreement_version(publish.clone()).await?;
        publisher.says("PublishAgreementVersion", format!("{} is in force", publish.name));
    }
    Ok(())
}

impl Stage {
    /// The secret of the newest mail to an address whose link leads to this page, once it has
    /// arrived.
    async fn secret_of(&self, address: &str, page: &str) -> Result<String, Failure> {
        let page = format!("/{page}#");
        for _ in 0..200 {
            let mail = self.mailbox.newest_to(address)?.filter(|it| it.text.contains(&page));
            if let Some(mail) = mail {
                say(format!("mailbox       to {address}: {}", mail.subject));
                return Ok(mail.secret().ok_or("the mail carries no link")?.to_owned());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(format!("no mail to {address} came").into())
    }
}
