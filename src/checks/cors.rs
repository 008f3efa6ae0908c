//! What a browser client may read: the CORS protocol of the Fetch standard, OAuth 2.1 §3.2. Nothing in MCP asks for it;
//! a deployment that lets browsers in nowhere is not for browsers, and that is no mistake.

use super::ground::{refused, resource};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::revision::{Revision, WireStyle};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "cors-preflight",
        title: "the endpoint answers a browser's preflight",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Biting,
        cites: &[FETCH_CORS],
        needs: &[Step::McpPreflight],
        blocked_by: &[],
        why: "A browser asks before it posts, and it asks without a token: when the question is refused, the page sees a network error and nothing else.",
        fix: "answer OPTIONS with 204, without asking for a token: `Access-Control-Allow-Origin: *`, `Access-Control-Allow-Methods: POST, GET, DELETE`, `Access-Control-Allow-Headers: authorization, content-type, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, last-event-id`",
        disputed: "",
        faults: &[
            Fault::new("preflight-401", &[Deed::At(Reply::Preflight, &[Edit::Status(401)])]),
            Fault::new("preflight-405", &[Deed::At(Reply::Preflight, &[Edit::Status(405), Edit::DropHeader(ORIGIN)])]),
        ],
        judge: preflight,
    },
    Check {
        id: "cors-allow-headers",
        title: "browsers may send every header of MCP",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_HEADERS, FETCH_CORS],
        needs: &[Step::McpPreflight],
        blocked_by: &["cors-preflight"],
        why: "A browser does not send the request at all when one of its headers is not on the list.",
        fix: "answer the preflight with `Access-Control-Allow-Headers: authorization, content-type, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, last-event-id`",
        disputed: "",
        faults: &[
            Fault::new(
                "cors-no-mcp-method",
                &[Deed::At(
                    Reply::Preflight,
                    &[Edit::SetHeader(
                        "access-control-allow-headers",
                        "authorization, content-type, accept, mcp-protocol-version, mcp-name, mcp-session-id, last-event-id",
                    )],
                )],
            ),
            Fault::new(
                "cors-wildcard-headers",
                &[Deed::At(Reply::Preflight, &[Edit::SetHeader("access-control-allow-headers", "*")])],
            ),
        ],
        judge: allow_headers,
    },
    Check {
        id: "cors-expose",
        title: "browsers may read the challenge",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[FETCH_CORS],
        needs: &[Step::McpFromBrowser],
        blocked_by: &["challenge-status-401"],
        why: "Without it a browser client sees the 401, but not where to log in.",
        fix: "add to the 401, too: `Access-Control-Allow-Origin: *` and `Access-Control-Expose-Headers: WWW-Authenticate, Mcp-Session-Id`",
        disputed: "",
        faults: &[
            Fault::new(
                "cors-no-expose",
                &[Deed::At(Reply::Challenge, &[Edit::DropHeader("access-control-expose-headers")])],
            ),
            Fault::new("cors-closed-401", &[Deed::At(Reply::Challenge, &[Edit::DropHeader(ORIGIN)])]),
        ],
        judge: expose,
    },
    Check {
        id: "cors-metadata",
        title: "browsers may read the metadata",
        role: Role::ResourceServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2, FETCH_CORS],
        needs: &[Step::CorsResourceMetadata, Step::CorsServerMetadata],
        blocked_by: &[],
        why: "A browser client that may call the endpoint but not read the metadata never finds the login.",
        fix: "add `Access-Control-Allow-Origin: *` to the metadata: it is public",
        disputed: "OAuth asks for it only where browser clients are wanted.",
        faults: &[
            Fault::new("cors-no-prm", &[Deed::At(Reply::ResourceMetadata, &[Edit::DropHeader(ORIGIN)])]),
            Fault::new(
                "cors-no-asm",
                &[
                    Deed::At(Reply::ServerMetadata, &[Edit::DropHeader(ORIGIN)]),
                    Deed::At(Reply::OpenIdMetadata, &[Edit::DropHeader(ORIGIN)]),
                    Deed::At(Reply::LegacyMetadata, &[Edit::DropHeader(ORIGIN)]),
                ],
            ),
        ],
        judge: metadata,
    },
    Check {
        id: "cors-token",
        title: "browsers may use the token and registration endpoints",
        role: Role::AuthorizationServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2, FETCH_CORS],
        needs: &[Step::TokenPreflight, Step::RegistrationPreflight],
        blocked_by: &[],
        why: "A browser client gets a code but no token.",
        fix: "answer OPTIONS of these endpoints with 204, `Access-Control-Allow-Origin: *` and `Access-Control-Allow-Headers: content-type, authorization`",
        disputed: "OAuth asks for it only where browser clients are wanted.",
        faults: &[Fault::new(
            "cors-no-token",
            &[Deed::At(Reply::TokenPreflight, &[Edit::Status(405), Edit::DropHeader(ORIGIN)])],
        )],
        judge: token,
    },
    Check {
        id: "cors-credentials",
        title: "no page of any origin is trusted with the user's cookies",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[FETCH_CORS],
        needs: &[Step::McpPreflight],
        blocked_by: &[],
        why: "A server that repeats every origin and allows credentials lets every web page act with whatever the browser holds for it.",
        fix: "send `Access-Control-Allow-Origin: *` without `Access-Control-Allow-Credentials`, or allow a list of known origins",
        disputed: "",
        faults: &[Fault::new(
            "cors-reflect-credentials",
            &[Deed::At(
                Reply::Preflight,
                &[Edit::SetHeader(ORIGIN, "{caller}"), Edit::SetHeader("access-control-allow-credentials", "true")],
            )],
        )],
        judge: credentials,
    },
];

