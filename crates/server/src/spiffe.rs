//! Names of services: SPIFFE ids, compared letter by letter.

/// Whether it is the SPIFFE id of one workload, in the one spelling that the standard allows: no
/// other case, no escapes, no empty or relative part, and nothing that could stand for several.
pub(crate) fn is_of_workload(text: &str) -> bool {
    let Some((domain, path)) = text.strip_prefix("spiffe://").and_then(|it| it.split_once('/'))
    else {
        return false;
    };
    let is_of_domain =
        |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b".-_".contains(&it);
    let is_of_path = |it: u8| it.is_ascii_alphanumeric() || b".-_".contains(&it);
    let is_part = |it: &str| !["", ".", ".."].contains(&it) && it.bytes().all(is_of_path);
    text.len() <= 2048
        && (1..=255).contains(&domain.len())
        && domain.bytes().all(is_of_domain)
        && path.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        for good in ["spiffe://pacta.example/orders", "spiffe://a/b/C.d_e-f"] {
            assert!(is_of_workload(good), "{good}");
        }
        for bad in [
            "",
            "spiffe://",
            "spiffe://pacta.example",
            "spiffe://pacta.example/",
            "spiffe:///orders",
            "spiffe://pacta.example/orders/",
            "spiffe://pacta.example//orders",
            "spiffe://pacta.example/./orders",
            "spiffe://pacta.example/../orders",
            "spiffe://pacta.example/*",
            "spiffe://*.example/orders",
            "spiffe://pacta.example/orders?x",
            "spiffe://pacta.example/orders#x",
            "spiffe://pacta.example/ord%65rs",
            "spiffe://pacta.example:443/orders",
            "spiffe://user@pacta.example/orders",
            "spiffe://Pacta.example/orders",
            "SPIFFE://pacta.example/orders",
            "https://pacta.example/orders",
            " spiffe://pacta.example/orders",
            "spiffe://pacta.example/orders\0",
        ] {
            assert!(!is_of_workload(bad), "{bad}");
        }
    }
}
