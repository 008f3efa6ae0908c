//! Tests of the token reader: vectors of RFC 7515 and RFC 8037, and tokens made here.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::formats::base64url;
use crate::formats::json::Kind;
use crate::formats::uri::Likeness;

const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

/// RFC 7515 A.2.
fn rs256() -> (String, Value) {
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let key = json!({"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"});
    (format!("eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.{signature}"), key)
}

/// RFC 7515 A.3.
fn es256() -> (String, Value) {
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let key = json!({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                     "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    (format!("eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}.{signature}"), key)
}

/// RFC 8037 A.4; its payload is no JSON.
fn eddsa() -> (String, Value) {
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    (token.to_owned(), json!({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}))
}

fn token(header: &Value, claims: &Value) -> String {
    format!("{}.{}.c2ln", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()))
}

fn with(mut value: Value, member: &str, new: Value) -> Value {
    value[member] = new;
    value
}

#[test]
fn the_tokens_of_the_rfcs_verify() {
    for (token, key) in [rs256(), es256(), eddsa()] {
        assert_eq!(verify(&token, &key, None), Ok(()));
    }
    let (token, key) = rs256();
    assert_eq!(verify(&token, &with(key.clone(), "alg", json!("RS256")), None), Ok(()));
    let padded = [&[0][..], &base64_lenient(key["n"].as_str().unwrap()).unwrap().0].concat();
    assert_eq!(verify(&token, &with(key, "n", json!(base64url(&padded))), None), Ok(()));
    let (token, key) = eddsa();
    assert_eq!(verify(&token, &with(key, "alg", json!("Ed25519")), None), Ok(()));
}

