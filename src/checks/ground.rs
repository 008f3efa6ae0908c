//! The ground several checks stand on: what a judge needs, or the skip that says why it is not there.
//!
//! A skip names a check that failed, so that one defect is one finding; where nothing failed, the check does not apply.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use crate::evidence::{Challenged, Document, Evidence, Exchange, IssuerTrail, Mode};
use crate::spec::step::Reach;
use crate::verdict::{Reason, Verdict};

/// The first refusal.
pub(super) fn refused<'e>(e: &'e Evidence<'_>) -> Result<Challenged<'e>, Verdict> {
    e.challenged().ok_or_else(|| match e.mode() {
        Mode::Public | Mode::Lazy => Verdict::not_applicable("no request was refused for want of a token"),
        _ => Verdict::blocked("challenge-status-401"),
    })
}

/// The resource metadata a client uses.
pub(super) fn resource<'e>(e: &'e Evidence<'_>) -> Result<Document<'e>, Verdict> {
    if let Some((_, document)) = e.resource() {
        return Ok(document);
    }
    let candidates: Vec<&Exchange> = e.resource_candidates().into_iter().map(|(_, x)| e.landed(x)).collect();
    let answered = |from: u16, to: u16| candidates.iter().any(|x| x.status().is_some_and(|s| (from..to).contains(&s)));
    Err(match e.mode() {
        Mode::Public => Verdict::not_applicable("the server is public and publishes no resource metadata"),
        Mode::Legacy => Verdict::not_applicable("the deployment has the 2025-03-26 layout, without resource metadata"),
        _ if !e.went(Reach::Default) && !answered(200, 300) => Verdict::Skip(Reason::Needs(Reach::Default)),
        _ if answered(200, 300) => Verdict::blocked("prm-json"),
        _ if answered(300, 400) => Verdict::blocked("meta-redirect"),
        _ if answered(401, 404) || answered(500, 600) => Verdict::blocked("prm-unauthenticated"),
        _ => Verdict::blocked("prm-discoverable"),
    })
}

/// The authorization server a client uses, with or without a document.
pub(super) fn issuer<'e>(e: &'e Evidence<'_>) -> Result<IssuerTrail<'e>, Verdict> {
    if let Some(server) = e.authorization_server() {
        return Ok(server);
    }
    let resource = resource(e)?;
    Err(match resource.object.get("authorization_servers") {
        Some(serde_json::Value::Array(names)) if !names.is_empty() => Verdict::blocked("prm-as-issuer"),
        _ => Verdict::blocked("prm-as-present"),
    })
}

/// The metadata of that authorization server.
pub(super) fn server<'e>(e: &'e Evidence<'_>) -> Result<Document<'e>, Verdict> {
    let trail = issuer(e)?;
    if let Some(document) = trail.document {
        return Ok(document);
    }
    let landed: Vec<&Exchange> = trail.candidates.iter().map(|x| e.landed(x)).collect();
    let answered = |from: u16, to: u16| landed.iter().any(|x| x.status().is_some_and(|s| (from..to).contains(&s)));
    Err(if answered(200, 300) {
        Verdict::blocked("asm-json")
    } else if answered(300, 400) {
        Verdict::blocked("meta-redirect")
    } else if answered(401, 404) && !answered(404, 405) {
        Verdict::blocked("asm-unauthenticated")
    } else {
        Verdict::blocked("asm-discoverable")
    })
}
