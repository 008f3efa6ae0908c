//! Protected resource metadata, its signed form: RFC 9728 §2.2 and §7.9, RFC 7515 §5.2.

use super::ground::{resource, server};
use super::resource::DOCUMENTS;
use crate::evidence::{Document, Evidence};
use crate::formats::json::Field;
use crate::formats::jwt::{self, Jwt, SignatureProblem};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[Check {
    id: "prm-signed-metadata",
    title: "signed metadata is signed by who it says and says the same as the plain members",
    role: Role::ResourceServer,
    level: level![_, RfcMust, RfcMust, RfcMust],
    class: Class::Passive,
    mark: Mark::Plain,
    cites: &[RFC9728_2_2, RFC9728_3_3],
    needs: DOCUMENTS,
    blocked_by: &[],
    why: "Clients that read it must prefer it to the plain members, the others never see it: where the two differ, clients \
          do different things.",
    fix: "sign `signed_metadata` anew from the present members, with an `iss` and a key that clients find, or leave it out",
    disputed: "",
    faults: &[
        Fault::new(
            "prm-signed-metadata-badsig",
            &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/signed_metadata", "\"{signed}AAAA\"")])],
        ),
        Fault::new(
            "prm-signed-metadata-differs",
            &[Deed::At(
                Reply::ResourceMetadata,
                &[Edit::SetJson("/signed_metadata", "\"{signed}\""), Edit::SetJson("/resource_name", "\"Another\"")],
            )],
        ),
        Fault::new(
            "prm-signed-metadata-opaque",
            &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/signed_metadata", "\"signed\"")])],
        ),
        // {"alg":"ES256"} . {}
        Fault::new(
            "prm-signed-metadata-anonymous",
            &[Deed::At(
                Reply::ResourceMetadata,
                &[Edit::SetJson("/signed_metadata", "\"eyJhbGciOiJFUzI1NiJ9.e30.AAAA\"")],
            )],
        ),
        // {"alg":"none"} . {"iss":"https://a.example"}
        Fault::new(
            "prm-signed-metadata-unsigned",
            &[Deed::At(
                Reply::ResourceMetadata,
                &[Edit::SetJson("/signed_metadata", "\"eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2EuZXhhbXBsZSJ9.\"")],
            )],
        ),
    ],
    judge: signed_metadata,
}];

fn signed_metadata(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let spot = document.spot("signed_metadata");
    need!(spot.value, absent "the metadata is not signed");
    let Some(token) = spot.text() else { return Verdict::blocked("prm-types") };
    let found = |message: String| finding(spot.at.clone(), message);
    let jwt = match jwt::decode(token) {
        Ok(jwt) => jwt,
        Err(problem) => return found(format!("`signed_metadata` is no JWT: {problem}")).warn(),
    };
    if jwt.header_str("alg").present().is_none_or(|alg| alg.eq_ignore_ascii_case("none")) {
        return found("`signed_metadata` has no signature".to_owned()).warn();
    }
    let Field::Present(issuer) = jwt.claim_str("iss") else {
        return found("`signed_metadata` does not say in `iss` who signed it".to_owned()).warn();
    };
    if jwt.claims.contains_key("signed_metadata") {
        return found("`signed_metadata` holds another `signed_metadata`".to_owned()).warn();
    }
    if let Some(name) = differing(&jwt, &document) {
        return found(format!("`{}` is another in `signed_metadata` than beside it", printable(name))).warn();
    }
    match signature(e, &document, token, &jwt, issuer) {
        Signature::Stands => Verdict::Pass,
        Signature::Fails(problem) => {
            found(format!("the signature of `signed_metadata` does not stand: {problem}")).warn()
        }
        Signature::Unknown => {
            let message =
                format!("`signed_metadata` is signed by `{}`, whose keys are not known here", printable(issuer));
            found(message).info()
        }
    }
}

/// The first member that both have, with different values.
fn differing<'j>(jwt: &'j Jwt, document: &Document<'_>) -> Option<&'j str> {
    // These speak of the token itself.
    let own = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
    let differs = |name: &str| document.object.get(name).is_some_and(|plain| Some(plain) != jwt.claims.get(name));
    jwt.claims.keys().map(String::as_str).find(|name| !own.contains(name) && differs(name))
}

/// What is known of a signature.
enum Signature {
    Stands,
    Fails(SignatureProblem),
    Unknown,
}

/// Tries the keys of the resource and of its authorization server. Who signs is free (RFC 9728 §2.2: "the party
/// attesting"): a signature fails only if its issuer is one of the two, or its `kid` one of their keys.
fn signature(e: &Evidence<'_>, document: &Document<'_>, token: &str, jwt: &Jwt, issuer: &str) -> Signature {
    let kid = jwt.header_str("kid").present();
    let mut own = document.text("resource") == Some(issuer) && e.first(Step::ResourceJwks).is_some();
    own |= server(e).is_ok_and(|server| server.text("issuer") == Some(issuer)) && e.first(Step::Jwks).is_some();
    let mut problem = None;
    for step in [Step::ResourceJwks, Step::Jwks] {
        let set = e.first(step).and_then(|x| e.object(x)).and_then(Result::ok);
        let keys = set.and_then(|set| set.object.get("keys")?.as_array()).map(Vec::as_slice).unwrap_or_default();
        for key in keys {
            let known = kid.is_some() && key.get("kid").and_then(serde_json::Value::as_str) == kid;
            if kid.is_some() && !known {
                continue;
            }
            match jwt::verify(token, key, None) {
                Ok(()) => return Signature::Stands,
                Err(SignatureProblem::Unsupported { .. }) => return Signature::Unknown,
                Err(failed) => {
                    own |= known;
                    problem = Some(failed);
                }
            }
        }
    }
    match problem {
        Some(problem) if own => Signature::Fails(problem),
        _ => Signature::Unknown,
    }
}
