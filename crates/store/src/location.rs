//! Organisations and their locations: PartnerIDs are minted, tied to an account, and freed (M4).

use domain::{
    Error, Reason, Result,
    facts::PostalAddress,
    id::{CompanyId, OrganisationId, PartnerId, location_name},
    location::State,
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, sea_query::OnConflict,
};

use crate::{
    Page, Tx, View,
    entity::{
        location::{Column, Entity, Model},
        organisation, partner, partner_number,
    },
    fault::fault,
    past::Fact as _,
    past_facts::PlaceFact,
    view::found,
};

/// PartnerIDs have seven digits, the first of them no zero.
const LEAST: u32 = 1_000_000;
const MOST: u32 = 9_999_999;
/// Of nine million numbers a free one is found at once; this bounds the search.
const TRIES: usize = 100;

impl View {
    /// The location with this PartnerID within reach.
    pub async fn location(&self, number: &str) -> Result<Option<Model>> {
        let query = self.find::<Entity>().filter(Column::Number.eq(number));
        query.one(&self.conn).await.map_err(fault)
    }

    /// The location with this PartnerID, whoever asks: for who proved a code of it.
    pub async fn any_location(&self, number: &str) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::Number.eq(number));
        query.one(&self.conn).await.map_err(fault)
    }

    /// Locations within reach, of one organisation or of all, after the PartnerID `after`.
    pub async fn locations(
        &self,
        of: Option<OrganisationId>,
        state: Option<State>,
        after: Option<String>,
        n: u64,
    ) -> Result<Page<Model>> {
        let mut query = self.find::<Entity>();
        if let Some(of) = of {
            query = query.filter(Column::OrganisationId.eq(of));
        }
        if let Some(state) = state {
            query = query.filter(Column::State.eq(state.to_value()));
        }
        if let Some(after) = after {
            query = query.filter(Column::Number.gt(after));
        }
        let query = query.order_by_asc(Column::Number).limit(n + 1);
        Ok(Page::cut(query.all(&self.conn).await.map_err(fault)?, n))
    }

    /// Whether a PartnerID, a head office's too, was ever given.
    pub async fn is_number_taken(&self, number: &str) -> Result<bool> {
        let query = self.any::<partner_number::Entity>();
        let query = query.filter(partner_number::Column::Number.eq(number));
        Ok(query.one(&self.conn).await.map_err(fault)?.is_some())
    }

    /// Whether the organisation has a location at this address.
    pub async fn has_location_at(
        &self,
        of: OrganisationId,
        address: &PostalAddress,
    ) -> Result<bool> {
        let query = self.find::<Entity>().filter(Column::OrganisationId.eq(of));
        let query = query.filter(Column::AddressKey.eq(address.key()));
        Ok(query.one(&self.conn).await.map_err(fault)?.is_some())
    }

    /// The organisation with this global PartnerID within reach.
    pub async fn organisation(&self, global_number: &str) -> Result<organisation::Model> {
        let query = self.find::<organisation::Entity>();
        let query = query.filter(organisation::Column::GlobalNumber.eq(global_number));
        found(query.one(&self.conn).await.map_err(fault)?)
    }

    /// The partner that a PartnerID is tied to, whoever asks.
    pub async fn any_partner_with_number(&self, number: &str) -> Result<Option<PartnerId>> {
        let query = self.any::<Entity>().filter(Column::Number.eq(number));
        let location = query.one(&self.conn).await.map_err(fault)?;
        Ok(location.and_then(|it| it.partner_id))
    }

    /// The company to whose account a PartnerID is tied, whoever asks; none for an empty one.
    pub(crate) async fn any_company_with_number(&self, number: &str) -> Result<Option<CompanyId>> {
        if number.is_empty() {
            return Ok(None);
        }
        let Some(partner) = self.any_partner_with_number(number).await? else {
            return Ok(None);
        };
        let query = self.any::<partner::Entity>().filter(partner::Column::Id.eq(partner));
        Ok(query.one(&self.conn).await.map_err(fault)?.map(|it| it.company_id))
    }

    /// The organisation of a company within reach, if it has one.
    pub async fn organisation_of(&self, company: CompanyId) -> Result<Option<organisation::Model>> {
        let query = self.find::<organisation::Entity>();
        let query = query.filter(organisation::Column::CompanyId.eq(company));
        query.one(&self.conn).await.map_err(fault)
    }
}

impl Tx {
    /// The company's organisation; its first location brings it into being.
    pub async fn ensure_organisation(&self, company: CompanyId) -> Result<organisation::Model> {
        self.claim_organisation(company, None).await
    }

