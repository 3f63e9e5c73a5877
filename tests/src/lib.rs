//! A whole server in this process, on a real socket, for each database engine.

pub mod addresses;
pub mod cast;
pub mod certificates;
pub mod child;
pub mod crowd;
pub mod logs;
pub mod look;
pub mod machines;
pub mod oidc;
pub mod oracle;
pub mod packs;
pub mod papers;
pub mod people;
pub mod plans;
pub mod postgres;
pub mod proof;
pub mod random;
pub mod revoking;
pub mod sink;
pub mod trade;
pub mod verifier;

use std::{
    future::Future,
    net::SocketAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use api::{
    agreements::v1::agreements_service_client::AgreementsServiceClient,
    changes::v1::{
        AuditEntry, ListAuditEntriesRequest, changes_service_client::ChangesServiceClient,
    },
    enrollment::v1::{
        StartEnrollmentRequest, StartEnrollmentResponse,
        enrollment_service_client::EnrollmentServiceClient,
    },
    relationships::v1::relationships_service_client::RelationshipsServiceClient,
    types::v1::{Requirement, UnmetRequirements},
    users::v1::{
        ChangePasswordRequest, CreateWorkAccountRequest, SignInRequest,
        users_service_client::UsersServiceClient,
    },
};
use delivery::{Mailbox, StoredMail};
use domain::{Call, Clock, Role};
use prost::Message as _;
use server::{
    app::{self, App},
    config::{Allowance, Config, Flags, Quota},
    listen::Listener,
    operator::Person,
};
use tokio::sync::{OnceCell, watch};
use tonic::{Request, Status, metadata::MetadataValue, transport::Channel};
use tonic_types::{StatusExt as _, pb};

/// One server over a database of its own.
pub struct World {
    pub engine: &'static str,
    pub clock: Clock,
    pub app: App,
    pub channel: Channel,
    config: Config,
    names: AtomicU32,
    staff: OnceCell<cast::Staff>,
    /// Its servers end with the world.
    end: watch::Sender<()>,
    dir: Arc<tempfile::TempDir>,
}

/// A person with a session.
#[derive(Clone, Debug, Default)]
pub struct Persona {
    pub sign_in_name: String,
    /// `companies/{company}`.
    pub company: String,
    /// `companies/{company}/users/{user}`.
    pub user: String,
    pub token: Option<String>,
}

pub const PASSWORD: &str = "long enough to be a passphrase";

/// Runs `check` on SQLite, then on PostgreSQL, each over an empty database.
pub async fn on_each_engine<F: Future<Output = ()>>(check: impl Fn(World) -> F) {
    on(World::sqlite().await, &check).await;
    on(World::postgres().await, &check).await;
}

/// Runs `check` on a world; then each acceptance that it left behind is good evidence.
pub async fn on<F: Future<Output = ()>>(world: World, check: impl FnOnce(World) -> F) {
    let proof = world.proof();
    // What a long check keeps is not for a test's small stack.
    Box::pin(check(world)).await;
    proof.hold().await;
}

/// The same, where the server believes an issuer.
pub async fn on_each_engine_believing<F: Future<Output = ()>>(
    issuer: &oidc::Issuer,
    check: impl Fn(World) -> F,
) {
    on(World::sqlite_believing(issuer).await, &check).await;
    on(World::postgres_believing(issuer).await, &check).await;
}

/// Allowances that nobody uses up.
fn plenty() -> Quota {
    let all = NonZeroU32::MAX;
    let it = Allowance { principal: all, company: all, address: all };
    Quota { general: it, identity: it, mail: it, hot: it }
}

impl World {
    pub async fn sqlite() -> Self {
        Self::over("sqlite", None, None).await
    }

    pub async fn sqlite_believing(issuer: &oidc::Issuer) -> Self {
        Self::over("sqlite", None, Some(issuer)).await
    }

    pub async fn postgres_believing(issuer: &oidc::Issuer) -> Self {
        Self::over("postgres", Some(postgres::fresh_database().await), Some(issuer)).await
    }

    pub async fn postgres() -> Self {
        Self::on(postgres::fresh_database().await).await
    }

    /// A server over a database that is there.
    pub async fn on(database: String) -> Self {
        Self::over("postgres", Some(database), None).await
    }

    async fn over(
        engine: &'static str,
        database: Option<String>,
        issuer: Option<&oidc::Issuer>,
    ) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let flags = Flags {
            listen: Some("127.0.0.1:0".to_owned()),
            data: Some(dir.path().to_owned()),
            key_file: database.is_some().then(|| dir.path().join("pacta.key")),
            database,
            ..Flags::default()
        };
        let mut config = Config::load(&flags).unwrap();
        server::key::ensure(&config.key_file().0).unwrap();
        server::evidence_key::ensure(&config.evidence_key_file().0).unwrap();
        // Tests say themselves when mails go and time acts.
        config.deliver = false;
        // And when a server looks at its files.
        config.reload_seconds = 3600;
        config.issuer = issuer.map(|it| it.settings()).into_iter().collect();
        // Rigs fill a database for minutes between two calls.
        config.idle_seconds = 3_600;
        // Their clock stands still, and an allowance with it.
        config.quota = plenty();
        // Tuesday, 24 November 2026, 09:00 UTC.
        let clock = Clock::manual(chrono::DateTime::from_timestamp(1_795_510_800, 0).unwrap());
        let app = app::connect(&config, clock.clone()).await.unwrap();
        let (end, _) = watch::channel(());
        let channel = serve(&app, &config, end.subscribe()).await;
        Self {
            engine,
            clock,
            app,
            channel,
            config,
            names: AtomicU32::new(0),
            staff: OnceCell::new(),
            end,
            dir,
        }
    }

    /// A second server over the same database that goes by another descriptor.
    pub async fn under(&self, descriptor: Vec<u8>) -> Channel {
        let app = App { descriptor: descriptor.into(), ..self.app.clone() };
        serve(&app, &self.config, self.end.subscribe()).await
    }

    /// A second server over the same database where whatever hashes a password waits for ever.
    pub async fn without_hashing(&self) -> Channel {
        let app = App { passwords: users::Passwords::new(0), ..self.app.clone() };
        serve(&app, &self.config, self.end.subscribe()).await
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A second server over the same database, its programme set up in another way.
    pub async fn beside(&self, config: &Config) -> Channel {
        let app = app::connect(config, self.clock.clone()).await.unwrap();
        serve(&app, config, self.end.subscribe()).await
    }

    /// A second server over the same database, set up in another way; ends with the world.
    pub async fn listen(&self, config: Config) -> SocketAddr {
        start(&self.app, &config, self.end.subscribe())
    }

    pub fn users(&self) -> UsersServiceClient<Channel> {
        UsersServiceClient::new(self.channel.clone())
    }

    pub fn enrollment(&self) -> EnrollmentServiceClient<Channel> {
        EnrollmentServiceClient::new(self.channel.clone())
    }

    pub fn changes(&self) -> ChangesServiceClient<Channel> {
        ChangesServiceClient::new(self.channel.clone())
    }

    pub fn agreements(&self) -> AgreementsServiceClient<Channel> {
        AgreementsServiceClient::new(self.channel.clone())
    }

    pub fn relationships(&self) -> RelationshipsServiceClient<Channel> {
        RelationshipsServiceClient::new(self.channel.clone())
    }

    /// Sends what is to be sent and fires what is due, until nothing is.
    pub async fn deliver(&self) {
        self.app.worker.run_until_idle(1_000).await.unwrap();
    }

    /// Delivers as `pacta deliver` does, until `stop`.
    pub async fn deliver_until(&self, stop: impl Future<Output = ()>) {
        self.app.deliver(&self.config, stop).await;
    }

    /// Takes what is to be sent, as a worker that dies before it marks anything.
    pub async fn take_mails(&self) -> Vec<store::TakenMail> {
        let take = async |chore: &mut store::Chore| chore.take_mails(100).await;
        self.app.db.maintain("take mails", take).await.unwrap()
    }

    /// The newest mail to an address, after everything was sent.
    pub async fn mail_to(&self, address: &str) -> StoredMail {
        self.deliver().await;
        let mail = self.mailbox().newest_to(address).unwrap();
        mail.unwrap_or_else(|| panic!("no mail to {address} on {}", self.engine))
    }

    /// The secret of the newest link to an address.
    pub async fn secret_to(&self, address: &str) -> String {
        self.mail_to(address).await.secret().unwrap().to_owned()
    }

    pub fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.config.mailbox())
    }

    /// Where the letters lie.
    pub fn mailbox_folder(&self) -> std::path::PathBuf {
        self.config.mailbox()
    }

    /// A label nobody has used in this world.
    pub fn label(&self, stem: &str) -> String {
        format!("{stem}-{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// A company with its first person, a GLOBAL_ADMIN who has just signed in.
    pub async fn company(&self, stem: &str, region_code: &str) -> Persona {
        let request = work_account(&self.label(stem), region_code);
        let made = self.users().create_work_account(request).await.unwrap().into_inner();
        let name = made.user.unwrap().sign_in_name;
        self.change_password(&name, &made.one_time_password).await;
        self.sign_in(&name).await
    }

    /// The first person of a company who has not changed the one-time password yet.
    pub async fn with_one_time_password(&self, stem: &str, region_code: &str) -> Persona {
        let request = work_account(&self.label(stem), region_code);
        let made = self.users().create_work_account(request).await.unwrap().into_inner();
        let name = made.user.unwrap().sign_in_name;
        self.sign_in_with(&name, &made.one_time_password).await
    }

    /// A person of the platform with these roles.
    pub async fn platform(&self, roles: &[Role]) -> Persona {
        self.platform_at("vera@vendor.example", roles).await
    }

    /// The same, with a mailbox of one's own.
    pub async fn platform_at(&self, email: &str, roles: &[Role]) -> Persona {
        let person = Person {
            name: self.label("staff"),
            given_name: "Vera".to_owned(),
            family_name: "Lindqvist".to_owned(),
            email: email.to_owned(),
            roles: roles.to_vec(),
        };
        let (name, one_time) = server::operator::create(&self.app, &person).await.unwrap();
        self.change_password(&name, one_time.expose()).await;
        self.sign_in(&name).await
    }

    /// Takes every role from a person and gives these: written through `store`, the one exception
    /// to talking to the API only, for roles that no RPC gives yet.
    pub async fn with_roles(&self, persona: &Persona, roles: &[Role]) -> Persona {
        let call = Call::system("test world");
        let id = domain::id::last_id(&persona.user).unwrap();
        let company = domain::id::last_id(&persona.company).unwrap();
        let write = async |tx: &mut store::Tx| {
            let seen = tx.account(id).await?;
            tx.force_roles(&seen, roles).await?;
            let event = store::Event { subject: persona.user.clone(), ..store::Event::default() };
            tx.record(event.clone(), &[company]);
            Ok(event)
        };
        self.app.db.write(&call, write).await.unwrap();
        self.sign_in(&persona.sign_in_name).await
    }

    /// A machine with roles that nobody could give it: written through `store`, for what no RPC
    /// brings about.
    pub async fn force_machine(&self, of: &Persona, roles: &[Role]) -> String {
        let company = domain::id::last_id(&of.company).unwrap();
        let write = async |tx: &mut store::Tx| {
            let names: Vec<&str> = roles.iter().map(|it| it.as_str()).collect();
            let row = store::entity::service_account::Model {
                id: domain::id::ServiceAccountId::mint(tx.now()),
                company_id: company,
                version: 1,
                create_time: tx.now(),
                update_time: tx.now(),
                state: domain::service_account::State::Active,
                display_name: "Forced".to_owned(),
                roles: names.join(" "),
                maker_id: domain::id::last_id(&of.user)?,
            };
            tx.add_service_account(&row).await?;
            let subject = domain::id::service_account_name(company, row.id);
            let event = store::Event { subject, ..store::Event::default() };
            tx.record(event.clone(), &[company]);
            Ok(event)
        };
        self.app.db.write(&Call::system("test world"), write).await.unwrap().subject
    }

    /// Suspends a partner, or lifts that: written through `store`, for a state that no RPC brings
    /// about yet.
    pub async fn suspend(&self, partner: &str, reason: Option<&str>) {
        let id = domain::id::last_id(partner).unwrap();
        let write = async |tx: &mut store::Tx| {
            let seen = tx.partner(id).await?;
            let suspend_reason = reason.map(str::to_owned);
            let to = store::entity::partner::Model { suspend_reason, ..seen.clone() };
            tx.change_partner(&seen, to).await?;
            let event = store::Event { subject: partner.to_owned(), ..store::Event::default() };
            tx.record(event.clone(), &[seen.company_id]);
            Ok(event)
        };
        self.app.db.write(&Call::system("test world"), write).await.unwrap();
    }

    /// Puts a firm's enrolment and its checks, by kind and state, where a table has them: written
    /// through `store`, because no RPC leads everywhere. The secret of its contact's new link.
    pub async fn stand(
        &self,
        firm: &cast::Firm,
        state: domain::enrollment::State,
        checks: [(&str, &str); 3],
    ) -> String {
        use domain::{constants::CONTACT_LINK, link::Purpose};
        let id: domain::id::PartnerId = domain::id::last_id(&firm.partner).unwrap();
        let secret = std::sync::Mutex::new(String::new());
        let write = async |tx: &mut store::Tx| {
            let seen = tx.enrollment(id).await?;
            let time = tx.now().to_rfc3339();
            let check = |(kind, state): (&str, &str)| {
                format!(
                    "{{\"kind\":\"{kind}\",\"state\":\"{state}\",\"reasons\":[],\"evidence\":[],\
                     \"note\":\"\",\"update_time\":\"{time}\",\"decided_by\":null}}"
                )
            };
            let checks = Some(format!("[{}]", checks.map(check).join(",")));
            let to =
                store::entity::enrollment::Model { state, checks, n_appeals: 0, ..seen.clone() };
            tx.change_enrollment(&seen, to).await?;
            let purpose = Purpose::ContactConfirmation;
            let link = tx.renew_link(purpose, id.0, CONTACT_LINK).await?;
            let key = &self.app.db.programme().link_key;
            *secret.lock().unwrap() = key.secret(purpose, link.id)?.expose().to_owned();
            let event = store::Event { subject: firm.partner.clone(), ..store::Event::default() };
            tx.record(event.clone(), &[seen.company_id]);
            Ok(event)
        };
        self.app.db.write(&Call::system("test world"), write).await.unwrap();
        secret.into_inner().unwrap()
    }

    /// One more person of the same company, who has just signed in: written through `store` like
    /// `with_roles`, for people that no RPC adds yet.
    pub async fn colleague(&self, of: &Persona, name: &str, roles: &[Role]) -> Persona {
        let (_, domain) = of.sign_in_name.split_once('@').unwrap();
        let sign_in_name = format!("{name}@{domain}");
        let one_time = users::Passwords::one_time().unwrap();
        let password_hash = self.app.passwords.hash(&one_time).await.unwrap();
        let company = domain::id::last_id(&of.company).unwrap();
        let write = async |tx: &mut store::Tx| {
            let new = store::NewAccount {
                company,
                sign_in_name: &sign_in_name,
                given_name: "Berta",
                family_name: "Soler",
                email: &sign_in_name,
                email_key: &sign_in_name,
                language_code: "es",
                password_hash: password_hash.clone(),
                one_time_expire_time: tx.now() + chrono::Duration::hours(1),
                roles,
            };
            tx.add_account(new).await?;
            let event = store::Event { subject: of.company.clone(), ..store::Event::default() };
            tx.record(event.clone(), &[company]);
            Ok(event)
        };
        self.app.db.write(&Call::system("test world"), write).await.unwrap();
        self.change_password(&sign_in_name, one_time.expose()).await;
        self.sign_in(&sign_in_name).await
    }

    /// What happened to the caller's company, newest first: its last 500 entries.
    pub async fn ledger(&self, who: &Persona) -> Vec<AuditEntry> {
        let ask = ListAuditEntriesRequest {
            parent: who.company.clone(),
            page_size: 500,
            ..ListAuditEntriesRequest::default()
        };
        let answer = self.changes().list_audit_entries(who.asks(ask)).await.unwrap();
        answer.into_inner().audit_entries
    }

    pub async fn change_password(&self, name: &str, one_time: &str) {
        let request = ChangePasswordRequest {
            sign_in_name: name.to_owned(),
            old_password: one_time.to_owned(),
            new_password: PASSWORD.to_owned(),
            ..ChangePasswordRequest::default()
        };
        self.users().change_password(request).await.unwrap();
    }

    pub async fn sign_in(&self, name: &str) -> Persona {
        self.sign_in_with(name, PASSWORD).await
    }

    pub async fn sign_in_with(&self, name: &str, password: &str) -> Persona {
        self.try_sign_in(name, password).await.unwrap()
    }

    pub async fn try_sign_in(&self, name: &str, password: &str) -> Result<Persona, Status> {
        let (sign_in_name, password) = (name.to_owned(), password.to_owned());
        let request = SignInRequest { sign_in_name, password, ..SignInRequest::default() };
        let answer = self.users().sign_in(request).await?.into_inner();
        let user = answer.user.unwrap().name;
        let company = user.split("/users/").next().unwrap().to_owned();
        let (sign_in_name, token) = (name.to_owned(), Some(answer.access_token));
        Ok(Persona { sign_in_name, company, user, token })
    }

    /// Imports a file of these bytes, as `pacta import` does.
    pub async fn import(
        &self,
        kind: imports::Kind,
        bytes: impl AsRef<[u8]>,
    ) -> Result<imports::Done, imports::Refused> {
        let path = self.dir.path().join(self.label("import.csv"));
        std::fs::write(&path, bytes).unwrap();
        self.import_file(kind, &path, false).await
    }

    /// The same with a file that is there.
    pub async fn import_file(
        &self,
        kind: imports::Kind,
        path: &std::path::Path,
        is_dry: bool,
    ) -> Result<imports::Done, imports::Refused> {
        let platform = server::operator::platform(&self.app).await.unwrap();
        imports::run(&self.app.db, kind, path, is_dry, platform, &mut imports::Quiet).await
    }

    /// Files or tables that hold `text`; the letters lie in a folder of their own.
    pub async fn stored(&self, text: &str) -> Vec<String> {
        if self.engine == "sqlite" {
            let files = std::fs::read_dir(self.dir.path()).unwrap().map(|it| it.unwrap().path());
            // What was mailed lies in the mailbox, a folder.
            let files = files.filter(|it| it.is_file());
            let holds = |path: &std::path::PathBuf| {
                let bytes = std::fs::read(path).unwrap();
                bytes.windows(text.len()).any(|it| it == text.as_bytes())
            };
            return files.filter(holds).map(|it| it.display().to_string()).collect();
        }
        use store::sea_orm::{ConnectionTrait as _, DbBackend, Statement};
        let connection = self.app.db.connection();
        let ask = async |sql: String| {
            connection
                .query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
                .await
                .unwrap()
        };
        let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
        let mut found = Vec::new();
        for row in ask(tables.to_owned()).await {
            let table: String = row.try_get_by_index(0).unwrap();
            let hex: String = text.bytes().map(|it| format!("{it:02x}")).collect();
            let sql = format!(
                "SELECT 1 FROM \"{table}\" t WHERE strpos(t::text, '{text}') > 0 \
                 OR strpos(t::text, '{hex}') > 0 LIMIT 1"
            );
            if !ask(sql).await.is_empty() {
                found.push(table);
            }
        }
        found
    }

    /// Starts the company's enrolment.
    pub async fn start(&self, persona: &Persona) -> StartEnrollmentResponse {
        let request = persona.asks(StartEnrollmentRequest::default());
        self.enrollment().start_enrollment(request).await.unwrap().into_inner()
    }
}

async fn serve(app: &App, config: &Config, end: watch::Receiver<()>) -> Channel {
    let address = start(app, config, end);
    Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

fn start(app: &App, config: &Config, mut end: watch::Receiver<()>) -> SocketAddr {
    let listener = Listener::bind(config.listen).unwrap();
    let address = listener.local_addr().unwrap();
    let (app, config) = (app.clone(), config.clone());
    tokio::spawn(async move {
        // An error is the end, too: nobody is left to say it.
        let end = async move { end.changed().await.unwrap_or_default() };
        app.serve(&config, listener, end).await.unwrap();
    });
    address
}

/// A request that makes a work account.
pub fn work_account(prefix: &str, region_code: &str) -> CreateWorkAccountRequest {
    CreateWorkAccountRequest {
        domain_prefix: prefix.to_owned(),
        display_name: format!("{prefix} & Co."),
        region_code: region_code.to_owned(),
        user_name: "anna".to_owned(),
        given_name: "Anna".to_owned(),
        family_name: "Ferrer".to_owned(),
        email: format!("anna@{prefix}.example"),
        language_code: "es".to_owned(),
        validate_only: false,
    }
}

impl Persona {
    /// Nobody in particular.
    pub fn stranger() -> Self {
        Self::default()
    }

    pub fn asks<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            let value: MetadataValue<_> = format!("Bearer {token}").parse().unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        request
    }
}

/// Why a call was refused.
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|it| it.reason).unwrap_or_default()
}

