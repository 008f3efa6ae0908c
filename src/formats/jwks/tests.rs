//! Tests of the key set reader.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn key(value: impl std::borrow::Borrow<Value>) -> Key {
    Key::from_value(value.borrow())
}

/// RFC 7638 §3.1.
fn rsa() -> Value {
    json!({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})
}

/// RFC 8037 A.2.
fn okp() -> Value {
    json!({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
}

/// RFC 7515 A.3.1.
fn ec() -> Value {
    json!({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
               "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})
}

fn with(mut value: Value, member: &str, new: Value) -> Value {
    value[member] = new;
    value
}

#[test]
fn keys_of_the_rfcs_are_read() {
    let rsa = key(rsa());
    assert_eq!((rsa.bits, rsa.exponent, rsa.problem.clone()), (Some(2048), Some(65_537), None));
    assert_eq!((rsa.kid.as_deref(), rsa.alg.as_deref()), (Some("2011-04-29"), Some("RS256")));
    assert!(rsa.usable_for_signature() && key(ec()).usable_for_signature() && key(okp()).usable_for_signature());
    assert!(key(ec()).fits("ES256") && !key(ec()).fits("RS256") && !key(ec()).fits("HS256"));
}

#[test]
fn each_curve_has_its_algorithms_and_sizes() {
    const ALL: &str =
        "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA Ed25519 Ed448 HS256 none ECDH-ES";
    for (kty, crv, size, algorithms) in [
        ("EC", "P-256", 32, "ES256"),
        ("EC", "P-384", 48, "ES384"),
        ("EC", "P-521", 66, "ES512"),
        ("EC", "secp256k1", 32, "ES256K"),
        ("OKP", "Ed25519", 32, "EdDSA Ed25519"),
        ("OKP", "Ed448", 57, "EdDSA Ed448"),
        ("OKP", "X25519", 32, ""),
        ("OKP", "X448", 56, ""),
    ] {
        let of = |size: usize| json!({"kty": kty, "crv": crv, "x": base64url(&vec![1; size]), "y": base64url(&vec![1; size])});
        let read = key(of(size));
        assert_eq!(read.problem, None, "{crv}");
        assert_eq!(read.usable_for_signature(), !algorithms.is_empty(), "{crv}");
        let fitting: Vec<&str> = ALL.split(' ').filter(|alg| read.fits(alg)).collect();
        assert_eq!(fitting.join(" "), algorithms, "{crv}");
        let problem = KeyProblem::Length { member: "x", expected: size, found: size + 1 };
        assert_eq!(key(of(size + 1)).problem, Some(problem), "{crv}");
    }
}

#[test]
fn thumbprints_are_those_of_the_rfcs() {
    assert_eq!(key(rsa()).thumbprint().unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(key(okp()).thumbprint().unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    // Made by another program.
    assert_eq!(key(ec()).thumbprint().unwrap(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    let oct = json!({"kty":"oct","k":"c2VjcmV0","alg":"HS256"});
    assert_eq!(key(oct).thumbprint().unwrap(), "DWBh0SEIAPYh1x5uvot4z3AhaikHkxNJa3Ada2fT-Cg");
    assert_eq!(key(json!({"kty":"RSA"})).thumbprint(), None);
}

#[test]
fn each_odd_key_has_its_problem_and_spoils_no_other() {
    let cases = [
        (json!(5), KeyProblem::NotObject(Kind::Number)),
        (json!({}), KeyProblem::Missing { member: "kty" }),
        (json!({"kty":["RSA"]}), KeyProblem::WrongKind { member: "kty", found: Kind::Array }),
        (json!({"kty":"XYZ"}), KeyProblem::UnknownType { kty: "XYZ".to_owned() }),
        (json!({"kty":"oct","k":"c2VjcmV0"}), KeyProblem::Symmetric),
        (json!({"kty":"RSA","e":"AQAB"}), KeyProblem::Missing { member: "n" }),
        (with(rsa(), "n", json!("!!")), KeyProblem::Base64 { member: "n" }),
        (with(rsa(), "n", json!("")), KeyProblem::Base64 { member: "n" }),
        (with(rsa(), "kid", json!(5)), KeyProblem::WrongKind { member: "kid", found: Kind::Number }),
        (with(rsa(), "key_ops", json!("verify")), KeyProblem::WrongKind { member: "key_ops", found: Kind::String }),
        (with(ec(), "crv", json!("P-192")), KeyProblem::UnknownCurve { crv: "P-192".to_owned() }),
        (with(ec(), "x", json!("AQAB")), KeyProblem::Length { member: "x", expected: 32, found: 3 }),
        (with(okp(), "x", json!(null)), KeyProblem::WrongKind { member: "x", found: Kind::Null }),
    ];
    let mut list: Vec<Value> = cases.iter().map(|(value, _)| value.clone()).collect();
    list.push(ec());
    let set = KeySet::read(json!({ "keys": list }).to_string().as_bytes()).unwrap();
    for (read, (_, problem)) in set.keys.iter().zip(&cases) {
        assert_eq!(read.problem.as_ref(), Some(problem));
        assert!(!read.usable_for_signature());
    }
    assert_eq!(set.usable().count(), 1);
}

#[test]
fn a_key_not_meant_for_signatures_is_not_used_for_them() {
    for (member, value) in [
        ("use", json!("enc")),
        ("key_ops", json!(["encrypt"])),
        ("alg", json!("RSA-OAEP")),
        ("alg", json!("ES256")),
        ("alg", json!("HS256")),
        ("alg", json!("none")),
    ] {
        assert!(!key(with(rsa(), member, value.clone())).usable_for_signature(), "{member} {value}");
    }
    assert!(key(with(with(rsa(), "use", json!("sig")), "key_ops", json!(["verify"]))).usable_for_signature());
    assert!(!key(with(okp(), "crv", json!("X25519"))).usable_for_signature());
}

#[test]
fn private_members_are_named_but_nothing_more() {
    let leaked = key(with(with(ec(), "d", json!("private-value")), "p", json!(1)));
    assert_eq!(leaked.private_members, ["d", "p"]);
    let shown = format!("{leaked:?}");
    assert!(shown.contains("private_members: [\"d\", \"p\"]") && !shown.contains("private-value"), "{shown}");
    assert_eq!(key(json!({"kty":"oct","k":"AA"})).private_members, ["k"]);
    assert_eq!(key(rsa()).private_members, [""; 0]);
}

#[test]
fn weak_numbers_are_measured() {
    let weak = key(json!({"kty":"RSA","n": base64url(&[0, 0, 0x0f, 0xff]),"e":"Aw"}));
    assert_eq!((weak.bits, weak.exponent), (Some(12), Some(3)));
    assert_eq!(key(with(rsa(), "e", json!(base64url(&[1; 9])))).exponent, None);
}

#[test]
fn sets_without_keys_say_so() {
    let problem = |text: &str| KeySet::read(text.as_bytes()).unwrap_err();
    assert_eq!(problem("{}"), JwksProblem::NoKeys);
    assert_eq!(problem(r#"{"keys":{}}"#), JwksProblem::KeysKind(Kind::Object));
    assert!(matches!(problem("[]"), JwksProblem::Json(JsonProblem::NotObject { .. })));
    assert!(KeySet::read(json!({"keys": vec![1; 500]}).to_string().as_bytes()).is_ok());
    assert_eq!(problem(&json!({"keys": vec![1; 501]}).to_string()), JwksProblem::TooMany { count: 501 });
}

#[test]
fn a_kid_is_found_and_its_doubles_are_told() {
    let map = json!({"keys":[with(ec(),"kid",json!("a")),with(okp(),"kid",json!("b")),with(rsa(),"kid",json!("a"))]});
    let set = KeySet::from_map(map.as_object().unwrap()).unwrap();
    assert_eq!(set.find("a").unwrap().kty.as_deref(), Some("EC"));
    assert_eq!(set.find("c"), None);
    assert_eq!(set.duplicate_kids(), ["a"]);
}

proptest! {
    #[test]
    fn never_panics(member in "kty|crv|n|e|x|y|alg|use|key_ops|kid", text in "\\PC{0,20}", kty in "RSA|EC|OKP") {
        let base = match kty.as_str() { "RSA" => rsa(), "EC" => ec(), _ => okp() };
        let read = key(with(base, &member, text.into()));
        let _ = (read.usable_for_signature(), read.thumbprint());
    }
}
