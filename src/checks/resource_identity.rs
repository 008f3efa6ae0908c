//! Protected resource metadata, whose it is: `resource` and what must agree with it. RFC 9728 §1.2, §2, §3.3, §4,
//! RFC 8707 §2, MCP authorization ("Canonical Server URI").

use super::ground::{in_both, resource, server};
use super::resource::DOCUMENTS;
use crate::evidence::{Document, Evidence, Pointer, Spot};
use crate::formats::uri::{self, Likeness};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "prm-resource-present",
        title: "the resource metadata has `resource`",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "It is the one member RFC 9728 requires. Clients compare it with the URL they asked, and ask for a token for it.",
        fix: "add to the metadata: `\"resource\": \"https://HOST/PATH\"`, the MCP URL exactly as clients are given it",
        disputed: "",
        faults: &[
            Fault::new("prm-no-resource", &[Deed::At(Reply::ResourceMetadata, &[Edit::DropJson("/resource")])]),
            Fault::new(
                "prm-resource-empty",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource", "\"\"")])],
            ),
            Fault::new(
                "prm-resource-list",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource", "[\"{mcp}\"]")])],
            ),
        ],
        judge: resource_present,
    },
    Check {
        id: "prm-resource-uri",
        title: "`resource` is an https URL without a fragment",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_1_2, RFC8707_2],
        needs: DOCUMENTS,
        blocked_by: &["prm-resource-present", "url-public-base"],
        why: "Clients send it to the authorization server as `resource`, which must refuse what is not an absolute URL \
              without a fragment.",
        fix: "set `\"resource\": \"https://HOST/PATH\"`, the MCP URL exactly as clients are given it",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-resource-fragment",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource", "\"{mcp}#mcp\"")])],
            ),
            Fault::new(
                "prm-resource-relative",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource", "\"/mcp\"")])],
            ),
            Fault::new(
                "prm-resource-urn",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource", "\"urn:example:mcp\"")])],
            ),
            Fault::new(
                "prm-resource-http",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource", "\"http://{host}/mcp\"")])],
            )
            .under(Posture::Https),
        ],
        judge: resource_uri,
    },
    Check {
        id: "prm-resource-match",
        title: "`resource` is the MCP URL",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Biting,
        cites: &[RFC9728_3_3, MCP_CANONICAL_URI],
        needs: DOCUMENTS,
        blocked_by: &["prm-resource-uri"],
        why: "Clients must not use metadata whose `resource` is not the URL they asked. Many stop here; the others get a \
              token for something else.",
        fix: "set `\"resource\": \"https://HOST/PATH\"`, the MCP URL exactly as clients are given it; behind a proxy, \
              configure the public URL instead of deriving it from the request",
        disputed: "RFC 9728 §3.3 wants the exact URL. The TypeScript, Python and Rust SDKs also take a parent path on the \
                   same origin, VS Code and others do not; MCP's root well-known URL makes the origin a legitimate \
                   `resource`.",
        faults: &[
            Fault::new(
                "prm-resource-mismatch",
                &[Deed::At(
                    Reply::ResourceMetadata,
                    &[Edit::SetJson("/resource", "\"https://elsewhere.example/mcp\"")],
                )],
            ),
            Fault::new(
                "prm-resource-sibling",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource", "\"{origin}/api\"")])],
            ),
            Fault::new(
                "prm-resource-child",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource", "\"{mcp}/v1\"")])],
            ),
            Fault::new(
                "prm-resource-path-slash",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource", "\"{mcp}/\"")])],
            ),
            Fault::new(
                "prm-resource-origin",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource", "\"{origin}\"")])],
            ),
            Fault::new(
                "prm-resource-query",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource", "\"{mcp}?tenant=1\"")])],
            ),
        ],
        judge: resource_match,
    },
    Check {
        id: "prm-slash-consistency",
        title: "the identifier of the server is written everywhere with or without a slash at its end",
        role: Role::ResourceServer,
        level: level![_, Should, Should, Should],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_CANONICAL_URI],
        needs: DOCUMENTS,
        blocked_by: &["prm-resource-match"],
        why: "Identifiers are compared byte by byte: with and without the slash they are two. Libraries that print parsed \
              URLs add it behind a host.",
        fix: "write the identifier without the slash at its end, in the metadata, the audience of tokens and the \
              configuration",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-resource-trailing-slash",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource", "\"{origin}/\"")])],
            )
            .under(Posture::McpAtRoot),
            Fault::new(
                "asm-protected-resources-slash",
                in_both![Edit::SetJson("/protected_resources/0", "\"{mcp}/\"")],
            ),
            Fault::new(
                "prm-root-resource-slash",
                &[Deed::At(Reply::RootResourceMetadata, &[Edit::Present, Edit::SetJson("/resource", "\"{mcp}/\"")])],
            ),
        ],
        judge: slash_consistency,
    },
];

/// The MCP URL in its canonical form: what `resource` should be.
pub(super) fn identifier(e: &Evidence<'_>) -> String {
    uri::canonical(&e.trail.target).unwrap_or_else(|_| e.trail.target.clone())
}

