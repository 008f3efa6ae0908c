//! The trail without a login: 401 → resource metadata → authorization server metadata → keys.
//!
//! MCP 2026-07-28 authorization ("Authorization Server Discovery"), RFC 9728 §3, RFC 8414 §3, OpenID Connect Discovery §4.
//! What a client would not ask for is asked too, to tell "served at X, clients ask at Y". Requests that do not depend
//! on each other run together: a probe takes as long as its longest chain.

use futures_util::future::{join, join_all, join3};
use serde_json::json;
use url::Url;

use super::mcp;
use super::trials::{Wanted, random_id, resource as trials};
use crate::evidence::{Document, Evidence, Exchange, answer};
use crate::formats::uri;
use crate::spec::reach::{Reach, Reached};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::wire::{Ask, Wire, limits};

/// What the user asked for beyond the target.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How far to go.
    pub reach: Reached,
    /// Which steps are wanted, of those that are allowed. The documents are always read.
    pub wanted: Wanted,
    /// A tool to call without a token, for servers that refuse only there.
    pub challenge_tool: Option<String>,
}

/// The web origin we claim to be when we ask as a browser client does. It resolves nowhere.
pub const BROWSER_ORIGIN: &str = "https://browser-client.invalid";

/// What programs call themselves: hosted clients, libraries that clients are made with, a person's tools.
const USER_AGENTS: &[&str] = &[
    "Claude-User",
    "openai-mcp/1.0.0",
    "python-httpx/0.28.1",
    "node",
    "curl/8.15.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
];

/// The headers a browser client of either wire wants to send.
const PREFLIGHT_HEADERS: &str =
    "authorization,content-type,mcp-protocol-version,mcp-method,mcp-name,mcp-session-id,last-event-id";

/// Walks the trail.
pub async fn walk(wire: &Wire, options: &Options) {
    // Many requests at a time make a large future.
    Box::pin(walk_all(wire, options)).await;
}

async fn walk_all(wire: &Wire, options: &Options) {
    let url = wire.endpoint();
    if !options.reach.has(Reach::Default) {
        join(resource_documents(wire), surroundings(wire, &url)).await;
        named_resource_document(wire).await;
        let chain = async {
            authorization_servers(wire).await;
            keys(wire).await;
        };
        join(chain, browser_document(wire)).await;
        return;
    }
    let requests = join(anonymous(wire, &url, options), other_methods(wire, &url));
    join3(requests, resource_documents(wire), surroundings(wire, &url)).await;
    named_resource_document(wire).await;
    let chain = async {
        authorization_servers(wire).await;
        keys(wire).await;
        if options.wanted.has(Step::BadToken) {
            trials::with_keys(wire).await;
        }
    };
    let bad_tokens = async {
        if options.wanted.has(Step::BadToken) {
            trials::without_keys(wire).await;
        }
    };
    let further = join3(again(wire, options), browser_document(wire), trials::elsewhere(wire));
    join3(chain, bad_tokens, further).await;
    legacy_defaults(wire).await;
}

/// The requests that ought to be refused: `server/discover`, `tools/list`, and where neither is a 401 nor the answer of
/// a modern server, `initialize` and what follows it.
async fn anonymous(wire: &Wire, url: &str, options: &Options) {
    let first = "the first request of a 2026-07-28 client";
    let discover = mcp::stateless(Step::McpDiscover, url, "server/discover", json!({}), first);
    let second = "listing may be protected where discovery is not";
    let list = mcp::stateless(Step::McpList, url, "tools/list", json!({}), second);
    let (discovered, listed) = join(follow(wire, discover), follow(wire, list)).await;
    if discovered.follows.is_some() {
        wire.move_to(&discovered.request.url);
    }
    let url = &wire.endpoint();
    let settled = [&discovered, &listed].iter().any(|x| x.status() == Some(401) || answer::is_modern(x));
    let tool = options.challenge_tool.as_deref();
    let called = discovered.status().is_some() && !settled && stateful(wire, url, tool).await;
    if let Some(tool) = tool.filter(|_| !called) {
        let params = json!({ "name": tool, "arguments": {} });
        wire.send(mcp::stateless(Step::McpCall, url, "tools/call", params, NAMED_TOOL)).await;
    }
}

