//! Authorization server metadata, where it is: RFC 8414 §3, OpenID Connect Discovery §4, MCP authorization server
//! discovery ("Authorization Server Metadata Discovery").
//!
//! Which of the missing documents is whose finding is decided in [`ground::server`](super::ground::server).

use super::ground::{in_both, issuer, misplaced, not_all_told, server};
use super::server_members::DOCUMENTS;
use crate::evidence::{Document, Evidence, Exchange, HttpReply, IssuerTrail, Mode, Pointer};
use crate::formats::uri;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Finding, Mark, Reason, Role, Verdict, finding};

/// A page as applications with one page give it for every path.
const PAGE: &str = "<!doctype html><title>App</title><div id=\"root\"></div>";

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "asm-discoverable",
        title: "the authorization server publishes metadata where clients look for it",
        role: Role::AuthorizationServer,
        level: level![Should, Must, Must, Must],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_ASM_DISCOVERY, MCP_OVERVIEW, RFC8414_3, MCP1_METADATA],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Without it a client does not know where to send the user or where to get a token, and stops.",
        fix: "serve the metadata as JSON at `/.well-known/oauth-authorization-server` followed by the path of the issuer",
        disputed: "",
        faults: &[Fault::new("no-asm", in_both![Edit::Missing])],
        judge: discoverable,
    },
    Check {
        id: "asm-unauthenticated",
        title: "the metadata can be read without credentials",
        role: Role::AuthorizationServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_3, MCP_ASM_DISCOVERY],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Discovery comes before the first token: a client has nothing to show yet.",
        fix: "exempt the paths below `/.well-known/` from authentication, in the gateway and the firewall too",
        disputed: "",
        faults: &[
            Fault::new("asm-requires-auth", in_both![Edit::Status(401)]),
            Fault::new("asm-forbidden", in_both![Edit::Status(403)]),
        ],
        judge: unauthenticated,
    },
    Check {
        id: "asm-json",
        title: "the metadata is one JSON object",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_3_2, OIDC_DISCOVERY_4_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A web application that answers every path with its start page claims to have metadata and has none. \
              Clients fail to read it, or take an open server for a protected one.",
        fix: "let the web application answer 404 below `/.well-known/`, or serve the metadata there as a JSON object",
        disputed: "",
        faults: &[
            Fault::new(
                "asm-html-catchall",
                in_both![Edit::SetHeader("content-type", "text/html; charset=utf-8"), Edit::Body(PAGE)],
            ),
            Fault::new("asm-array", in_both![Edit::Body("[]")]),
            Fault::new(
                "open-server-html-catchall",
                &[Deed::At(
                    Reply::LegacyMetadata,
                    &[Edit::Present, Edit::SetHeader("content-type", "text/html; charset=utf-8"), Edit::Body(PAGE)],
                )],
            )
            .under(Posture::Public),
        ],
        judge: json,
    },
    Check {
        id: "asm-path-insertion",
        title: "the metadata of an issuer with a path is at the inserted well-known URL",
        role: Role::AuthorizationServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Biting,
        cites: &[RFC8414_3_1, MCP_ASM_DISCOVERY],
        needs: &[Step::OauthMetadata, Step::OidcInserted, Step::OidcAppended],
        blocked_by: &[],
        why: "RFC 8414 puts the well-known name between host and path. Clients look there and not behind the path, \
              nor at the root, which belongs to another issuer.",
        fix: "serve the metadata at `https://HOST/.well-known/oauth-authorization-server/PATH`",
        disputed: "",
        faults: &[
            Fault::new(
                "asm-path-append-only",
                &[
                    Deed::At(Reply::ServerMetadata, &[Edit::Missing]),
                    Deed::At(Reply::OpenIdMetadata, &[Edit::Missing]),
                    Deed::At(Reply::AppendedServerMetadata, &[Edit::Present]),
                ],
            ),
            Fault::new(
                "asm-path-root-only",
                &[
                    Deed::At(Reply::ServerMetadata, &[Edit::Missing]),
                    Deed::At(Reply::OpenIdMetadata, &[Edit::Missing]),
                    Deed::At(Reply::RootServerMetadata, &[Edit::Present]),
                ],
            ),
        ],
        judge: path_insertion,
    },
    Check {
        id: "asm-status",
        title: "the metadata comes with status 200",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_3_2, OIDC_DISCOVERY_4_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Clients that follow the text take only 200 for success.",
        fix: "answer the GET of the metadata with status 200",
        disputed: "",
        faults: &[Fault::new("asm-status-203", &[Deed::At(Reply::ServerMetadata, &[Edit::Status(203)])])],
        judge: status,
    },
    Check {
        id: "asm-content-type",
        title: "the metadata is served as `application/json`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_3_2, OIDC_DISCOVERY_4_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Some clients look at the type before they read the body, and take anything else for an error page.",
        fix: "send `Content-Type: application/json` with the metadata",
        disputed: "",
        faults: &[
            Fault::new(
                "asm-text-plain",
                &[Deed::At(Reply::ServerMetadata, &[Edit::SetHeader("content-type", "text/plain")])],
            ),
            Fault::new("asm-no-content-type", &[Deed::At(Reply::ServerMetadata, &[Edit::DropHeader("content-type")])]),
        ],
        judge: content_type,
    },
    Check {
        id: "asm-miss-is-404",
        title: "the places without a document answer 404",
        role: Role::AuthorizationServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_ASM_DISCOVERY],
        needs: &[Step::OauthMetadata, Step::OidcInserted, Step::OidcAppended],
        blocked_by: &[],
        why: "Clients ask at up to three places in a fixed order. Some go on after a 404 only and stop at an error, \
              a page or a redirect, though the metadata is at the next place.",
        fix: "answer 404 where there is no metadata",
        disputed: "The specification tells clients to try every place and does not say that 404 is the only miss; \
                   some clients stop at anything else.",
        faults: &[
            Fault::new("asm-first-variant-500", &[Deed::At(Reply::ServerMetadata, &[Edit::Status(500)])]),
            Fault::new(
                "asm-first-variant-html",
                &[Deed::At(
                    Reply::ServerMetadata,
                    &[Edit::SetHeader("content-type", "text/html; charset=utf-8"), Edit::Body(PAGE)],
                )],
            ),
        ],
        judge: miss_is_404,
    },
];

