//! The forwarded invitation (MX): a mail reaches the wrong company first, then the right one.

use api::{
    enrollment::v1::{AddressChoice, CheckDecision, CheckKind},
    relationships::v1::{
        AcceptInvitationRequest, CreateInvitationRequest, GrantState, GrantType,
        ListRelationshipsRequest, OrderOperation, PreviewInvitationRequest,
        PreviewInvitationResponse, Relationship, RelationshipState, RevokeGrantRequest,
    },
    types::v1::PostalAddress,
    users::v1::ListUsersRequest,
};
use chrono::Duration;
use domain::{Role, consent};
use it::{
    Persona, World,
    cast::{Firm, Stage, invitation, yes},
    look::{bytes, moment, unmet_in},
    metadata, on_each_engine, reason,
};
use tonic::{Response, Status};

use super::{begun, profile, state_address};
use crate::thread::blockers;

const BUYER: &str = "compras@nubetapatia.example";

#[tokio::test(flavor = "multi_thread")]
async fn the_forwarded_invitation() {
    on_each_engine(async |world| {
        world.until("2027-01-29T20:00:00Z");
        let anahuac = world.provider("anahuac", "MX", Stage::Active).await;
        let cerro_azul = world.reseller("cerroazul", "MX", Stage::Active).await;
        let nube = begun(&world, "nubetapatia", "MX", "nubetapatia.example").await;
        state_its_address(&world, &nube).await;
        confirm(&world, &nube).await;
        let secret = invite(&world, &anahuac, &nube).await;
        word_badly(&world, &anahuac).await;

        let cerro_azul = world.again(&cerro_azul).await;
        let err = accept(&world, &cerro_azul.anna, &secret).await.unwrap_err();
        assert_eq!(unmet_in(&err), ["invitation.addressee"], "{}", world.engine);
        let details = String::from_utf8_lossy(err.details());
        assert!(details.contains("INVITATION_RECIPIENT_MISMATCH"), "{}", world.engine);
        preview(&world, &secret).await.unwrap();
        let nube = world.again(&nube).await;
        world.decide(&nube, CheckKind::Business, CheckDecision::Pass).await;
        world.tie(&nube).await;
        world.sign(&nube).await;
        let nube = be_refused(&world, &nube, &secret).await;
        race(&world, &nube, &anahuac, &secret).await;
        revoke(&world, &nube, &anahuac).await;
        assert!(world.stored(&secret).await.is_empty(), "{}", world.engine);
    })
    .await;
}

/// (a): the state that is not the city's, and a street that would break a line.
async fn state_its_address(world: &World, nube: &Firm) {
    let leon = |it: &mut PostalAddress| it.administrative_area = "N.L.".to_owned();
    let judged = state_address(world, nube, AddressChoice::Unspecified, leon).await.unwrap();
    let suggestion = judged.address_review.clone().unwrap().suggestion.unwrap();
    assert_eq!(suggestion.administrative_area, "Jal.", "{}", world.engine);
    // What was not chosen is not done.
    let stays = profile(&judged).address.unwrap();
    assert_eq!(stays.administrative_area, "N.L.", "{}", world.engine);
    let taken = state_address(world, nube, AddressChoice::Suggested, leon).await.unwrap();
    assert_eq!(profile(&taken).address, Some(suggestion), "{}", world.engine);
    assert_eq!(profile(&taken).address_choice(), AddressChoice::Suggested, "{}", world.engine);
    let broken = |it: &mut PostalAddress| it.address_lines = vec!["Av. Vallarta\r\n1300".into()];
    let err = state_address(world, nube, AddressChoice::KeptOwn, broken).await.unwrap_err();
    assert_eq!(reason(&err), "FIELD_INVALID", "{}", world.engine);
    world.fill_in(nube).await;
}

/// (b): late on a Friday, before a holiday on Monday.
async fn confirm(world: &World, nube: &Firm) {
    world.submit(nube).await;
    world.until("2027-01-30T05:30:00Z");
    world.confirm(nube).await;
    let review = world.enrollment_of(nube).await.review.unwrap();
    assert_eq!(moment(review.expected_by_time), "2027-02-09T06:00:00Z", "{}", world.engine);
}

