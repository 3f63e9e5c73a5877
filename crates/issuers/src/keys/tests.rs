//! Which keys are kept, and how often an issuer is asked.

use credentials::{Algorithm, PrivateKey};
use serde_json::json;

use super::*;

#[test]
fn only_public_keys_that_sign_and_have_a_name_of_their_own_are_kept() {
    let made = PrivateKey::generate(Algorithm::Es256).unwrap().public().to_jwk();
    let made: Value = serde_json::from_str(&made).unwrap();
    let key = |change: Value| {
        let mut key = made.as_object().unwrap().clone();
        key.extend(change.as_object().unwrap().clone());
        Value::Object(key)
    };
    let set = json!({"keys": [
        key(json!({"kid": "a", "use": "sig"})),
        key(json!({"kid": "b"})),
        key(json!({"kid": "c", "use": "enc"})),
        json!({"kid": "d", "kty": "oct", "k": "c2VjcmV0"}),
        key(json!({"kid": "e"})),
        key(json!({"kid": "e"})),
        key(json!({})),
        key(json!({"kid": 7})),
        key(json!({"kid": "f", "d": "private"})),
        json!({"kid": "g", "kty": "EC", "crv": "P-384", "x": "x", "y": "y"}),
    ]});
    let kept: Vec<String> = keys(&set).unwrap().into_keys().collect();
    assert_eq!(kept, ["a", "b"]);
    for wrong in [json!({}), json!([]), json!({"keys": {}}), json!({"keys": vec![0; 101]})] {
        assert!(keys(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn ten_tries_a_minute_and_a_pause_after_a_failure() {
    let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).unwrap();
    let mut asked = Asked::default();
    assert_eq!((0..12).filter(|_| asked.may(at(0))).count(), 10);
    assert!(!asked.may(at(59)));
    assert!(asked.may(at(60)));
    asked.failed = Some(at(60));
    assert!(!asked.may(at(64)));
    assert!(asked.may(at(65)));
}
