//! One invitation's link, accepted many times at once.

use api::relationships::v1::{AcceptInvitationRequest, ListRelationshipsRequest};
use domain::consent;
use it::{
    cast::{Stage, yes},
    reason,
};

use crate::{AT_ONCE, engines};

pub async fn run(n: usize) {
    for world in engines().await {
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        for round in 0..n {
            let provider = world.provider("anahuac", "ES", Stage::Active).await;
            let link_secret = world.invite(&provider, &reseller).await;
            let reseller_anna = world.sign_in(&reseller.anna.sign_in_name).await;
            let request = AcceptInvitationRequest {
                link_secret,
                consent: yes(consent::PROVIDER),
                ..AcceptInvitationRequest::default()
            };
            let mut tries = tokio::task::JoinSet::new();
            for _ in 0..AT_ONCE {
                let mut client = world.relationships();
                let asked = reseller_anna.asks(request.clone());
                tries.spawn(async move { client.accept_invitation(asked).await });
            }
            let answers = tries.join_all().await;
            let n_ok = answers.iter().filter(|it| it.is_ok()).count();
            let mut reasons: Vec<String> =
                answers.iter().filter_map(|it| it.as_ref().err()).map(reason).collect();
            reasons.sort();
            reasons.dedup();
            let seen = (n_ok, reasons);
            assert_eq!(seen, (1, vec!["LINK_USED".to_owned()]), "{} {round}", world.engine);
            let list = provider.anna.asks(ListRelationshipsRequest::default());
            let listed = world.relationships().list_relationships(list).await.unwrap();
            assert_eq!(listed.into_inner().relationships.len(), 1, "{}", world.engine);
        }
        println!(
            "accepts      {:8}  {n} rounds of {AT_ONCE}: one OK, {} LINK_USED in each; \
             {} of {} writes lost a race",
            world.engine,
            AT_ONCE - 1,
            world.app.db.lost_races(),
            n * AT_ONCE
        );
    }
}
