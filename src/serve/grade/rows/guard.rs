//! Addresses a client must not go to. MCP Security Best Practices: "OAuth Authorization URL Validation", "Enforce HTTPS",
//! "Block Private IP Ranges", "Validate Redirect Targets".

use super::super::record::{Entry, Kind, Run};
use super::super::row::{Look, Part, Row, Ruling, Seen, at, met};
use super::stops;
use crate::level;
use crate::spec::cite::{SBP_HTTPS, SBP_PRIVATE, SBP_REDIRECTS, SBP_URLS};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "client-url-guard",
        title: "only http and https URLs are opened, and no shell sees them",
        level: level![Guide, Guide, Guide, Guide],
        silent: true,
        cites: &[SBP_URLS],
        seen: Seen::In(&["asm-shell-endpoint", "asm-javascript-endpoint"]),
        blocked_by: &[],
        why: "A server that names its own URL runs its own code: in the page that opens it, or in the shell that starts the browser.",
        fix: "open only `https:` URLs (`http:` on loopback), and hand them to the browser as one argument, without a shell",
        judge: urls,
    },
    Row {
        id: "client-https-guard",
        title: "no code and no secret travels over plain http",
        level: level![Guide, Guide, Guide, Guide],
        silent: true,
        cites: &[SBP_HTTPS],
        seen: Seen::In(&["asm-http-endpoint"]),
        blocked_by: &[],
        why: "Everybody on the way reads the code, the verifier and the tokens.",
        fix: "refuse endpoints with `http:` unless the host is a loopback address",
        judge: |look| {
            let seen = look.run.of(Kind::ServerMetadata).find(|entry| entry.is_good());
            let message = "the client goes to a plain-http endpoint that is not on loopback";
            stops(look, seen, strayed(look.run), message)
        },
    },
    Row {
        id: "client-ssrf-guard",
        title: "redirects of metadata to addresses that are not public are refused",
        level: level![Guide, Guide, Guide, Guide],
        silent: true,
        cites: &[SBP_PRIVATE, SBP_REDIRECTS],
        seen: Seen::In(&["prm-redirect-metadata-ip"]),
        blocked_by: &[],
        why: "The server can make the client fetch what only the client can reach: the metadata service of a cloud, an internal API.",
        fix: "follow no redirect of metadata to another origin, and connect to no address of RFC 6890 that the user did not name",
        judge: |look| {
            let seen = look.run.of(Kind::ResourceMetadata).find(|entry| entry.status == 302);
            stops(look, seen, strayed(look.run), "the client follows a redirect to an address that is not public")
        },
    },
];

/// The first request that came by the unspecified address, to which only a trap leads.
fn strayed(run: &Run) -> Option<&Entry> {
    run.entries.iter().find(|entry| entry.host.starts_with("0.0.0.0"))
}

fn urls(look: &Look<'_>) -> Ruling {
    let run = look.run;
    if let Some(entry) = run.entries.iter().find(|entry| entry.path == "/canary/shell") {
        return at(entry, "a shell ran what stands in the authorization endpoint").broken();
    }
    if run.has("asm-shell-endpoint") {
        return match (run.authorizations().first(), run.of(Kind::ServerMetadata).next_back()) {
            (Some(asked), _) => met(asked.entry),
            (None, Some(last)) if run.over => met(last),
            _ => Ruling::Unseen("the client did not come that far"),
        };
    }
    let is_web = |entry: &Entry| entry.query.get("url").is_some_and(|url| url.starts_with("http"));
    if let Some(entry) = run.of(Kind::Opened).find(|entry| !is_web(entry)) {
        return at(entry, "the client opens a URL that is not of the web")
            .on(Part::Parameter("url"))
            .actual(entry.query.get("url").unwrap_or_default())
            .broken();
    }
    let reports = look.story.runs.iter().any(|run| run.of(Kind::Opened).next().is_some());
    match run.of(Kind::ServerMetadata).find(|entry| entry.is_good()) {
        Some(seen) if reports && run.over => met(seen),
        _ => Ruling::Unseen("what a client hands to a browser is seen only through the `BROWSER` that `--` sets"),
    }
}