/// The verdict of the check that a missing document is the finding of; of any other the skip.
fn unless_mine(verdict: Verdict, id: &'static str, judge: impl FnOnce() -> Verdict) -> Verdict {
    match verdict {
        Verdict::Skip(Reason::Blocked(blocker)) if blocker == id => judge(),
        other => other,
    }
}

fn discoverable(e: &Evidence<'_>) -> Verdict {
    let old = e.revision == Revision::R2025_03_26;
    if old && e.authorization_server().is_none() && e.mode() != Mode::Public {
        let Some(exchange) = e.first(Step::LegacyMetadata) else {
            return Verdict::not_applicable("nothing was asked for");
        };
        let message = "no metadata is published; clients use the default endpoints (see `asm-legacy-defaults`)";
        return finding(Pointer::exchange(exchange.number), message).info();
    }
    let Err(verdict) = server(e) else { return Verdict::Pass };
    unless_mine(verdict, "asm-discoverable", || {
        let trail = need!(issuer(e));
        if trail.candidates.iter().any(|x| e.landed(x).is_untold()) {
            return not_all_told();
        }
        let found = nothing_found(e, &trail, "no metadata of the authorization server is at the places clients ask");
        let found = match e.about(Step::OauthRoot, &trail.issuer).and_then(|x| e.object(x)?.ok()?.text("issuer")) {
            Some(other) => found.fix(format!(
                "serve the metadata of `{}` there, or name `{}`, whose metadata is at the root, in `authorization_servers`",
                printable(&trail.issuer),
                printable(other)
            )),
            None => found,
        };
        // In 2025-03-26 the place that counts is the MCP server's origin.
        if old { found.info() } else { found.fail() }
    })
}

/// A finding at the first place, that says what came at each.
fn nothing_found<'e>(e: &'e Evidence<'_>, trail: &IssuerTrail<'e>, message: &str) -> Finding {
    let at = trail.candidates.first().map_or(0, |exchange| exchange.number);
    let tries: Vec<String> = trail
        .candidates
        .iter()
        .map(|exchange| format!("{}: {}", printable(&exchange.request.url), outcome(e, exchange)))
        .collect();
    let found = finding(Pointer::exchange(at), message).expected("200 with a JSON object").actual(tries.join(", "));
    match trail.candidates.first() {
        Some(first) => found.fix(format!("serve the metadata as JSON at `{}`", printable(&first.request.url))),
        None => found,
    }
}

/// What came of a request and its redirects, in two or three words.
fn outcome<'e>(e: &'e Evidence<'_>, exchange: &'e Exchange) -> String {
    let landed = e.landed(exchange);
    match (landed.status(), landed.failure(), e.object(landed)) {
        (Some(status), _, Some(Err(problem))) => format!("{status}, {problem}"),
        (Some(status), _, _) => status.to_string(),
        (None, Some(failure), _) => printable(&failure.detail).to_string(),
        (None, None, _) => "no answer".to_owned(),
    }
}

fn unauthenticated(e: &Evidence<'_>) -> Verdict {
    let Err(verdict) = server(e) else { return Verdict::Pass };
    unless_mine(verdict, "asm-unauthenticated", || {
        let trail = need!(issuer(e));
        let message = "the metadata of the authorization server is refused to who has no credentials";
        let found = nothing_found(e, &trail, message);
        Finding { fix: None, ..found }.fail()
    })
}

