//! Each table by itself shows a company its own rows only, whatever a slice reads next to it.

use api::enrollment::v1::{CheckDecision, CheckKind};
use domain::{
    Call, Caller, Credential, Principal, Reason, Role, UserCaller, Who,
    id::{CompanyId, PartnerId, RelationshipId, ServiceAccountId, SessionId, UserId, last_id},
};
use it::{
    Persona, World,
    cast::{Firm, Stage},
    on_each_engine,
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

/// Which tables show the rows of this firm, its tie and its customer.
async fn shown(
    world: &World,
    call: &Call,
    (of, tie, machine): &(Firm, RelationshipId, ServiceAccountId),
) -> Vec<&'static str> {
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

#[tokio::test(flavor = "multi_thread")]
async fn each_table_shows_a_company_its_own_rows_only() {
    on_each_engine(async |world| {
        let provider = world.provider("reach", "ES", Stage::Active).await;
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
            firms.push((firm, last_id(&tie).unwrap(), last_id(&machine.name).unwrap()));
        }
        let [annas, bernds] = [&firms[0], &firms[1]];
        let anna = &annas.0;
        let all = [
            "company",
            "account",
            "partner",
            "enrollment",
            "relationship",
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
        let tied = ["relationship", "customer_relationship"];
        assert_eq!(shown(&world, &call, annas).await, tied, "{}", world.engine);
    })
    .await;
}
