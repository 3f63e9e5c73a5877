//! What a certificate says of the service that shows it, read more strictly than TLS does.

use domain::Timestamp;
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _, time::ASN1Time,
    x509::X509Version,
};

use crate::spiffe;

/// Who a certificate is of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) uri: String,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
}

impl Identity {
    /// Fails unless the certificate is one service's own, made for clients: that it leads to an
    /// authority is for TLS to find out.
    pub(super) fn read(der: &[u8]) -> Result<Self, &'static str> {
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| "unreadable")?;
        if !rest.is_empty() || certificate.version() != X509Version::V3 {
            return Err("not one certificate of version 3");
        }
        check_use(&certificate)?;
        let twice = |_| "an extension that is unreadable or there twice";
        let names = certificate.subject_alternative_name().map_err(twice)?;
        let names = names.map(|it| it.value.general_names.as_slice()).unwrap_or_default();
        let uris: Option<Vec<&str>> = names
            .iter()
            .filter(|it| matches!(it, GeneralName::URI(_) | GeneralName::Invalid(..)))
            .map(|it| if let GeneralName::URI(uri) = it { Some(*uri) } else { None })
            .collect();
        let [uri] = uris.ok_or("a name that is unreadable")?[..] else {
            return Err("not exactly one URI");
        };
        if !spiffe::is_of_workload(uri) {
            return Err("not the SPIFFE id of one workload");
        }
        let validity = certificate.validity();
        Ok(Self {
            uri: uri.to_owned(),
            not_before: time(validity.not_before)?,
            not_after: time(validity.not_after)?,
        })
    }
}

/// When a certificate is good that leads from another one to an authority.
pub(super) fn validity(der: &[u8]) -> Result<(Timestamp, Timestamp), &'static str> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| "unreadable")?;
    let validity = certificate.validity();
    Ok((time(validity.not_before)?, time(validity.not_after)?))
}

/// For clients, and for signing handshakes only.
fn check_use(certificate: &X509Certificate<'_>) -> Result<(), &'static str> {
    let twice = |_| "an extension that is unreadable or there twice";
    let basics = certificate.basic_constraints().map_err(twice)?;
    if basics.is_some_and(|it| it.value.ca) {
        return Err("an authority's own");
    }
    let uses = certificate.key_usage().map_err(twice)?;
    let signs_handshakes = |it: &x509_parser::extensions::KeyUsage| {
        it.digital_signature() && !it.key_cert_sign() && !it.crl_sign()
    };
    if !uses.is_none_or(|it| signs_handshakes(it.value)) {
        return Err("a key for other uses");
    }
    let purposes = certificate.extended_key_usage().map_err(twice)?;
    match purposes.is_some_and(|it| it.value.client_auth && !it.value.any) {
        true => Ok(()),
        false => Err("not for clients"),
    }
}

fn time(of: ASN1Time) -> Result<Timestamp, &'static str> {
    Timestamp::from_timestamp(of.timestamp(), 0).ok_or("a time nobody can write down")
}
