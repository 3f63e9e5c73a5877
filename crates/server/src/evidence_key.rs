//! The file of the keys that sign evidence: of the server's own eyes only, and never without the
//! public parts of those that signed before. A server that runs follows it.

use std::{
    error::Error as _,
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use agreements::{EvidenceKeys, Keyring, Lost};
use domain::Secret;

use crate::key::{KeyError, create_with, random, read_guarded};

/// The file as a server that runs follows it: by the newest keys in it that are good.
#[derive(Debug)]
pub struct Followed {
    path: PathBuf,
    keys: Keyring,
    /// What it held at the last look, or why it could not be read.
    last: Mutex<Result<Secret, String>>,
}

/// Why what a file holds is not taken.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error("it holds no keys, or part of them")]
    Malformed,
    #[error(transparent)]
    Lost(#[from] Lost),
}

impl Followed {
    /// Fails unless the file is there and good.
    pub fn open(path: PathBuf) -> Result<Self, KeyError> {
        let text = read_guarded(&path)?;
        let keys = Keyring::new(parse(&path, &text)?);
        Ok(Self { path, keys, last: Mutex::new(Ok(text)) })
    }

    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// Publishes what is new in the file and signs with what was published at the look before: by then
    /// the other servers of the same file have seen it as well. A file that is no good changes nothing.
    pub fn look(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = self.keys.sign_with_published() {
            tracing::info!(key, "evidence is signed with a new key");
        }
        let found = read_guarded(&self.path).map_err(|err| match err.source() {
            Some(cause) => format!("{err}: {cause}"),
            None => err.to_string(),
        });
        if *last == found {
            return;
        }
        let taken = match &found {
            Ok(text) => self.take(text).map_err(|err| err.to_string()),
            Err(words) => Err(words.clone()),
        };
        match taken {
            Ok(()) => tracing::info!("the evidence keys of a new file are published"),
            Err(words) => {
                let file = self.path.display();
                tracing::error!(%file, error = words, "evidence keys are no good; the former stay");
            }
        }
        *last = found;
    }

    fn take(&self, text: &Secret) -> Result<(), NotTaken> {
        let newer = EvidenceKeys::parse(text).ok_or(NotTaken::Malformed)?;
        Ok(self.keys.publish(newer)?)
    }
}

/// The keys in a file; a file that is missing is made first.
pub fn ensure(path: &Path) -> Result<EvidenceKeys, KeyError> {
    if !path.exists() {
        create_with(path, &EvidenceKeys::file(&random()?, None))?;
    }
    load(path)
}

/// The keys in a file.
pub fn load(path: &Path) -> Result<EvidenceKeys, KeyError> {
    parse(path, &read_guarded(path)?)
}

fn parse(path: &Path, text: &Secret) -> Result<EvidenceKeys, KeyError> {
    EvidenceKeys::parse(text).ok_or_else(|| KeyError::Malformed(path.display().to_string()))
}

/// Puts a new key in the place of the one that signs, whose public part stays.
pub fn rotate(path: &Path) -> Result<EvidenceKeys, KeyError> {
    let before = load(path)?;
    replace(path, &EvidenceKeys::file(&random()?, Some(&before)))?;
    load(path)
}

/// Whole or not at all, whenever the machine stops.
fn replace(path: &Path, text: &Secret) -> Result<(), KeyError> {
    let failed = |source| KeyError::Io { path: path.display().to_string(), source };
    let unnamed = path.with_extension(format!("{}.part", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unnamed)
        .map_err(failed)?;
    let written = file.write_all(text.expose().as_bytes()).and_then(|()| file.sync_all());
    written.and_then(|()| fs::rename(&unnamed, path)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_new_key_keeps_the_public_part_of_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("evidence.key");
        assert!(load(&path).is_err());
        let ids = |keys: &EvidenceKeys| -> Vec<String> {
            keys.public().map(|it| it.id.clone()).collect()
        };
        let first = ids(&ensure(&path).unwrap());
        assert_eq!(ids(&ensure(&path).unwrap()), first, "a key that is there stays");
        let second = ids(&rotate(&path).unwrap());
        assert_eq!(second[1..], first);
        assert_ne!(second[0], first[0]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left behind");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(load(&path), Err(KeyError::TooOpen(_))));
    }

    fn signs(server: &Followed) -> String {
        server.keys().signing().current().id.clone()
    }

    fn publishes(server: &Followed) -> Vec<String> {
        server.keys().public().into_iter().map(|it| it.id).collect()
    }

    #[test]
    fn no_server_signs_with_a_key_before_the_others_have_published_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("evidence.key");
        let old = ensure(&path).unwrap().current().id.clone();
        let [one, other] = [(); 2].map(|()| Followed::open(path.clone()).unwrap());
        let new = rotate(&path).unwrap().current().id.clone();
        assert_eq!(publishes(&one), vec![old.clone()], "nothing was looked at");
        // Both look once in the same time, whoever is first.
        one.look();
        assert_eq!((signs(&one), publishes(&one)), (old.clone(), vec![old.clone(), new.clone()]));
        other.look();
        one.look();
        assert_eq!((signs(&one), publishes(&one)), (new.clone(), vec![new.clone(), old.clone()]));
        assert_eq!(
            (signs(&other), publishes(&other)),
            (old.clone(), vec![old.clone(), new.clone()])
        );
        // The next rotation comes before the other's next look.
        let newest = rotate(&path).unwrap().current().id.clone();
        other.look();
        assert_eq!((signs(&other), publishes(&other)), (new.clone(), vec![new, newest, old]));
        other.look();
        one.look();
        one.look();
        assert_eq!((signs(&one), publishes(&one)), (signs(&other), publishes(&other)));
    }

    #[test]
    fn a_file_that_is_no_good_keeps_the_former_keys() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("evidence.key");
        ensure(&path).unwrap();
        let before = rotate(&path).unwrap();
        let former = fs::read_to_string(&path).unwrap();
        let server = Followed::open(path.clone()).unwrap();
        let known = publishes(&server);
        let whole = EvidenceKeys::file(&[7; 32], Some(&before));
        let alone = EvidenceKeys::file(&[7; 32], None);
        let whole = whole.expose().trim_end();
        for (case, text) in [
            ("empty", ""),
            ("cut off within a public part", &whole[..whole.len() - 9]),
            ("cut off after a line", &whole[..whole.rfind('\n').unwrap()]),
            ("without the former keys", alone.expose()),
            ("other lines", &format!("{whole}\nmore")),
        ] {
            fs::write(&path, text).unwrap();
            server.look();
            server.look();
            assert_eq!(publishes(&server), known, "{case}");
            assert_eq!(signs(&server), known[0], "{case}");
        }
        fs::remove_file(&path).unwrap();
        server.look();
        assert_eq!(publishes(&server), known, "missing");
        fs::write(&path, whole).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        server.look();
        server.look();
        assert_eq!(publishes(&server), known, "too open");
        // The same for its owner's eyes only is good.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        server.look();
        server.look();
        assert_eq!(publishes(&server)[1..], known);
        assert_ne!(signs(&server), known[0]);
        // What was good once is no longer: the newest key is missing in it.
        fs::write(&path, former).unwrap();
        let known = publishes(&server);
        server.look();
        server.look();
        assert_eq!(publishes(&server), known, "an older file");
    }
}
