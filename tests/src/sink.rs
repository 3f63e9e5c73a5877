//! A mail server of another make, in a process of its own, that misbehaves on demand.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Mutex,
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

use delivery::{
    Smtp, StoredMail,
    smtp::{Login, Relay},
};
use domain::Secret;
use serde_json::{Value, json};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/smtp/sink.py");
/// Nothing here takes longer on a machine that works.
const BOUND: Duration = Duration::from_secs(30);

/// A mail server that the test commands.
pub struct Sink {
    child: Child,
    commands: Mutex<ChildStdin>,
    events: Mutex<Receiver<Value>>,
    seen: Mutex<Vec<Value>>,
    pub port: u16,
}

/// A letter that arrived whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub to: String,
    pub is_covered: bool,
    pub bytes: Vec<u8>,
}

impl Arrived {
    pub fn message_id(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let line = text.lines().find_map(|it| it.strip_prefix("Message-ID: "));
        line.expect("a letter has a Message-ID").trim().to_owned()
    }

    pub fn read(&self) -> StoredMail {
        StoredMail::parse("", &self.bytes).unwrap()
    }
}

impl Sink {
    /// Without TLS.
    pub fn plain() -> Self {
        Self::start(&["plain"])
    }

    /// `cover` is `tls` or `starttls`.
    pub fn covered(cover: &str, certificates: &Certificates) -> Self {
        Self::start(&[cover, &certificates.certificate, &certificates.key])
    }

    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(python())
            .arg(SCRIPT)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the mail server starts");
        let commands = Mutex::new(child.stdin.take().unwrap());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (tell, events) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = tell.send(serde_json::from_str(&line).unwrap());
            }
        });
        let (events, seen) = (Mutex::new(events), Mutex::default());
        let mut sink = Self { child, commands, events, seen, port: 0 };
        let event = sink.wait_for("listening");
        sink.port = event["port"].as_u64().unwrap().try_into().unwrap();
        sink
    }

    /// How it behaves from now on: `accept`, `stick`, `rcpt 550 ..` and so on, as the script has it.
    pub fn behave(&self, mode: &str) {
        self.tell(&json!({"mode": mode}));
    }

    /// How it behaves to one recipient only.
    pub fn behave_to(&self, recipient: &str, mode: &str) {
        self.tell(&json!({"mode": mode, "recipient": recipient}));
    }

    pub fn ask_for(&self, user: &str, password: &str) {
        self.tell(&json!({"login": [user, password]}));
    }

    pub fn go_away(&self, is_away: bool) {
        self.tell(&json!({"away": is_away}));
    }

    fn tell(&self, command: &Value) {
        writeln!(self.commands.lock().unwrap(), "{command}").unwrap();
        self.wait_for("done");
    }

    /// Waits until it says this; what it says before is kept.
    pub fn wait_for(&self, event: &str) -> Value {
        loop {
            let next = self.events.lock().unwrap().recv_timeout(BOUND);
            let next = next.unwrap_or_else(|it| panic!("no {event} from the mail server: {it}"));
            self.seen.lock().unwrap().push(next.clone());
            if next["event"] == event {
                return next;
            }
        }
    }

    fn seen(&self, event: &str) -> Vec<Value> {
        self.tell(&json!({}));
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|it| it["event"] == event).cloned().collect()
    }

    pub fn n_connections(&self) -> usize {
        self.seen("connected").len()
    }

    /// Every letter that arrived whole, accepted or not.
    pub fn letters(&self) -> Vec<Arrived> {
        let letter = |it: &Value| Arrived {
            to: it["to"][0].as_str().unwrap().to_owned(),
            is_covered: it["covered"].as_bool().unwrap(),
            // Latin-1, a byte a character.
            bytes: it["content"].as_str().unwrap().chars().map(|it| it as u8).collect(),
        };
        self.seen("letter").iter().map(letter).collect()
    }

    /// Our side of a conversation with it.
    pub fn smtp(&self, scheme: &str, authorities: Option<&[u8]>, login: Option<Login>) -> Smtp {
        let host = if scheme == "smtp+plain" { "127.0.0.1" } else { "localhost" };
        let relay = Relay::read(&format!("{scheme}://{host}:{}", self.port)).unwrap();
        Smtp::new(relay, authorities, login, "pacta.example").unwrap()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn login(user: &str, password: &str) -> Login {
    Login { user: Secret::new(user), password: Secret::new(password) }
}

/// A server's certificate, and the authority that vouches for it.
pub struct Certificates {
    pub authority: Vec<u8>,
    certificate: String,
    key: String,
}

impl Certificates {
    /// Where the certificate and its key lie.
    pub fn files(&self) -> (&str, &str) {
        (&self.certificate, &self.key)
    }

    /// For a server of this name, made in `dir`.
    pub fn make(dir: &Path, name: &str) -> Self {
        let path = |it: &str| dir.join(format!("{name}.{it}")).to_str().unwrap().to_owned();
        let (authority, certificate, key) = (path("ca.pem"), path("pem"), path("key"));
        let new =
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        let own = path("ca.key");
        openssl(
            &[&new[..], &["-days", "2", "-subj", "/CN=Test authority"]].concat(),
            &authority,
            &own,
        );
        let names = format!("subjectAltName=DNS:{name}");
        let leaf = ["-days", "2", "-subj", "/CN=Test server", "-CA", &authority, "-CAkey", &own];
        let is_leaf = ["-addext", &names, "-addext", "basicConstraints=critical,CA:FALSE"];
        openssl(&[&new[..], &leaf, &is_leaf].concat(), &certificate, &key);
        Self { authority: fs::read(authority).unwrap(), certificate, key }
    }
}

fn openssl(arguments: &[&str], out: &str, key: &str) {
    let mut command = Command::new("openssl");
    let output = command.args(arguments).args(["-out", out, "-keyout", key]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A Python that has aiosmtpd. It ends the test when there is none: without it nothing is tried.
fn python() -> &'static str {
    let has_it = |it: &&str| {
        let mut python = Command::new(it);
        let python = python.args(["-c", "import aiosmtpd"]).stderr(Stdio::null());
        python.status().is_ok_and(|it| it.success())
    };
    let found = ["python3", "/usr/bin/python3"].into_iter().find(has_it);
    found.expect("install python3-aiosmtpd: `.ci/tools` does")
}
