//! Invitations of providers to resellers and of resellers to customers: their life (M6), what a
//! message may say, and to whom one is addressed (R2, R4).

use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};

use crate::{
    EmailAddress, Error, Reason, Result, Timestamp,
    constants::{INVITATION_DECLINE_PAUSE, INVITATION_RESEND_PAUSE, INVITATION_RESENDS},
    facts::MailDomains,
    moves,
};

/// Where an invitation's life stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Pending,
    Accepted,
    Declined,
    Cancelled,
    Expired,
}

/// What can be done to an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Action {
    Accept,
    /// The invited says no (R2).
    Decline,
    /// The inviter takes it back.
    Cancel,
    /// The inviter has its mail sent again.
    Resend,
    /// Its time is over: by SYSTEM.
    Expire,
    /// The pair connected through another invitation, or what it stood on has ended: by SYSTEM.
    Supplant,
}

/// Every move there is. What is not here cannot happen.
pub const MOVES: &[(State, Action, State)] = &[
    (State::Pending, Action::Accept, State::Accepted),
    (State::Pending, Action::Decline, State::Declined),
    (State::Pending, Action::Cancel, State::Cancelled),
    (State::Pending, Action::Resend, State::Pending),
    (State::Pending, Action::Expire, State::Expired),
    (State::Pending, Action::Supplant, State::Cancelled),
];

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Accepted => "ACCEPTED",
            Self::Declined => "DECLINED",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::iter().find(|it| it.as_str() == name)
    }

    pub fn after(self, action: Action) -> Result<Self> {
        moves::after(MOVES, self, action, Self::as_str)
    }

    /// The state at `now`: time ends an invitation whether or not that is written yet.
    pub fn at(self, expire_time: Timestamp, now: Timestamp) -> Self {
        match self {
            Self::Pending if expire_time <= now => Self::Expired,
            Self::Pending | Self::Accepted | Self::Declined | Self::Cancelled | Self::Expired => {
                self
            }
        }
    }

    /// What the holder of the link of an invitation in this state is told.
    pub fn check_open(self) -> Result<()> {
        let reason = match self {
            Self::Pending => return Ok(()),
            Self::Accepted | Self::Declined => Reason::LinkUsed,
            Self::Cancelled => Reason::LinkVoid,
            Self::Expired => Reason::LinkExpired,
        };
        Err(Error::new(reason))
    }
}

/// How often and how soon an invitation's mail is sent again (R2).
pub fn check_resend(n_resends: i64, last: Timestamp, now: Timestamp) -> Result<()> {
    if n_resends >= INVITATION_RESENDS {
        return Err(Error::new(Reason::ResendLimit).with("limit", INVITATION_RESENDS.to_string()));
    }
    let retry_time = last + INVITATION_RESEND_PAUSE;
    match now < retry_time {
        true => Err(Error::new(Reason::ResendTooSoon).with("retryTime", retry_time.to_rfc3339())),
        false => Ok(()),
    }
}

/// A provider that was refused leaves the address in peace for a while (R2).
pub fn check_declined(last: Option<Timestamp>, now: Timestamp) -> Result<()> {
    let retry_time = last.map(|it| it + INVITATION_DECLINE_PAUSE).filter(|it| now < *it);
    match retry_time {
        None => Ok(()),
        Some(it) => {
            Err(Error::new(Reason::InvitationRecentlyDeclined).with("retryTime", it.to_rfc3339()))
        }
    }
}

/// Refuses a company that has made more invitations than it may on one day (UTC).
pub fn check_daily(n_made: i64, most: i64, now: Timestamp) -> Result<()> {
    if n_made <= most {
        return Ok(());
    }
    let tomorrow = now.date_naive() + chrono::Days::new(1);
    Err(Error::new(Reason::InvitationLimit)
        .with("limit", most.to_string())
        .with("retryTime", format!("{tomorrow}T00:00:00Z")))
}

/// Refuses a message that would carry a stranger somewhere: links, and what mail programs turn into
/// links (R2).
pub fn check_message(message: &str) -> Result<()> {
    match has_link(message) {
        false => Ok(()),
        true => Err(Error::new(Reason::MessageNotAllowed)),
    }
}

