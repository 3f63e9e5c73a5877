//! Statements that somebody makes, by their text.

use sha2::{Digest as _, Sha256};

use crate::{Error, Language, Reason, Result, relationship::Grant};

/// A statement in the languages we speak.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    english: &'static str,
    spanish: &'static str,
}

/// What the applicant says at submission (E8).
pub const AUTHORITY: Statement = Statement {
    english: "I may act for this company in this matter, and what I have stated about it is true.",
    spanish: "Puedo actuar en nombre de esta empresa en este asunto, y lo que he declarado sobre \
              ella es cierto.",
};

/// What the contact says first (E8).
pub const REGISTRATION_KNOWN: Statement = Statement {
    english: "I know that this company is being registered as a partner with me as its contact.",
    spanish: "Sé que esta empresa se está inscribiendo como socio y que yo soy su contacto.",
};

/// What the contact says second (E8).
pub const ADDRESS_OWNED: Statement = Statement {
    english: "This e-mail address is mine at this company.",
    spanish: "Esta dirección de correo es la mía en esta empresa.",
};

/// What a signer says of an agreement (A3, A5).
pub const AGREEMENT: Statement = Statement {
    english: "I have read this agreement, I may bind my company, and I accept the agreement for it.",
    spanish: "He leído este contrato, puedo obligar a mi empresa y lo acepto en su nombre.",
};

/// What a reseller says when it takes a provider (R4, R6).
pub const PROVIDER: Statement = Statement {
    english: "My company authorises this provider to order for our customers and to read our own \
              company's administration, until we revoke it.",
    spanish: "Mi empresa autoriza a este proveedor a hacer pedidos para nuestros clientes y a \
              consultar la administración de nuestra empresa, hasta que lo revoquemos.",
};

/// What a reseller says when it gives ORDER_ON_BEHALF again (R6).
pub const ORDER_ON_BEHALF: Statement = Statement {
    english: "My company authorises this provider again to order for our customers, until we revoke \
              it.",
    spanish: "Mi empresa autoriza de nuevo a este proveedor a hacer pedidos para nuestros clientes, \
              hasta que lo revoquemos.",
};

/// What a reseller says when it gives DELEGATED_ADMIN again (R6).
pub const DELEGATED_ADMIN: Statement = Statement {
    english: "My company authorises this provider again to read our own company's administration, \
              until we revoke it.",
    spanish: "Mi empresa autoriza de nuevo a este proveedor a consultar la administración de nuestra \
              empresa, hasta que lo revoquemos.",
};

/// What a reseller says when it gives one power again (R6).
pub fn to_restore(grant: Grant) -> Statement {
    match grant {
        Grant::OrderOnBehalf => ORDER_ON_BEHALF,
        Grant::DelegatedAdmin => DELEGATED_ADMIN,
    }
}

/// What a customer says when it takes a reseller and its provider (R9).
pub const RESELLER_AND_PROVIDER: Statement = Statement {
    english: "My company buys through this reseller and this provider. Neither may administer our \
              company.",
    spanish: "Mi empresa compra a través de este revendedor y de este proveedor. Ninguno puede \
              administrar nuestra empresa.",
};

impl Statement {
    pub fn text(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Spanish => self.spanish,
        }
    }

    pub fn sha256(&self, language: Language) -> Vec<u8> {
        Sha256::digest(self.text(language)).to_vec()
    }

    /// Refuses unless the statement was made, of one of its texts: CONSENT_REQUIRED.
    pub fn check(&self, given: bool, text_sha256: &[u8]) -> Result<()> {
        let texts = [Language::English, Language::Spanish];
        match given && texts.iter().any(|it| self.sha256(*it) == text_sha256) {
            true => Ok(()),
            false => Err(Error::new(Reason::ConsentRequired)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_explicit_yes_to_the_very_text_is_consent() {
        let spanish = AGREEMENT.sha256(Language::Spanish);
        assert!(AGREEMENT.check(true, &AGREEMENT.sha256(Language::English)).is_ok());
        assert!(AGREEMENT.check(true, &spanish).is_ok());
        for (given, hash) in
            [(false, spanish), (true, Vec::new()), (true, PROVIDER.sha256(Language::English))]
        {
            let err = AGREEMENT.check(given, &hash).unwrap_err();
            assert_eq!(err.reason, Reason::ConsentRequired);
        }
    }
}
