//! Authorization server metadata that is there more than once: beside OpenID Connect, and signed. RFC 8414 §2.1 and §5,
//! OpenID Connect Discovery §3.

use std::collections::BTreeSet;

use serde_json::Value;

use super::ground::{in_both, issuer, server};
use super::server_members::{DOCUMENTS, quoted, text};
use crate::evidence::{Document, Evidence};
use crate::formats::jwt::{self, SignatureProblem};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "asm-docs-agree",
        title: "the OAuth and the OpenID Connect document say the same",
        role: Role::AuthorizationServer,
        level: level![_, _, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_5],
        needs: &[Step::OauthMetadata, Step::OidcInserted, Step::OidcAppended],
        blocked_by: &[],
        why: "Which of the two a client reads depends on its order of asking. Where they differ, some clients work and others \
              do not.",
        fix: "generate both documents from the same settings",
        disputed: "",
        faults: &[
            Fault::new(
                "asm-oidc-conflict",
                &[Deed::At(Reply::OpenIdMetadata, &[Edit::SetJson("/token_endpoint", "\"{as}/other/token\"")])],
            ),
            Fault::new(
                "asm-oidc-without-pkce",
                &[Deed::At(Reply::OpenIdMetadata, &[Edit::DropJson("/code_challenge_methods_supported")])],
            ),
            Fault::new(
                "asm-oidc-without-registration",
                &[Deed::At(Reply::OpenIdMetadata, &[Edit::DropJson("/registration_endpoint")])],
            ),
        ],
        judge: docs_agree,
    },
    Check {
        id: "asm-oidc-members",
        title: "the OpenID Connect document has the members that OpenID Connect requires",
        role: Role::AuthorizationServer,
        level: level![_, _, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[OIDC_DISCOVERY_3],
        needs: &[Step::OidcInserted, Step::OidcAppended],
        blocked_by: &[],
        why: "OpenID libraries that read the document check these members and refuse it without them, though OAuth does not \
              use them.",
        fix: "add `\"subject_types_supported\": [\"public\"]` and `\"id_token_signing_alg_values_supported\": [\"RS256\"]`",
        disputed: "",
        faults: &[
            Fault::new(
                "asm-oidc-missing-members",
                &[Deed::At(Reply::OpenIdMetadata, &[Edit::DropJson("/subject_types_supported")])],
            ),
            Fault::new(
                "asm-oidc-without-rs256",
                &[Deed::At(
                    Reply::OpenIdMetadata,
                    &[Edit::SetJson("/id_token_signing_alg_values_supported", "[\"ES256\"]")],
                )],
            ),
        ],
        judge: oidc_members,
    },
    Check {
        id: "asm-signed-metadata",
        title: "`signed_metadata` carries an issuer and a signature that stands",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2_1],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Signed values take precedence over plain ones. A client that verifies them refuses the document if they do not stand.",
        fix: "sign the metadata with a key of the key set and with an `iss` claim, or leave `signed_metadata` out",
        disputed: "",
        faults: &[
            Fault::new(
                "asm-signed-metadata-badsig",
                in_both![Edit::SetJson(
                    "/signed_metadata",
                    concat!(
                        "\"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2FzLnRlc3QifQ.",
                        "AQIDBAUGBwgBAgMEBQYHCAECAwQFBgcIAQIDBAUGBwgBAgMEBQYHCAECAwQFBgcIAQIDBAUGBwgBAgMEBQYHCA\""
                    )
                )],
            ),
            Fault::new(
                "asm-signed-metadata-no-iss",
                in_both![Edit::SetJson(
                    "/signed_metadata",
                    concat!(
                        "\"eyJhbGciOiJFUzI1NiJ9.e30.",
                        "AQIDBAUGBwgBAgMEBQYHCAECAwQFBgcIAQIDBAUGBwgBAgMEBQYHCAECAwQFBgcIAQIDBAUGBwgBAgMEBQYHCA\""
                    )
                )],
            ),
        ],
        judge: signed_metadata,
    },
];

fn docs_agree(e: &Evidence<'_>) -> Verdict {
    let used = need!(server(e));
    let trail = need!(issuer(e));
    let pair = (e.oauth_document(&trail.issuer), e.openid_document(&trail.issuer));
    let (Some(oauth), Some(openid)) = pair else {
        // A broken answer where the other document should be is the finding of another check.
        let broken = trail.candidates.iter().map(|x| e.landed(x)).any(|x| {
            x.number != used.exchange.number
                && e.object(x).is_none_or(|object| object.is_err())
                && x.status() != Some(404)
        });
        return if broken {
            Verdict::blocked("asm-miss-is-404")
        } else {
            Verdict::not_applicable("there is only one of the two documents")
        };
    };
    let Some(name) = difference(&oauth, &openid) else { return Verdict::Pass };
    let (one, other) = (oauth.spot(name), openid.spot(name));
    let how = match (one.value, other.value) {
        (Some(_), None) => "is only in the OAuth document, not in the OpenID Connect document",
        (None, Some(_)) => "is only in the OpenID Connect document, not in the OAuth document",
        _ => "is another in the OpenID Connect document than in the OAuth document",
    };
    let shown = (quoted(&one), quoted(&other));
    finding(other.at, format!("`{name}` {how}"))
        .expected(shown.0)
        .actual(shown.1)
        .fix(format!("write the same `{name}` in both documents"))
        .warn()
}

