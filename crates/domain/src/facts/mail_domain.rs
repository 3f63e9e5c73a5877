//! Tells a person's own mailbox at a company from web mail, throw-away and role mailboxes.

use std::collections::HashSet;
use std::iter;

use serde::Deserialize;
use unicode_security::skeleton;

use super::{FactsError, rows};
use crate::email::{EmailAddress, ascii_domain};

/// Mail domains that anybody can have a mailbox at, and local parts that name a function (E7).
#[derive(Clone, Default)]
pub struct MailDomains {
    shared: HashSet<String>,
    looks_of_shared: HashSet<String>,
    role_local_parts: HashSet<String>,
}

/// Why an address cannot be a company's primary contact (E7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EmailProblem {
    /// Web mail, a throw-away mailbox or our own directory (EMAIL_DOMAIN_NOT_ALLOWED).
    DomainNotAllowed,
    /// The mailbox of a function, not of a person (ROLE_MAILBOX_NOT_ALLOWED).
    RoleMailbox,
}

#[derive(Deserialize)]
struct RoleRow {
    words: String,
}

impl MailDomains {
    /// Reads two lists of domains, one a line, and a table of `language,words`.
    pub fn parse(
        web_mail: &str,
        disposable: &str,
        role_local_parts_csv: &str,
    ) -> Result<MailDomains, FactsError> {
        let mut shared = domains("web_mail_domains.txt", web_mail)?;
        shared.extend(domains("disposable_domains.txt", disposable)?);
        let rows: Vec<RoleRow> = rows("role_local_parts.csv", role_local_parts_csv)?;
        let words = rows.iter().flat_map(|row| row.words.split_whitespace());
        Ok(MailDomains {
            looks_of_shared: shared.iter().map(|domain| look(&unicode(domain))).collect(),
            role_local_parts: words.map(str::to_lowercase).collect(),
            shared,
        })
    }

    /// The same local parts with the shared domains of this list, one a line, and no others.
    pub fn with_domains(&self, list: &str) -> Result<MailDomains, FactsError> {
        let shared = domains("mail_domains.csv", list)?;
        Ok(MailDomains {
            looks_of_shared: shared.iter().map(|domain| look(&unicode(domain))).collect(),
            role_local_parts: self.role_local_parts.clone(),
            shared,
        })
    }

    /// Why the address cannot be a primary contact, if it cannot (E7).
    pub fn contact_problem(
        &self,
        address: &EmailAddress,
        own_directory_domain: &str,
    ) -> Option<EmailProblem> {
        let own = ascii_domain(own_directory_domain)
            .unwrap_or_else(|| own_directory_domain.to_ascii_lowercase());
        let is_own = self_and_parents(address.domain()).any(|it| it == own);
        if is_own || self.is_shared(address.domain()) {
            return Some(EmailProblem::DomainNotAllowed);
        }
        self.is_role(address.local_part()).then_some(EmailProblem::RoleMailbox)
    }

    /// Whether anybody can have a mailbox at the domain: it is a web mail or throw-away domain,
    /// below one, or looks like one in other letters (E7, R4). What is no domain is not shared.
    pub fn is_shared(&self, domain: &str) -> bool {
        let Some(ascii) = ascii_domain(domain) else {
            return false;
        };
        // Only other letters than ASCII deceive the eye: `rn` alone does not make an `m` of it.
        let looks_shared = |it: &str| !it.is_ascii() && self.looks_of_shared.contains(&look(it));
        self_and_parents(&ascii).any(|it| self.shared.contains(it))
            || self_and_parents(&unicode(&ascii)).any(looks_shared)
    }

    fn is_role(&self, local_part: &str) -> bool {
        let lower = local_part.to_ascii_lowercase();
        let untagged = lower.split('+').next().unwrap_or_default();
        let name = without_counter(untagged).replace(['.', '_'], "-");
        let mut words = name.split('-').map(without_counter).filter(|it| !it.is_empty()).peekable();
        self.role_local_parts.contains(&name)
            || (words.peek().is_some() && words.all(|it| self.role_local_parts.contains(it)))
    }
}

fn domains(table: &'static str, text: &str) -> Result<HashSet<String>, FactsError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            ascii_domain(line)
                .ok_or_else(|| FactsError::new(table, format_args!("{line:?} is no domain")))
        })
        .collect()
}

fn unicode(ascii_domain: &str) -> String {
    idna::domain_to_unicode(ascii_domain).0
}

/// The domain with every letter replaced by the plainest one it can be taken for.
fn look(domain: &str) -> String {
    let letters: String = skeleton(domain).filter(|it| !is_mark(*it)).collect();
    letters.to_lowercase()
}

fn is_mark(char: char) -> bool {
    matches!(
        char,
        '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
            | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}'
    )
}

