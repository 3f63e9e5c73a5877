//! What strangers typed, made harmless before it goes into a mail.
//!
//! It cannot break a line, bring a header or a tag, or turn the reading order of what is ours
//! around, and it is never taken for a placeholder.

use std::collections::BTreeMap;

/// What the placeholders of a text stand for.
pub(crate) type Params = BTreeMap<String, String>;

/// The text with every `{name}` replaced, in one pass: what is filled in is not looked at again.
pub(crate) fn fill(text: &str, params: &Params) -> String {
    filled(text, params, str::to_owned, isolated)
}

/// The same as HTML: nothing but the text itself survives.
pub(crate) fn fill_html(text: &str, params: &Params) -> String {
    let value = |it: &str| format!("<bdi>{}</bdi>", escaped(it));
    filled(text, params, escaped, value)
}

fn filled(
    text: &str,
    params: &Params,
    ours: impl Fn(&str) -> String,
    theirs: impl Fn(&str) -> String,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(&ours(before));
        let Some((key, behind)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        if let Some(value) = params.get(key).filter(|it| !it.is_empty()) {
            out.push_str(&theirs(value));
        }
        rest = behind;
    }
    out.push_str(&ours(rest));
    out
}

/// Text that means nothing to HTML.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            it => out.push(it),
        }
    }
    out
}

/// Text of strangers on one line, in the order in which it is stored.
pub(crate) fn one_line(text: &str) -> String {
    let clean = text.chars().map(|it| if it.is_control() { ' ' } else { it });
    let clean: String = clean.filter(|it| !reorders(*it)).collect();
    clean.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// Marks that turn the reading order around or that no reader shows.
fn reorders(it: char) -> bool {
    matches!(
        it,
        '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{206f}'
            | '\u{feff}'
    )
}

/// A value that is read from right to left, kept apart from the words around it.
fn isolated(value: &str) -> String {
    match value.chars().any(is_right_to_left) {
        true => format!("\u{2068}{value}\u{2069}"),
        false => value.to_owned(),
    }
}

fn is_right_to_left(it: char) -> bool {
    matches!(
        it,
        '\u{590}'..='\u{8ff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefe}'
            | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_type_stays_text() {
        let hostile = "Evil\r\nBcc: all@x.example\u{202e}\u{2028} {link} <b>&\"'";
        let params = BTreeMap::from([
            ("company".to_owned(), one_line(hostile)),
            ("link".to_owned(), "https://x.example#secret".to_owned()),
            ("none".to_owned(), String::new()),
        ]);
        let text = fill("For {company}.", &params);
        assert_eq!(text, "For Evil Bcc: all@x.example {link} <b>&\"'.");
        assert_eq!(
            fill_html("For {company} & us{none}.", &params),
            "For <bdi>Evil Bcc: all@x.example {link} &lt;b&gt;&amp;&quot;&#39;</bdi> &amp; us."
        );
        assert_eq!(fill("{unknown}{company", &params), "{company");
    }

    #[test]
    fn names_read_from_the_right_leave_our_words_in_order() {
        let params = BTreeMap::from([("company".to_owned(), "شركة".to_owned())]);
        assert_eq!(fill("{company}: 1", &params), "\u{2068}شركة\u{2069}: 1");
        let params = BTreeMap::from([("company".to_owned(), "Café 😀".to_owned())]);
        assert_eq!(fill("{company}: 1", &params), "Café 😀: 1");
    }
}
