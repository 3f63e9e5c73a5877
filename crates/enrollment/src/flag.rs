//! What an operator puts upon a partner and takes off again (E16).

use domain::{
    Call, Error, Language, Reason, Result,
    enrollment::{Action, State},
    id::{PartnerId, last_id},
    mail::Template,
    partner::{Flag, FlagAction},
};
use event::{Event, event::Kind as What};
use store::{
    NewMail, Party, Tx,
    entity::{enrollment, partner},
};

use crate::Service;

/// What an operator says.
pub struct Word<'a> {
    pub name: &'a str,
    pub reason: &'a str,
    pub etag: &'a str,
}

/// Changes the flag, tells every global admin, and answers the partner as it is then.
pub async fn change<T: prost::Message + Default>(
    service: &Service,
    call: &Call,
    word: Word<'_>,
    action: FlagAction,
    answer: impl Fn(&Party) -> (What, T),
) -> Result<T> {
    let id: PartnerId = last_id(word.name)?;
    gate::check_reason(word.reason)?;
    let write = async |tx: &mut Tx| {
        let party = tx.party(id).await?;
        gate::check_etag(word.etag, party.partner.version)?;
        check_enrolled(party.enrollment.as_ref())?;
        let flag = Flag::after(party.flag(), action)?;
        let row = tx.change_partner(&party.partner, flagged(&party.partner, flag, word.reason));
        let after = Party { partner: row.await?, ..party.clone() };

        let (what, res) = answer(&after);
        let event = Event::of(word.name, what).because(word.reason);
        let (before, now) = (Flag::name(party.flag()), Flag::name(flag));
        tx.record(event.changed("flag", before, now), &[party.company.id]);
        tell(tx, &after, action, word.reason).await?;
        Ok(res)
    };
    service.db.write(call, write).await
}

/// Who never enrolled, or withdrew, takes part in nothing that could be suspended.
fn check_enrolled(enrollment: Option<&enrollment::Model>) -> Result<()> {
    match enrollment {
        Some(row) => row.state.after(Action::Flag).map(drop),
        None => Err(Error::new(Reason::InvalidStateTransition)
            .with("currentState", "NOT_ENROLLED")
            .with("allowedStates", State::Draft.as_str())),
    }
}

fn flagged(seen: &partner::Model, flag: Option<Flag>, reason: &str) -> partner::Model {
    let mut to = seen.clone();
    match flag {
        None => to.suspend_reason = None,
        Some(Flag::Suspended) => to.suspend_reason = Some(reason.to_owned()),
        Some(Flag::Deauthorized) => to.deauthorize_reason = Some(reason.to_owned()),
    }
    to
}

async fn tell(tx: &mut Tx, party: &Party, action: FlagAction, reason: &str) -> Result<()> {
    let template = match action {
        FlagAction::Suspend => Template::PartnerSuspended,
        FlagAction::Reinstate => Template::PartnerReinstated,
        FlagAction::Deauthorize => Template::PartnerDeauthorized,
    };
    for it in tx.any_global_admins(party.company.id).await? {
        let mail = NewMail {
            template,
            language: Language::of_tag(&it.language_code),
            recipient: &it.email,
            params: &[("name", &it.given_name), ("company", party.name()), ("reason", reason)],
            link: None,
        };
        tx.send_to(party.company.id, mail).await?;
    }
    Ok(())
}
