//! What orders are decided by (R10): one read a table, however many are asked about.

use std::collections::{HashMap, HashSet};

use domain::{
    Reach, Result,
    id::{CompanyId, PartnerId},
    partner::Kind,
    readiness::{self, Channel, CustomerPart, Goal, Requirement, Turn},
};

use crate::{
    Dealings, Party, View,
    channel::{Pair, Tie, channel_of, dealings_of},
    entity::{company, customer_relationship},
};

/// Whether one may order: who, through whom, for whom, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderQuestion {
    /// PLACE_ORDER or MANAGE_EXISTING.
    pub goal: Goal,
    pub provider: PartnerId,
    pub reseller: PartnerId,
    pub customer: CompanyId,
}

/// All that is known of everybody that some questions name.
struct Books {
    parties: HashMap<PartnerId, Party>,
    companies: HashMap<CompanyId, company::Model>,
    ties: HashMap<Pair, Tie>,
    /// Providers with the PartnerIDs that their pending invitations name.
    invited: HashSet<(PartnerId, String)>,
    rows: HashMap<(CompanyId, PartnerId), Vec<customer_relationship::Model>>,
    attested: HashSet<(CompanyId, PartnerId)>,
}

/// The three of a question, with what is between them.
struct Order<'a> {
    provider: &'a Party,
    reseller: &'a Party,
    customer: &'a company::Model,
    channel: Channel,
    dealings: Dealings,
    were_connected: bool,
}

impl View {
    /// What blocks each order, as far as the caller may know (R10): the platform everything, a party
    /// its own part, and everybody else the one answer that unknown ids get too.
    pub async fn order_blockers(
        &self,
        questions: &[OrderQuestion],
    ) -> Result<Vec<Vec<Requirement>>> {
        let books = self.books(questions).await?;
        questions.iter().map(|it| self.blockers_of(&books, it)).collect()
    }

    async fn books(&self, questions: &[OrderQuestion]) -> Result<Books> {
        let ids: HashSet<PartnerId> =
            questions.iter().flat_map(|it| [it.provider, it.reseller]).collect();
        let ids: Vec<PartnerId> = ids.into_iter().collect();
        let customers: HashSet<CompanyId> = questions.iter().map(|it| it.customer).collect();
        let customers: Vec<CompanyId> = customers.into_iter().collect();
        let (parties, companies) = self.any_parties_and_companies(&ids, &customers).await?;

        // Only of those that there are, and are what the question takes them for.
        let is =
            |id: PartnerId, kind: Kind| parties.get(&id).is_some_and(|it| it.partner.kind == kind);
        let real = questions.iter().filter(|it| {
            is(it.provider, Kind::Provider)
                && is(it.reseller, Kind::Reseller)
                && companies.contains_key(&it.customer)
        });
        let real: Vec<&OrderQuestion> = real.collect();
        let pairs: HashSet<Pair> = real.iter().map(|it| (it.provider, it.reseller)).collect();
        let pairs: Vec<Pair> = pairs.into_iter().collect();
        let ties = self.any_ties(&pairs).await?;

        let number =
            |it: &Pair| Some((it.0, parties.get(&it.1)?.location.as_ref()?.number.clone()));
        let is_untied = |it: &&Pair| ties.get(it).is_none_or(Tie::is_over);
        let numbers: Vec<(PartnerId, String)> =
            pairs.iter().filter(is_untied).filter_map(number).collect();
        let invited = self.any_invited(&numbers).await?;

        let with =
            real.iter().flat_map(|it| [(it.customer, it.provider), (it.customer, it.reseller)]);
        let with: HashSet<(CompanyId, PartnerId)> = with.collect();
        let rows = self.any_rows_of(&with.into_iter().collect::<Vec<_>>()).await?;
        let sold: HashSet<(CompanyId, PartnerId)> =
            real.iter().map(|it| (it.customer, it.provider)).collect();
        let attested = self.any_attested(&sold.into_iter().collect::<Vec<_>>()).await?;
        Ok(Books { parties, companies, ties, invited, rows, attested })
    }

    /// Nothing if one of the three is unknown or of another kind.
    fn order<'a>(&self, books: &'a Books, it: &OrderQuestion) -> Result<Option<Order<'a>>> {
        let party = |id, kind| books.parties.get(&id).filter(|it: &&Party| it.partner.kind == kind);
        let provider = party(it.provider, Kind::Provider);
        let reseller = party(it.reseller, Kind::Reseller);
        let customer = books.companies.get(&it.customer);
        let (Some(provider), Some(reseller), Some(customer)) = (provider, reseller, customer)
        else {
            return Ok(None);
        };
        let tie = books.ties.get(&(it.provider, it.reseller));
        let is_invited = reseller.location.as_ref().is_some_and(|location| {
            books.invited.contains(&(it.provider, location.number.clone()))
        });
        let channel = channel_of(self.facts(), provider, reseller, tie, is_invited)?;
        let rows =
            |id: PartnerId| books.rows.get(&(customer.id, id)).map_or(&[][..], Vec::as_slice);
        let dealings = dealings_of(
            self.facts(),
            customer,
            (provider, rows(it.provider)),
            Some((reseller, rows(it.reseller))),
            books.attested.contains(&(customer.id, it.provider)),
        )?;
        let were_connected = tie.is_some();
        Ok(Some(Order { provider, reseller, customer, channel, dealings, were_connected }))
    }

    fn blockers_of(&self, books: &Books, it: &OrderQuestion) -> Result<Vec<Requirement>> {
        let Some(order) = self.order(books, it)? else {
            return Ok(readiness::never_connected());
        };
        let blockers = |part: &CustomerPart| match it.goal == Goal::ManageExisting {
            true => readiness::manage_existing(part),
            false => readiness::place_order(&order.channel, part),
        };
        let dealings = order.dealings;
        let company = match self.reach() {
            Reach::Everything => return Ok(blockers(&dealings.part)),
            Reach::Company(company) => company,
            Reach::Nothing => return Ok(readiness::never_connected()),
        };
        // Connecting shares no existing customer (R8): each side is to know the customer itself.
        let (turn, knows_customer) = match company {
            it if it == order.provider.company.id => (Turn::Provider, dealings.was_providers),
            it if it == order.reseller.company.id => (Turn::Reseller, dealings.was_resellers),
            it if it == order.customer.id => {
                (Turn::Customer, dealings.was_providers && dealings.was_resellers)
            }
            _ => return Ok(readiness::never_connected()),
        };
        if !order.were_connected || !knows_customer {
            return Ok(readiness::never_connected());
        }
        // Before the three had to do with each other, what the customer has with the other one is
        // none of the asker's business (R8): it counts as if it were not there.
        let part = match (dealings.were_all_three, turn) {
            (false, Turn::Provider) => CustomerPart { has_reseller: false, ..dealings.part },
            (false, Turn::Reseller) => CustomerPart { has_agreement: false, ..dealings.part },
            _ => dealings.part,
        };
        Ok(readiness::as_shown_to(turn, blockers(&part)))
    }
}
