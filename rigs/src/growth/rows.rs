//! The rows: copies of what a provider, a reseller and a customer did, live and former ones.

use domain::{
    id::{
        CompanyId, CustomerAgreementId, CustomerInvitationId, CustomerRelationshipId, EntryId,
        GrantId, InvitationId, PartnerId, RelationshipId, last_id,
    },
    invitation as invited,
    relationship::{CustomerState, State},
};
use it::{
    Persona, World,
    cast::{Firm, Stage},
};
use store::{
    entity::{
        company, customer_agreement, customer_invitation, customer_relationship, enrollment,
        invitation, ledger, location, partner, partner_number, relationship, relationship_grant,
    },
    sea_orm::{
        ActiveModelTrait, ActiveValue, ColumnTrait as _, ConnectionTrait as _, DbBackend,
        EntityTrait, IntoActiveModel, QueryFilter as _, TransactionTrait as _, prelude::Uuid,
    },
};

/// Rows of one statement; SQLite takes 32766 values.
const CHUNK: usize = 400;

/// The rows that others are copies of.
pub struct Pattern {
    reseller: company::Model,
    partner: partner::Model,
    enrollment: enrollment::Model,
    location: location::Model,
    relationship: relationship::Model,
    grants: Vec<relationship_grant::Model>,
    invitation: invitation::Model,
    customer: company::Model,
    rows: Vec<customer_relationship::Model>,
    to_customer: customer_invitation::Model,
    agreement: customer_agreement::Model,
    entry: ledger::Model,
}

/// An id before every id that is minted: what is over comes first in every list.
fn first(n: usize, which: usize) -> Uuid {
    Uuid::from_u128(u128::try_from(4 * n + which + 1).unwrap())
}

/// What becomes of invitations that nobody accepts.
const OPEN: [(usize, invited::State); 2] =
    [(0, invited::State::Cancelled), (1, invited::State::Pending)];

pub struct Rig<'a> {
    pub world: &'a World,
    pub provider: Firm,
    /// Every other customer of the provider is this one's.
    pub reseller: Firm,
    pub order_system: Persona,
    pattern: Pattern,
}

impl<'a> Rig<'a> {
    pub async fn over(world: &'a World) -> Self {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let customer = world.company("zbinden", "CH").await;
        world.authorise(&customer, &reseller, &provider).await;
        attest(world, &provider, &customer).await;
        let order_system = world.staff().await.order_system.clone();
        let pattern = Pattern::read(world, &provider, &reseller, &customer).await;
        Self { world, provider, reseller, order_system, pattern }
    }

    /// Fills up from so many customers on; resellers likewise.
    pub async fn grow(&self, from: usize, n_customers: usize, n_resellers: usize) {
        let resellers = self.resellers(from, n_resellers).await;
        self.customers(from, n_customers, &resellers).await;
        let connection = self.world.app.db.connection();
        if connection.get_database_backend() == DbBackend::Postgres {
            connection.execute_unprepared("ANALYZE").await.unwrap();
        }
    }

    async fn resellers(&self, from: usize, to: usize) -> Vec<(PartnerId, CompanyId)> {
        let (now, of) = (self.world.clock.now(), &self.pattern);
        let mut all = Vec::new();
        let (mut companies, mut partners, mut enrollments) = (vec![], vec![], vec![]);
        let (mut locations, mut relationships, mut grants) = (vec![], vec![], vec![]);
        let (mut numbers, mut invitations) = (vec![], vec![]);
        for n in from..to {
            let (company, partner) = (CompanyId::mint(now), PartnerId::mint(now));
            let relationship = RelationshipId::mint(now);
            all.push((partner, company));
            let domain = Some(format!("grown{n}.work.pacta.example"));
            companies.push(company::Model { id: company, domain, ..of.reseller.clone() });
            partners.push(partner::Model {
                id: partner,
                company_id: company,
                ..of.partner.clone()
            });
            enrollments.push(enrollment::Model {
                partner_id: partner,
                company_id: company,
                ..of.enrollment.clone()
            });
            numbers.push(partner_number::Model { number: format!("5{n:06}") });
            locations.push(location::Model {
                number: format!("5{n:06}"),
                company_id: company,
                partner_id: Some(partner),
                address_key: format!("{} {n}", of.location.address_key),
                ..of.location.clone()
            });
            relationships.push(relationship::Model {
                id: relationship,
                reseller_id: partner,
                reseller_company_id: company,
                ..of.relationship.clone()
            });
            relationships.push(relationship::Model {
                id: RelationshipId(first(n, 0)),
                reseller_id: partner,
                reseller_company_id: company,
                state: State::Ended,
                end_time: Some(now),
                ..of.relationship.clone()
            });
            grants.extend(of.grants.iter().map(|it| relationship_grant::Model {
                id: GrantId::mint(now),
                relationship_id: relationship,
                ..it.clone()
            }));
            for (which, state) in OPEN {
                invitations.push(invitation::Model {
                    id: InvitationId(first(n, which)),
                    state,
                    email_key: format!("asked{n}@nube.example"),
                    reseller_company_id: None,
                    relationship_id: None,
                    ..of.invitation.clone()
                });
            }
            invitations.push(invitation::Model {
                id: InvitationId::mint(now),
                email: format!("r{n}@nube.example"),
                email_key: format!("r{n}@nube.example"),
                reseller_company_id: Some(company),
                relationship_id: Some(relationship),
                ..of.invitation.clone()
            });
        }
        self.add::<company::Entity, _>(companies).await;
        self.add::<partner::Entity, _>(partners).await;
        self.add::<enrollment::Entity, _>(enrollments).await;
        self.add::<partner_number::Entity, _>(numbers).await;
        self.add::<location::Entity, _>(locations).await;
        self.add::<relationship::Entity, _>(relationships).await;
        self.add::<relationship_grant::Entity, _>(grants).await;
        self.add::<invitation::Entity, _>(invitations).await;
        all
    }