fn self_and_parents(domain: &str) -> impl Iterator<Item = &str> {
    iter::successors(Some(domain), |it| it.split_once('.').map(|(_, parent)| parent))
}

fn without_counter(name: &str) -> &str {
    name.trim_end_matches(|it: char| it.is_ascii_digit() || matches!(it, '.' | '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;

    fn problem(address: &str) -> Option<EmailProblem> {
        let address = address.parse().unwrap();
        Facts::shipped().mail_domains.contact_problem(&address, "Partners.Example")
    }

    #[test]
    fn e7_web_mail_and_throw_away_domains_are_refused_with_all_below_them() {
        for address in [
            "jordi@gmail.com",
            "JORDI@GMAIL.COM",
            "jordi@mail.yahoo.es",
            "jordi@bluewin.ch",
            "jordi@mailinator.com",
            "jordi@a.b.mailinator.com",
            "jordi@web.de",
            "jordi@proton.me",
        ] {
            assert_eq!(Some(EmailProblem::DomainNotAllowed), problem(address), "{address}");
        }
    }

    #[test]
    fn e7_a_look_alike_of_web_mail_in_other_letters_is_refused() {
        for address in [
            "JORDI@GMAİL.com",
            "jordi@gmaıl.com",
            "jordi@gmаil.com",
            "jordi@ｇｍａｉｌ.com",
            "jordi@ɡmail.com",
            "jordi@gmáil.com",
            "jordi@gmail.cоm",
            "jordi@mail.yаhoo.es",
            "jordi@оutlооk.com",
            "jordi@gmaił.com",
            "jordi@xn--gmal-nza.com",
            "jordi@hοtmail.com",
        ] {
            assert_eq!(Some(EmailProblem::DomainNotAllowed), problem(address), "{address}");
        }
    }

    #[test]
    fn e7_a_companys_own_domain_is_good_whatever_its_letters_resemble() {
        for address in [
            "jordi.puig@diagonalcloud.es",
            "jordi@grnail.com",
            "jordi@gmail.es.diagonalcloud.es",
            "jordi@é.diagonalcloud.es",
            "anna@donau-systeme.at",
            "anna@bücher-müller.de",
            "anna@bäckerei-zbinden.ch",
            "anna@notgmail.com.mx",
            "ivan@пример.рф",
        ] {
            assert_eq!(None, problem(address), "{address}");
        }
    }

    #[test]
    fn e7_role_mailboxes_are_refused_with_their_tags_and_counters() {
        for local_part in [
            "info",
            "INFO",
            "info+x",
            "info2",
            "info.2",
            "info-",
            "no-reply",
            "no.reply",
            "no_reply2",
            "noreply",
            "ventas",
            "kontakt",
            "sales.support",
            "hr",
            "it",
            "info+jordi.puig",
        ] {
            let address = format!("{local_part}@diagonalcloud.es");
            assert_eq!(Some(EmailProblem::RoleMailbox), problem(&address), "{local_part}");
        }
    }

    #[test]
    fn e7_names_that_merely_contain_a_role_are_persons() {
        for local_part in [
            "information.smith",
            "jordi",
            "jordi+info",
            "steve.jobs",
            "i.t",
            "h.r",
            "kit",
            "team.mate",
            "jordi.info",
            "2",
            "infos",
            "bureaux",
            "24",
        ] {
            assert_eq!(None, problem(&format!("{local_part}@diagonalcloud.es")), "{local_part}");
        }
    }

    #[test]
    fn e7_our_own_directory_has_no_mailboxes() {
        for domain in ["partners.example", "diagonal.partners.example", "DIAGONAL.Partners.Example"]
        {
            let address = format!("jordi@{domain}");
            assert_eq!(Some(EmailProblem::DomainNotAllowed), problem(&address), "{domain}");
        }
        assert_eq!(None, problem("jordi@otherpartners.example"));

        let address = "jordi@diagonal.pacta".parse().unwrap();
        let problem = Facts::shipped().mail_domains.contact_problem(&address, "pacta");
        assert_eq!(Some(EmailProblem::DomainNotAllowed), problem);
    }

    #[test]
    fn r4_shared_domains_are_told_from_a_companys_own() {
        let mail_domains = &Facts::shipped().mail_domains;
        for domain in ["gmail.com", "GMAİL.com", "mail.yahoo.es", "mailinator.com"] {
            assert!(mail_domains.is_shared(domain), "{domain}");
        }
        for domain in ["diagonalcloud.es", "com", "", "mail.com.ar", "firma.net.ua", "firma.za.com"]
        {
            assert!(!mail_domains.is_shared(domain), "{domain}");
        }
    }

    #[test]
    fn a_list_with_a_line_that_is_no_domain_is_refused() {
        let error = MailDomains::parse("gmail.com\n@\n", "", "language,words\n").err().unwrap();
        assert_eq!("web_mail_domains.txt", error.table);
    }
}
