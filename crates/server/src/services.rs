//! Internal services, known by the SPIFFE id in their certificates.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    Caller, Credential, Error, InternalCaller, Principal, Reason, Result, Role, Timestamp, Who,
    id::CompanyId,
};
use gate::PeerCertificate;

use crate::{config::Config, listen::Tls};

/// Those that are let in, and by what they are recognised.
pub(crate) struct Services {
    tls: Option<Arc<Tls>>,
    /// The vendor's own company, for which they act.
    company: CompanyId,
    roles: BTreeMap<String, Vec<Role>>,
}

impl Services {
    pub(crate) fn new(config: &Config, tls: Option<Arc<Tls>>, company: CompanyId) -> Self {
        let roles = |all: &[String]| all.iter().filter_map(|it| Role::of(it)).collect();
        let listed = config.internal_service.iter();
        let roles = listed.map(|it| (it.spiffe.clone(), roles(&it.roles))).collect();
        Self { tls, company, roles }
    }

    /// Who shows this certificate. What was good when it connected has to be so on every call: in
    /// time, of an authority that is trusted now, and of a service that is let in.
    pub(crate) fn caller(&self, shown: &PeerCertificate, now: Timestamp) -> Result<Caller> {
        if *shown.valid.end() < now {
            return Err(Error::new(Reason::CredentialExpired));
        }
        let is_trusted = self.tls.as_ref().is_some_and(|it| it.is_trusted(shown, now));
        let roles = self.roles.get(&shown.uri).filter(|_| is_trusted && shown.valid.contains(&now));
        let roles = roles.ok_or_else(|| Error::new(Reason::CredentialInvalid))?;
        let principal = Principal {
            who: Who::Internal(shown.uri.clone()),
            company: self.company,
            partner: None,
            as_platform: false,
            roles: roles.clone(),
            credential: Credential::Certificate { sha256: shown.sha256.clone() },
            expire_time: *shown.valid.end(),
        };
        Ok(Caller::Internal(InternalCaller { principal }))
    }
}
