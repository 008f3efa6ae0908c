//! Protected resource metadata, where it is and in what form: RFC 9728 §3, MCP authorization server discovery.
//!
//! A place that a client asks before it finds the document can stop it; a place behind that is only worth knowing. What
//! is wrong only at a URL that the challenge names beside the well-known ones is `challenge-rm-fetch`.

use super::caching::cached;
use super::ground::{not_all_told, resource};
use crate::evidence::{Document, Evidence, Exchange, Mode, Pointer};
use crate::formats::uri;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Reason, Role, Verdict, finding};

/// The steps at which the document may be found.
pub(super) const DOCUMENTS: &[Step] = &[Step::PathMetadata, Step::RootMetadata, Step::ChallengeMetadata];

/// A page as applications with one page give it for every path.
const PAGE: &str = "<!doctype html><title>App</title><div id=\"root\"></div>";

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "prm-discoverable",
        title: "protected resource metadata is where clients look for it",
        role: Role::ResourceServer,
        level: level![_, Must, Must, Must],
        class: Class::Passive,
        mark: Mark::Biting,
        cites: &[MCP_AS_LOCATION, MCP2_LOCATION, RFC9728_3],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "It tells clients which authorization server to use. Without it they cannot begin a login.",
        fix: "serve at `https://HOST/.well-known/oauth-protected-resource/PATH`: `{\"resource\": \"https://HOST/PATH\", \"authorization_servers\": [\"https://ISSUER\"]}`",
        disputed: "",
        faults: &[
            Fault::new(
                "no-prm",
                &[
                    Deed::At(Reply::ResourceMetadata, &[Edit::Missing]),
                    Deed::At(Reply::LegacyMetadata, &[Edit::Missing]),
                ],
            ),
            Fault::new(
                "prm-appended",
                &[
                    Deed::At(Reply::ResourceMetadata, &[Edit::Missing]),
                    Deed::At(Reply::AppendedResourceMetadata, &[Edit::Present]),
                ],
            ),
        ],
        judge: discoverable,
    },
    Check {
        id: "prm-unauthenticated",
        title: "the resource metadata is given to clients without a token",
        role: Role::ResourceServer,
        level: level![_, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Biting,
        cites: &[RFC9728_3],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Clients read it to find out how to get a token, so they have none yet. Many go on only after a 404 and give \
              up at any other error.",
        fix: "let GET requests of `/.well-known/oauth-protected-resource` and of every path below it pass the gateway, the \
              firewall and the authentication",
        disputed: "",
        faults: &[
            Fault::new("prm-requires-auth", &[Deed::At(Reply::ResourceMetadata, &[Edit::Status(401)])]),
            Fault::new("prm-forbidden", &[Deed::At(Reply::ResourceMetadata, &[Edit::Status(403)])]),
            Fault::new("prm-500", &[Deed::At(Reply::ResourceMetadata, &[Edit::Status(500), Edit::Body("oops")])]),
        ],
        judge: unauthenticated,
    },
    Check {
        id: "prm-status",
        title: "the resource metadata is answered with status 200",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_3_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "RFC 9728 allows no other status of success, and clients that compare with 200 find no metadata.",
        fix: "answer the GET of the metadata with status 200",
        disputed: "",
        faults: &[
            Fault::new("prm-status-203", &[Deed::At(Reply::ResourceMetadata, &[Edit::Status(203)])]),
            Fault::new("prm-status-202", &[Deed::At(Reply::ResourceMetadata, &[Edit::Status(202), Edit::Body("")])]),
        ],
        judge: status,
    },
    Check {
        id: "prm-content-type",
        title: "the resource metadata is `application/json`",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_3_2],
        needs: DOCUMENTS,
        blocked_by: &["prm-discoverable"],
        why: "Clients that look at the type before they read take a document of another type for an error page.",
        fix: "send the metadata with `Content-Type: application/json`",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-text-html-type",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetHeader("content-type", "text/html; charset=utf-8")])],
            ),
            Fault::new(
                "prm-text-plain-type",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetHeader("content-type", "text/plain")])],
            ),
            Fault::new(
                "prm-doubled-content-type",
                &[Deed::At(
                    Reply::ResourceMetadata,
                    &[Edit::SetHeader("content-type", "application/json, application/json")],
                )],
            ),
            Fault::new(
                "prm-no-content-type",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::DropHeader("content-type")])],
            ),
        ],
        judge: content_type,
    },
    Check {
        id: "prm-json",
        title: "the resource metadata is a JSON object",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Biting,
        cites: &[RFC9728_3_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A page that is served for every path, the well-known ones too, is taken for metadata. Clients then stop with \
              a parse error, even at servers that need no login at all.",
        fix: "serve the JSON object there, or answer 404; take `/.well-known/` out of the catch-all route of the web \
              application",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-html-catchall",
                &[Deed::At(
                    Reply::ResourceMetadata,
                    &[Edit::SetHeader("content-type", "text/html; charset=utf-8"), Edit::Body(PAGE)],
                )],
            ),
            Fault::new("prm-array", &[Deed::At(Reply::ResourceMetadata, &[Edit::Body("[]")])]),
            Fault::new("prm-empty-body", &[Deed::At(Reply::ResourceMetadata, &[Edit::Body("")])]),
            Fault::new(
                "prm-duplicate-member",
                &[Deed::At(
                    Reply::ResourceMetadata,
                    &[Edit::Body(
                        "{\"resource\":\"{mcp}\",\"resource\":\"{mcp}\",\"authorization_servers\":[\"{issuer}\"]}",
                    )],
                )],
            ),
        ],
        judge: json_object,
    },
    Check {
        id: "prm-caching",
        title: "the resource metadata says how long it may be kept, and that is at most a day",
        role: Role::ResourceServer,
        level: level![_, RfcShould, RfcShould, RfcShould],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_7_10],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A client that keeps it too long misses a change of the authorization server; one that may not keep it asks \
              again and again.",
        fix: "send the metadata with `Cache-Control: max-age=3600`",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-cache-1y",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetHeader("cache-control", "public, max-age=31536000")])],
            ),
            Fault::new(
                "prm-no-cache-control",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::DropHeader("cache-control")])],
            ),
        ],
        judge: caching,
    },
];

