//! Internal services prove who they are by a certificate: exactly the right one, or nothing.

use api::{
    changes::v1::ListAuditEntriesRequest,
    enrollment::v1::{AppointProviderRequest, enrollment_service_client::EnrollmentServiceClient},
    relationships::v1::{
        CheckOrderAuthorizationRequest, relationships_service_client::RelationshipsServiceClient,
    },
    types::v1::ActorKind,
    users::v1::{WhoAmIRequest, users_service_client::UsersServiceClient},
};
use domain::Role;
use it::{
    Persona, World,
    certificates::{Authority, Desk, Papers, asks_about_an_order, service},
    reason,
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use server::config::InternalService;
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};
use tonic::{
    Code, Request, Status,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};

const ORDERS: &str = "spiffe://pacta.example/orders";

/// A server with an authority for itself and one for its clients.
struct Fort {
    world: World,
    servers: Authority,
    clients: Authority,
    desk: Desk,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Fort {
    async fn build(world: World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
        let desk = Desk::new(folder.path());
        desk.lay(&servers.server());
        std::fs::write(&desk.client_ca, clients.pem()).unwrap();
        let mut config = world.config().clone();
        config.tls_certificate = Some(desk.certificate.clone());
        config.tls_key = Some(desk.key.clone());
        config.tls_client_ca = Some(desk.client_ca.clone());
        config.reload_seconds = 1;
        let roles = ["INTERNAL_SERVICE", "OPERATOR"].map(str::to_owned).to_vec();
        let spiffe = ORDERS.to_owned();
        config.internal_service = vec![InternalService { spiffe, roles }];
        let port = world.listen(config).await.port();
        Self { world, servers, clients, desk, port, _folder: folder }
    }

    fn endpoint(&self, papers: Option<&Papers>) -> Endpoint {
        let trusted = Certificate::from_pem(self.servers.pem());
        let mut tls = ClientTlsConfig::new().ca_certificate(trusted);
        if let Some(it) = papers {
            tls = tls.identity(Identity::from_pem(&it.certificate, &it.key));
        }
        let address = format!("https://localhost:{}", self.port);
        Endpoint::from_shared(address).unwrap().tls_config(tls).unwrap()
    }

    /// What the order system's question is answered by; a connection that breaks is no answer.
    async fn order_system(&self, papers: Option<&Papers>) -> Result<(), Status> {
        let channel = self.endpoint(papers).connect().await;
        asks_about_an_order(&channel.map_err(|err| Status::from_error(err.into()))?).await
    }
}

async fn who_am_i(channel: &Channel, who: &Persona) -> Result<String, Status> {
    let asked = who.asks(WhoAmIRequest::default());
    let answer = UsersServiceClient::new(channel.clone()).who_am_i(asked).await?;
    Ok(format!("{:?}", answer.into_inner()))
}

/// How a certificate is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// The connection ends before anything is served.
    Connection,
    /// It is a service's, but none that was let in.
    Call,
}

fn with(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = service(ORDERS);
    change(&mut params);
    params
}

fn uris(all: &[&str]) -> CertificateParams {
    let uri = |it: &&str| SanType::URI((*it).try_into().unwrap());
    with(|it| it.subject_alt_names = all.iter().map(uri).collect())
}

