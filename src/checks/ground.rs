//! The ground several checks stand on: what a judge needs, or the skip that says why it is not there.
//!
//! A skip names a check that failed, so that one defect is one finding; where nothing failed, the check does not apply.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::refusals::disguised;
use crate::evidence::{Challenged, Document, Evidence, Exchange, FailureKind, IssuerTrail, Mode};
use crate::formats::challenge::Challenge;
use crate::formats::uri;
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::verdict::{Reason, Verdict};

/// The first refusal.
pub(super) fn refused<'e>(e: &'e Evidence<'_>) -> Result<Challenged<'e>, Verdict> {
    let disguised_call = || e.first(Step::McpCall).is_some_and(|call| disguised(call).is_some());
    e.challenged().ok_or_else(|| match e.mode() {
        Mode::Public | Mode::Lazy if disguised_call() => Verdict::blocked("challenge-tool-result"),
        Mode::Public | Mode::Lazy => Verdict::not_applicable("no request was refused for want of a token"),
        _ => Verdict::blocked("challenge-status-401"),
    })
}

/// Why there is no login to judge by.
pub(super) fn no_login(e: &Evidence<'_>) -> Verdict {
    let registered = e.first(Step::ClientRegister).and_then(Exchange::status);
    match registered {
        _ if !e.went(Reach::Login) => Verdict::needs(Reach::Login),
        Some(401 | 403) => Verdict::blocked("reg-open"),
        _ => prevented(e).unwrap_or_else(|| super::granted::no_tokens(e)),
    }
}

/// The checks whose failure ends every login, in the order of a client's way.
const ENDS_LOGINS: [&str; 9] = [
    "reg-loopback-native",
    "reg-client-id",
    "authz-get",
    "authz-resource-accepted",
    "authz-offline-access",
    "authz-code-present",
    "authz-state-echo",
    "authz-iss-as-advertised",
    "authz-iss-match",
];

/// What prevents every login, if we know it.
pub(super) fn prevented(e: &Evidence<'_>) -> Option<Verdict> {
    let came = e.all(Step::TokenCode).any(|x| matches!(x.status(), Some(200..=299)));
    if came || !e.went(Reach::Login) {
        return None;
    }
    let fails = |id: &&str| {
        let check = super::by_id(id).filter(|check| check.level_at(e.revision).is_some());
        check.is_some_and(|check| matches!((check.judge)(e), Verdict::Fail(_)))
    };
    e.prevented(|| ENDS_LOGINS.into_iter().find(fails)).map(Verdict::blocked)
}

/// That the server does not let everybody begin: what belongs to a handshake that is open, is open too.
pub(super) fn locked(e: &Evidence<'_>) -> Result<(), Verdict> {
    let begins = [Step::McpDiscover, Step::McpInitialize];
    if begins.into_iter().any(|step| e.opened(step)) {
        return Err(Verdict::not_applicable("the server lets everybody begin without a token"));
    }
    Ok(())
}

/// The challenge that a client answers, and its parameters.
pub(super) fn parameters<'e>(e: &'e Evidence<'_>) -> Result<(Challenged<'e>, &'e Challenge), Verdict> {
    let refused = refused(e)?;
    if refused.exchange.reply().is_none_or(|reply| reply.header("www-authenticate").is_none()) {
        return Err(Verdict::blocked("challenge-header-present"));
    }
    let challenge = refused.answered().ok_or(Verdict::blocked("challenge-bearer"))?;
    if challenge.params.is_empty() {
        return Err(Verdict::blocked("challenge-auth-param"));
    }
    Ok((refused, challenge))
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
        _ if e.revision == Revision::R2025_03_26 => Verdict::not_applicable("2025-03-26 knows no resource metadata"),
        _ if !e.went(Reach::Default) && !answered(200, 300) => Verdict::Skip(Reason::Needs(Reach::Default)),
        _ if answered(200, 201) => Verdict::blocked("prm-json"),
        _ if answered(201, 300) => Verdict::blocked("prm-status"),
        _ if answered(300, 400) => Verdict::blocked("meta-redirect"),
        _ if candidates.iter().any(|x| x.is_untold()) => Verdict::blocked("prm-discoverable"),
        _ if answered(401, 404) || answered(500, 600) => Verdict::blocked("prm-unauthenticated"),
        _ => Verdict::blocked("prm-discoverable"),
    })
}

/// The skip for a document that is nowhere, where not every place told whether it has one.
pub(super) const fn not_all_told() -> Verdict {
    Verdict::not_applicable("not every place gave an answer: the server had no time, or no more requests were allowed")
}

