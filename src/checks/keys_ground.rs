//! The key set that the checks of keys read, and the ways in which there is none.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::ground::{issuer, server};
use crate::evidence::{Document, Evidence, Exchange};
use crate::formats::jwks::{JwksProblem, KeySet};
use crate::formats::uri;
use crate::spec::step::Step;
use crate::verdict::Verdict;

/// The GET of the key set that the metadata of the authorization server names.
pub(super) fn asked<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    let name = issuer(e)?.issuer;
    let server = server(e)?;
    if let Some(exchange) = e.about(Step::Jwks, &name) {
        return match uri::gate(&exchange.request.url) {
            Ok(_) => Ok(exchange),
            Err(_) => Err(Verdict::blocked("asm-jwks-uri")),
        };
    }
    let openid = e.openid_document(&name);
    let said = server.object.get("jwks_uri").or_else(|| openid.as_ref()?.object.get("jwks_uri"));
    Err(match said {
        Some(serde_json::Value::String(_)) => Verdict::not_applicable("the key set was not asked for"),
        Some(_) => Verdict::blocked("asm-types"),
        // OpenID Connect requires one.
        None if openid.is_some() => Verdict::blocked("asm-jwks-uri"),
        None => {
            Verdict::not_applicable("the authorization server names no key set: its tokens are not for others to read")
        }
    })
}

/// The key set, and the document it is in.
pub(super) fn key_set<'e>(e: &'e Evidence<'_>) -> Result<(Document<'e>, KeySet), Verdict> {
    let exchange = asked(e)?;
    let Some(Ok(document)) = e.object(exchange) else { return Err(Verdict::blocked("jwks-fetch")) };
    match KeySet::from_map(document.object) {
        Ok(set) => Ok((document, set)),
        Err(JwksProblem::TooMany { .. }) => Err(Verdict::not_applicable("the key set has more keys than are read")),
        Err(_) => Err(Verdict::blocked("jwks-fetch")),
    }
}
