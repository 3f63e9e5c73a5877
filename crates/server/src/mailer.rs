//! Whom the configuration names to take mails: a mail server, or the mailbox folder.

use std::{error::Error, fs, sync::Arc};

use delivery::{
    Mailbox, Mailer, Smtp,
    smtp::{Login, Relay},
};
use domain::Secret;

use crate::{config::Config, key};

pub(crate) fn of(config: &Config) -> Result<Arc<dyn Mailer>, Box<dyn Error + Send + Sync>> {
    let Some(url) = &config.smtp else {
        return Ok(Arc::new(Mailbox::new(config.mailbox())));
    };
    let relay = Relay::read(url)?;
    let authorities = config.smtp_ca.as_ref().map(fs::read).transpose()?;
    let login = config.smtp_credentials.as_ref().map(|it| key::read_guarded(it)).transpose()?;
    let login = login.map(|it| login_of(&it)).transpose()?;
    let (_, domain) = config.mail_sender.rsplit_once('@').ok_or("mail_sender is no address")?;
    Ok(Arc::new(Smtp::new(relay, authorities.as_deref(), login, domain)?))
}

/// Two lines: the user, and the password.
fn login_of(text: &Secret) -> Result<Login, &'static str> {
    let mut lines = text.expose().lines().map(|it| Secret::new(it.trim_end_matches('\r')));
    match (lines.next(), lines.next(), lines.next()) {
        (Some(user), Some(password), None) => Ok(Login { user, password }),
        _ => Err("smtp_credentials holds two lines: the user, and the password"),
    }
}