/// The first member in which the documents contradict each other.
fn difference(oauth: &Document<'_>, openid: &Document<'_>) -> Option<&'static str> {
    const VALUES: [&str; 4] = ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"];
    const OFFERS: [&str; 2] = ["registration_endpoint", "client_id_metadata_document_supported"];
    const PKCE: &str = "code_challenge_methods_supported";
    let values = |name: &str| (oauth.object.get(name), openid.object.get(name));
    // A value that one of them lacks is the finding of the check that reads it.
    let contradicts = |name: &&'static str| matches!(values(name), (Some(one), Some(other)) if one != other);
    let differs = |name: &&'static str| values(name).0 != values(name).1;
    let set = |document: &Document<'_>| document.texts(PKCE).map(|list| list.into_iter().map(str::to_owned).collect());
    let (one, other): (Option<BTreeSet<String>>, Option<BTreeSet<String>>) = (set(oauth), set(openid));
    // Absent in the document that counts is the finding of `asm-pkce-present`.
    let pkce = (one.is_some() && one != other).then_some(PKCE);
    VALUES.into_iter().find(contradicts).or_else(|| OFFERS.into_iter().find(differs)).or(pkce)
}

fn oidc_members(e: &Evidence<'_>) -> Verdict {
    need!(server(e));
    let trail = need!(issuer(e));
    let document = need!(e.openid_document(&trail.issuer), absent "there is no OpenID Connect document");
    let subject = document.spot("subject_types_supported");
    let algorithms = document.spot("id_token_signing_alg_values_supported");
    let shown = quoted(&algorithms);
    if document.texts("subject_types_supported").is_none_or(|types| types.is_empty()) {
        let shown = quoted(&subject);
        return finding(subject.at, "the OpenID Connect document has no `subject_types_supported`")
            .expected("[\"public\"] or [\"pairwise\"]")
            .actual(shown)
            .warn();
    }
    match document.texts("id_token_signing_alg_values_supported") {
        Some(names) if names.contains(&"RS256") => Verdict::Pass,
        found => {
            let what = if found.is_some() { "does not contain RS256" } else { "is missing" };
            finding(algorithms.at, format!("`id_token_signing_alg_values_supported` {what}"))
                .expected("a list with \"RS256\"")
                .actual(shown)
                .warn()
        }
    }
}

fn signed_metadata(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let token = need!(need!(text(&document, "signed_metadata")), absent "there is no `signed_metadata`");
    let at = document.spot("signed_metadata").at;
    let signed = match jwt::decode(token) {
        Ok(signed) => signed,
        Err(problem) => return finding(at, format!("`signed_metadata` is no JWT: {problem}")).expected("a JWT").warn(),
    };
    if signed.claim_str("iss").present().is_none() {
        return finding(at, "`signed_metadata` has no `iss`: nobody vouches for it").expected("an `iss` claim").warn();
    }
    let keys = e.first(Step::Jwks).and_then(|x| e.object(e.landed(x))?.ok()?.object.get("keys")?.as_array());
    let keys = need!(keys, absent "there is no key set to verify `signed_metadata` with");
    let kid = signed.header_str("kid").present();
    let fitting: Vec<&Value> =
        keys.iter().filter(|key| kid.is_none_or(|kid| key.get("kid").and_then(Value::as_str) == Some(kid))).collect();
    let problems: Vec<_> = fitting.iter().filter_map(|key| jwt::verify(token, key, None).err()).collect();
    if problems.len() < fitting.len() {
        return Verdict::Pass;
    }
    let cannot = |problem: &SignatureProblem| matches!(problem, SignatureProblem::Unsupported { .. });
    match problems.iter().find(|problem| !cannot(problem)) {
        // It may have been signed with another key than those for tokens.
        None => finding(at, "`signed_metadata` could not be verified with the keys at `jwks_uri`").info(),
        Some(problem) => finding(at, format!("no key of the key set verifies `signed_metadata`: {problem}"))
            .expected("a signature by a key of the key set")
            .warn(),
    }
}
