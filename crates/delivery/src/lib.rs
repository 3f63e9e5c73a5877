//! The worker: sends mails after their commit, and does what falls due, as SYSTEM.

mod agreement_effect;
mod agreement_lapse;
mod agreement_notice;
mod contact_link_expiry;
mod contact_reminder;
mod contact_undo_expiry;
mod customer_invitation_expiry;
mod grant_expiry;
mod html;
mod invitation_expiry;
mod letter;
mod mailbox;
mod mailer;
pub mod preview;
mod relationship_end;
mod relationship_start;
mod review_overdue;
pub mod smtp;
mod templates;
mod timers;
mod user_removal;
mod words;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use domain::{Result, id::MailId};
use store::{Db, TakenMail};
use tokio::{sync::watch, task::JoinSet};

pub use letter::{Letter, Letterhead};
pub use mailbox::{Mailbox, StoredMail};
pub use mailer::{Mailer, Refusal};
pub use smtp::Smtp;

/// Sends mails and fires timers of one database; any number of them may run.
#[derive(Clone)]
pub struct Worker {
    db: Db,
    mailer: Arc<dyn Mailer>,
    letterhead: Letterhead,
}

/// What a worker does, side by side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Mails,
    Timers,
}

/// How often to look for what has fallen due, when nothing rings the bell.
const LOOK: Duration = Duration::from_secs(1);
/// How long to leave alone what just failed.
const FAILED: Duration = Duration::from_secs(2);
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

    /// Works until `stop` turns true or its sender is gone, and finishes what it has in hand then.
    /// A failed turn is logged and tried again.
    pub async fn run(&self, stop: watch::Receiver<bool>) {
        // A mail server that is slow holds up no timer.
        tokio::join!(self.repeat(Work::Mails, stop.clone()), self.repeat(Work::Timers, stop));
    }

    async fn repeat(&self, work: Work, mut stop: watch::Receiver<bool>) {
        let mut tidied: Option<Instant> = None;
        while !*stop.borrow() {
            let done = match work {
                Work::Mails => self.send().await,
                Work::Timers => timers::fire(&self.db, BATCH).await,
            };
            let pause = match done {
                Ok(0) => {
                    if work == Work::Timers && tidied.is_none_or(|it| it.elapsed() >= TIDY) {
                        tidied = Some(Instant::now());
                        self.tidy_up().await;
                    }
                    LOOK
                }
                Ok(_) => continue,
                Err(err) => {
                    tracing::warn!(error = ?err, "a turn of the delivery failed");
                    FAILED
                }
            };
            // Whichever comes first; a bell that rang meanwhile is not lost. It rings for mails: what
            // falls due in time can wait for the next look.
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.db.work_waits(), if work == Work::Mails && pause == LOOK => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Forgets what is kept no longer, a batch at a time.
    async fn tidy_up(&self) {
        let forget = async |chore: &mut store::Chore| chore.forget_replies(TIDY_BATCH).await;
        if let Err(err) = self.db.maintain("forget replies", forget).await {
            tracing::warn!(error = ?err, "old replies could not be forgotten");
        }
        let forget = async |chore: &mut store::Chore| chore.forget_guesses(TIDY_BATCH).await;
        if let Err(err) = self.db.maintain("forget guesses", forget).await {
            tracing::warn!(error = ?err, "old guesses could not be forgotten");
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
        // All at once, so that what a batch takes is what its slowest mail takes.
        let mut sending = JoinSet::new();
        for mail in mails {
            let worker = self.clone();
            sending.spawn(async move {
                let id = mail.row.id;
                if let Err(err) = worker.send_one(mail).await {
                    // Its lease runs out, and somebody takes it again.
                    tracing::warn!(error = ?err, mail = %id, "what came of a mail was not marked");
                }
            });
        }
        sending.join_all().await;
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
                let until = self.db.clock().now() + pause(id, mail.row.n_tries);
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

/// How long a mail waits after this many failed tries: up to a quarter less than its due, other
/// mails another part of it, so that what failed together does not come back together.
fn pause(mail: MailId, n_tries: i64) -> TimeDelta {
    let doublings = u32::try_from(n_tries.clamp(0, 16)).unwrap_or(0);
    let pause = FIRST_PAUSE.checked_mul(2_i32.saturating_pow(doublings));
    let pause = pause.map_or(LONGEST_PAUSE, |it| it.min(LONGEST_PAUSE));
    // The end of an id is chance.
    let chance = mail.0.as_bytes().last().copied().unwrap_or_default();
    pause - pause * i32::from(chance) / (4 * 256)
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    #[test]
    fn pauses_double_up_to_six_hours_and_spread() {
        let mails: Vec<MailId> = (0..256).map(|_| MailId::mint(Timestamp::UNIX_EPOCH)).collect();
        for (n_tries, most) in [
            (0, TimeDelta::seconds(30)),
            (1, TimeDelta::seconds(60)),
            (10, LONGEST_PAUSE),
            (i64::MAX, LONGEST_PAUSE),
        ] {
            let pauses = || mails.iter().map(|it| pause(*it, n_tries));
            assert!(pauses().all(|it| it <= most && it > most * 3 / 4), "{n_tries}");
            let seen: std::collections::BTreeSet<TimeDelta> = pauses().collect();
            assert!(seen.len() > 100, "{n_tries}: {} pauses", seen.len());
        }
        assert_eq!(pause(mails[0], 3), pause(mails[0], 3), "the same at every worker");
    }
}
