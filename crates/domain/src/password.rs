//! What a password must be.

use crate::{Error, Reason, Result, Secret, constants::PASSWORD_LEAST};

/// Refuses a new password that is short, all of one kind, or like the name or the old one.
pub fn check_new(new: &Secret, old: &Secret, sign_in_name: &str) -> Result<()> {
    let text = new.expose();
    let folded = text.to_lowercase();
    let name = sign_in_name.to_lowercase();
    let local = name.split('@').next().unwrap_or(&name);
    let distinct: std::collections::BTreeSet<char> = text.chars().collect();
    let weak = text.chars().count() < PASSWORD_LEAST
        || distinct.len() < 5
        || new == old
        || (local.len() >= 4 && folded.contains(local))
        || folded == name;
    match weak {
        true => {
            let least = PASSWORD_LEAST.to_string();
            Err(Error::new(Reason::PasswordTooWeak).with("minLength", least))
        }
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_uniform_and_familiar_passwords_are_refused() {
        let old = Secret::new("the old passphrase");
        let check = |it: &str| check_new(&Secret::new(it), &old, "montserrat@diagonal.example");
        for weak in ["short", "aaaaaaaaaaaaaaaa", "Montserrat-2026!", "the old passphrase"] {
            assert_eq!(check(weak).unwrap_err().reason, Reason::PasswordTooWeak, "{weak}");
        }
        assert!(check("correct horse battery").is_ok());
    }
}
