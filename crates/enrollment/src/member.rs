//! Members of the programme that an operator brings along: a company with its first global admin, its
//! partner, and a DRAFT of the short form, prefilled, with its checks waived (E4).

use api::{Check as _, Violations, enrollment::v1, types::v1::PostalAddress, users::v1 as users};
use domain::{
    EmailAddress, Error, Language, Reason, Result, Role, Violation,
    check::Checks,
    company_name::name_problem,
    constants::ONE_TIME_PASSWORD,
    facts::Facts,
    id::{company_name, partner_name, user_name},
    partner::Kind,
    user::RESERVED_PREFIXES,
};
use event::{Event, MemberImported, UserCreated, WorkAccountCreated, event::Kind as What};
use store::{
    NewAccount, NewCompany, Tx, View,
    entity::{company, enrollment, partner},
};

use crate::{address::checked_address, places};

/// One member, as an operator states it: in the shapes that its own people would fill in.
#[derive(Clone, Debug)]
pub struct Member {
    /// The company and its first global admin.
    pub account: users::CreateWorkAccountRequest,
    pub kind: Kind,
    pub legal_profile: v1::LegalProfile,
    pub primary_contact: v1::PrimaryContact,
    /// Whether the contact's mailbox was proven elsewhere.
    pub is_contact_confirmed: bool,
    /// The PartnerID that it takes part with; empty for none.
    pub partner_id: String,
    /// Its head office's; empty to have one minted.
    pub global_partner_id: String,
}

/// What an import made of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// `partners/{partner}`.
    pub partner: String,
    /// Of its first global admin.
    pub sign_in_name: String,
}

/// Whether the database has the member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    New,
    /// From an earlier import of the same file.
    Imported,
}

impl Member {
    fn domain(&self, directory: &str) -> String {
        format!("{}.{directory}", self.account.domain_prefix)
    }

    /// What is wrong with it by itself, by the names of the contract.
    pub fn problems(&self, facts: &Facts, directory: &str) -> Vec<Violation> {
        let mut found = Violations::default();
        self.account.check("", &mut found);
        self.legal_profile.check("legal_profile.", &mut found);
        self.primary_contact.check("primary_contact.", &mut found);
        for (field, value) in [
            ("legal_profile.legal_name", &self.legal_profile.legal_name),
            ("primary_contact.given_name", &self.primary_contact.given_name),
            ("primary_contact.family_name", &self.primary_contact.family_name),
            ("primary_contact.email", &self.primary_contact.email),
        ] {
            found.present("", field, value.is_empty());
        }
        if !found.0.is_empty() {
            let violation = |it: api::Violation| Violation {
                field: it.field,
                reason: it.reason,
                description: it.description,
            };
            return found.0.into_iter().map(violation).collect();
        }
        self.rule_problems(facts, directory)
    }

