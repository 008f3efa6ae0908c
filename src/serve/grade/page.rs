//! The page at `/` of the MCP origin: the trail of the client that connects, each step with its verdict, as it happens.
//! Plain HTML that reads without a script; a script of ours alone fetches it anew when something came.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{Method, StatusCode};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::record::{Entry, Kind, Recorder, Run, Story};
use super::row::{Finding, Look, Part, Row, Ruled, Ruling, Status, judge};
use super::trap;
use super::witness::Post;
use crate::serve::answer::Answer;
use crate::serve::layout::Side;
use crate::serve::site::Site;
use crate::spec::revision::Revision;
use crate::spec::text::{printable, printable_block};

/// How long changes are gathered before the page is told of them.
const GATHERED: Duration = Duration::from_millis(150);
/// The longest body shown, in characters.
const SHOWN: usize = 4_000;

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#d8d8d8;--dim:#666;--card:#fafafa;--bad:#b3261e;--warn:#8a5300;--good:#1b6e3c;--info:#2a5db0}\
@media(prefers-color-scheme:dark){:root{--line:#3a3a3a;--dim:#a5a5a5;--card:#222;--bad:#ff8a80;--warn:#ffc069;--good:#7bd49b;--info:#8ab4f8}}\
*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:1.2rem 1rem 4rem}\
h1{font-size:1.35rem;margin:0 0 .3rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:0}\
p{margin:.3rem 0}.dim{color:var(--dim)}code,pre{font:.86em/1.45 ui-monospace,monospace;overflow-wrap:anywhere}\
pre{white-space:pre-wrap;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.5rem .7rem;margin:.4rem 0}\
.counts{display:flex;flex-wrap:wrap;gap:.5rem;margin:.8rem 0;padding:0;list-style:none}.counts li{border:1px solid var(--line);border-radius:99px;padding:.1rem .8rem}\
.bad{color:var(--bad)}.warn{color:var(--warn)}.good{color:var(--good)}.info{color:var(--info)}\
article{border:1px solid var(--line);border-left:4px solid var(--bad);border-radius:6px;padding:.6rem .9rem;margin:.6rem 0;background:var(--card)}\
article.bad,article.warn,article.info{color:inherit}article.bad h3{color:var(--bad)}article.warn{border-left-color:var(--warn)}article.info{border-left-color:var(--info)}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem;margin:.4rem 0}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}\
ol.trail{list-style:none;margin:0;padding:0;border-left:2px solid var(--line)}ol.trail>li{padding:.35rem 0 .35rem .9rem;position:relative}\
ol.trail>li::before{content:'';position:absolute;left:-6px;top:.85rem;width:10px;height:10px;border-radius:50%;background:var(--line)}\
ol.trail>li.good::before{background:var(--good)}ol.trail>li.bad::before{background:var(--bad)}ol.trail>li.warn::before{background:var(--warn)}ol.trail>li{color:inherit}\
summary{cursor:pointer}.verdicts{display:flex;flex-wrap:wrap;gap:.2rem .8rem;font-size:.88rem}a{color:inherit}\
@media(max-width:36rem){dl{grid-template-columns:1fr}dt{margin-top:.3rem}}";

/// Fetches the page anew when something came, and keeps open what was open.
const SCRIPT: &str = "const open=()=>[...document.querySelectorAll('details[open]')].map(d=>d.id);\
let busy=false,again=false;async function load(){if(busy){again=true;return}busy=true;try{\
const next=new DOMParser().parseFromString(await(await fetch(location.pathname)).text(),'text/html').querySelector('main');\
for(const id of open()){const d=id&&next.querySelector('#'+CSS.escape(id));if(d)d.open=true}\
document.querySelector('main').replaceWith(next)}catch{}busy=false;if(again){again=false;load()}}\
new EventSource('/live').onmessage=load;";

/// Adds the page, where the deployment grades and the root is not the MCP endpoint itself.
pub(crate) fn routes(router: Router<Arc<Site>>, site: &Site) -> Router<Arc<Site>> {
    if !has_page(site) {
        return router;
    }
    router
        .route("/", any(page))
        .route("/live", any(live))
        .route(OPENED, any(|| async { Answer::empty(StatusCode::NO_CONTENT) }))
}