/// The refused request again, later than everything else that was asked without a token: twice the same, since several
/// instances may answer in turn, and once as a browser client asks.
async fn again(wire: &Wire, options: &Options) {
    let trail = wire.trail();
    let Some(refused) = trials::refused(wire, &Evidence::new(&trail, Revision::LATEST)) else { return };
    let named = refused.clone();
    let because = "the challenge ought to be the same every time".to_owned();
    let repeat = Ask { step: Step::ChallengeRepeat, because, ..refused.clone() };
    let because = "a browser client must be able to read the challenge".to_owned();
    let browser = Ask { step: Step::McpFromBrowser, because, ..refused }.header("origin", BROWSER_ORIGIN);
    let agents = if options.reach.has(Reach::UserAgents) { USER_AGENTS } else { &[] };
    let because = "a firewall may refuse the names of programs";
    let agents = agents.iter().map(|agent| {
        let ask = Ask { step: Step::McpUserAgent, because: because.to_owned(), ..named.clone() };
        wire.send(ask.header("user-agent", *agent).about(*agent))
    });
    join(join3(wire.send(repeat.clone()), wire.send(repeat), wire.send(browser)), join_all(agents)).await;
}

/// Why a tool is called.
const NAMED_TOOL: &str = "the user named this tool";

/// The stateful wire, as far as it is open: `initialize`, `tools/list`, the named tool, and the end of the session.
/// Whether the tool was called.
async fn stateful(wire: &Wire, url: &str, tool: Option<&str>) -> bool {
    let because = "no 401 and no modern answer: the server may speak only the stateful wire";
    let opened = wire.send(mcp::initialize(url, because)).await;
    let Some(reply) = opened.reply() else { return false };
    let Some(version) = answer::versions(&opened).into_iter().next() else { return false };
    let session = mcp::Session { id: reply.header("mcp-session-id").map(str::to_owned), version };
    let ready = mcp::notification(Step::McpReady, url, "notifications/initialized", "completes the handshake");
    wire.send(session.on(ready)).await;
    let because = "listing may be protected where the handshake is not";
    wire.send(mcp::stateful(Step::McpSessionList, url, Some(&session), "tools/list", &json!({}), because)).await;
    if let Some(tool) = tool {
        let params = json!({ "name": tool, "arguments": {} });
        wire.send(mcp::stateful(Step::McpCall, url, Some(&session), "tools/call", &params, NAMED_TOOL)).await;
    }
    if session.id.is_some() {
        wire.send(session.on(mcp::delete(Step::McpEnd, url, "leaves no session behind"))).await;
    }
    tool.is_some()
}

/// Every HTTP request must be authorized, not only the first: the other methods and shapes.
async fn other_methods(wire: &Wire, url: &str) {
    let stream = Ask {
        headers: vec![("accept", "text/event-stream".to_owned())],
        ..Ask::get(Step::McpGetStream, url, "a stream must not open without a token")
    };
    let delete = mcp::delete(Step::McpDelete, url, "ending a session needs a token too");
    let delete = delete.header("mcp-session-id", random_id());
    let because = "a notification needs a token too";
    let notification = mcp::notification(Step::McpNotification, url, "notifications/initialized", because);
    let because = "the token ought to be looked at before the body";
    let malformed = mcp::post(Step::McpMalformed, url, "{\"jsonrpc\":".to_owned(), because);
    let twin = async {
        if let Some(other) = other_spelling(wire.target()) {
            let because = "users and clients write the URL with and without a slash at its end";
            wire.send(mcp::stateless(Step::McpTwin, &other, "server/discover", json!({}), because)).await;
        }
    };
    join(join_all([stream, delete, notification, malformed].map(|ask| follow(wire, ask))), twin).await;
}

/// The URL with a slash more, or less, at the end of its path; the root has one spelling.
fn other_spelling(target: &Url) -> Option<String> {
    let mut other = target.clone();
    match target.path() {
        "" | "/" => return None,
        path => other.set_path(&path.strip_suffix('/').map_or_else(|| format!("{path}/"), str::to_owned)),
    }
    Some(other.to_string())
}

/// The resource metadata at the places that RFC 9728 and MCP name.
async fn resource_documents(wire: &Wire) {
    let urls = uri::resource_metadata_urls(wire.target());
    let mut asks = vec![Ask::get(Step::PathMetadata, urls.path.clone(), "where a client without a hint looks first")];
    if urls.root != urls.path {
        asks.push(Ask::get(Step::RootMetadata, urls.root, "where a client without a hint looks next"));
    }
    join_all(asks.into_iter().map(|ask| follow(wire, ask))).await;
}

/// What needs no answer of anybody: the 2025-03-26 place, CORS, TLS, the plain twin.
async fn surroundings(wire: &Wire, url: &str) {
    let target = wire.target();
    let legacy = format!("{}/.well-known/oauth-authorization-server", uri::origin_of(target));
    let legacy = follow(wire, Ask::get(Step::LegacyMetadata, legacy, "where a 2025-03-26 client looks"));
    let because = "a browser client asks before it posts";
    let preflight = wire.send(preflight(Step::McpPreflight, url, because, PREFLIGHT_HEADERS));
    join3(legacy, preflight, transport_security(wire, target, target)).await;
}

