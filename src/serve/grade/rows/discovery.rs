//! From the 401 to the metadata of the authorization server. MCP 2026-07-28 authorization server discovery; RFC 9728 §3.3
//! and §5.1, RFC 8414 §3, RFC 9110 §11.6.1.

use super::super::record::{Entry, Kind, Run};
use super::super::row::{Look, Part, Row, Ruling, Seen, at, met, missing};
use super::{attempt, stops};
use crate::level;
use crate::spec::cite::{
    MCP_ASM_DISCOVERY, MCP_OVERVIEW, MCP_PKCE, MCP_PRM_DISCOVERY, MCP_TOKEN_HANDLING, MCP1_FALLBACKS, RFC8414_3_3,
    RFC9110_11_6_1, RFC9728_3_3, RFC9728_5_1,
};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "client-401-starts-auth",
        title: "a 401 makes the client look for authorization",
        level: level![Must, Must, Must, Must],
        silent: false,
        cites: &[MCP_TOKEN_HANDLING, MCP_PRM_DISCOVERY],
        seen: Seen::Plain,
        blocked_by: &[],
        why: "A client that gives up at the 401 can use no protected server.",
        fix: "on a 401 read `WWW-Authenticate`, fetch the resource metadata and begin the authorization",
        judge: starts,
    },
    Row {
        id: "client-prm-from-header",
        title: "the resource metadata is fetched where the challenge says",
        level: level![_, Must, Must, Must],
        silent: false,
        cites: &[MCP_PRM_DISCOVERY, RFC9728_5_1],
        seen: Seen::In(&["resource-metadata-custom-path"]),
        blocked_by: &["client-401-starts-auth"],
        why: "Servers may publish their metadata anywhere; the challenge is the only sure guide.",
        fix: "when the challenge has `resource_metadata`, fetch that URL and no other",
        judge: |look| {
            let Some(challenge) = look.run.challenge() else { return Ruling::Unseen(NO_CHALLENGE) };
            match look.run.after(challenge).find(|entry| entry.kind == Kind::ResourceMetadata) {
                Some(first) if first.path == CUSTOM => met(first),
                Some(first) => at(first, "the client looks elsewhere than the challenge says")
                    .expected(format!("{}{CUSTOM}", look.run.place.origin))
                    .actual(first.url.clone())
                    .broken(),
                None => missing(look, challenge, "the client does not fetch the metadata that the challenge names"),
            }
        },
    },
    Row {
        id: "client-parse-challenge",
        title: "the Bearer challenge is found among others, however it is written",
        level: level![_, Must, Must, Must],
        silent: false,
        cites: &[MCP_PRM_DISCOVERY, RFC9110_11_6_1],
        seen: Seen::In(&["multi-challenge"]),
        blocked_by: &["client-401-starts-auth", "client-prm-from-header"],
        why: "Gateways add challenges of their own; commas, quotes and case are as free as RFC 9110 lets them be.",
        fix: "parse every `WWW-Authenticate` line by RFC 9110 §11.6.1: several challenges a line, quoted strings, token68, names of any case",
        judge: |look| {
            let Some(challenge) = look.run.challenge() else { return Ruling::Unseen(NO_CHALLENGE) };
            match look.run.after(challenge).find(|entry| entry.path == CUSTOM) {
                Some(entry) => met(entry),
                None => missing(look, challenge, "the client does not find the Bearer challenge among the others"),
            }
        },
    },
    Row {
        id: "client-prm-wellknown-order",
        title: "without a word in the challenge, the metadata is looked for at the path, then at the root",
        level: level![_, _, Must, Must],
        silent: false,
        cites: &[MCP_PRM_DISCOVERY],
        seen: Seen::In(&["prm-only-root"]),
        blocked_by: &["client-401-starts-auth"],
        why: "The root document may belong to another server of the same host; a server with a root document only must be found, too.",
        fix: "fetch `/.well-known/oauth-protected-resource/PATH`, and on a miss `/.well-known/oauth-protected-resource`",
        judge: well_known,
    },
    Row {
        id: "client-prm-resource-check",
        title: "metadata of another resource is refused",
        level: level![_, RfcMust, RfcMust, RfcMust],
        silent: true,
        cites: &[RFC9728_3_3],
        seen: Seen::In(&["prm-resource-mismatch"]),
        blocked_by: &["client-401-starts-auth"],
        why: "Otherwise a server can have tokens made for somebody else's resource.",
        fix: "compare `resource` of the metadata with the URL you connect to, and stop when they differ",
        judge: |look| {
            let seen = look.run.of(Kind::ResourceMetadata).find(|entry| entry.is_good());
            stops(look, seen, attempt(look.run), "the client goes on with metadata of another resource")
        },
    },
    Row {
        id: "client-asm-order",
        title: "the metadata of the authorization server is looked for at each place, in order",
        level: level![_, _, Must, Must],
        silent: false,
        cites: &[MCP_ASM_DISCOVERY],
        seen: Seen::In(&["asm-only-third"]),
        blocked_by: &["client-401-starts-auth"],
        why: "Which of the documents there is differs by product; the order makes two clients come to the same one.",
        fix: "for an issuer with a path try RFC 8414 inserted, OpenID Connect inserted, OpenID Connect appended, in this order",
        judge: server_order,
    },
    Row {
        id: "client-asm-oidc",
        title: "an authorization server with OpenID Connect discovery only will do",
        level: level![_, _, Must, Must],
        silent: false,
        cites: &[MCP_OVERVIEW, MCP_ASM_DISCOVERY],
        seen: Seen::In(&["asm-oidc-only"]),
        blocked_by: &["client-401-starts-auth", "client-asm-order"],
        why: "Many identity providers publish OpenID Connect discovery and nothing else.",
        fix: "try the OpenID Connect documents when there is no RFC 8414 document",
        judge: |look| goes_on(look, "the client does not go on with OpenID Connect metadata"),
    },
    Row {
        id: "client-asm-issuer-check",
        title: "metadata of another issuer is not used",
        level: level![RfcMust, RfcMust, RfcMust, Must],
        silent: true,
        cites: &[MCP_ASM_DISCOVERY, RFC8414_3_3],
        seen: Seen::In(&["asm-issuer-mismatch"]),
        blocked_by: &["client-401-starts-auth"],
        why: "It is how one authorization server passes itself off as another: the mix-up attack begins here.",
        fix: "compare `issuer` byte for byte with the entry of `authorization_servers` that led to the document, and stop when they differ",
        judge: |look| {
            let seen = look.run.of(Kind::ServerMetadata).find(|entry| entry.is_good());
            stops(look, seen, attempt(look.run), "the client goes on with metadata of another issuer")
        },
    },
    Row {
        id: "client-asm-first-bad",
        title: "an error at one place of the metadata does not end the search",
        level: level![Practice, Practice, Practice, Practice],
        silent: false,
        cites: &[MCP_ASM_DISCOVERY],
        seen: Seen::In(&["asm-first-variant-403"]),
        blocked_by: &["client-401-starts-auth", "client-asm-order"],
        why: "Gateways answer 401, 403 or a page where a document is missing; the next place has it.",
        fix: "take every answer that is no JSON object with status 200 as a miss and try the next place",
        judge: |look| goes_on(look, "the client stops at the first place that answers with an error"),
    },
    Row {
        id: "client-pkce-refuse-absent",
        title: "an authorization server that does not name PKCE is refused",
        level: level![_, _, Must, Must],
        silent: true,
        cites: &[MCP_PKCE],
        seen: Seen::In(&["asm-no-pkce"]),
        blocked_by: &["client-401-starts-auth"],
        why: "A server that ignores the challenge redeems stolen codes, and the client cannot tell.",
        fix: "stop when `code_challenge_methods_supported` is absent or lacks `S256`",
        judge: |look| {
            let seen = look.run.of(Kind::ServerMetadata).find(|entry| entry.is_good());
            let message = "the client goes on though the authorization server does not say that it supports PKCE";
            stops(look, seen, attempt(look.run), message)
        },
    },
    Row {
        id: "client-legacy-fallback",
        title: "without any metadata the default endpoints of the MCP origin are used",
        level: level![Must, _, _, _],
        silent: false,
        cites: &[MCP1_FALLBACKS],
        seen: Seen::In(&["v1-only"]),
        blocked_by: &[],
        why: "Servers of 2025-03-26 without metadata have `/authorize`, `/token` and `/register`, and nothing that says so.",
        fix: "when there is no metadata at all, use `/authorize`, `/token` and `/register` of the MCP server's origin",
        judge: |look| {
            let Some(challenge) = look.run.challenge() else { return Ruling::Unseen(NO_CHALLENGE) };
            match look.run.authorizations().first() {
                Some(asked) => met(asked.entry),
                None => missing(look, challenge, "the client does not try the default endpoints"),
            }
        },
    },
];

