//! Partners with all that their standing follows from, read by key.

use std::collections::HashMap;

use domain::{
    EmailProblem, Error, Reason, Result,
    check::Checks,
    company_name::name_problem,
    contact::{Asks, Disowned},
    email::EmailAddress,
    enrollment::Form,
    facts::{Facts, PostalAddress, RegionCode},
    id::{CompanyId, PartnerId},
    invitation::ProvenContact,
    link::Purpose,
    location,
    mail::Delivery,
    partner::{Flag, Standing},
    readiness::{AgreementFacts, ContactWait, Flaw, PartnerFacts, ReviewWait},
};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use crate::{
    View,
    course::agreement_facts,
    entity::{company, enrollment, location as place, partner},
    fault::fault,
    past::{Fact as _, then},
    past_facts::{CompanyFact, EnrollmentFact, PartnerFact, PlaceFact},
};

/// A partner with its company, its enrolment and the location that is tied to it.
#[derive(Clone, Debug)]
pub struct Party {
    pub partner: partner::Model,
    pub company: company::Model,
    pub enrollment: Option<enrollment::Model>,
    pub location: Option<place::Model>,
    /// What is known of its agreement at this instant.
    pub agreement: AgreementFacts,
}

impl Party {
    pub fn flag(&self) -> Option<Flag> {
        match (&self.partner.deauthorize_reason, &self.partner.suspend_reason) {
            (Some(_), _) => Some(Flag::Deauthorized),
            (None, Some(_)) => Some(Flag::Suspended),
            (None, None) => None,
        }
    }

    /// What the programme status follows from (M3).
    pub fn standing(&self) -> Standing {
        let tied = self.location.as_ref();
        Standing {
            flag: self.flag(),
            enrollment: self.enrollment.as_ref().map(|it| it.state),
            has_location: tied.is_some_and(|it| {
                it.state == location::State::Active && it.region_code == self.company.region_code
            }),
            has_accepted: self.agreement.stand.standing.is_accepted(),
        }
    }

    pub fn is_active(&self) -> bool {
        self.standing().is_active()
    }

    /// The legal name stated at enrolment; empty before that.
    pub fn legal_name(&self) -> &str {
        self.enrollment.as_ref().map_or("", |it| it.legal_name.as_str())
    }

    /// What mails call the company.
    pub fn name(&self) -> &str {
        match self.legal_name() {
            "" => &self.company.display_name,
            legal_name => legal_name,
        }
    }

    pub fn region(&self) -> Result<RegionCode> {
        self.company.region_code.parse().map_err(Error::internal)
    }

    /// What is proven of the company's mailboxes (R4).
    pub fn proven_contact(&self) -> Result<ProvenContact> {
        let Some(enrollment) = &self.enrollment else {
            return Ok(ProvenContact::default());
        };
        let checks = enrollment.checks()?;
        let is_confirmed = checks.as_ref().is_some_and(Checks::email_holds);
        let confirmed = enrollment.contact_email.parse().ok().filter(|_| is_confirmed);
        let employment = domain::check::CheckKind::Employment;
        let employed = checks.is_some_and(|it| it.state(employment).holds());
        Ok(ProvenContact { confirmed, employed })
    }
}

impl enrollment::Model {
    /// The address as it was given.
    pub fn postal_address(&self) -> Result<Option<PostalAddress>> {
        let text = self.address.as_deref();
        text.map(|it| serde_json::from_str(it).map_err(Error::internal)).transpose()
    }

    /// The checks, from the first submission on.
    pub fn checks(&self) -> Result<Option<Checks>> {
        let text = self.checks.as_deref();
        text.map(|it| serde_json::from_str(it).map_err(Error::internal)).transpose()
    }

    /// The mails of the last day that asked the contact.
    pub fn asks(&self) -> Result<Asks> {
        let text = self.asks.as_deref();
        let asks = text.map(|it| serde_json::from_str(it).map_err(Error::internal)).transpose();
        Ok(asks?.unwrap_or_default())
    }