/// The metadata of a refusal.
pub fn metadata(status: &Status, key: &str) -> String {
    let info = status.get_details_error_info();
    info.and_then(|it| it.metadata.get(key).cloned()).unwrap_or_default()
}

/// The fields that a refusal complains of.
pub fn fields(status: &Status) -> Vec<String> {
    let bad = status.get_details_bad_request();
    bad.map(|it| it.field_violations.into_iter().map(|it| it.field).collect()).unwrap_or_default()
}

/// All that a refusal says, byte for byte, apart from the id of the call.
pub fn without_call(status: &Status) -> Vec<u8> {
    let mut all = pb::Status::decode(status.details()).unwrap();
    all.details.retain(|it| !it.type_url.ends_with("google.rpc.RequestInfo"));
    assert!(!all.details.is_empty() && all.message == status.message());
    all.encode_to_vec()
}

/// What a refusal says that its goal still waits for.
pub fn requirements(status: &Status) -> Vec<Requirement> {
    let all = pb::Status::decode(status.details()).unwrap();
    let is_unmet =
        |it: &&prost_types::Any| it.type_url.ends_with("pacta.type.v1.UnmetRequirements");
    let unmet = all.details.iter().find(is_unmet);
    let unmet = unmet.map(|it| UnmetRequirements::decode(it.value.as_slice()).unwrap());
    unmet.unwrap_or_default().requirements
}

/// The ids of what a refusal says that its goal still waits for.
pub fn unmet(status: &Status) -> Vec<String> {
    requirements(status).into_iter().map(|it| it.id).collect()
}

/// What an entry of the ledger tells of, such as `SignedIn`.
pub fn happened(entry: &AuditEntry) -> &'static str {
    let event = entry.event.as_ref().unwrap().encode_to_vec();
    let event = store::Event::decode(event.as_slice()).unwrap();
    event.kind.map_or("", |it| it.name())
}
