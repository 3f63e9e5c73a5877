//! M4: every link, of every purpose and in every state, at every RPC that takes one.

use api::{
    enrollment::v1::PrimaryContact,
    policy::v1::LinkPurpose,
    relationships::v1::{CancelCustomerInvitationRequest, ResendCustomerInvitationRequest},
};
use chrono::Duration;
use it::{
    Persona, World,
    cast::{Firm, Stage, contact_change, customer_invitation, invitation},
    oidc::Issuer,
    on_each_engine_believing, reason,
};

use super::{
    links::{PURPOSES, call, rpcs, table},
    outcome,
};
use crate::{directories, mailboxes, resending, submission};

/// A mailed secret: what for, in which state.
type Mailed = (LinkPurpose, &'static str, String);

/// Who makes links, and whose they are.
struct Makers<'a> {
    provider: Firm,
    reseller: Firm,
    issuer: &'a Issuer,
}

/// The directory of a company that invites people.
const TENANT: &str = "square";

impl Makers<'_> {
    fn admin(&self, world: &World) -> Persona {
        self.issuer.person(TENANT, &format!("elsa-{TENANT}"), world.clock.now()).persona()
    }

    /// Whom the RPC's rule admits.
    async fn caller(&self, world: &World, rpc: &str) -> Persona {
        match rpc {
            "RedeemUserInvitation" => {
                self.issuer.person(TENANT, &world.label("new"), world.clock.now()).persona()
            }
            _ => world.session(&self.reseller.anna.sign_in_name).await,
        }
    }

    /// Name and secret.
    async fn user(&self, world: &World) -> (String, String) {
        let email = format!("{}@people.example", world.label("dora"));
        let made = directories::add(world, &self.admin(world), &email).await;
        (made.user.unwrap().name, world.secret_to(&email).await)
    }

    async fn contact(&self, world: &World) -> (Firm, String) {
        let firm = world.reseller("links", "ES", Stage::Submitted).await;
        let secret = world.secret_to(&firm.contact()).await;
        (firm, secret)
    }

    async fn undo(&self, world: &World) -> (Firm, String) {
        let (firm, secret) = self.contact(world).await;
        call(world, "DisownContact", &secret, &Persona::stranger()).await.unwrap();
        let undo = world.secret_to(&firm.contact()).await;
        (firm, undo)
    }

    /// Name, address and secret.
    async fn invitation(&self, world: &World) -> (String, String, String) {
        let anna = world.session(&self.provider.anna.sign_in_name).await;
        // Of who is connected no address is invited; a link's holder need not be whom it was meant for.
        let email = format!("{}@nube.example", world.label("buyer"));
        let made = world.relationships().create_invitation(anna.asks(invitation(&email))).await;
        let name = made.unwrap().into_inner().invitation.unwrap().name;
        let secret = world.secret_to(&email).await;
        (name, email, secret)
    }

    async fn customer(&self, world: &World) -> (String, String, String) {
        let anna = world.session(&self.reseller.anna.sign_in_name).await;
        let email = format!("{}@bluewin.example", world.label("buyer"));
        let asked = anna.asks(customer_invitation(&self.provider, &email));
        let made = world.relationships().create_customer_invitation(asked).await;
        let name = made.unwrap().into_inner().customer_invitation.unwrap().name;
        let secret = world.secret_to(&email).await;
        (name, email, secret)
    }

    async fn mailbox(&self, world: &World) -> (Persona, String, String) {
        let anna = world.company("links", "ES").await;
        mailboxes::request(world, &anna).await.unwrap();
        let address = mailboxes::address(world, &anna).await;
        let secret = world.secret_to(&address).await;
        (anna, address, secret)
    }

    /// One of each purpose that works.
    async fn live(&self, world: &World) -> Vec<(LinkPurpose, String)> {
        vec![
            (LinkPurpose::ContactConfirmation, self.contact(world).await.1),
            (LinkPurpose::ContactUndo, self.undo(world).await.1),
            (LinkPurpose::Invitation, self.invitation(world).await.2),
            (LinkPurpose::CustomerInvitation, self.customer(world).await.2),
            (LinkPurpose::EmailVerification, self.mailbox(world).await.2),
            (LinkPurpose::UserInvitation, self.user(world).await.1),
        ]
    }
}

/// Taken back, by what takes back each.
async fn void(world: &World, by: &Makers<'_>) -> Vec<Mailed> {
    let (firm, contact) = by.contact(world).await;
    submission::recall(world, &firm).await.unwrap();
    let (firm, undo) = by.undo(world).await;
    submission::recall(world, &firm).await.unwrap();
    let (name, _, invited) = by.invitation(world).await;
    let anna = world.session(&by.provider.anna.sign_in_name).await;
    resending::cancel(world, &anna, &name).await.unwrap();
    let (name, _, customer) = by.customer(world).await;
    let cancel = CancelCustomerInvitationRequest { name, ..Default::default() };
    let asked = world.session(&by.reseller.anna.sign_in_name).await.asks(cancel);
    world.relationships().cancel_customer_invitation(asked).await.unwrap();
    let (mover, _, mailbox) = by.mailbox(world).await;
    mailboxes::move_to(world, &mover, &format!("{}@elsewhere.example", world.label("anna"))).await;
    let (name, user) = by.user(world).await;
    world.remove(&by.admin(world), &name).await.unwrap();
    vec![
        (LinkPurpose::ContactConfirmation, "VOID", contact),
        (LinkPurpose::ContactUndo, "VOID", undo),
        (LinkPurpose::Invitation, "VOID", invited),
        (LinkPurpose::CustomerInvitation, "VOID", customer),
        (LinkPurpose::EmailVerification, "VOID", mailbox),
        (LinkPurpose::UserInvitation, "VOID", user),
    ]
}