/// (c) and (d): the invited is not ready yet, and is not invited twice.
async fn invite(world: &World, anahuac: &Firm, nube: &Firm) -> String {
    world.decide(nube, CheckKind::Employment, CheckDecision::Pass).await;
    let asked = anahuac.anna.asks(invitation(BUYER));
    let made = world.relationships().create_invitation(asked).await.unwrap().into_inner();
    let first = made.invitation.unwrap().name;
    let secret = world.secret_to(BUYER).await;
    // Hours have passed since its global admin signed in.
    let nube = world.again(nube).await;
    let err = accept(world, &nube.anna, &secret).await.unwrap_err();
    let expected =
        ["check.business", "partner-id.associated", "partner-id.active", "agreement.accepted"];
    assert_eq!(unmet_in(&err), expected, "{}", world.engine);
    preview(world, &secret).await.unwrap();

    let asked = anahuac.anna.asks(invitation(&BUYER.to_uppercase()));
    let err = world.relationships().create_invitation(asked).await.unwrap_err();
    assert_eq!(reason(&err), "DUPLICATE_INVITATION", "{}", world.engine);
    assert_eq!(metadata(&err, "invitation"), first, "{}", world.engine);
    secret
}

/// (e): what a mail must not carry, and what it carries unharmed.
async fn word_badly(world: &World, anahuac: &Firm) {
    let other = "ana.ruiz@otranube.example";
    let with_link =
        CreateInvitationRequest { message: "ver http://x".to_owned(), ..invitation(other) };
    let broken = CreateInvitationRequest {
        company_name: "Nube\r\nBcc: all@x.example <b>".to_owned(),
        ..invitation(other)
    };
    for (request, why) in [(with_link, "MESSAGE_NOT_ALLOWED"), (broken, "FIELD_INVALID")] {
        let asked = anahuac.anna.asks(request);
        let err = world.relationships().create_invitation(asked).await.unwrap_err();
        assert_eq!(reason(&err), why, "{}", world.engine);
    }
    assert!(world.subjects_to(other).await.is_empty(), "{}", world.engine);
    let bold = CreateInvitationRequest {
        company_name: "Nube <b>Tapatía</b> {link}".to_owned(),
        ..invitation(other)
    };
    world.relationships().create_invitation(anahuac.anna.asks(bold)).await.unwrap();
    let mail = world.mail_to(other).await;
    assert!(mail.text.contains("Nube <b>Tapatía</b> {link}"), "{mail:?} on {}", world.engine);
    assert_eq!(mail.text.matches("/accept-invitation#").count(), 1, "{mail:?}");
}

/// (g): the wrong role, an old sign-in, no consent.
async fn be_refused(world: &World, nube: &Firm, secret: &str) -> Firm {
    let agent = world.with_roles(&nube.anna, &[Role::AdminAgent]).await;
    let err = accept(world, &agent, secret).await.unwrap_err();
    assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
    assert_eq!(metadata(&err, "requiredRoles"), "GLOBAL_ADMIN", "{}", world.engine);
    let anna = world.with_roles(&nube.anna, &[Role::GlobalAdmin, Role::AdminAgent]).await;
    world.clock.advance(Duration::minutes(16));
    let err = accept(world, &anna, secret).await.unwrap_err();
    assert_eq!(reason(&err), "FRESH_AUTHENTICATION_REQUIRED", "{}", world.engine);
    let nube = world.again(nube).await;
    let mut refusing = acceptance(secret);
    refusing.consent.as_mut().unwrap().given = false;
    let asked = nube.anna.asks(refusing);
    let err = world.relationships().accept_invitation(asked).await.unwrap_err();
    assert_eq!(reason(&err), "CONSENT_REQUIRED", "{}", world.engine);
    let shown = preview(world, secret).await.unwrap();
    let powers: Vec<_> = shown.grants().collect();
    assert_eq!(powers, [GrantType::OrderOnBehalf, GrantType::DelegatedAdmin], "{}", world.engine);
    nube
}

