//! A mail becomes a letter: the template's words in the recipient's language, filled in, as text and
//! as HTML.

use domain::{EmailAddress, Language, id::MailId, link::Purpose, mail::Template};
use lettre::{
    Address, Message,
    message::{Mailbox, MultiPart, SinglePart},
};
use store::TakenMail;

use crate::{
    Refusal, html,
    templates::text,
    words::{Params, fill, one_line},
};

/// What every letter shows of its sender.
#[derive(Clone, Debug)]
pub struct Letterhead {
    /// Address that letters come from.
    pub sender: String,
    /// Where links lead: a page of the installation's, which gets the secret behind a `#`.
    pub link_base: String,
}

/// A letter, ready to go.
#[derive(Clone, Debug)]
pub struct Letter {
    pub id: MailId,
    /// Whom a mail server is told that it comes from, and goes to.
    pub from: Address,
    pub to: Address,
    /// The whole message, headers included; the same at every try.
    pub bytes: Vec<u8>,
}

/// What there is to read in a letter.
pub(crate) struct Contents {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Letter {
    pub fn write(mail: &TakenMail, head: &Letterhead) -> Result<Self, Refusal> {
        let row = &mail.row;
        let params = params(mail, head);
        let Contents { subject, text, html } = contents(row.template, row.language, &params);
        let from: Address = head.sender.parse().map_err(never("SENDER_INVALID"))?;
        let to: EmailAddress = row.recipient.parse().map_err(never("ADDRESS_INVALID"))?;
        let to = Address::new(to.local_part(), to.domain()).map_err(never("ADDRESS_INVALID"))?;
        // Not by chance: a letter that goes out again is the same letter.
        let parts = MultiPart::alternative().boundary(row.id.to_string());
        let parts = parts.singlepart(SinglePart::plain(text)).singlepart(SinglePart::html(html));
        let message = Message::builder()
            .from(Mailbox::new(Some("Pacta".to_owned()), from.clone()))
            .to(Mailbox::new(None, to.clone()))
            .subject(subject)
            .message_id(Some(format!("<{}@{}>", row.id, from.domain())))
            .date(row.create_time.into())
            .multipart(parts)
            .map_err(never("MESSAGE_INVALID"))?;
        Ok(Self { id: row.id, from, to, bytes: message.formatted() })
    }
}

/// The template's words, filled in.
pub(crate) fn contents(template: Template, language: Language, params: &Params) -> Contents {
    let (subject, body) = text(template, language);
    let subject = fill(subject, params);
    let action = page(template).1.say(language);
    let html = html::page(&subject, body, params, language, action);
    Contents { text: fill(body, params), html, subject }
}

fn never<E>(code: &'static str) -> impl Fn(E) -> Refusal {
    move |_| Refusal::Never(code.to_owned())
}

/// What the text's placeholders stand for.
fn params(mail: &TakenMail, head: &Letterhead) -> Params {
    let language = mail.row.language;
    let line = |(key, text): (&String, &String)| (key.clone(), value(key, text, language));
    let mut params: Params = mail.params.iter().map(line).collect();
    if let Some((secret, expire_time)) = &mail.link {
        let page = page(mail.row.template).0;
        params.insert("link".into(), format!("{}/{page}#{}", head.link_base, secret.expose()));
        params.insert("until".into(), day(&expire_time.to_rfc3339()));
    }
    params
}

/// A value as a reader sees it.
pub(crate) fn value(key: &str, text: &str, language: Language) -> String {
    match key {
        "message" => quoted(text, language),
        "state" => status(text, language).to_owned(),
        key if key.starts_with("expected_") || key == "until" => day(text),
        _ => one_line(text),
    }
}

/// The same words in both languages.
struct Words(&'static str, &'static str);

impl Words {
    fn say(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.0,
            Language::Spanish => self.1,
        }
    }
}

/// Where a letter's link leads, and what its button says.
fn page(template: Template) -> (&'static str, Words) {
    let purpose = match template {
        Template::ContactDisowned => Purpose::ContactUndo,
        Template::Invitation => Purpose::Invitation,
        Template::CustomerInvitation => Purpose::CustomerInvitation,
        Template::EmailVerification => Purpose::EmailVerification,
        Template::UserInvitation => Purpose::UserInvitation,
        Template::ContactConfirmation
        | Template::ContactReminder
        | Template::EnrollmentStatus
        | Template::PartnerActive
        | Template::PartnerSuspended
        | Template::PartnerReinstated
        | Template::PartnerDeauthorized
        | Template::InvitationAccepted
        | Template::CustomerInvitationAccepted
        | Template::GrantRevoked
        | Template::InvitationDeclined
        | Template::RelationshipSuspended
        | Template::RelationshipResumed
        | Template::RelationshipEnded
        | Template::GrantRestored
        | Template::CustomerInvitationDeclined
        | Template::CustomerRelationshipEnded
        | Template::CustomerAgreementAttested
        | Template::AgreementDue
        | Template::AgreementLapsed
        | Template::GlobalAdminGiven
        | Template::GlobalAdminTaken => Purpose::ContactConfirmation,
    };
    match purpose {
        Purpose::ContactConfirmation => {
            ("confirm-contact", Words("Look at it and confirm", "Verlo y confirmar"))
        }
        Purpose::ContactUndo => ("undo-not-me", Words("Take it back", "Deshacerlo")),
        Purpose::Invitation => {
            ("accept-invitation", Words("Look at the invitation", "Ver la invitación"))
        }
        Purpose::CustomerInvitation => {
            ("accept-customer-invitation", Words("Look at the invitation", "Ver la invitación"))
        }
        Purpose::EmailVerification => {
            ("confirm-email", Words("Confirm the address", "Confirmar la dirección"))
        }
        Purpose::UserInvitation => ("join", Words("Sign in and join", "Iniciar sesión y unirse")),
    }
}

/// A stranger's own words: every line marked as theirs.
fn quoted(text: &str, language: Language) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    let lines: Vec<String> = text.lines().map(|it| format!("> {}", one_line(it))).collect();
    let intro = match language {
        Language::English => "In their own words:",
        Language::Spanish => "En sus propias palabras:",
    };
    format!("{intro}\n\n{}\n", lines.join("\n"))
}

/// A moment as people read it, in UTC.
fn day(text: &str) -> String {
    let time = chrono::DateTime::parse_from_rfc3339(text);
    time.map(|it| it.to_utc().format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}

/// What became of an enrolment, in words.
fn status(state: &str, language: Language) -> &'static str {
    let (english, spanish) = match state {
        "DRAFT" => {
            ("taken back by the company, to be changed", "retirada por la empresa para modificarla")
        }
        "SUBMITTED" => ("handed in", "presentada"),
        "IN_REVIEW" => ("in review", "en revisión"),
        "ACTION_REQUIRED" => {
            ("waiting for something from the company", "a la espera de la empresa")
        }
        "APPROVED" => ("approved", "aprobada"),
        "REJECTED" => (
            "rejected; the company can begin again",
            "rechazada; la empresa puede empezar de nuevo",
        ),
        _ => ("withdrawn", "retirada"),
    };
    match language {
        Language::English => english,
        Language::Spanish => spanish,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_words_are_marked_line_by_line() {
        let quoted = quoted("one\r\ntwo", Language::English);
        assert!(quoted.ends_with("> one\n> two\n"), "{quoted}");
    }
}