#[test]
fn a_changed_token_or_key_does_not_verify() {
    let (token, key) = es256();
    let (head, rest) = token.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let claims = base64url(br#"{"iss":"eve"}"#);
    assert_eq!(verify(&format!("{head}.{claims}.{signature}"), &key, None), Err(SignatureProblem::Mismatch));
    for broken in [format!("{head}.{PAYLOAD}."), format!("{head}.{PAYLOAD}.!!"), format!("{head}.{PAYLOAD}.AAAA")] {
        assert_eq!(verify(&broken, &key, None), Err(SignatureProblem::Mismatch));
    }
    let wrong = with(key, "y", json!(base64url(&[7; 32])));
    assert_eq!(verify(&token, &wrong, None), Err(SignatureProblem::Mismatch));
}

#[test]
fn the_key_chooses_the_algorithm_and_never_the_token() {
    let (_, rsa) = rs256();
    let algorithm = |alg: &str, key: &Value, configured| {
        verify(&token(&json!({ "alg": alg }), &json!({})), key, configured).unwrap_err()
    };
    for alg in ["none", "HS256", "ES256", "RS512", "PS256", "rs256", ""] {
        assert_eq!(
            algorithm(alg, &rsa, None),
            SignatureProblem::Algorithm { token: alg.to_owned(), key: "RS256".to_owned() }
        );
    }
    assert_eq!(algorithm("PS256", &rsa, Some("PS256")), SignatureProblem::Mismatch);
    // A configuration that cannot fit the key is no reason to leave its family.
    assert!(matches!(algorithm("HS256", &rsa, Some("HS256")), SignatureProblem::Algorithm { .. }));
    let oct = json!({"kty":"oct","k":"c2VjcmV0","alg":"HS256"});
    assert_eq!(algorithm("HS256", &oct, Some("HS256")), SignatureProblem::Key(KeyProblem::Symmetric));
    let enc = with(rsa.clone(), "use", json!("enc"));
    assert_eq!(algorithm("RS256", &enc, None), SignatureProblem::KeyPurpose);
    let small = with(rsa.clone(), "n", json!(base64url(&[0xff; 128])));
    assert_eq!(algorithm("RS256", &small, None), SignatureProblem::KeySize { bits: 1024 });
    let p521 = json!({"kty":"EC","crv":"P-521","x": base64url(&[1; 66]),"y": base64url(&[1; 66])});
    assert!(matches!(algorithm("ES512", &p521, None), SignatureProblem::Unsupported { .. }));
    let ed448 = json!({"kty":"OKP","crv":"Ed448","alg":"EdDSA","x": base64url(&[1; 57])});
    assert_eq!(algorithm("EdDSA", &ed448, None), SignatureProblem::Unsupported { alg: "EdDSA".to_owned() });
    let critical = token(&json!({"alg":"RS256","crit":["b64"],"b64":false}), &json!({}));
    assert_eq!(verify(&critical, &rsa, None), Err(SignatureProblem::Critical));
    let nothing = token(&json!({"alg":5}), &json!({}));
    assert_eq!(verify(&nothing, &rsa, None), Err(SignatureProblem::NoAlgorithm));
}

#[test]
fn decoding_keeps_odd_members_and_forgives_base64() {
    let jwt =
        decode(&token(&json!({"alg":["x"],"kid":7}), &json!({"aud":["a","b"],"exp":"soon","scp":["r","w"]}))).unwrap();
    assert_eq!(jwt.header_str("alg"), Field::Wrong(Kind::Array));
    assert_eq!(jwt.header_str("kid"), Field::Wrong(Kind::Number));
    assert_eq!(jwt.audiences(), Field::Present(vec!["a", "b"]));
    assert_eq!(jwt.claim_time("exp"), Field::Wrong(Kind::String));
    assert_eq!(jwt.scopes(), Field::Present(vec!["r", "w"]));
    assert_eq!((jwt.signature.as_slice(), jwt.sloppy.as_slice()), (&b"sig"[..], &[][..]));
    let padded = decode("eyJhIjoxfQ==.eyJiIjoiPz8_In0.").unwrap();
    assert_eq!((padded.claims["b"].as_str(), padded.sloppy), (Some("???"), vec![Part::Header]));
    assert!(padded.signature.is_empty());
    let shown = format!("{:?}", decode(&es256().0).unwrap());
    assert!(shown.contains("joe") && !shown.contains("DtEh"), "{shown}");
}

#[test]
fn numeric_dates_may_be_fractions_and_absurd() {
    let time = |value: Value| decode(&token(&json!({}), &json!({ "exp": value }))).unwrap().claim_time("exp");
    assert_eq!(time(json!(1.9)), Field::Present(1));
    assert_eq!(time(json!(-5)), Field::Present(-5));
    assert_eq!(time(json!(1e300)), Field::Present(i64::MAX));
    assert_eq!(time(json!(u64::MAX)), Field::Present(i64::MAX));
}

#[test]
fn problems_name_the_part_and_quote_nothing() {
    let odd = |token: &str| decode(token).unwrap_err().to_string();
    assert_eq!(odd("opaque"), "not a JWT: it has 1 parts between dots, not 3");
    assert_eq!(odd("a.b.c.d.e"), "the token is encrypted (JWE): only its recipient can read it");
    assert_eq!(odd("§.e30.x"), "the header of the token is not base64url");
    assert_eq!(odd("e30.§."), "the payload of the token is not base64url");
    assert_eq!(odd("e30.e30.§"), "the signature of the token is not base64url");
    let doubled = format!("e30.{}.", base64url(br#"{"aud":"SECRET","aud":"SECRET"}"#));
    assert_eq!(odd(&doubled), "the payload of the token: member `/aud` occurs twice (line 1, column 21)");
    assert_eq!(odd("e30.W10."), "the payload of the token: the document is an array, not an object");
}

fn good() -> (Value, Value) {
    (
        json!({"alg":"ES256","typ":"at+jwt","kid":"k"}),
        json!({"iss":"https://as.test","aud":"https://rs.test/mcp","exp":2_000,"iat":1_000,"nbf":1_000,
               "sub":"s","client_id":"c","jti":"j","scope":"a b"}),
    )
}

fn objections(header: &Value, claims: &Value) -> Vec<ClaimProblem> {
    let expected =
        Expected { issuer: Some("https://as.test"), audience: Some("https://rs.test/mcp"), now: 1_500, leeway: 30 };
    check(&decode(&token(header, claims)).unwrap(), &expected)
}

#[test]
fn a_token_in_order_has_no_objections() {
    let (header, claims) = good();
    assert_eq!(objections(&header, &claims), []);
    assert_eq!(
        objections(
            &with(header, "typ", json!("application/AT+JWT")),
            &with(claims, "aud", json!(["x", "https://rs.test/mcp"]))
        ),
        []
    );
}

#[test]
fn each_claim_is_checked_with_its_kind() {
    let with_claim = |name: &str, value: Value| objections(&good().0, &with(good().1, name, value));
    let wrong = |claim, found| vec![ClaimProblem::WrongKind { claim, found }];
    assert_eq!(with_claim("exp", json!(1_400)), [ClaimProblem::Expired { by: 100 }]);
    assert_eq!(with_claim("exp", json!(1_470)), [ClaimProblem::Expired { by: 30 }]);
    assert_eq!(with_claim("exp", json!(1_471)), []);
    assert_eq!(with_claim("exp", json!("2000")), wrong("exp", Kind::String));
    assert_eq!(with_claim("nbf", json!(1_531)), [ClaimProblem::NotYetValid { by: 31 }]);
    assert_eq!(with_claim("nbf", json!(1_530)), []);
    assert_eq!(with_claim("nbf", json!(null)), wrong("nbf", Kind::Null));
    assert_eq!(with_claim("iat", json!(1_600)), [ClaimProblem::IssuedInFuture { by: 100 }]);
    assert_eq!(with_claim("iat", json!(1_531)), [ClaimProblem::IssuedInFuture { by: 31 }]);
    assert_eq!(with_claim("iat", json!(1_530)), []);
    assert_eq!(with_claim("aud", json!(123)), wrong("aud", Kind::Number));
    assert_eq!(with_claim("aud", json!(["a", 1])), wrong("aud", Kind::Number));
    assert_eq!(with_claim("iss", json!(["https://as.test"])), wrong("iss", Kind::Array));
    assert_eq!(with_claim("scope", json!({})), wrong("scope", Kind::Object));
    assert_eq!(
        with_claim("iss", json!("https://as.test/")),
        [ClaimProblem::Issuer {
            found: "https://as.test/".to_owned(),
            expected: "https://as.test".to_owned(),
            likeness: Likeness::RootSlash
        }]
    );
    let audience = with_claim("aud", json!(["https://other.test", "https://rs.test/mcp/"]));
    assert!(matches!(&audience[..], [ClaimProblem::Audience { likeness: Likeness::PathSlash, .. }]));
    assert!(matches!(&with_claim("aud", json!([]))[..], [ClaimProblem::Audience { likeness: Likeness::Other, .. }]));
    assert_eq!(
        audience[0].to_string(),
        "`aud` is `https://other.test https://rs.test/mcp/`, not `https://rs.test/mcp`: it differs only by the slash at the end of the path"
    );
}

#[test]
fn the_header_is_checked() {
    let with_header = |name: &str, value: Value| objections(&with(good().0, name, value), &good().1);
    for alg in ["none", "NONE", "nOnE"] {
        assert_eq!(with_header("alg", json!(alg)), [ClaimProblem::Unsigned { alg: alg.to_owned() }]);
    }
    assert_eq!(with_header("crit", json!(["exp", 1])), [ClaimProblem::Critical { names: vec!["exp".to_owned()] }]);
    assert_eq!(with_header("crit", json!("x")), [ClaimProblem::Critical { names: vec![] }]);
    assert_eq!(with_header("typ", json!("JWT"))[0].to_string(), "`typ` is `JWT`, not `at+jwt`");
    assert_eq!(with_header("typ", json!(1)), [ClaimProblem::WrongKind { claim: "typ", found: Kind::Number }]);
}

#[test]
fn an_empty_token_lacks_everything_and_some_of_it_fatally() {
    let problems = objections(&json!({}), &json!({}));
    let missing: Vec<(&str, bool)> = problems
        .iter()
        .filter_map(|problem| match problem {
            ClaimProblem::Missing { claim } => Some((*claim, problem.refuses())),
            _ => None,
        })
        .collect();
    assert_eq!(
        missing,
        [
            ("alg", true),
            ("iss", true),
            ("exp", true),
            ("iat", false),
            ("aud", true),
            ("sub", false),
            ("client_id", false),
            ("jti", false)
        ]
    );
    assert!(problems.contains(&ClaimProblem::Type { found: None }));
}

proptest! {
    #[test]
    fn decoding_never_panics(token in "[A-Za-z0-9_=.+/-]{0,80}|\\PC{0,20}") {
        let _ = decode(&token);
        let _ = verify(&token, &es256().1, None);
    }

    #[test]
    fn checking_never_panics(exp in any::<f64>(), now in any::<i64>(), leeway in any::<i64>(), aud in "\\PC{0,20}") {
        let jwt = decode(&token(&json!({}), &json!({"exp": exp, "nbf": exp, "iat": exp, "aud": aud}))).unwrap();
        let _ = check(&jwt, &Expected { issuer: Some(""), audience: Some(""), now, leeway });
    }

    #[test]
    fn one_changed_bit_breaks_the_signature(at in 0_usize..64, bit in 0_u8..8) {
        let (token, key) = es256();
        let mut jwt = decode(&token).unwrap();
        jwt.signature[at] ^= 1 << bit;
        let forged = format!("{}.{}", jwt.signing_input, base64url(&jwt.signature));
        prop_assert_eq!(verify(&forged, &key, None), Err(SignatureProblem::Mismatch));
    }
}

#[test]
fn times_are_judged_to_the_second_at_any_time() {
    let now_of = crate::spec::clock::MOMENTS.map(|now| i64::try_from(now).unwrap());
    for now in now_of.into_iter().chain([0, -1, i64::MIN, i64::MAX]) {
        for (name, offset, refused) in [
            ("exp", -31, true),
            ("exp", -30, true),
            ("exp", -29, false),
            ("exp", 0, false),
            ("exp", 31_536_000, false),
            ("exp", -31_536_000, true),
            ("nbf", 29, false),
            ("nbf", 30, false),
            ("nbf", 31, true),
            ("nbf", 600, true),
            ("nbf", -600, false),
        ] {
            let Some(time) = now.checked_add(offset) else { continue };
            let mut claims = json!({ "iss": "i", "aud": "a", "sub": "s", "client_id": "c", "jti": "j", "iat": 0,
                "exp": now.saturating_add(600) });
            claims["iat"] = json!(now);
            claims[name] = json!(time);
            let jwt = decode(&token(&json!({ "alg": "ES256", "typ": "at+jwt" }), &claims)).unwrap();
            let expected = Expected { issuer: Some("i"), audience: Some("a"), now, leeway: 30 };
            let problems = check(&jwt, &expected);
            // At the end of all numbers nothing can be told apart.
            if now.checked_add(30).is_some() && now.checked_sub(31).is_some() {
                assert_eq!(
                    problems.iter().any(ClaimProblem::refuses),
                    refused,
                    "{name} {offset} at {now}: {problems:?}"
                );
            }
        }
    }
}
