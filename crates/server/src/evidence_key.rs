//! The file of the keys that sign evidence: of the server's own eyes only, and never without the
//! public parts of those that signed before.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use agreements::EvidenceKeys;
use domain::Secret;

use crate::key::{KeyError, create_with, random, read_guarded};

/// The keys in a file; a file that is missing is made first.
pub fn ensure(path: &Path) -> Result<EvidenceKeys, KeyError> {
    if !path.exists() {
        create_with(path, &EvidenceKeys::file(&random()?, None))?;
    }
    load(path)
}

/// The keys in a file.
pub fn load(path: &Path) -> Result<EvidenceKeys, KeyError> {
    let text = read_guarded(path)?;
    EvidenceKeys::parse(&text).ok_or_else(|| KeyError::Malformed(path.display().to_string()))
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
}
