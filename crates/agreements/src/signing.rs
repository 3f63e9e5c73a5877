//! What an acceptance keeps of its moment, so that its evidence can be given for ever (A3, A5).

use domain::{
    Call, Error, Reason, Result, UserCaller,
    agreement::Audience,
    course::Course,
    id::{AcceptanceId, SessionId, VersionId, version_name},
};
use store::{
    Party, Tx,
    entity::{acceptance, company},
};

/// What the signer says it accepts.
pub struct Signature<'a> {
    pub audience: Audience,
    pub version: VersionId,
    pub document_sha256: &'a [u8],
    pub consent_text_sha256: &'a [u8],
}

/// Writes the acceptance down. Its natural key answers first: what is signed stays signed, in force
/// or not; then the version has to be in force, and the document one of its own.
pub async fn accept(
    tx: &mut Tx,
    call: &Call,
    caller: &UserCaller,
    signature: &Signature<'_>,
    (company, party): (&company::Model, Option<&Party>),
) -> Result<(acceptance::Model, Course)> {
    let (audience, id) = (signature.audience, signature.version);
    let version = tx.any_version(audience, id).await?;
    let row = moment(tx, call, caller, signature, (company, party)).await?;
    let row = tx.add_acceptance(row).await?;
    let course = tx.any_course(audience).await?;
    let current = course.in_force.map(|it| version_name(audience, it)).unwrap_or_default();
    version.state.check_signable(&current)?;
    if !tx
        .any_documents(vec![id])
        .await?
        .remove(&id)
        .unwrap_or_default()
        .iter()
        .any(|it| it.content_sha256 == signature.document_sha256)
    {
        return Err(Error::new(Reason::DocumentHashMismatch));
    }
    Ok((row, course))
}

/// Everything that is so now.
async fn moment(
    tx: &Tx,
    call: &Call,
    caller: &UserCaller,
    signature: &Signature<'_>,
    (company, party): (&company::Model, Option<&Party>),
) -> Result<acceptance::Model> {
    let signer = tx.account(caller.user).await?;
    let enrollment = party.and_then(|it| it.enrollment.as_ref());
    let location = party.and_then(|it| it.location.as_ref());
    let local = tx.programme().directory_domain.to_string();
    let roles: Vec<&str> = caller.roles.iter().map(|it| it.as_str()).collect();
    let (version, sha256) = (signature.version, signature.document_sha256);
    Ok(acceptance::Model {
        id: AcceptanceId::mint(tx.now()),
        partner_id: party.map(|it| it.partner.id),
        company_id: company.id,
        version_id: version,
        audience: signature.audience,
        document_sha256: sha256.to_vec(),
        signer_id: caller.user,
        // A token of its own directory's issuer is no session of ours.
        signer_session_id: caller.session().unwrap_or(SessionId::NONE),
        signer_roles: roles.join(" "),
        signer_auth_time: caller.auth_time,
        signer_amr: caller.amr.clone(),
        consent_text_sha256: signature.consent_text_sha256.to_vec(),
        download_time: tx.download_time(caller.user, version, sha256).await?,
        accept_time: tx.now(),
        signer_issuer: caller.identity().map_or(local, |(issuer, _)| issuer.to_owned()),
        signer_subject: caller.identity().map(|it| it.1.to_owned()).unwrap_or_default(),
        signer_given_name: signer.given_name,
        signer_family_name: signer.family_name,
        signer_email: signer.email,
        company_name: company.display_name.clone(),
        legal_name: enrollment.map(|it| it.legal_name.clone()).unwrap_or_default(),
        region_code: company.region_code.clone(),
        partner_number: location.map(|it| it.number.clone()).unwrap_or_default(),
        authority_text_sha256: enrollment.and_then(|it| it.authority_text_sha256.clone()),
        authority_user_id: enrollment.and_then(|it| it.submitter_id),
        authority_time: enrollment.and_then(|it| it.submit_time),
        present_time: tx.present_time(caller.user, version).await?,
        peer_address: call.origin.peer.map(|it| it.to_string()).unwrap_or_default(),
        user_agent: call.origin.user_agent.clone(),
    })
}
