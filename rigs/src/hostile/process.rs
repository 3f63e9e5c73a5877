//! The server under attack: this program once more, as a process of its own.

use std::{
    ffi::OsString,
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Parser as _;
use it::certificates::{Authority, Desk, Papers};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use server::{commands, config::Flags};
use tokio::process::{Child, Command};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, pem::PemObject as _},
    },
};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

/// Serves as `pacta serve` does.
pub async fn serve(flags: Flags) {
    let config = flags.config.unwrap();
    let words = ["pacta", "serve", "--config"].map(OsString::from).into_iter();
    let command = commands::Command::parse_from(words.chain([config.into_os_string()]));
    let status = commands::run(command).await;
    assert_eq!(status, std::process::ExitCode::SUCCESS);
}

pub struct Process {
    pub address: SocketAddr,
    pub authority: Authority,
    pub desk: Desk,
    child: Child,
    log: PathBuf,
    _folder: tempfile::TempDir,
}

/// How to get in.
#[derive(Clone)]
pub struct Door {
    pem: String,
    port: u16,
}

impl Door {
    pub fn endpoint(&self, papers: Option<&Papers>) -> Endpoint {
        let trusted = Certificate::from_pem(&self.pem);
        let mut tls = ClientTlsConfig::new().ca_certificate(trusted);
        if let Some(it) = papers {
            tls = tls.identity(Identity::from_pem(&it.certificate, &it.key));
        }
        let address = format!("https://localhost:{}", self.port);
        Endpoint::from_shared(address).unwrap().tls_config(tls).unwrap()
    }
}

impl Process {
    /// Starts it with these further lines of configuration; `most_files` is all that it may open.
    pub async fn start(settings: &str, most_files: Option<u32>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        Self::within(folder, &data, settings, most_files).await
    }

    /// Starts it over data that are there.
    pub async fn over(data: &Path, settings: &str) -> Self {
        Self::within(tempfile::tempdir().unwrap(), data, settings, None).await
    }

    async fn within(
        folder: tempfile::TempDir,
        data: &Path,
        settings: &str,
        most_files: Option<u32>,
    ) -> Self {
        let (authority, desk) = (Authority::new("servers"), Desk::new(folder.path()));
        desk.lay(&authority.server());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let quoted = |it: &Path| format!("{:?}", it.display().to_string());
        let config = format!(
            "listen = \"127.0.0.1:{port}\"\ndata = {}\ntls_certificate = {}\ntls_key = {}\n\
             deliver = false\nlog = \"text\"\n{settings}\n",
            quoted(data),
            quoted(&desk.certificate),
            quoted(&desk.key),
        );
        let file = folder.path().join("pacta.toml");
        fs::write(&file, config).unwrap();
        let log = folder.path().join("log");
        let out = fs::File::create(&log).unwrap();
        let most = most_files.map_or_else(String::new, |it| format!("ulimit -n {it}; "));
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("{most}exec \"$0\" serve --config \"$1\""));
        shell.arg(std::env::current_exe().unwrap()).arg(&file);
        shell.env("RUST_LOG", "warn").stdout(out.try_clone().unwrap()).stderr(out);
        let child = shell.kill_on_drop(true).spawn().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let it = Self { address, authority, desk, child, log, _folder: folder };
        let begin = Instant::now();
        while it.endpoint().connect().await.is_err() {
            assert!(begin.elapsed() < Duration::from_secs(60), "{}", it.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        it
    }

    pub fn door(&self) -> Door {
        Door { pem: self.authority.pem(), port: self.address.port() }
    }

    pub fn endpoint(&self) -> Endpoint {
        self.door().endpoint(None)
    }

    pub async fn channel(&self) -> Channel {
        self.endpoint().connect().await.unwrap()
    }

    /// For clients that speak TLS and then something of their own.
    pub fn connector(&self) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        let pem = self.authority.pem();
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        TlsConnector::from(Arc::new(config))
    }

    /// Resident memory in MiB.
    pub fn memory(&self) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find(|it| it.starts_with("VmRSS:")).unwrap();
        let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib / 1024.0
    }

    /// Processor time in seconds.
    pub fn work(&self) -> f64 {
        let stat = self.proc("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        // Fields 14 and 15 of the whole line, in hundredths.
        fields[11..=12].iter().map(|it| it.parse::<f64>().unwrap()).sum::<f64>() / 100.0
    }

    /// Takes files away from it, or gives them back, up to the hard limit.
    pub fn limit_files(&self, now: u32, most: u32) {
        let pid = self.child.id().and_then(|it| Pid::from_raw(i32::try_from(it).unwrap()));
        let limit = Rlimit { current: Some(now.into()), maximum: Some(most.into()) };
        prlimit(pid, Resource::Nofile, limit).unwrap();
    }

    pub fn n_files(&self) -> usize {
        let pid = self.child.id().unwrap();
        fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
    }

    fn proc(&self, file: &str) -> String {
        let pid = self.child.id().unwrap();
        fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_else(|_| self.said())
    }

    /// What it logged.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}
