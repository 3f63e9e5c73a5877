//! Tokens that are wrong in one way each, by name.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use credentials::{Algorithm, PrivateKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use it::machines::Machine;
use serde_json::{Value, json};
use sha2::Sha256;

/// What mutants are made of.
pub struct Scene {
    pub now: i64,
    pub audience: String,
    pub good: Machine,
    /// Of the same company.
    pub sibling: Machine,
    /// Of another company.
    pub foreign: Machine,
    /// Its key is revoked.
    pub revoked: Machine,
    pub suspended: Machine,
    pub deleted: Machine,
    /// A good session of a person.
    pub session: String,
}

type Mutant = (String, String);

impl Scene {
    fn claims_of(&self, machine: &Machine) -> Value {
        json!({
            "iss": machine.name, "sub": machine.name, "aud": self.audience,
            "iat": self.now, "exp": self.now + 600, "jti": "one",
        })
    }

    fn header_of(&self, machine: &Machine) -> Value {
        json!({ "alg": "EdDSA", "typ": "JWT", "kid": machine.key.public().thumbprint() })
    }

    fn claims(&self) -> Value {
        self.claims_of(&self.good)
    }

    fn header(&self) -> Value {
        self.header_of(&self.good)
    }

    pub fn good_token(&self) -> String {
        self.signed(&self.header(), &self.claims())
    }

    fn signed(&self, header: &Value, claims: &Value) -> String {
        self.signed_text(&header.to_string(), &claims.to_string())
    }

    fn signed_text(&self, header: &str, claims: &str) -> String {
        self.good.key.sign(header, claims).unwrap()
    }
}

pub fn mutants(scene: &Scene) -> Vec<Mutant> {
    [
        garbage(scene),
        mistyped(scene),
        wrong_values(scene),
        times(scene),
        duplicates(scene),
        algorithms(scene),
        types(scene),
        key_ids(scene),
        header_members(scene),
        cut_and_extended(scene),
        owners(scene),
    ]
    .concat()
}