    /// What the rules of enrolment say to values that have the right shape.
    fn rule_problems(&self, facts: &Facts, directory: &str) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut say = |field: &str, reason: Reason, words: &str| {
            let (field, description) = (field.to_owned(), words.to_owned());
            found.push(Violation { field, reason: reason.as_str(), description });
        };
        if RESERVED_PREFIXES.contains(&self.account.domain_prefix.as_str()) {
            say("domain_prefix", Reason::DomainReserved, "is reserved");
        }
        if name_problem(&self.legal_profile.legal_name).is_some() {
            let words = "is no name of a company";
            say("legal_profile.legal_name", Reason::CompanyNameInvalid, words);
        }
        match self.primary_contact.email.parse::<EmailAddress>() {
            Err(_) => say("primary_contact.email", Reason::FieldInvalid, "is no e-mail address"),
            Ok(email) if facts.mail_domains.contact_problem(&email, directory).is_some() => {
                let words = "is not a person's own mailbox at a company";
                say("primary_contact.email", Reason::EmailDomainNotAllowed, words);
            }
            Ok(_) => {}
        }
        let region = match facts.served_region(&self.account.region_code) {
            Ok(region) => region,
            Err(err) => {
                say("region_code", err.reason, "is no country that the programme serves");
                return found;
            }
        };
        let ids = &facts.registration_ids;
        match &self.legal_profile.registration_id {
            Some(id) if !ids.accepts_type(&region, &id.r#type) => {
                let words = format!("is none of {}", ids.types(&region).join(", "));
                let field = "legal_profile.registration_id.type";
                say(field, Reason::RegistrationIdTypeInvalid, &words);
            }
            Some(_) | None => {}
        }
        let address = self.legal_profile.address.clone().unwrap_or_default();
        if let Err(err) =
            checked_address(&address, "legal_profile.address", &region, facts, Language::English)
        {
            found.extend(err.violations);
        }
        found
    }

    /// Whether it may be imported: refused where its directory domain or a PartnerID is another's.
    pub async fn presence(&self, view: &View) -> Result<Presence> {
        let domain = self.domain(&view.programme().directory_domain);
        if let Some(company) = view.any_company_by_domain(&domain).await? {
            return match self.is_of(view, &company).await? {
                true => Ok(Presence::Imported),
                // Whoever made this account, nobody said that it is the member's.
                false => Err(Error::field("domain_prefix", "TAKEN", "another company has it")),
            };
        }
        for (field, number) in
            [("global_partner_id", &self.global_partner_id), ("partner_id", &self.partner_id)]
        {
            if !number.is_empty() && view.is_number_taken(number).await? {
                return Err(Error::field(field, "TAKEN", "the PartnerID is in use"));
            }
        }
        Ok(Presence::New)
    }

    /// Whether the company is what an earlier import made of this very member.
    async fn is_of(&self, view: &View, company: &company::Model) -> Result<bool> {
        let Some(partner) = view.partner_of(company.id).await? else {
            return Ok(false);
        };
        let enrollment = view.enrollment_of(partner.id).await?;
        let name = self.legal_profile.legal_name.as_str();
        Ok(enrollment
            .is_some_and(|it| it.form == domain::enrollment::Form::Short && it.legal_name == name))
    }

    /// Brings the member in, whole or not at all.
    pub async fn import(&self, tx: &mut Tx, password_hash: String) -> Result<Imported> {
        let domain = self.domain(&tx.programme().directory_domain);
        let sign_in_name = format!("{}@{domain}", self.account.user_name);
        let region = tx.facts().served_region(&self.account.region_code)?;
        let address = self.legal_profile.address.clone().unwrap_or_default();
        let address = checked_address(
            &address,
            "legal_profile.address",
            &region,
            tx.facts(),
            Language::English,
        )?;
        let new = NewCompany {
            display_name: &self.account.display_name,
            region_code: region.as_str(),
            domain: Some(&domain),
            // Nobody has signed in yet (U3).
            n_global_admins: 0,
        };
        let company = tx.add_company(new).await?;
        tx.freeze_region(company.id).await?;
        let language = Language::of_tag(&self.account.language_code).tag();
        let email: EmailAddress = self.account.email.parse().map_err(Error::internal)?;
        let first = NewAccount {
            company: company.id,
            sign_in_name: &sign_in_name,
            given_name: &self.account.given_name,
            family_name: &self.account.family_name,
            email: &self.account.email,
            email_key: email.key(),
            language_code: language,
            password_hash,
            one_time_expire_time: tx.now() + ONE_TIME_PASSWORD,
            roles: &[Role::GlobalAdmin],
        };
        let first = tx.add_account(first).await?;
        let partner = tx.add_partner(company.id, self.kind).await?;
        let now = tx.now();
        let filled = |draft| self.filled(draft, &address, now);
        tx.add_prepared_enrollment(&partner, first.id, filled).await?;
        let location = match self.partner_id.as_str() {
            "" => String::new(),
            number => {
                let global = Some(self.global_partner_id.as_str()).filter(|it| !it.is_empty());
                let name = &self.account.display_name;
                let organisation = tx.claim_organisation(company.id, global).await?;
                let tied_to = Some(partner.id);
                let place =
                    tx.import_location(&organisation, number, name, &address, tied_to).await?;
                places::name(&place)
            }
        };
        self.record(tx, &company, &user_name(company.id, first.id), &partner, location);
        Ok(Imported { partner: partner_name(partner.id), sign_in_name })
    }

    fn filled(
        &self,
        draft: enrollment::Model,
        address: &domain::facts::PostalAddress,
        now: domain::Timestamp,
    ) -> Result<enrollment::Model> {
        let (legal, contact) = (self.legal_profile.clone(), self.primary_contact.clone());
        let registration = legal.registration_id.unwrap_or_default();
        let mut row = enrollment::Model {
            legal_name: legal.legal_name,
            address: Some(serde_json::to_string(address).map_err(Error::internal)?),
            registration_id_type: registration.r#type,
            registration_id: registration.value,
            duns_number: legal.duns_number,
            contact_given_name: contact.given_name,
            contact_family_name: contact.family_name,
            contact_email: contact.email,
            contact_phone: contact.phone,
            contact_language_code: contact.language_code,
            ..draft
        };
        row.set_checks(&Checks::waived(now, self.is_contact_confirmed))?;
        Ok(row)
    }

    fn record(
        &self,
        tx: &mut Tx,
        company: &company::Model,
        user: &str,
        partner: &partner::Model,
        location: String,
    ) {
        let name = company_name(company.id);
        let what = WorkAccountCreated {
            company: name.clone(),
            domain: company.domain.clone().unwrap_or_default(),
            region_code: company.region_code.clone(),
        };
        tx.record(Event::of(name, What::WorkAccountCreated(what)), &[company.id]);
        let (user, roles) = (user.to_owned(), vec![Role::GlobalAdmin.to_string()]);
        let event = Event::of(user.clone(), What::UserCreated(UserCreated { user, roles }));
        let personal = [
            ("given_name", self.account.given_name.as_str()),
            ("family_name", &self.account.family_name),
            ("email", &self.account.email),
        ];
        tx.record_personal(event, &[company.id], &personal);
        let name = partner_name(partner.id);
        let kind = partner.kind.as_str().to_owned();
        let what = MemberImported { partner: name.clone(), kind, location };
        tx.record(Event::of(name, What::MemberImported(what)), &[company.id]);
    }
}

/// An address in the contract's shape, of at most two lines.
pub fn postal_address(region: &str, parts: [&str; 5]) -> PostalAddress {
    let [postal_code, area, locality, first, second] = parts.map(str::to_owned);
    PostalAddress {
        region_code: region.to_owned(),
        postal_code,
        administrative_area: area,
        locality,
        dependent_locality: String::new(),
        address_lines: [first, second].into_iter().filter(|it| !it.is_empty()).collect(),
    }
}
