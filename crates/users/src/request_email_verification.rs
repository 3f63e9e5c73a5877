//! A person asks for the link that proves its own mailbox (R4).

use api::users::v1::{RequestEmailVerificationRequest, RequestEmailVerificationResponse};
use domain::{
    Call, Error, Language, Reason, Result, constants::EMAIL_LINK, id::user_name, link::Purpose,
    mail::Template,
};
use event::{EmailVerificationRequested, Event, event::Kind};
use store::{NewMail, Tx};

use crate::{Service, factor, resource::user};

pub async fn request_email_verification(
    service: &Service,
    call: &Call,
    _: RequestEmailVerificationRequest,
) -> Result<RequestEmailVerificationResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let write = async |tx: &mut Tx| {
        let seen = factor::own(tx, caller).await?;
        if seen.email_verify_time.is_some() {
            return Err(Error::new(Reason::InvalidStateTransition)
                .with("currentState", "VERIFIED")
                .with("allowedStates", "UNVERIFIED"));
        }
        let row = factor::put(tx, &seen, factor::asked(&seen, tx.now())?).await?;
        let link = tx.renew_link(Purpose::EmailVerification, row.id.0, EMAIL_LINK).await?;
        let company = tx.company(row.company_id).await?;
        let mail = NewMail {
            template: Template::EmailVerification,
            language: Language::of_tag(&row.language_code),
            recipient: &row.email,
            params: &[("name", &row.given_name), ("company", &company.display_name)],
            link: Some(&link),
        };
        tx.send_to(company.id, mail).await?;
        let name = user_name(row.company_id, row.id);
        let what = EmailVerificationRequested { user: name.clone() };
        let event = Event::of(name, Kind::EmailVerificationRequested(what));
        tx.record(event, &[row.company_id]);
        Ok(RequestEmailVerificationResponse {
            user: Some(user(&row, &tx.roles(row.id).await?)),
            expire_time: Some(gate::wire_time(link.expire_time)),
            plan: None,
        })
    };
    service.db.write(call, write).await
}
