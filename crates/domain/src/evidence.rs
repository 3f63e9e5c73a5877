//! Documents that show a reviewer that something is as stated (E12).

use sea_orm::{DeriveActiveEnum, EnumIter};

use crate::{Error, Reason, Result, check::Decision};

/// What became of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Received,
    Accepted,
    NotAccepted,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "RECEIVED",
            Self::Accepted => "ACCEPTED",
            Self::NotAccepted => "NOT_ACCEPTED",
        }
    }

    /// What a decision about the check makes of the documents that were received for it.
    pub fn after(decision: &Decision) -> Self {
        match decision {
            Decision::Pass => Self::Accepted,
            Decision::Fail | Decision::RequestEvidence => Self::NotAccepted,
        }
    }
}

/// What a document's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum MediaType {
    Pdf,
    Png,
    Jpeg,
}

impl MediaType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// The type of that name; EVIDENCE_TYPE_INVALID for any other.
    pub fn of(name: &str) -> Result<Self> {
        let all = [Self::Pdf, Self::Png, Self::Jpeg];
        let found = all.into_iter().find(|it| it.as_str() == name);
        found.ok_or_else(|| Error::new(Reason::EvidenceTypeInvalid))
    }

    /// The bytes that every document of the type begins with.
    fn mark(self) -> &'static [u8] {
        match self {
            Self::Pdf => b"%PDF-",
            Self::Png => b"\x89PNG\r\n\x1a\n",
            Self::Jpeg => b"\xff\xd8\xff",
        }
    }

    /// EVIDENCE_TYPE_INVALID unless a document that begins so can still be of the type.
    pub fn check(self, beginning: &[u8]) -> Result<()> {
        let n = self.mark().len().min(beginning.len());
        match beginning.get(..n) == self.mark().get(..n) {
            true => Ok(()),
            false => Err(Error::new(Reason::EvidenceTypeInvalid)),
        }
    }

    /// The same for a whole document.
    pub fn check_whole(self, bytes: &[u8]) -> Result<()> {
        match bytes.starts_with(self.mark()) {
            true => Ok(()),
            false => Err(Error::new(Reason::EvidenceTypeInvalid)),
        }
    }
}

/// Whether a file name is just a name: no folder, and none that stands for one.
pub fn is_file_name(name: &str) -> bool {
    !name.contains(['/', '\\', ':']) && !matches!(name, "." | "..")
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveEnum as _, Iterable as _};

    use super::*;

    #[test]
    fn e12_a_document_is_what_its_first_bytes_say() {
        for it in MediaType::iter() {
            assert_eq!(MediaType::of(it.as_str()).unwrap(), it);
            let mark = it.mark();
            for n in 0..=mark.len() {
                assert!(it.check(&mark[..n]).is_ok(), "{it:?} after {n} bytes");
                assert_eq!(it.check_whole(&mark[..n]).is_ok(), n == mark.len(), "{it:?}");
            }
            for other in MediaType::iter().filter(|other| *other != it) {
                let whole = [mark, &[0; 8]].concat();
                assert_eq!(other.check(&whole).unwrap_err().reason, Reason::EvidenceTypeInvalid);
                assert!(other.check_whole(&whole).is_err());
            }
        }
        for name in ["", "text/html", "image/jpg", "APPLICATION/PDF", "application/pdf; x=1"] {
            assert_eq!(MediaType::of(name).unwrap_err().reason, Reason::EvidenceTypeInvalid);
        }
    }

    #[test]
    fn a_file_name_leads_nowhere_else() {
        for good in ["", "extracto.pdf", "Registro 2026 (1).pdf", "..pdf", "登记.png"] {
            assert!(is_file_name(good), "{good}");
        }
        for bad in ["/etc/passwd", "a/b", "..\\b", "c:x", ".", "..", "../x"] {
            assert!(!is_file_name(bad), "{bad}");
        }
    }

    #[test]
    fn the_database_spells_states_as_we_do() {
        for it in State::iter() {
            assert_eq!(it.to_value(), it.as_str());
        }
        assert_eq!(State::after(&Decision::Pass), State::Accepted);
        assert_eq!(State::after(&Decision::Fail), State::NotAccepted);
        assert_eq!(State::after(&Decision::RequestEvidence), State::NotAccepted);
    }
}
