//! An OpenID Connect server of another make, in a process of its own, which a test commands.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Mutex,
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

use domain::Timestamp;
use issuers::Settings;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{Persona, sink::Certificates};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/oidc");
/// Nothing here takes longer on a machine that works.
const BOUND: Duration = Duration::from_secs(60);

/// Entra ID's name for a global admin, among the values of its claim `wids`.
pub const GLOBAL_ADMIN: &str = "62e90394-69f5-4237-9190-012177145e10";

/// A running issuer.
pub struct Issuer {
    child: Child,
    lines: Mutex<(ChildStdin, Receiver<Value>)>,
    authority: PathBuf,
    pub url: String,
    _dir: tempfile::TempDir,
}

impl Issuer {
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let certificates = Certificates::make(dir.path(), "localhost");
        let (certificate, key) = certificates.files();
        let mut child = Command::new("node")
            .arg(format!("{FOLDER}/issuer.mjs"))
            .args([certificate, key])
            .arg(modules())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("install nodejs: `.ci/tools` does");
        let commands = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let (tell, told) = channel::<Value>();
        thread::spawn(move || {
            for line in answers.map_while(Result::ok) {
                let _ = tell.send(serde_json::from_str(&line).unwrap());
            }
        });
        let listening = told.recv_timeout(BOUND).expect("the issuer listens");
        let url = format!("https://localhost:{}", listening["listening"]);
        let authority = dir.path().join("authority.pem");
        fs::write(&authority, &certificates.authority).unwrap();
        Self { child, lines: Mutex::new((commands, told)), authority, url, _dir: dir }
    }

    /// How an operator configures it.
    pub fn settings(&self) -> Settings {
        let settings = json!({
            "issuer": self.url,
            "audience": "api://pacta",
            "algorithms": ["RS256", "ES256"],
            "tenant_claim": "tid",
            "admin_claim": "wids",
            "admin_value": GLOBAL_ADMIN,
            "ca": self.authority,
        });
        serde_json::from_value(settings).unwrap()
    }

    fn tell(&self, command: &Value) -> Value {
        let mut lines = self.lines.lock().unwrap();
        writeln!(lines.0, "{command}").unwrap();
        let answer = lines.1.recv_timeout(BOUND).expect("the issuer answers");
        assert!(answer.get("error").is_none(), "{answer}");
        answer
    }

    /// A token with these claims beside the usual ones.
    pub fn mint(&self, subject: &str, claims: &Value) -> String {
        let answer = self.tell(&json!({"mint": {"sub": subject, "claims": claims}}));
        answer["token"].as_str().unwrap().to_owned()
    }

    /// The keys that it publishes from now on; it signs with the first.
    pub fn publish(&self, keys: &[&str], algorithm: &str) {
        self.tell(&json!({"keys": keys, "alg": algorithm}));
    }

    pub fn go_away(&self, is_away: bool) {
        self.tell(&json!({"away": is_away}));
    }

    /// Takes questions and does not answer them.
    pub fn hang(&self, is_hanging: bool) {
        self.tell(&json!({"hanging": is_hanging}));
    }

    /// Says this of itself.
    pub fn claim(&self, discovery: &Value) {
        self.tell(&json!({"discovery": discovery}));
    }

    /// How often it was asked for its keys.
    pub fn n_asked(&self) -> u64 {
        self.n_seen("/jwks")
    }

    /// How often somebody began to ask, answered or not.
    pub fn n_begun(&self) -> u64 {
        self.n_seen("/.well-known/openid-configuration")
    }

    fn n_seen(&self, path: &str) -> u64 {
        let seen = self.tell(&json!({"seen": true}));
        seen["seen"].get(path).and_then(Value::as_u64).unwrap_or(0)
    }

    /// A person of a directory, who has just signed in there.
    pub fn person(&self, tenant: &str, subject: &str, now: Timestamp) -> Person<'_> {
        let now = now.timestamp();
        let claims = json!({
            "tid": tenant, "iat": now, "exp": now + 3600, "auth_time": now,
            "given_name": "Elsa", "family_name": "Zbinden",
            "email": format!("{subject}@{tenant}.example"), "amr": ["pwd"],
        });
        Person { issuer: self, subject: subject.to_owned(), claims }
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody whom an issuer vouches for.
#[derive(Clone)]
pub struct Person<'a> {
    issuer: &'a Issuer,
    subject: String,
    claims: Value,
}

impl Person<'_> {
    /// With other claims; null takes one out.
    pub fn with(mut self, claims: &Value) -> Self {
        let own = self.claims.as_object_mut().unwrap();
        for (name, value) in claims.as_object().unwrap() {
            match value.is_null() {
                true => own.remove(name),
                false => own.insert(name.clone(), value.clone()),
            };
        }
        self
    }

    /// The directory calls it a global admin.
    pub fn as_admin(self) -> Self {
        self.with(&json!({"wids": ["other", GLOBAL_ADMIN]}))
    }

    pub fn token(&self) -> String {
        self.issuer.mint(&self.subject, &self.claims)
    }

    /// Somebody who calls with such a token.
    pub fn persona(&self) -> Persona {
        Persona { token: Some(self.token()), ..Persona::default() }
    }
}

/// The modules of the lock file, installed once under `target`.
fn modules() -> PathBuf {
    let lock = fs::read(format!("{FOLDER}/package-lock.json")).unwrap();
    let name: String = Sha256::digest(&lock).iter().take(8).map(|it| format!("{it:02x}")).collect();
    let folder = crate::postgres::target().join("it-oidc").join(name);
    fs::create_dir_all(&folder).unwrap();
    // Two processes never install at once.
    let guard = File::create(folder.join("lock")).unwrap();
    guard.lock().unwrap();
    let (done, modules) = (folder.join("done"), folder.join("node_modules"));
    if !done.exists() {
        for file in ["package.json", "package-lock.json"] {
            fs::copy(Path::new(FOLDER).join(file), folder.join(file)).unwrap();
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]);
        let output = npm.current_dir(&folder).output().expect("install npm: `.ci/tools` does");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::write(done, "").unwrap();
    }
    modules
}