/// The resource metadata in use once more, as a browser client asks for it.
async fn browser_document(wire: &Wire) {
    let trail = wire.trail();
    let evidence = Evidence::new(&trail, Revision::LATEST);
    if let Some((_, document)) = evidence.resource() {
        let browser = Ask::get(Step::CorsResourceMetadata, &document.exchange.request.url, "as a browser client asks");
        wire.send(browser.header("origin", BROWSER_ORIGIN)).await;
    }
}

fn preflight(step: Step, url: &str, because: &str, headers: &str) -> Ask {
    Ask { method: "OPTIONS", headers: Vec::new(), ..Ask::get(step, url, because) }
        .header("origin", BROWSER_ORIGIN)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", headers)
}

/// For an https origin: old TLS versions, and a page of it over plain http.
async fn transport_security(wire: &Wire, url: &Url, page: &Url) {
    if url.scheme() != "https" {
        return;
    }
    let plain = Ask::get(Step::PlainTwin, plain_twin(page), "nothing may be served in clear beside https");
    let plain = wire.send(plain.about(uri::origin_of(url).to_string()));
    join(wire.old_tls_hello(url, "versions before 1.2 must be refused"), plain).await;
}

/// The plain-http neighbour of an https URL: port 80, or the same port where https has one of its own.
fn plain_twin(url: &Url) -> String {
    let mut twin = url.clone();
    let port = url.port();
    let changed = twin.set_scheme("http").and_then(|()| twin.set_port(port));
    if changed.is_ok() { twin.to_string() } else { url.to_string() }
}

/// The document the challenge names, unless it was fetched already; and, if nothing is found at any place clients
/// ask at, the place where people put it by mistake.
async fn named_resource_document(wire: &Wire) {
    let trail = wire.trail();
    let evidence = Evidence::new(&trail, Revision::LATEST);
    if let Some(named) = evidence.named_metadata_url().filter(|named| evidence.fetched(named).is_none()) {
        follow(wire, Ask::get(Step::ChallengeMetadata, named, "the challenge names it in `resource_metadata`")).await;
    }
    let trail = wire.trail();
    let has_path = !matches!(wire.target().path(), "" | "/");
    if has_path && Evidence::new(&trail, Revision::LATEST).resource().is_none() {
        let appended = uri::resource_metadata_urls(wire.target()).appended;
        let because = "nothing where clients look; some append the suffix instead";
        follow(wire, Ask::get(Step::AppendedMetadata, appended, because)).await;
    }
}

/// The metadata of every issuer, at every place (RFC 8414 §3.1, OpenID Connect Discovery §4).
async fn authorization_servers(wire: &Wire) {
    let trail = wire.trail();
    let evidence = Evidence::new(&trail, Revision::LATEST);
    if evidence.resource().is_some() {
        let issuers = evidence.issuers();
        join_all(issuers.iter().take(limits::AUTHORIZATION_SERVERS).map(|issuer| issuer_documents(wire, issuer))).await;
    }
}

async fn issuer_documents(wire: &Wire, issuer: &str) {
    let Ok(urls) = uri::issuer_metadata_urls(issuer) else { return };
    let because = "the first place a client looks for the issuer's metadata";
    let mut asks = vec![Ask::get(Step::OauthMetadata, urls.oauth, because)];
    if let Some(url) = urls.oidc_inserted {
        asks.push(Ask::get(Step::OidcInserted, url, "the second place, OpenID Connect with the path inserted"));
    }
    asks.push(Ask::get(Step::OidcAppended, urls.oidc_appended, "the last place, OpenID Connect Discovery"));
    join_all(asks.into_iter().map(|ask| follow(wire, ask.about(issuer)))).await;
    let trail = wire.trail();
    if Evidence::new(&trail, Revision::LATEST).issuer(issuer).document.is_none() {
        let because = "nothing where clients look; some serve it here";
        let wrong = [(Step::OauthAppended, urls.oauth_appended), (Step::OauthRoot, urls.oauth_root)];
        let asks = wrong.into_iter().filter_map(|(step, url)| Some(Ask::get(step, url?, because).about(issuer)));
        join_all(asks.map(|ask| follow(wire, ask))).await;
    }
}

