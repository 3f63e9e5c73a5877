//! Refusals are whole for every client: typed for ours, standard for others, and never too large.

use api::{enrollment::v1::AppointProviderRequest, relationships::v1::CreateInvitationRequest};
use domain::Role;
use it::{logs, on_each_engine, reason, unmet};
use tonic_types::StatusExt as _;

/// Clients of tonic lose an error whose details grow; they stay below this.
const MOST_BYTES: usize = 4 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_with_all_that_can_lack_stays_small_and_says_it_twice() {
    on_each_engine(async |world| {
        let operator = world.platform(&[Role::Operator]).await;
        // Brazil demands a registration id, and no agreement is published.
        let anna = world.company("nuvem", "BR").await;
        let (company, reason) = (anna.company.clone(), "distributor".to_owned());
        let rest = AppointProviderRequest::default();
        let asked = operator.asks(AppointProviderRequest { company, reason, ..rest });
        world.enrollment().appoint_provider(asked).await.unwrap();
        let partner = world.start(&anna).await.partner.unwrap().name;
        world.suspend(&partner, Some("UNPAID")).await;

        let request = CreateInvitationRequest {
            email: "ana@revenda.example".to_owned(),
            company_name: "Revenda".to_owned(),
            ..CreateInvitationRequest::default()
        };
        let err = world.relationships().create_invitation(anna.asks(request)).await.unwrap_err();
        let found = unmet(&err);
        let standard = err.get_details_precondition_failure().unwrap().violations;
        let standard: Vec<String> = standard.into_iter().map(|it| it.subject).collect();
        assert_eq!(found, standard, "{}", world.engine);
        assert_eq!(found.len(), 16, "{found:?} on {}", world.engine);
        let n_bytes = err.details().len();
        assert!(n_bytes < MOST_BYTES, "{n_bytes} bytes on {}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_is_logged_by_name_with_the_reason_and_the_calls_id() {
    logs::keep();
    on_each_engine(async |world| {
        let anna = world.company("bakery", "CH").await;
        let ben = world.colleague(&anna, "ben", &[Role::HelpdeskAgent]).await;
        let asked = ben.asks(CreateInvitationRequest {
            email: "compras@ribera.example".to_owned(),
            company_name: "Ribera".to_owned(),
            ..CreateInvitationRequest::default()
        });
        let err = world.relationships().create_invitation(asked).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
        let id = err.get_details_request_info().unwrap().request_id;
        let line = ["RelationshipsService/CreateInvitation", "ROLE_MISSING", &ben.user, &id];
        assert_eq!(logs::n_lines(&line), 1, "{}", world.engine);
    })
    .await;
}