fn json(e: &Evidence<'_>) -> Verdict {
    if e.mode() == Mode::Public {
        return open_server(e);
    }
    let Err(verdict) = server(e) else { return Verdict::Pass };
    unless_mine(verdict, "asm-json", || {
        let trail = need!(issuer(e));
        let mut bad = trail.candidates.iter().filter_map(|exchange| {
            let landed = e.landed(exchange);
            Some((landed, e.object(landed)?.err()?))
        });
        let (exchange, problem) = need!(bad.next(), absent "no answer was a success");
        finding(Pointer::exchange(exchange.number), "the metadata of the authorization server is no JSON object")
            .expected("a JSON object")
            .actual(problem.to_string())
            .fail()
    })
}

/// A server without authorization that answers every path: a 2025-03-26 client takes it for protected.
fn open_server(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(e.first(Step::LegacyMetadata), absent "nothing was asked for");
    let landed = e.landed(exchange);
    match e.object(landed) {
        Some(Err(problem)) => finding(
            Pointer::exchange(landed.number),
            "the server is open, yet its well-known URL for authorization server metadata answers with success",
        )
        .expected("404")
        .actual(format!("{}, {problem}", landed.status().unwrap_or_default()))
        .warn(),
        _ => Verdict::not_applicable("the server is public and publishes no metadata"),
    }
}

fn path_insertion(e: &Evidence<'_>) -> Verdict {
    let trail = need!(issuer(e));
    let Ok(urls) = uri::issuer_metadata_urls(&trail.issuer) else { return Verdict::blocked("prm-as-issuer") };
    let Some(inserted) = urls.oidc_inserted else {
        return Verdict::not_applicable("the issuer has no path");
    };
    match server(e) {
        Err(verdict) => unless_mine(verdict, "asm-path-insertion", || {
            let document = need!(misplaced(e, &trail.issuer), absent "no metadata is at another place");
            let message = "the metadata is only at a place where no client looks";
            finding(document.at(), message)
                .expected(printable(&urls.oauth).to_string())
                .actual(printable(&document.exchange.request.url).to_string())
                .fix(format!("serve the metadata at `{}`", printable(&urls.oauth)))
                .fail()
        }),
        Ok(document) if !came_from(e, &trail, &document, &[&urls.oauth, &inserted]) => {
            let message = "the metadata is only at the last of the three places, that of OpenID Connect Discovery";
            finding(document.at(), message)
                .expected(printable(&urls.oauth).to_string())
                .actual(printable(&document.exchange.request.url).to_string())
                .info()
        }
        Ok(_) => Verdict::Pass,
    }
}

/// Whether a document was found by asking at one of these URLs.
fn came_from(e: &Evidence<'_>, trail: &IssuerTrail<'_>, document: &Document<'_>, urls: &[&str]) -> bool {
    trail
        .candidates
        .iter()
        .any(|x| e.landed(x).number == document.exchange.number && urls.contains(&x.request.url.as_str()))
}

fn status(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    match document.exchange.status() {
        Some(200) | None => Verdict::Pass,
        Some(status) => finding(document.at(), "the metadata comes with another status of success than 200")
            .expected("200")
            .actual(status.to_string())
            .fail(),
    }
}

fn content_type(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let media_type = document.exchange.reply().and_then(HttpReply::media_type);
    let at = Pointer::header(document.exchange.number, "content-type");
    match media_type.as_deref() {
        Some("application/json") => Verdict::Pass,
        None | Some("") => {
            finding(at, "the metadata has no `Content-Type`").expected("application/json").actual("absent").fail()
        }
        Some(other) => {
            let found = finding(at, format!("the metadata is served as `{}`", printable(other)))
                .expected("application/json")
                .actual(printable(other).to_string());
            // What says text or JSON, and is JSON, is read by the clients that read the body first.
            let tolerated = other == "text/plain" || other.ends_with("json");
            if tolerated && !e.strict { found.warn() } else { found.fail() }
        }
    }
}

fn miss_is_404(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let trail = need!(issuer(e));
    let place = trail.candidates.iter().position(|x| e.landed(x).number == document.exchange.number);
    let place = need!(place, absent "the metadata was found elsewhere");
    let mut mild = None;
    for (n, exchange) in trail.candidates.iter().enumerate() {
        let landed = e.landed(exchange);
        let is_document = e.object(landed).is_some_and(|object| object.is_ok());
        let status = landed.status();
        if is_document || landed.is_untold() || matches!(status, Some(404 | 410)) {
            continue;
        }
        let order = if n < place { "before" } else { "after" };
        let found = finding(
            Pointer::exchange(landed.number),
            format!("a place that clients ask at {order} the one with the metadata answers otherwise than with 404"),
        )
        .expected("404")
        .actual(outcome(e, exchange));
        let refused = status.is_some_and(|status| (400..500).contains(&status));
        if n < place && !refused {
            return found.warn();
        }
        mild = mild.or(Some(found));
    }
    mild.map_or(Verdict::Pass, Finding::info)
}
