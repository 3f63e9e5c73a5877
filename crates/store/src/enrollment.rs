//! Enrolments: one per partner, changed whole.

use domain::{
    EmailAddress, Error, Reason, Result,
    enrollment::{Form, State},
    id::{PartnerId, UserId},
    review::registration_key,
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::OnConflict,
};

use crate::{
    Tx, View,
    entity::{
        enrollment::{Column, Entity, Model},
        partner,
    },
    fault::fault,
    past_facts::EnrollmentFact,
    view::found,
};

impl View {
    pub async fn enrollment(&self, partner: PartnerId) -> Result<Model> {
        found(self.enrollment_of(partner).await?)
    }

    /// The enrolment of a partner within reach, if it was started.
    pub async fn enrollment_of(&self, partner: PartnerId) -> Result<Option<Model>> {
        let query = self.find::<Entity>().filter(Column::PartnerId.eq(partner));
        query.one(&self.conn).await.map_err(fault)
    }

    /// An enrolment, whoever asks: for keys that the caller proved.
    pub async fn any_enrollment(&self, partner: PartnerId) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::PartnerId.eq(partner));
        query.one(&self.conn).await.map_err(fault)
    }
}

impl Tx {
    /// A DRAFT for the partner; one that was withdrawn makes room for it.
    pub async fn add_enrollment(&self, of: &partner::Model, starter: UserId) -> Result<Model> {
        self.add_enrollment_as(draft(of, starter, self.now())).await
    }

    /// A DRAFT that an operator prepared: what `filled` gives it takes the place of what is empty.
    pub async fn add_prepared_enrollment(
        &self,
        of: &partner::Model,
        starter: UserId,
        filled: impl FnOnce(Model) -> Result<Model>,
    ) -> Result<Model> {
        let draft = draft(of, starter, self.now());
        self.add_enrollment_as(filled(Model { form: Form::Short, is_prepared: true, ..draft })?)
            .await
    }

    async fn add_enrollment_as(&self, row: Model) -> Result<Model> {
        match self.any_enrollment(row.partner_id).await? {
            Some(former) => {
                self.remember::<EnrollmentFact>(row.partner_id.0, &former, &row).await?;
            }
            None => self.remember_nothing::<EnrollmentFact>(row.partner_id.0).await?,
        }
        Entity::delete_many()
            .filter(Column::PartnerId.eq(row.partner_id))
            .filter(Column::State.eq(State::Withdrawn.to_value()))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        let company = found(self.any_company(row.company_id).await?)?;
        let registration_key = registration_key(&row.registration_id);
        let contact_domain = domain_of(&row.contact_email);
        let region_code = company.region_code;
        let row = Model { region_code, registration_key, contact_domain, ..row };
        let n = Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::column(Column::PartnerId).do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        match n {
            1 => Ok(row),
            _ => Err(Error::new(Reason::EnrollmentAlreadyExists)
                .with("partner", domain::id::partner_name(row.partner_id))),
        }
    }

    /// Puts `to` in the place of what was `seen`, with a new version.
    pub async fn change_enrollment(&self, seen: &Model, to: Model) -> Result<Model> {
        let registration_key = registration_key(&to.registration_id);
        let contact_domain = domain_of(&to.contact_email);
        let (version, update_time) = (seen.version + 1, self.now());
        let row = Model { version, update_time, registration_key, contact_domain, ..to };
        self.remember::<EnrollmentFact>(seen.partner_id.0, seen, &row).await?;
        let seen = [Column::PartnerId.eq(seen.partner_id), Column::Version.eq(seen.version)];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
    }
}

/// The domain of an address, to compare by; empty for none.
fn domain_of(address: &str) -> String {
    address.parse::<EmailAddress>().map(|it| it.domain().to_owned()).unwrap_or_default()
}

fn draft(of: &partner::Model, starter: UserId, now: domain::Timestamp) -> Model {
    Model {
        partner_id: of.id,
        company_id: of.company_id,
        version: 1,
        create_time: now,
        update_time: now,
        state: State::Draft,
        starter_id: starter,
        legal_name: String::new(),
        address: None,
        address_choice: String::new(),
        registration_id_type: String::new(),
        registration_id: String::new(),
        duns_number: String::new(),
        contact_given_name: String::new(),
        contact_family_name: String::new(),
        contact_email: String::new(),
        contact_phone: String::new(),
        contact_language_code: String::new(),
        support_email: String::new(),
        support_phone: String::new(),
        support_website_uri: String::new(),
        submit_time: None,
        submitter_id: None,
        authority_text_sha256: None,
        checks: None,
        review_start_time: None,
        expected_from_time: None,
        expected_by_time: None,
        asks: None,
        disowned: None,
        disown_time: None,
        escalate_time: None,
        n_appeals: 0,
        reviewer_id: None,
        claim_time: None,
        region_code: String::new(),
        registration_key: String::new(),
        contact_domain: String::new(),
        form: Form::Full,
        is_prepared: false,
    }
}