    /// A PENDING location with a new PartnerID; LOCATION_ALREADY_EXISTS names the first one of the
    /// organisation with the same address.
    pub async fn add_location(
        &self,
        of: &organisation::Model,
        display_name: &str,
        address: &PostalAddress,
    ) -> Result<Model> {
        let query = self.find::<Entity>().filter(Column::OrganisationId.eq(of.id));
        let query = query.filter(Column::AddressKey.eq(address.key()));
        if let Some(first) = query.one(&self.conn).await.map_err(fault)? {
            let name = location_name(&first.global_number, &first.number);
            return Err(Error::new(Reason::LocationAlreadyExists).with("location", name));
        }
        let row = self.new_location(of, display_name, address, self.mint_number().await?)?;
        // A twin that is faster wins the race, not the address: the next try names it.
        let n = Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        match n {
            0 => Err(Error::new(Reason::Contention)),
            _ => Ok(row),
        }
    }

    /// The company's organisation; a new one's head office has the PartnerID `global`, given
    /// elsewhere, if one is named.
    pub async fn claim_organisation(
        &self,
        company: CompanyId,
        global: Option<&str>,
    ) -> Result<organisation::Model> {
        if let Some(organisation) = self.organisation_of(company).await? {
            return Ok(organisation);
        }
        let global_number = match global {
            Some(global) => self.claim_number("global_partner_id", global).await?,
            None => self.mint_number().await?,
        };
        let row = organisation::Model {
            id: OrganisationId::mint(self.now()),
            company_id: company,
            global_number,
            create_time: self.now(),
        };
        organisation::Entity::insert(row.clone().into_active_model())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(row)
    }

    /// An ACTIVE location with a PartnerID that was given elsewhere, tied to an account if one is
    /// named. A number that is in use here is refused, and so is an address that the organisation
    /// has already.
    pub async fn import_location(
        &self,
        of: &organisation::Model,
        number: &str,
        display_name: &str,
        address: &PostalAddress,
        tied_to: Option<PartnerId>,
    ) -> Result<Model> {
        let row = Model {
            number: self.claim_number("partner_id", number).await?,
            state: State::Active,
            partner_id: tied_to,
            ..self.new_location(of, display_name, address, String::new())?
        };
        if let Some(tied_to) = tied_to {
            self.remember_nothing::<PlaceFact>(tied_to.0).await?;
        }
        let n = Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        match n {
            0 => {
                let words = "the company has a location at this address";
                Err(Error::field("address", "TAKEN", words))
            }
            _ => Ok(row),
        }
    }

    /// A number that was given elsewhere, if nobody has it here.
    async fn claim_number(&self, field: &'static str, number: &str) -> Result<String> {
        match self.take_number(number).await? {
            true => Ok(number.to_owned()),
            false => Err(Error::field(field, "TAKEN", "the PartnerID is in use")),
        }
    }

    fn new_location(
        &self,
        of: &organisation::Model,
        display_name: &str,
        address: &PostalAddress,
        number: String,
    ) -> Result<Model> {
        Ok(Model {
            number,
            organisation_id: of.id,
            company_id: of.company_id,
            global_number: of.global_number.clone(),
            version: 1,
            create_time: self.now(),
            update_time: self.now(),
            state: State::Pending,
            display_name: display_name.to_owned(),
            region_code: address.region_code.clone(),
            address: serde_json::to_string(address).map_err(Error::internal)?,
            address_key: address.key(),
            partner_id: None,
        })
    }

    /// Puts `to` in the place of what was `seen`, with a new version.
    pub async fn change_location(&self, seen: &Model, to: Model) -> Result<Model> {
        let row = Model { version: seen.version + 1, update_time: self.now(), ..to };
        match (seen.partner_id, row.partner_id) {
            (Some(was), Some(is)) if was == is => {
                self.remember::<PlaceFact>(is.0, seen, &row).await?;
            }
            (was, is) => {
                if let Some(was) = was {
                    let fact = PlaceFact::of(seen);
                    self.remember_as(PlaceFact::KIND, was.0, Some(&fact)).await?;
                }
                if let Some(is) = is {
                    self.remember_nothing::<PlaceFact>(is.0).await?;
                }
            }
        }
        let seen = [Column::Number.eq(seen.number.as_str()), Column::Version.eq(seen.version)];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
    }

    /// The location that is tied to an account.
    pub async fn any_location_of(&self, partner: PartnerId) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::PartnerId.eq(partner));
        query.one(&self.conn).await.map_err(fault)
    }

    /// A number that was never used: random, so that none can be guessed from another.
    async fn mint_number(&self) -> Result<String> {
        for _ in 0..TRIES {
            let mut bytes = [0; 4];
            getrandom::fill(&mut bytes).map_err(Error::internal)?;
            let number = u32::from_be_bytes(bytes) % (MOST - LEAST + 1) + LEAST;
            if self.take_number(&number.to_string()).await? {
                return Ok(number.to_string());
            }
        }
        Err(Error::internal(NumbersUsedUp))
    }

    /// Whether the number was never used before, and is from now on.
    async fn take_number(&self, number: &str) -> Result<bool> {
        let row = partner_number::Model { number: number.to_owned() };
        let n = partner_number::Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::column(partner_number::Column::Number).do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(n == 1)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no free PartnerID was found")]
struct NumbersUsedUp;
