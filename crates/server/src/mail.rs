//! `pacta mail`: reads the mailbox folder, for people and for scripts, and shows what mails there are.

use std::{error::Error, path::PathBuf};

use clap::Subcommand;
use delivery::{Mailbox, StoredMail};

use crate::{config::Config, say};

#[derive(Debug, Subcommand)]
pub(crate) enum MailCommand {
    /// List what was sent, the oldest first: id, recipient, subject.
    List,
    /// Show one mail: by its id, or the newest to an address.
    Show {
        /// The id that `list` shows.
        #[arg(required_unless_present = "to")]
        id: Option<String>,
        /// The newest mail to this address.
        #[arg(long, conflicts_with = "id")]
        to: Option<String>,
        /// Print nothing but the secret of its link.
        #[arg(long)]
        secret: bool,
    },
    /// Show every mail of the product, as text and as HTML, on one page.
    Preview {
        /// Where to put the page; standard output when not named.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

pub(crate) fn run(config: &Config, what: MailCommand) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mailbox = Mailbox::new(config.mailbox());
    match what {
        MailCommand::List => {
            for it in mailbox.list()? {
                say(format!("{}  {}  {}", it.id, it.to, it.subject));
            }
        }
        MailCommand::Preview { out: Some(path) } => {
            std::fs::write(&path, delivery::preview::page())?;
            say(format!("the page is in {}", path.display()));
        }
        MailCommand::Preview { out: None } => say(delivery::preview::page()),
        MailCommand::Show { id, to, secret } => {
            let mail =
                find(&mailbox, id.as_deref(), to.as_deref())?.ok_or("there is no such mail")?;
            match secret {
                true => say(mail.secret().ok_or("the mail carries no link")?),
                false => {
                    say(format!("To: {}\nSubject: {}\n\n{}", mail.to, mail.subject, mail.text))
                }
            }
        }
    }
    Ok(())
}

fn find(
    mailbox: &Mailbox,
    id: Option<&str>,
    to: Option<&str>,
) -> std::io::Result<Option<StoredMail>> {
    match (id, to) {
        (_, Some(address)) => mailbox.newest_to(address),
        (Some(id), None) => Ok(mailbox.list()?.into_iter().find(|it| it.id == id)),
        (None, None) => Ok(None),
    }
}
