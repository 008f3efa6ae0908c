//! Protected resource metadata, which scopes it names: RFC 9728 §2, RFC 8414 §2, MCP authorization ("Scope Selection
//! Strategy", "Refresh Tokens"), MCP security best practices ("Scope Minimization").

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use std::collections::HashSet;

use super::ground::{resource, server};
use super::resource::DOCUMENTS;
use super::resource_members::texts;
use crate::evidence::{Document, Evidence, Pointer};
use crate::formats::json::{self, Field};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// More scopes than a person would read through on a consent page.
const MANY: usize = 20;

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "prm-scopes",
        title: "the resource metadata names the scopes to ask for",
        role: Role::ResourceServer,
        level: level![_, RfcShould, RfcShould, RfcShould],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_2, MCP_SCOPE_STRATEGY],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A client that learns of no scope, neither here nor in the challenge, asks for none and gets what the \
              authorization server gives by default.",
        fix: "add to the metadata the scopes that suffice for basic use: `\"scopes_supported\": [\"SCOPE\"]`",
        disputed: "",
        faults: &[
            Fault::new("prm-no-scopes", &[Deed::At(Reply::ResourceMetadata, &[Edit::DropJson("/scopes_supported")])]),
            Fault::new(
                "no-scopes-anywhere",
                &[
                    Deed::At(Reply::ResourceMetadata, &[Edit::DropJson("/scopes_supported")]),
                    Deed::At(
                        Reply::Challenge,
                        &[Edit::SetHeader("www-authenticate", "Bearer resource_metadata=\"{prm}\"")],
                    ),
                ],
            )
            .also(&["challenge-scope"]),
        ],
        judge: scopes,
    },
    Check {
        id: "prm-scopes-offline-access",
        title: "the resource metadata does not name `offline_access`",
        role: Role::ResourceServer,
        level: level![_, _, _, ShouldNot],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_REFRESH],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Refresh tokens are a matter between client and authorization server; the MCP server needs no such scope. \
              Clients that want them find the scope in the metadata of the authorization server.",
        fix: "take `offline_access` out of `scopes_supported` of the resource, and see that the metadata of the \
              authorization server has it",
        disputed: "Some authorization servers issue refresh tokens only for this scope, and some clients ask only for the \
                   scopes of the resource; servers publish it here for them.",
        faults: &[Fault::new(
            "prm-offline-access",
            &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/scopes_supported/-", "\"offline_access\"")])],
        )],
        judge: offline_access,
    },
    Check {
        id: "prm-scopes-minimal",
        title: "the scopes named are few and none stands for everything",
        role: Role::ResourceServer,
        level: level![_, _, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_SCOPE_STRATEGY, SBP_SCOPES],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Clients ask for all that stands here. A token that may do everything does everything when it is stolen.",
        fix: "list only the scopes that basic use needs; ask for more with a 403 and `insufficient_scope` when a call needs it",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-wildcard-scope",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/scopes_supported/-", "\"search:*\"")])],
            ),
            Fault::new(
                "prm-omnibus-scope",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/scopes_supported/-", "\"full-access\"")])],
            ),
        ],
        judge: minimal,
    },
    Check {
        id: "prm-scopes-known",
        title: "the authorization server knows the scopes that the resource names",
        role: Role::ResourceServer,
        level: level![_, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2],
        needs: &[Step::OauthMetadata, Step::OidcAppended],
        blocked_by: &["prm-as-issuer"],
        why: "Clients ask for these scopes. Many authorization servers refuse a request with a scope they do not know as \
              `invalid_scope`, and the login ends there.",
        fix: "use the same names in both documents: register the scope at the authorization server, or take it out of the \
              resource metadata and the challenge",
        disputed: "RFC 8414 lets a server leave scopes out of its list, so an unknown scope need not be refused.",
        faults: &[
            Fault::new(
                "prm-unknown-scope",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/scopes_supported/-", "\"search:everything\"")])],
            ),
            Fault::new(
                "challenge-unknown-scope",
                &[Deed::At(
                    Reply::Challenge,
                    &[Edit::SetHeader("www-authenticate", "Bearer resource_metadata=\"{prm}\", scope=\"search:any\"")],
                )],
            ),
        ],
        judge: known,
    },
];

