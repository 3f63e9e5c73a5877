//! One provider with few customers and resellers, then with many: what it asks is as fast.

use std::time::{Duration, Instant};

use api::{
    agreements::v1::ListAcceptancesRequest,
    changes::v1::ListAuditEntriesRequest,
    enrollment::v1::{
        GetReadinessRequest, ListEnrollmentsRequest, ListLocationsRequest, ListPartnersRequest,
    },
    relationships::v1::{
        CheckOrderAuthorizationRequest, ListCustomerInvitationsRequest,
        ListCustomerPartnersRequest, ListCustomersRequest, ListIndirectProvidersRequest,
        ListInvitationsRequest, ListRelationshipsRequest, OrderOperation,
    },
    types::v1::Goal,
    users::v1::ListUsersRequest,
};
use domain::id::{
    CompanyId, CustomerAgreementId, CustomerInvitationId, CustomerRelationshipId, EntryId, GrantId,
    InvitationId, PartnerId, RelationshipId, customer_name, last_id, partner_name,
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
        EntityTrait, IntoActiveModel, QueryFilter as _, TransactionTrait as _,
    },
};

/// At first so many customers and so many resellers: more than a page.
const SMALL: usize = 100;
/// Rows of one statement; SQLite takes 32766 values.
const CHUNK: usize = 400;
/// How often each call is measured.
const ASKED: usize = 201;
const WANTED: f64 = 1.25;

pub async fn run(n: usize) {
    // One after the other: the first takes minutes, and nobody waits for a connection meanwhile.
    compare(&World::sqlite().await, n).await;
    compare(&World::postgres().await, n).await;
}

async fn compare(world: &World, n: usize) {
    let rig = Rig::over(world).await;
    rig.grow(0, SMALL, SMALL).await;
    let small = rig.measure(SMALL, SMALL).await;
    let (n_customers, n_resellers) = (n.max(2 * SMALL), (n / 10).max(2 * SMALL));
    let begun = Instant::now();
    rig.grow(SMALL, n_customers, n_resellers).await;
    println!(
        "growth       {:8}  {n_customers} customers, {n_resellers} resellers, filled in {:.0} s",
        world.engine,
        begun.elapsed().as_secs_f64()
    );
    let large = rig.measure(n_customers, n_resellers).await;
    for ((call, before), (_, after)) in small.into_iter().zip(large) {
        let ratio = after.as_secs_f64() / before.as_secs_f64();
        let verdict = if ratio <= WANTED { "" } else { "  SLOWER" };
        println!(
            "growth       {:8}  {call:28} p50 {:>9.2?} at {SMALL}, {:>9.2?} at {n_customers}: \
             {ratio:.2}{verdict}",
            world.engine, before, after
        );
    }
}

/// The rows that others are copies of.
struct Pattern {
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

struct Rig<'a> {
    world: &'a World,
    provider: Firm,
    order_system: Persona,
    pattern: Pattern,
}

impl<'a> Rig<'a> {
    async fn over(world: &'a World) -> Self {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let customer = world.company("zbinden", "CH").await;
        world.authorise(&customer, &reseller, &provider).await;
        attest(world, &provider, &customer).await;
        let order_system = world.staff().await.order_system.clone();
        let pattern = Pattern::read(world, &provider, &reseller, &customer).await;
        Self { world, provider, order_system, pattern }
    }