    pub fn set_asks(&mut self, asks: &Asks) -> Result<()> {
        self.asks = Some(serde_json::to_string(asks).map_err(Error::internal)?);
        Ok(())
    }

    /// Addresses whose people said that it was not they.
    pub fn disowned(&self) -> Result<Disowned> {
        let text = self.disowned.as_deref();
        let known = text.map(|it| serde_json::from_str(it).map_err(Error::internal)).transpose();
        Ok(known?.unwrap_or_default())
    }

    pub fn set_disowned(&mut self, disowned: &Disowned) -> Result<()> {
        self.disowned = Some(serde_json::to_string(disowned).map_err(Error::internal)?);
        Ok(())
    }

    /// Whether the contact is being asked: handed in, or approved and asked anew (E15).
    pub fn asks_contact(&self) -> Result<bool> {
        use domain::enrollment::State;
        let is_proven = self.checks()?.as_ref().is_some_and(Checks::email_holds);
        Ok(match self.state {
            State::Submitted => true,
            State::Approved => !is_proven,
            State::Draft
            | State::InReview
            | State::ActionRequired
            | State::Rejected
            | State::Withdrawn => false,
        })
    }

    pub fn set_checks(&mut self, checks: &Checks) -> Result<()> {
        self.checks = Some(serde_json::to_string(checks).map_err(Error::internal)?);
        Ok(())
    }
}

impl View {
    /// A partner within the caller's own company's reach, with what its standing follows from.
    pub async fn party(&self, id: PartnerId) -> Result<Party> {
        let partner = self.partner(id).await?;
        self.any_party(partner.id).await?.ok_or_else(Error::not_found)
    }

    /// Any partner, for keys that the caller proved and for questions about a named one.
    pub async fn any_party(&self, id: PartnerId) -> Result<Option<Party>> {
        Ok(self.any_parties(&[id]).await?.remove(&id))
    }

    /// Those of the partners that exist: five reads by key, however many they are.
    pub async fn any_parties(&self, ids: &[PartnerId]) -> Result<HashMap<PartnerId, Party>> {
        Ok(self.any_parties_and_companies(ids, &[]).await?.0)
    }

    /// The same, with other companies beside the partners', by the same reads.
    pub(crate) async fn any_parties_and_companies(
        &self,
        ids: &[PartnerId],
        others: &[CompanyId],
    ) -> Result<(HashMap<PartnerId, Party>, HashMap<CompanyId, company::Model>)> {
        let query = self.any::<partner::Entity>();
        let query = query.filter(partner::Column::Id.is_in(ids.iter().copied()));
        let partners = query.all(&self.conn).await.map_err(fault)?;
        let mut was = self.was::<PartnerFact>(partners.iter().map(|it| it.id.0)).await?;
        let partners = partners.into_iter().filter(|it| self.has_begun(it.create_time));
        let partners = partners.filter_map(|it| then(&mut was, it.id.0, it).transpose());
        let partners: Vec<partner::Model> = partners.collect::<Result<_>>()?;

        let companies = partners.iter().map(|it| it.company_id).chain(others.iter().copied());
        let query = self.any::<company::Entity>().filter(company::Column::Id.is_in(companies));
        let companies = query.all(&self.conn).await.map_err(fault)?;
        let mut was = self.was::<CompanyFact>(companies.iter().map(|it| it.id.0)).await?;
        let companies = companies.into_iter().filter(|it| self.has_begun(it.create_time));
        let companies = companies.filter_map(|it| then(&mut was, it.id.0, it).transpose());
        let companies: HashMap<CompanyId, company::Model> =
            companies.map(|it| it.map(|it| (it.id, it))).collect::<Result<_>>()?;

        if partners.is_empty() {
            return Ok((HashMap::new(), companies));
        }
        let known: Vec<PartnerId> = partners.iter().map(|it| it.id).collect();
        let query = self.any::<enrollment::Entity>();
        let query = query.filter(enrollment::Column::PartnerId.is_in(known.iter().copied()));
        let enrollments = query.all(&self.conn).await.map_err(fault)?;
        let mut was = self.was::<EnrollmentFact>(known.iter().map(|it| it.0)).await?;
        let enrollments = enrollments
            .into_iter()
            .filter_map(|it| then(&mut was, it.partner_id.0, it).transpose());
        let mut enrollments: HashMap<PartnerId, enrollment::Model> =
            enrollments.map(|it| it.map(|it| (it.partner_id, it))).collect::<Result<_>>()?;
        let mut locations = self.any_tied_locations(&known).await?;
        let courses = self.any_partner_courses().await?;
        let parties = partners.into_iter().filter_map(|partner| {
            let course = courses.get(&partner.kind)?;
            let agreement = agreement_facts(course, &partner, self.now());
            let company = companies.get(&partner.company_id)?.clone();
            let enrollment = enrollments.remove(&partner.id);
            let location = locations.remove(&partner.id);
            Some((partner.id, Party { partner, company, enrollment, location, agreement }))
        });
        Ok((parties.collect(), companies))
    }

