//! What happens to an invitation, and what holds meanwhile.

use api::relationships::v1::{
    AcceptCustomerInvitationRequest, AcceptInvitationRequest, CancelCustomerInvitationRequest,
    CancelInvitationRequest, Customer, DeclineCustomerInvitationRequest, DeclineInvitationRequest,
    GetCustomerInvitationRequest, GetInvitationRequest, GrantType, InvitationState,
    ListCustomersRequest, PreviewCustomerInvitationRequest, PreviewInvitationRequest,
    ResendCustomerInvitationRequest, ResendInvitationRequest, RestoreGrantRequest,
};
use chrono::Duration;
use domain::consent;
use it::{
    Persona, World,
    cast::{Firm, customer_invitation, invitation, yes},
    reason,
};
use tonic::Status;

use super::super::{Line, everybody::Everybody};
use crate::{grants, locations, parting, relationships::relationships, ties};

/// An invitation that was sent.
pub struct Case {
    pub name: String,
    secret: String,
    address: String,
}

pub struct Walk<'a> {
    pub world: &'a World,
    pub lines: &'a [Line],
    machine: &'static str,
    all: Everybody,
}

impl<'a> Walk<'a> {
    pub async fn begin_with(world: &'a World, machine: &'static str, lines: &'a [Line]) -> Self {
        let all = Everybody::gather(world).await;
        let walk = Self { world, lines, machine, all };
        if machine == "customer" {
            walk.connect().await;
        }
        walk
    }

    fn is_to_reseller(&self) -> bool {
        self.machine == "reseller"
    }

    fn inviter(&self) -> &Firm {
        if self.is_to_reseller() { &self.all.provider } else { &self.all.reseller }
    }

    async fn fresh(&self, of: &Firm) -> Firm {
        Firm { anna: self.all.anna(self.world, of).await, ..of.clone() }
    }

    async fn connect(&self) {
        let provider = self.fresh(&self.all.provider).await;
        let reseller = self.fresh(&self.all.reseller).await;
        self.world.connect(&provider, &reseller).await;
    }

    fn address(&self) -> String {
        let label = self.world.label("buyer");
        match self.is_to_reseller() {
            true => format!("{label}@{}", self.all.reseller.domain),
            false => format!("{label}@bluewin.example"),
        }
    }

    /// The new invitation's name and state.
    async fn create(
        &self,
        who: &Persona,
        address: &str,
    ) -> Result<(String, InvitationState), Status> {
        let mut client = self.world.relationships();
        if self.is_to_reseller() {
            let asked = who.asks(invitation(address));
            let made = client.create_invitation(asked).await?.into_inner().invitation.unwrap();
            return Ok((made.name.clone(), made.state()));
        }
        let asked = who.asks(customer_invitation(&self.all.provider, address));
        let made = client.create_customer_invitation(asked).await?.into_inner();
        let made = made.customer_invitation.unwrap();
        Ok((made.name.clone(), made.state()))
    }

    pub async fn create_anew(&self, actor: &str) -> String {
        let who = self.all.person(self.world, actor).await;
        match self.create(&who, &self.address()).await {
            Ok((_, state)) => shown(state),
            Err(refused) => reason(&refused),
        }
    }

    /// An invitation in this state; nobody is connected through an earlier one.
    pub async fn begin(&self, (state, is_written): (&str, bool)) -> Case {
        self.clear().await;
        let address = self.address();
        let inviter = self.all.anna(self.world, self.inviter()).await;
        let (name, _) = self.create(&inviter, &address).await.unwrap();
        let secret = self.world.secret_to(&address).await;
        let case = Case { name, secret, address };
        let invited = if self.is_to_reseller() { "RS-GA" } else { "CU-GA" };
        let own = if self.is_to_reseller() { "PV-GA" } else { "RS-GA" };
        match state {
            "PENDING" => {}
            "ACCEPTED" => {
                self.act("Accept", invited, "-", &case).await.unwrap();
                if self.is_to_reseller() {
                    self.clear().await;
                }
            }
            "DECLINED" => drop(self.act("Decline", invited, "-", &case).await.unwrap()),
            "CANCELLED" => drop(self.act("Cancel", own, "-", &case).await.unwrap()),
            "EXPIRED" => {
                self.world.clock.advance(Duration::days(30));
                if is_written {
                    self.world.deliver().await;
                }
            }
            other => panic!("no state {other}"),
        }
        assert_eq!(self.state(&case).await, state, "{}", self.world.engine);
        case
    }

