//! Wires the parts together and serves them until told to stop.

use std::{future::Future, os::unix::fs::DirBuilderExt as _, sync::Arc, time::Duration};

use api::{
    DESCRIPTOR, Reasons, agreements::v1::agreements_service_server::AgreementsServiceServer,
    changes::v1::changes_service_server::ChangesServiceServer,
    enrollment::v1::enrollment_service_server::EnrollmentServiceServer,
    relationships::v1::relationships_service_server::RelationshipsServiceServer, rules::Rules,
    users::v1::users_service_server::UsersServiceServer,
};
use chrono::Duration as Days;
use delivery::{Letterhead, Worker};
use domain::{Clock, Programme, Result, facts::Facts, id::CompanyId};
use gate::GateLayer;
use issuers::Issuers;
use store::{Db, Options};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{service::Routes, transport::Server};
use users::Passwords;

use crate::{
    callers::Callers,
    config::Config,
    evidence_key, key,
    listen::{CallsLayer, Listener, Tls},
    mailer, operator, reload,
    services::Services,
    specimens,
};

/// The services that `--service` can name.
pub const SERVICES: &[&str] = &["users", "enrollment", "agreements", "relationships", "changes"];

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Greatest size of a message, either way.
const MESSAGE: usize = 1 << 20;

/// Bounds the messages of a service.
macro_rules! bounded {
    ($service:expr) => {
        $service.max_decoding_message_size(MESSAGE).max_encoding_message_size(MESSAGE)
    };
}
/// Everything a process needs to serve.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub passwords: Passwords,
    /// Room for documents on their way in.
    pub uploads: enrollment::Uploads,
    /// What evidence is signed with.
    pub evidence_keys: Arc<evidence_key::Followed>,
    /// By whose word people of external directories are let in.
    pub issuers: Arc<Issuers>,
    /// Sends mails and does what falls due.
    pub worker: Worker,
    /// What the gate goes by: the contract's own, unless a test widens one.
    pub descriptor: Arc<[u8]>,
}

/// Connects and brings the database up to date.
pub async fn connect(config: &Config, clock: Clock) -> Result<App, Failure> {
    let options = match &config.database {
        Some(url) => Options::Postgres {
            url: url.expose().to_owned(),
            connections: config.database_connections,
        },
        None => {
            // Database, key and mailbox are for the server's own user.
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data)?;
            Options::Sqlite(config.data.join("pacta.sqlite"))
        }
    };
    let link_key = match config.key_file() {
        (path, true) => key::ensure(&path)?,
        (path, false) => key::load(&path)?,
    };
    let (evidence_key_file, may_be_made) = config.evidence_key_file();
    if may_be_made {
        evidence_key::ensure(&evidence_key_file)?;
    }
    let evidence_keys = evidence_key::Followed::open(evidence_key_file)?;
    let programme = Programme {
        audience: config.audience().into(),
        invitation_life: Days::days(config.invitation_days),
        invitations_daily: config.invitations_daily.into(),
        ..Programme::new(Facts::shipped(), &config.directory_domain, link_key)
    };
    let issuers = Arc::new(Issuers::new(&config.issuer, &clock)?);
    let db = Db::connect(&options, clock, Arc::new(programme)).await?;
    migrations::migrate(db.connection()).await?;
    specimens::add(&db).await?;
    let letterhead =
        Letterhead { sender: config.mail_sender.clone(), link_base: config.link_base.clone() };
    let worker = Worker::new(db.clone(), mailer::of(config)?, letterhead);
    let at_a_time = std::thread::available_parallelism().map_or(1, |it| it.get());
    Ok(App {
        db,
        passwords: Passwords::new(at_a_time),
        uploads: enrollment::Uploads::default(),
        evidence_keys: Arc::new(evidence_keys),
        issuers,
        worker,
        descriptor: DESCRIPTOR.into(),
    })
}

impl App {
    /// The named services, or all.
    fn routes(&self, names: &[String]) -> Result<Routes, Failure> {
        let rules = Arc::new(Rules::read(&self.descriptor)?);
        let is_named = |it: &str| names.is_empty() || names.iter().any(|name| name == it);
        let mut routes = Routes::builder();
        if is_named("users") {
            let service =
                users::Service { db: self.db.clone(), passwords: self.passwords.clone(), rules };
            let service = UsersServiceServer::new(service);
            routes.add_service(bounded!(service));
        }
        if is_named("enrollment") {
            let (uploads, issuers) = (self.uploads.clone(), self.issuers.clone());
            let service = enrollment::Service { db: self.db.clone(), uploads, issuers };
            let service = EnrollmentServiceServer::new(service);
            routes.add_service(bounded!(service));
        }
        if is_named("agreements") {
            let (db, evidence_keys) = (self.db.clone(), self.evidence_keys.keys().clone());
            let service = agreements::Service { db, evidence_keys };
            let service = AgreementsServiceServer::new(service);
            routes.add_service(bounded!(service));
        }
        if is_named("relationships") {
            let service = relationships::Service { db: self.db.clone() };
            let service = RelationshipsServiceServer::new(service);
            routes.add_service(bounded!(service));
        }
        if is_named("changes") {
            let service = ChangesServiceServer::new(changes::Service { db: self.db.clone() });
            routes.add_service(bounded!(service));
        }
        Ok(routes.routes())
    }

