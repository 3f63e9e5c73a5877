//! Each table by itself shows a company its own rows only, whatever a slice reads next to it.

use domain::{
    Call, Caller, Reason, Role, UserCaller,
    id::{CompanyId, PartnerId, SessionId, UserId, last_id},
};
use it::{Persona, World, on_each_engine};

async fn begun(world: &World) -> (Persona, PartnerId) {
    let persona = world.company("reach", "ES").await;
    let partner = world.start(&persona).await.partner.unwrap().name;
    (persona, last_id(&partner).unwrap())
}

fn as_caller(world: &World, persona: &Persona, roles: &[Role]) -> Call {
    let now = world.clock.now();
    let user = UserCaller {
        user: last_id(&persona.user).unwrap(),
        company: last_id(&persona.company).unwrap(),
        session: SessionId::mint(now),
        partner: None,
        roles: roles.to_vec(),
        auth_time: now,
        expire_time: now,
        must_change_password: false,
    };
    Call::new(Caller::User(user), "reach")
}

/// Which tables show the rows of this company and partner.
async fn shown(world: &World, call: &Call, of: &Persona, partner: PartnerId) -> Vec<&'static str> {
    let company: CompanyId = last_id(&of.company).unwrap();
    let user: UserId = last_id(&of.user).unwrap();
    let read = async |view: &store::View| {
        let seen = [
            ("company", view.company(company).await.map(|_| ())),
            ("account", view.account(user).await.map(|_| ())),
            ("partner", view.partner(partner).await.map(|_| ())),
            ("enrollment", view.enrollment(partner).await.map(|_| ())),
        ];
        let entries = view.ledger_entries(company, None, None, 10).await?;
        let mut tables: Vec<&'static str> = Vec::new();
        for (table, answer) in seen {
            match answer {
                Ok(()) => tables.push(table),
                Err(err) => assert_eq!(err.reason, Reason::ResourceNotFound, "{table}"),
            }
        }
        tables.extend((!entries.rows.is_empty()).then_some("ledger"));
        Ok(tables)
    };
    world.app.db.read(call, read).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_table_shows_a_company_its_own_rows_only() {
    on_each_engine(async |world| {
        let all = ["company", "account", "partner", "enrollment", "ledger"];
        let ((anna, annas), (bernd, bernds)) = (begun(&world).await, begun(&world).await);
        let call = as_caller(&world, &anna, &[Role::GlobalAdmin]);
        assert_eq!(shown(&world, &call, &anna, annas).await, all, "{}", world.engine);
        let none: [&str; 0] = [];
        assert_eq!(shown(&world, &call, &bernd, bernds).await, none, "{}", world.engine);
        let auditor = as_caller(&world, &anna, &[Role::Auditor]);
        assert_eq!(shown(&world, &auditor, &bernd, bernds).await, all, "{}", world.engine);
        let nobody = Call::new(Caller::Anonymous, "reach");
        assert_eq!(shown(&world, &nobody, &anna, annas).await, none, "{}", world.engine);
    })
    .await;
}