/// The keys, and what a browser client would ask of the authorization server.
async fn keys(wire: &Wire) {
    let trail = wire.trail();
    let newest = Evidence::new(&trail, Revision::LATEST);
    // Where resource metadata is broken, a client of the oldest revision still goes by the origin.
    let old = newest.authorization_server().is_none();
    let evidence = if old { Evidence::new(&trail, Revision::R2025_03_26) } else { newest };
    let mut asks = Vec::new();
    let mut elsewhere = None;
    if let Some(server) = evidence.authorization_server() {
        if let Some(document) = &server.document {
            let openid = evidence.openid_document(&server.issuer);
            asks.extend(server_asks(&server.issuer, document, openid.as_ref()));
        }
        let page = server.document.map_or(server.issuer.as_str(), |document| document.exchange.request.url.as_str());
        let origin = Url::parse(&server.issuer).ok();
        let origin = origin.filter(|url| uri::origin_of(url) != uri::origin_of(wire.target()));
        elsewhere = origin.zip(Url::parse(page).ok());
    }
    if let Some(url) = evidence.resource().and_then(|(_, document)| document.text("jwks_uri")) {
        asks.push(key_ask(Step::ResourceJwks, url, "the resource metadata names it in `jwks_uri`"));
    }
    let security = async {
        if let Some((url, page)) = &elsewhere {
            transport_security(wire, url, page).await;
        }
    };
    join(join_all(asks.into_iter().map(|ask| wire.send(ask))), security).await;
}

fn server_asks(issuer: &str, document: &Document<'_>, openid: Option<&Document<'_>>) -> Vec<Ask> {
    let mut asks = Vec::new();
    if let Some(url) = document.text("jwks_uri").or_else(|| openid?.text("jwks_uri")) {
        asks.push(key_ask(Step::Jwks, url, "the metadata names it in `jwks_uri`"));
    }
    let place = document.exchange.request.url.clone();
    let browser = Ask::get(Step::CorsServerMetadata, place, "as a browser client asks");
    asks.push(browser.header("origin", BROWSER_ORIGIN));
    let because = "a browser client asks before it posts";
    let endpoints = [(Step::TokenPreflight, "token_endpoint"), (Step::RegistrationPreflight, "registration_endpoint")];
    for (step, name) in endpoints {
        asks.extend(document.text(name).map(|url| preflight(step, url, because, "content-type")));
    }
    asks.into_iter().map(|ask| ask.about(issuer)).collect()
}

fn key_ask(step: Step, url: &str, because: &str) -> Ask {
    let ask = Ask::get(step, url, because);
    Ask { headers: vec![("accept", "application/jwk-set+json, application/json".to_owned())], ..ask }
}

/// The default endpoints of 2025-03-26, only where no metadata of any kind exists.
async fn legacy_defaults(wire: &Wire) {
    let trail = wire.trail();
    let evidence = Evidence::new(&trail, Revision::LATEST);
    if evidence.challenged().is_none() || evidence.resource().is_some() || evidence.legacy_origin().is_some() {
        return;
    }
    let origin = uri::origin_of(wire.target());
    let because = "no metadata anywhere: a 2025-03-26 client falls back to the default endpoints";
    let authorize = Ask::get(Step::LegacyAuthorize, format!("{origin}/authorize"), because);
    let token = Ask {
        headers: vec![
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("accept", "application/json".to_owned()),
        ],
        ..mcp::post(Step::LegacyToken, &format!("{origin}/token"), String::new(), because)
    };
    let register = Ask::get(Step::LegacyRegister, format!("{origin}/register"), because);
    let register = Ask { method: "OPTIONS", ..register };
    join_all([authorize, token, register].map(|ask| wire.send(ask))).await;
}

/// A request without credentials that follows redirects, each hop an exchange of its own, within one origin and never
/// from https to http. Other methods than GET follow only where the method is kept (RFC 9110 §15.4.8, §15.4.9).
pub(super) async fn follow(wire: &Wire, ask: Ask) -> Exchange {
    let mut last = wire.send(ask.clone()).await;
    for _ in 0..limits::REDIRECTS {
        let Some(url) = redirect_within_origin(&last) else { break };
        let because = "follows the redirect within its origin".to_owned();
        last = wire.send(Ask { url, because, follows: Some(last.number), ..ask.clone() }).await;
    }
    last
}

fn redirect_within_origin(exchange: &Exchange) -> Option<String> {
    let keeps_method = |status: u16| matches!(status, 307 | 308);
    let drops_method = |status: u16| matches!(status, 301..=303) && exchange.request.method == "GET";
    let reply = exchange.reply().filter(|reply| keeps_method(reply.status) || drops_method(reply.status))?;
    let from = Url::parse(&exchange.request.url).ok()?;
    let to = uri::resolve(&from, reply.header("location")?).ok()?;
    (uri::origin_of(&from) == uri::origin_of(&to)).then(|| to.to_string())
}

#[cfg(test)]
mod tests;
