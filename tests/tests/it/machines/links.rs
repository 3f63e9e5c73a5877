//! M4: mailed links, at every RPC that takes one.

use std::collections::BTreeMap;

use api::{
    DESCRIPTOR,
    enrollment::v1::{
        DisownContactRequest, PreviewContactConfirmationRequest, PrimaryContact,
        UndoDisownContactRequest,
    },
    policy::v1::LinkPurpose,
    relationships::v1::{
        AcceptCustomerInvitationRequest, AcceptInvitationRequest, CancelCustomerInvitationRequest,
        DeclineCustomerInvitationRequest, DeclineInvitationRequest,
        PreviewCustomerInvitationRequest, PreviewInvitationRequest,
        ResendCustomerInvitationRequest,
    },
    rules::Rules,
    users::v1::{ConfirmEmailRequest, RedeemUserInvitationRequest},
};
use chrono::Duration;
use domain::consent;
use it::{
    Persona, World,
    cast::{Firm, Stage, confirmation, contact_change, customer_invitation, invitation, yes},
    oidc::Issuer,
    on_each_engine, on_each_engine_believing, reason,
};
use tonic::Status;

use super::{Line, lines, outcome};
use crate::{directories, mailboxes, resending, submission};

const TABLE: &str = include_str!("../../../machines/m4.txt");
/// The states of a link that no longer works, if it ever did.
const DEAD: [&str; 6] = ["USED", "SUPERSEDED", "EXPIRED", "VOID", "UNKNOWN", "OTHER"];

pub const PURPOSES: [LinkPurpose; 6] = [
    LinkPurpose::ContactConfirmation,
    LinkPurpose::ContactUndo,
    LinkPurpose::Invitation,
    LinkPurpose::CustomerInvitation,
    LinkPurpose::EmailVerification,
    LinkPurpose::UserInvitation,
];

/// Secrets by the state of their links.
type Secrets = BTreeMap<&'static str, String>;

/// The RPCs that ask for a link of this purpose, as the contract says.
pub fn rpcs(purpose: LinkPurpose) -> Vec<String> {
    let rules = Rules::read(DESCRIPTOR).unwrap();
    let ask = rules.iter().filter(|(_, rule)| rule.link() == purpose);
    ask.map(|(path, _)| path.rsplit('/').next().unwrap().to_owned()).collect()
}

/// Calls an RPC with a secret, as somebody whom its rule admits.
pub async fn call(world: &World, rpc: &str, secret: &str, who: &Persona) -> Result<(), Status> {
    let link_secret = secret.to_owned();
    let mut relationships = world.relationships();
    let mut enrollment = world.enrollment();
    match rpc {
        "PreviewContactConfirmation" => {
            let ask = PreviewContactConfirmationRequest { link_secret };
            enrollment.preview_contact_confirmation(ask).await.map(|_| ())
        }
        "ConfirmContact" => enrollment.confirm_contact(confirmation(link_secret)).await.map(|_| ()),
        "DisownContact" => {
            let rest = DisownContactRequest::default();
            let ask = DisownContactRequest { link_secret, confirmed: true, ..rest };
            enrollment.disown_contact(ask).await.map(|_| ())
        }
        "UndoDisownContact" => {
            let ask = UndoDisownContactRequest { link_secret, ..Default::default() };
            enrollment.undo_disown_contact(ask).await.map(|_| ())
        }
        "PreviewInvitation" => {
            let ask = PreviewInvitationRequest { link_secret };
            relationships.preview_invitation(ask).await.map(|_| ())
        }
        "AcceptInvitation" => {
            let consent = yes(consent::PROVIDER);
            let rest = AcceptInvitationRequest::default();
            let ask = AcceptInvitationRequest { link_secret, consent, ..rest };
            relationships.accept_invitation(who.asks(ask)).await.map(|_| ())
        }
        "DeclineInvitation" => {
            let ask = DeclineInvitationRequest { link_secret, ..Default::default() };
            relationships.decline_invitation(who.asks(ask)).await.map(|_| ())
        }
        "PreviewCustomerInvitation" => {
            let ask = PreviewCustomerInvitationRequest { link_secret };
            relationships.preview_customer_invitation(ask).await.map(|_| ())
        }
        "AcceptCustomerInvitation" => {
            let consent = yes(consent::RESELLER_AND_PROVIDER);
            let rest = AcceptCustomerInvitationRequest::default();
            let ask = AcceptCustomerInvitationRequest { link_secret, consent, ..rest };
            relationships.accept_customer_invitation(who.asks(ask)).await.map(|_| ())
        }
        "DeclineCustomerInvitation" => {
            let ask = DeclineCustomerInvitationRequest { link_secret, ..Default::default() };
            relationships.decline_customer_invitation(ask).await.map(|_| ())
        }
        "ConfirmEmail" => {
            let ask = ConfirmEmailRequest { link_secret, ..Default::default() };
            world.users().confirm_email(ask).await.map(|_| ())
        }
        "RedeemUserInvitation" => {
            let ask = RedeemUserInvitationRequest { link_secret, ..Default::default() };
            world.users().redeem_user_invitation(who.asks(ask)).await.map(|_| ())
        }
        other => panic!("{other} takes a link and is not tried here"),
    }
}

