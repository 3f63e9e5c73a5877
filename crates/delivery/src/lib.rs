//! The worker: sends mails after their commit, and does what falls due, as SYSTEM.

mod contact_link_expiry;
mod contact_reminder;
mod contact_undo_expiry;
mod customer_invitation_expiry;
mod grant_expiry;
mod invitation_expiry;
mod letter;
mod mailbox;
mod mailer;
mod review_overdue;
mod timers;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use domain::Result;
use store::{Db, TakenMail};

pub use letter::{Letter, Letterhead};
pub use mailbox::{Mailbox, StoredMail};
pub use mailer::{Mailer, Refusal};

/// Sends mails and fires timers of one database; any number of them may run.
#[derive(Clone)]
pub struct Worker {
    db: Db,
    mailer: Arc<dyn Mailer>,
    letterhead: Letterhead,
}

/// How often to look for what has fallen due, when nothing rings the bell.
const LOOK: Duration = Duration::from_secs(1);
/// Mails or timers of one turn.
const BATCH: u64 = 20;
/// How often to forget what is kept no longer, and how much of it.
const TIDY: Duration = Duration::from_secs(600);
const TIDY_BATCH: u64 = 10_000;
/// How long a mail waits after its first failed try; twice as long after each more.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(30);
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(6);
/// After so many tries a mail is given up.
const MOST_TRIES: i64 = 20;

impl Worker {
    pub fn new(db: Db, mailer: Arc<dyn Mailer>, letterhead: Letterhead) -> Self {
        Self { db, mailer, letterhead }
    }

    /// Works for ever; ends when it is dropped. A failed turn is logged and tried again.
    pub async fn run(&self) {
        let mut tidied: Option<Instant> = None;
        loop {
            match self.turn().await {
                Ok(0) => {
                    if tidied.is_none_or(|it| it.elapsed() >= TIDY) {
                        tidied = Some(Instant::now());
                        self.tidy_up().await;
                    }
                    // Whichever comes first; a bell that rang meanwhile is not lost.
                    let _ = tokio::time::timeout(LOOK, self.db.work_waits()).await;
                }
                Ok(_) => {}
                Err(err) => {
                    tracing::warn!(error = ?err, "a turn of the delivery failed");
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }

    /// Forgets what is kept no longer, a batch at a time.
    async fn tidy_up(&self) {
        let forget = async |chore: &mut store::Chore| chore.forget_replies(TIDY_BATCH).await;
        if let Err(err) = self.db.maintain("forget replies", forget).await {
            tracing::warn!(error = ?err, "old replies could not be forgotten");
        }
    }

    /// Works until nothing is due, for at most `turns` turns.
    pub async fn run_until_idle(&self, turns: usize) -> Result<()> {
        for _ in 0..turns {
            if self.turn().await? == 0 {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Does what is due now, a batch of it, and says how much that was.
    async fn turn(&self) -> Result<usize> {
        // Neither keeps the other waiting.
        let fired = timers::fire(&self.db, BATCH).await;
        let sent = self.send().await;
        Ok(fired? + sent?)
    }

    async fn send(&self) -> Result<usize> {
        let mails = self.db.maintain("take mails", async |chore| chore.take_mails(BATCH).await);
        let mails = mails.await?;
        let n = mails.len();
        for mail in mails {
            let id = mail.row.id;
            if let Err(err) = self.send_one(mail).await {
                // Its lease runs out, and somebody takes it again.
                tracing::warn!(error = ?err, mail = %id, "what came of a mail was not marked");
            }
        }
        Ok(n)
    }

    /// Hands one mail over and marks what came of it. A crash in between sends it again, with the
    /// same Message-ID.
    async fn send_one(&self, mail: TakenMail) -> Result<()> {
        let id = mail.row.id;
        let letter = match mail.is_keyed {
            true => Letter::write(&mail, &self.letterhead),
            // Under another key file the link would lead nowhere.
            false => Err(Refusal::Later("LINK_KEY_WRONG".to_owned())),
        };
        let sent = match letter {
            Ok(letter) => self.mailer.send(&letter).await,
            Err(refusal) => Err(refusal),
        };
        match sent {
            Ok(()) => {
                tracing::info!(mail = %id, template = mail.row.template.as_str(), "mail sent");
                self.db.maintain("mark mail", async |chore| chore.mark_sent(id).await).await
            }
            Err(Refusal::Later(why)) if mail.row.n_tries + 1 < MOST_TRIES => {
                let until = self.db.clock().now() + pause(mail.row.n_tries);
                tracing::info!(mail = %id, why, "mail put off");
                let put_off = self
                    .db
                    .maintain("mark mail", async |chore| chore.put_off(id, until, &why).await);
                put_off.await
            }
            Err(Refusal::Later(why) | Refusal::Never(why)) => {
                tracing::warn!(mail = %id, why, "mail given up");
                let failed =
                    self.db.maintain("mark mail", async |chore| chore.mark_failed(id, &why).await);
                failed.await
            }
        }
    }
}

fn pause(n_tries: i64) -> TimeDelta {
    let doublings = u32::try_from(n_tries.clamp(0, 16)).unwrap_or(0);
    let pause = FIRST_PAUSE.checked_mul(2_i32.saturating_pow(doublings));
    pause.map_or(LONGEST_PAUSE, |it| it.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_six_hours() {
        assert_eq!(pause(0), TimeDelta::seconds(30));
        assert_eq!(pause(1), TimeDelta::seconds(60));
        assert_eq!(pause(10), LONGEST_PAUSE);
        assert_eq!(pause(i64::MAX), LONGEST_PAUSE);
    }
}