const ORIGIN: &str = "access-control-allow-origin";

/// The requests that are made as a browser makes them.
const BROWSER_STEPS: [Step; 6] = [
    Step::McpPreflight,
    Step::McpFromBrowser,
    Step::CorsResourceMetadata,
    Step::CorsServerMetadata,
    Step::TokenPreflight,
    Step::RegistrationPreflight,
];

/// The web origin that a request claimed.
fn claimed(exchange: &Exchange) -> &str {
    let header = exchange.request.headers.iter().find(|header| header.name == "origin");
    header.map_or("", |header| header.value.as_str())
}

fn header<'x>(exchange: &'x Exchange, name: &str) -> Option<&'x str> {
    exchange.reply()?.header(name).map(str::trim)
}

/// Whether the page that asked may read the answer.
fn welcomes(exchange: &Exchange) -> bool {
    header(exchange, ORIGIN).is_some_and(|allowed| allowed == "*" || allowed == claimed(exchange))
}

/// Whether the MCP server lets the page that asked in: without that, nothing else matters to a browser.
fn is_for_browsers(e: &Evidence<'_>) -> bool {
    e.first(Step::McpPreflight).is_some_and(lets_through)
}

/// Whether the preflight was refused with a status, not merely left without the words.
fn is_refused(preflight: &Exchange) -> bool {
    !preflight.status().is_some_and(|status| (200..300).contains(&status))
}

/// Whether other answers of the MCP server invite the browsers that its endpoint refuses.
fn invites(e: &Evidence<'_>) -> bool {
    [Step::McpFromBrowser, Step::CorsResourceMetadata].into_iter().flat_map(|step| e.all(step)).any(welcomes)
}

/// The preflight that let a browser in.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
fn admitted<'t>(e: &Evidence<'t>) -> Result<&'t Exchange, Verdict> {
    let missing = Verdict::not_applicable("no preflight was sent");
    let asked = e.first(Step::McpPreflight).ok_or(missing)?;
    match (lets_through(asked), is_refused(asked) && invites(e)) {
        (true, _) => Ok(asked),
        (false, true) => Err(Verdict::blocked("cors-preflight")),
        (false, false) => Err(Verdict::not_applicable("the endpoint does not let pages of the origin in that asked")),
    }
}

/// The names in a list header, in lower case.
fn names(exchange: &Exchange, name: &str) -> Vec<String> {
    let lines = exchange.reply().into_iter().flat_map(|reply| reply.header_values(name));
    lines.flat_map(|line| line.split(',')).map(|one| one.trim().to_ascii_lowercase()).collect()
}

/// Whether a preflight lets the request itself through to its headers.
fn lets_through(exchange: &Exchange) -> bool {
    exchange.status().is_some_and(|status| (200..300).contains(&status)) && welcomes(exchange)
}

fn status(exchange: &Exchange) -> String {
    exchange.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string())
}

fn preflight(e: &Evidence<'_>) -> Verdict {
    let asked = need!(e.first(Step::McpPreflight), absent "no preflight was sent");
    if lets_through(asked) {
        return Verdict::Pass;
    }
    if asked.is_untold() || asked.status().is_none() {
        return Verdict::inconclusive("no answer came to the preflight");
    }
    if is_refused(asked) {
        let message = format!("the preflight of a browser is answered with {}", status(asked));
        let found = finding(Pointer::exchange(asked.number), message).expected("204").actual(status(asked));
        return if invites(e) { found.warn() } else { found.info() };
    }
    // Perhaps a list of known origins, on which ours is not.
    let message = "the preflight of a browser does not allow the origin that asked";
    let allowed = header(asked, ORIGIN).unwrap_or("absent");
    finding(Pointer::header(asked.number, ORIGIN), message)
        .expected(format!("* or {}", claimed(asked)))
        .actual(printable(allowed).to_string())
        .info()
}