/// (h): one of 64 wins, and both sides list the other.
async fn race(world: &World, nube: &Firm, anahuac: &Firm, secret: &str) {
    let tries: Vec<_> = (0..64)
        .map(|_| {
            let (mut client, asked) = (world.relationships(), nube.anna.asks(acceptance(secret)));
            tokio::spawn(async move { client.accept_invitation(asked).await })
        })
        .collect();
    let (mut n_good, mut refusals) = (0, Vec::new());
    for it in tries {
        match it.await.unwrap() {
            Ok(_) => n_good += 1,
            Err(err) => refusals.push(reason(&err)),
        }
    }
    assert_eq!((n_good, refusals), (1, vec!["LINK_USED".to_owned(); 63]), "{}", world.engine);
    let mine = relationships(world, &nube.anna).await;
    assert_eq!(mine, relationships(world, &anahuac.anna).await, "{}", world.engine);
    assert_eq!(mine.len(), 1, "{}", world.engine);
    assert_eq!(mine[0].provider.as_ref().unwrap().partner, anahuac.partner);
    assert_eq!(mine[0].reseller.as_ref().unwrap().partner, nube.partner);
    assert!(mine[0].grants.len() == 2 && mine[0].grants.iter().all(|it| it.live));
}

/// (i): one power ends, the relationship and the other go on.
async fn revoke(world: &World, nube: &Firm, anahuac: &Firm) {
    let customer = world.company("zapopan", "MX").await;
    let name = world.authorise(&customer, nube, anahuac).await.name;
    let stranger = world.reseller("sierra", "MX", Stage::Active).await;
    people_of(world, anahuac, nube).await.unwrap();
    let request = RevokeGrantRequest {
        name: relationships(world, &nube.anna).await.remove(0).name,
        grant_type: GrantType::DelegatedAdmin.into(),
        ..RevokeGrantRequest::default()
    };
    let asked = nube.anna.asks(request);
    let revoked = world.relationships().revoke_grant(asked).await.unwrap().into_inner();
    let relationship = revoked.relationship.unwrap();
    assert_eq!(relationship.state(), RelationshipState::Active, "{}", world.engine);
    for it in &relationship.grants {
        let is_revoked = it.r#type() == GrantType::DelegatedAdmin;
        let state = if is_revoked { GrantState::Revoked } else { GrantState::Active };
        assert_eq!((it.state(), it.live), (state, !is_revoked), "{}", world.engine);
    }
    let (mine, theirs) =
        (people_of(world, anahuac, nube).await, people_of(world, anahuac, &stranger).await);
    assert_eq!(bytes(&mine.unwrap_err()), bytes(&theirs.unwrap_err()), "{}", world.engine);
    let all = (anahuac, nube, name.as_str());
    let buy = OrderOperation::NewPurchase;
    let blocking = blockers(world, &anahuac.anna, all, buy).await;
    // Nothing of the channel is in the way; the customer has not signed yet.
    assert_eq!(blocking, ["customer.agreement"], "{}", world.engine);
}

/// A provider asks for the people of a reseller.
async fn people_of(world: &World, of: &Firm, reseller: &Firm) -> Result<usize, Status> {
    let ask = ListUsersRequest { partner: reseller.partner.clone(), ..Default::default() };
    let answer = world.users().list_users(of.anna.asks(ask)).await?;
    Ok(answer.into_inner().users.len())
}

fn acceptance(secret: &str) -> AcceptInvitationRequest {
    AcceptInvitationRequest {
        link_secret: secret.to_owned(),
        consent: yes(consent::PROVIDER),
        ..AcceptInvitationRequest::default()
    }
}

async fn accept(
    world: &World,
    who: &Persona,
    secret: &str,
) -> Result<Response<api::relationships::v1::AcceptInvitationResponse>, Status> {
    world.relationships().accept_invitation(who.asks(acceptance(secret))).await
}

async fn preview(world: &World, secret: &str) -> Result<PreviewInvitationResponse, Status> {
    let ask = PreviewInvitationRequest { link_secret: secret.to_owned() };
    world.relationships().preview_invitation(ask).await.map(|it| it.into_inner())
}

async fn relationships(world: &World, who: &Persona) -> Vec<Relationship> {
    let asked = who.asks(ListRelationshipsRequest::default());
    world.relationships().list_relationships(asked).await.unwrap().into_inner().relationships
}