/// A place where a client looks.
struct Candidate<'e> {
    /// What it answered in the end.
    answer: &'e Exchange,
    /// Whether only the challenge names it.
    named_only: bool,
    /// Whether a client comes here before it has found the document.
    on_the_way: bool,
}

/// The places where a client looks, in its order.
fn candidates<'e>(e: &'e Evidence<'_>) -> Vec<Candidate<'e>> {
    let used = e.resource().map(|(_, document)| document.exchange.number);
    let mut found: Vec<Candidate<'e>> = Vec::new();
    let mut on_the_way = true;
    for (step, exchange) in e.resource_candidates() {
        let answer = e.landed(exchange);
        let named_only = step == Step::ChallengeMetadata;
        if let Some(known) = found.iter_mut().find(|known| known.answer.number == answer.number) {
            known.named_only &= named_only;
            continue;
        }
        on_the_way &= used != Some(answer.number);
        found.push(Candidate { answer, named_only, on_the_way });
    }
    found
}

/// The first well-known place on a client's way whose answer is of a kind.
fn stumbling<'e>(e: &'e Evidence<'_>, is_bad: impl Fn(&Exchange) -> bool) -> Option<&'e Exchange> {
    let bad = |c: &Candidate<'_>| c.on_the_way && !c.named_only && is_bad(c.answer);
    candidates(e).into_iter().find(bad).map(|candidate| candidate.answer)
}

/// The document, or what stands in its way. If that is the asking check itself, which found nothing bad at a well-known
/// URL, then the only bad answer came from another URL, which the challenge names.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
fn found<'e>(e: &'e Evidence<'_>, asking: &str) -> Result<Document<'e>, Verdict> {
    resource(e).map_err(|skip| match skip {
        Verdict::Skip(Reason::Blocked(by)) if by == asking => Verdict::blocked("challenge-rm-fetch"),
        other => other,
    })
}

fn status_in(exchange: &Exchange, from: u16, to: u16) -> bool {
    exchange.status().is_some_and(|status| (from..to).contains(&status))
}

/// The status, or that there was none.
pub(super) fn outcome(exchange: &Exchange) -> String {
    exchange.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string())
}

fn discoverable(e: &Evidence<'_>) -> Verdict {
    match resource(e) {
        Ok(_) => Verdict::Pass,
        Err(Verdict::Skip(Reason::Blocked("prm-discoverable"))) => nowhere(e),
        Err(_) if e.mode() == Mode::Legacy => {
            let legacy = need!(e.first(Step::LegacyMetadata), absent "no metadata was asked for");
            let message = "there is no resource metadata, only authorization server metadata at the MCP server's origin: \
                           the layout of 2025-03-26, which newer clients need not know";
            finding(Pointer::exchange(legacy.number), message).info()
        }
        Err(skip) => skip,
    }
}

