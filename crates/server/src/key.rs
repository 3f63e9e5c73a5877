//! The key file: the secret from which mailed links follow, outside the database and for the
//! server's own eyes only.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use domain::{LinkKey, Secret};

const LENGTH: usize = 32;

/// What is wrong with a key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("key file {path} cannot be used")]
    Io { path: String, source: io::Error },
    #[error("key file {0} may be read by others; set its mode to 600")]
    TooOpen(String),
    #[error("key file {0} holds no key")]
    Malformed(String),
    #[error("no randomness for a key")]
    Randomness,
}

/// The key in a file; a file that is missing is made first.
pub fn ensure(path: &Path) -> Result<LinkKey, KeyError> {
    if !path.exists() {
        create(path)?;
    }
    load(path)
}

/// The text of a file that is for its owner's eyes only.
pub(crate) fn read_guarded(path: &Path) -> Result<Secret, KeyError> {
    let failed = |source| KeyError::Io { path: path.display().to_string(), source };
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyError::TooOpen(path.display().to_string()));
    }
    Ok(Secret::new(fs::read_to_string(path).map_err(failed)?.trim()))
}

/// The key in a file.
pub fn load(path: &Path) -> Result<LinkKey, KeyError> {
    let text = read_guarded(path)?;
    let bytes = text.to_bytes().and_then(|it| <[u8; LENGTH]>::try_from(it).ok());
    bytes.map(LinkKey::new).ok_or_else(|| KeyError::Malformed(path.display().to_string()))
}

/// Random bytes for a key.
pub(crate) fn random() -> Result<[u8; LENGTH], KeyError> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::Randomness)?;
    Ok(bytes)
}

/// Makes a key file.
pub fn create(path: &Path) -> Result<(), KeyError> {
    create_with(path, &Secret::from_bytes(&random()?))
}

/// Makes a key file of this text. Of two processes that try at once, both end up with the same key.
pub(crate) fn create_with(path: &Path, text: &Secret) -> Result<(), KeyError> {
    let failed = |source| KeyError::Io { path: path.display().to_string(), source };
    let unnamed = path.with_extension(format!("{}.part", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unnamed)
        .map_err(failed)?;
    let written = file.write_all(text.expose().as_bytes()).and_then(|()| file.sync_all());
    // A link never takes the place of a key that is there.
    let linked = written.and_then(|()| fs::hard_link(&unnamed, path));
    fs::remove_file(&unnamed).map_err(failed)?;
    match linked {
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked.map_err(failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_kept_and_guarded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pacta.key");
        assert!(load(&path).is_err());
        ensure(&path).unwrap();
        let first = fs::read(&path).unwrap();
        create(&path).unwrap();
        ensure(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), first, "a key that is there stays");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left behind");

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(load(&path), Err(KeyError::TooOpen(_))));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short").unwrap();
        assert!(matches!(load(&path), Err(KeyError::Malformed(_))));
    }
}
