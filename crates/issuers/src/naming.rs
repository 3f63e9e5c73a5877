//! Which issuer, and which directory of it, a token names.

use crate::{Settings, TENANT};

impl Settings {
    /// Whether a token that names this issuer is one of its own.
    pub(crate) fn is_named(&self, named: &str) -> bool {
        named == self.issuer && !self.is_for_many() || self.tenant_in(named).is_some()
    }

    /// Whether a key that is published for one directory is the one of this token's.
    pub(crate) fn is_keys_issuer(&self, published: Option<&str>, named: &str) -> bool {
        published.is_none_or(|it| it == self.issuer || it == named)
    }

    /// The directory that a token's issuer names, where one service issues for many.
    pub(crate) fn tenant_in<'a>(&self, named: &'a str) -> Option<&'a str> {
        let (before, after) = self.issuer.split_once(TENANT)?;
        let tenant = named.strip_prefix(before)?.strip_suffix(after)?;
        let is_label = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
        let is_one = !tenant.is_empty() && tenant.len() <= 64 && tenant.chars().all(is_label);
        Some(tenant).filter(|_| is_one)
    }
}
