//! By which names the server goes: the other spelling of its endpoint, with or without a slash at its end, and the name
//! that it has for itself behind a proxy. RFC 9728 §3.3, MCP transports (one endpoint path), MCP token requirements.

use url::Url;

use super::challenge_metadata::is_inside;
use super::refusals::{destination, is_login, moved};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::{challenge, uri};
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
        id: "url-public-base",
        title: "the server knows the URL under which clients reach it",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Biting,
        cites: &[RFC9728_3_3, RFC9728_3, OAUTH21_1_5],
        needs: &[],
        blocked_by: &[],
        why: "Behind a proxy a server sees another scheme, host or port than its clients do. Every URL that it builds from \
              those leads nowhere, so that one missing setting looks like many defects.",
        fix: "configure the public URL of the server, or let the proxy send `X-Forwarded-Proto` and `X-Forwarded-Host` and \
              let the server trust them: uvicorn `--proxy-headers --forwarded-allow-ips IP`, FastMCP `base_url=`, Express \
              `app.set('trust proxy', …)`, Spring `server.forward-headers-strategy=framework`, ASP.NET \
              `UseForwardedHeaders()`; nginx `proxy_set_header X-Forwarded-Proto $scheme` and `proxy_set_header Host $host`",
        disputed: "",
        faults: &[Fault::new(
            "behind-tls-proxy",
            &[
                Deed::At(
                    Reply::Challenge,
                    &[Edit::SetHeader(
                        "www-authenticate",
                        "Bearer resource_metadata=\"http://{host}/.well-known/oauth-protected-resource/mcp\", scope=\"search:read\"",
                    )],
                ),
                Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource", "\"http://{host}/mcp\"")]),
            ],
        )
        .under(Posture::Https)],
        judge: public_base,
    },
    Check {
        id: "url-other-spelling",
        title: "the URL with, or without, a slash at its end is no way around the endpoint",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TOKEN_REQUIREMENTS, MCP_TRANSPORT, SBP_REDIRECTS],
        needs: &[Step::McpTwin],
        blocked_by: &["url-no-redirect"],
        why: "Users and clients write the URL both ways. A proxy that guards one spelling and passes the other on lets \
              everybody in; a redirect from one to the other loses the token, the body, or TLS.",
        fix: "answer both spellings alike, or the other one with 404; no redirect (Starlette: `redirect_slashes=False`)",
        disputed: "",
        faults: &[
            Fault::new(
                "other-spelling-open",
                &[Deed::At(
                    Reply::OtherSpelling,
                    &[
                        Edit::Status(200),
                        Edit::SetHeader("content-type", "application/json"),
                        Edit::Body(
                            r#"{"jsonrpc":"2.0","id":"server/discover-1","result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}}"#,
                        ),
                    ],
                )],
            ),
            Fault::new(
                "other-spelling-to-http",
                &[Deed::At(
                    Reply::OtherSpelling,
                    &[Edit::Status(307), Edit::SetHeader("location", "http://{host}/mcp")],
                )],
            )
            .under(Posture::Https),
            Fault::new(
                "other-spelling-redirects",
                &[Deed::At(Reply::OtherSpelling, &[Edit::Status(307), Edit::SetHeader("location", "{mcp}")])],
            ),
            Fault::new(
                "other-spelling-is-another",
                &[Deed::At(
                    Reply::OtherSpelling,
                    &[
                        Edit::Status(401),
                        Edit::SetHeader(
                            "www-authenticate",
                            "Bearer resource_metadata=\"{origin}/.well-known/oauth-protected-resource/mcp/\"",
                        ),
                    ],
                )],
            ),
        ],
        judge: other_spelling,
    },
];

/// A URL that the server names for itself.
struct Named {
    /// What it is, in words.
    what: &'static str,
    at: Pointer,
    url: Url,
}

/// The URLs that the server names for itself: in the challenge, in the metadata, in a redirect.
fn named(e: &Evidence<'_>) -> Vec<Named> {
    let mut found = Vec::new();
    let challenged = e.challenged().map(|challenged| challenged.exchange.number);
    if let (Some(number), Some(url)) = (challenged, e.named_metadata_url().and_then(|text| Url::parse(text).ok())) {
        found.push(Named { what: "`resource_metadata`", at: Pointer::header(number, "www-authenticate"), url });
    }
    if let Some((_, document)) = e.resource()
        && let Some(url) = document.text("resource").and_then(|text| Url::parse(text).ok())
    {
        found.push(Named { what: "`resource`", at: document.spot("resource").at, url });
    }
    if let Some((exchange, url)) = moved(e) {
        found.push(Named { what: "the redirect", at: Pointer::header(exchange.number, "location"), url });
    }
    let twin = e.first(Step::McpTwin).and_then(|twin| Some((twin, destination(twin)?)));
    if let Some((twin, url)) = twin.filter(|(twin, to)| !is_login(twin, to)) {
        let what = "the redirect of the other spelling";
        found.push(Named { what, at: Pointer::header(twin.number, "location"), url });
    }
    found
}