    async fn gate(&self, config: &Config, tls: Option<Arc<Tls>>) -> Result<GateLayer, Failure> {
        let rules = Rules::read(&self.descriptor)?;
        let reasons = Reasons::read(&self.descriptor)?;
        // Internal services act for the vendor's own company.
        let company = match config.internal_service.is_empty() {
            true => CompanyId::NOBODY,
            false => operator::platform(self).await?,
        };
        let services = Services::new(config, tls, company);
        let (db, issuers) = (self.db.clone(), self.issuers.clone());
        let callers = Arc::new(Callers { db, issuers, services });
        let allowances = config.quota.allowances();
        Ok(GateLayer::new(rules, reasons, callers, allowances, self.db.clock().clone()))
    }

    /// Serves until `stop`, then lets calls under way finish, for a while.
    pub async fn serve(
        &self,
        config: &Config,
        listener: Listener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Failure> {
        let (health, health_service) = tonic_health::server::health_reporter();
        for name in served(&config.service) {
            health.set_service_status(name, tonic_health::ServingStatus::Serving).await;
        }
        let server = Server::builder()
            .http2_keepalive_interval(Some(Duration::from_secs(20)))
            .http2_keepalive_timeout(Some(Duration::from_secs(10)))
            .http2_max_header_list_size(8 * 1024)
            .max_concurrent_streams(100);
        let tls = Tls::of(config, self.db.clock())?;
        // Whatever is still connected when serving ends, however it ends, breaks off.
        let end = CancellationToken::new();
        let _end = end.clone().drop_guard();
        let incoming = listener.incoming(config, tls.clone(), end.clone());
        let evidence_keys = self.evidence_keys.clone();
        let look = move || evidence_keys.look();
        tokio::spawn(reload::every(Duration::from_secs(config.reload_seconds), end, look));
        let router = server
            .layer(CallsLayer)
            .layer(self.gate(config, tls).await?)
            .add_routes(self.routes(&config.service)?)
            .add_service(health_service)
            .add_service(reflection()?.build_v1()?)
            .add_service(reflection()?.build_v1alpha()?);

        let (stop_delivery, stopped) = watch::channel(false);
        let worker = self.worker.clone();
        let delivery =
            config.deliver.then(|| tokio::spawn(async move { worker.run(stopped).await }));
        // Mails and timers outlive a stop: the next process finds them in the database.
        let mut delivery = Delivery(delivery);
        let drain = Duration::from_secs(config.drain_seconds);
        let (begin, begun) = tokio::sync::oneshot::channel();
        let stopping = async move {
            stop.await;
            let _ = begin.send(());
            let _ = stop_delivery.send(true);
        };
        tokio::select! {
            served = router.serve_with_incoming_shutdown(incoming, stopping) => served?,
            // A connection that never ends its calls would hold the stop for ever.
            () = async { let _ = begun.await; tokio::time::sleep(drain).await } => {}
        }
        delivery.finish(drain).await;
        Ok(())
    }

    /// Sends mails and does what falls due until `stop`, then finishes what it has in hand, for a
    /// while.
    pub async fn deliver(&self, config: &Config, stop: impl Future<Output = ()>) {
        let (stop_delivery, stopped) = watch::channel(false);
        let worker = self.worker.clone();
        let task = tokio::spawn(async move { worker.run(stopped).await });
        let mut delivery = Delivery(Some(task));
        stop.await;
        let _ = stop_delivery.send(true);
        delivery.finish(Duration::from_secs(config.drain_seconds)).await;
    }
}

/// Ends the delivery when serving ends, however it ends.
struct Delivery(Option<tokio::task::JoinHandle<()>>);

impl Delivery {
    /// Lets it finish; what does not in time is sent again by the next process.
    async fn finish(&mut self, patience: Duration) {
        if let Some(task) = &mut self.0 {
            let _ = tokio::time::timeout(patience, task).await;
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// Full names of the services offered, and the empty one that means the whole server.
fn served(names: &[String]) -> Vec<&'static str> {
    let all = [
        ("users", "pacta.users.v1.UsersService"),
        ("enrollment", "pacta.enrollment.v1.EnrollmentService"),
        ("agreements", "pacta.agreements.v1.AgreementsService"),
        ("relationships", "pacta.relationships.v1.RelationshipsService"),
        ("changes", "pacta.changes.v1.ChangesService"),
    ];
    let offered = all.iter().filter(|(it, _)| names.is_empty() || names.iter().any(|n| n == it));
    offered.map(|(_, full)| *full).chain([""]).collect()
}

fn reflection() -> Result<tonic_reflection::server::Builder<'static>, Failure> {
    Ok(tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTOR)
        // Else error details print as base64.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET))
}
