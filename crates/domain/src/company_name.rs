//! Says whether a company can have such a name, and how names are searched.

/// Legal forms without dots, spaces and slashes, in lower case (E5).
const LEGAL_FORMS: &str = "
    llc inc incorporated ltd limited llp lp plc corp corporation co company pllc pc cic
    gmbh ggmbh mbh ag kg kgaa ohg gbr ug ughaftungsbeschränkt ek ev eg se gesmbh og
    sl slu sll slne sa sau sad sc scp coop scoop srl srls spa snc sas sapa ss
    sarl sàrl eurl sasu sci sca scs gie sprl asbl
    sadecv sapi sapidecv srldecv sderl sderldecv sab sabdecv cv rl
    bv nv vof bvba cvba vzw
    oy oyj ab hb kb as asa aps ivs ans da hf ehf ky tmi publ
    kft bt zrt nyrt rt kkt
    spzoo spzook sk spj spk spp sro vos ks spolsro spol doo dd ad ood eood ead
    sia uab mb oü ou tü
    ooo ооо оао зао пао ао тов чп ип оод еоод ад еад jsc ojsc cjsc pjsc
    ltda eireli epp mei lda unipessoallda unipessoal sgps
    ptyltd pty pteltd pte pvtltd pvt privatelimited opc sdnbhd bhd tbk pttbk pt
    fzllc fze fzco fzc wll dmcc saoc saog psc
    kk gk yk 株式会社 有限会社 合同会社 有限公司 股份有限公司 有限责任公司 주식회사 유한회사
    aş anonimşirketi ltdşti ltdsti limitedşirketi
    ae αε epe επε ike ικε oe οε εε
    srld eirl scrl spalimited shpk sha dooel
";

const CONNECTORS: [&str; 7] = ["and", "und", "et", "y", "e", "i", "og"];

/// Why a company cannot have this legal name (E5, COMPANY_NAME_INVALID).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameProblem {
    /// Nothing, or a single letter or digit.
    TooShort,
    /// Not one letter or digit.
    OnlyPunctuation,
    /// A legal form without the name of the company that has it.
    OnlyLegalForm,
}

/// Why the text cannot be a company's legal name, if it cannot (E5).
pub fn name_problem(name: &str) -> Option<NameProblem> {
    let n_letters = name.chars().filter(|it| it.is_alphanumeric()).take(2).count();
    match n_letters {
        0 if name.trim().chars().nth(1).is_none() => Some(NameProblem::TooShort),
        0 => Some(NameProblem::OnlyPunctuation),
        1 => Some(NameProblem::TooShort),
        _ if is_only_legal_form(name) => Some(NameProblem::OnlyLegalForm),
        _ => None,
    }
}

/// The name as it is searched: lower case, trimmed, one space between words.
pub fn fold(name: &str) -> String {
    let words: Vec<_> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

fn is_only_legal_form(name: &str) -> bool {
    let name = fold(name);
    let is_inside_word = |it: char| it.is_alphanumeric() || matches!(it, '&' | '+');
    let whole: String = name.chars().filter(|it| is_inside_word(*it)).collect();
    if is_legal_form(&whole) {
        return true;
    }
    let words =
        name.split(|it: char| !is_inside_word(it) && it != '.').flat_map(|it| it.split(['&', '+']));
    let mut words = words.map(|it| it.replace('.', "")).filter(|it| !it.is_empty()).peekable();
    let is_part = |it: String| is_legal_form(&it) || CONNECTORS.contains(&it.as_str());
    words.peek().is_some_and(|first| is_legal_form(first)) && words.all(is_part)
}

fn is_legal_form(word: &str) -> bool {
    LEGAL_FORMS.split_whitespace().any(|it| it == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e5_a_legal_form_alone_is_no_name() {
        for name in [
            "llc",
            "GmbH",
            "sl",
            "S.L.",
            "S. L.",
            "s.a.",
            "Inc",
            "Inc.",
            "LTD",
            "AG",
            "kg",
            "BV",
            "B.V.",
            "Sarl",
            "S.à r.l.",
            "SRL",
            "SpA",
            "Oy",
            "AB",
            "A/S",
            "ApS",
            "Kft.",
            "Sp. z o.o.",
            "s.r.o.",
            "a.s.",
            "d.o.o.",
            "Pty Ltd",
            "Pty. Ltd.",
            "plc",
            "Co.",
            "Corp",
            "Co., Ltd.",
            "GmbH & Co. KG",
            "GmbH und Co KG",
            "S.A. de C.V.",
            "S. de R.L. de C.V.",
            "(GmbH)",
            " gmbh ",
            "株式会社",
            "Ltd. Şti.",
            "A.Ş.",
            "ООО",
            "Limited Company",
            "S.A.S.",
            "Sdn. Bhd.",
            "UG (haftungsbeschränkt)",
        ] {
            assert_eq!(Some(NameProblem::OnlyLegalForm), name_problem(name), "{name}");
        }
    }

    #[test]
    fn e5_one_character_is_no_name() {
        for name in ["", " ", "A", " x ", "7", "é", "e\u{301}", "A.", "-", "光"] {
            assert_eq!(Some(NameProblem::TooShort), name_problem(name), "{name:?}");
        }
    }

    #[test]
    fn e5_punctuation_is_no_name() {
        for name in ["--", "...", "- -", "&&&", "«»", "!?", "\u{200B}\u{200B}"] {
            assert_eq!(Some(NameProblem::OnlyPunctuation), name_problem(name), "{name:?}");
        }
    }

    #[test]
    fn e5_real_names_are_good() {
        for name in [
            "Diagonal Cloud, S.L.",
            "Distribuidora Anáhuac",
            "Nube Tapatía",
            "Donau Systeme GmbH",
            "Aare IT AG",
            "Wisła Distribution",
            "Odra Soft",
            "3M",
            "HP",
            "EY",
            "BP p.l.c.",
            "A&B",
            "S&L",
            "Co-op Bank",
            "SAS Institute Inc.",
            "Company of Heroes Ltd",
            "Limited Brands",
            "SAP SE",
            "Кооператив",
            "光通信",
            "Y Combinator",
            "AB Volvo",
            "Zoo",
            "Alphabet",
            "Incorta",
            "Agora",
            "Bäckerei Zbinden",
            "O2",
        ] {
            assert_eq!(None, name_problem(name), "{name}");
        }
    }

    #[test]
    fn a_name_is_searched_without_letter_case_and_spare_space() {
        assert_eq!("diagonal cloud, s.l.", fold("  Diagonal\t CLOUD,\u{A0}S.L.\n"));
        assert_eq!("wisła", fold("WISŁA"));
        assert_eq!("", fold(" \n"));
    }
}
