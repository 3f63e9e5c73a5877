//! Every mail of the product on one page, as text and as HTML, in both languages.

use domain::{Language, mail::Template};

use crate::{
    letter::{contents, value},
    words::{Params, escaped},
};

/// What the mails are about on the page: one value for each placeholder there is.
const SAMPLES: &[(&str, &str)] = &[
    ("applicant", "Anna Ferrer"),
    ("company", "Muebles Ibáñez & Hijos, S.L."),
    ("customer", "Panadería La Espiga, S.L."),
    ("email", "compras@espiga.example"),
    ("grant", "ORDER_MANAGEMENT"),
    ("link", "https://pacta.example/#4vJ9c-kR2mTz7Qw0sX1yBnE8uLhGfDaP6iOeVtKqW5M"),
    ("message", "We met at the fair in Valencia.\nCall me if anything is unclear: +34 961 234 567"),
    ("name", "Marta"),
    ("actor", "Anna Ferrer"),
    ("person", "Dora Novak"),
    ("partner", "Diagonal Sistemas, S.A."),
    ("provider", "Anáhuac Distribución, S.A."),
    ("reason", "OTHER"),
    ("region", "ES"),
    ("reseller", "Diagonal Sistemas, S.A."),
    ("sign_date", "2026-11-24"),
    ("signer", "Anna Ferrer"),
    ("state", "IN_REVIEW"),
    ("until", "2026-12-24T09:00:00Z"),
];

const STYLE: &str = "\
body{margin:0;background:#fff;color:#1d2733;font:16px/24px -apple-system,'Segoe UI',Roboto,\
'Helvetica Neue',Arial,sans-serif}\
main{max-width:1280px;margin:0 auto;padding:32px 24px}\
h1{font-size:24px;line-height:32px;margin:0 0 4px}\
h2{font-size:18px;line-height:28px;margin:48px 0 12px;padding-top:16px;border-top:1px solid #e1e4e8}\
nav{columns:3 240px;margin:16px 0 0;font-size:14px}nav a{display:block;color:#14527d}\
section{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:16px;margin:0 0 24px}\
h3{grid-column:1/-1;font-size:14px;line-height:20px;font-weight:400;margin:0;color:#5b6672}\
h3 b{color:#1d2733}\
pre{margin:0;padding:24px;border:1px solid #e1e4e8;border-radius:8px;font:13px/20px ui-monospace,\
'DejaVu Sans Mono',monospace;white-space:pre-wrap;overflow-wrap:anywhere}\
iframe{width:100%;height:580px;border:1px solid #e1e4e8;border-radius:8px;background:#f3f4f6}\
@media (max-width:760px){section{grid-template-columns:minmax(0,1fr)}}";

/// The page; it needs nothing but itself.
pub fn page() -> String {
    let nav: String = Template::all()
        .map(|it| format!("<a href=\"#{name}\">{name}</a>\n", name = it.as_str()))
        .collect();
    let mails: String = Template::all().map(mail).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Mails of Pacta</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Mails of Pacta</h1>\n<nav>\n{nav}</nav>\n{mails}</main>\n</body>\n</html>\n"
    )
}

fn mail(template: Template) -> String {
    let name = template.as_str();
    let languages: String = [(Language::English, "en"), (Language::Spanish, "es")]
        .into_iter()
        .map(|(language, code)| {
            let mail = contents(template, language, &samples(language));
            let (subject, text) = (escaped(&mail.subject), escaped(mail.text.trim_end()));
            let html = escaped(&mail.html);
            format!(
                "<section lang=\"{code}\">\n<h3>{code} · <b>{subject}</b></h3>\n<pre>{text}</pre>\n\
                 <iframe sandbox title=\"{name}, {code}\" srcdoc=\"{html}\"></iframe>\n</section>\n"
            )
        })
        .collect();
    format!("<h2 id=\"{name}\">{name}</h2>\n{languages}")
}

fn samples(language: Language) -> Params {
    let sample = |(key, text): &(&str, &str)| ((*key).to_owned(), value(key, text, language));
    SAMPLES.iter().map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::text;

    #[test]
    fn every_mail_is_on_the_page_whole() {
        let page = page();
        for template in Template::all() {
            let name = template.as_str();
            assert!(page.contains(&format!("<h2 id=\"{name}\">")), "{name}");
            for (language, code) in [(Language::English, "en"), (Language::Spanish, "es")] {
                assert!(page.contains(&format!("title=\"{name}, {code}\"")), "{name} {code}");
                let (subject, body) = text(template, language);
                for text in [subject, body] {
                    for it in text.split('{').skip(1).filter_map(|it| it.split_once('}')) {
                        let has_sample = SAMPLES.iter().any(|(key, _)| *key == it.0);
                        assert!(has_sample, "give {{{}}} of {name} a line in SAMPLES", it.0);
                    }
                }
                let mail = contents(template, language, &samples(language));
                for part in [&mail.subject, &mail.text, &mail.html] {
                    assert!(!part.trim().is_empty(), "{name} {code}");
                    assert!(!part.contains("{link}") && !part.contains("{name}"), "{name} {code}");
                }
                assert_eq!(body.contains("{link}"), mail.html.contains("class=\"button\""));
                // In bytes: a reader's provider cuts off what is longer.
                assert!(mail.html.len() < 100_000, "{name} {code}");
            }
        }
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        let page = page();
        for it in [" src=", "url(", "@import", "<link", "<script"] {
            assert!(!page.contains(it), "{it}");
        }
    }
}
