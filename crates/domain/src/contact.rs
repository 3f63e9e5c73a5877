//! How the contact is asked, how often, and who said that it was not they (E8).

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::{
    EmailAddress, Error, Reason, Result, Timestamp,
    constants::{CONTACT_MAILS_DAILY, CONTACT_RESEND_PAUSE, CONTACT_RESENDS_DAILY},
};

/// The mails of the last day that asked the contact of an enrolment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asks {
    times: Vec<Timestamp>,
    resend_times: Vec<Timestamp>,
}

impl Asks {
    /// Another mail, because of a change: RESEND_LIMIT where an enrolment has sent strangers as many
    /// in a day as is decent.
    pub fn ask(&mut self, now: Timestamp) -> Result<()> {
        self.forget(now);
        check_limit(self.times.len(), CONTACT_MAILS_DAILY)?;
        self.times.push(now);
        Ok(())
    }

    /// Another mail, because the company asks for it: ten minutes after the last, five a day.
    pub fn resend(&mut self, now: Timestamp) -> Result<()> {
        self.forget(now);
        let retry_time = self.times.last().map(|it| *it + CONTACT_RESEND_PAUSE);
        if let Some(retry_time) = retry_time.filter(|it| now < *it) {
            let retry_time = retry_time.to_rfc3339();
            return Err(Error::new(Reason::ResendTooSoon).with("retryTime", retry_time));
        }
        check_limit(self.resend_times.len(), CONTACT_RESENDS_DAILY)?;
        self.ask(now)?;
        self.resend_times.push(now);
        Ok(())
    }

    fn forget(&mut self, now: Timestamp) {
        let is_of_today = |it: &Timestamp| now < *it + Duration::days(1);
        self.times.retain(is_of_today);
        self.resend_times.retain(is_of_today);
    }
}

fn check_limit(n: usize, most: usize) -> Result<()> {
    match n < most {
        true => Ok(()),
        false => Err(Error::new(Reason::ResendLimit).with("limit", most.to_string())),
    }
}

/// Addresses whose people said that they have nothing to do with the enrolment, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Disowned(Vec<String>);

impl Disowned {
    pub fn add(&mut self, address: &EmailAddress) {
        if !self.has(address) {
            self.0.push(address.key().to_owned());
        }
    }

    pub fn remove(&mut self, address: &EmailAddress) {
        self.0.retain(|it| it != address.key());
    }

    pub fn has(&self, address: &EmailAddress) -> bool {
        self.0.iter().any(|it| it == address.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::minutes(minutes)
    }

    #[test]
    fn e8_a_mail_is_sent_again_ten_minutes_apart_and_five_times_a_day() {
        let mut asks = Asks::default();
        asks.ask(at(0)).unwrap();
        let why = |it: Result<()>| it.err().map(|it| it.reason);
        assert_eq!(why(asks.resend(at(9))), Some(Reason::ResendTooSoon));
        for n in 1..=5 {
            assert_eq!(why(asks.resend(at(10 * n))), None, "{n}");
        }
        assert_eq!(why(asks.resend(at(60))), Some(Reason::ResendLimit));
        assert_eq!(why(asks.ask(at(60))), None);
        // A day after the first of the five, one more.
        assert_eq!(why(asks.resend(at(24 * 60 + 9))), Some(Reason::ResendLimit));
        assert_eq!(why(asks.resend(at(24 * 60 + 10))), None);
    }

    #[test]
    fn changes_of_the_contact_mail_strangers_so_often_a_day_and_no_more() {
        let mut asks = Asks::default();
        for n in 0..CONTACT_MAILS_DAILY {
            asks.ask(at(i64::try_from(n).unwrap())).unwrap();
        }
        let refused = asks.ask(at(100)).unwrap_err();
        assert_eq!(refused.reason, Reason::ResendLimit);
        asks.ask(at(24 * 60)).unwrap();
    }

    #[test]
    fn a_disowned_address_is_known_in_every_letter_case() {
        let address = |text: &str| text.parse::<EmailAddress>().unwrap();
        let mut disowned = Disowned::default();
        disowned.add(&address("Ana@Nube.example"));
        assert!(disowned.has(&address("ana@nube.EXAMPLE")));
        disowned.remove(&address("ANA@nube.example"));
        assert_eq!(disowned, Disowned::default());
    }
}
