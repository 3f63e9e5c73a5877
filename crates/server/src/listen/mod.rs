//! Lets connections in: so many at once, of one address fewer, and only those that soon speak. Who has
//! not called for long makes room.

mod calls;
mod clients;
mod connection;
mod greeting;
mod identity;
mod seats;
mod tls;

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc,
    time::MissedTickBehavior,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

pub(crate) use self::{calls::CallsLayer, tls::Tls};
use self::{
    connection::Connection,
    greeting::Greeting,
    seats::{Room, Seats},
};
use crate::config::Config;

/// Connections that wait in the kernel to be accepted.
const BACKLOG: u32 = 4096;
/// Connections that have been greeted and wait to be served.
const GREETED: usize = 64;
/// Files that connections leave to the database and the rest of the process.
const OTHER_FILES: u64 = 128;
/// How long accepting rests when the process is out of files or memory: first, and at most.
const REST: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// A socket that listens already, before anything is accepted.
#[derive(Debug)]
pub struct Listener(TcpListener);

/// Connections as the server takes them: none of them fails any more.
pub(crate) type Incoming = ReceiverStream<io::Result<Connection>>;

impl Listener {
    /// Listens; has to be called within the runtime.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        // A server that starts again takes its address back at once.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self(socket.listen(BACKLOG)?))
    }

    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Accepts until the stream is dropped; all connections break off at `end`.
    pub(crate) fn incoming(
        self,
        config: &Config,
        tls: Option<Arc<Tls>>,
        end: CancellationToken,
    ) -> Incoming {
        if let Some(tls) = tls.clone() {
            tokio::spawn(tls.watch(Duration::from_secs(config.reload_seconds), end.clone()));
        }
        let (greeted, incoming) = mpsc::channel(GREETED);
        let greeting = Greeting {
            handshake: Duration::from_secs(config.handshake_seconds),
            first_frame: Duration::from_secs(config.first_frame_seconds),
            tls,
        };
        let door = Door {
            seats: Seats::new(Room::of(config, room())),
            end,
            greeting: Arc::new(greeting),
            greeted,
        };
        tokio::spawn(door.keep(self.0));
        ReceiverStream::new(incoming)
    }
}

/// What every new connection passes.
struct Door {
    seats: Seats,
    end: CancellationToken,
    greeting: Arc<Greeting>,
    greeted: mpsc::Sender<io::Result<Connection>>,
}

impl Door {
    async fn keep(self, listener: TcpListener) {
        let mut rest = REST.0;
        let mut looks = tokio::time::interval(self.seats.pace());
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let accepted = tokio::select! {
                () = self.greeted.closed() => return,
                _ = looks.tick() => {
                    self.seats.end_idle(Instant::now());
                    continue;
                }
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => {
                    rest = REST.0;
                    self.admit(stream, address);
                }
                Err(err) if concerns_one_connection(&err) => {}
                Err(err) => {
                    // Out of files, most likely: without a rest this would spin until one is free.
                    tracing::warn!(error = %err, rest = ?rest, "no connection can be accepted");
                    tokio::select! {
                        () = self.greeted.closed() => return,
                        () = tokio::time::sleep(rest) => {}
                    }
                    rest = (rest * 2).min(REST.1);
                }
            }
        }
    }

    /// Greets it if there is room or somebody makes some, else breaks it off: a caller that hears so at once can go
    /// elsewhere.
    fn admit(&self, stream: TcpStream, address: SocketAddr) {
        let Some(seat) = self.seats.take(address.ip(), &self.end, Instant::now()) else {
            return;
        };
        let end = seat.calls.ending();
        let (greeting, greeted) = (self.greeting.clone(), self.greeted.clone());
        tokio::spawn(async move {
            let greeting = greeting.of(stream, address.ip(), seat);
            let connection = tokio::select! {
                () = greeted.closed() => return,
                () = end.cancelled() => return,
                connection = greeting => connection,
            };
            match connection {
                Ok(connection) => {
                    let _ = greeted.send(Ok(connection)).await;
                }
                Err(err) => tracing::debug!(peer = %address, error = %err, "no greeting"),
            }
        });
    }
}

/// Raises the number of files that this process may open to what the system allows.
pub fn raise_open_files() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    Ok(())
}

/// How many connections leave enough files for everything else.
fn room() -> usize {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX).max(16)
}

/// Whether only this one connection is lost.
fn concerns_one_connection(err: &io::Error) -> bool {
    [
        ErrorKind::ConnectionAborted,
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionRefused,
        ErrorKind::Interrupted,
        ErrorKind::BrokenPipe,
    ]
    .contains(&err.kind())
}
