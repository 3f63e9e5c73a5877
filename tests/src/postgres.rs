//! One PostgreSQL cluster for a whole test run: the first test process starts it, all others share it, and it ends by itself.
//!
//! A start writes port and folder to `target/it-postgres/cluster` under a file lock, so that two processes never start
//! two. Every process that uses the cluster keeps its heartbeat file fresh; a watchdog shell, which outlives the
//! process that started it, stops the cluster and removes its folder a minute after the last beat, or at once when
//! the heartbeat file is removed.

#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this starts a program for tests: it reads the environment, waits by the wall clock, and fails loudly"
)]

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use tokio::sync::OnceCell;
use uuid::Uuid;

const FOLDER_PREFIX: &str = "pacta-it-pg-";
const BEAT: Duration = Duration::from_secs(5);
/// A process that still beats after three hours hangs.
const MAX_BEATS: u32 = 2_160;
/// The watchdog ticks every two seconds; one that has not for this long was killed.
const LOST: Duration = Duration::from_secs(120);
const START_PATIENCE: Duration = Duration::from_secs(60);

/// Arguments: folder, port, psql, then the command that is the server.
/// The heartbeat is renamed before the last look at it, so that a beat either saves the cluster or is seen to fail.
const WATCHDOG: &str = r#"
trap '' HUP
export PGCONNECT_TIMEOUT=10
dir=$1 port=$2 psql=$3
shift 3
stop() {
    kill -QUIT "$server" 2>/dev/null
    wait "$server"
    rm -rf "$dir"
    exit 0
}
"$@" &
server=$!
trap stop TERM
idle=0 tick=0
touch "$dir/watchdog"
while kill -0 "$server" 2>/dev/null; do
    sleep 2
    touch "$dir/watchdog"
    [ -e "$dir/heartbeat" ] || stop
    if [ -n "$(find "$dir/heartbeat" -newer "$dir/seen")" ]; then
        touch -r "$dir/heartbeat" "$dir/seen"
        idle=0
    else
        idle=$((idle + 1))
    fi
    if [ "$idle" -ge 30 ]; then
        mv "$dir/heartbeat" "$dir/last"
        [ -n "$(find "$dir/last" -newer "$dir/seen")" ] || stop
        mv "$dir/last" "$dir/heartbeat"
    fi
    # Databases of ended processes go; one that is still connected to stays, for a drop without FORCE is refused.
    tick=$(((tick + 1) % 15))
    [ "$tick" -eq 0 ] || continue
    url=postgres://pacta@127.0.0.1:$port/postgres
    for name in $("$psql" -XAtqd "$url" -c "SELECT datname FROM pg_database WHERE datname LIKE 'it\_%'"); do
        touch "$dir/watchdog"
        owner=${name#it_}
        kill -0 "${owner%%_*}" 2>/dev/null || "$psql" -Xqd "$url" -c "DROP DATABASE IF EXISTS $name"
    done
done
stop
"#;

/// The cluster's URL without a database, as in `postgres://pacta@127.0.0.1:40123`.
pub async fn server() -> String {
    cluster().await.url()
}

/// Creates an empty database and returns its URL. It is dropped some time after this process has ended.
pub async fn fresh_database() -> String {
    create_from("template0").await
}

/// Creates a copy of a database to which nobody is connected, such as one that holds the migrated schema.
pub async fn copy_of(url: &str) -> String {
    create_from(database_in(url)).await
}

/// What a query answers, as psql prints it: a line a row.
pub async fn ask(url: &str, sql: &str) -> String {
    let cluster = cluster().await;
    let mut psql = plain(&cluster.bin.join("psql"));
    psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]).stdin(Stdio::null());
    let output = tokio::process::Command::from(psql).output().await.unwrap();
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Drops a database and every connection to it, which spares the disk during a long run.
pub async fn drop_database(url: &str) {
    run(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", database_in(url))).await;
}

async fn create_from(template: &str) -> String {
    let name = format!("it_{}_{}", std::process::id(), Uuid::new_v4().simple());
    run(&format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")).await;
    // Tables are small here, and would be scanned whatever indexes there are.
    run(&format!("ALTER DATABASE {name} SET enable_seqscan = off")).await;
    format!("{}/{name}", server().await)
}

async fn run(sql: &str) {
    let cluster = cluster().await;
    let mut psql = tokio::process::Command::from(psql(&cluster.bin, cluster.port, sql));
    let output = psql.output().await.unwrap();
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
}

fn database_in(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

struct Cluster {
    bin: PathBuf,
    port: u16,
    dir: PathBuf,
}

async fn cluster() -> &'static Cluster {
    static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
    CLUSTER
        .get_or_init(|| async {
            let cluster = tokio::task::spawn_blocking(find_or_start).await.unwrap();
            cluster.keep_beating();
            cluster
        })
        .await
}

fn find_or_start() -> Cluster {
    let bin = find_binaries();
    let home = home();
    fs::create_dir_all(&home).unwrap();
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(home.join("lock"))
        .unwrap();
    // The system releases it when this process dies, however it dies.
    lock.lock().unwrap();
    if let Some(cluster) = Cluster::registered(&bin, &home) {
        return cluster;
    }
    remove_lost_folders();
    for _ in 0..3 {
        if let Some(cluster) = Cluster::start(&bin, &home) {
            let entry = format!("{}\n{}\n", cluster.port, cluster.dir.display());
            fs::write(home.join("cluster.new"), entry).unwrap();
            fs::rename(home.join("cluster.new"), home.join("cluster")).unwrap();
            return cluster;
        }
    }
    let log = fs::read_to_string(home.join("log")).unwrap_or_default();
    panic!(
        "PostgreSQL did not start three times over; {} says:\n{log}",
        home.join("log").display()
    );
}

impl Cluster {
    fn url(&self) -> String {
        format!("postgres://pacta@127.0.0.1:{}", self.port)
    }

    /// The cluster that an earlier process has registered, if it still lives and still is that one.
    fn registered(bin: &Path, home: &Path) -> Option<Cluster> {
        let entry = fs::read_to_string(home.join("cluster")).ok()?;
        let (port, dir) = entry.trim_end().split_once('\n')?;
        let cluster =
            Cluster { bin: bin.to_owned(), port: port.parse().ok()?, dir: PathBuf::from(dir) };
        let watched = age(&cluster.dir.join("watchdog"))? < LOST;
        (watched && cluster.beat() && cluster.answers()).then_some(cluster)
    }

    fn start(bin: &Path, home: &Path) -> Option<Cluster> {
        let dir = tempfile::Builder::new().prefix(FOLDER_PREFIX).tempdir().unwrap().keep();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster = Cluster { bin: bin.to_owned(), port, dir };
        cluster.initialise();
        for name in ["seen", "heartbeat"] {
            fs::write(cluster.dir.join(name), ".").unwrap();
        }
        let log = File::create(home.join("log")).unwrap();
        let mut watchdog = plain(Path::new("sh"));
        watchdog
            .args(["-c", WATCHDOG, "pacta-it-postgres"])
            .arg(&cluster.dir)
            .arg(port.to_string())
            .arg(bin.join("psql"))
            .args(cluster.server_command())
            .current_dir(&cluster.dir)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let mut watchdog = watchdog.spawn().unwrap();
        let ended = thread::spawn(move || watchdog.wait());
        let n_tries = START_PATIENCE.as_millis() / 50;
        for _ in 0..n_tries {
            if cluster.answers() {
                return Some(cluster);
            }
            // Another program may have taken the port meanwhile.
            if ended.is_finished() {
                return None;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!(
            "PostgreSQL did not answer within {START_PATIENCE:?}; see {}",
            home.join("log").display()
        );
    }

    fn initialise(&self) {
        let mut initdb = plain(&self.bin.join("initdb"));
        // Sorts as people do: under the C locale a text key that lacks its COLLATE "C" would pass
        // unnoticed. `--locale` only says how the server speaks.
        initdb
            .args([
                "--username=pacta",
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .args(["--locale-provider=icu", "--icu-locale=en", "--pgdata"])
            .arg(self.dir.join("data"))
            .current_dir(&self.dir);
        if let Some((uid, gid)) = unprivileged() {
            chown(&self.dir, Some(uid), Some(gid)).unwrap();
            initdb.uid(uid).gid(gid);
        }
        let output = initdb.output().unwrap();
        assert!(output.status.success(), "initdb: {}", both(&output));
    }

    fn server_command(&self) -> Vec<String> {
        let mut command = match unprivileged() {
            Some((uid, gid)) => {
                vec![
                    "setpriv".into(),
                    format!("--reuid={uid}"),
                    format!("--regid={gid}"),
                    "--clear-groups".into(),
                ]
            }
            None => Vec::new(),
        };
        let path = |path: PathBuf| path.into_os_string().into_string().unwrap();
        command.extend([path(self.bin.join("postgres")), "-D".into(), path(self.dir.join("data"))]);
        let settings = [
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.dir.display()),
            "listen_addresses=127.0.0.1".into(),
            "max_connections=300".into(),
            // The data dies with the run.
            "fsync=off".into(),
            "full_page_writes=off".into(),
            "synchronous_commit=off".into(),
            "wal_level=minimal".into(),
            "max_wal_senders=0".into(),
            "max_wal_size=4GB".into(),
            // Its launcher would go round hundreds of databases.
            "autovacuum=off".into(),
            "log_checkpoints=off".into(),
        ];
        command.extend(settings.into_iter().flat_map(|it| ["-c".to_owned(), it]));
        command
    }

    /// Whether it is this cluster, and no later program, that listens on the port.
    fn answers(&self) -> bool {
        let output = psql(&self.bin, self.port, "SHOW data_directory").output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim_end()
            == self.dir.join("data").to_string_lossy()
    }

    /// Whether the beat counts: not if the watchdog has taken the file away meanwhile.
    fn beat(&self) -> bool {
        let heartbeat = self.dir.join("heartbeat");
        let written = OpenOptions::new()
            .write(true)
            .open(&heartbeat)
            .and_then(|mut file| file.write_all(b"."));
        written.is_ok() && heartbeat.exists()
    }

    fn keep_beating(&self) {
        let cluster = Cluster { bin: self.bin.clone(), port: self.port, dir: self.dir.clone() };
        thread::spawn(move || {
            for _ in 0..MAX_BEATS {
                cluster.beat();
                thread::sleep(BEAT);
            }
        });
    }
}

fn psql(bin: &Path, port: u16, sql: &str) -> Command {
    let mut psql = plain(&bin.join("psql"));
    psql.env("PGCONNECT_TIMEOUT", "10")
        .args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d"])
        .arg(format!("postgres://pacta@127.0.0.1:{port}/postgres"))
        .args(["-c", sql])
        .stdin(Stdio::null());
    psql
}

/// A command that sees none of the developer's PG variables.
fn plain(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LC_ALL", "C");
    command
}

/// The user and group to become for PostgreSQL, which refuses to run as root.
fn unprivileged() -> Option<(u32, u32)> {
    if id(&["-u"])? != 0 {
        return None;
    }
    match (id(&["-u", "postgres"]), id(&["-g", "postgres"])) {
        (Some(uid), Some(gid)) => Some((uid, gid)),
        _ => panic!(
            "PostgreSQL does not run as root and there is no user postgres: add one, or test as another user"
        ),
    }
}

fn id(args: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(args).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

fn find_binaries() -> PathBuf {
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    debian.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let complete =
        |dir: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|name| dir.join(name).is_file());
    let found = std::env::split_paths(&path)
        .chain(debian.into_iter().rev().map(|(_, dir)| dir))
        .find(complete);
    match (found, std::env::var_os("CI")) {
        (Some(dir), _) => dir,
        (None, Some(_)) => {
            panic!("PostgreSQL is missing, which `.ci/tools` installs before CI runs the tests")
        }
        (None, None) => panic!(
            "the tests need PostgreSQL 15 or newer: no folder in PATH or under /usr/lib/postgresql has initdb, \
             postgres and psql; run `.ci/tools`, or install it (Debian: `apt-get install postgresql`)"
        ),
    }
}

fn home() -> PathBuf {
    target().join("it-postgres")
}

/// Where what tests leave behind on purpose may lie.
pub fn target() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    workspace.join(target)
}

/// Folders are left behind only when a watchdog or a starting process was killed. A server that has lost its folder
/// notices within a minute and ends.
fn remove_lost_folders() {
    for entry in fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(FOLDER_PREFIX);
        let dir = entry.path();
        if ours && age(&dir.join("watchdog")).or_else(|| age(&dir)).is_some_and(|age| LOST < age) {
            // It may be another user's; then it is theirs to remove.
            let _ = fs::remove_dir_all(&dir);
        }
    }
}

fn age(path: &Path) -> Option<Duration> {
    fs::metadata(path).ok()?.modified().ok()?.elapsed().ok()
}

fn both(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
