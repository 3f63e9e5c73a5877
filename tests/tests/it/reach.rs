//! Each table by itself shows a company its own rows only, whatever a slice reads next to it.

use api::{
    enrollment::v1::{CheckDecision, CheckKind},
    relationships::v1::InvitationState,
};
use domain::{
    Call, Caller, Credential, Principal, Reason, Role, UserCaller, Who,
    id::{
        CompanyId, CustomerInvitationId, InvitationId, PartnerId, RelationshipId, ServiceAccountId,
        SessionId, UserId, last_id,
    },
};
use it::{
    Persona, World,
    cast::{Firm, Stage, customer_invitation, invitation},
    on_each_engine,
};
use tonic::Code;

use crate::{
    invitations::{invite, named},
    locations::{code_for, tie_with},
    own_ids,
    relationships::accept,
    resending::{cancel, get, list},
};

fn as_caller(world: &World, persona: &Persona, roles: &[Role]) -> Call {
    let now = world.clock.now();
    let user = last_id(&persona.user).unwrap();
    let principal = Principal {
        who: Who::User(user),
        company: last_id(&persona.company).unwrap(),
        partner: None,
        as_platform: roles.iter().any(|it| it.is_platform()),
        roles: roles.to_vec(),
        credential: Credential::Session(SessionId::mint(now)),
        expire_time: now,
    };
    let user = UserCaller {
        principal,
        user,
        auth_time: now,
        must_change_password: false,
        amr: "pwd".to_owned(),
        lacks_second_factor: false,
    };
    Call::new(Caller::User(user), "reach")
}

/// A firm, and rows about it.
struct Rows {
    of: Firm,
    tie: RelationshipId,
    /// That names it, from a provider that it has nothing else to do with.
    invitation: InvitationId,
    asked: CustomerInvitationId,
    machine: ServiceAccountId,
}

/// Which tables show the rows of this firm, its tie and its customer.
async fn shown(world: &World, call: &Call, rows: &Rows) -> Vec<&'static str> {
    let Rows { of, tie, invitation, asked, machine } = rows;
    let (tie, machine) = (*tie, *machine);
    let company: CompanyId = last_id(&of.anna.company).unwrap();
    let user: UserId = last_id(&of.anna.user).unwrap();
    let partner: PartnerId = last_id(&of.partner).unwrap();
    let read = async |view: &store::View| {
        let seen = [
            ("company", view.company(company).await.map(|_| ())),
            ("account", view.account(user).await.map(|_| ())),
            ("partner", view.partner(partner).await.map(|_| ())),
            ("enrollment", view.enrollment(partner).await.map(|_| ())),
            ("relationship", view.relationship(tie).await.map(|_| ())),
            ("invitation", view.invitation(*invitation).await.map(|_| ())),
            ("customer_invitation", view.customer_invitation(*asked).await.map(|_| ())),
        ];
        let mut tables: Vec<&'static str> = Vec::new();
        for (table, answer) in seen {
            match answer {
                Ok(()) => tables.push(table),
                Err(err) => assert_eq!(err.reason, Reason::ResourceNotFound, "{table}"),
            }
        }
        let entries = view.ledger_entries(company, None, None, 10).await?;
        tables.extend((!entries.rows.is_empty()).then_some("ledger"));
        let documents = view.newest_evidence(partner, 10).await?;
        tables.extend((!documents.is_empty()).then_some("evidence"));
        tables.extend(view.location(&of.number).await?.map(|_| "location"));
        tables.extend(view.organisation_of(company).await?.map(|_| "organisation"));
        let customers = view.customers(true, None, None, 500).await?;
        let is_of_firm = |it: &store::entity::customer_relationship::Model| {
            it.partner_company_id == company || it.via_company_id == company
        };
        let has_any = customers.rows.iter().flatten().any(is_of_firm);
        tables.extend(has_any.then_some("customer_relationship"));
        let signed = view.acceptances(Some(partner), None, None, 10).await?;
        tables.extend((!signed.rows.is_empty()).then_some("acceptance"));
        let codes = view.association_codes(&of.number).await?;
        tables.extend((!codes.is_empty()).then_some("association_code"));
        let named = view.resource_by_external_id(company, "crm", &of.number).await?;
        tables.extend(named.map(|_| "external_id"));
        let machines = view.service_accounts(company, true, None, 10).await?.rows;
        tables.extend((!machines.is_empty()).then_some("service_account"));
        let machine = view.any_service_account(machine).await?.unwrap();
        let keys = view.service_account_keys(&machine, None, 10).await?.rows;
        tables.extend((!keys.is_empty()).then_some("service_account_key"));
        Ok(tables)
    };
    world.app.db.read(call, read).await.unwrap()
}

