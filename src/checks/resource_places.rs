//! Protected resource metadata, its two well-known places and what each stands for: RFC 9728 §3.1, MCP authorization
//! server discovery ("Protected Resource Metadata Discovery Requirements").

use super::ground::resource;
use super::resource::outcome;
use crate::evidence::{Document, Evidence, Pointer};
use crate::formats::uri;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "prm-path-wellknown",
        title: "the resource metadata is at the well-known URL with the path of the MCP URL",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_3_1, MCP_PRM_DISCOVERY],
        needs: &[Step::PathMetadata],
        blocked_by: &["prm-discoverable", "prm-unauthenticated", "prm-json"],
        why: "Clients that do not read the challenge, browsers among them where CORS hides it, compute this URL and ask \
              nowhere else.",
        fix: "serve the metadata at `https://HOST/.well-known/oauth-protected-resource/PATH`, too",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-root-only",
                &[
                    Deed::At(
                        Reply::Challenge,
                        &[Edit::SetHeader("www-authenticate", "Bearer realm=\"mcp\", scope=\"search:read\"")],
                    ),
                    Deed::At(Reply::ResourceMetadata, &[Edit::Missing]),
                    Deed::At(Reply::RootResourceMetadata, &[Edit::Present]),
                ],
            )
            .also(&["challenge-resource-metadata"]),
            Fault::new(
                "prm-header-only",
                &[
                    Deed::At(
                        Reply::Challenge,
                        &[Edit::SetHeader(
                            "www-authenticate",
                            "Bearer resource_metadata=\"{origin}/.well-known/oauth-protected-resource\", scope=\"search:read\"",
                        )],
                    ),
                    Deed::At(Reply::ResourceMetadata, &[Edit::Missing]),
                    Deed::At(Reply::RootResourceMetadata, &[Edit::Present]),
                ],
            ),
        ],
        judge: path_wellknown,
    },
    Check {
        id: "prm-root-wellknown",
        title: "the document at the root well-known URL, if any, does not contradict the one at the path",
        role: Role::ResourceServer,
        level: level![_, May, May, May],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_PRM_DISCOVERY],
        needs: &[Step::RootMetadata],
        blocked_by: &[],
        why: "Which of the two a client reads depends on the client. If they name different servers, some clients log in at \
              the wrong one.",
        fix: "remove the document at `/.well-known/oauth-protected-resource`, or give it the same `authorization_servers`",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-root-conflict",
                &[Deed::At(
                    Reply::RootResourceMetadata,
                    &[
                        Edit::Present,
                        Edit::SetJson("/resource", "\"{origin}/other\""),
                        Edit::SetJson("/authorization_servers", "[\"https://other.example\"]"),
                    ],
                )],
            ),
            Fault::new(
                "prm-root-other-resource",
                &[Deed::At(
                    Reply::RootResourceMetadata,
                    &[Edit::Present, Edit::SetJson("/resource", "\"{origin}/other\"")],
                )],
            ),
        ],
        judge: root_wellknown,
    },
];

fn path_wellknown(e: &Evidence<'_>) -> Verdict {
    need!(resource(e));
    let (route, document) = need!(e.resource(), absent "there is no resource metadata");
    let path = need!(e.resource_route(Step::PathMetadata), absent "the well-known URL was not asked");
    let answer = e.landed(path);
    let origin = e.target().map(|url| uri::origin_of(url).to_string());
    let root = e.resource_route(Step::RootMetadata).map(|root| e.landed(root));
    let root_serves = root.is_some_and(|root| matches!(e.object(root), Some(Ok(_))));
    let is_root = root.is_some_and(|root| root.number == document.exchange.number);
    let for_origin = is_root && document.text("resource").is_some_and(|resource| Some(resource) == origin.as_deref());
    if for_origin || matches!(e.object(answer), Some(Ok(_))) {
        return Verdict::Pass;
    }
    if answer.status().is_none() {
        return Verdict::not_applicable("the well-known URL was not answered");
    }
    let found = |message| {
        finding(Pointer::exchange(answer.number), message)
            .expected("200 with the resource metadata")
            .actual(outcome(answer))
            .fix(format!("serve the metadata at `{}`, too", printable(&path.request.url)))
    };
    match route {
        Step::ChallengeMetadata if root_serves => {
            found("the metadata is only where the challenge says, not where a client without a challenge looks first")
                .warn()
        }
        // A place of its own, which only the challenge names, is that check's finding.
        Step::ChallengeMetadata => Verdict::blocked("challenge-rm-wellknown"),
        _ => {
            found("the metadata is only at the root, which stands for the whole origin and not for this MCP URL").fail()
        }
    }
}

fn root_wellknown(e: &Evidence<'_>) -> Verdict {
    let Some(root) = e.resource_route(Step::RootMetadata) else {
        return Verdict::not_applicable("the root was not asked: the MCP URL has no path");
    };
    let Some(Ok(document)) = e.object(e.landed(root)) else {
        return Verdict::not_applicable("there is no document at the root, and none is needed");
    };
    let Some(Ok(own)) = e.resource_route(Step::PathMetadata).and_then(|path| e.object(e.landed(path))) else {
        return Verdict::not_applicable("there is no document at the path to compare with");
    };
    if own.exchange.number == document.exchange.number || own.text("resource") == document.text("resource") {
        return Verdict::Pass;
    }
    let sorted = |document: &Document<'_>| {
        let mut names: Vec<String> =
            document.texts("authorization_servers").unwrap_or_default().into_iter().map(str::to_owned).collect();
        names.sort_unstable();
        names
    };
    if sorted(&own) == sorted(&document) {
        let message = "the document at the root describes another resource; its authorization servers are the same";
        return finding(document.spot("resource").at, message).actual(shown(&document, "resource")).info();
    }
    finding(
        document.spot("authorization_servers").at,
        "the document at the root describes another resource with other authorization servers",
    )
    .expected(shown(&own, "authorization_servers"))
    .actual(shown(&document, "authorization_servers"))
    .warn()
}

fn shown(document: &Document<'_>, name: &str) -> String {
    printable(&document.spot(name).shown()).to_string()
}
