//! Against a mail server of another make, whatever it does: no mail is lost, none goes out twice
//! without a crash, and no call notices.

use std::{sync::Arc, time::Duration as Wall};

use api::{
    enrollment::v1::GetReadinessRequest,
    types::v1::{Goal, Requirement},
};
use chrono::Duration;
use delivery::{Letterhead, Smtp, Worker, smtp::Patience};
use it::{
    World,
    cast::{Firm, Stage},
    logs, on_each_engine,
    sink::{Certificates, Sink, login},
};

fn worker(world: &World, smtp: Smtp) -> Worker {
    let letterhead = Letterhead {
        sender: "no-reply@pacta.example".to_owned(),
        link_base: "https://pacta.example".to_owned(),
    };
    Worker::new(world.app.db.clone(), Arc::new(smtp), letterhead)
}

fn plain(world: &World, sink: &Sink) -> Worker {
    worker(world, sink.smtp("smtp+plain", None, None))
}

fn impatient(world: &World, sink: &Sink) -> Worker {
    let patience = Patience { step: Wall::from_millis(500), letter: Wall::from_millis(800) };
    worker(world, sink.smtp("smtp+plain", None, None).patient(patience))
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

async fn turns(worker: &Worker) {
    worker.run_until_idle(10).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_goes_out_under_tls_with_a_password_and_neither_is_logged() {
    logs::keep();
    let dir = tempfile::tempdir().unwrap();
    let certificates = Certificates::make(dir.path(), "localhost");
    on_each_engine(async |world| {
        for (cover, scheme) in [("tls", "smtps"), ("starttls", "smtp")] {
            let firm = submitted(&world).await;
            let sink = Sink::covered(cover, &certificates);
            sink.ask_for("pacta", "hunter2-of-the-mail-server");
            let entry = login("pacta", "hunter2-of-the-mail-server");
            let authority = Some(&certificates.authority[..]);
            turns(&worker(&world, sink.smtp(scheme, authority, Some(entry)))).await;

            let mut letters = sink.letters();
            assert!(letters.iter().all(|it| it.is_covered), "{cover} on {}", world.engine);
            // The firm before is told of its review.
            letters.retain(|it| it.to == firm.contact());
            assert_eq!(letters.len(), 1, "{cover} on {}", world.engine);
            let mail = letters[0].read();
            let secret = mail.secret().unwrap().to_owned();
            assert!(mail.text.contains(&secret) && mail.html.contains(&secret));
            assert!(!logs::hold(&secret), "{cover} on {}", world.engine);
            assert!(!logs::hold("hunter2-of-the-mail-server"), "{cover} on {}", world.engine);
            assert!(world.stored("hunter2-of-the-mail-server").await.is_empty());
            let confirm = it::cast::confirmation(secret);
            world.enrollment().confirm_contact(confirm).await.unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_to_a_server_that_cannot_prove_who_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let right = Certificates::make(dir.path(), "localhost");
    let another_name = Certificates::make(dir.path(), "mail.elsewhere.example");
    on_each_engine(async |world| {
        submitted(&world).await;
        let authority = Some(&right.authority[..]);
        for (what, sink, scheme, authority) in [
            ("an authority unknown", Sink::covered("tls", &right), "smtps", None),
            ("the same, STARTTLS", Sink::covered("starttls", &right), "smtp", None),
            (
                "another's name",
                Sink::covered("tls", &another_name),
                "smtps",
                Some(&another_name.authority[..]),
            ),
            ("no TLS offered", Sink::plain(), "smtp", authority),
        ] {
            let entry = login("pacta", "hunter2");
            turns(&worker(&world, sink.smtp(scheme, authority, Some(entry)))).await;
            assert_eq!(sink.letters(), [], "{what} on {}", world.engine);
            assert!(!world.stored("QUEUED").await.is_empty(), "{what} on {}", world.engine);
            world.clock.advance(Duration::hours(6));
        }
        // Once it can, the mail goes.
        let sink = Sink::covered("tls", &right);
        turns(&worker(&world, sink.smtp("smtps", authority, None))).await;
        assert_eq!(sink.letters().len(), 1, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_now_is_tried_again_wherever_it_comes() {
    on_each_engine(async |world| {
        let firm = submitted(&world).await;
        let sink = Sink::plain();
        let worker = plain(&world, &sink);
        for mode in ["rcpt 450 4.2.0 busy", "data 451 4.3.0 busy", "greet with 554"] {
            sink.behave(mode);
            turns(&worker).await;
            assert_eq!(sink.letters(), [], "{mode} on {}", world.engine);
            assert!(confirmation(&world, &firm).await.problems.is_empty(), "{mode}");
            let n = sink.n_connections();
            turns(&worker).await;
            assert_eq!(sink.n_connections(), n, "{mode}: not before its time");
            world.clock.advance(Duration::minutes(5));
        }
        // A password that is not accepted is the operator's to mend, not the recipient's fault.
        sink.behave("accept");
        sink.ask_for("pacta", "right");
        let entry = Some(login("pacta", "wrong"));
        turns(&self::worker(&world, sink.smtp("smtp+plain", None, entry))).await;
        assert!(confirmation(&world, &firm).await.problems.is_empty(), "{}", world.engine);
        world.clock.advance(Duration::minutes(5));
        let entry = Some(login("pacta", "right"));
        turns(&self::worker(&world, sink.smtp("smtp+plain", None, entry))).await;
        assert_eq!(sink.letters().len(), 1, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_good_ends_that_mail_at_once_and_no_other() {
    on_each_engine(async |world| {
        let sink = Sink::plain();
        for (mode, recorded) in [
            ("rcpt 550 5.1.1 no such user", "RCPT: 550"),
            ("data 554 5.7.1 not wanted", "DATA: 554"),
        ] {
            let (unlucky, lucky) = (submitted(&world).await, submitted(&world).await);
            sink.behave_to(&unlucky.contact(), mode);
            turns(&plain(&world, &sink)).await;
            let letters = sink.letters();
            assert!(letters.iter().any(|it| it.to == lucky.contact()), "{mode} {}", world.engine);
            assert!(letters.iter().all(|it| it.to != unlucky.contact()), "{mode}");
            assert!(!world.stored(recorded).await.is_empty(), "{mode} on {}", world.engine);
            assert_eq!(confirmation(&world, &unlucky).await.problems, ["MAIL_UNDELIVERABLE"]);
            assert!(confirmation(&world, &lucky).await.problems.is_empty());
            world.clock.advance(Duration::days(1));
            let n = sink.n_connections();
            turns(&plain(&world, &sink)).await;
            let to = |it: &it::sink::Arrived| it.to == unlucky.contact();
            assert!(!sink.letters().iter().any(to), "{mode} on {}", world.engine);
            assert!(sink.n_connections() >= n, "{mode}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_breaks_repeats_a_letter_once_at_most_under_the_same_id() {
    on_each_engine(async |world| {
        for (mode, n_copies) in [("drop after data", 1), ("drop after 250", 2)] {
            submitted(&world).await;
            let sink = Sink::plain();
            sink.behave(mode);
            let worker = plain(&world, &sink);
            turns(&worker).await;
            sink.behave("accept");
            for _ in 0..5 {
                world.clock.advance(Duration::minutes(10));
                turns(&worker).await;
            }
            let letters = sink.letters();
            assert_eq!(letters.len(), n_copies, "{mode} on {}", world.engine);
            assert!(letters.iter().all(|it| *it == letters[0]), "{mode} on {}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_before_it_hears_the_answer_costs_one_repeat() {
    on_each_engine(async |world| {
        submitted(&world).await;
        let sink = Sink::plain();
        sink.behave("stick after data");
        let dying = plain(&world, &sink);
        let dying = tokio::spawn(async move { dying.run_until_idle(1).await });
        sink.wait_for("stuck");
        dying.abort();
        assert!(dying.await.is_err());
        sink.behave("accept");
        let worker = plain(&world, &sink);
        turns(&worker).await;
        assert_eq!(sink.letters().len(), 1, "its lease still runs, on {}", world.engine);
        for _ in 0..5 {
            world.clock.advance(Duration::minutes(1));
            turns(&worker).await;
        }
        let letters = sink.letters();
        assert_eq!(letters.len(), 2, "{}", world.engine);
        assert_eq!(letters[0], letters[1], "{}", world.engine);
        assert!(letters[0].message_id().ends_with("@pacta.example>"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_waits_for_a_server_that_sticks_or_dribbles() {
    on_each_engine(async |world| {
        for (mode, sign) in [("stick", "stuck"), ("dribble", "dribbled")] {
            let firm = submitted(&world).await;
            let sink = Sink::plain();
            sink.behave(mode);
            let slow = plain(&world, &sink);
            let slow = tokio::spawn(async move { slow.run_until_idle(1).await });
            sink.wait_for(sign);
            // Its patience is twenty seconds: the calls are answered meanwhile.
            confirmation(&world, &firm).await;
            submitted(&world).await;
            assert!(!slow.is_finished(), "{mode} on {}", world.engine);
            slow.abort();
            assert!(slow.await.is_err());

            world.clock.advance(Duration::minutes(1));
            turns(&impatient(&world, &sink)).await;
            assert_eq!(sink.letters(), [], "{mode} on {}", world.engine);
            sink.behave("accept");
            world.clock.advance(Duration::minutes(5));
            turns(&plain(&world, &sink)).await;
            assert_eq!(sink.letters().len(), 2, "{mode} on {}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_away_for_an_hour_gets_every_letter_once_when_it_is_back() {
    on_each_engine(async |world| {
        let sink = Sink::plain();
        sink.go_away(true);
        let worker = plain(&world, &sink);
        let mut firms = Vec::new();
        for _ in 0..3 {
            firms.push(submitted(&world).await);
            for _ in 0..20 {
                world.clock.advance(Duration::minutes(1));
                turns(&worker).await;
            }
        }
        assert_eq!(sink.letters(), [], "{}", world.engine);
        for firm in &firms {
            assert!(confirmation(&world, firm).await.problems.is_empty(), "{}", world.engine);
        }
        sink.go_away(false);
        for _ in 0..90 {
            world.clock.advance(Duration::minutes(1));
            turns(&worker).await;
        }
        let mut to: Vec<String> = sink.letters().into_iter().map(|it| it.to).collect();
        let mut expected: Vec<String> = firms.iter().map(Firm::contact).collect();
        to.sort();
        expected.sort();
        assert_eq!(to, expected, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deliverer_alone_sends_what_is_committed_and_stops_when_told() {
    on_each_engine(async |world| {
        let firm = submitted(&world).await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let delivering = world.deliver_until(async {
            let _ = stopped.await;
        });
        let watching = async {
            let bound = std::time::Instant::now() + Wall::from_secs(30);
            while world.mailbox().newest_to(&firm.contact()).unwrap().is_none() {
                assert!(std::time::Instant::now() < bound, "no mail on {}", world.engine);
                tokio::task::yield_now().await;
            }
            stop.send(()).unwrap();
        };
        tokio::join!(delivering, watching);
        // What is committed after the stop waits for the next.
        let later = submitted(&world).await;
        assert!(world.mailbox().newest_to(&later.contact()).unwrap().is_none());
    })
    .await;
}