fn public_base(e: &Evidence<'_>) -> Verdict {
    let target = need!(e.target(), absent "the MCP URL cannot be read");
    let used = uri::origin_of(target);
    // Another public host may be another name of the server, or its gateway; that is for `prm-resource-match` to say.
    let mistaken = |named: &Named| {
        let same_host = named.url.host_str() == target.host_str();
        uri::origin_of(&named.url) != used && (same_host || is_inside(&named.url) && !is_inside(target))
    };
    let wrong: Vec<Named> = named(e).into_iter().filter(mistaken).collect();
    let Some(first) = wrong.first() else { return Verdict::Pass };
    let origin = uri::origin_of(&first.url);
    let alike: Vec<&Named> = wrong.iter().filter(|named| uri::origin_of(&named.url) == origin).collect();
    // One URL alone is a slip of its own, which has a row of its own.
    if alike.len() < 2 {
        return Verdict::Pass;
    }
    let places: Vec<&str> = alike.iter().map(|named| named.what).collect();
    let (shown, used) = (printable(&origin.to_string()).to_string(), printable(&used.to_string()).to_string());
    let message = format!(
        "the server takes itself for {shown}, though clients reach it as {used}: so say {}",
        places.join(" and ")
    );
    finding(first.at.clone(), message).expected(used).actual(shown).fail()
}

fn other_spelling(e: &Evidence<'_>) -> Verdict {
    let twin = need!(e.first(Step::McpTwin), absent "the other spelling was not asked (a whole origin has none)");
    let shown = printable(&twin.request.url).to_string();
    let locked = e.answer(Step::McpDiscover).and_then(Exchange::status) == Some(401);
    if locked && e.opened(Step::McpTwin) {
        return finding(Pointer::exchange(twin.number), format!("{shown} answers without a token what the endpoint refuses"))
            .expected("401 or 404")
            .actual(twin.status().map_or_else(String::new, |status| status.to_string()))
            .fix("guard the endpoint under every spelling that reaches it, best in the server itself and not by the path in a proxy")
            .fail();
    }
    if let Some(to) = destination(twin).filter(|to| !is_login(twin, to)) {
        return redirected(twin, &to, &shown);
    }
    match (named_by(twin), e.challenged().and_then(|challenged| named_by(challenged.exchange))) {
        (Some(there), Some(here)) if there != here && twin.status() == Some(401) => {
            let message =
                format!("{shown} is guarded as another resource: a token for one need not be good for the other");
            finding(Pointer::header(twin.number, "www-authenticate"), message)
                .expected(printable(&here).to_string())
                .actual(printable(&there).to_string())
                .info()
        }
        _ => Verdict::Pass,
    }
}

fn redirected(twin: &Exchange, to: &Url, shown: &str) -> Verdict {
    let from = Url::parse(&twin.request.url).ok();
    let status = twin.status().unwrap_or_default();
    let describe = |what: &str| -> Finding {
        finding(
            Pointer::header(twin.number, "location"),
            format!("{shown} answers with {status} and sends clients {what}"),
        )
        .actual(printable(to.as_str()).to_string())
    };
    let is_https = from.as_ref().is_some_and(|from| from.scheme() == "https");
    let same_origin = from.as_ref().is_some_and(|from| uri::origin_of(from) == uri::origin_of(to));
    if is_https && to.scheme() == "http" {
        let fix = "answer there without a redirect, or with 404 (Starlette: `redirect_slashes=False`); and let the proxy send \
                   `X-Forwarded-Proto` and the server trust it (uvicorn: `--proxy-headers --forwarded-allow-ips IP`), so that \
                   what it builds begins with https";
        describe("to plain http").expected("the same scheme, or no redirect").fix(fix).warn()
    } else if same_origin {
        describe("on: many of them lose the token or the body that way").info()
    } else {
        describe("to another origin").warn()
    }
}

/// The metadata URL in the challenge of an answer.
fn named_by(exchange: &Exchange) -> Option<String> {
    let challenges = challenge::read(exchange.reply()?.header_values("www-authenticate"));
    challenges.bearer()?.param("resource_metadata").map(str::to_owned)
}