    /// Whoever was connected, or authorised, is no longer.
    async fn clear(&self) {
        let anna = self.all.anna(self.world, self.inviter()).await;
        if self.is_to_reseller() {
            for it in relationships(self.world, &anna).await {
                ties::end(self.world, &anna, &it.name).await.unwrap();
            }
            return;
        }
        let asked = anna.asks(ListCustomersRequest::default());
        let all = self.world.relationships().list_customers(asked).await.unwrap().into_inner();
        let of_reseller = |it: Customer| {
            it.relationships.into_iter().find(|row| row.partner == row.via_reseller).unwrap().name
        };
        for row in all.customers.into_iter().map(of_reseller) {
            parting::end(self.world, &anna, &row).await.unwrap();
        }
    }

    pub async fn state(&self, case: &Case) -> String {
        let anna = self.all.anna(self.world, self.inviter()).await;
        let (name, mut client) = (case.name.clone(), self.world.relationships());
        if self.is_to_reseller() {
            let asked = anna.asks(GetInvitationRequest { name });
            let found = client.get_invitation(asked).await.unwrap().into_inner();
            return shown(found.invitation.unwrap().state());
        }
        let asked = anna.asks(GetCustomerInvitationRequest { name });
        let found = client.get_customer_invitation(asked).await.unwrap().into_inner();
        shown(found.customer_invitation.unwrap().state())
    }