    /// Fills up from so many customers on; resellers likewise.
    async fn grow(&self, from: usize, n_customers: usize, n_resellers: usize) {
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
            grants.extend(of.grants.iter().map(|it| relationship_grant::Model {
                id: GrantId::mint(now),
                relationship_id: relationship,
                ..it.clone()
            }));
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
            let (via_id, via_company_id) = resellers[n % resellers.len()];
            let domain = Some(format!("bought{n}.work.pacta.example"));
            companies.push(company::Model { id: customer, domain, ..of.customer.clone() });
            for row in &of.rows {
                let is_reseller = row.partner_id == row.via_id;
                let own = (row.partner_id, row.partner_company_id);
                let via = (via_id, via_company_id);
                let (partner_id, partner_company_id) = if is_reseller { via } else { own };
                rows.push(customer_relationship::Model {
                    id: CustomerRelationshipId::mint(now),
                    customer_id: customer,
                    partner_id,
                    partner_company_id,
                    via_id,
                    via_company_id,
                    ..row.clone()
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

    /// The median of each call.
    async fn measure(
        &self,
        n_customers: usize,
        n_resellers: usize,
    ) -> Vec<(&'static str, Duration)> {
        let customers = self.some_customers().await;
        assert!(customers.len() > SMALL / 2 && n_customers >= SMALL && n_resellers >= SMALL);
        let who = self.world.session(&self.provider.anna.sign_in_name).await;
        let order_system = self.world.session(&self.order_system.sign_in_name).await;
        let mut found = Vec::new();
        for call in CALLS {
            let mut took = Vec::new();
            for n in 0..ASKED {
                let trade = &customers[n % customers.len()];
                let begun = Instant::now();
                self.call(call, &who, &order_system, trade).await;
                took.push(begun.elapsed());
            }
            took.sort();
            found.push((call, took[took.len() / 2]));
        }
        found
    }

    /// Customers with their resellers, from anywhere in the tables.
    async fn some_customers(&self) -> Vec<(String, String)> {
        let connection = self.world.app.db.connection();
        let own: PartnerId = last_id(&self.provider.partner).unwrap();
        let rows = customer_relationship::Entity::find()
            .filter(customer_relationship::Column::PartnerId.eq(own))
            .all(connection)
            .await
            .unwrap();
        let step = (rows.len() / ASKED).max(1);
        let some = rows.iter().step_by(step);
        some.map(|it| (customer_name(it.customer_id), partner_name(it.via_id))).collect()
    }

    async fn call(
        &self,
        call: &str,
        who: &Persona,
        order_system: &Persona,
        (customer, reseller): &(String, String),
    ) {
        let (world, page_size) = (self.world, 50);
        let (mut relationships, mut enrollment) = (world.relationships(), world.enrollment());
        let n = match call {
            "ListRelationships" => {
                let ask = ListRelationshipsRequest { page_size, ..Default::default() };
                let answer = relationships.list_relationships(who.asks(ask)).await;
                answer.unwrap().into_inner().relationships.len()
            }
            "ListRelationships, page 2" => {
                let ask = ListRelationshipsRequest { page_size: 49, ..Default::default() };
                let first = relationships.list_relationships(who.asks(ask.clone())).await.unwrap();
                let page_token = first.into_inner().next_page_token;
                let ask = ListRelationshipsRequest { page_token, ..ask };
                let answer = relationships.list_relationships(who.asks(ask)).await;
                answer.unwrap().into_inner().relationships.len() + 1
            }
            "ListCustomers" => {
                let ask = ListCustomersRequest { page_size, ..Default::default() };
                let answer = relationships.list_customers(who.asks(ask)).await;
                answer.unwrap().into_inner().customers.len()
            }
            "ListInvitations" => {
                let ask = ListInvitationsRequest { page_size, ..Default::default() };
                let answer = relationships.list_invitations(who.asks(ask)).await;
                answer.unwrap().into_inner().invitations.len()
            }
            "ListCustomerInvitations" => {
                let ask = ListCustomerInvitationsRequest { page_size, ..Default::default() };
                let answer = relationships.list_customer_invitations(who.asks(ask)).await;
                answer.unwrap().into_inner().customer_invitations.len()
            }
            "ListPartners" => {
                let ask = ListPartnersRequest { page_size, ..Default::default() };
                enrollment.list_partners(who.asks(ask)).await.unwrap().into_inner().partners.len()
            }
            "ListAuditEntries" => {
                let parent = who.company.clone();
                let ask = ListAuditEntriesRequest { parent, page_size, ..Default::default() };
                let answer = world.changes().list_audit_entries(who.asks(ask)).await;
                answer.unwrap().into_inner().audit_entries.len()
            }
            other => return self.ask(other, who, order_system, (customer, reseller)).await,
        };
        assert_eq!(n, 50, "{call}");
    }

    /// What is answered with few rows, or none.
    async fn ask(
        &self,
        call: &str,
        who: &Persona,
        order_system: &Persona,
        (customer, reseller): (&str, &str),
    ) {
        let (world, page_size) = (self.world, 50);
        let (mut relationships, mut enrollment) = (world.relationships(), world.enrollment());
        match call {
            "ListCustomerPartners" => {
                let ask = ListCustomerPartnersRequest { page_size, ..Default::default() };
                relationships.list_customer_partners(who.asks(ask)).await.map(drop)
            }
            "ListIndirectProviders" => {
                let ask = ListIndirectProvidersRequest { page_size, ..Default::default() };
                relationships.list_indirect_providers(ask).await.map(drop)
            }
            "ListUsers" => {
                let ask = ListUsersRequest { page_size, ..Default::default() };
                world.users().list_users(who.asks(ask)).await.map(drop)
            }
            "ListLocations" => {
                let ask = ListLocationsRequest { page_size, ..Default::default() };
                enrollment.list_locations(who.asks(ask)).await.map(drop)
            }
            "ListEnrollments" => {
                let ask = ListEnrollmentsRequest { page_size, ..Default::default() };
                enrollment.list_enrollments(who.asks(ask)).await.map(drop)
            }
            "ListAcceptances" => {
                let ask = ListAcceptancesRequest { page_size, ..Default::default() };
                world.agreements().list_acceptances(who.asks(ask)).await.map(drop)
            }
            "GetReadiness, place order" => {
                let ask = GetReadinessRequest {
                    goal: Goal::PlaceOrder.into(),
                    provider: self.provider.partner.clone(),
                    reseller: reseller.to_owned(),
                    customer: customer.to_owned(),
                    ..Default::default()
                };
                let answer = enrollment.get_readiness(who.asks(ask)).await.unwrap().into_inner();
                assert!(answer.satisfied, "{answer:?}");
                Ok(())
            }
            "GetReadiness, invite" => {
                let ask = GetReadinessRequest {
                    goal: Goal::InviteReseller.into(),
                    partner: self.provider.partner.clone(),
                    ..Default::default()
                };
                enrollment.get_readiness(who.asks(ask)).await.map(drop)
            }
            "CheckOrderAuthorization" => {
                let ask = CheckOrderAuthorizationRequest {
                    provider: self.provider.partner.clone(),
                    reseller: reseller.to_owned(),
                    customer: customer.to_owned(),
                    operation: OrderOperation::NewPurchase.into(),
                    ..Default::default()
                };
                let asked = order_system.asks(ask);
                let answer = relationships.check_order_authorization(asked).await.unwrap();
                let answer = answer.into_inner();
                assert!(answer.authorized, "{answer:?}");
                Ok(())
            }
            other => panic!("no call {other}"),
        }
        .unwrap_or_else(|err| panic!("{call}: {err:?}"));
    }
}

const CALLS: [&str; 16] = [
    "ListRelationships",
    "ListRelationships, page 2",
    "ListCustomers",
    "ListInvitations",
    "ListCustomerInvitations",
    "ListPartners",
    "ListAuditEntries",
    "ListCustomerPartners",
    "ListIndirectProviders",
    "ListUsers",
    "ListLocations",
    "ListEnrollments",
    "ListAcceptances",
    "GetReadiness, place order",
    "GetReadiness, invite",
    "CheckOrderAuthorization",
];

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