/// Where the browser that a client is given says what it was asked to open.
pub const OPENED: &str = "/opened-by-the-client";

/// Whether there is the page.
pub(crate) fn has_page(site: &Site) -> bool {
    site.grading.is_some() && site.layout.mcp_path != "/"
}

/// Whether a request is for the page, and no step of the client's.
pub(super) fn is_ours(post: &Post, parts: &Parts) -> bool {
    post.side == Side::Resource && has_page(&post.site) && matches!(parts.uri.path(), "/" | "/live" | "/favicon.ico")
}

async fn page(State(site): State<Arc<Site>>, request: Request) -> Answer {
    let (Some(grading), true) = (&site.grading, matches!(*request.method(), Method::GET | Method::HEAD)) else {
        return Answer::wrong_method("GET, HEAD");
    };
    let story = grading.recorder.story();
    Answer::page(StatusCode::OK, whole(&story)).header("content-security-policy", policy())
}

/// The one script that may run is ours.
fn policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        let hash = STANDARD.encode(digest(&SHA256, SCRIPT.as_bytes()));
        format!(
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    })
}

/// Says when something came.
async fn live(State(site): State<Arc<Site>>) -> Response {
    let Some(grading) = &site.grading else { return StatusCode::NOT_FOUND.into_response() };
    let state = (grading.recorder.clone(), grading.recorder.changes(), false);
    let events = stream::unfold(state, |(recorder, mut changes, ended): (Arc<Recorder>, _, bool)| async move {
        if ended || changes.changed().await.is_err() {
            return None;
        }
        tokio::time::sleep(GATHERED).await;
        changes.mark_unchanged();
        // An open stream must not keep the deployment from ending.
        let ended = recorder.story().runs.last().is_none_or(|run| run.over);
        Some((Ok::<_, std::io::Error>(Bytes::from_static(b"data: more\n\n")), (recorder, changes, ended)))
    });
    let mut response = Response::new(Body::from_stream(events));
    for (name, value) in [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")] {
        response.headers_mut().insert(name, http::HeaderValue::from_static(value));
    }
    response
}