/// Whether words hold a link, or what mail programs turn into one.
pub fn has_link(text: &str) -> bool {
    text.split(is_separator).any(is_like_a_link)
}

/// Refuses a name, which mails carry to strangers, that would carry them on (R2). Names such as
/// `Amazon.com, Inc.` are real; addresses of pages and of mailboxes are no part of one.
pub fn check_name(field: &'static str, name: &str) -> Result<()> {
    let folded = name.to_lowercase();
    let leads = ["://", "www.", "mailto:", "@"].iter().any(|it| folded.contains(it));
    match leads {
        true => Err(Error::field(field, "LINK_NOT_ALLOWED", "a name carries no links")),
        false => Ok(()),
    }
}

fn is_separator(it: char) -> bool {
    it.is_whitespace() || matches!(it, '<' | '>' | '(' | ')' | '[' | ']' | '"' | '\'' | ',' | ';')
}

/// A scheme, a `www.`, or the name of a host under a top-level domain of letters.
fn is_like_a_link(word: &str) -> bool {
    let word = word.to_lowercase();
    if word.contains("://") || word.starts_with("www.") || word.starts_with("mailto:") {
        return true;
    }
    let host = word.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default().trim_end_matches(['.', '!', '…']);
    let Some((name, top)) = host.rsplit_once('.') else {
        return false;
    };
    let is_label = |it: &str| it.chars().all(|it| it.is_alphanumeric() || it == '-');
    let is_top = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
    // Of abbreviations such as `p.ej` and `z.B`, each part is one letter.
    let is_abbreviation = name.split('.').all(|it| it.chars().count() <= 1);
    is_top && !is_abbreviation && name.split('.').all(|it| !it.is_empty() && is_label(it))
}

/// What is proven of a company's mailboxes.
#[derive(Clone, Debug, Default)]
pub struct ProvenContact {
    /// The primary contact's address, if its link was confirmed (E9).
    pub confirmed: Option<EmailAddress>,
    /// Whether the contact's EMPLOYMENT has passed too.
    pub employed: bool,
}

impl ProvenContact {
    /// The domain that is the company's own (R4): of a confirmed contact whose EMPLOYMENT passed,
    /// unless strangers share it.
    pub fn domain(&self, domains: &MailDomains) -> Option<&str> {
        let domain = self.confirmed.as_ref().filter(|_| self.employed)?.domain();
        (!domains.is_shared(domain)).then_some(domain)
    }

    /// Whether an invitation to this address is addressed to the company (R4).
    pub fn is_addressed(&self, invited: &EmailAddress, domains: &MailDomains) -> bool {
        self.confirmed.as_ref() == Some(invited) || self.domain(domains) == Some(invited.domain())
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ActiveEnum as _;

    use super::*;
    use crate::facts::Facts;

    #[test]
    fn only_pending_invitations_move() {
        for state in State::iter() {
            assert_eq!(state.to_value(), state.as_str());
            for action in Action::iter() {
                let expected = match (state, action) {
                    (State::Pending, Action::Accept) => Ok(State::Accepted),
                    (State::Pending, Action::Decline) => Ok(State::Declined),
                    (State::Pending, Action::Cancel) => Ok(State::Cancelled),
                    (State::Pending, Action::Resend) => Ok(State::Pending),
                    (State::Pending, Action::Expire) => Ok(State::Expired),
                    (State::Pending, Action::Supplant) => Ok(State::Cancelled),
                    (
                        _,
                        Action::Accept
                        | Action::Decline
                        | Action::Cancel
                        | Action::Resend
                        | Action::Expire
                        | Action::Supplant,
                    ) => Err(Reason::InvalidStateTransition),
                };
                assert_eq!(state.after(action).map_err(|it| it.reason), expected);
            }
            let expected = match state {
                State::Pending => None,
                State::Accepted | State::Declined => Some(Reason::LinkUsed),
                State::Cancelled => Some(Reason::LinkVoid),
                State::Expired => Some(Reason::LinkExpired),
            };
            assert_eq!(state.check_open().err().map(|it| it.reason), expected, "{state:?}");
        }
    }

    #[test]
    fn time_ends_a_pending_invitation_at_its_limit() {
        let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).unwrap();
        assert_eq!(State::Pending.at(at(10), at(9)), State::Pending);
        assert_eq!(State::Pending.at(at(10), at(10)), State::Expired);
        assert_eq!(State::Accepted.at(at(10), at(11)), State::Accepted);
    }