fn named(names: &[(&str, String)]) -> Vec<Mutant> {
    names.iter().map(|(name, token)| ((*name).to_owned(), token.clone())).collect()
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn garbage(scene: &Scene) -> Vec<Mutant> {
    let good = scene.good_token();
    let parts: Vec<&str> = good.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    named(&[
        ("one dot", ".".to_owned()),
        ("two dots", "..".to_owned()),
        ("three dots", "...".to_owned()),
        ("words", "let.me.in".to_owned()),
        ("not base64", "%%%.%%%.%%%".to_owned()),
        ("empty objects", format!("{}.{}.{signature}", text("{}"), text("{}"))),
        ("arrays", format!("{}.{}.{signature}", text("[]"), text("[]"))),
        ("no JSON", format!("{}.{}.{signature}", text("header"), text("claims"))),
        ("header null", format!("{}.{claims}.{signature}", text("null"))),
        ("claims null", format!("{header}.{}.{signature}", text("null"))),
        ("claims text", format!("{header}.{}.{signature}", text("\"claims\""))),
        ("no header", format!(".{claims}.{signature}")),
        ("no claims", format!("{header}..{signature}")),
        ("five parts", format!("{header}.{claims}.{signature}.{signature}.{signature}")),
        ("header twice", format!("{header}.{header}.{signature}")),
        ("swapped", format!("{claims}.{header}.{signature}")),
        ("bytes that are no text", format!("{header}.{}.{signature}", text([0xff, 0xfe, 0x00]))),
        ("a byte order mark", scene.signed_text(&format!("\u{feff}{}", scene.header()), "{}")),
        ("a deep nest", scene.signed_text(&scene.header().to_string(), &"[".repeat(2_000))),
        ("a session with a dot", format!("{}.", scene.session)),
        ("a session in three", format!("{0}.{0}.{0}", scene.session)),
        ("very long", scene.signed(&scene.header(), &json!({ "x": "y".repeat(4_700) }))),
    ])
}

/// Each claim missing, and as everything that it is not.
fn mistyped(scene: &Scene) -> Vec<Mutant> {
    let mut all = Vec::new();
    for claim in ["iss", "sub", "aud", "iat", "exp", "jti"] {
        let mut claims = scene.claims();
        let held = claims.as_object_mut().unwrap().remove(claim).unwrap();
        all.push((format!("{claim} missing"), scene.signed(&scene.header(), &claims)));
        for (name, value) in [
            ("null", json!(null)),
            ("true", json!(true)),
            ("an empty text", json!("")),
            ("never", json!("never")),
            ("a fraction", json!(0.5)),
            ("minus one", json!(-1)),
            ("2^63", json!(9_223_372_036_854_775_808_u64)),
            ("an empty array", json!([])),
            ("itself in an array in an array", json!([[held]])),
            ("an object", json!({ "is": held })),
            ("a control character", json!("a\u{0}b")),
        ] {
            // A name of its own is any text.
            if (claim, name) == ("jti", "never") {
                continue;
            }
            claims[claim] = value;
            all.push((format!("{claim} is {name}"), scene.signed(&scene.header(), &claims)));
        }
    }
    for claim in ["iss", "sub", "iat", "exp", "jti"] {
        let mut claims = scene.claims();
        claims[claim] = json!([claims[claim].clone()]);
        all.push((format!("{claim} in an array"), scene.signed(&scene.header(), &claims)));
    }
    for claim in ["iat", "exp", "nbf"] {
        let mut claims = scene.claims();
        claims[claim] = json!(scene.now.to_string());
        all.push((format!("{claim} as text"), scene.signed(&scene.header(), &claims)));
        let claims = scene.claims().to_string();
        for number in ["1e300", "1.8e9", "99999999999999999999999999", "1800000000.0"] {
            let with = claims.replacen('{', &format!("{{\"{claim}\":{number},"), 1);
            let name = format!("{claim} is {number} too");
            all.push((name, scene.signed_text(&scene.header().to_string(), &with)));
        }
    }
    for (name, value) in [
        ("null", json!(null)),
        ("an object", json!({})),
        ("2^63", json!(9_223_372_036_854_775_808_u64)),
    ] {
        let mut claims = scene.claims();
        claims["nbf"] = value;
        all.push((format!("nbf is {name}"), scene.signed(&scene.header(), &claims)));
    }
    all
}

fn wrong_values(scene: &Scene) -> Vec<Mutant> {
    let with = |claim: &str, value: Value| {
        let mut claims = scene.claims();
        claims[claim] = value;
        scene.signed(&scene.header(), &claims)
    };
    let (name, audience) = (&scene.good.name, &scene.audience);
    named(&[
        ("audience of somebody else", with("aud", json!("https://other.example"))),
        ("audience with a slash", with("aud", json!(format!("{audience}/")))),
        ("audience in capitals", with("aud", json!(audience.to_uppercase()))),
        ("audience with a space", with("aud", json!(format!("{audience} ")))),
        ("audience as a part", with("aud", json!(format!("{audience}.evil.example")))),
        ("audience without scheme", with("aud", json!(audience.trim_start_matches("https://")))),
        ("audience shared", with("aud", json!([audience, "https://other.example"]))),
        ("audience twice", with("aud", json!([audience, audience]))),
        ("audience with a number", with("aud", json!([audience, 1]))),
        ("issuer of the wide world", with("iss", json!("https://accounts.example"))),
        ("issuer in capitals", with("iss", json!(name.to_uppercase()))),
        ("issuer with a slash", with("iss", json!(format!("/{name}")))),
        ("issuer with a slash behind", with("iss", json!(format!("{name}/")))),
        ("issuer with a query", with("iss", json!(format!("{name}?x=1")))),
        (
            "issuer up and down",
            with("iss", json!(name.replace("/serviceAccounts", "/x/../serviceAccounts"))),
        ),
        ("issuer is a person", with("iss", json!(name.replace("serviceAccounts", "users")))),
        ("issuer is the company", with("iss", json!(scene.good.company))),
        ("issuer without hyphens", with("iss", json!(name.replace('-', "")))),
        ("issuer is a sibling", with("iss", json!(scene.sibling.name))),
        ("issuer is foreign", with("iss", json!(scene.foreign.name))),
        ("issuer injects", with("iss", json!(format!("{name}' OR '1'='1")))),
        ("subject is a sibling", with("sub", json!(scene.sibling.name))),
        ("subject is foreign", with("sub", json!(scene.foreign.name))),
        ("subject is another spelling", with("sub", json!(name.to_uppercase()))),
        ("a name of 300 letters", with("jti", json!("j".repeat(300)))),
    ])
}

fn times(scene: &Scene) -> Vec<Mutant> {
    let with = |iat: i64, exp: i64, nbf: Option<i64>| {
        let mut claims = scene.claims();
        claims["iat"] = json!(scene.now + iat);
        claims["exp"] = json!(scene.now + exp);
        if let Some(nbf) = nbf {
            claims["nbf"] = json!(scene.now + nbf);
        }
        scene.signed(&scene.header(), &claims)
    };
    named(&[
        ("expired just now", with(-630, -30, None)),
        ("expired an hour ago", with(-4_200, -3_600, None)),
        ("expired in 1970", with(-scene.now, -scene.now + 600, None)),
        ("good for a second too long", with(0, 601, None)),
        ("good for an hour", with(0, 3_600, None)),
        ("good for ever", with(0, 253_402_300_799 - scene.now, None)),
        ("signed in a minute", with(60, 600, None)),
        ("signed tomorrow", with(86_400, 86_700, None)),
        ("good in a minute", with(0, 600, Some(60))),
        ("good tomorrow", with(0, 600, Some(86_400))),
        ("ends as it begins", with(0, 0, None)),
        ("ends before it begins", with(20, 10, None)),
        ("ends after the year 9999", with(0, 253_402_300_800 - scene.now, None)),
        ("in milliseconds", with(scene.now * 999, scene.now * 999 + 600, None)),
    ])
}

fn duplicates(scene: &Scene) -> Vec<Mutant> {
    let (header, claims) = (scene.header().to_string(), scene.claims().to_string());
    let mut all = Vec::new();
    for claim in ["iss", "sub", "aud", "iat", "exp", "jti"] {
        let again = format!("{{\"{claim}\":{},", scene.claims()[claim]);
        let twice = claims.replacen('{', &again, 1);
        all.push((format!("{claim} twice, the same"), scene.signed_text(&header, &twice)));
    }
    for (name, member) in [
        ("another sub first", "\"sub\":\"x\""),
        ("another exp first", "\"exp\":9999999999"),
        ("a claim of no use twice", "\"x\":1,\"x\":2"),
        ("a claim of no use twice inside", "\"x\":{\"y\":1,\"y\":2}"),
        ("iss by its escape", "\"\\u0069ss\":\"x\""),
    ] {
        let with = claims.replacen('{', &format!("{{{member},"), 1);
        all.push((name.to_owned(), scene.signed_text(&header, &with)));
    }
    for (name, member) in [
        ("alg twice", "\"alg\":\"none\""),
        ("kid twice", "\"kid\":\"x\""),
        ("typ twice", "\"typ\":\"JWT\""),
    ] {
        let with = header.replacen('{', &format!("{{{member},"), 1);
        all.push((name.to_owned(), scene.signed_text(&with, &claims)));
    }
    all
}

fn with_header(scene: &Scene, member: &str, value: Value) -> String {
    let mut header = scene.header();
    header[member] = value;
    scene.signed(&header, &scene.claims())
}

fn algorithms(scene: &Scene) -> Vec<Mutant> {
    let mut all = Vec::new();
    for alg in [
        "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512",
        "PS256", "ES256", "ES384", "ES512", "ES256K", "Ed25519", "EDDSA", "eddsa", "dir",
        "RSA-OAEP", "A256GCM",
    ] {
        let token = with_header(scene, "alg", json!(alg));
        all.push((format!("algorithm {alg:?}"), token.clone()));
        if alg.eq_ignore_ascii_case("none") {
            let (signed, _) = token.rsplit_once('.').unwrap();
            all.push((format!("algorithm {alg:?} without signature"), format!("{signed}.")));
            all.push((format!("algorithm {alg:?} in two parts"), signed.to_owned()));
        }
    }
    for (name, value) in [
        ("null", json!(null)),
        ("a number", json!(1)),
        ("an array", json!(["EdDSA"])),
        ("an object", json!({})),
    ] {
        all.push((format!("algorithm {name}"), with_header(scene, "alg", value)));
    }
    let mut header = scene.header();
    header.as_object_mut().unwrap().remove("alg");
    all.push(("algorithm missing".to_owned(), scene.signed(&header, &scene.claims())));
    // The public key is public: whoever takes it for a secret takes it from everybody.
    let public = scene.good.key.public();
    for (name, secret) in [
        ("its JWK", public.to_jwk().into_bytes()),
        ("its DER", public.to_der().unwrap()),
        ("its last 32 bytes", public.to_der().unwrap()[12..].to_vec()),
        ("its thumbprint", public.thumbprint().into_bytes()),
        ("nothing", Vec::new()),
    ] {
        for alg in ["HS256", "EdDSA"] {
            let mut header = scene.header();
            header["alg"] = json!(alg);
            let (header, claims) = (header.to_string(), scene.claims().to_string());
            let message = format!("{}.{}", text(header), text(claims));
            let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
            mac.update(message.as_bytes());
            let token = format!("{message}.{}", text(mac.finalize().into_bytes()));
            all.push((format!("{alg} by HMAC under {name}"), token));
        }
    }
    all
}

fn types(scene: &Scene) -> Vec<Mutant> {
    let values = [
        ("an access token", json!("at+jwt")),
        ("in small letters", json!("jwt")),
        ("an identity token", json!("id_token+jwt")),
        ("a JWE", json!("JWE")),
        ("empty", json!("")),
        ("null", json!(null)),
        ("a number", json!(1)),
        ("an array", json!(["JWT"])),
    ];
    let named = |(name, value)| (format!("type {name}"), with_header(scene, "typ", value));
    values.into_iter().map(named).collect()
}

fn key_ids(scene: &Scene) -> Vec<Mutant> {
    let thumbprint = scene.good.key.public().thumbprint();
    let mut all: Vec<Mutant> = [
        ("of a sibling", json!(scene.sibling.key.public().thumbprint())),
        ("of another company", json!(scene.foreign.key.public().thumbprint())),
        ("revoked", json!(scene.revoked.key.public().thumbprint())),
        ("by name", json!(scene.good.key_name)),
        ("by id", json!(scene.good.key_name.rsplit('/').next())),
        ("in capitals", json!(thumbprint.to_uppercase())),
        ("cut", json!(thumbprint[1..])),
        ("longer", json!(format!("{thumbprint}="))),
        ("with a percent sign", json!("%")),
        ("with SQL", json!("' OR '1'='1")),
        ("with more SQL", json!("x'; DROP TABLE service_account_key; --")),
        ("a path", json!("../../../../dev/null")),
        ("a file", json!("file:///dev/null")),
        ("an address", json!("https://evil.example/key")),
        ("with NUL", json!(format!("{thumbprint}\u{0}"))),
        ("empty", json!("")),
        ("null", json!(null)),
        ("a number", json!(0)),
        ("an array", json!([thumbprint])),
        ("an object", json!({ "$ne": null })),
        ("of 300 letters", json!("k".repeat(300))),
    ]
    .into_iter()
    .map(|(name, value)| (format!("kid {name}"), with_header(scene, "kid", value)))
    .collect();
    let mut header = scene.header();
    header.as_object_mut().unwrap().remove("kid");
    all.push(("kid missing".to_owned(), scene.signed(&header, &scene.claims())));
    all
}

/// An attacker's own key comes along, and the token is signed with it.
fn header_members(scene: &Scene) -> Vec<Mutant> {
    let own = PrivateKey::generate(Algorithm::EdDsa).unwrap();
    let jwk: Value = serde_json::from_str(&own.public().to_jwk()).unwrap();
    let mut all = Vec::new();
    for (member, value) in [
        ("jwk", jwk.clone()),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/chain.pem")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
        ("epk", jwk),
    ] {
        let name = format!("{member} {}", value.to_string().chars().take(12).collect::<String>());
        let mut header = scene.header();
        header[member] = value.clone();
        all.push((name.clone(), scene.signed(&header, &scene.claims())));
        header["kid"] = json!(own.public().thumbprint());
        let token = own.sign(&header.to_string(), &scene.claims().to_string()).unwrap();
        all.push((format!("{name} by the attacker's key"), token));
    }
    let header = scene.header().to_string();
    let token = own.sign(&header, &scene.claims().to_string()).unwrap();
    all.push(("signed by another key".to_owned(), token));
    all
}

fn cut_and_extended(scene: &Scene) -> Vec<Mutant> {
    let good = scene.good_token();
    let parts: Vec<&str> = good.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    let mut all = Vec::new();
    for n in [1, 2, 3, 4, 10, 43, 85] {
        all.push((format!("cut by {n}"), good[..good.len() - n].to_owned()));
    }
    for more in ["A", "AAAA", "=", "==", ".", ".e30", "%00", ",x", ";x", "/"] {
        all.push((format!("extended by {more:?}"), format!("{good}{more}")));
    }
    for (name, token) in [
        ("no signature", format!("{header}.{claims}.")),
        ("two parts", format!("{header}.{claims}")),
        ("signature of zeroes", format!("{header}.{claims}.{}", text([0_u8; 64]))),
        ("signature of ones", format!("{header}.{claims}.{}", text([0xff_u8; 64]))),
        ("signature twice", format!("{header}.{claims}.{signature}{signature}")),
        ("signature of a sibling", {
            let sign =
                scene.sibling.key.sign(&scene.header().to_string(), &scene.claims().to_string());
            sign.unwrap()
        }),
        ("signature of another token", {
            let mut other = scene.claims();
            other["jti"] = json!("two");
            let other = scene.signed(&scene.header(), &other);
            format!("{header}.{claims}.{}", other.rsplit('.').next().unwrap())
        }),
        ("claims of another token", {
            let mut other = scene.claims();
            other["exp"] = json!(scene.now + 599);
            format!("{header}.{}.{signature}", text(other.to_string()))
        }),
        ("claims with white space", {
            format!("{header}.{}.{signature}", text(format!(" {}", scene.claims())))
        }),
        ("padded", format!("{header}=.{claims}=.{signature}=")),
        ("in the other base64", good.replace(['-', '_'], "+")),
        ("a space inside", format!("{header}. {claims}.{signature}")),
        ("two tokens", format!("{good} {good}")),
    ] {
        // Without either letter there is nothing to spell otherwise.
        if token != good {
            all.push((name.to_owned(), token));
        }
    }
    all
}

fn owners(scene: &Scene) -> Vec<Mutant> {
    let by = |machine: &Machine| {
        let (header, claims) = (scene.header_of(machine), scene.claims_of(machine));
        machine.key.sign(&header.to_string(), &claims.to_string()).unwrap()
    };
    let mixed = |header: &Machine, claims: &Machine, key: &Machine| {
        let (header, claims) = (scene.header_of(header), scene.claims_of(claims));
        key.key.sign(&header.to_string(), &claims.to_string()).unwrap()
    };
    named(&[
        ("of a revoked key", by(&scene.revoked)),
        ("of a suspended account", by(&scene.suspended)),
        ("of a deleted account", by(&scene.deleted)),
        ("a sibling in its name", mixed(&scene.sibling, &scene.good, &scene.sibling)),
        ("a foreigner in its name", mixed(&scene.foreign, &scene.good, &scene.foreign)),
        ("a foreigner with its kid", mixed(&scene.good, &scene.good, &scene.foreign)),
        ("in a sibling's name", mixed(&scene.good, &scene.sibling, &scene.good)),
        ("in a foreigner's name", mixed(&scene.good, &scene.foreign, &scene.good)),
        ("in a sibling's name with its kid", mixed(&scene.sibling, &scene.sibling, &scene.good)),
        ("of a company that is not its own", {
            let mut claims = scene.claims();
            let name = scene.good.name.replace(&scene.good.company, &scene.foreign.company);
            claims["iss"] = json!(name);
            claims["sub"] = json!(name);
            scene.signed(&scene.header(), &claims)
        }),
    ])
}