/// The authorization server a client uses, with or without a document.
pub(super) fn issuer<'e>(e: &'e Evidence<'_>) -> Result<IssuerTrail<'e>, Verdict> {
    if let Some(server) = e.authorization_server() {
        let is_named = e.resource().is_some() && !is_in_clear(e);
        if is_named && issuer_problem(&server.issuer).is_some() {
            return Err(Verdict::blocked("prm-as-issuer"));
        }
        return Ok(server);
    }
    if e.revision == Revision::R2025_03_26 && e.resource().is_none() && e.mode() != Mode::Public {
        return Err(Verdict::not_applicable(
            "no metadata is published, so 2025-03-26 clients use the default endpoints",
        ));
    }
    let resource = resource(e)?;
    Err(match resource.object.get("authorization_servers") {
        Some(serde_json::Value::Array(names))
            if !names.is_empty() && names.iter().all(serde_json::Value::is_string) =>
        {
            Verdict::blocked("prm-as-issuer")
        }
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
    let any = |from: u16, to: u16| landed.iter().any(|x| x.status().is_some_and(|s| (from..to).contains(&s)));
    let all = |from: u16, to: u16| landed.iter().all(|x| x.status().is_some_and(|s| (from..to).contains(&s)));
    Err(if landed.is_empty() {
        Verdict::blocked("prm-as-issuer")
    } else if any(200, 300) {
        Verdict::blocked("asm-json")
    } else if any(300, 400) {
        Verdict::blocked("meta-redirect")
    } else if all(401, 404) {
        Verdict::blocked("asm-unauthenticated")
    } else if let Some(verdict) = unreached(&landed) {
        verdict
    } else if e.revision > Revision::R2025_03_26 && misplaced(e, &trail.issuer).is_some() {
        Verdict::blocked("asm-path-insertion")
    } else {
        Verdict::blocked("asm-discoverable")
    })
}

/// Why a name is no issuer (RFC 8414 §2). On this machine http will do.
pub(super) fn issuer_problem(name: &str) -> Option<String> {
    Some(match uri::gate(name) {
        Err(problem) => problem.to_string(),
        Ok(url) if url.query().is_some() => "it has a query".to_owned(),
        Ok(url) if url.fragment().is_some() => "it has a fragment".to_owned(),
        Ok(url) if url.path().contains("/.well-known/") => {
            "it is the URL of a metadata document; clients build that URL themselves".to_owned()
        }
        Ok(url) if url.scheme() == "http" && !uri::is_loopback_host(&url) => "it is an http URL".to_owned(),
        Ok(_) => return None,
    })
}

/// Whether the MCP server itself is asked in clear over a network: then every http URL in its documents is that finding.
pub(super) fn is_in_clear(e: &Evidence<'_>) -> bool {
    e.target().is_some_and(|target| target.scheme() == "http" && !uri::is_loopback_host(target))
}

/// The skip for a host that we did not speak to, where the reason lies not in its documents: another check reports bad
/// TLS and forbidden addresses, and a budget is ours.
fn unreached(tries: &[&Exchange]) -> Option<Verdict> {
    let kinds: Vec<FailureKind> = tries.iter().filter_map(|x| x.failure()).map(|failure| failure.kind).collect();
    if kinds.len() < tries.len() {
        return None;
    }
    kinds.iter().find_map(|kind| match kind {
        kind if kind.is_certificate() || *kind == FailureKind::Tls => Some(Verdict::blocked("tls-cert-valid")),
        FailureKind::Refused => Some(Verdict::blocked("meta-private-address")),
        FailureKind::Budget => {
            Some(Verdict::not_applicable("the budget of the run was used up before it was asked for"))
        }
        _ => None,
    })
}

/// RFC 8414 metadata of an issuer at a place where no client looks: appended to the issuer, or at the root of its origin
/// though it has a path. Metadata of another issuer is not this one's.
pub(super) fn misplaced<'e>(e: &'e Evidence<'_>, issuer: &str) -> Option<Document<'e>> {
    let found = [Step::OauthAppended, Step::OauthRoot].into_iter().filter_map(|step| e.about(step, issuer));
    let mut documents = found.filter_map(|exchange| e.object(e.landed(exchange))?.ok());
    documents.find(|document| document.text("issuer").is_none_or(|name| name == issuer))
}

/// The deeds that make the same edits to both metadata documents of the authorization server, so that they go on
/// agreeing. A clean deployment of every posture that serves both has each edited member in both.
macro_rules! in_both {
    ($($edit:expr),* $(,)?) => {
        &[
            $crate::spec::fault::Deed::At($crate::spec::fault::Reply::ServerMetadata, &[$($edit),*]),
            $crate::spec::fault::Deed::At($crate::spec::fault::Reply::OpenIdMetadata, &[$($edit),*]),
        ]
    };
}
pub(super) use in_both;

/// As [`in_both`], and to the metadata at the MCP server's origin, so that 2025-03-26 clients are led to the same place.
macro_rules! in_all {
    ($($edit:expr),* $(,)?) => {
        &[
            $crate::spec::fault::Deed::At($crate::spec::fault::Reply::ServerMetadata, &[$($edit),*]),
            $crate::spec::fault::Deed::At($crate::spec::fault::Reply::OpenIdMetadata, &[$($edit),*]),
            $crate::spec::fault::Deed::At($crate::spec::fault::Reply::LegacyMetadata, &[$($edit),*]),
        ]
    };
}
pub(super) use in_all;

/// The metadata of every authorization server that was found; why there is none, if none was.
pub(super) fn servers<'e>(e: &'e Evidence<'_>) -> Result<Vec<Document<'e>>, Verdict> {
    let found: Vec<_> = e.issuers().iter().filter_map(|issuer| e.issuer(issuer).document).collect();
    if found.is_empty() { server(e).map(|document| vec![document]) } else { Ok(found) }
}
