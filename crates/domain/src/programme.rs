//! What is the same for every call of one process: what it ships with, and how we speak to people.

use std::sync::Arc;

use chrono::Duration;

use crate::{LinkKey, constants, facts::Facts};

/// The programme as this installation runs it.
#[derive(Clone, Debug)]
pub struct Programme {
    /// The tables that the product ships with; those in force are the view's.
    pub shipped: Arc<Facts>,
    /// Domain under which companies of the local directory live; no mailbox is there (E7).
    pub directory_domain: Arc<str>,
    /// The key from which mailed secrets follow.
    pub link_key: LinkKey,
    /// Whom tokens that others sign have to be meant for.
    pub audience: Arc<str>,
    /// Life of an invitation (R2, R9).
    pub invitation_life: Duration,
    /// How many invitations a company makes a day (R2, R9).
    pub invitations_daily: i64,
}

impl Programme {
    /// The programme with the constants of its rules.
    pub fn new(shipped: Arc<Facts>, directory_domain: &str, link_key: LinkKey) -> Self {
        let directory_domain = directory_domain.into();
        // Nobody's, until the configuration names one.
        let audience = "".into();
        let invitation_life = constants::INVITATION;
        let invitations_daily = constants::INVITATIONS_DAILY;
        Self { shipped, directory_domain, link_key, audience, invitation_life, invitations_daily }
    }

    /// The domain of the vendor's own company in the local directory.
    pub fn platform_domain(&self) -> String {
        format!("platform.{}", self.directory_domain)
    }
}
