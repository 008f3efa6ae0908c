//! What is said of a token, line for line.

use serde_json::{Value, json};

use super::*;
use crate::client::proof::ClientKey;
use crate::formats::jwt;
use crate::store::Scheme;

const NOW: u64 = 1_800_000_000;

struct Made {
    key: ClientKey,
    own: DpopKey,
}

impl Made {
    fn new() -> Self {
        let own = DpopKey::new().unwrap();
        Self { key: ClientKey::of(&own).unwrap(), own }
    }

    fn standard(&self, scope: &[&str]) -> Standard {
        let mut jwk = self.own.jwk();
        jwk["kid"] = json!("one");
        let set = json!({ "keys": [jwk] });
        Standard {
            issuer: "https://as.test".to_owned(),
            audience: "https://rs.test/mcp".to_owned(),
            scope: scope.iter().map(|scope| (*scope).to_owned()).collect(),
            keys: Ok(KeySet::from_map(set.as_object().unwrap()).unwrap()),
            introspection: None,
            token_endpoint: String::new(),
        }
    }

    /// Remarks about a good token with these changes; what is null is left out.
    fn said(
        &self,
        header: &Value,
        claims: &Value,
        standard: &Standard,
        tokens: Option<&Tokens>,
    ) -> Vec<(Stand, String)> {
        let merge = |mut base: Value, changes: &Value| {
            for (name, value) in changes.as_object().unwrap() {
                base[name] = value.clone();
            }
            base.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            base
        };
        let header = merge(json!({ "alg": "ES256", "typ": "at+jwt", "kid": "one" }), header);
        let good = json!({ "iss": "https://as.test", "aud": "https://rs.test/mcp", "exp": NOW + 600, "iat": NOW, "sub": "a",
            "client_id": "c", "jti": "j", "scope": "read write" });
        let token = Secret::from(self.key.sign(&header, &merge(good, claims)).unwrap());
        let read = jwt::decode(token.expose()).unwrap();
        examine(&token, &read, standard, NOW, tokens).into_iter().map(|remark| (remark.stand, remark.text)).collect()
    }
}

fn line(stand: Stand, text: &str) -> (Stand, String) {
    (stand, text.to_owned())
}

#[test]
fn a_good_token_is_good_in_every_line() {
    let made = Made::new();
    let all = [
        line(Stand::Good, "signature made by key `one`"),
        line(Stand::Good, "issuer: `https://as.test`"),
        line(Stand::Good, "audience: `https://rs.test/mcp`"),
        line(Stand::Good, "within its time"),
    ];
    assert_eq!(made.said(&json!({}), &json!({}), &made.standard(&[]), None), all);
    let scoped = made.said(&json!({}), &json!({}), &made.standard(&["read", "write"]), None);
    assert_eq!(scoped.last().unwrap(), &line(Stand::Good, "scope: holds `read write`, which the server asks for"));
    let nameless = made.said(&json!({ "kid": null }), &json!({}), &made.standard(&[]), None);
    assert_eq!(nameless[0], line(Stand::Good, "signature made by key `one`"));
}

#[test]
fn what_is_wrong_takes_the_place_of_what_is_right() {
    let made = Made::new();
    type Case = (Value, &'static str, &'static str);
    let cases: [Case; 5] = [
        (json!({ "iss": "https://other.test" }), "issuer: ", "`iss`"),
        (json!({ "aud": "https://other.test" }), "audience: ", "`aud`"),
        (json!({ "exp": NOW - 600 }), "within its time", "expired"),
        (json!({ "exp": "soon" }), "within its time", "`exp`"),
        (json!({ "nbf": NOW + 600 }), "within its time", "not valid for another"),
    ];
    for (claims, gone, told) in cases {
        let said = made.said(&json!({}), &claims, &made.standard(&[]), None);
        assert!(
            !said.iter().any(|(stand, text)| *stand == Stand::Good && text.starts_with(gone)),
            "{claims}: {said:?}"
        );
        assert!(said.iter().any(|(stand, text)| *stand == Stand::Bad && text.contains(told)), "{claims}: {said:?}");
        // Nothing else is touched: signature and two of three.
        assert_eq!(said.iter().filter(|(stand, _)| *stand == Stand::Good).count(), 3, "{claims}: {said:?}");
    }
    let lacking = made.said(&json!({}), &json!({}), &made.standard(&["read", "admin"]), None);
    assert!(
        lacking.iter().any(|(stand, text)| *stand == Stand::Bad && text.contains("admin") && !text.contains("`read`")),
        "{lacking:?}"
    );
}

