//! A mail becomes a letter: the template's text in the recipient's language, filled in.
//!
//! What is filled in was typed by strangers: it cannot break a line, bring a header, or turn the
//! reading order around, and it is never taken for a placeholder.

use std::collections::BTreeMap;

use domain::{EmailAddress, Language, id::MailId, link::Purpose, mail::Template};
use lettre::{
    Address, Message,
    message::{Mailbox, SinglePart},
};
use store::TakenMail;

use crate::Refusal;

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
    /// The whole message, headers included.
    pub bytes: Vec<u8>,
}

impl Letter {
    pub fn write(mail: &TakenMail, head: &Letterhead) -> Result<Self, Refusal> {
        let row = &mail.row;
        let (subject, body) = text(row.template, row.language);
        let params = params(mail, head);
        let sender: Address = head.sender.parse().map_err(never("SENDER_INVALID"))?;
        let to: EmailAddress = row.recipient.parse().map_err(never("ADDRESS_INVALID"))?;
        let to = Address::new(to.local_part(), to.domain()).map_err(never("ADDRESS_INVALID"))?;
        let domain = sender.domain().to_owned();
        let message = Message::builder()
            .from(Mailbox::new(Some("Pacta".to_owned()), sender))
            .to(Mailbox::new(None, to))
            .subject(fill(subject, &params))
            .message_id(Some(format!("<{}@{domain}>", row.id)))
            .date(row.create_time.into())
            .singlepart(SinglePart::plain(fill(body, &params)))
            .map_err(never("MESSAGE_INVALID"))?;
        Ok(Self { id: row.id, bytes: message.formatted() })
    }
}

fn never<E>(code: &'static str) -> impl Fn(E) -> Refusal {
    move |_| Refusal::Never(code.to_owned())
}

/// What the text's placeholders stand for.
fn params(mail: &TakenMail, head: &Letterhead) -> BTreeMap<String, String> {
    let language = mail.row.language;
    let line = |(key, value): (&String, &String)| {
        let value = match key.as_str() {
            "message" => quoted(value, language),
            "state" => status(value, language).to_owned(),
            key if key.starts_with("expected_") || key == "until" => day(value),
            _ => one_line(value),
        };
        (key.clone(), value)
    };
    let mut params: BTreeMap<String, String> = mail.params.iter().map(line).collect();
    if let Some((secret, expire_time)) = &mail.link {
        let page = page(mail.row.template);
        params.insert("link".into(), format!("{}/{page}#{}", head.link_base, secret.expose()));
        params.insert("until".into(), day(&expire_time.to_rfc3339()));
    }
    params
}

fn page(template: Template) -> &'static str {
    let purpose = match template {
        Template::ContactDisowned => Purpose::ContactUndo,
        Template::Invitation => Purpose::Invitation,
        Template::CustomerInvitation => Purpose::CustomerInvitation,
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
        | Template::CustomerAgreementAttested => Purpose::ContactConfirmation,
    };
    match purpose {
        Purpose::ContactConfirmation => "confirm-contact",
        Purpose::ContactUndo => "undo-not-me",
        Purpose::Invitation => "accept-invitation",
        Purpose::CustomerInvitation => "accept-customer-invitation",
    }
}

/// The text with every `{name}` replaced, in one pass: what is filled in is not looked at again.
fn fill(text: &str, params: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((key, behind)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        out.push_str(params.get(key).map_or("", String::as_str));
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Text of strangers on one line, in the order in which it is stored.
fn one_line(text: &str) -> String {
    let clean = text.chars().map(|it| if it.is_control() { ' ' } else { it });
    let clean: String = clean.filter(|it| !reorders(*it)).collect();
    clean.split_whitespace().collect::<Vec<&str>>().join(" ")
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

fn reorders(it: char) -> bool {
    matches!(it, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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

macro_rules! texts {
    ($($template:ident = $file:literal,)*) => {
        /// The subject line and the body of a template.
        fn text(template: Template, language: Language) -> (&'static str, &'static str) {
            let text = match (template, language) {
                $(
                    (Template::$template, Language::English) => {
                        include_str!(concat!("../mails/", $file, ".en.txt"))
                    }
                    (Template::$template, Language::Spanish) => {
                        include_str!(concat!("../mails/", $file, ".es.txt"))
                    }
                )*
            };
            text.split_once("\n\n").unwrap_or(("", text))
        }
    };
}

texts! {
    ContactConfirmation = "contact-confirmation",
    ContactReminder = "contact-reminder",
    ContactDisowned = "contact-disowned",
    EnrollmentStatus = "enrollment-status",
    PartnerActive = "partner-active",
    PartnerSuspended = "partner-suspended",
    PartnerReinstated = "partner-reinstated",
    PartnerDeauthorized = "partner-deauthorized",
    Invitation = "invitation",
    InvitationAccepted = "invitation-accepted",
    CustomerInvitation = "customer-invitation",
    CustomerInvitationAccepted = "customer-invitation-accepted",
    GrantRevoked = "grant-revoked",
    InvitationDeclined = "invitation-declined",
    RelationshipSuspended = "relationship-suspended",
    RelationshipResumed = "relationship-resumed",
    RelationshipEnded = "relationship-ended",
    GrantRestored = "grant-restored",
    CustomerInvitationDeclined = "customer-invitation-declined",
    CustomerRelationshipEnded = "customer-relationship-ended",
    CustomerAgreementAttested = "customer-agreement-attested",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|it| it.split_once('}')).map(|it| it.0).collect()
    }

    #[test]
    fn both_languages_of_a_template_say_the_same_things() {
        for template in Template::all() {
            let (english, spanish) =
                (text(template, Language::English), text(template, Language::Spanish));
            assert_eq!(placeholders(english.1), placeholders(spanish.1), "{template:?}");
            for (subject, body) in [english, spanish] {
                assert!(!subject.is_empty() && !subject.contains('\n'), "{template:?}");
                assert!(body.lines().all(|it| it.chars().count() <= 78), "{template:?}");
            }
        }
    }

    #[test]
    fn what_strangers_type_stays_text() {
        let hostile = "Evil\r\nBcc: all@x.example\u{202e} {link} <b>";
        let params = BTreeMap::from([
            ("company".to_owned(), one_line(hostile)),
            ("link".to_owned(), "https://x.example#secret".to_owned()),
        ]);
        let filled = fill("For {company}.", &params);
        assert_eq!(filled, "For Evil Bcc: all@x.example {link} <b>.");
        assert_eq!(fill("{unknown}{company", &params), "{company");
        let quoted = quoted("one\r\ntwo", Language::English);
        assert!(quoted.ends_with("> one\n> two\n"), "{quoted}");
    }
}
