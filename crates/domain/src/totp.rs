//! Codes of authenticator apps (RFC 6238): six digits, half a minute each, good once.

use totp_rs::{Builder, Totp};
use uuid::Uuid;

use crate::{Error, LinkKey, Reason, Result, Secret, Timestamp};

/// The key that an authenticator app is given, shown once.
#[derive(Debug)]
pub struct Shown {
    /// In base32, to be typed.
    pub secret: Secret,
    /// As `otpauth:` address, to be scanned.
    pub uri: Secret,
}

/// The key with this id, as the app of that person is given it.
pub fn shown(key: &LinkKey, id: Uuid, sign_in_name: &str) -> Result<Shown> {
    // The address may hold no colon; names of the directory have none.
    let name = sign_in_name.replace(':', "");
    let app = builder(key, id)?.with_account_name(name).with_issuer(Some("Pacta"));
    let app = app.build().map_err(Error::internal)?;
    Ok(Shown {
        secret: Secret::new(app.secret().to_base32()),
        uri: Secret::new(app.to_url().map_err(Error::internal)?),
    })
}

/// The time step of a code that is good now and later than the last one used: TOTP_CODE_INVALID for
/// every other.
pub fn check(
    key: &LinkKey,
    id: Uuid,
    code: &Secret,
    last_step: i64,
    now: Timestamp,
) -> Result<i64> {
    let invalid = || Error::new(Reason::TotpCodeInvalid);
    let time = u64::try_from(now.timestamp()).map_err(|_| invalid())?;
    let app: Totp = builder(key, id)?.build().map_err(Error::internal)?;
    // One step to either side, for clocks that are a little off.
    let step = app.check(code.expose(), time).and_then(|it| i64::try_from(it).ok());
    step.filter(|it| last_step < *it).ok_or_else(invalid)
}

/// What the app shows at a moment: for who plays the app.
pub fn code_at(key: &LinkKey, id: Uuid, at: Timestamp) -> Result<String> {
    let time = u64::try_from(at.timestamp()).map_err(Error::internal)?;
    let app = builder(key, id)?.build().map_err(Error::internal)?;
    Ok(app.generate(time).to_string())
}

fn builder(key: &LinkKey, id: Uuid) -> Result<Builder> {
    Ok(Builder::new().with_secret(key.totp_secret(id)?).with_account_name("pacta"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_code_is_good_for_its_half_minute_and_its_neighbours_and_only_once() {
        let (key, id) = (LinkKey::new([7; 32]), Uuid::from_u128(1));
        let code = |seconds| Secret::new(code_at(&key, id, at(seconds)).unwrap());
        let step = |code: &Secret, last, seconds| check(&key, id, code, last, at(seconds)).ok();
        let now = code(0);
        assert_eq!(now.expose().len(), 6);
        let used = step(&now, 0, 0).unwrap();
        assert_eq!(used, 1_800_000_000 / 30);
        assert_eq!(step(&now, 0, 59), Some(used));
        assert_eq!(step(&now, 0, -1), Some(used));
        assert_eq!(step(&now, 0, 60), None, "over");
        assert_eq!(step(&now, 0, -31), None, "not yet");
        assert_eq!(step(&now, used, 0), None, "used");
        assert_eq!(step(&code(30), used, 30), Some(used + 1));
        for wrong in ["", "12345", "1234567", "abcdef", "٠١٢٣٤٥"] {
            assert_eq!(step(&Secret::new(wrong), 0, 0), None, "{wrong}");
        }
        let other = Secret::new(code_at(&key, Uuid::from_u128(2), at(0)).unwrap());
        assert_eq!(step(&other, 0, 0), None, "of another key");
    }

    #[test]
    fn what_is_shown_is_the_key_and_prints_as_nothing() {
        let (key, id) = (LinkKey::new([7; 32]), Uuid::from_u128(1));
        let it = shown(&key, id, "anna@donau.work.pacta.example").unwrap();
        assert_eq!(it.secret.expose().len(), 32);
        assert!(it.uri.expose().starts_with("otpauth://totp/Pacta:anna"), "{}", it.uri.expose());
        assert!(it.uri.expose().contains(it.secret.expose()));
        assert!(!format!("{it:?}").contains(it.secret.expose()));
    }
}
