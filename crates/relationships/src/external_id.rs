//! What the caller's company calls things: a filter of lists, and part of what is shown.

use std::{collections::BTreeMap, str::FromStr};

use api::relationships::v1::ExternalId;
use domain::{Error, Result, id::last_id};
use store::View;

/// Which rows a list's filter leaves: all without one, else the thing of this kind that is called so,
/// if there is any.
pub async fn only<K: FromStr<Err = Error>>(
    view: &View,
    key: Option<&ExternalId>,
    kind: &str,
) -> Result<Option<Vec<K>>> {
    let Some(key) = key else {
        return Ok(None);
    };
    let company = match (key.company.as_str(), view.caller().principal()) {
        ("", Some(caller)) => caller.company,
        ("", None) => return Ok(Some(Vec::new())),
        (stated, _) => last_id(stated)?,
    };
    let named = view.resource_by_external_id(company, &key.namespace, &key.id).await?;
    let of_kind = named.filter(|it| it.split('/').next() == Some(kind));
    Ok(Some(of_kind.as_deref().map(last_id).transpose()?.into_iter().collect()))
}

/// What the caller's company calls one thing.
pub async fn own(view: &View, name: &str) -> Result<BTreeMap<String, String>> {
    let mut found = view.own_external_ids(&[name.to_owned()]).await?;
    Ok(found.remove(name).unwrap_or_default())
}
