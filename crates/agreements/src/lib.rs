//! The agreements of the programme: their versions and documents, and who has accepted them.

mod accept_agreement;
mod accept_customer_agreement;
mod attest_customer_agreement;
mod batch_check_agreement_status;
mod check_agreement_status;
mod create_agreement_version;
mod decline_agreement;
mod download_agreement_document;
mod download_evidence_pack;
mod evidence;
mod get_acceptance;
mod get_agreement;
mod get_customer_agreement_status;
mod keyring;
mod list_acceptances;
mod list_agreements;
mod list_evidence_keys;
mod presented;
mod preview_publication;
mod publish_agreement_version;
mod resource;
mod signing;
mod statuses;
mod withdraw_agreement_version;

use api::agreements::v1::{agreements_service_server::AgreementsService, *};
use store::Db;

pub use download_evidence_pack::download_evidence_pack;
pub use evidence::{EvidenceKeys, Flaw, KnownKeys, PublicKey, verify as verify_evidence};
pub use keyring::{Keyring, Lost};

/// What the agreements' RPCs work with.
#[derive(Clone)]
pub struct Service {
    pub db: Db,
    /// What evidence is signed with.
    pub evidence_keys: Keyring,
}

gate::serve! {
    impl AgreementsService for Service {
        create_agreement_version(CreateAgreementVersionRequest) -> CreateAgreementVersionResponse;
        publish_agreement_version(PublishAgreementVersionRequest) -> PublishAgreementVersionResponse;
        withdraw_agreement_version(WithdrawAgreementVersionRequest) -> WithdrawAgreementVersionResponse;
        preview_publication(PreviewPublicationRequest) -> PreviewPublicationResponse;
        list_agreements(ListAgreementsRequest) -> ListAgreementsResponse;
        get_agreement(GetAgreementRequest) -> GetAgreementResponse;
        accept_agreement(AcceptAgreementRequest) -> AcceptAgreementResponse;
        decline_agreement(DeclineAgreementRequest) -> DeclineAgreementResponse;
        get_acceptance(GetAcceptanceRequest) -> GetAcceptanceResponse;
        list_acceptances(ListAcceptancesRequest) -> ListAcceptancesResponse;
        list_evidence_keys(ListEvidenceKeysRequest) -> ListEvidenceKeysResponse;
        check_agreement_status(CheckAgreementStatusRequest) -> CheckAgreementStatusResponse;
        batch_check_agreement_status(BatchCheckAgreementStatusRequest)
            -> BatchCheckAgreementStatusResponse;
        accept_customer_agreement(AcceptCustomerAgreementRequest) -> AcceptCustomerAgreementResponse;
        get_customer_agreement_status(GetCustomerAgreementStatusRequest)
            -> GetCustomerAgreementStatusResponse;
        attest_customer_agreement(AttestCustomerAgreementRequest) -> AttestCustomerAgreementResponse;
    }
    streams {
        download_agreement_document(DownloadAgreementDocumentRequest)
            -> DownloadAgreementDocumentResponse as DownloadAgreementDocumentStream;
        download_evidence_pack(DownloadEvidencePackRequest)
            -> DownloadEvidencePackResponse as DownloadEvidencePackStream;
    }
}
