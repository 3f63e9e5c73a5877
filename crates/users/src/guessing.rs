//! Every try at a password or a code is counted before it is looked at, and taken back if it is right.

use domain::{Call, Result, guess::slowed};
use store::{Chore, Guess};

use crate::Service;

/// A try that is counted.
pub struct Claim(Guess);

/// SIGN_IN_SLOWED, for a name that somebody has and for one that nobody has alike.
pub async fn claim(service: &Service, call: &Call, name: &str) -> Result<Claim> {
    let guess = Guess::at(name, call.origin.peer);
    let work = async |chore: &mut Chore| chore.claim_guess(&guess).await;
    match service.db.maintain("claim guess", work).await? {
        Some(retry_time) => Err(slowed(retry_time, service.db.clock().now())),
        None => Ok(Claim(guess)),
    }
}

impl Claim {
    pub async fn forgive(&self, service: &Service) -> Result<()> {
        let work = async |chore: &mut Chore| chore.forgive_guess(&self.0).await;
        service.db.maintain("forgive guess", work).await
    }
}
