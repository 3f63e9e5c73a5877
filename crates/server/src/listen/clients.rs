//! Certificates of clients: asked for, not demanded; one that is shown is good, or nothing is served.

use std::sync::Arc;

use domain::{Clock, Timestamp};
use gate::PeerCertificate;
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, UnixTime},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    time_provider::TimeProvider,
};

use super::{
    identity::{Identity, validity},
    tls::certificates,
};
use crate::Failure;

/// Verifies what TLS does, and that the certificate is one service's own.
#[derive(Debug)]
pub(super) struct Clients(Arc<dyn ClientCertVerifier>);

/// Time as the rest of the server has it.
#[derive(Debug)]
pub(super) struct Time(pub(super) Clock);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        unix(self.0.now())
    }
}

fn unix(time: Timestamp) -> Option<UnixTime> {
    let seconds = u64::try_from(time.timestamp()).ok()?;
    Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
}

impl Clients {
    /// Those whose certificates lead to one of these authorities.
    pub(super) fn under(pem: &[u8], provider: Arc<CryptoProvider>) -> Result<Arc<Self>, Failure> {
        let mut roots = RootCertStore::empty();
        for authority in certificates(pem)? {
            roots.add(authority)?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        Ok(Arc::new(Self(verifier.allow_unauthenticated().build()?)))
    }

    /// Whether a certificate that was good at its handshake still is.
    pub(super) fn verify(&self, of: &PeerCertificate, now: Timestamp) -> bool {
        let mut chain = of.chain.iter().map(|it| CertificateDer::from(it.as_slice()));
        let (Some(own), Some(now)) = (chain.next(), unix(now)) else {
            return false;
        };
        let others: Vec<CertificateDer<'_>> = chain.collect();
        self.verify_client_cert(&own, &others, now).is_ok()
    }
}

/// What a finished handshake proved; its certificates were verified.
pub(super) fn proven(
    chain: Option<&[CertificateDer<'_>]>,
    generation: u64,
) -> Result<Option<Arc<PeerCertificate>>, &'static str> {
    let Some(own) = chain.and_then(<[_]>::first) else {
        return Ok(None);
    };
    let Identity { uri, mut not_before, mut not_after } = Identity::read(own)?;
    // One that has ended leads nowhere any more, also on a connection that goes on.
    for it in chain.into_iter().flatten().skip(1) {
        let (begin, end) = validity(it)?;
        (not_before, not_after) = (not_before.max(begin), not_after.min(end));
    }
    Ok(Some(Arc::new(PeerCertificate {
        chain: chain.into_iter().flatten().map(|it| it.to_vec()).collect(),
        uri,
        sha256: Sha256::digest(own).to_vec(),
        valid: not_before..=not_after,
        verified_under: generation.into(),
    })))
}

impl ClientCertVerifier for Clients {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.0.verify_client_cert(end_entity, intermediates, now)?;
        match Identity::read(end_entity) {
            Ok(_) => Ok(verified),
            Err(why) => {
                tracing::info!(why, "a client's certificate is refused");
                Err(CertificateError::ApplicationVerificationFailure.into())
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
