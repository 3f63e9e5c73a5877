//! The numbers of the programme (domain section 10). At `now >= limit` a time is over.

use chrono::Duration;

/// How recent an authentication has to be for acts marked fresh; inclusive.
pub const FRESH: Duration = Duration::seconds(900);
/// Life of a one-time password (U7).
pub const ONE_TIME_PASSWORD: Duration = Duration::hours(72);
/// How long a deleted person can be restored (M9).
pub const USER_RESTORE: Duration = Duration::days(30);
/// Tries at a password that cost no waiting.
pub const FREE_GUESSES: i64 = 10;
/// How long the next try at a name has to wait at most.
pub const GUESS_PAUSE_MOST: Duration = Duration::minutes(15);
/// How long wrong tries at a name are remembered.
pub const GUESS_MEMORY: Duration = Duration::hours(24);
/// Wrong tries that an address has in a while, and how long that is.
pub const ADDRESS_GUESSES: i64 = 300;
pub const ADDRESS_WINDOW: Duration = Duration::minutes(15);
/// Life of the link that a person proves its mailbox by (R4).
pub const EMAIL_LINK: Duration = Duration::days(7);
/// Life of the link that binds a person of an external directory to its user (M9).
pub const USER_INVITATION: Duration = Duration::days(7);
/// How long another operator can approve a global admin.
pub const GLOBAL_ADMIN_PROPOSAL: Duration = Duration::hours(24);
/// How far the clock of an external issuer may be from ours.
pub const ISSUER_CLOCK: Duration = Duration::seconds(60);
/// Life of a session.
pub const SESSION: Duration = Duration::hours(12);
/// How long a repeated call is recognised.
pub const IDEMPOTENCY: Duration = Duration::days(7);
/// Rows of a page unless asked otherwise, and at most.
pub const PAGE: u64 = 50;
pub const PAGE_MOST: u64 = 500;
/// Least length of a password in characters.
pub const PASSWORD_LEAST: usize = 12;
/// Life of the link that a contact confirms by (E8).
pub const CONTACT_LINK: Duration = Duration::days(7);
/// After how many business days a contact is reminded (E8).
pub const CONTACT_REMINDER_DAYS: u32 = 2;
/// Most bytes of a document of evidence (E12).
pub const EVIDENCE_MOST: usize = 10 * 1024 * 1024;
/// Bytes of documents that a process holds at most while they come in or go out.
pub const EVIDENCE_AT_A_TIME: usize = 8 * EVIDENCE_MOST;
/// How often a rejection can be appealed (E12).
pub const APPEALS: i64 = 3;
/// How long somebody who was a company's contact does not review it (E11).
pub const REVIEWER_DISTANCE: Duration = Duration::days(366);
/// How many documents, duplicates and domains a reviewer is shown at once.
pub const FINDINGS_SHOWN: u64 = 20;
/// Life of a code by which another company ties a PartnerID (E14).
pub const ASSOCIATION_CODE: Duration = Duration::hours(24);
/// Life of an invitation (R2, R9).
pub const INVITATION: Duration = Duration::days(30);
/// How soon after the last a contact's mail is sent again (E8).
pub const CONTACT_RESEND_PAUSE: Duration = Duration::minutes(10);
/// How often a day a contact's mail is sent again (E8).
pub const CONTACT_RESENDS_DAILY: usize = 5;
/// How many mails a day ask the contact of one enrolment, for whatever cause.
pub const CONTACT_MAILS_DAILY: usize = 100;
/// How long a "not me" can be undone (E8).
pub const CONTACT_UNDO: Duration = Duration::days(7);
/// How soon after the last an invitation's mail is sent again (R2).
pub const INVITATION_RESEND_PAUSE: Duration = Duration::hours(1);
/// How often an invitation's mail is sent again (R2).
pub const INVITATION_RESENDS: i64 = 5;
/// How many invitations a company makes a day (R2, R9).
pub const INVITATIONS_DAILY: i64 = 5_000;
/// How many invitations are taken back in one go when what they stand on has ended (M6).
pub const INVITATIONS_AT_A_TIME: u64 = 100;
/// How many of a provider's resellers are looked at that prove the domain of one address (R2).
pub const SAME_DOMAIN: u64 = 20;
/// How long an address that declined is left in peace (R2).
pub const INVITATION_DECLINE_PAUSE: Duration = Duration::days(7);
/// Size of one chunk of a streamed document, in bytes.
pub const CHUNK: usize = 64 * 1024;
/// How long a mail that a worker took is left alone before another one takes it.
pub const DELIVERY_LEASE: Duration = Duration::seconds(60);
/// How long partners have at least, and at most, to accept anew (A4).
pub const GRACE_LEAST: Duration = Duration::days(30);
pub const GRACE_MOST: Duration = Duration::days(366);
/// How far ahead a version's publication is scheduled at most.
pub const SCHEDULE_MOST: Duration = Duration::days(731);
/// How many partners are told, or their lapses written down, in one go.
pub const PARTNERS_AT_A_TIME: u64 = 100;
/// How many keys a batch of questions holds at most.
pub const BATCH: usize = 100;
/// About how many companies that it has nothing to do with a provider asks a day (A7).
pub const AGREEMENT_CHECKS_DAILY: i64 = 1_000;
/// How many attestations of a customer are shown at most.
pub const ATTESTATIONS_SHOWN: u64 = 100;
/// How many versions of an agreement are shown at most.
pub const VERSIONS_SHOWN: u64 = 100;
