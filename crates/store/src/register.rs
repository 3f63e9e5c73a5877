//! The company register: written by the chunk, asked by index only.

use domain::{Result, register};
use sea_orm::{ConnectionTrait as _, Statement, Value};

use crate::{
    Chore, Page, View, Written,
    entity::register_company::{Entity, Model},
    fault::fault,
    import::insert,
};

/// The kind under which the register is imported.
pub const COMPANIES: &str = "companies";

/// Most companies that one look-up answers.
pub const COMPANIES_SHOWN: usize = 20;
/// Most companies with the rarest of the words that are looked through for the others.
const CANDIDATES: usize = 1_000;
/// A word with no more companies than this is rare enough: nothing is counted further.
const FEW: usize = 100;

const BY_KEY: &str = "SELECT * FROM register_company WHERE generation = $1 AND key = $2";
const BY_DUNS: &str = "SELECT * FROM register_company \
     WHERE generation = $1 AND duns_number = $2 ORDER BY n LIMIT 21";
const BY_REGISTRATION: &str = "SELECT * FROM register_company WHERE generation = $1 \
     AND region_code = $2 AND registration_key = $3 ORDER BY n LIMIT 21";
const BY_PREFIX: &str = "SELECT * FROM register_company WHERE generation = $1 \
     AND region_code = $2 AND name_key >= $3 AND name_key < $4 ORDER BY name_key LIMIT 21";

/// A question to the register.
#[derive(Clone, Copy, Debug)]
pub enum CompanyKey<'a> {
    Duns(&'a str),
    Lei(&'a str),
    /// A country and an id of one of its registers.
    Registration(&'a str, &'a str),
    /// A country and how a name begins, or words of it.
    Name(&'a str, &'a str),
}

impl CompanyKey<'_> {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        let (Self::Duns(key) | Self::Lei(key) | Self::Registration(_, key) | Self::Name(_, key)) =
            self;
        key.is_empty()
    }
}

impl View {
    /// Whether a register is imported.
    pub async fn has_register(&self) -> Result<bool> {
        Ok(self.current_generation(COMPANIES).await?.is_some())
    }

    /// Companies of the register, at most 20: whole names first, then what begins so, then what has
    /// all the words.
    pub async fn lookup_companies(&self, key: CompanyKey<'_>) -> Result<Page<Model>> {
        let Some(generation) = self.current_generation(COMPANIES).await? else {
            return Ok(Page { rows: Vec::new(), has_more: false });
        };
        let rows = match key {
            CompanyKey::Duns(duns) => {
                self.companies(BY_DUNS, [generation.into(), duns.into()]).await?
            }
            CompanyKey::Lei(lei) => self.companies(BY_KEY, [generation.into(), lei.into()]).await?,
            CompanyKey::Registration(region, id) => {
                let id = register::registration_key(id);
                if id.is_empty() {
                    return Ok(Page { rows: Vec::new(), has_more: false });
                }
                let values = [generation.into(), region.into(), id.into()];
                self.companies(BY_REGISTRATION, values).await?
            }
            CompanyKey::Name(region, name) => return self.by_name(generation, region, name).await,
        };
        Ok(Page::cut(rows, 20))
    }

    async fn by_name(&self, generation: i64, region: &str, name: &str) -> Result<Page<Model>> {
        let key = register::fold(name);
        if key.is_empty() {
            return Ok(Page { rows: Vec::new(), has_more: false });
        }
        let behind = format!("{key}{}", register::BEHIND);
        let values = [generation.into(), region.into(), key.clone().into(), behind.into()];
        let mut rows = self.companies(BY_PREFIX, values).await?;
        let mut is_cut = false;
        if rows.len() <= COMPANIES_SHOWN {
            let words = register::words(&key);
            let (others, was_cut) = self.by_words(generation, region, words).await?;
            is_cut = was_cut;
            let is_new = |it: &Model| rows.iter().all(|known| known.n != it.n);
            let new: Vec<Model> = others.into_iter().filter(is_new).collect();
            rows.extend(new);
        }
        let page = Page::cut(rows, 20);
        Ok(Page { has_more: page.has_more || is_cut, ..page })
    }

    /// Companies whose names have all the words, and whether not every candidate was looked at.
    async fn by_words(
        &self,
        generation: i64,
        region: &str,
        words: std::collections::BTreeSet<&str>,
    ) -> Result<(Vec<Model>, bool)> {
        let mut counted = Vec::new();
        for most in [FEW, CANDIDATES] {
            counted.clear();
            for word in &words {
                counted.push((self.count(generation, region, word, most).await?, *word));
            }
            counted.sort_unstable();
            if counted.first().is_none_or(|(n, _)| *n <= most) {
                break;
            }
        }
        let n = counted.first().map_or(0, |(n, _)| *n);
        if n == 0 {
            return Ok((Vec::new(), false));
        }
        let has_more_candidates = n > CANDIDATES;
        let sql = by_words(counted.len());
        let words = counted.iter().map(|(_, word)| Value::from(*word));
        let values = [generation.into(), region.into()].into_iter().chain(words);
        let rows = self.companies(&sql, values).await?;
        let is_cut = has_more_candidates && rows.len() <= COMPANIES_SHOWN;
        Ok((rows, is_cut))
    }

