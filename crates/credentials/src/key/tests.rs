//! Which keys are taken, and that one key has one name however it is brought.

use super::*;
use crate::PrivateKey;

/// The key of RFC 7517, A.1, and RFC 8037, A.2; the RSA key of RFC 7638, 3.1, with its thumbprint.
const P256: &str = r#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"sig","kid":"1"}"#;
const ED25519: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const RSA: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;

fn pem_of(key: &PublicKey) -> String {
    use p256::pkcs8::LineEnding;
    match &key.kind {
        Kind::Es256(key) => key.to_public_key_pem(LineEnding::LF).unwrap(),
        Kind::EdDsa(key) => key.to_public_key_pem(LineEnding::LF).unwrap(),
        Kind::Rs256(key) => key.to_public_key_pem(LineEnding::LF).unwrap(),
    }
}

#[test]
fn a_key_has_one_name_however_it_is_brought() {
    let known = [
        (P256, Algorithm::Es256, "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"),
        (ED25519, Algorithm::EdDsa, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
        (RSA, Algorithm::Rs256, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
    ];
    for (text, algorithm, thumbprint) in known {
        let key = PublicKey::read(text).unwrap();
        assert_eq!((key.algorithm(), key.thumbprint().as_str()), (algorithm, thumbprint));
        let der = key.to_der().unwrap();
        for other in [
            PublicKey::read(&pem_of(&key)).unwrap(),
            PublicKey::read(&format!("\n{}\n", pem_of(&key))).unwrap(),
            PublicKey::from_der(&der).unwrap(),
            PublicKey::read(&key.to_jwk()).unwrap(),
        ] {
            assert_eq!((other.thumbprint(), other.to_der()), (key.thumbprint(), Some(der.clone())));
        }
        assert_eq!(Algorithm::of(algorithm.as_str()), Some(algorithm));
    }
}

#[test]
fn a_key_that_proves_nothing_is_not_taken() {
    let with = |text: &str, more: &str| format!("{},{more}}}", text.trim_end_matches('}'));
    let private = PrivateKey::generate(Algorithm::Es256).unwrap().expose_pem().unwrap();
    let short = "s".repeat(170);
    let cases: Vec<(&str, String, KeyFlaw)> = vec![
        ("nothing", String::new(), KeyFlaw::Unreadable),
        ("words", "ssh-ed25519 AAAA".to_owned(), KeyFlaw::Unreadable),
        ("an empty object", "{}".to_owned(), KeyFlaw::Unreadable),
        ("a private PEM", private, KeyFlaw::Private),
        ("a private JWK", with(P256, r#""d":"AA""#), KeyFlaw::Private),
        ("a secret", r#"{"kty":"oct","k":"c2VjcmV0"}"#.to_owned(), KeyFlaw::Private),
        ("a secret without itself", r#"{"kty":"oct"}"#.to_owned(), KeyFlaw::Unreadable),
        ("a member twice", with(ED25519, r#""x":"AA""#), KeyFlaw::Unreadable),
        ("for encryption", with(ED25519, r#""use":"enc""#), KeyFlaw::Use),
        ("for wrapping", with(ED25519, r#""key_ops":["wrapKey"]"#), KeyFlaw::Use),
        ("of another algorithm", with(ED25519, r#""alg":"HS256""#), KeyFlaw::Use),
        ("another curve", P256.replace("P-256", "secp256k1"), KeyFlaw::Algorithm),
        ("off the curve", P256.replace("4Etl6", "4Etl7"), KeyFlaw::Point),
        (
            "half a point",
            P256.replace("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "MKBC"),
            KeyFlaw::Point,
        ),
        (
            "of small order",
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, "A".repeat(43)),
            KeyFlaw::Point,
        ),
        ("Ed448", ED25519.replace("Ed25519", "Ed448"), KeyFlaw::Algorithm),
        ("1024 bits", format!(r#"{{"kty":"RSA","n":"{short}Q","e":"AQAB"}}"#), KeyFlaw::Rsa),
        ("the exponent 3", RSA.replace("AQAB", "Aw"), KeyFlaw::Rsa),
        ("the exponent 1", RSA.replace("AQAB", "AQ"), KeyFlaw::Rsa),
    ];
    for (name, text, flaw) in cases {
        assert_eq!(PublicKey::read(&text).err(), Some(flaw), "{name}");
    }
}
