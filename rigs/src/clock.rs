//! The review clock against a second reckoning in Python.

use it::oracle::compare;

pub fn run(n: usize) {
    let compared = compare(n, 20_261_126);
    for it in compared.differences.iter().take(20) {
        println!("clock        {it}");
    }
    assert!(compared.differences.is_empty(), "{} differences", compared.differences.len());
    println!(
        "clock        {} countries, {} starts in 2026 to 2028 by two reckonings: no difference; {:?}",
        compared.n_countries, compared.n_starts, compared.by_kind
    );
}