fn allow_headers(e: &Evidence<'_>) -> Verdict {
    let asked = need!(admitted(e));
    let allowed = names(asked, "access-control-allow-headers");
    // Fetch: `*` stands for every header but `Authorization`.
    let missing = |wanted: &[&'static str]| {
        let allows = |name: &&str| allowed.iter().any(|one| one == name || one == "*" && *name != "authorization");
        wanted.iter().copied().filter(|name| !allows(name)).collect::<Vec<_>>()
    };
    let (common, version) = (["authorization", "content-type"], "mcp-protocol-version");
    let (stateless, stateful) = (["mcp-method", "mcp-name"], ["mcp-session-id", "last-event-id"]);
    let mut needed = common.to_vec();
    if e.revision > Revision::R2025_03_26 {
        needed.push(version);
    }
    needed.extend(if e.revision.wire_style() == WireStyle::Stateless { stateless } else { stateful });
    let at = || Pointer::header(asked.number, "access-control-allow-headers");
    let actual = printable(&allowed.join(", ")).to_string();
    let lacking = missing(&needed);
    if !lacking.is_empty() {
        let message = format!("a browser may not send {}", lacking.join(", "));
        return finding(at(), message).expected(needed.join(", ")).actual(actual).warn();
    }
    let other = missing(&[&[version][..], &stateless, &stateful].concat());
    if other.is_empty() {
        return Verdict::Pass;
    }
    let message = format!("a browser client of another revision may not send {}", other.join(", "));
    finding(at(), message).actual(actual).info()
}

fn expose(e: &Evidence<'_>) -> Verdict {
    need!(refused(e));
    need!(admitted(e));
    let answer = need!(e.first(Step::McpFromBrowser), absent "the refused request was not repeated as a browser asks");
    if answer.status() != Some(401) {
        return Verdict::not_applicable("a request with an `Origin` is refused for that, before the token is missed");
    }
    if !welcomes(answer) {
        return finding(Pointer::header(answer.number, ORIGIN), "a browser may not read the 401")
            .expected(format!("{ORIGIN}: *"))
            .actual(printable(header(answer, ORIGIN).unwrap_or("absent")).to_string())
            .warn();
    }
    let exposed = names(answer, "access-control-expose-headers");
    let shows = |name: &str| exposed.iter().any(|one| one == name || one == "*");
    let at = || Pointer::header(answer.number, "access-control-expose-headers");
    let actual = if exposed.is_empty() { "absent".to_owned() } else { printable(&exposed.join(", ")).to_string() };
    if !shows("www-authenticate") {
        let message = "a browser may read the 401, but not its `WWW-Authenticate`";
        return finding(at(), message).expected("WWW-Authenticate").actual(actual).warn();
    }
    if e.revision.wire_style() == WireStyle::Stateful && !shows("mcp-session-id") {
        let message = "a browser may not read `Mcp-Session-Id`, if sessions are used";
        return finding(at(), message).expected("Mcp-Session-Id").actual(actual).info();
    }
    Verdict::Pass
}

fn metadata(e: &Evidence<'_>) -> Verdict {
    let documents = [
        (Step::CorsResourceMetadata, Role::ResourceServer, "the resource metadata"),
        (Step::CorsServerMetadata, Role::AuthorizationServer, "the metadata of the authorization server"),
    ];
    let mut looked_at = false;
    for (step, role, what) in documents {
        for served in e.all(step).filter(|x| x.status() == Some(200)) {
            looked_at = true;
            if !welcomes(served) {
                let found = finding(Pointer::header(served.number, ORIGIN), format!("a browser may not read {what}"));
                let actual = printable(header(served, ORIGIN).unwrap_or("absent")).to_string();
                let found = found.expected(format!("{ORIGIN}: *")).actual(actual).by(role);
                return if is_for_browsers(e) { found.warn() } else { found.info() };
            }
        }
    }
    if !looked_at {
        need!(resource(e));
        return Verdict::not_applicable("no metadata was served where a browser client asks");
    }
    Verdict::Pass
}

fn token(e: &Evidence<'_>) -> Verdict {
    let mut asked = e.all(Step::TokenPreflight).chain(e.all(Step::RegistrationPreflight)).peekable();
    if asked.peek().is_none() {
        need!(super::ground::server(e));
        return Verdict::not_applicable("the metadata names neither endpoint");
    }
    // An endpoint that gave no answer is no question of CORS.
    let Some(closed) = asked.find(|x| x.reply().is_some() && !lets_through(x)) else { return Verdict::Pass };
    let message = format!("a browser may not post to {}", printable(&closed.request.url));
    finding(Pointer::exchange(closed.number), message)
        .expected(format!("204 and {ORIGIN}"))
        .actual(status(closed))
        .info()
}

fn credentials(e: &Evidence<'_>) -> Verdict {
    let mut asked = BROWSER_STEPS.into_iter().flat_map(|step| e.all(step)).peekable();
    need!(asked.peek(), absent "nothing was asked as a browser asks");
    let reflects = |x: &&Exchange| {
        let allowed = header(x, ORIGIN).is_some_and(|allowed| !claimed(x).is_empty() && allowed == claimed(x));
        allowed && header(x, "access-control-allow-credentials") == Some("true")
    };
    let Some(open) = asked.find(reflects) else { return Verdict::Pass };
    let own = !matches!(open.step, Step::CorsServerMetadata | Step::TokenPreflight | Step::RegistrationPreflight);
    finding(
        Pointer::header(open.number, "access-control-allow-credentials"),
        "every web page may send requests here with the user's cookies",
    )
    .actual(format!("{ORIGIN}: {}, access-control-allow-credentials: true", printable(claimed(open))))
    .by(if own { Role::ResourceServer } else { Role::AuthorizationServer })
    .warn()
}