/// What the other spelling of the endpoint is, if it is there: for findings about this one.
pub(super) fn answers_at_other(e: &Evidence<'_>) -> Option<String> {
    let twin = e.first(Step::McpTwin)?;
    let is_endpoint = e.opened(Step::McpTwin) || twin.status() == Some(401) && named_by(twin).is_some();
    is_endpoint.then(|| printable(&twin.request.url).to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::evidence::Trail;
    use crate::spec::revision::Revision;

    fn judged(judge: fn(&Evidence<'_>) -> Verdict, target: &str, prm: &str, resource: &str, twin: &Value) -> Verdict {
        let named =
            |url: &str| json!([{ "name": "www-authenticate", "value": format!("Bearer resource_metadata=\"{url}\"") }]);
        let exchange = |number: u32, step: &str, url: &str, reply: Value| {
            json!({
                "number": number, "step": step, "because": "", "at": 0, "took": 0,
                "request": { "method": "GET", "url": url }, "outcome": { "reply": reply },
            })
        };
        let document = json!({ "resource": resource, "authorization_servers": ["https://as.test"] }).to_string();
        let well_known = uri::resource_metadata_urls(&Url::parse(target).unwrap()).path;
        let whole = json!({
            "version": 1, "tool": "test", "target": target, "started": 0, "reach": "default",
            "exchanges": [
                exchange(1, "mcp-discover", target, json!({ "status": 401, "headers": named(prm) })),
                exchange(2, "path-metadata", &well_known, json!({ "status": 200, "headers": [], "body": { "text": document } })),
                exchange(3, "mcp-twin", &format!("{target}/"), twin.clone()),
            ],
        });
        let trail = Trail::load(&whole.to_string()).unwrap();
        judge(&Evidence::new(&trail, Revision::LATEST))
    }

    #[test]
    fn one_name_that_is_wrong_everywhere_is_one_finding() {
        let nothing = json!({ "status": 404, "headers": [] });
        let to_http = json!({ "status": 307, "headers": [{ "name": "location", "value": "http://rs.test/mcp" }] });
        for (target, prm, resource, twin, wrong) in [
            ("https://rs.test/mcp", "https://rs.test/p", "https://rs.test/mcp", &nothing, false),
            // One place alone has a row of its own.
            ("https://rs.test/mcp", "http://rs.test/p", "https://rs.test/mcp", &nothing, false),
            ("https://rs.test/mcp", "http://rs.test/p", "http://rs.test/mcp", &nothing, true),
            ("https://rs.test/mcp", "https://rs.test/p", "http://rs.test/mcp", &to_http, true),
            ("https://rs.test/mcp", "http://backend:8000/p", "http://backend:8000/mcp", &nothing, true),
            ("https://rs.test/mcp", "http://10.0.0.7/p", "http://10.0.0.7/mcp", &nothing, true),
            ("https://rs.test/mcp", "https://rs.test:8443/p", "https://rs.test:8443/mcp", &nothing, true),
            // Two mistakes are two findings, and another public host may be meant.
            ("https://rs.test/mcp", "http://rs.test/p", "http://backend/mcp", &nothing, false),
            ("https://rs.test/mcp", "https://www.test/p", "https://www.test/mcp", &nothing, false),
            // Asked from inside, the public name is right.
            ("http://127.0.0.1:8000/mcp", "https://rs.test/p", "https://rs.test/mcp", &nothing, false),
        ] {
            let verdict = judged(public_base, target, prm, resource, twin);
            assert_eq!(matches!(verdict, Verdict::Fail(_)), wrong, "{target} {prm} {resource}: {verdict:?}");
        }
    }

    #[test]
    fn the_other_spelling_is_judged_by_what_comes_there() {
        let header = |name: &str, value: &str| json!([{ "name": name, "value": value }]);
        let answer = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        let json_type = || header("content-type", "application/json");
        for (twin, expected) in [
            (json!({ "status": 404, "headers": [] }), "pass"),
            (json!({ "status": 405, "headers": [] }), "pass"),
            (
                json!({ "status": 200, "headers": header("content-type", "text/html"), "body": { "text": "<html>" } }),
                "pass",
            ),
            (json!({ "status": 302, "headers": header("location", "/login") }), "pass"),
            (
                json!({ "status": 401, "headers": header("www-authenticate", "Bearer resource_metadata=\"https://rs.test/p\"") }),
                "pass",
            ),
            (
                json!({ "status": 401, "headers": header("www-authenticate", "Bearer resource_metadata=\"https://rs.test/q\"") }),
                "info",
            ),
            (json!({ "status": 307, "headers": header("location", "https://rs.test/mcp") }), "info"),
            (json!({ "status": 307, "headers": header("location", "http://rs.test/mcp") }), "warn"),
            (json!({ "status": 308, "headers": header("location", "https://elsewhere.test/mcp") }), "warn"),
            (json!({ "status": 200, "headers": json_type(), "body": { "text": answer } }), "fail"),
        ] {
            let (prm, resource) = ("https://rs.test/p", "https://rs.test/mcp");
            let found = match judged(other_spelling, "https://rs.test/mcp", prm, resource, &twin) {
                Verdict::Pass => "pass",
                Verdict::Fail(_) => "fail",
                Verdict::Warn(_) => "warn",
                Verdict::Info(_) => "info",
                Verdict::Skip(_) => "skip",
            };
            assert_eq!(found, expected, "{twin}");
        }
    }
}
