//! A server over a world's database that is a process of its own, and can be killed.

use std::{
    net::TcpListener,
    process::{Child, Command},
    time::Duration,
};

use domain::Clock;
use server::{
    app,
    config::{Config, Flags},
};
use tokio::sync::watch;
use tonic::transport::{Channel, Endpoint};

use crate::{World, plenty, serve};

/// Serves until it is killed, by the machine's own clock.
pub async fn run(flags: Flags) {
    let mut config = Config::load(&flags).unwrap();
    config.deliver = false;
    config.quota = plenty();
    let app = app::connect(&config, Clock::system()).await.unwrap();
    let (end, _) = watch::channel(());
    serve(&app, &config, end.subscribe()).await;
    std::future::pending::<()>().await;
}

/// Where the process listens, whether it runs or not.
pub struct Killable {
    flags: Vec<String>,
    address: String,
    child: Option<Child>,
}

impl Killable {
    /// Runs this program's own `server` subcommand.
    pub fn start(world: &World) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let config = &world.config;
        let mut flags = vec![
            "server".to_owned(),
            format!("--listen={address}"),
            format!("--data={}", config.data.display()),
        ];
        if let Some(url) = &config.database {
            flags.push(format!("--database={}", url.expose()));
            flags.push(format!("--key-file={}", config.key_file().0.display()));
        }
        let mut it = Self { flags, address, child: None };
        it.start_again();
        it
    }

    pub fn start_again(&mut self) {
        let program = std::env::current_exe().unwrap();
        self.child = Some(Command::new(program).args(&self.flags).spawn().unwrap());
    }

    /// Waits until it does.
    pub async fn listens(&self) {
        let trying = async {
            while tokio::net::TcpStream::connect(&self.address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), trying).await.expect("the process listens");
    }

    /// As `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Connects by itself whenever the server is there.
    pub fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address)).unwrap().connect_lazy()
    }
}

impl Drop for Killable {
    fn drop(&mut self) {
        self.kill();
    }
}
