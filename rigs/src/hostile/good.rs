//! The good client: calls at a steady pace, and connects anew now and then.

use std::time::{Duration, Instant};

use api::users::v1::{
    ChangePasswordRequest, SignInRequest, WhoAmIRequest, users_service_client::UsersServiceClient,
};
use it::{PASSWORD, Persona, work_account};
use tokio::sync::watch;
use tonic::transport::{Channel, Endpoint};

/// Between two calls: within the allowance of one person.
const PACE: Duration = Duration::from_millis(60);
/// Calls between two new connections.
const ANEW: usize = 10;

/// What came of its calls.
#[derive(Debug, Default)]
pub struct Record {
    pub n_calls: usize,
    pub n_connections: usize,
    pub failures: Vec<String>,
    took: Vec<Duration>,
}

impl Record {
    /// In milliseconds.
    pub fn p99(&self) -> f64 {
        let mut took = self.took.clone();
        took.sort_unstable();
        took.get(took.len() * 99 / 100).map_or(0.0, |it| it.as_secs_f64() * 1e3)
    }
}

/// A person of a company of its own.
pub async fn person(channel: Channel) -> Persona {
    let mut users = UsersServiceClient::new(channel);
    let made = users.create_work_account(work_account("good", "ES")).await.unwrap().into_inner();
    let sign_in_name = made.user.unwrap().sign_in_name;
    users
        .change_password(ChangePasswordRequest {
            sign_in_name: sign_in_name.clone(),
            old_password: made.one_time_password,
            new_password: PASSWORD.to_owned(),
            ..Default::default()
        })
        .await
        .unwrap();
    let request = SignInRequest {
        sign_in_name: sign_in_name.clone(),
        password: PASSWORD.to_owned(),
        ..Default::default()
    };
    let session = users.sign_in(request).await.unwrap().into_inner();
    Persona { sign_in_name, token: Some(session.access_token), ..Persona::default() }
}

/// Calls until told to stop.
pub async fn calls(endpoint: Endpoint, who: Persona, mut until: watch::Receiver<bool>) -> Record {
    let mut record = Record::default();
    let lasting = endpoint.connect().await.unwrap();
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !*until.borrow_and_update() {
        pace.tick().await;
        let mut channel = lasting.clone();
        if record.n_calls % ANEW == ANEW - 1 {
            match endpoint.connect().await {
                Ok(it) => channel = it,
                Err(err) => record.failures.push(format!("connecting: {err:?}")),
            }
            record.n_connections += 1;
        }
        let begin = Instant::now();
        let asked = who.asks(WhoAmIRequest::default());
        if let Err(err) = UsersServiceClient::new(channel).who_am_i(asked).await {
            record.failures.push(format!("{err:?}"));
        }
        record.took.push(begin.elapsed());
        record.n_calls += 1;
    }
    record
}