    #[test]
    fn r2_a_mail_is_sent_again_after_an_hour_and_five_times_in_all() {
        let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).unwrap();
        let why = |n, now| check_resend(n, at(0), at(now)).err().map(|it| it.reason);
        assert_eq!(why(0, 3_599), Some(Reason::ResendTooSoon));
        assert_eq!(why(0, 3_600), None);
        assert_eq!(why(4, 3_600), None);
        assert_eq!(why(5, 3_600), Some(Reason::ResendLimit));
        let declined = |now| check_declined(Some(at(0)), at(now)).err().map(|it| it.reason);
        assert_eq!(declined(7 * 86_400 - 1), Some(Reason::InvitationRecentlyDeclined));
        assert_eq!(declined(7 * 86_400), None);
        assert!(check_declined(None, at(0)).is_ok());
    }

    #[test]
    fn a_days_invitations_are_bounded_until_the_next_day_begins() {
        let now = chrono::DateTime::from_timestamp(1_795_564_799, 0).unwrap();
        assert!(check_daily(5, 5, now).is_ok());
        let refused = check_daily(6, 5, now).unwrap_err();
        assert_eq!(refused.reason, Reason::InvitationLimit);
        assert_eq!(refused.metadata["limit"], "5");
        assert_eq!(refused.metadata["retryTime"], "2026-11-25T00:00:00Z");
    }

    #[test]
    fn r2_a_message_leads_nowhere() {
        for message in [
            "ver http://x",
            "see https://evil.example/x",
            "HTTP://X",
            "www.evil.example",
            "look at evil.com.",
            "visit <evil.co.uk/path>",
            "write to me@evil.com",
            "mailto:me@evil",
            "javascript://x",
            "пример.рф",
        ] {
            assert!(check_message(message).is_err(), "{message}");
        }
        for message in [
            "",
            "Hola, trabajemos juntos. Saludos, Distribuidora Anáhuac S.A. de C.V.",
            "We met on 12.11.2026 at 10.30 a.m., e.g. about prices of 3.50 EUR.",
            "Line one.\nLine two!",
            "z.B. am Stand 4.2",
        ] {
            assert!(check_message(message).is_ok(), "{message}");
        }
    }

    #[test]
    fn a_name_carries_no_links() {
        for name in ["Locked: https://evil.example", "WWW.evil.example", "mail me@evil.example"] {
            assert!(check_name("legal_name", name).is_err(), "{name}");
        }
        for name in ["Amazon.com, Inc.", "Diagonal Cloud, S.L.", "A/S Dansk & Co.", "3:1 Media"] {
            assert!(check_name("legal_name", name).is_ok(), "{name}");
        }
    }

    #[test]
    fn r4_an_address_is_a_companys_by_its_confirmed_contact_or_that_contacts_domain() {
        let domains = &Facts::shipped().mail_domains;
        let address = |text: &str| text.parse::<EmailAddress>().unwrap();
        let contact =
            |text: &str, employed| ProvenContact { confirmed: Some(address(text)), employed };
        let cases = [
            (contact("ana@nube.mx", false), "ANA@Nube.mx", true),
            (contact("ana@nube.mx", false), "compras@nube.mx", false),
            (contact("ana@nube.mx", true), "compras@nube.mx", true),
            (contact("ana@nube.mx", true), "compras@sub.nube.mx", false),
            (contact("ana@nube.mx", true), "compras@azul.mx", false),
            (contact("ana@gmail.com", true), "else@gmail.com", false),
            (ProvenContact::default(), "ana@nube.mx", false),
        ];
        for (contact, invited, expected) in cases {
            assert_eq!(contact.is_addressed(&address(invited), domains), expected, "{invited}");
        }
    }
}
