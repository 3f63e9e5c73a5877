//! A good token is believed, to the second; every single thing that is wrong with one is enough.

use serde_json::json;

use super::*;
use crate::PrivateKey;

const NOW: i64 = 1_800_000_000;
const EXPECTED: Expected<'_> = Expected {
    types: &[TokenType::Jwt],
    algorithms: Algorithm::ALL,
    issuer: "https://issuer.example",
    subject: Some("alice"),
    audience: "https://pacta.example",
    shares_audience: false,
    leeway: Duration::seconds(30),
    longest_life: Some(Duration::seconds(600)),
    token_id: true,
};

fn claims() -> Value {
    json!({
        "iss": EXPECTED.issuer, "sub": "alice", "aud": EXPECTED.audience,
        "iat": NOW, "exp": NOW + 600, "jti": "1",
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn answer(
    key: &PrivateKey,
    header: &str,
    claims: &str,
    expected: &Expected<'_>,
    at: i64,
) -> Result<Claims, Refused> {
    let token = Secret::new(key.sign(header, claims).unwrap());
    let now = Timestamp::from_timestamp(at, 0).unwrap();
    Token::read(&token)?.verify(key.public(), expected, now)
}

fn header(key: &PrivateKey) -> String {
    json!({"alg": key.public().algorithm().as_str(), "typ": "JWT", "kid": "k"}).to_string()
}

#[test]
fn a_good_token_is_believed_whatever_its_algorithm_and_to_the_second() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let key = PrivateKey::generate(algorithm).unwrap();
        let again = PrivateKey::from_pem(&key.expose_pem().unwrap()).unwrap();
        assert_eq!(again.public().thumbprint(), key.public().thumbprint());
        for (at, good) in [(-31, false), (-30, true), (0, true), (629, true), (630, false)] {
            let found = answer(&again, &header(&key), &claims().to_string(), &EXPECTED, NOW + at);
            assert_eq!(found.is_ok(), good, "{algorithm:?} {at}: {found:?}");
        }
        let found = answer(&key, &header(&key), &claims().to_string(), &EXPECTED, NOW).unwrap();
        assert_eq!((found.issuer.as_str(), found.subject.as_str()), (EXPECTED.issuer, "alice"));
        assert_eq!((found.issue_time.timestamp(), found.expire_time.timestamp()), (NOW, NOW + 600));
        assert_eq!(found.token_id.as_deref(), Some("1"));
    }
}

#[test]
fn what_a_token_says_has_to_be_exactly_what_is_expected() {
    let key = PrivateKey::generate(Algorithm::EdDsa).unwrap();
    let says = |claims: &Value, expected: &Expected<'_>| {
        answer(&key, &header(&key), &claims.to_string(), expected, NOW).err().map(|it| it.0)
    };
    let aud = |it: Value| with("aud", it);
    assert_eq!(says(&aud(json!([EXPECTED.audience])), &EXPECTED), None);
    let both = aud(json!([EXPECTED.audience, "https://other.example"]));
    assert_eq!(says(&both, &EXPECTED), Some("audience"));
    assert_eq!(says(&both, &Expected { shares_audience: true, ..EXPECTED }), None);
    let mixed = aud(json!([EXPECTED.audience, 1]));
    assert!(says(&mixed, &Expected { shares_audience: true, ..EXPECTED }).is_some());
    assert_eq!(says(&with("sub", json!("bob")), &EXPECTED), Some("subject"));
    assert_eq!(says(&with("sub", json!("bob")), &Expected { subject: None, ..EXPECTED }), None);
    assert_eq!(says(&without("jti"), &EXPECTED), Some("jti"));
    assert_eq!(says(&without("jti"), &Expected { token_id: false, ..EXPECTED }), None);
    let mistyped = with("jti", json!(1));
    assert_eq!(says(&mistyped, &Expected { token_id: false, ..EXPECTED }), Some("jti"));
    assert_eq!(says(&with("exp", json!(NOW + 601)), &EXPECTED), Some("life"));
    let long = Expected { longest_life: None, ..EXPECTED };
    assert_eq!(says(&with("exp", json!(NOW + 86_400)), &long), None);
    // However much is allowed for, it is no more than a minute.
    let lax = Expected { leeway: Duration::days(1), ..EXPECTED };
    assert_eq!(says(&with("nbf", json!(NOW + 60)), &lax), None);
    assert_eq!(says(&with("nbf", json!(NOW + 61)), &lax), Some("time"));
    // Nothing expected admits nobody, instead of everybody.
    assert_eq!(says(&claims(), &Expected { audience: "", ..EXPECTED }), Some("expectation"));
    assert_eq!(says(&claims(), &Expected { issuer: "", ..EXPECTED }), Some("expectation"));
    assert_eq!(says(&claims(), &Expected { algorithms: &[], ..EXPECTED }), Some("algorithm"));
    assert_eq!(says(&claims(), &Expected { types: &[], ..EXPECTED }), Some("type"));
}

#[test]
fn a_header_chooses_neither_key_nor_reading() {
    let key = PrivateKey::generate(Algorithm::Es256).unwrap();
    let says = |header: &str| {
        answer(&key, header, &claims().to_string(), &EXPECTED, NOW).err().map(|it| it.0)
    };
    assert_eq!(says(r#"{"alg":"ES256"}"#), None);
    assert_eq!(says(r#"{"alg":"ES256","x5t":"AA"}"#), None);
    for name in MISLEADING {
        for value in ["null", "[]", "true", "\"https://evil.example\"", "{}"] {
            let header = format!(r#"{{"alg":"ES256","{name}":{value}}}"#);
            assert_eq!(says(&header), Some("header"), "{header}");
        }
    }
    for alg in ["none", "None", "HS256", "ES384", "EdDSA", "RS256", "es256", ""] {
        assert_eq!(says(&format!(r#"{{"alg":"{alg}"}}"#)), Some("algorithm"), "{alg}");
    }
    for typ in ["\"at+jwt\"", "\"jwt\"", "\"JWE\"", "\"\"", "null", "1", "[\"JWT\"]"] {
        assert_eq!(says(&format!(r#"{{"alg":"ES256","typ":{typ}}}"#)), Some("type"), "{typ}");
    }
    let access = Expected { types: &[TokenType::AccessToken], ..EXPECTED };
    let header = r#"{"alg":"ES256","typ":"at+jwt"}"#;
    assert!(answer(&key, header, &claims().to_string(), &access, NOW).is_ok());
    assert!(answer(&key, r#"{"alg":"ES256"}"#, &claims().to_string(), &access, NOW).is_err());
}

#[test]
fn another_key_a_changed_byte_or_another_spelling_is_no_signature() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let key = PrivateKey::generate(algorithm).unwrap();
        let other = PrivateKey::generate(algorithm).unwrap();
        let good = key.sign(&header(&key), &claims().to_string()).unwrap();
        let is_good = |text: &str, by: &PrivateKey| {
            let token = Secret::new(text);
            let now = Timestamp::from_timestamp(NOW, 0).unwrap();
            Token::read(&token).is_ok_and(|it| it.verify(by.public(), &EXPECTED, now).is_ok())
        };
        assert!(is_good(&good, &key) && !is_good(&good, &other));
        for n in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[n] = if bytes[n] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(!is_good(&changed, &key), "byte {n}: {changed}");
            assert!(!is_good(&good[..n], &key), "cut at {n}");
        }
        for more in [".", "=", "==", "A", " ", "\n", ".e30"] {
            assert!(!is_good(&format!("{good}{more}"), &key), "{more:?}");
            assert!(!is_good(&format!("{more}{good}"), &key), "{more:?}");
        }
    }
}
