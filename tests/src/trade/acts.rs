//! What people do in a channel, one thing at a time; what is refused is refused.

use api::{
    agreements::v1::{AcceptCustomerAgreementRequest, AttestCustomerAgreementRequest},
    relationships::v1::{
        AcceptCustomerInvitationRequest, AcceptInvitationRequest, ResendInvitationRequest,
    },
};
use chrono::Duration;
use domain::{Call, consent, id::last_id, link::Purpose};
use tonic::{Code, Response, Status};

use super::{SHIPPED, Sale, Tie, Trade};
use crate::{
    World,
    cast::{customer_invitation, invitation, yes},
};

/// What came of it; nothing where it was refused, which is fine, unless it is our fault.
pub(super) fn done<T>(answer: Result<Response<T>, Status>) -> Option<T> {
    if let Err(err) = &answer {
        let ours = [Code::Internal, Code::Unknown, Code::Unavailable, Code::Unauthenticated];
        assert!(!ours.contains(&err.code()), "{err:?}");
    }
    answer.ok().map(Response::into_inner)
}

/// The secret that a mail holds, without waiting for the mail.
async fn secret(world: &World, purpose: Purpose, name: &str) -> Option<String> {
    let subject = name.rsplit('/').next().unwrap().parse().unwrap();
    let read = async |view: &store::View| view.any_link_of(purpose, subject).await;
    let link = world.app.db.read(&Call::system("test world"), read).await.unwrap()?;
    let key = &world.app.db.programme().link_key;
    Some(key.secret(purpose, link.id).unwrap().expose().to_owned())
}

impl Trade {
    /// Something happens, and a moment passes.
    pub async fn act(&mut self, world: &World) {
        world.clock.advance(Duration::milliseconds(self.dice.i64(1..40_000)));
        // Most of it among those that can deal with each other; the last provider is the stranger.
        let (provider, reseller, customer) = match self.dice.u8(0..10) {
            0..7 => (self.some(2), self.some(3), [0, 1, 4][self.some(3)]),
            _ => (self.some(3), self.some(7), self.some(5)),
        };
        match self.dice.u8(0..100) {
            0..10 => self.connect(world, provider, reseller).await,
            10..14 => self.invite(world, provider, reseller).await,
            14..27 => self.authorise(world, customer, provider, reseller).await,
            27..31 => self.hold(world).await,
            31..37 => self.resume(world).await,
            37..42 => self.revoke(world).await,
            42..50 => self.restore(world).await,
            50..52 => self.part(world).await,
            52..57 => self.end_row(world).await,
            57..66 => self.attest(world, provider, customer).await,
            66 => self.accept_agreement(world, customer).await,
            67..70 => self.flag(world, reseller, true).await,
            70..74 => self.reinstate_all(world).await,
            74..77 => self.tie_another(world, provider, reseller).await,
            77..79 => self.place(world, reseller, false).await,
            79..81 => self.open_all(world).await,
            81..83 => self.tie_lent(world).await,
            83 => self.rename(world, provider, reseller).await,
            84 => self.sign(world, reseller).await,
            85 => self.withdraw(world).await,
            86..89 => self.move_markets(world).await,
            89..94 => self.import(world, SHIPPED.to_owned()).await,
            94 => self.ask_anew(world).await,
            95..97 => self.sign_all(world).await,
            97 => self.deauthorize(world).await,
            _ => {
                world.clock.advance(Duration::hours(self.dice.i64(1..300)));
                self.renew(world).await;
            }
        }
    }

    /// Most of what keeps orders from being placed is put right.
    pub async fn mend(&mut self, world: &World) {
        // What was answered last was answered before this.
        world.clock.advance(Duration::milliseconds(1));
        self.reinstate_all(world).await;
        self.open_all(world).await;
        self.resume(world).await;
        self.restore(world).await;
        self.sign_all(world).await;
        self.import(world, SHIPPED.to_owned()).await;
        for provider in 0..2 {
            for reseller in 0..3 {
                if self.dice.bool() {
                    self.connect(world, provider, reseller).await;
                    self.authorise(world, 0, provider, reseller).await;
                    self.authorise(world, 1, provider, reseller).await;
                }
            }
            self.attest(world, provider, 0).await;
            self.attest(world, provider, 1).await;
        }
    }

