//! Mails leave after their commit, at least once, under one id, whatever happens on the way.

use std::sync::{Arc, Mutex};

use api::{
    enrollment::v1::{GetReadinessRequest, PrimaryContact, UpdatePrimaryContactRequest},
    types::v1::{Goal, Requirement, Turn},
};
use chrono::Duration;
use delivery::{Letter, Letterhead, Mailer, Refusal, Worker};
use it::{
    World,
    cast::{Firm, Stage},
    on_each_engine,
};

/// A post office that does as it is told, and remembers what it was given.
#[derive(Clone, Default)]
struct PostOffice {
    refuses: Arc<Mutex<Option<Refusal>>>,
    taken: Arc<Mutex<Vec<Vec<u8>>>>,
}

#[async_trait::async_trait]
impl Mailer for PostOffice {
    async fn send(&self, letter: &Letter) -> Result<(), Refusal> {
        // Others get their turn in the middle of it.
        tokio::task::yield_now().await;
        if let Some(refusal) = self.refuses.lock().unwrap().clone() {
            return Err(refusal);
        }
        self.taken.lock().unwrap().push(letter.bytes.clone());
        Ok(())
    }
}

impl PostOffice {
    fn refuse(&self, refusal: Option<Refusal>) {
        *self.refuses.lock().unwrap() = refusal;
    }

    fn n_taken(&self) -> usize {
        self.taken.lock().unwrap().len()
    }

    fn worker(&self, world: &World) -> Worker {
        let letterhead = Letterhead {
            sender: "no-reply@pacta.example".to_owned(),
            link_base: "https://pacta.example".to_owned(),
        };
        Worker::new(world.app.db.clone(), Arc::new(self.clone()), letterhead)
    }
}

/// A company whose contact was asked, the mail still waiting.
async fn submitted(world: &World) -> Firm {
    let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
    world.submit(&firm).await;
    firm
}

async fn confirmation(world: &World, firm: &Firm) -> Requirement {
    let goal = Goal::BecomeQualified.into();
    let ask = GetReadinessRequest { goal, partner: firm.partner.clone(), ..Default::default() };
    let answer = world.enrollment().get_readiness(firm.anna.asks(ask)).await.unwrap();
    let found = answer.into_inner().requirements.into_iter();
    found.into_iter().find(|it| it.id == "contact.confirmed").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_cannot_go_now_goes_later_and_only_then() {
    on_each_engine(async |world| {
        submitted(&world).await;
        let office = PostOffice::default();
        let worker = office.worker(&world);
        office.refuse(Some(Refusal::Later("421 busy".to_owned())));
        worker.run_until_idle(10).await.unwrap();
        office.refuse(None);
        worker.run_until_idle(10).await.unwrap();
        assert_eq!(office.n_taken(), 0, "before its time, on {}", world.engine);
        world.clock.advance(Duration::seconds(30));
        worker.run_until_idle(10).await.unwrap();
        assert_eq!(office.n_taken(), 1, "{}", world.engine);
        world.clock.advance(Duration::days(1));
        worker.run_until_idle(10).await.unwrap();
        assert_eq!(office.n_taken(), 1, "once it is sent it is sent, on {}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_refuses_for_good_is_the_applicants_to_replace() {
    on_each_engine(async |world| {
        let firm = submitted(&world).await;
        let office = PostOffice::default();
        office.refuse(Some(Refusal::Never("550 no such user".to_owned())));
        office.worker(&world).run_until_idle(10).await.unwrap();
        let found = confirmation(&world, &firm).await;
        assert_eq!(found.problems, ["MAIL_UNDELIVERABLE"], "{}", world.engine);
        assert_eq!(found.turn(), Turn::Applicant);
        assert!(found.cure.unwrap().rpc.ends_with("/UpdatePrimaryContact"));

        let (name, email) = (firm.enrollment.clone(), format!("ana@{}", firm.domain));
        let primary_contact = Some(PrimaryContact { email: email.clone(), ..Default::default() });
        let update = UpdatePrimaryContactRequest { name, primary_contact, ..Default::default() };
        let asked = firm.anna.asks(update);
        world.enrollment().update_primary_contact(asked).await.unwrap();
        let found = confirmation(&world, &firm).await;
        assert_eq!(found.turn(), Turn::Contact, "{}", world.engine);
        assert!(found.problems.is_empty() && found.expected_by_time.is_some());
        assert!(world.mail_to(&email).await.secret().is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_workers_one_sends_each_mail() {
    on_each_engine(async |world| {
        for _ in 0..5 {
            submitted(&world).await;
        }
        let office = PostOffice::default();
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let worker = office.worker(&world);
            workers.spawn(async move { worker.run_until_idle(100).await });
        }
        for it in workers.join_all().await {
            it.unwrap();
        }
        assert_eq!(office.n_taken(), 5, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_a_worker_died_with_goes_out_again_under_the_same_id_and_link() {
    on_each_engine(async |world| {
        submitted(&world).await;
        // Taken, and sent for all we know, but never marked.
        let taken = world.take_mails().await;
        assert_eq!(taken.len(), 1, "{}", world.engine);
        let head = Letterhead {
            sender: "no-reply@pacta.example".to_owned(),
            link_base: "https://pacta.example".to_owned(),
        };
        let first = Letter::write(&taken[0], &head).unwrap();
        let office = PostOffice::default();
        let worker = office.worker(&world);
        worker.run_until_idle(10).await.unwrap();
        assert_eq!(office.n_taken(), 0, "while its worker may live, on {}", world.engine);
        world.clock.advance(Duration::seconds(60));
        worker.run_until_idle(10).await.unwrap();
        assert_eq!(*office.taken.lock().unwrap(), [first.bytes], "{}", world.engine);
        let secret = taken[0].link.as_ref().unwrap().0.expose().to_owned();
        let request = it::cast::confirmation(secret);
        world.enrollment().confirm_contact(request).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_stay_text_in_mails() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let request = api::relationships::v1::CreateInvitationRequest {
            company_name: "Evil <b> {link} \u{1f600} شركة".to_owned(),
            message: "one\r\ntwo\nBcc: all@x".to_owned(),
            ..it::cast::invitation("buyer@nube.example")
        };
        let asked = provider.anna.asks(request);
        world.relationships().create_invitation(asked).await.unwrap();
        let mail = world.mail_to("buyer@nube.example").await;
        assert!(mail.subject.contains("Evil <b> {link} \u{1f600} شركة"), "{}", mail.subject);
        assert!(
            mail.text.contains("> one\r\n> two\r\n> Bcc: all@x")
                || mail.text.contains("> one\n> two\n> Bcc: all@x"),
            "{}",
            mail.text
        );
        assert_eq!(mail.text.matches('#').count(), 1, "{}", mail.text);
        assert!(mail.html.contains("Evil &lt;b&gt; {link} \u{1f600} شركة"), "{}", mail.html);
        assert!(mail.html.contains("<bdi>Bcc: all@x</bdi></blockquote>"), "{}", mail.html);
        assert_eq!(mail.html.matches(mail.secret().unwrap()).count(), 3, "{}", mail.html);
        assert_eq!(mail.secret().unwrap().len(), 43);
    })
    .await;
}
