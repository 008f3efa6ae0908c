//! The signature of an access token: RFC 9068 §2.1 and §4, RFC 8725 §3.2, RFC 7515 §5.2.

use serde_json::Value;

use super::granted::{Issued, access_jwt};
use super::issued::LOGIN;
use super::issued_claims::in_token;
use super::keys_ground::key_set;
use crate::evidence::{Evidence, Signature};
use crate::formats::json::Field;
use crate::formats::jwks::Key;
use crate::formats::jwt::{self, SignatureProblem};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "token-alg",
        title: "the access token is signed with a private key",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC9068_2_1, RFC8725_3_2],
        needs: LOGIN,
        blocked_by: &["token-not-id-token"],
        why: "A token without a signature can be written by anybody. With a shared secret (HS256), every server that can check a \
              token can also make one.",
        fix: "sign access tokens with ES256, RS256 or EdDSA and publish the public key at `jwks_uri`",
        disputed: "",
        faults: &[
            Fault::new("token-alg-hs256", &[Deed::At(Reply::AccessTokenHeader, &[Edit::SetJson("/alg", "\"HS256\"")])]),
            Fault::new("token-alg-none", &[Deed::At(Reply::AccessTokenHeader, &[Edit::SetJson("/alg", "\"none\"")])]),
        ],
        judge: algorithm,
    },
    Check {
        id: "token-signature",
        title: "the signature of the access token is by a published key",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC9068_4, RFC7515_5_2],
        needs: LOGIN,
        blocked_by: &["token-alg", "jwks-fetch", "jwks-nonempty"],
        why: "A server that checks the signature as it must refuses the token, and the client logs in again, in vain.",
        fix: "publish at `jwks_uri` the key that signs access tokens, under the `kid` that stands in their header",
        disputed: "",
        faults: &[
            Fault::new(
                "jwks-missing-token-key",
                &[Deed::At(Reply::Jwks, &[Edit::SetJson("/keys/0/kid", "\"another-key\"")])],
            ),
            Fault::new(
                "token-kid-unknown",
                &[Deed::At(Reply::AccessTokenHeader, &[Edit::SetJson("/kid", "\"key-of-last-year\"")])],
            ),
        ],
        judge: signature,
    },
];

fn algorithm(e: &Evidence<'_>) -> Verdict {
    let (Issued { exchange, .. }, _, jwt) = need!(access_jwt(e));
    let Field::Present(alg) = jwt.header_str("alg") else {
        return in_token(exchange, "the header of the token names no algorithm (`alg`)").expected("ES256").fail();
    };
    let found = |message: String| {
        in_token(exchange, message).expected("ES256, RS256 or EdDSA").actual(printable(alg).to_string())
    };
    if alg.eq_ignore_ascii_case("none") {
        return found("the access token is not signed".to_owned()).fail();
    }
    if alg.starts_with("HS") {
        return found(format!("the access token is signed with a shared secret ({})", printable(alg))).warn();
    }
    Verdict::Pass
}

fn signature(e: &Evidence<'_>) -> Verdict {
    let (Issued { exchange, .. }, token, jwt) = need!(access_jwt(e));
    if jwt.header_str("alg").present().is_none_or(|alg| alg.eq_ignore_ascii_case("none") || alg.starts_with("HS")) {
        return Verdict::blocked("token-alg");
    }
    let (document, set) = need!(key_set(e));
    if set.keys.is_empty() {
        return Verdict::blocked("jwks-nonempty");
    }
    let values = document.object.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let kid = jwt.header_str("kid").present();
    let named = |value: &&Value| kid.is_none() || Key::from_value(value).kid.as_deref() == kid;
    let candidates: Vec<&Value> = values.iter().filter(named).collect();
    if let (Some(kid), true) = (kid, candidates.is_empty()) {
        return in_token(exchange, format!("no published key has the `kid` of the token, `{}`", printable(kid)))
            .expected("a key of this `kid` at `jwks_uri`")
            .fail();
    }
    let wrong = |why: &str| {
        in_token(exchange, format!("the signature of the token does not verify with the published keys{why}"))
            .expected("a signature by a key at `jwks_uri`")
            .fail()
    };
    // What is saved has no signatures, since whoever reads it could use the token; it says what came of them.
    match Signature::of(token.expose()) {
        Some(Signature::Stands) => return Verdict::Pass,
        Some(Signature::Fails) => return wrong(""),
        Some(Signature::Unknown) => {
            return Verdict::inconclusive(
                "the signature is of a kind that could not be checked when the record was saved",
            );
        }
        None => {}
    }
    let alg = jwt.header_str("alg").present();
    let outcomes: Vec<_> = candidates.iter().map(|key| jwt::verify(token.expose(), key, alg)).collect();
    if outcomes.iter().any(Result::is_ok) {
        return Verdict::Pass;
    }
    if outcomes
        .iter()
        .any(|outcome| matches!(outcome, Err(SignatureProblem::Unsupported { .. } | SignatureProblem::Critical)))
    {
        return Verdict::inconclusive("the signature is of a kind that this program cannot check");
    }
    let why = outcomes.into_iter().find_map(Result::err).map_or_else(String::new, |problem| format!(": {problem}"));
    wrong(&why)
}