pub(super) const NO_CHALLENGE: &str = "the client met no challenge";
/// Where the metadata is that only the challenge names.
const CUSTOM: &str = "/metadata/resource.json";

fn starts(look: &Look<'_>) -> Ruling {
    let run = look.run;
    if let Some(entry) = run.of(Kind::Mcp).find(|e| e.credential.as_ref().is_some_and(|shown| shown.scheme == "basic"))
    {
        return at(entry, "the client sends HTTP Basic credentials that nobody asked for")
            .on(Part::Header("authorization"))
            .broken();
    }
    let Some(challenge) = run.challenge() else { return Ruling::Unseen(NO_CHALLENGE) };
    let looks = |entry: &&Entry| !matches!(entry.kind, Kind::Mcp | Kind::Other | Kind::Document);
    match run.after(challenge).find(looks) {
        Some(entry) => met(entry),
        None => missing(look, challenge, "the client gives up at the 401"),
    }
}

fn well_known(look: &Look<'_>) -> Ruling {
    const ROOT: &str = "/.well-known/oauth-protected-resource";
    let Some(challenge) = look.run.challenge() else { return Ruling::Unseen(NO_CHALLENGE) };
    let inserted = format!("{ROOT}/mcp");
    let find = |path: &str| look.run.of(Kind::ResourceMetadata).find(|entry| entry.path == path);
    match (find(&inserted), find(ROOT)) {
        (Some(first), Some(root)) if first.number < root.number => met(root),
        (_, Some(root)) => {
            at(root, "the client looks at the root before it looks at the path").expected(inserted).broken()
        }
        (Some(first), None) => missing(look, first, "the client does not look at the root"),
        (None, None) => missing(look, challenge, "the client does not look for the metadata at the well-known places"),
    }
}