/// Replaced by a newer one; of a "not me" there is no second.
async fn superseded(world: &World, by: &Makers<'_>) -> Vec<Mailed> {
    let (firm, contact) = by.contact(world).await;
    let another = PrimaryContact { given_name: "Jaume".to_owned(), ..Default::default() };
    let change = firm.anna.asks(contact_change(&firm, another));
    world.enrollment().update_primary_contact(change).await.unwrap();
    let (asker, _, mailbox) = by.mailbox(world).await;
    let (to_reseller, _, invited) = by.invitation(world).await;
    let (to_customer, _, customer) = by.customer(world).await;
    world.clock.advance(Duration::hours(1));
    let asker = world.session(&asker.sign_in_name).await;
    mailboxes::request(world, &asker).await.unwrap();
    let anna = world.session(&by.provider.anna.sign_in_name).await;
    resending::resend(world, &anna, &to_reseller).await.unwrap();
    let resend = ResendCustomerInvitationRequest { name: to_customer, ..Default::default() };
    let asked = world.session(&by.reseller.anna.sign_in_name).await.asks(resend);
    world.relationships().resend_customer_invitation(asked).await.unwrap();
    let (name, user) = by.user(world).await;
    world.clock.advance(Duration::minutes(10));
    world.reset(&by.admin(world), &name).await.unwrap();
    vec![
        (LinkPurpose::ContactConfirmation, "SUPERSEDED", contact),
        (LinkPurpose::Invitation, "SUPERSEDED", invited),
        (LinkPurpose::CustomerInvitation, "SUPERSEDED", customer),
        (LinkPurpose::EmailVerification, "SUPERSEDED", mailbox),
        (LinkPurpose::UserInvitation, "SUPERSEDED", user),
    ]
}

/// What uses each, and is not the same for all that take it.
fn user_of(purpose: LinkPurpose) -> &'static str {
    match purpose {
        LinkPurpose::ContactConfirmation => "ConfirmContact",
        LinkPurpose::ContactUndo => "UndoDisownContact",
        LinkPurpose::Invitation => "DeclineInvitation",
        LinkPurpose::CustomerInvitation => "DeclineCustomerInvitation",
        LinkPurpose::EmailVerification => "ConfirmEmail",
        LinkPurpose::UserInvitation => "RedeemUserInvitation",
        LinkPurpose::Unspecified => panic!("no purpose"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m4_of_every_link_at_every_rpc_only_the_right_pair_works() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let by = Makers {
            provider: world.provider("links", "ES", Stage::Active).await,
            reseller: world.reseller("links", "ES", Stage::Active).await,
            issuer: &issuer,
        };
        world.connect(&by.provider, &by.reseller).await;
        directories::founded(&world, &issuer, TENANT).await;
        let who = async |rpc: &str| by.caller(&world, rpc).await;
        let expired = by.live(&world).await.into_iter();
        let mut all: Vec<Mailed> = expired.map(|(of, secret)| (of, "EXPIRED", secret)).collect();
        world.clock.advance(Duration::days(30));
        all.extend(void(&world, &by).await);
        all.extend(superseded(&world, &by).await);
        for (of, secret) in by.live(&world).await {
            call(&world, user_of(of), &secret, &who(user_of(of)).await).await.unwrap();
            all.push((of, "USED", secret));
        }
        let live = by.live(&world).await;
        for (of, secret) in &live {
            let (cut, last) = secret.split_at(secret.len() - 1);
            let other = if last == "A" { "B" } else { "A" };
            all.push((*of, "CUT", cut.to_owned()));
            all.push((*of, "EXTENDED", format!("{secret}A")));
            all.push((*of, "ALTERED", format!("{cut}{other}")));
            all.push((*of, "LIVE", secret.clone()));
        }

        let (table, mut n_tried) = (table(), 0);
        for (of, state, secret) in &all {
            for purpose in PURPOSES {
                // A pair that works is tried at the end, when it has outlived all others.
                if purpose == *of && *state == "LIVE" {
                    continue;
                }
                let shown = if purpose == *of { state } else { "OTHER" };
                for rpc in rpcs(purpose) {
                    let what = format!("{rpc}, {of:?} that is {state}, on {}", world.engine);
                    let expected = outcome(&table, &["link", shown, &rpc, "holder", "-"]);
                    let refused = call(&world, &rpc, secret, &who(&rpc).await).await;
                    assert_eq!(reason(&refused.expect_err(&what)), expected, "{what}");
                    n_tried += 1;
                }
            }
        }
        for (of, secret) in live {
            let rpc = user_of(of);
            let answer = call(&world, rpc, &secret, &who(rpc).await).await;
            answer.unwrap_or_else(|err| panic!("{rpc} on {}: {err:?}", world.engine));
            n_tried += 1;
        }
        println!("m4: {n_tried} pairs tried on {}", world.engine);
        assert!(n_tried > 400, "{n_tried}");
    })
    .await;
}