fn whole(story: &Story) -> String {
    let revision = story.revision().unwrap_or(Revision::LATEST);
    let over = story.runs.last().is_some_and(|run| run.over);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "mcp-auth: what your client does" }
                style { (PreEscaped(STYLE)) }
                @if !over { noscript { meta http-equiv="refresh" content="3"; } }
            }
            body {
                main { (content(story, revision)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

fn content(story: &Story, revision: Revision) -> Markup {
    let ruled = judge(story, revision);
    let mcp = story.runs.last().map_or("", |run| run.place.mcp.as_str());
    html! {
        h1 { "What your client does" }
        p {
            @match story.client() {
                Some(name) => { strong { (printable(&name).to_string()) } " · judged by " (revision.as_str()) }
                None => { "Waiting. Connect your client to " code { (mcp) } " and call a tool." }
            }
        }
        @if story.client().is_some() { p.dim { "MCP server " code { (mcp) } } }
        (counts(&ruled))
        (findings(story, &ruled))
        @for (index, run) in story.runs.iter().enumerate().rev() {
            (trail(story, run, index, revision))
        }
        (others(&ruled))
    }
}

/// How a ruling looks: class and word.
fn look(one: &Ruled) -> (&'static str, &'static str) {
    if one.blocked.is_some() {
        return ("dim", "not looked at");
    }
    match one.ruling.status(one.level) {
        Status::Fail => ("bad", "wrong"),
        Status::Warn => ("warn", "should change"),
        Status::Info => ("info", "worth knowing"),
        Status::Pass => ("good", "right"),
        Status::Skip => ("dim", "not seen"),
    }
}

fn counts(ruled: &[Ruled]) -> Markup {
    let words = ["wrong", "should change", "worth knowing", "right"];
    let count = |word: &str| ruled.iter().filter(|one| look(one).1 == word).count();
    let class = |word: &str| ruled.iter().map(look).find(|(_, other)| *other == word).map_or("dim", |(class, _)| class);
    let unseen = ruled.iter().filter(|one| look(one).0 == "dim").count();
    html! {
        ul.counts aria-label="Totals" {
            @for word in words { li { span class=(class(word)) { (count(word)) " " (word) } } }
            li.dim { (unseen) " not seen yet" }
        }
    }
}

fn findings(story: &Story, ruled: &[Ruled]) -> Markup {
    let found: Vec<_> = ruled.iter().filter(|one| matches!(look(one).0, "bad" | "warn" | "info")).collect();
    html! {
        @if !found.is_empty() { h2 { "Findings" } }
        @for class in ["bad", "warn", "info"] {
            @for one in found.iter().filter(|one| look(one).0 == class) {
                @if let Ruling::Broken(finding) | Ruling::Doubtful(finding) | Ruling::Noted(finding) = &one.ruling {
                    (article(story, one.row, one.level.as_str(), class, finding))
                }
            }
        }
    }
}

fn article(story: &Story, row: &Row, level: &str, class: &str, finding: &Finding) -> Markup {
    let run = story.runs.iter().find(|run| run.entries.iter().any(|entry| entry.number == finding.entry));
    html! {
        article class=(class) id=(row.id) {
            h3 { (sentence(&finding.message)) }
            p.dim { code { (row.id) } " · " (level) @for cite in row.cites { " · " (cite.short()) } }
            dl {
                dt { "at" } dd {
                    a href={ "#x" (finding.entry) } { "step " (finding.entry) }
                    @match finding.part {
                        Part::Whole => {}
                        Part::Header(name) => { ", header " code { (name) } }
                        Part::Parameter(name) => { ", parameter " code { (name) } }
                        Part::Member(name) => { ", member " code { (name) } }
                    }
                    @if let Some(run) = run.filter(|run| !run.traps.is_empty()) { " (trap " (run.traps.join(", ")) ")" }
                }
                @if let Some(text) = &finding.expected { dt { "expected" } dd { (printable(text).to_string()) } }
                @if let Some(text) = &finding.actual { dt { "came" } dd { (printable(text).to_string()) } }
                dt { "change" } dd { (sentence(row.fix)) }
                dt { "why" } dd { (row.why) }
            }
        }
    }
}

fn sentence(clause: &str) -> String {
    let clause = printable(clause).cut(1_000).to_string();
    let mut letters = clause.chars();
    match letters.next() {
        // A name in code keeps its spelling.
        Some(first) => format!("{}{}", first.to_uppercase(), letters.as_str()),
        None => clause,
    }
}

fn trail(story: &Story, run: &Run, index: usize, revision: Revision) -> Markup {
    let title = match run.traps.as_slice() {
        [] => "The trail".to_owned(),
        traps => format!("The trail with trap {}", traps.join(", ")),
    };
    html! {
        h2 { (title) }
        @for name in &run.traps {
            @if let Some(trap) = trap::find(name) { p.dim { "The server " (trap.about) "." } }
        }
        @if run.entries.is_empty() { p.dim { "Nothing came yet." } }
        ol.trail {
            @for entry in &run.entries { (step(entry, &said(story, run, entry, revision))) }
        }
        @if let Some(ending) = &run.ending {
            p.dim {
                @match (ending.stopped, ending.code) {
                    (true, _) => { "The client was stopped: it took too long." }
                    (_, Some(code)) => { "The client ended with exit code " (code) "." }
                    _ => { "The client ended." }
                }
            }
        }
        @if run.over && index + 1 == story.runs.len() { p.dim { "This run is over." } }
    }
}

/// What is said of one entry in its own run: class, word and row.
fn said(
    story: &Story,
    run: &Run,
    entry: &Entry,
    revision: Revision,
) -> Vec<(&'static str, &'static str, &'static Row)> {
    let mut all = Vec::new();
    for row in super::rows::all().filter(|row| row.shows_in(run)) {
        let Some(level) = row.level_at(revision) else { continue };
        let ruling = (row.judge)(&Look { run, story });
        let here = match &ruling {
            Ruling::Met(place) => *place,
            Ruling::Broken(finding) | Ruling::Doubtful(finding) | Ruling::Noted(finding) => Some(finding.entry),
            Ruling::Unseen(_) => None,
        };
        if here == Some(entry.number) {
            let (class, sign) = match ruling.status(level) {
                Status::Fail => ("bad", "✗"),
                Status::Warn => ("warn", "!"),
                Status::Info => ("info", "i"),
                _ => ("good", "✓"),
            };
            all.push((class, sign, row));
        }
    }
    all
}

fn step(entry: &Entry, said: &[(&'static str, &'static str, &'static Row)]) -> Markup {
    let class = ["bad", "warn", "info", "good"].into_iter().find(|class| said.iter().any(|(other, ..)| other == class));
    let path = entry.url.split_once("://").map_or(entry.url.as_str(), |(_, rest)| rest);
    html! {
        li id={ "x" (entry.number) } class=[class] {
            details id={ "d" (entry.number) } {
                summary { strong { (entry.number) ". " (title(entry)) } " → " (entry.status) span.dim { " " (seconds(entry.at)) } }
                p { code { (entry.method) " " (printable(path).cut(2_000).to_string()) } }
                (message("Request", &entry.headers, &entry.body))
                (message("Answer", &entry.answer_headers, &entry.answer_body))
            }
            @if !said.is_empty() {
                div.verdicts {
                    @for (class, sign, row) in said { span class=(class) title=(row.id) { (sign) " " (row.title) } }
                }
            }
        }
    }
}

fn message(title: &str, headers: &[(String, String)], body: &str) -> Markup {
    html! {
        p.dim { (title) }
        pre {
            @for (name, value) in headers { (name) ": " (printable(value).cut(SHOWN).to_string()) "\n" }
            @if !body.is_empty() { "\n" (printable_block(body).cut(SHOWN).to_string()) }
        }
    }
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03} s", milliseconds / 1000, milliseconds % 1000)
}

/// What a step was, for people.
pub(super) fn title(entry: &Entry) -> String {
    let grant = entry.form.get("grant_type").unwrap_or_default();
    let text = match entry.kind {
        Kind::Mcp => {
            let method = match (entry.method.as_str(), entry.method_called()) {
                ("POST", "") => "message",
                ("POST", method) => method,
                ("GET", _) => "GET of the stream",
                ("DELETE", _) => "end of the session",
                (other, _) => other,
            };
            let token = if entry.credential.is_some() { "" } else { ", no token" };
            let tool =
                super::story::text(&entry.message, "/params/name").map(|name| format!(" {name}")).unwrap_or_default();
            return printable(&format!("{method}{tool}{token}")).to_string();
        }
        Kind::ResourceMetadata => "protected resource metadata",
        Kind::ServerMetadata => "authorization server metadata",
        Kind::Jwks => "key set",
        Kind::Register => "registration",
        Kind::Authorize => "authorization request",
        Kind::Consent => "the user's answer",
        Kind::Push => "pushed authorization request",
        Kind::Token if grant == "authorization_code" => "token request, code",
        Kind::Token if grant == "refresh_token" => "token request, refresh",
        Kind::Token => "token request",
        Kind::Manage => "authorization server endpoint",
        Kind::Document => "the client's metadata document",
        Kind::Opened => "URL handed to a browser",
        Kind::Other => "something else",
    };
    text.to_owned()
}

fn others(ruled: &[Ruled]) -> Markup {
    let unseen: Vec<_> = ruled.iter().filter(|one| look(one).0 == "dim").collect();
    let right: Vec<_> = ruled.iter().filter(|one| look(one).0 == "good").collect();
    html! {
        h2 { "Requirements" }
        details id="right" {
            summary { (right.len()) " met" }
            ul { @for one in &right { li.good { (one.row.title) " " code.dim { (one.row.id) } } } }
        }
        details id="unseen" {
            summary { (unseen.len()) " not seen" }
            ul {
                @for one in &unseen {
                    li {
                        (one.row.title) " " code.dim { (one.row.id) }
                        @match (&one.ruling, one.needs, one.blocked) {
                            (_, Some(trap), _) => { span.dim { ": needs trap " (trap) } }
                            (_, _, Some(id)) => { span.dim { ": stands behind " (id) } }
                            (Ruling::Unseen(why), ..) => { span.dim { ": " (why) } }
                            _ => {}
                        }
                    }
                }
            }
        }
    }
}
