//! The address rules against the metadata that they were made of, country by country.

use it::addresses::{Figures, audit};

pub fn run(n: usize) {
    let all = audit(n);
    println!(
        "addresses    country  examples  sub-divisions  names  patterns  codes  refused elsewhere  \
         good elsewhere too"
    );
    for it in &all {
        println!(
            "addresses    {:7}  {:8}  {:13}  {:5}  {:8}  {:5}  {:17}  {:18}",
            it.region,
            it.n_examples,
            it.n_sub_divisions,
            it.n_names,
            it.n_patterns,
            it.n_codes,
            it.n_refused,
            it.n_shared
        );
    }
    let sum = |of: fn(&Figures) -> usize| all.iter().map(of).sum::<usize>();
    println!(
        "addresses    {} countries: {} examples accepted; {} sub-divisions recognised by {} names; \
         {} codes of {} patterns accepted at home, {} times refused elsewhere, {} times good \
         elsewhere too",
        all.len(),
        sum(|it| it.n_examples),
        sum(|it| it.n_sub_divisions),
        sum(|it| it.n_names),
        sum(|it| it.n_codes),
        sum(|it| it.n_patterns),
        sum(|it| it.n_refused),
        sum(|it| it.n_shared)
    );
    for it in &all {
        for example in &it.homeless_examples {
            println!("addresses    {}: no sub-division has the example {example}", it.region);
        }
        for key in &it.codeless {
            println!("addresses    {}: no possible code begins as those of {key}", it.region);
        }
    }
}
