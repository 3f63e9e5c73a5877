//! The HTML part of a letter: the same words as the text part, from the same template.
//!
//! A template has no HTML of its own, so none can lack it or let anything through. Nothing is
//! fetched from elsewhere, and every rule that matters stands in the tags, for readers that drop
//! style sheets.

use domain::Language;

use crate::words::{Params, escaped, fill_html};

const FONT: &str = "font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

const STYLE: &str = "\
@media (prefers-color-scheme: dark) {\
.page{background:#14181d!important}\
.card{background:#1e242b!important;border-color:#313a44!important}\
.ink{color:#e6e9ed!important}\
.faint{color:#a3adb8!important}\
.quote{border-color:#4a5663!important}\
.button{background:#8cc4ea!important}\
.button a{color:#10202c!important}\
.link{color:#8cc4ea!important}\
}\
@media (max-width: 480px) {.card{padding:24px 20px!important}}";

/// A whole page. `action` is what the link's button says.
pub(crate) fn page(
    subject: &str,
    body: &str,
    params: &Params,
    language: Language,
    action: &str,
) -> String {
    let title = escaped(subject);
    let body = Blocks { params, language, action }.render(body);
    let language = match language {
        Language::English => "en",
        Language::Spanish => "es",
    };
    format!(
        "<!doctype html>\n<html lang=\"{language}\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body class=\"page\" style=\"margin:0;padding:0;background:#f3f4f6\">\n\
         <table role=\"presentation\" class=\"page\" width=\"100%\" cellpadding=\"0\" \
         cellspacing=\"0\" border=\"0\" style=\"background:#f3f4f6\"><tr>\
         <td align=\"center\" style=\"padding:24px 12px\">\n\
         <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" \
         border=\"0\" style=\"max-width:560px\"><tr>\n\
         <td class=\"card\" style=\"padding:32px;background:#ffffff;border:1px solid #e1e4e8;\
         border-radius:8px;text-align:left\">\n\
         <p class=\"faint\" style=\"margin:0 0 20px;{FONT};font-size:13px;line-height:18px;\
         font-weight:600;letter-spacing:.04em;color:#5b6672\">Pacta</p>\n\
         {body}</td></tr></table>\n</td></tr></table>\n</body>\n</html>\n"
    )
}

/// What a template's lines amount to.
struct Blocks<'a> {
    params: &'a Params,
    language: Language,
    action: &'a str,
}

impl Blocks<'_> {
    fn render(&self, body: &str) -> String {
        let mut out = String::new();
        let mut words = Vec::new();
        let mut items: Vec<String> = Vec::new();
        for line in body.lines().chain([""]) {
            let is_item = line.starts_with("- ");
            let goes_on = !items.is_empty() && line.starts_with("  ");
            if !is_item && !goes_on && !items.is_empty() {
                out.push_str(&self.list(&std::mem::take(&mut items)));
            }
            let ends = line.is_empty() || is_item || matches!(line, "{link}" | "{message}");
            if ends && !words.is_empty() {
                out.push_str(&self.paragraph(&words.join(" ")));
                words.clear();
            }
            match line {
                "" => {}
                "{link}" => out.push_str(&self.button()),
                "{message}" => out.push_str(&self.message()),
                _ if is_item => items.push(line.trim_start_matches("- ").to_owned()),
                _ if goes_on => {
                    if let Some(item) = items.last_mut() {
                        item.push(' ');
                        item.push_str(line.trim_start());
                    }
                }
                _ => words.push(line),
            }
        }
        out
    }

    fn paragraph(&self, text: &str) -> String {
        let text = fill_html(text, self.params);
        format!("<p class=\"ink\" style=\"margin:0 0 16px;{}\">{text}</p>\n", ink())
    }

    fn list(&self, items: &[String]) -> String {
        let item = |it: &String| {
            let text = fill_html(it, self.params);
            format!("<li class=\"ink\" style=\"margin:0 0 6px;{}\">{text}</li>\n", ink())
        };
        let items: String = items.iter().map(item).collect();
        format!("<ul style=\"margin:0 0 16px;padding:0 0 0 22px\">\n{items}</ul>\n")
    }

    /// A button, and the address itself for whoever cannot press it.
    fn button(&self) -> String {
        let Some(link) = self.params.get("link").map(|it| escaped(it)) else {
            return String::new();
        };
        let action = escaped(self.action);
        let otherwise = match self.language {
            Language::English => "If the button does nothing, open this address:",
            Language::Spanish => "Si el botón no funciona, abra esta dirección:",
        };
        format!(
            "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
             style=\"margin:8px 0 16px\"><tr><td class=\"button\" style=\"border-radius:6px;\
             background:#14527d\"><a href=\"{link}\" style=\"display:inline-block;\
             padding:12px 22px;{FONT};font-size:16px;line-height:20px;font-weight:600;\
             color:#ffffff;text-decoration:none\">{action}</a></td></tr></table>\n\
             <p class=\"faint\" style=\"margin:0 0 16px;{FONT};font-size:13px;line-height:19px;\
             color:#5b6672;overflow-wrap:anywhere;word-break:break-word\">{otherwise}<br>\
             <a class=\"link\" href=\"{link}\" style=\"color:#14527d\">{link}</a></p>\n"
        )
    }

    /// A stranger's own words, set apart from ours.
    fn message(&self) -> String {
        let text = self.params.get("message").map(String::as_str).unwrap_or_default();
        let theirs: Vec<String> = text
            .lines()
            .filter_map(|it| it.strip_prefix('>'))
            .map(|it| format!("<bdi>{}</bdi>", escaped(it.trim())))
            .collect();
        if theirs.is_empty() {
            return String::new();
        }
        let intro = escaped(text.lines().next().unwrap_or_default());
        let theirs = theirs.join("<br>\n");
        format!(
            "<p class=\"faint\" style=\"margin:0 0 6px;{FONT};font-size:13px;line-height:19px;\
             color:#5b6672\">{intro}</p>\n<blockquote class=\"quote ink\" style=\"margin:0 0 16px;\
             padding:2px 0 2px 14px;border-left:3px solid #cbd2d9;{}\">{theirs}</blockquote>\n",
            ink()
        )
    }
}

fn ink() -> String {
    format!(
        "{FONT};font-size:16px;line-height:24px;color:#1d2733;overflow-wrap:anywhere;\
         word-break:break-word"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn lines_become_paragraphs_lists_buttons_and_quotes() {
        let params: Params = BTreeMap::from([
            ("company".to_owned(), "A <script>".to_owned()),
            ("link".to_owned(), "https://x.example/\"#s".to_owned()),
            ("message".to_owned(), "In their own words:\n\n> <i>\n> two\n".to_owned()),
        ]);
        let body =
            "Hello\n{company}.\n\nTwo:\n- one,\n  more\n- two\n\n{message}\nThen:\n\n{link}\n";
        let html = page("S", body, &params, Language::English, "Open");
        for expected in [
            ">Hello <bdi>A &lt;script&gt;</bdi>.</p>",
            ">Two:</p>\n<ul",
            ">one, more</li>",
            ">two</li>\n</ul>",
            "<bdi>&lt;i&gt;</bdi><br>\n<bdi>two</bdi></blockquote>",
            ">Then:</p>\n<table",
            "href=\"https://x.example/&quot;#s\"",
        ] {
            assert!(html.contains(expected), "{expected} in {html}");
        }
        assert!(!html.contains("<script") && !html.contains("src="));
    }
}
