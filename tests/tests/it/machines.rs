//! M3 to M5 against their tables: every state, action and actor, through the API.

mod agreement;
mod links;
mod location;
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
fn outcome<'a>(lines: &'a [Line], key: &[&str]) -> &'a str {
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
    found[0].last().unwrap()
}
