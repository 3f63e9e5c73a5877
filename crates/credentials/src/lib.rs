//! Tokens that others sign: the one strict verifier, and the public keys it goes by.
//!
//! Nothing here asks a network or a database, or looks at a clock of its own.

mod json;
mod key;
mod pair;
mod token;

pub use key::{Algorithm, KeyFlaw, PublicKey};
pub use pair::{PrivateKey, SigningFlaw};
pub use token::{
    Claims, Expected, MOST_LEEWAY, MOST_TEXT, Refused, Token, TokenType, is_token, text_of, time,
};