fn nowhere(e: &Evidence<'_>) -> Verdict {
    let asked = candidates(e);
    if asked.iter().any(|c| c.answer.is_untold()) {
        return not_all_told();
    }
    let first = need!(asked.first(), absent "no resource metadata was asked for");
    let answers: Vec<String> =
        asked.iter().map(|c| format!("{}: {}", printable(&c.answer.request.url), outcome(c.answer))).collect();
    let found = finding(Pointer::exchange(first.answer.number), "no resource metadata is where clients look for it")
        .expected("200 with a JSON object")
        .actual(answers.join(", "));
    let appended = e.first(Step::AppendedMetadata).filter(|x| matches!(e.object(e.landed(x)), Some(Ok(_))));
    match (appended, e.target().map(uri::resource_metadata_urls)) {
        (Some(appended), Some(urls)) => {
            let fix = format!(
                "move the document from `{}`, where no client looks, to `{}`",
                printable(&appended.request.url),
                printable(&urls.path)
            );
            found.fix(fix).fail()
        }
        _ => found.fail(),
    }
}

fn unauthenticated(e: &Evidence<'_>) -> Verdict {
    let refused = |x: &Exchange| status_in(x, 401, 404) || status_in(x, 500, 600) && !x.is_untold();
    let outright = if matches!(e.mode(), Mode::Public | Mode::Legacy) { None } else { stumbling(e, refused) };
    let Some(exchange) = outright else {
        need!(found(e, "prm-unauthenticated"));
        return Verdict::Pass;
    };
    let message = "a client without a token does not get the resource metadata";
    finding(Pointer::exchange(exchange.number), message).expected("200, or 404").actual(outcome(exchange)).fail()
}

fn status(e: &Evidence<'_>) -> Verdict {
    let odd = |x: &Exchange| status_in(x, 201, 300);
    let exchange = match (e.resource(), stumbling(e, odd)) {
        (Some((_, document)), _) if odd(document.exchange) => document.exchange,
        (None, Some(exchange)) if !matches!(e.mode(), Mode::Public | Mode::Legacy) => exchange,
        _ => {
            need!(found(e, "prm-status"));
            return Verdict::Pass;
        }
    };
    finding(Pointer::exchange(exchange.number), "the resource metadata has another status of success than 200")
        .expected("200")
        .actual(outcome(exchange))
        .fail()
}

fn content_type(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let at = Pointer::header(document.exchange.number, "content-type");
    let said = document.exchange.reply().and_then(|reply| reply.header("content-type"));
    let Some(said) = said else {
        return finding(at, "the resource metadata has no `Content-Type`").expected("application/json").fail();
    };
    let media_type = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media_type == "application/json" {
        return Verdict::Pass;
    }
    let found = finding(at, "the resource metadata has another type than `application/json`")
        .expected("application/json")
        .actual(printable(said).to_string());
    // What says JSON or plain text, and is JSON, is read by the clients that read before they look.
    let first = media_type.split(',').next().unwrap_or_default().trim();
    if matches!(first, "application/json" | "text/plain" | "text/json") || first.ends_with("+json") {
        found.warn()
    } else {
        found.fail()
    }
}

fn json_object(e: &Evidence<'_>) -> Verdict {
    let is_other = |x: &Exchange| x.status() == Some(200) && !matches!(e.object(x), Some(Ok(_)));
    let problem = |x: &Exchange| match e.object(x) {
        Some(Err(problem)) => problem.to_string(),
        _ => "no JSON".to_owned(),
    };
    if let Some(exchange) = stumbling(e, is_other) {
        let at = Pointer::exchange(exchange.number);
        let found = finding(at, "where a client looks for resource metadata it is answered something else")
            .expected("a JSON object, or 404")
            .actual(problem(exchange));
        return found.fail();
    }
    need!(found(e, "prm-json"));
    match candidates(e).iter().find(|c| !c.named_only && is_other(c.answer)) {
        Some(other) => {
            let message =
                "another place for resource metadata answers 200 with something else; clients do not get that far";
            finding(Pointer::exchange(other.answer.number), message).actual(problem(other.answer)).info()
        }
        None => Verdict::Pass,
    }
}

fn caching(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    cached(document.exchange, "the resource metadata")
}