/// Every RPC of a purpose with every link that does not work.
async fn refuses(world: &World, purpose: LinkPurpose, secrets: &Secrets, who: &Persona) {
    let table = table();
    for state in DEAD.into_iter().filter(|it| *it == "UNKNOWN" || secrets.contains_key(it)) {
        for rpc in rpcs(purpose) {
            let what = format!("{rpc} with a link that is {state} on {}", world.engine);
            let secret = match state {
                "UNKNOWN" => "nobody-was-ever-sent-this-secret",
                state => &secrets[state],
            };
            let expected = outcome(&table, &["link", state, &rpc, "holder", "-"]);
            let err = call(world, &rpc, secret, who).await.expect_err(&what);
            assert_eq!(reason(&err), expected, "{what}");
        }
    }
}

/// An RPC with a link that works; afterwards the link is as the table says.
async fn takes(world: &World, rpc: &str, preview: &str, secret: &str, who: &Persona) {
    let what = format!("{rpc} on {}", world.engine);
    call(world, rpc, secret, who).await.unwrap_or_else(|err| panic!("{what}: {err:?}"));
    let after = call(world, preview, secret, who).await;
    match outcome(&table(), &["link", "LIVE", rpc, "holder", "-"]) {
        "=" => assert!(after.is_ok(), "{what}"),
        state => assert_eq!(reason(&after.unwrap_err()), format!("LINK_{state}"), "{what}"),
    }
}

pub fn table() -> Vec<Line> {
    lines(TABLE).into_iter().filter(|it| it[0] == "link").collect()
}

