//! Page sizes and page tokens: made by us, bound to the caller, the method and the filter, without
//! rights of their own.

use domain::{
    Call, Caller, Error, LinkKey, Reason, Result, Secret,
    constants::{PAGE, PAGE_MOST},
};
use sha2::{Digest as _, Sha256};

/// Where a page begins, and how a next one is asked for.
#[derive(Debug)]
pub struct PageArguments {
    /// How many rows.
    pub size: u64,
    /// The key of the last row of the page before.
    pub after: Option<String>,
    binding: Vec<u8>,
    key: LinkKey,
}

/// Reads `page_size` and `page_token`; `filter` is the message without both.
pub fn paging<M: prost::Message>(
    key: &LinkKey,
    call: &Call,
    page_size: i32,
    page_token: &str,
    filter: &M,
) -> Result<PageArguments> {
    let size = match u64::try_from(page_size).unwrap_or(0) {
        0 => PAGE,
        n => n.min(PAGE_MOST),
    };
    let principal = match &call.caller {
        Caller::Newcomer(it) => format!("{} {}", it.vouched.issuer, it.vouched.subject),
        Caller::User(_) | Caller::Service(_) | Caller::Internal(_) => {
            call.caller.principal().map(|it| it.name()).unwrap_or_default()
        }
        Caller::Anonymous | Caller::Link(_) => String::new(),
        Caller::System(job) => (*job).to_owned(),
    };
    let mut hash = Sha256::new();
    for part in [principal.as_bytes(), call.method.as_bytes(), &filter.encode_to_vec()] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let binding: Vec<u8> = hash.finalize().to_vec();
    let invalid = || Error::new(Reason::PageTokenInvalid);
    let after = match page_token {
        "" => None,
        token => {
            let (proof, row) = token.split_once('.').ok_or_else(invalid)?;
            if Secret::new(proof) != key.page_proof(&binding, row)? {
                return Err(invalid());
            }
            Some(row.to_owned())
        }
    };
    Ok(PageArguments { size, after, binding, key: key.clone() })
}

impl PageArguments {
    /// The key of the page before, as the list's own kind of key.
    pub fn after<K: std::str::FromStr>(&self) -> Result<Option<K>> {
        let invalid = |_| Error::new(Reason::PageTokenInvalid);
        self.after.as_deref().map(|it| it.parse().map_err(invalid)).transpose()
    }

    /// The token of the next page, which follows the row with this key; empty on the last page.
    pub fn next(&self, last: Option<impl std::fmt::Display>) -> Result<String> {
        let Some(row) = last.map(|it| it.to_string()) else {
            return Ok(String::new());
        };
        Ok(format!("{}.{row}", self.key.page_proof(&self.binding, &row)?.expose()))
    }
}