fn resource_present(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let spot = document.spot("resource");
    match spot.text() {
        Some(text) if !text.is_empty() => Verdict::Pass,
        _ => mended(e, &spot, "the resource metadata has no `resource` that is a string").fail(),
    }
}

/// A finding at `resource`, with what should be there.
fn mended(e: &Evidence<'_>, spot: &Spot<'_>, message: impl Into<String>) -> Finding {
    let own = identifier(e);
    let own = printable(&own);
    finding(spot.at.clone(), message)
        .expected(own.to_string())
        .actual(printable(&spot.shown()).to_string())
        .fix(format!("set `\"resource\": \"{own}\"` in the metadata"))
}

fn resource_uri(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let spot = document.spot("resource");
    let text = need!(spot.text(), absent "there is no `resource`");
    let url = match uri::gate(text) {
        Ok(url) => url,
        Err(problem) => return mended(e, &spot, format!("`resource` is no https URL: {problem}")).fail(),
    };
    if url.fragment().is_some() {
        return mended(e, &spot, "`resource` has a fragment, which an identifier of a resource must not have").fail();
    }
    if url.scheme() == "http" && !uri::is_loopback_host(&url) {
        // A server that is reached without TLS has that finding already.
        if e.target().is_some_and(|target| target.scheme() == "http" && !uri::is_loopback_host(target)) {
            return Verdict::blocked("tls-mcp-https");
        }
        return mended(e, &spot, "`resource` is an http URL").fail();
    }
    // A query that is not in the MCP URL is a mismatch, and `prm-resource-match` says so.
    if url.query().is_some() && text == identifier(e) {
        let message = "`resource` has a query, which an identifier of a resource should not have";
        return finding(spot.at, message).actual(printable(text).to_string()).warn();
    }
    Verdict::Pass
}

fn resource_match(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let (route, _) = need!(e.resource(), absent "there is no resource metadata");
    let spot = document.spot("resource");
    let text = need!(spot.text(), absent "there is no `resource`");
    let own = identifier(e);
    let likeness = uri::compare(&own, text);
    if likeness == Likeness::Exact {
        return Verdict::Pass;
    }
    // RFC 9728 §3.3: a document at the root well-known URL is that of the origin.
    let origin = e.target().map(|url| uri::origin_of(url).to_string()).unwrap_or_default();
    if route == Step::RootMetadata && matches!(uri::compare(&origin, text), Likeness::Exact | Likeness::RootSlash) {
        let message = "`resource` is the whole origin: a token for this server is valid for everything on it";
        return finding(spot.at, message)
            .expected(printable(&own).to_string())
            .actual(printable(text).to_string())
            .info();
    }
    let found = mended(e, &spot, format!("`resource` is not the MCP URL: {likeness}")).actual(format!(
        "{} ({})",
        printable(text),
        likeness.name()
    ));
    let without_query = own.split_once('?').is_some_and(|(path, _)| path == text);
    match likeness {
        _ if e.strict => found.fail(),
        // `prm-slash-consistency` reports this one.
        Likeness::RootSlash => found.info(),
        Likeness::ParentPath | Likeness::Case | Likeness::DefaultPort => found.warn(),
        Likeness::Query if without_query => found.warn(),
        _ => found.fail(),
    }
}

fn slash_consistency(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let text = need!(document.text("resource"), absent "there is no `resource`");
    let own = identifier(e);
    let by_slash = |other: &str| matches!(uri::compare(text, other), Likeness::RootSlash | Likeness::PathSlash);
    let origin = e.target().map(|url| uri::origin_of(url).to_string()).unwrap_or_default();
    if by_slash(&own) || by_slash(&origin) {
        return mixed(document.spot("resource").at, text, if by_slash(&own) { &own } else { &origin });
    }
    for (_, exchange) in e.resource_candidates() {
        let other = e.object(e.landed(exchange)).and_then(Result::ok);
        let place = other.as_ref().map(|other: &Document<'_>| other.spot("resource"));
        if let Some((place, other)) = place.and_then(|spot| Some((spot.at.clone(), spot.text()?)))
            && by_slash(other)
        {
            return mixed(place, other, text);
        }
    }
    if let Ok(server) = server(e) {
        let spot = server.spot("protected_resources");
        let list = spot.value.and_then(|list| list.as_array()).map(Vec::as_slice).unwrap_or_default();
        let names = list.iter().enumerate().filter_map(|(n, name)| Some((n, name.as_str()?)));
        if let Some((n, name)) = names.into_iter().find(|(_, name)| by_slash(name)) {
            return mixed(spot.element(n), name, text);
        }
    }
    Verdict::Pass
}

fn mixed(at: Pointer, found: &str, elsewhere: &str) -> Verdict {
    let shorter = if found.len() < elsewhere.len() { found } else { elsewhere };
    finding(at, "the identifier of the server is written with a slash at its end here and without it there")
        .expected(printable(shorter).to_string())
        .actual(format!("`{}` here, `{}` elsewhere", printable(found), printable(elsewhere)))
        .fix(format!("write `{}` everywhere", printable(shorter)))
        .warn()
}