async fn has_profile(world: &World, call: &Call, of: &Firm) -> bool {
    let partner: PartnerId = last_id(&of.partner).unwrap();
    let read = async |view: &store::View| view.provider_profile(partner).await;
    world.app.db.read(call, read).await.unwrap().is_some()
}

/// What a firm sees of invitations; each by its name, too, and none but these.
async fn sees(world: &World, firm: &Firm, all: &[&String]) -> Vec<String> {
    let any = InvitationState::Unspecified;
    let listed: Vec<String> =
        list(world, &firm.anna, any).await.into_iter().map(|it| it.name).collect();
    for name in all {
        let read = get(world, &firm.anna, name).await;
        let named = own_ids::ids([("crm", name.rsplit('/').next().unwrap())]);
        let called = own_ids::call_it(world, &firm.anna, name, named).await;
        assert_eq!(read.is_ok(), listed.contains(name), "{name} on {}", world.engine);
        assert_eq!(called.is_ok(), listed.contains(name), "{name} on {}", world.engine);
        for err in [read.err(), called.err()].into_iter().flatten() {
            assert_eq!(err.code(), Code::NotFound, "{name} on {}", world.engine);
        }
    }
    listed
}

#[tokio::test(flavor = "multi_thread")]
async fn r12_an_invitation_is_seen_by_whose_account_its_partner_id_is_tied_to_meanwhile() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let owner = world.reseller("owner", "ES", Stage::Active).await;
        let tenant = world.reseller("tenant", "ES", Stage::Active).await;
        let number = world.add_location_at(&owner, "Carrer de Pallars 1").await;
        let code = code_for(&world, &owner.anna, &owner, &number).await.unwrap();
        tie_with(&world, &tenant, &number, &code).await.unwrap();
        let ask = async |email: &str| {
            let mut request = invitation(email);
            request.partner_id.clone_from(&number);
            invite(&world, &provider.anna, request).await.unwrap().name
        };
        let none: [String; 0] = [];
        let first = ask("ana@azul.example").await;
        cancel(&world, &provider.anna, &first).await.unwrap();
        let second = ask("lola@gmail.com").await;
        let all = [&first, &second];
        assert_eq!(sees(&world, &owner, &all).await, none, "{}", world.engine);
        assert_eq!(sees(&world, &tenant, &all).await, all.map(Clone::clone), "{}", world.engine);
        let secret = world.secret_to("lola@gmail.com").await;
        let tie = accept(&world, &tenant.anna, crate::invitations::acceptance(&secret)).await;
        world.end_relationship(&tenant.anna, &tie.unwrap().name).await;

        // Whoever has the PartnerID next sees what it is asked, and nothing of who had it before.
        let own = world.add_location_at(&tenant, "Carrer de Pallars 2").await;
        tie_with(&world, &tenant, &own, "").await.unwrap();
        tie_with(&world, &owner, &number, "").await.unwrap();
        let third = ask("eva@gmail.com").await;
        let all = [&first, &second, &third];
        let owners = sees(&world, &owner, &all).await;
        assert_eq!(owners, std::slice::from_ref(&third), "{}", world.engine);
        let tenants = sees(&world, &tenant, &all).await;
        assert_eq!(tenants, [first.clone(), second.clone()], "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_table_shows_a_company_its_own_rows_only() {
    on_each_engine(async |world| {
        let provider = world.provider("reach", "ES", Stage::Active).await;
        let other = world.provider("other", "ES", Stage::Active).await;
        crate::directory::publish(&world, &provider).await;
        let mut firms = Vec::new();
        for _ in 0..2 {
            let mut firm = world.reseller("reach", "ES", Stage::InReview).await;
            world.hand_in(&firm, CheckKind::Business, 1).await;
            world.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
            world.decide(&firm, CheckKind::Business, CheckDecision::Pass).await;
            firm.number = world.tie(&firm).await;
            world.sign(&firm).await;
            let tie = world.connect(&provider, &firm).await.name;
            let customer = world.company("buyer", "CH").await;
            world.authorise(&customer, &firm, &provider).await;
            crate::locations::code_for(&world, &firm.anna, &firm, &firm.number).await.unwrap();
            let ids = [("crm".to_owned(), firm.number.clone())].into();
            crate::external_ids::set(&world, &firm.anna, &firm.partner, ids).await.unwrap();
            let machine = world.machine(&firm.anna, &[Role::HelpdeskAgent]).await;
            let invitation = named("ana@azul.example", &firm);
            let invitation = invite(&world, &other.anna, invitation).await.unwrap().name;
            let asked = customer_invitation(&provider, "beat@bluewin.example");
            let asked = firm.anna.asks(asked);
            let asked = world.relationships().create_customer_invitation(asked).await.unwrap();
            let asked = asked.into_inner().customer_invitation.unwrap().name;
            firms.push(Rows {
                of: firm,
                tie: last_id(&tie).unwrap(),
                invitation: last_id(&invitation).unwrap(),
                asked: last_id(&asked).unwrap(),
                machine: last_id(&machine.name).unwrap(),
            });
        }
        let [annas, bernds] = [&firms[0], &firms[1]];
        let anna = &annas.of;
        let all = [
            "company",
            "account",
            "partner",
            "enrollment",
            "relationship",
            "invitation",
            "customer_invitation",
            "ledger",
            "evidence",
            "location",
            "organisation",
            "customer_relationship",
            "acceptance",
            "association_code",
            "external_id",
            "service_account",
            "service_account_key",
        ];
        let call = as_caller(&world, &anna.anna, &[Role::GlobalAdmin]);
        assert_eq!(shown(&world, &call, annas).await, all, "{}", world.engine);
        let none: [&str; 0] = [];
        assert_eq!(shown(&world, &call, bernds).await, none, "{}", world.engine);
        let auditor = as_caller(&world, &anna.anna, &[Role::Auditor]);
        assert_eq!(shown(&world, &auditor, bernds).await, all, "{}", world.engine);
        let nobody = Call::new(Caller::Anonymous, "reach");
        assert_eq!(shown(&world, &nobody, annas).await, none, "{}", world.engine);
        // The other side of a tie sees the tie and its customer rows, and nothing else of the firm.
        let call = as_caller(&world, &provider.anna, &[Role::GlobalAdmin]);
        let tied = ["relationship", "customer_invitation", "customer_relationship"];
        assert_eq!(shown(&world, &call, annas).await, tied, "{}", world.engine);
        // Its profile is a provider's own; what the directory shows of it is read as such.
        for (who, its) in [(&call, true), (&auditor, true), (&nobody, false)] {
            assert_eq!(has_profile(&world, who, &provider).await, its, "{}", world.engine);
        }
        let call = as_caller(&world, &other.anna, &[Role::GlobalAdmin]);
        assert!(!has_profile(&world, &call, &provider).await, "{}", world.engine);
        assert_eq!(shown(&world, &call, annas).await, ["invitation"], "{}", world.engine);
    })
    .await;
}
