//! Fires what is due: each kind has a file of its own, and each firing is an ordinary write.

use domain::{
    Call, Error, Reason, Result,
    id::{
        CustomerInvitationId, GrantId, InvitationId, PartnerId, RelationshipId, UserId, VersionId,
    },
    timer::Timer,
};
use store::{Batch, Db, Event, Tries, Tx, entity::timer};

use crate::{
    agreement_effect, agreement_lapse, agreement_notice, contact_link_expiry, contact_reminder,
    contact_undo_expiry, customer_invitation_expiry, grant_expiry, invitation_expiry,
    relationship_end, relationship_start, review_overdue, user_removal,
};

/// How long a timer that failed is left alone.
const PAUSE: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

/// Fires a batch of due timers and says how many there were.
pub async fn fire(db: &Db, n: u64) -> Result<usize> {
    let call = Call::system("timers");
    let due = db.read(&call, async |view| view.any_due_timers(n).await).await?;
    for it in &due {
        let Err(err) = fire_one(db, it).await else { continue };
        // One that cannot be fired keeps none of the others waiting.
        tracing::warn!(error = ?err, kind = ?it.kind, subject = %it.subject_id, "a timer failed");
        let until = db.clock().now() + PAUSE;
        db.maintain("put timer off", async |chore| chore.put_timer_off(it, until).await).await?;
    }
    Ok(due.len())
}

/// A timer that finds nothing to do is cleared: what it was for has been overtaken.
async fn fire_one(db: &Db, due: &timer::Model) -> Result<()> {
    let call = Call::system("timers");
    let mut tries = Tries::default();
    let fired = loop {
        let work = async |tx: &mut Tx| -> Result<Event> {
            if act(tx, due).await? == Then::Done {
                tx.unwind(due.kind, due.subject_id).await?;
            }
            Ok(Event::default())
        };
        match db.write(&call, work).await {
            Err(err) if tries.another(&err).await => {}
            answer => break answer,
        }
    };
    match fired {
        Ok(_) => Ok(()),
        Err(err) if err.reason == Reason::ResourceNotFound => {
            db.maintain("clear timer", async |chore| chore.clear_timer(due).await).await
        }
        Err(err) => Err(err),
    }
}

/// What becomes of a timer that was fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Done,
    /// Some of what it is for is left: it fires again.
    Again,
}

impl Then {
    /// After a batch; where there was nothing, there is nothing to write down either.
    pub fn of(it: Batch) -> Result<Self> {
        match it {
            Batch::Empty => Err(Error::not_found()),
            Batch::Last => Ok(Self::Done),
            Batch::More => Ok(Self::Again),
        }
    }
}

async fn act(tx: &mut Tx, due: &timer::Model) -> Result<Then> {
    let subject = due.subject_id;
    let acted = match due.kind {
        Timer::AgreementLapse => return agreement_lapse::fire(tx, VersionId(subject)).await,
        Timer::AgreementNotice => return agreement_notice::fire(tx, VersionId(subject)).await,
        Timer::RelationshipEnd => {
            return relationship_end::fire(tx, RelationshipId(subject)).await;
        }
        Timer::RelationshipStart => {
            return relationship_start::fire(tx, RelationshipId(subject)).await;
        }
        Timer::AgreementEffect => agreement_effect::fire(tx, VersionId(subject)).await,
        Timer::ContactReminder => contact_reminder::fire(tx, PartnerId(subject)).await,
        Timer::ContactLinkExpiry => contact_link_expiry::fire(tx, PartnerId(subject)).await,
        Timer::ContactUndoExpiry => contact_undo_expiry::fire(tx, PartnerId(subject)).await,
        Timer::ReviewOverdue => review_overdue::fire(tx, PartnerId(subject)).await,
        Timer::InvitationExpiry => invitation_expiry::fire(tx, InvitationId(subject)).await,
        Timer::CustomerInvitationExpiry => {
            customer_invitation_expiry::fire(tx, CustomerInvitationId(subject)).await
        }
        Timer::GrantExpiry => grant_expiry::fire(tx, GrantId(subject)).await,
        Timer::UserRemoval => user_removal::fire(tx, UserId(subject)).await,
    };
    acted.map(|()| Then::Done)
}