#[test]
fn a_signature_is_made_refused_or_not_checked() {
    let (made, other) = (Made::new(), Made::new());
    let first =
        |made: &Made, header: Value, standard: &Standard| made.said(&header, &json!({}), standard, None)[0].clone();
    let standard = made.standard(&[]);
    let (stand, text) = first(&other, json!({}), &standard);
    assert!(stand == Stand::Bad && text.starts_with("signature: "), "{text}");
    assert_eq!(
        first(&made, json!({ "kid": "two" }), &standard),
        line(Stand::Bad, "signature: no published key has the id `two`")
    );
    let none = Standard { keys: Err("the keys are gone".to_owned()), ..made.standard(&[]) };
    assert_eq!(first(&made, json!({}), &none), line(Stand::Unknown, "signature not checked: the keys are gone"));
    let empty = KeySet::from_map(json!({ "keys": [] }).as_object().unwrap()).unwrap();
    let empty = Standard { keys: Ok(empty), ..made.standard(&[]) };
    let nobody = line(Stand::Bad, "signature: no published key can have made it");
    assert_eq!(first(&made, json!({ "kid": null }), &empty), nobody);
    let unknown = first(&made, json!({ "alg": "ES256K" }), &standard);
    assert!(unknown.0 != Stand::Good, "{unknown:?}");
}

#[test]
fn a_bound_token_needs_its_key() {
    let (made, other) = (Made::new(), Made::new());
    let kept = |key: &DpopKey| Tokens {
        access: Secret::from("x"),
        scheme: Scheme::Dpop,
        obtained_at: NOW,
        expires_at: None,
        refresh: None,
        scope: Vec::new(),
        dpop_key: Some(key.stored().clone()),
    };
    let bound = json!({ "cnf": { "jkt": made.own.thumbprint() } });
    let last =
        |tokens: Option<&Tokens>| made.said(&json!({}), &bound, &made.standard(&[]), tokens).last().unwrap().clone();
    assert_eq!(last(None).0, Stand::Unknown);
    assert_eq!(last(Some(&kept(&made.own))), line(Stand::Good, "bound to the key that is stored with it (DPoP)"));
    assert_eq!(last(Some(&kept(&other.own))).0, Stand::Bad);
}

#[test]
fn introspection_is_held_against_the_server() {
    let made = Made::new();
    let standard = made.standard(&["read", "write"]);
    let said = |answer: Value| -> Vec<(Stand, String)> {
        let remarks = examine_introspection(answer.as_object().unwrap(), &standard);
        remarks.into_iter().map(|remark| (remark.stand, remark.text)).collect()
    };
    let active = line(Stand::Good, "the authorization server says that the token is active");
    let ours = line(Stand::Good, "audience: `https://rs.test/mcp`");
    for aud in [json!("https://rs.test/mcp"), json!(["https://other.test", "https://rs.test/mcp"])] {
        assert_eq!(said(json!({ "active": true, "aud": aud, "scope": "write read" })), [active.clone(), ours.clone()]);
    }
    for inactive in [json!({ "active": false }), json!({}), json!({ "active": "true" })] {
        assert_eq!(said(inactive), [line(Stand::Bad, "the authorization server says that the token is not active")]);
    }
    let nobody = said(json!({ "active": true, "scope": "read write" }));
    assert_eq!(nobody[1].0, Stand::Odd);
    let other = said(json!({ "active": true, "aud": ["https://other.test"], "scope": "read" }));
    assert!(
        other[1].0 == Stand::Bad && other[1].1.contains("`https://other.test`, not `https://rs.test/mcp`"),
        "{other:?}"
    );
    assert_eq!(other[2], line(Stand::Bad, "scope: lacks `write`"));
}

#[test]
fn the_verdict_is_that_of_the_worst_line() {
    let of = |stands: &[Stand]| verdict(&stands.iter().map(|stand| remark(*stand, "x")).collect::<Vec<_>>());
    assert_eq!(of(&[]), "accepted");
    assert_eq!(of(&[Stand::Good, Stand::Odd]), "accepted");
    assert_eq!(of(&[Stand::Good, Stand::Unknown]), "unknown");
    assert_eq!(of(&[Stand::Unknown, Stand::Bad]), "refused");
}

#[test]
fn an_rsa_key_without_an_algorithm_is_tried_with_that_of_the_token() {
    let made = Made::new();
    let modulus = "_".repeat(342) + "w";
    let set = json!({ "keys": [{ "kty": "RSA", "kid": "one", "n": modulus, "e": "AQAB" }] });
    let keys = Ok(KeySet::from_map(set.as_object().unwrap()).unwrap());
    let standard = Standard { keys, ..made.standard(&[]) };
    let first = |alg: &str| made.said(&json!({ "alg": alg }), &json!({}), &standard, None).swap_remove(0);
    for alg in ["RS256", "RS512", "PS256"] {
        let (stand, text) = first(alg);
        assert!(stand == Stand::Bad && text.contains("the signature does not match the key"), "{alg}: {text}");
    }
    let (stand, text) = first("ES256");
    assert!(stand == Stand::Bad && text.contains("RS256"), "{text}");
}
