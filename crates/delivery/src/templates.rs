//! The texts of the mails: one file per template and language, in `mails`.
//!
//! The first line is the subject, an empty line follows, then the body. `{name}` stands for a value;
//! `{link}` alone on a line is a button, `{message}` a stranger's own words, and lines that begin
//! with `- ` are a list.

use domain::{Language, mail::Template};

macro_rules! texts {
    ($($template:ident = $file:literal,)*) => {
        /// The subject line and the body of a template.
        pub(crate) fn text(template: Template, language: Language) -> (&'static str, &'static str) {
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
    AgreementDue = "agreement-due",
    AgreementLapsed = "agreement-lapsed",
    GlobalAdminGiven = "global-admin-given",
    GlobalAdminTaken = "global-admin-taken",
    EmailVerification = "email-verification",
    UserInvitation = "user-invitation",
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
            assert_ne!(english, spanish, "{template:?}");
            for (subject, body) in [english, spanish] {
                assert!(!subject.is_empty() && !subject.contains('\n'), "{template:?}");
                assert!(!body.trim().is_empty(), "{template:?}");
                assert!(body.lines().all(|it| it.chars().count() <= 78), "{template:?}");
            }
        }
    }
}
