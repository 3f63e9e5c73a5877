//! Hashing and comparing passwords, a few at a time, off the threads that serve.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _},
};
use domain::{Error, Reason, Result, Secret};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Bounds how much memory and time hashing takes.
#[derive(Clone, Debug)]
pub struct Passwords(Arc<Semaphore>);

/// Compared against when nobody has the name, so that both take the same time.
static NOBODYS: LazyLock<String> =
    LazyLock::new(|| hashed(&Secret::new("nobody has this password")).unwrap_or_default());

impl Passwords {
    pub fn new(at_a_time: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_a_time)))
    }

    /// A random one-time password: 128 bits, shown once (U7).
    pub fn one_time() -> Result<Secret> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        Ok(Secret::from_bytes(&bytes))
    }

    pub async fn hash(&self, password: &Secret) -> Result<String> {
        let password = password.clone();
        self.run(move || hashed(&password)).await?
    }

    /// Whether `password` is the one behind `hash`; without a hash, no, after the same time.
    pub async fn matches(&self, password: &Secret, hash: Option<String>) -> Result<bool> {
        let password = password.clone();
        self.run(move || {
            // People of external directories have none.
            let hash = hash.filter(|it| !it.is_empty());
            let is_known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODYS.clone());
            let bytes = password.expose().as_bytes();
            Argon2::default().verify_password(bytes, hash.as_str()).is_ok() && is_known
        })
        .await
    }

    /// The work keeps its place until it is done, also when the caller has gone meanwhile: who opens
    /// calls and drops them gets no more of it than others.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let permit = self.0.clone().acquire_owned().await.map_err(Error::internal)?;
        let work = move || {
            let _permit = permit;
            work()
        };
        spawn_blocking(work).await.map_err(Error::internal)
    }
}

fn hashed(password: &Secret) -> Result<String> {
    let hash = Argon2::default().hash_password(password.expose().as_bytes());
    hash.map(|it| it.to_string()).map_err(|_| Error::new(Reason::Internal))
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        sync::mpsc::channel,
        task::{Context, Poll, Waker},
    };

    use super::*;

    /// Polls once.
    fn begin<T>(work: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        work.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn who_goes_away_leaves_no_room_for_more_before_the_work_is_done() {
        let passwords = Passwords::new(1);
        let (finish, wait) = channel::<()>();
        {
            let dropped = pin!(passwords.run(move || wait.recv()));
            assert!(begin(dropped).is_pending());
        }
        assert_eq!(passwords.0.available_permits(), 0, "the work goes on in its place");
        finish.send(()).unwrap();
        assert_eq!(passwords.run(|| 7).await.unwrap(), 7);
    }
}