    /// The locations that are tied to partners.
    async fn any_tied_locations(
        &self,
        partners: &[PartnerId],
    ) -> Result<HashMap<PartnerId, place::Model>> {
        if partners.is_empty() {
            return Ok(HashMap::new());
        }
        let query = self.any::<place::Entity>();
        let query = query.filter(place::Column::PartnerId.is_in(partners.iter().copied()));
        let rows = query.all(&self.conn).await.map_err(fault)?;
        let mut tied: HashMap<PartnerId, place::Model> =
            rows.into_iter().filter_map(|it| Some((it.partner_id?, it))).collect();
        let was = self.was::<PlaceFact>(partners.iter().map(|it| it.0)).await?;
        if was.is_empty() {
            return Ok(tied);
        }
        // Another one may have been tied then.
        tied.retain(|id, _| !was.contains_key(&id.0));
        let numbers: Vec<&str> = was.values().flatten().map(|it| it.number.as_str()).collect();
        if numbers.is_empty() {
            return Ok(tied);
        }
        let query = self.any::<place::Entity>().filter(place::Column::Number.is_in(numbers));
        let rows = query.all(&self.conn).await.map_err(fault)?;
        let mut rows: HashMap<String, place::Model> =
            rows.into_iter().map(|it| (it.number.clone(), it)).collect();
        for (partner, fact) in was {
            let Some(fact) = fact else { continue };
            if let Some(row) = rows.remove(&fact.number) {
                tied.insert(PartnerId(partner), fact.put(row)?);
            }
        }
        Ok(tied)
    }

    /// What the goals of a partner are decided by.
    pub async fn facts_of(&self, party: &Party) -> Result<PartnerFacts> {
        let region = party.region()?;
        let facts = self.facts();
        let is_required = facts.registration_ids.required(&region);
        let row = party.enrollment.as_ref();
        let location = party.location.as_ref();
        let domain = &self.programme.directory_domain;
        Ok(PartnerFacts {
            kind: party.partner.kind,
            flag: party.flag(),
            state: row.map(|it| it.state),
            form: form_ahead(row),
            legal_name: row.map_or(Flaw::Missing, legal_name),
            address: row.map_or(Ok(Flaw::Missing), |it| address(it, &region, facts))?,
            registration_id: match row {
                None if is_required => Flaw::Missing,
                None => Flaw::None,
                Some(row) => registration_id(row, &region, facts),
            },
            has_support: row
                .is_some_and(|it| !it.support_email.is_empty() && !it.support_phone.is_empty()),
            has_contact: row.is_some_and(|it| {
                let parts = [
                    &it.contact_given_name,
                    &it.contact_family_name,
                    &it.contact_email,
                    &it.contact_phone,
                ];
                parts.iter().all(|it| !it.is_empty())
            }),
            contact_email: match row {
                None => Flaw::Missing,
                Some(row) => contact_email(row, domain, facts)?,
            },
            checks: row.map(enrollment::Model::checks).transpose()?.flatten(),
            contact_wait: self.contact_wait(party).await?,
            review: row.and_then(|it| self.review_wait(it)),
            location: location.map(|it| (it.state, it.region_code == party.company.region_code)),
            agreement: party.agreement,
        })
    }

