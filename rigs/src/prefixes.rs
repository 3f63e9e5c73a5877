//! Companies that want one and the same domain prefix at once.

use it::{reason, work_account};

use crate::{AT_ONCE, engines};

pub async fn run(n: usize) {
    for world in engines().await {
        for _ in 0..n {
            let prefix = world.label("rush");
            let mut tries = tokio::task::JoinSet::new();
            for _ in 0..AT_ONCE {
                let (mut users, request) = (world.users(), work_account(&prefix, "AT"));
                tries.spawn(async move { users.create_work_account(request).await });
            }
            let answers = tries.join_all().await;
            let n_ok = answers.iter().filter(|it| it.is_ok()).count();
            let refused = answers.iter().filter_map(|it| it.as_ref().err());
            let n_taken = refused.filter(|it| reason(it) == "DOMAIN_TAKEN").count();
            assert_eq!((n_ok, n_taken), (1, AT_ONCE - 1), "{}", world.engine);
        }
        println!("prefixes     {:8}  {n} rounds of {AT_ONCE}: one OK in each", world.engine);
    }
}
