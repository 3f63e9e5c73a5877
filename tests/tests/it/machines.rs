//! M3 to M8 against their tables: every state, action and actor, through the API.

mod agreement;
mod customer_agreement;
mod everybody;
mod grant;
mod invitation;
mod links;
mod location;
mod relationship;
mod rows;
mod square;
mod status;

/// A line of a table, its columns trimmed.
type Line = Vec<&'static str>;

fn lines(text: &'static str) -> Vec<Line> {
    let lines = text.lines().filter(|it| !it.starts_with('#') && !it.is_empty());
    lines.map(|it| it.split('|').map(str::trim).collect()).collect()
}

/// The column that may list several.
const ACTOR: usize = 3;

/// The one line for a combination, by all columns but the last; lists and stars are understood.
fn outcome(lines: &[Line], key: &[&str]) -> &'static str {
    let fits = |line: &&Line| {
        let columns = line.iter().zip(key);
        line.len() == key.len() + 1
            && columns.into_iter().enumerate().all(|(n, (column, value))| {
                let is_listed = n == ACTOR && column.split(',').any(|it| it == *value);
                *column == "*" || column == value || is_listed
            })
    };
    let found: Vec<&Line> = lines.iter().filter(fits).collect();
    assert_eq!(found.len(), 1, "{key:?}: exactly one line, and not {found:?}");
    found[0].last().copied().unwrap()
}

/// State, action, actor and condition of a machine, with the machine in front.
type Cell = [&'static str; 5];

/// Every combination has one line, and no line is for a combination that there is not.
fn agree(lines: &[Line], cells: &[Cell]) {
    let mut used = std::collections::BTreeSet::new();
    for cell in cells {
        outcome(lines, cell);
        let fits = |line: &Line| {
            line.iter().zip(cell).enumerate().all(|(n, (column, value))| {
                let is_listed = n == ACTOR && column.split(',').any(|it| it == *value);
                *column == "*" || column == value || is_listed
            })
        };
        used.extend(lines.iter().position(fits));
    }
    let idle: Vec<&Line> =
        (0..lines.len()).filter(|it| !used.contains(it)).map(|it| &lines[it]).collect();
    assert!(idle.is_empty(), "nothing comes to {idle:?}");
}