    /// Tries an action; what came to be beside the new state.
    pub async fn act(
        &self,
        action: &str,
        actor: &str,
        condition: &str,
        case: &Case,
    ) -> Result<&'static str, Status> {
        if actor == "SYS" {
            self.befall(action).await;
            return Ok("");
        }
        let clock = &self.world.clock;
        if action == "Resend" && condition != "too soon" {
            clock.advance(Duration::hours(1));
        }
        let who = self.all.person(self.world, actor).await;
        if condition == "stale" {
            clock.advance(Duration::seconds(901));
        }
        match (action, self.is_to_reseller()) {
            ("Create", _) => {
                let (name, state) = self.create(&who, &case.address).await?;
                assert!(name != case.name && state == InvitationState::Pending, "{case:?}");
                return Ok(" + PENDING");
            }
            ("Resend", _) => {
                self.resend(&who, case).await?;
                let err = self.link("Preview", &who, true, case).await.unwrap_err();
                assert_eq!(reason(&err), "LINK_SUPERSEDED", "{case:?}");
                return Ok(" + link");
            }
            ("Cancel", true) => {
                let ask = CancelInvitationRequest { name: case.name.clone(), ..Default::default() };
                self.world.relationships().cancel_invitation(who.asks(ask)).await?;
            }
            ("Cancel", false) => {
                let name = case.name.clone();
                let ask = CancelCustomerInvitationRequest { name, ..Default::default() };
                self.world.relationships().cancel_customer_invitation(who.asks(ask)).await?;
            }
            (action, _) => self.link(action, &who, condition != "silent", case).await?,
        }
        Ok("")
    }

    async fn resend(&self, who: &Persona, case: &Case) -> Result<(), Status> {
        let (name, mut client) = (case.name.clone(), self.world.relationships());
        if self.is_to_reseller() {
            let ask = ResendInvitationRequest { name, ..Default::default() };
            return client.resend_invitation(who.asks(ask)).await.map(drop);
        }
        let ask = ResendCustomerInvitationRequest { name, ..Default::default() };
        client.resend_customer_invitation(who.asks(ask)).await.map(drop)
    }

    /// What the link's holder does.
    async fn link(
        &self,
        action: &str,
        who: &Persona,
        consents: bool,
        case: &Case,
    ) -> Result<(), Status> {
        let (link_secret, mut client) = (case.secret.clone(), self.world.relationships());
        match (action, self.is_to_reseller()) {
            ("Preview", true) => {
                let ask = PreviewInvitationRequest { link_secret };
                client.preview_invitation(who.asks(ask)).await.map(drop)
            }
            ("Preview", false) => {
                let ask = PreviewCustomerInvitationRequest { link_secret };
                client.preview_customer_invitation(who.asks(ask)).await.map(drop)
            }
            ("Accept", true) => {
                let consent = yes(consent::PROVIDER).filter(|_| consents);
                let rest = AcceptInvitationRequest::default();
                let ask = AcceptInvitationRequest { link_secret, consent, ..rest };
                client.accept_invitation(who.asks(ask)).await.map(drop)
            }
            ("Accept", false) => {
                let consent = yes(consent::RESELLER_AND_PROVIDER).filter(|_| consents);
                let rest = AcceptCustomerInvitationRequest::default();
                let ask = AcceptCustomerInvitationRequest { link_secret, consent, ..rest };
                client.accept_customer_invitation(who.asks(ask)).await.map(drop)
            }
            ("Decline", true) => {
                let ask = DeclineInvitationRequest { link_secret, ..Default::default() };
                client.decline_invitation(who.asks(ask)).await.map(drop)
            }
            ("Decline", false) => {
                let ask = DeclineCustomerInvitationRequest { link_secret, ..Default::default() };
                client.decline_customer_invitation(who.asks(ask)).await.map(drop)
            }
            (other, _) => panic!("no action {other}"),
        }
    }

    /// What time and others do; the ground is as before afterwards.
    async fn befall(&self, event: &str) {
        match event {
            "expire_time" => {
                self.world.clock.advance(Duration::days(30));
                self.world.deliver().await;
            }
            "connected otherwise" => self.connect().await,
            "relationship ended" => {
                let anna = self.all.anna(self.world, &self.all.reseller).await;
                let name = self.relationship(&anna).await;
                ties::end(self.world, &anna, &name).await.unwrap();
                self.connect().await;
            }
            "relationship held" => {
                self.prepare_ground("held").await;
                self.undo("held").await;
            }
            "inviter suspended" => {
                self.prepare_ground("inviter suspended").await;
                self.undo("inviter suspended").await;
            }
            other => panic!("no event {other}"),
        }
    }

    async fn relationship(&self, who: &Persona) -> String {
        relationships(self.world, who).await.remove(0).name
    }

    pub async fn prepare(&self, condition: &str, case: &Case) {
        if condition == "sixth" && self.state(case).await == "PENDING" {
            for _ in 0..5 {
                self.world.clock.advance(Duration::hours(1));
                let anna = self.all.anna(self.world, self.inviter()).await;
                self.resend(&anna, case).await.unwrap();
            }
        }
        self.prepare_ground(condition).await;
    }

    async fn prepare_ground(&self, condition: &str) {
        let (world, provider, reseller) = (self.world, &self.all.provider, &self.all.reseller);
        match condition {
            "inviter suspended" => world.suspend(&self.inviter().partner, Some("audit")).await,
            "provider suspended" => world.suspend(&provider.partner, Some("audit")).await,
            "reseller suspended" => world.suspend(&reseller.partner, Some("audit")).await,
            "reinstated" => {
                world.suspend(&provider.partner, Some("audit")).await;
                world.suspend(&provider.partner, None).await;
            }
            "provider closed" => {
                let of = self.fresh(provider).await;
                let name = locations::place_name(world, &of, &of.number).await;
                let operator = self.all.person(world, "OP").await;
                locations::close(world, &operator, &name).await.unwrap();
            }
            "held" => {
                let anna = self.all.anna(world, provider).await;
                let name = self.relationship(&anna).await;
                ties::suspend(world, &anna, &name).await.unwrap();
            }
            "grant revoked" => {
                let anna = self.all.anna(world, reseller).await;
                let (name, power) = (self.relationship(&anna).await, GrantType::OrderOnBehalf);
                grants::revoke(world, &anna, &name, power).await.unwrap();
            }
            _ => {}
        }
    }

    pub async fn undo(&self, condition: &str) {
        let (world, provider, reseller) = (self.world, &self.all.provider, &self.all.reseller);
        match condition {
            "inviter suspended" => world.suspend(&self.inviter().partner, None).await,
            "provider suspended" => world.suspend(&provider.partner, None).await,
            "reseller suspended" => world.suspend(&reseller.partner, None).await,
            "provider closed" => {
                let of = self.fresh(provider).await;
                let name = locations::place_name(world, &of, &of.number).await;
                let operator = self.all.person(world, "OP").await;
                locations::open(world, &operator, &name).await.unwrap();
            }
            "held" => {
                let anna = self.all.anna(world, provider).await;
                let name = self.relationship(&anna).await;
                ties::resume(world, &anna, &name).await.unwrap();
            }
            "grant revoked" => {
                let anna = self.all.anna(world, reseller).await;
                let request = RestoreGrantRequest {
                    name: self.relationship(&anna).await,
                    grant_type: GrantType::OrderOnBehalf.into(),
                    consent: yes(consent::ORDER_ON_BEHALF),
                    ..RestoreGrantRequest::default()
                };
                world.relationships().restore_grant(anna.asks(request)).await.unwrap();
            }
            _ => {}
        }
    }
}

fn shown(state: InvitationState) -> String {
    state.as_str_name().strip_prefix("INVITATION_STATE_").unwrap().to_owned()
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {}", self.name, self.address)
    }
}