    /// How many companies have the word; one more than `most` stands for all above.
    async fn count(&self, generation: i64, region: &str, word: &str, most: usize) -> Result<usize> {
        let values = [generation.into(), region.into(), word.into()];
        let backend = self.conn.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, count(most), values);
        let row = self.conn.query_one_raw(statement).await.map_err(fault)?;
        let n: i64 = row.map_or(Ok(0), |it| it.try_get_by_index(0).map_err(fault))?;
        Ok(usize::try_from(n).unwrap_or_default())
    }

    async fn companies(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<Model>> {
        let backend = self.conn.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, values);
        self.any::<Entity>().from_raw_sql(statement).all(&self.conn).await.map_err(fault)
    }
}

fn count(most: usize) -> String {
    format!(
        "SELECT count(*) FROM (SELECT 1 FROM register_word \
         WHERE generation = $1 AND region_code = $2 AND word = $3 LIMIT {}) AS some_of_them",
        most + 1
    )
}

/// Goes through companies with the first word, which is the rarest, and keeps those with all. Each is
/// looked up by itself: as a join, PostgreSQL would read all that have a word, however many.
fn by_words(n_words: usize) -> String {
    let others: String = (4..n_words + 3)
        .map(|it| {
            format!(
                " AND (SELECT w.n FROM register_word w WHERE w.generation = $1 \
                 AND w.region_code = $2 AND w.word = ${it} AND w.n = rarest.n) IS NOT NULL"
            )
        })
        .collect();
    format!(
        "SELECT c.* FROM (SELECT n FROM register_word WHERE generation = $1 \
         AND region_code = $2 AND word = $3 ORDER BY n LIMIT {CANDIDATES}) AS rarest \
         CROSS JOIN register_company c WHERE c.generation = $1 AND c.n = rarest.n{others} LIMIT 21"
    )
}

/// What a look-up may ask, for whoever wants to see the plans.
pub fn company_queries() -> Vec<String> {
    let fixed = [BY_KEY, BY_DUNS, BY_REGISTRATION, BY_PREFIX].map(str::to_owned);
    fixed.into_iter().chain([count(FEW), by_words(1), by_words(3)]).collect()
}

impl Chore {
    /// Adds companies to the register, each with the words of its name.
    pub async fn add_register_companies(
        &self,
        generation: i64,
        rows: Vec<Model>,
    ) -> Result<Written> {
        if !self.counts(generation, rows.len()).await? {
            return Ok(Written::Overtaken);
        }
        let conn = &self.view.conn;
        let mut words = Vec::new();
        for row in &rows {
            words.extend(register::words(&row.name_key).into_iter().map(|word| {
                let region = row.region_code.clone();
                vec![generation.into(), region.into(), word.into(), row.n.into()]
            }));
        }
        let keys: Vec<(i64, String)> = rows.iter().map(|it| (it.n, it.key.clone())).collect();
        let values = rows.into_iter().map(|it| columns(generation, it)).collect();
        let n = insert(conn, "register_company", COLUMNS, values).await?;
        let of_words = ["generation", "region_code", "word", "n"];
        insert(conn, "register_word", &of_words, words).await?;
        let keys: Vec<(i64, &str)> = keys.iter().map(|(n, key)| (*n, key.as_str())).collect();
        self.twice("register_company", generation, n, &keys).await
    }
}

const COLUMNS: &[&str] = &[
    "generation",
    "n",
    "key",
    "lei",
    "duns_number",
    "registration_authority",
    "registration_id",
    "registration_key",
    "name",
    "name_key",
    "region_code",
    "administrative_area",
    "postal_code",
    "locality",
    "address_line",
    "status",
];

fn columns(generation: i64, it: Model) -> Vec<Value> {
    vec![
        generation.into(),
        it.n.into(),
        it.key.into(),
        it.lei.into(),
        it.duns_number.into(),
        it.registration_authority.into(),
        it.registration_id.into(),
        it.registration_key.into(),
        it.name.into(),
        it.name_key.into(),
        it.region_code.into(),
        it.administrative_area.into(),
        it.postal_code.into(),
        it.locality.into(),
        it.address_line.into(),
        it.status.into(),
    ]
}
