//! Anybody looks for a provider in the directory (R1).

use api::relationships::v1::{ListIndirectProvidersRequest, ListIndirectProvidersResponse};
use domain::{
    Call, Result,
    directory::{Offer, language_tag},
    facts::RegionCode,
};
use store::{ProviderFilter, View};

use crate::{Service, directory};

pub async fn list_indirect_providers(
    service: &Service,
    call: &Call,
    req: ListIndirectProvidersRequest,
) -> Result<ListIndirectProvidersResponse> {
    let asked =
        ListIndirectProvidersRequest { page_size: 0, page_token: String::new(), ..req.clone() };
    let key = &service.db.programme().link_key;
    let arguments = gate::paging(key, call, req.page_size, &req.page_token, &asked)?;
    let after = arguments.after()?;
    let read =
        async |view: &View| view.listed_providers(&filter(view, &req), after, arguments.size).await;
    let (listed, last) = service.db.read(call, read).await?;
    Ok(ListIndirectProvidersResponse {
        indirect_providers: listed.iter().map(directory::shown).collect(),
        next_page_token: arguments.next(last)?,
    })
}

fn filter(view: &View, req: &ListIndirectProvidersRequest) -> ProviderFilter {
    let services = directory::words(req.services());
    let mut offers: Vec<(Offer, String)> =
        services.into_iter().map(|it| (Offer::Service, it)).collect();
    if !req.language_code.is_empty() {
        offers.push((Offer::Language, language_tag(&req.language_code)));
    }
    if !req.served_region_code.is_empty() {
        offers.push((Offer::Region, req.served_region_code.clone()));
    }
    // A country that the table in force does not have shares its market with none.
    let eligible = req.eligible_for_region.as_str();
    let in_regions = (!eligible.is_empty()).then(|| {
        let markets = &view.facts().markets;
        let asked: Option<RegionCode> = eligible.parse().ok();
        let is_near = |it: &RegionCode| asked.is_some_and(|asked| markets.same_region(&asked, it));
        markets.regions().filter(is_near).map(|it| it.as_str().to_owned()).collect()
    });
    ProviderFilter { offers, in_regions }
}