/// The path of the issuer.
fn issuer_path(run: &Run) -> &str {
    let rest = run.place.issuer.split_once("://").map_or("", |(_, rest)| rest);
    rest.find('/').and_then(|place| rest.get(place..)).unwrap_or_default()
}

fn server_order(look: &Look<'_>) -> Ruling {
    let path = issuer_path(look.run);
    let places = [
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
        format!("{path}/.well-known/openid-configuration"),
    ];
    let tried = places.each_ref().map(|place| look.run.of(Kind::ServerMetadata).find(|entry| entry.path == *place));
    let Some(last) = look.run.of(Kind::ServerMetadata).next_back() else {
        return Ruling::Unseen("the client looked for no authorization server metadata");
    };
    match tried {
        [Some(first), Some(second), Some(third)] if first.number < second.number && second.number < third.number => {
            met(third)
        }
        [first, second, Some(third)] => {
            let early = [first, second].into_iter().flatten().all(|entry| entry.number < third.number);
            let wrong = if early { third } else { last };
            at(wrong, "the client does not try the places of the metadata in order")
                .expected(places.join(", then "))
                .broken()
        }
        [.., None] => {
            let [.., appended] = &places;
            match missing(look, last, "the client does not try every place of the metadata") {
                Ruling::Broken(finding) => finding.expected(appended.clone()).broken(),
                other => other,
            }
        }
    }
}

fn goes_on(look: &Look<'_>, message: &str) -> Ruling {
    match (attempt(look.run), look.run.of(Kind::ServerMetadata).next_back()) {
        (Some(entry), _) => met(entry),
        (None, Some(last)) => missing(look, last, message),
        (None, None) => Ruling::Unseen("the client looked for no authorization server metadata"),
    }
}