/// The scopes of the resource metadata, if it names any.
fn named<'e>(document: &Document<'e>) -> Result<Vec<&'e str>, Verdict> {
    Ok(texts(document, "scopes_supported")?.unwrap_or_default())
}

/// The scopes of the challenge; `None` if there was no challenge to read.
fn challenged<'e>(e: &'e Evidence<'_>) -> Option<Vec<&'e str>> {
    let challenged = e.challenged()?;
    Some(challenged.param("scope").unwrap_or_default().split_ascii_whitespace().collect())
}

fn scopes(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    if !need!(named(&document)).is_empty() {
        return Verdict::Pass;
    }
    let spot = document.spot("scopes_supported");
    match challenged(e) {
        Some(scopes) if scopes.is_empty() => {
            finding(spot.at, "neither the resource metadata nor the challenge names a scope").warn()
        }
        _ => finding(spot.at, "the resource metadata names no scopes; clients without a challenge ask for none").info(),
    }
}

fn offline_access(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    match need!(named(&document)).iter().position(|scope| *scope == "offline_access") {
        Some(n) => {
            let at = document.spot("scopes_supported").element(n);
            finding(at, "the resource metadata names `offline_access`, which is not the resource's to ask for").warn()
        }
        None => Verdict::Pass,
    }
}

/// Whether a scope says that it stands for everything.
fn is_omnibus(scope: &str) -> bool {
    scope.contains('*') || matches!(scope, "all" | "full-access" | "full_access" | "fullaccess")
}

fn minimal(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let scopes = need!(named(&document));
    let spot = document.spot("scopes_supported");
    if let Some((n, scope)) = scopes.iter().enumerate().find(|(_, scope)| is_omnibus(scope)) {
        let message = "one of the scopes stands for everything";
        return finding(spot.element(n), message).actual(printable(scope).to_string()).warn();
    }
    if scopes.len() > MANY {
        let message = format!("the resource metadata names {} scopes, and clients ask for all of them", scopes.len());
        return finding(spot.at, message).info();
    }
    Verdict::Pass
}

fn known(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let server = need!(server(e));
    let published = match json::strings_field(server.object, "scopes_supported") {
        Field::Present(list) if list.is_empty() => return Verdict::blocked("asm-empty-members"),
        Field::Present(list) => list.into_iter().collect::<HashSet<_>>(),
        Field::Wrong(_) => return Verdict::blocked("asm-types"),
        Field::Absent => {
            let message =
                "the authorization server publishes no scopes: whether it knows those of the resource shows at login";
            return finding(server.spot("scopes_supported").at, message).info();
        }
    };
    let unknown = |scope: &str| !published.contains(scope) && !is_omnibus(scope);
    let spot = document.spot("scopes_supported");
    let mut named = need!(named(&document)).into_iter().enumerate().map(|(n, scope)| (spot.element(n), scope));
    let asked = challenged(e).unwrap_or_default().into_iter().filter_map(|scope| {
        let at = Pointer::header(e.challenged()?.exchange.number, "www-authenticate");
        Some((at, scope))
    });
    let found = named.find(|(_, scope)| unknown(scope)).or_else(|| asked.into_iter().find(|(_, scope)| unknown(scope)));
    let Some((at, scope)) = found else { return Verdict::Pass };
    finding(at, format!("the scope `{}` is not among those the authorization server publishes", printable(scope)))
        .expected(printable(&server.spot("scopes_supported").shown()).to_string())
        .actual(printable(scope).to_string())
        .warn()
}
