//! The server's certificate: read at the start, and again whenever its files change.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
        server::NoServerSessionStorage,
    },
};
use tokio_util::sync::CancellationToken;

use crate::config::Config;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What greets over TLS, by the newest files that are good.
pub(super) struct Tls {
    files: Files,
    current: RwLock<TlsAcceptor>,
}

/// Where everything lies.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What lay there.
#[derive(PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// None if the configuration wants none; fails if it cannot be had.
    pub(super) fn of(config: &Config) -> Result<Option<Arc<Self>>, Failure> {
        let (Some(certificate), Some(key)) = (&config.tls_certificate, &config.tls_key) else {
            return Ok(None);
        };
        let files = Files { certificate: certificate.clone(), key: key.clone() };
        let current = RwLock::new(files.read()?.acceptor()?);
        Ok(Some(Arc::new(Self { files, current })))
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the files every so often. New ones that are no good change nothing.
    pub(super) async fn watch(self: Arc<Self>, every: Duration, end: CancellationToken) {
        let mut last = self.files.read().ok();
        loop {
            tokio::select! {
                () = end.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
            // A file that is just being written may be unreadable for a moment.
            let Ok(found) = self.files.read() else { continue };
            if last.as_ref() == Some(&found) {
                continue;
            }
            match found.acceptor() {
                Ok(acceptor) => {
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = acceptor;
                    tracing::info!("new TLS files are in use");
                }
                Err(err) => {
                    tracing::error!(error = %err, "new TLS files are no good; the old ones stay");
                }
            }
            last = Some(found);
        }
    }
}

impl Files {
    fn read(&self) -> Result<Contents, Failure> {
        Ok(Contents { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = |err: io::Error| format!("{}: {err}", path.display());
    Ok(fs::read(path).map_err(name)?)
}

impl Contents {
    /// Fails unless key and certificate belong together.
    fn acceptor(&self) -> Result<TlsAcceptor, Failure> {
        let chain = certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        // A resumed session would carry what was verified under former files.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// At least one.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all? {
        all if all.is_empty() => Err("no certificate in PEM".into()),
        all => Ok(all),
    }
}
