//! The server's certificate and its clients' authorities: read at the start, and again whenever their
//! files change.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::Ordering::{Acquire, Release},
    },
    time::Duration,
};

use domain::{Clock, Timestamp};
use gate::PeerCertificate;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
        server::{NoServerSessionStorage, WantsServerCert},
        {ConfigBuilder, WantsVerifier},
    },
    server::TlsStream,
};
use tokio_util::sync::CancellationToken;

use super::clients::{self, Clients, Time};
use crate::{Failure, config::Config, reload};

/// What greets over TLS, by the newest files that are good.
pub(crate) struct Tls {
    files: Files,
    clock: Clock,
    current: RwLock<Arc<Current>>,
}

/// What is made of the files.
struct Current {
    acceptor: TlsAcceptor,
    clients: Option<Arc<Clients>>,
    /// Grows with every change of the files.
    generation: u64,
    /// What lay there.
    made_of: Arc<Contents>,
}

/// Where everything lies.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
}

/// What lies there.
#[derive(PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

type Greeted = (TlsStream<TcpStream>, Option<Arc<PeerCertificate>>);

impl Tls {
    /// None if the configuration wants none; fails if it cannot be had.
    pub(crate) fn of(config: &Config, clock: &Clock) -> Result<Option<Arc<Self>>, Failure> {
        let (Some(certificate), Some(key)) = (&config.tls_certificate, &config.tls_key) else {
            return Ok(None);
        };
        let client_ca = config.tls_client_ca.clone();
        let files = Files { certificate: certificate.clone(), key: key.clone(), client_ca };
        let current = Arc::new(files.read()?).current(clock, 0)?;
        let current = RwLock::new(Arc::new(current));
        Ok(Some(Arc::new(Self { files, clock: clock.clone(), current })))
    }

    fn current(&self) -> Arc<Current> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shakes hands; what the other side showed of itself was good, or this fails.
    pub(super) async fn greet(&self, stream: TcpStream) -> io::Result<Greeted> {
        let current = self.current();
        let stream = current.acceptor.accept(stream).await?;
        let shown = stream.get_ref().1.peer_certificates();
        let proven = clients::proven(shown, current.generation);
        proven.map_err(io::Error::other).map(|certificate| (stream, certificate))
    }

    /// Whether a certificate that was good when its owner connected would be so now.
    pub(crate) fn is_trusted(&self, certificate: &PeerCertificate, now: Timestamp) -> bool {
        let current = self.current();
        if certificate.verified_under.load(Acquire) == current.generation {
            return true;
        }
        let is_good = current.clients.as_ref().is_some_and(|it| it.verify(certificate, now));
        if is_good {
            certificate.verified_under.store(current.generation, Release);
        }
        is_good
    }

    /// Looks at the files every so often. New ones that are no good change nothing.
    pub(super) async fn watch(self: Arc<Self>, every: Duration, end: CancellationToken) {
        // Not what lies there now: that may have changed since.
        let (mut last, mut is_unreadable) = (self.current().made_of.clone(), false);
        reload::every(every, end, || self.look(&mut last, &mut is_unreadable)).await;
    }

    fn look(&self, last: &mut Arc<Contents>, is_unreadable: &mut bool) {
        let found = match self.files.read() {
            Ok(found) => Arc::new(found),
            Err(err) => {
                // Said once, until they can be read again.
                if !std::mem::replace(is_unreadable, true) {
                    tracing::error!(error = %err, "TLS files cannot be read; the old ones stay");
                }
                return;
            }
        };
        if std::mem::take(is_unreadable) {
            tracing::info!("TLS files can be read again");
        }
        if *last == found {
            return;
        }
        match found.current(&self.clock, self.current().generation + 1) {
            Ok(it) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(it);
                tracing::info!("new TLS files are in use");
            }
            Err(err) => {
                tracing::error!(error = %err, "new TLS files are no good; the old ones stay");
            }
        }
        *last = found;
    }
}

impl Files {
    fn read(&self) -> Result<Contents, Failure> {
        Ok(Contents {
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
            client_ca: self.client_ca.as_deref().map(read).transpose()?,
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = |err: io::Error| format!("{}: {err}", path.display());
    Ok(fs::read(path).map_err(name)?)
}

impl Contents {
    /// Fails unless key and certificate belong together and every authority can be read.
    fn current(self: &Arc<Self>, clock: &Clock, generation: u64) -> Result<Current, Failure> {
        let chain = certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)?;
        let provider = Arc::new(ring::default_provider());
        let clients = self.client_ca.as_deref().map(|it| Clients::under(it, provider.clone()));
        let clients = clients.transpose()?;
        let time = Arc::new(Time(clock.clone()));
        let builder: ConfigBuilder<ServerConfig, WantsVerifier> =
            ServerConfig::builder_with_details(provider, time)
                .with_safe_default_protocol_versions()?;
        let builder: ConfigBuilder<ServerConfig, WantsServerCert> = match &clients {
            Some(clients) => builder.with_client_cert_verifier(clients.clone()),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        // A resumed session would carry what was verified under former files.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Current { acceptor, clients, generation, made_of: self.clone() })
    }
}

/// At least one.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all? {
        all if all.is_empty() => Err("no certificate in PEM".into()),
        all => Ok(all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;

    fn lay(folder: &Path, name: &str) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        fs::write(folder.join("tls.key"), key.serialize_pem()).unwrap();
        fs::write(folder.join("tls.crt"), params.self_signed(&key).unwrap().pem()).unwrap();
    }

    #[tokio::test]
    async fn what_changed_between_the_start_and_the_first_look_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        lay(folder.path(), "first.example");
        let mut config = Config::load(&Flags::default()).unwrap();
        config.tls_certificate = Some(folder.path().join("tls.crt"));
        config.tls_key = Some(folder.path().join("tls.key"));
        let tls = Tls::of(&config, &Clock::system()).unwrap().unwrap();
        lay(folder.path(), "second.example");
        let end = CancellationToken::new();
        let watching = tokio::spawn(tls.clone().watch(Duration::from_millis(10), end.clone()));
        let taken = async {
            while tls.current().generation == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), taken).await.expect("never taken");
        end.cancel();
        watching.await.unwrap();
    }
}
