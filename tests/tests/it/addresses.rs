//! The address rules agree with the metadata that they were made of.

use it::addresses::{Figures, audit};

#[test]
fn e6_every_example_every_name_and_every_pattern_of_the_metadata_is_understood() {
    let all = audit(1);
    let sum = |of: fn(&Figures) -> usize| all.iter().map(of).sum::<usize>();
    assert_eq!(all.len(), 252);
    assert_eq!(sum(|it| it.n_examples), 432);
    assert_eq!(sum(|it| it.n_sub_divisions), 1382);
    assert_eq!(sum(|it| it.n_names), 5078);
    assert_eq!(sum(|it| it.n_patterns), 909);
    assert_eq!(sum(|it| it.n_codes), 2213);
    assert_eq!(sum(|it| it.n_refused), 117_735);
    assert_eq!(sum(|it| it.n_shared), 1119);
    // Where the metadata contradicts itself.
    let homeless: Vec<&String> = all.iter().flat_map(|it| &it.homeless_examples).collect();
    assert_eq!(homeless, ["247112"]);
    assert_eq!(sum(|it| it.codeless.len()), 0);
}
