//! Authorities, the certificates they sign, and what a service asks with one.

use std::path::{Path, PathBuf};

use api::relationships::v1::{
    CheckOrderAuthorizationRequest, OrderOperation,
    relationships_service_client::RelationshipsServiceClient,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use tonic::{Request, Status, transport::Channel};

use crate::reason;

/// An authority of its own.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// What leads from it to one that is trusted, in PEM.
    chain: String,
}

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub struct Papers {
    pub certificate: String,
    pub key: String,
}

/// Where a server looks for its papers.
pub struct Desk {
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub client_ca: PathBuf,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self {
            issuer: CertifiedIssuer::self_signed(authority(name), key).unwrap(),
            chain: String::new(),
        }
    }

    /// An authority that this one vouches for.
    pub fn intermediate(&self, name: &str) -> Self {
        self.vouches_for(authority(name))
    }

    /// The same for so long only.
    pub fn intermediate_until(&self, name: &str, (year, month, day): (i32, u8, u8)) -> Self {
        let mut params = authority(name);
        params.not_after = date_time_ymd(year, month, day);
        self.vouches_for(params)
    }

    fn vouches_for(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::signed_by(params, key, &self.issuer).unwrap();
        let chain = format!("{}{}", issuer.pem(), self.chain);
        Self { issuer, chain }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub fn signs(&self, params: &CertificateParams) -> Papers {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Papers { certificate: certificate + &self.chain, key: key.serialize_pem() }
    }

    /// For a server on this machine.
    pub fn server(&self) -> Papers {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.signs(&params)
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// A certificate for a service of this SPIFFE id, good in every respect.
pub fn service(spiffe: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "a service");
    params.subject_alt_names = vec![SanType::URI(spiffe.try_into().unwrap())];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

impl Desk {
    pub fn new(folder: &Path) -> Self {
        let of = |name: &str| folder.join(name);
        Self { certificate: of("tls.crt"), key: of("tls.key"), client_ca: of("clients.pem") }
    }

    /// The key first, as rotations do it that take no care.
    pub fn lay(&self, papers: &Papers) {
        std::fs::write(&self.key, &papers.key).unwrap();
        std::fs::write(&self.certificate, &papers.certificate).unwrap();
    }
}

/// A service's question: good if the answer is about the order, which is of nobody.
pub async fn asks_about_an_order(channel: &Channel) -> Result<(), Status> {
    let nobody = uuid::Uuid::nil();
    let question = CheckOrderAuthorizationRequest {
        provider: format!("partners/{nobody}"),
        reseller: format!("partners/{nobody}"),
        customer: format!("customers/{nobody}"),
        operation: OrderOperation::NewPurchase.into(),
        ..Default::default()
    };
    let mut relationships = RelationshipsServiceClient::new(channel.clone());
    match relationships.check_order_authorization(Request::new(question)).await {
        Err(err) if reason(&err) != "RESOURCE_NOT_FOUND" => Err(err),
        _ => Ok(()),
    }
}