    async fn customers(&self, from: usize, to: usize, resellers: &[(PartnerId, CompanyId)]) {
        let (now, of) = (self.world.clock.now(), &self.pattern);
        let (mut companies, mut rows, mut asked) = (vec![], vec![], vec![]);
        let (mut agreements, mut entries) = (vec![], vec![]);
        for n in from..to {
            let customer = CompanyId::mint(now);
            // Every other one is a customer of the large reseller.
            let large = (of.relationship.reseller_id, of.relationship.reseller_company_id);
            let via = if n % 2 == 0 { large } else { resellers[n % resellers.len()] };
            let (via_id, via_company_id) = via;
            let former = CompanyId(first(n, 0));
            let domain = Some(format!("left{n}.work.pacta.example"));
            companies.push(company::Model { id: former, domain, ..of.customer.clone() });
            let domain = Some(format!("bought{n}.work.pacta.example"));
            companies.push(company::Model { id: customer, domain, ..of.customer.clone() });
            for (which, row) in of.rows.iter().enumerate() {
                let is_reseller = row.partner_id == row.via_id;
                let own = (row.partner_id, row.partner_company_id);
                let (partner_id, partner_company_id) = if is_reseller { via } else { own };
                let row = customer_relationship::Model {
                    id: CustomerRelationshipId::mint(now),
                    customer_id: customer,
                    partner_id,
                    partner_company_id,
                    via_id,
                    via_company_id,
                    ..row.clone()
                };
                rows.push(customer_relationship::Model {
                    id: CustomerRelationshipId(first(n, which)),
                    customer_id: former,
                    state: CustomerState::Ended,
                    end_time: Some(now),
                    ..row.clone()
                });
                rows.push(row);
            }
            for (which, state) in OPEN {
                asked.push(customer_invitation::Model {
                    id: CustomerInvitationId(first(n, which)),
                    reseller_id: via_id,
                    reseller_company_id: via_company_id,
                    state,
                    email_key: format!("asked{n}@bluewin.example"),
                    customer_id: None,
                    ..of.to_customer.clone()
                });
            }
            asked.push(customer_invitation::Model {
                id: CustomerInvitationId::mint(now),
                reseller_id: via_id,
                reseller_company_id: via_company_id,
                email: format!("c{n}@bluewin.example"),
                email_key: format!("c{n}@bluewin.example"),
                customer_id: Some(customer),
                ..of.to_customer.clone()
            });
            agreements.push(customer_agreement::Model {
                id: CustomerAgreementId::mint(now),
                customer_id: customer,
                ..of.agreement.clone()
            });
            let entry = ledger::Model { id: EntryId::mint(now), ..of.entry.clone() };
            let mut entry = entry.into_active_model();
            entry.seq = ActiveValue::NotSet;
            entries.push(entry);
        }
        self.add::<company::Entity, _>(companies).await;
        self.add::<customer_relationship::Entity, _>(rows).await;
        self.add::<customer_invitation::Entity, _>(asked).await;
        self.add::<customer_agreement::Entity, _>(agreements).await;
        self.add::<ledger::Entity, _>(entries).await;
    }

    async fn add<E, R>(&self, rows: Vec<R>)
    where
        E: EntityTrait,
        E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
        R: IntoActiveModel<E::ActiveModel> + Clone,
    {
        let tx = self.world.app.db.connection().begin().await.unwrap();
        for chunk in rows.chunks(CHUNK) {
            let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
            E::insert_many(rows).exec_without_returning(&tx).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

impl Pattern {
    async fn read(world: &World, provider: &Firm, reseller: &Firm, customer: &Persona) -> Self {
        let db = world.app.db.connection();
        let own: CompanyId = last_id(&provider.anna.company).unwrap();
        let partner: PartnerId = last_id(&reseller.partner).unwrap();
        let of: CompanyId = last_id(&reseller.anna.company).unwrap();
        let buyer: CompanyId = last_id(&customer.company).unwrap();
        macro_rules! all {
            ($entity:ident, $column:ident, $value:expr) => {
                $entity::Entity::find()
                    .filter($entity::Column::$column.eq($value))
                    .all(db)
                    .await
                    .unwrap()
            };
        }
        let relationship = all!(relationship, ResellerId, partner).remove(0);
        Self {
            reseller: all!(company, Id, of).remove(0),
            partner: all!(partner, Id, partner).remove(0),
            enrollment: all!(enrollment, PartnerId, partner).remove(0),
            location: all!(location, PartnerId, partner).remove(0),
            grants: all!(relationship_grant, RelationshipId, relationship.id),
            relationship,
            invitation: all!(invitation, ProviderCompanyId, own).remove(0),
            customer: all!(company, Id, buyer).remove(0),
            rows: all!(customer_relationship, CustomerId, buyer),
            to_customer: all!(customer_invitation, ProviderCompanyId, own).remove(0),
            agreement: all!(customer_agreement, CustomerId, buyer).remove(0),
            entry: all!(ledger, CompanyId, own).pop().unwrap(),
        }
    }
}

async fn attest(world: &World, provider: &Firm, customer: &Persona) {
    let request = api::agreements::v1::AttestCustomerAgreementRequest {
        customer: customer.company.replace("companies", "customers"),
        signer_given_name: "Beat".to_owned(),
        signer_family_name: "Zbinden".to_owned(),
        signer_email: "beat@bluewin.example".to_owned(),
        sign_date: "2026-11-20".to_owned(),
        ..Default::default()
    };
    let asked = provider.anna.asks(request);
    world.agreements().attest_customer_agreement(asked).await.unwrap();
}
