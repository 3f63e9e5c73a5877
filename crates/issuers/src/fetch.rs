//! Asks an issuer for a document: over TLS, of an allowed host, within bounds, and nowhere else.

use std::{sync::Arc, time::Duration};

use http::{Request, Uri, header::ACCEPT};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use serde_json::Value;

use crate::{Fault, Settings};

/// How long one document may take, connection included.
const PATIENCE: Duration = Duration::from_secs(3);
/// The most bytes that one may have.
const SIZE: usize = 256 * 1024;

/// A client of one issuer.
pub(crate) struct Fetcher {
    client: Client<HttpsConnector<HttpConnector>, Empty<&'static [u8]>>,
    hosts: Vec<String>,
}

impl Fetcher {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Fault> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|err| Fault(err.to_string()))?
            .with_root_certificates(authorities(settings)?)
            .with_no_client_auth();
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1().build();
        // A refresh every ten minutes needs no connection kept.
        let client =
            Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self { client, hosts: settings.allowed_hosts() })
    }

    /// The document at a URL. A redirect is a refusal like any other.
    pub(crate) async fn json(&self, url: &str) -> Result<Value, Fault> {
        let uri: Uri = url.parse().map_err(|_| Fault(format!("{url} is no URL")))?;
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        if uri.scheme_str() != Some("https") || !self.hosts.contains(&host) {
            return Err(Fault(format!("{url} is not of an allowed host")));
        }
        let failed = |err: &dyn std::error::Error| Fault(format!("{url}: {}", causes(err)));
        let request = Request::get(uri).header(ACCEPT, "application/json");
        let request = request.body(Empty::new()).map_err(|err| failed(&err))?;
        let answer = async {
            let response = self.client.request(request).await.map_err(|err| failed(&err))?;
            if response.status() != http::StatusCode::OK {
                return Err(Fault(format!("{url} answers {}", response.status())));
            }
            let body = Limited::new(response.into_body(), SIZE).collect().await;
            let body = body.map_err(|err| failed(&*err))?.to_bytes();
            serde_json::from_slice(&body).map_err(|err| failed(&err))
        };
        let late = |_| Fault(format!("{url} does not answer within {PATIENCE:?}"));
        tokio::time::timeout(PATIENCE, answer).await.map_err(late)?
    }
}

fn authorities(settings: &Settings) -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    let Some(path) = &settings.ca else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        return Ok(roots);
    };
    let unreadable = |why: String| Fault(format!("{}: {why}", path.display()));
    let found = CertificateDer::pem_file_iter(path).map_err(|it| unreadable(it.to_string()))?;
    for certificate in found {
        let certificate = certificate.map_err(|it| unreadable(it.to_string()))?;
        roots.add(certificate).map_err(|it| unreadable(it.to_string()))?;
    }
    match roots.is_empty() {
        true => Err(unreadable("holds no certificate".to_owned())),
        false => Ok(roots),
    }
}

/// An error with what it says of its causes.
fn causes(err: &dyn std::error::Error) -> String {
    let mut words = err.to_string();
    let mut next = err.source();
    while let Some(cause) = next {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        next = cause.source();
    }
    words
}
