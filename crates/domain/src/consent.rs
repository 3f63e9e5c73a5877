//! Statements that somebody makes, by their text.

use sha2::{Digest as _, Sha256};

/// A statement in the languages we speak.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    pub english: &'static str,
    pub spanish: &'static str,
}

/// What the applicant says at submission (E8).
pub const AUTHORITY: Statement = Statement {
    english: "I may act for this company in this matter, and what I have stated about it is true.",
    spanish: "Puedo actuar en nombre de esta empresa en este asunto, y lo que he declarado sobre \
              ella es cierto.",
};

impl Statement {
    pub fn english_sha256(&self) -> Vec<u8> {
        Sha256::digest(self.english).to_vec()
    }

    pub fn spanish_sha256(&self) -> Vec<u8> {
        Sha256::digest(self.spanish).to_vec()
    }
}