#[test]
fn m4_each_rpc_that_takes_a_link_has_its_line() {
    let mut all: Vec<String> = PURPOSES.into_iter().flat_map(rpcs).collect();
    all.sort_unstable();
    let table = table();
    let mut live: Vec<&str> = table.iter().filter(|it| it[1] == "LIVE").map(|it| it[2]).collect();
    live.sort_unstable();
    assert_eq!(live, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn m4_a_contacts_link_does_what_the_table_says_in_every_state() {
    on_each_engine(async |world| {
        let mut secrets = Secrets::new();
        let submitted = async || {
            let firm = world.reseller("links", "ES", Stage::Submitted).await;
            let secret = world.secret_to(&firm.contact()).await;
            (firm, secret)
        };
        let provider = world.provider("links", "ES", Stage::Active).await;
        let (_, expired) = submitted().await;
        secrets.insert("EXPIRED", expired);
        world.clock.advance(Duration::days(7));

        let (firm, void) = submitted().await;
        submission::recall(&world, &firm).await.unwrap();
        secrets.insert("VOID", void);
        let (firm, superseded) = submitted().await;
        let contact = PrimaryContact { given_name: "Jaume".to_owned(), ..Default::default() };
        let change = firm.anna.asks(contact_change(&firm, contact));
        world.enrollment().update_primary_contact(change).await.unwrap();
        secrets.insert("SUPERSEDED", superseded);
        let live = world.secret_to(&firm.contact()).await;
        let (preview, nobody) = ("PreviewContactConfirmation", Persona::stranger());
        takes(&world, preview, preview, &live, &nobody).await;
        takes(&world, "ConfirmContact", preview, &live, &nobody).await;
        secrets.insert("USED", live);

        let (disowner, live) = submitted().await;
        takes(&world, "DisownContact", preview, &live, &nobody).await;
        let undo = world.secret_to(&disowner.contact()).await;

        let provider = world.again(&provider).await;
        secrets.insert("OTHER", world.invite(&provider, &firm).await);
        refuses(&world, LinkPurpose::ContactConfirmation, &secrets, &nobody).await;

        // A "not me" is taken back once; there is no second such link that could supersede one.
        let (rpc, mut secrets) = ("UndoDisownContact", Secrets::from([("OTHER", live)]));
        takes(&world, rpc, rpc, &undo, &nobody).await;
        secrets.insert("USED", undo);
        for state in ["VOID", "EXPIRED"] {
            let (firm, live) = submitted().await;
            call(&world, "DisownContact", &live, &nobody).await.unwrap();
            secrets.insert(state, world.secret_to(&firm.contact()).await);
            if state == "VOID" {
                submission::recall(&world, &firm).await.unwrap();
            }
        }
        world.clock.advance(Duration::days(7));
        refuses(&world, LinkPurpose::ContactUndo, &secrets, &nobody).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m4_an_invitations_link_does_what_the_table_says_in_every_state() {
    on_each_engine(async |world| {
        let provider = world.provider("links", "ES", Stage::Active).await;
        let second = world.provider("links", "ES", Stage::Active).await;
        let reseller = world.reseller("links", "ES", Stage::Active).await;
        let mut secrets = Secrets::new();
        let invite = async |provider: &Firm| {
            let asked = provider.anna.asks(invitation(&reseller.contact()));
            let made = world.relationships().create_invitation(asked).await.unwrap().into_inner();
            (made.invitation.unwrap().name, world.secret_to(&reseller.contact()).await)
        };
        let (name, void) = invite(&provider).await;
        resending::cancel(&world, &provider.anna, &name).await.unwrap();
        secrets.insert("VOID", void);
        let (name, superseded) = invite(&provider).await;
        world.clock.advance(Duration::hours(1));
        resending::resend(&world, &provider.anna, &name).await.unwrap();
        secrets.insert("SUPERSEDED", superseded);
        secrets.insert("EXPIRED", world.secret_to(&reseller.contact()).await);
        world.clock.advance(Duration::days(30));

        let (provider, reseller) = (world.again(&provider).await, world.again(&reseller).await);
        let (_, live) = invite(&provider).await;
        let preview = "PreviewInvitation";
        takes(&world, preview, preview, &live, &reseller.anna).await;
        takes(&world, "DeclineInvitation", preview, &live, &reseller.anna).await;
        let second = world.again(&second).await;
        let (_, live) = invite(&second).await;
        takes(&world, "AcceptInvitation", preview, &live, &reseller.anna).await;
        secrets.insert("USED", live);

        let email = "kaeufer@bluewin.example";
        secrets.insert("OTHER", world.invite_customer(&reseller, &second, email).await);
        refuses(&world, LinkPurpose::Invitation, &secrets, &reseller.anna).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m4_a_customer_invitations_link_does_what_the_table_says_in_every_state() {
    on_each_engine(async |world| {
        let provider = world.provider("links", "ES", Stage::Active).await;
        let reseller = world.reseller("links", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let mut secrets = Secrets::new();
        let invite = async |reseller: &Firm| {
            let email = format!("{}@bluewin.example", world.label("buyer"));
            let asked = reseller.anna.asks(customer_invitation(&provider, &email));
            let made = world.relationships().create_customer_invitation(asked).await.unwrap();
            let name = made.into_inner().customer_invitation.unwrap().name;
            let secret = world.secret_to(&email).await;
            (name, email, secret)
        };
        let (name, _, void) = invite(&reseller).await;
        let cancel = CancelCustomerInvitationRequest { name, ..Default::default() };
        let asked = reseller.anna.asks(cancel);
        world.relationships().cancel_customer_invitation(asked).await.unwrap();
        secrets.insert("VOID", void);
        let (name, email, superseded) = invite(&reseller).await;
        world.clock.advance(Duration::hours(1));
        let resend = ResendCustomerInvitationRequest { name, ..Default::default() };
        let asked = reseller.anna.asks(resend);
        world.relationships().resend_customer_invitation(asked).await.unwrap();
        secrets.insert("SUPERSEDED", superseded);
        secrets.insert("EXPIRED", world.secret_to(&email).await);
        world.clock.advance(Duration::days(30));

        let reseller = world.again(&reseller).await;
        let customer = world.company("customer", "CH").await;
        let preview = "PreviewCustomerInvitation";
        let (_, _, live) = invite(&reseller).await;
        takes(&world, preview, preview, &live, &customer).await;
        takes(&world, "AcceptCustomerInvitation", preview, &live, &customer).await;
        secrets.insert("USED", live);
        let (_, _, live) = invite(&reseller).await;
        takes(&world, "DeclineCustomerInvitation", preview, &live, &customer).await;

        let other = world.reseller("links", "ES", Stage::Submitted).await;
        secrets.insert("OTHER", world.secret_to(&other.contact()).await);
        refuses(&world, LinkPurpose::CustomerInvitation, &secrets, &customer).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m4_the_link_to_ones_own_mailbox_does_what_the_table_says_in_every_state() {
    on_each_engine(async |world| {
        let mut secrets = Secrets::new();
        let asked = async || {
            let anna = world.company("links", "ES").await;
            mailboxes::request(&world, &anna).await.unwrap();
            let address = mailboxes::address(&world, &anna).await;
            let secret = world.secret_to(&address).await;
            (anna, address, secret)
        };
        let (_, _, expired) = asked().await;
        secrets.insert("EXPIRED", expired);
        world.clock.advance(Duration::days(7));
        let (mover, _, void) = asked().await;
        mailboxes::move_to(&world, &mover, "anna@elsewhere.example").await;
        secrets.insert("VOID", void);
        let (anna, address, superseded) = asked().await;
        world.clock.advance(Duration::minutes(10));
        mailboxes::request(&world, &anna).await.unwrap();
        secrets.insert("SUPERSEDED", superseded);
        let (rpc, live) = ("ConfirmEmail", world.secret_to(&address).await);
        let nobody = Persona::stranger();
        takes(&world, rpc, rpc, &live, &nobody).await;
        secrets.insert("USED", live);
        let other = world.reseller("links", "ES", Stage::Submitted).await;
        secrets.insert("OTHER", world.secret_to(&other.contact()).await);
        refuses(&world, LinkPurpose::EmailVerification, &secrets, &nobody).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m4_the_link_that_binds_an_identity_does_what_the_table_says_in_every_state() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let mut secrets = Secrets::new();
        directories::founded(&world, &issuer, "links").await;
        let admin = async || issuer.person("links", "elsa-links", world.clock.now()).persona();
        let invite = async || {
            let email = format!("{}@people.example", world.label("dora"));
            let made = directories::add(&world, &admin().await, &email).await;
            (made.user.unwrap().name, world.secret_to(&email).await)
        };
        let (_, expired) = invite().await;
        secrets.insert("EXPIRED", expired);
        world.clock.advance(Duration::days(7));
        let (name, void) = invite().await;
        world.remove(&admin().await, &name).await.unwrap();
        secrets.insert("VOID", void);
        let (name, superseded) = invite().await;
        world.clock.advance(Duration::minutes(10));
        world.reset(&admin().await, &name).await.unwrap();
        secrets.insert("SUPERSEDED", superseded);
        let (_, live) = invite().await;
        let newcomer = |subject| issuer.person("links", subject, world.clock.now()).persona();
        let rpc = "RedeemUserInvitation";
        takes(&world, rpc, rpc, &live, &newcomer("dora")).await;
        secrets.insert("USED", live);
        let other = world.reseller("links", "ES", Stage::Submitted).await;
        secrets.insert("OTHER", world.secret_to(&other.contact()).await);
        refuses(&world, LinkPurpose::UserInvitation, &secrets, &newcomer("else")).await;
    })
    .await;
}