    async fn invited(&mut self, world: &World, provider: usize, reseller: usize) -> Option<String> {
        let (from, to) = (&self.providers[provider], &self.resellers[reseller]);
        let mut request = invitation(&to.contact());
        if !to.number.is_empty() && self.dice.u8(0..4) > 0 {
            request.partner_id = to.number.clone();
        }
        if self.dice.u8(0..4) == 0 {
            let end = world.clock.now() + Duration::minutes(self.dice.i64(1..20_000));
            request.grants_expire_time = Some(api::time(end.timestamp(), 0));
        }
        let asked = from.anna.asks(request);
        Some(done(world.relationships().create_invitation(asked).await)?.invitation?.name)
    }

    /// Invited, and perhaps reminded, without an answer.
    async fn invite(&mut self, world: &World, provider: usize, reseller: usize) {
        let Some(name) = self.invited(world, provider, reseller).await else { return };
        if self.dice.bool() {
            world.clock.advance(Duration::hours(1));
            self.renew(world).await;
            let asked = self.providers[provider]
                .anna
                .asks(ResendInvitationRequest { name, ..Default::default() });
            done(world.relationships().resend_invitation(asked).await);
        }
    }

    pub(super) async fn connect(&mut self, world: &World, provider: usize, reseller: usize) {
        let Some(name) = self.invited(world, provider, reseller).await else { return };
        let link_secret = secret(world, Purpose::Invitation, &name).await.unwrap();
        let consent = yes(consent::PROVIDER);
        let request = AcceptInvitationRequest { link_secret, consent, ..Default::default() };
        let asked = self.resellers[reseller].anna.asks(request);
        let accepted = done(world.relationships().accept_invitation(asked).await);
        let Some(made) = accepted.and_then(|it| it.relationship) else { return };
        self.ties.push(Tie { name: made.name, provider, reseller });
    }

    pub(super) async fn authorise(
        &mut self,
        world: &World,
        customer: usize,
        provider: usize,
        reseller: usize,
    ) {
        let email = format!("{}@bluewin.example", world.label("buyer"));
        let request = customer_invitation(&self.providers[provider], &email);
        let asked = self.resellers[reseller].anna.asks(request);
        let made = done(world.relationships().create_customer_invitation(asked).await);
        let Some(made) = made.and_then(|it| it.customer_invitation) else { return };
        let purpose = Purpose::CustomerInvitation;
        let link_secret = secret(world, purpose, &made.name).await.unwrap();
        let consent = yes(consent::RESELLER_AND_PROVIDER);
        let request =
            AcceptCustomerInvitationRequest { link_secret, consent, ..Default::default() };
        let asked = self.customers[customer].asks(request);
        let accepted = done(world.relationships().accept_customer_invitation(asked).await);
        let Some(it) = accepted.and_then(|it| it.customer) else { return };
        let rows = it.relationships.into_iter().map(|it| it.name).collect();
        self.sales.push(Sale { customer, provider, reseller, rows });
    }

    pub(super) async fn attest(&mut self, world: &World, provider: usize, customer: usize) {
        let request = AttestCustomerAgreementRequest {
            customer: self.customers[customer].company.replace("companies", "customers"),
            signer_given_name: "Beat".to_owned(),
            signer_family_name: format!("Zbinden {}", self.dice.u16(..)),
            signer_email: "beat@bluewin.example".to_owned(),
            sign_date: "2026-11-24".to_owned(),
            ..Default::default()
        };
        let asked = self.providers[provider].anna.asks(request);
        done(world.agreements().attest_customer_agreement(asked).await);
    }

    async fn accept_agreement(&mut self, world: &World, customer: usize) {
        // Once done it stands for ever: only some of the worlds.
        if self.dice.u8(0..4) > 0 {
            return;
        }
        let who = &self.customers[customer];
        let version = world.version_in_force(who, "customer").await;
        let request = AcceptCustomerAgreementRequest {
            name: version.name,
            document_sha256: version.documents[0].content_sha256.clone(),
            consent: yes(consent::AGREEMENT),
            ..Default::default()
        };
        done(world.agreements().accept_customer_agreement(who.asks(request)).await);
    }
}

/// The id in a name, as the export has it.
pub fn plain(name: &str) -> String {
    let id: uuid::Uuid = last_id::<domain::id::PartnerId>(name).unwrap().0;
    id.simple().to_string()
}
