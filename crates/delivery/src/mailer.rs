//! Whoever takes letters off our hands.

use crate::Letter;

/// Takes a letter; at the latest when it answers, the letter is safe.
#[async_trait::async_trait]
pub trait Mailer: Send + Sync + 'static {
    async fn send(&self, letter: &Letter) -> Result<(), Refusal>;
}

/// Why a letter was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It may be taken later.
    Later(String),
    /// It never will.
    Never(String),
}