    /// What is known of the link that a contact has not confirmed yet.
    async fn contact_wait(&self, party: &Party) -> Result<Option<ContactWait>> {
        let Some(row) = &party.enrollment else {
            return Ok(None);
        };
        if !row.asks_contact()? {
            return Ok(None);
        }
        let subject = party.partner.id.0;
        let link = self.any_link_of(Purpose::ContactConfirmation, subject).await?;
        let Some(link) = link.filter(|it| self.now() < it.expire_time) else {
            return Ok(Some(ContactWait::Expired));
        };
        let delivery = self.any_deliveries(vec![link.id]).await?.remove(&link.id);
        Ok(Some(match delivery {
            Some(Delivery::Failed) => ContactWait::Undeliverable,
            None | Some(Delivery::Queued | Delivery::Sent) => {
                ContactWait::Asked { since: link.create_time, expire_time: link.expire_time }
            }
        }))
    }

    fn review_wait(&self, row: &enrollment::Model) -> Option<ReviewWait> {
        let expected_by = row.expected_by_time?;
        Some(ReviewWait {
            since: row.review_start_time?,
            expected_from: row.expected_from_time?,
            expected_by,
            is_overdue: expected_by <= self.now(),
        })
    }
}

/// How much has to be gone through; after a withdrawal all of it.
fn form_ahead(row: Option<&enrollment::Model>) -> Form {
    let row = row.filter(|it| it.state != domain::enrollment::State::Withdrawn);
    row.map_or(Form::Full, |it| it.form)
}

fn contact_email(row: &enrollment::Model, directory: &str, facts: &Facts) -> Result<Flaw> {
    let Ok(email) = row.contact_email.parse::<EmailAddress>() else {
        return Ok(Flaw::Missing);
    };
    if row.disowned()?.has(&email) {
        return Ok(Flaw::Wrong(Reason::ContactDisowned));
    }
    Ok(match facts.mail_domains.contact_problem(&email, directory) {
        None => Flaw::None,
        Some(EmailProblem::DomainNotAllowed) => Flaw::Wrong(Reason::EmailDomainNotAllowed),
        Some(EmailProblem::RoleMailbox) => Flaw::Wrong(Reason::RoleMailboxNotAllowed),
    })
}

fn legal_name(row: &enrollment::Model) -> Flaw {
    match name_problem(&row.legal_name) {
        _ if row.legal_name.is_empty() => Flaw::Missing,
        Some(_) => Flaw::Wrong(Reason::CompanyNameInvalid),
        None => Flaw::None,
    }
}

/// What UpdateLegalProfile refuses is wrong; any other problem needs the company's choice (E6).
fn address(row: &enrollment::Model, region: &RegionCode, facts: &Facts) -> Result<Flaw> {
    let Some(address) = row.postal_address()? else {
        return Ok(Flaw::Missing);
    };
    let review = facts.addresses.review(&facts.markets, &address);
    let is_impossible =
        address.region_code != region.as_str() || review.impossible().next().is_some();
    Ok(match is_impossible {
        true => Flaw::Wrong(Reason::AddressInvalid),
        false if review.needs_choice() && row.address_choice.is_empty() => Flaw::Undecided,
        false => Flaw::None,
    })
}

fn registration_id(row: &enrollment::Model, region: &RegionCode, facts: &Facts) -> Flaw {
    let ids = &facts.registration_ids;
    match row.registration_id.is_empty() {
        true if ids.required(region) => Flaw::Missing,
        true => Flaw::None,
        false if ids.accepts_type(region, &row.registration_id_type) => Flaw::None,
        false => Flaw::Wrong(Reason::RegistrationIdTypeInvalid),
    }
}