/// Certificates that the right authority signed although it should not have, or for other purposes.
fn zoo() -> Vec<(&'static str, Refused, CertificateParams)> {
    use ExtendedKeyUsagePurpose::{Any, ClientAuth, CodeSigning, ServerAuth};
    use Refused::{Call, Connection};
    vec![
        ("expired", Connection, with(|it| it.not_after = date_time_ymd(2026, 11, 24))),
        ("not yet valid", Connection, with(|it| it.not_before = date_time_ymd(2026, 11, 25))),
        ("for servers", Connection, with(|it| it.extended_key_usages = vec![ServerAuth])),
        ("for code", Connection, with(|it| it.extended_key_usages = vec![CodeSigning])),
        ("for anything", Connection, with(|it| it.extended_key_usages = vec![Any])),
        (
            "for clients and anything",
            Connection,
            with(|it| it.extended_key_usages = vec![ClientAuth, Any]),
        ),
        ("for nothing in particular", Connection, with(|it| it.extended_key_usages.clear())),
        (
            "an authority as a leaf",
            Connection,
            with(|it| it.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        ),
        (
            "a key that signs certificates",
            Connection,
            with(|it| it.key_usages.push(KeyUsagePurpose::KeyCertSign)),
        ),
        (
            "a key that signs no handshakes",
            Connection,
            with(|it| it.key_usages = vec![KeyUsagePurpose::KeyEncipherment]),
        ),
        ("two URIs", Connection, uris(&[ORDERS, "spiffe://pacta.example/billing"])),
        ("two URIs, the right one last", Connection, uris(&["spiffe://pacta.example/a", ORDERS])),
        ("the right URI twice", Connection, uris(&[ORDERS, ORDERS])),
        ("no name at all", Connection, uris(&[])),
        (
            "the URI as a DNS name",
            Connection,
            with(|it| it.subject_alt_names = vec![SanType::DnsName(ORDERS.try_into().unwrap())]),
        ),
        (
            "the URI as the subject",
            Connection,
            with(|it| {
                it.subject_alt_names.clear();
                it.distinguished_name.push(DnType::CommonName, ORDERS);
            }),
        ),
        ("a wildcard path", Connection, uris(&["spiffe://pacta.example/*"])),
        ("a wildcard domain", Connection, uris(&["spiffe://*.example/orders"])),
        ("another scheme", Connection, uris(&["https://pacta.example/orders"])),
        ("the scheme in capitals", Connection, uris(&["SPIFFE://pacta.example/orders"])),
        ("the domain in capitals", Connection, uris(&["spiffe://PACTA.example/orders"])),
        ("a slash behind", Connection, uris(&["spiffe://pacta.example/orders/"])),
        ("two slashes", Connection, uris(&["spiffe://pacta.example//orders"])),
        ("a dot on the way", Connection, uris(&["spiffe://pacta.example/./orders"])),
        ("the way round", Connection, uris(&["spiffe://pacta.example/a/../orders"])),
        ("an escape", Connection, uris(&["spiffe://pacta.example/order%73"])),
        ("a query", Connection, uris(&["spiffe://pacta.example/orders?"])),
        ("a fragment", Connection, uris(&["spiffe://pacta.example/orders#"])),
        ("a port", Connection, uris(&["spiffe://pacta.example:443/orders"])),
        ("a user", Connection, uris(&["spiffe://orders@pacta.example/orders"])),
        ("a line break", Connection, uris(&["spiffe://pacta.example/orders\n"])),
        ("the domain alone", Connection, uris(&["spiffe://pacta.example"])),
        ("another path", Call, uris(&["spiffe://pacta.example/billing"])),
        ("the path in capitals", Call, uris(&["spiffe://pacta.example/Orders"])),
        ("a beginning of the path", Call, uris(&["spiffe://pacta.example/order"])),
        ("more than the path", Call, uris(&["spiffe://pacta.example/orders2"])),
        ("a path below", Call, uris(&["spiffe://pacta.example/orders/orders"])),
        ("another domain", Call, uris(&["spiffe://pacta.example.org/orders"])),
        ("a domain below", Call, uris(&["spiffe://x.pacta.example/orders"])),
    ]
}

/// What was never signed by the right authority's key.
fn forgeries(fort: &Fort) -> Vec<(&'static str, Papers)> {
    let leaf = fort.clients.signs(&service(ORDERS));
    let key = KeyPair::generate().unwrap();
    let alone = service(ORDERS).self_signed(&key).unwrap().pem();
    let by_leaf = {
        let issuer = rcgen::Issuer::new(service(ORDERS), KeyPair::from_pem(&leaf.key).unwrap());
        let key = KeyPair::generate().unwrap();
        let own = service(ORDERS).signed_by(&key, &issuer).unwrap().pem();
        Papers { certificate: format!("{own}{}", leaf.certificate), key: key.serialize_pem() }
    };
    vec![
        ("self-signed", Papers { certificate: alone, key: key.serialize_pem() }),
        ("of another authority", Authority::new("others").signs(&service(ORDERS))),
        ("of another authority of that name", Authority::new("clients").signs(&service(ORDERS))),
        ("of the servers' authority", fort.servers.signs(&service(ORDERS))),
        ("signed by a service", by_leaf),
    ]
}

#[tokio::test]
async fn of_a_zoo_of_certificates_the_right_one_alone_passes() {
    let fort = Fort::build(World::sqlite().await).await;
    let good = fort.clients.signs(&service(ORDERS));
    fort.order_system(Some(&good)).await.expect("the right one");
    let far = fort.clients.intermediate("clients of orders").signs(&service(ORDERS));
    fort.order_system(Some(&far)).await.expect("the right one by an authority between");
    let named = with(|it| {
        it.subject_alt_names.push(SanType::DnsName("orders.pacta.example".try_into().unwrap()));
    });
    fort.order_system(Some(&fort.clients.signs(&named))).await.expect("a DNS name beside");

    let signed = zoo().into_iter().map(|(what, how, it)| (what, how, fort.clients.signs(&it)));
    let forged = forgeries(&fort).into_iter().map(|(what, it)| (what, Refused::Connection, it));
    for (what, how, papers) in signed.chain(forged) {
        let err = fort.order_system(Some(&papers)).await.expect_err(what);
        let found = match (err.code(), reason(&err).as_str()) {
            (Code::Unauthenticated, "CREDENTIAL_INVALID") => Refused::Call,
            (_, "") => Refused::Connection,
            other => panic!("{what}: {other:?}"),
        };
        assert_eq!(found, how, "{what}: {err:?}");
    }
    let nothing = fort.order_system(None).await.unwrap_err();
    assert_eq!(reason(&nothing), "CREDENTIAL_MISSING");
    fort.order_system(Some(&good)).await.expect("the right one still");
}

#[tokio::test]
async fn a_certificate_ends_when_it_ends_also_on_a_connection_that_goes_on() {
    let fort = Fort::build(World::sqlite().await).await;
    let short = with(|it| it.not_after = date_time_ymd(2026, 11, 25));
    let papers = fort.clients.signs(&short);
    let channel = fort.endpoint(Some(&papers)).connect().await.unwrap();
    asks_about_an_order(&channel).await.unwrap();
    // From the 24th, 9:00, to the 25th.
    fort.world.clock.advance(chrono::Duration::hours(15));
    asks_about_an_order(&channel).await.expect("to the second");
    fort.world.clock.advance(chrono::Duration::seconds(1));
    let err = asks_about_an_order(&channel).await.unwrap_err();
    assert_eq!(reason(&err), "CREDENTIAL_EXPIRED");
    assert!(fort.order_system(Some(&papers)).await.is_err(), "a new connection");
}

#[tokio::test]
async fn a_certificate_ends_with_the_first_that_leads_from_it_to_the_authority() {
    let fort = Fort::build(World::sqlite().await).await;
    let between = fort.clients.intermediate_until("clients of orders", (2026, 11, 25));
    let papers = between.signs(&service(ORDERS));
    let channel = fort.endpoint(Some(&papers)).connect().await.unwrap();
    fort.world.clock.advance(chrono::Duration::hours(15));
    asks_about_an_order(&channel).await.expect("to the second");
    fort.world.clock.advance(chrono::Duration::seconds(1));
    let err = asks_about_an_order(&channel).await.unwrap_err();
    assert_eq!(reason(&err), "CREDENTIAL_EXPIRED");
    assert!(fort.order_system(Some(&papers)).await.is_err(), "a new connection");
}

#[tokio::test]
async fn a_token_beside_a_certificate_decides_if_both_are_good() {
    let fort = Fort::build(World::sqlite().await).await;
    let anna = fort.world.company("bakery", "CH").await;
    let garbage = Persona { token: Some("garbage".to_owned()), ..Persona::default() };
    let good = fort.clients.signs(&service(ORDERS));
    let channel = fort.endpoint(Some(&good)).connect().await.unwrap();
    assert!(who_am_i(&channel, &anna).await.unwrap().contains(&anna.sign_in_name));
    asks_about_an_order(&channel).await.expect("the service by itself");
    assert!(who_am_i(&channel, &Persona::stranger()).await.unwrap().contains(ORDERS));
    let asked = anna.asks(CheckOrderAuthorizationRequest::default());
    let mut relationships = RelationshipsServiceClient::new(channel.clone());
    let err = relationships.check_order_authorization(asked).await.unwrap_err();
    assert_eq!(reason(&err), "ROLE_MISSING", "Anna does not borrow the service's role");
    let err = who_am_i(&channel, &garbage).await.unwrap_err();
    assert_eq!(reason(&err), "CREDENTIAL_INVALID", "a bad token beside a good certificate");

    let unknown = fort.clients.signs(&service("spiffe://pacta.example/billing"));
    let channel = fort.endpoint(Some(&unknown)).connect().await.unwrap();
    let err = who_am_i(&channel, &anna).await.unwrap_err();
    assert_eq!(reason(&err), "CREDENTIAL_INVALID", "a good token beside an unknown service's");

    // What metadata says of a certificate is nobody's word.
    let channel = fort.endpoint(None).connect().await.unwrap();
    let mut asked = Request::new(WhoAmIRequest::default());
    for name in ["x-forwarded-client-cert", "x-client-cert", "x-spiffe-id"] {
        asked.metadata_mut().insert(name, format!("URI={ORDERS}").parse().unwrap());
    }
    let err = UsersServiceClient::new(channel).who_am_i(asked).await.unwrap_err();
    assert_eq!(reason(&err), "CREDENTIAL_MISSING");
}

#[tokio::test]
async fn the_ledger_names_the_service_and_its_certificate() {
    let fort = Fort::build(World::sqlite().await).await;
    let anna = fort.world.company("bakery", "CH").await;
    let papers = fort.clients.signs(&service(ORDERS));
    let channel = fort.endpoint(Some(&papers)).connect().await.unwrap();
    let (company, reason) = (anna.company.clone(), "distributor".to_owned());
    let appoint = AppointProviderRequest { company, reason, ..Default::default() };
    let mut enrollment = EnrollmentServiceClient::new(channel);
    enrollment.appoint_provider(Request::new(appoint)).await.unwrap();
    let auditor = fort.world.platform(&[Role::Auditor]).await;
    let list = ListAuditEntriesRequest { parent: anna.company.clone(), ..Default::default() };
    let listed = fort.world.changes().list_audit_entries(auditor.asks(list)).await.unwrap();
    let entries = listed.into_inner().audit_entries;
    let entry = entries.iter().find(|it| it.method.ends_with("AppointProvider")).unwrap();
    let actor = entry.actor.as_ref().unwrap();
    let der = CertificateDer::from_pem_slice(papers.certificate.as_bytes()).unwrap();
    let sha256: String = Sha256::digest(&der).iter().map(|it| format!("{it:02x}")).collect();
    assert_eq!(actor.kind(), ActorKind::Internal);
    assert_eq!((actor.principal.as_str(), &actor.credential), (ORDERS, &sha256));
}

/// Tries again until it is so, for half a minute.
async fn soon(what: &str, is_so: impl AsyncFn() -> bool) {
    let patience = std::time::Duration::from_secs(30);
    let trying = async {
        while !is_so().await {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(patience, trying).await.unwrap_or_else(|_| panic!("{what}: never"));
}

#[tokio::test]
async fn new_files_are_taken_and_broken_ones_change_nothing() {
    it::logs::keep();
    let mut fort = Fort::build(World::sqlite().await).await;
    let good = fort.clients.signs(&service(ORDERS));
    let lasting = fort.endpoint(Some(&good)).connect().await.unwrap();
    asks_about_an_order(&lasting).await.unwrap();

    // A key that is not the certificate's, then no certificate at all: nothing changes.
    let next = Authority::new("servers, next");
    std::fs::write(&fort.desk.key, &next.server().key).unwrap();
    std::fs::write(&fort.desk.client_ca, "nothing").unwrap();
    soon("a word on it", async || it::logs::hold("new TLS files are no good")).await;
    fort.order_system(Some(&good)).await.expect("the old files stay");

    // A file that is not there: said once, and nothing changes.
    let unreadable = format!("{}: ", fort.desk.key.display());
    std::fs::remove_file(&fort.desk.key).unwrap();
    soon("a word on it", async || it::logs::hold(&unreadable)).await;
    assert!(it::logs::hold("TLS files cannot be read"));
    fort.order_system(Some(&good)).await.expect("the old files stay");
    std::fs::write(&fort.desk.key, &next.server().key).unwrap();
    soon("the file again", async || it::logs::hold("TLS files can be read again")).await;
    assert_eq!(it::logs::n_of(&unreadable), 1);

    // Good ones again, of other authorities.
    let clients = Authority::new("clients, next");
    fort.desk.lay(&next.server());
    std::fs::write(&fort.desk.client_ca, clients.pem()).unwrap();
    fort.servers = next;
    let newer = clients.signs(&service(ORDERS));
    let fort = fort;
    soon("the new files", async || fort.order_system(Some(&newer)).await.is_ok()).await;
    assert!(fort.order_system(Some(&good)).await.is_err(), "of the former authority");
    let err = asks_about_an_order(&lasting).await.unwrap_err();
    assert_eq!(reason(&err), "CREDENTIAL_INVALID", "also on the connection that goes on");
}
