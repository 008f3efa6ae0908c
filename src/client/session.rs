//! A conversation with an MCP server on either wire: finds out which one it speaks, keeps the token on every request,
//! refreshes, logs in and steps up where that is asked for, reads JSON and event streams, answers what the server asks.
//!
//! MCP 2026-07-28 versioning, streamable HTTP ("Backward Compatibility"), multi round-trip requests; the lifecycle and transport
//! pages of 2025-03-26 to 2025-11-25.

mod reading;
mod streams;

use serde_json::{Map, Value, json};
use url::Url;

use self::reading::{Heard, Verdict, authorized_step, judge, question, told_by, wants_nonce};
use super::browser::Say;
use super::error::ClientError;
use super::keeper::{Access, Keeper};
use super::locate::Demand;
use super::mcp::{self, Said};
use crate::evidence::Exchange;
use crate::formats::rpc::{Id, ResultType};
use crate::formats::uri;
use crate::spec::revision::{Revision, WireStyle};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::store::Scheme;
use crate::wire::{Ask, Wire};

/// How often one request is sent in all: refreshes, logins, step-ups, nonces and moves together.
const SENDS: usize = 12;
/// How often a tool may ask for input.
const ROUNDS: usize = 10;
/// The wire that a server speaks.
#[derive(Clone, Debug)]
enum Era {
    Stateless(String),
    Stateful(mcp::Session),
}

/// A conversation.
pub struct Session<'a> {
    wire: &'a Wire,
    keeper: Keeper<'a>,
    say: &'a Say,
    pinned: Option<Revision>,
    answers: Option<Map<String, Value>>,
    era: Option<Era>,
    last_id: i64,
    nonce: Option<String>,
}

impl<'a> Session<'a> {
    /// A conversation that has not begun. `answers` are for tools that ask for input.
    #[must_use]
    pub const fn new(
        wire: &'a Wire,
        keeper: Keeper<'a>,
        say: &'a Say,
        pinned: Option<Revision>,
        answers: Option<Map<String, Value>>,
    ) -> Self {
        Self { wire, keeper, say, pinned, answers, era: None, last_id: 0, nonce: None }
    }

    /// The credentials in use.
    #[must_use]
    pub const fn keeper(&self) -> &Keeper<'a> {
        &self.keeper
    }

    /// The protocol version agreed on, once it is.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        match self.era.as_ref()? {
            Era::Stateless(version) => Some(version),
            Era::Stateful(session) => Some(&session.version),
        }
    }

    /// Whether the server speaks the stateless wire; false before it is known.
    #[must_use]
    pub const fn is_stateless(&self) -> bool {
        matches!(self.era, Some(Era::Stateless(_)))
    }

    /// Finds out which wire the server speaks, logging in on the way if that is needed.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn open(&mut self) -> Result<(), ClientError> {
        if self.era.is_some() {
            return Ok(());
        }
        let pinned = self.pinned;
        if let Some(revision) = pinned.filter(|revision| revision.wire_style() == WireStyle::Stateful) {
            return self.initialize(revision.as_str()).await;
        }
        let mut version = Revision::R2026_07_28.as_str().to_owned();
        for _ in 0..2 {
            let heard = self.discover(&version).await?;
            match judge(&heard)? {
                Verdict::Stateless(offered) => {
                    let newest = offered.iter().filter_map(|text| text.parse::<Revision>().ok()).max();
                    match newest {
                        Some(revision) if revision.wire_style() == WireStyle::Stateful && pinned.is_none() => {
                            return self.initialize(revision.as_str()).await;
                        }
                        None if !offered.is_empty() => {
                            let detail = format!("it offers {}", offered.join(", "));
                            return Err(ClientError::NoRevision { detail });
                        }
                        _ => {}
                    }
                    self.era = Some(Era::Stateless(version));
                    return Ok(());
                }
                Verdict::Other(offered) => {
                    let newest = offered.iter().filter_map(|text| text.parse::<Revision>().ok()).max();
                    match newest {
                        Some(revision) if revision.wire_style() == WireStyle::Stateful => {
                            return self.initialize(revision.as_str()).await;
                        }
                        Some(revision) => version = revision.as_str().to_owned(),
                        None => {
                            let detail = format!("it offers {}", offered.join(", "));
                            return Err(ClientError::NoRevision { detail });
                        }
                    }
                }
                Verdict::Stateful if pinned.is_some() => {
                    let detail = "it does not answer `server/discover` of 2026-07-28".to_owned();
                    return Err(ClientError::NoRevision { detail });
                }
                Verdict::Stateful => return self.initialize(Revision::LATEST_STATEFUL.as_str()).await,
            }
        }
        Err(ClientError::NoRevision { detail: "it refuses the versions that it offers".to_owned() })
    }

    async fn discover(&mut self, version: &str) -> Result<Heard, ClientError> {
        let said = self.said(version);
        let id = self.new_id();
        let step = self.step(Step::McpDiscover, Step::SessionDiscover);
        let url = self.wire.endpoint();
        let because = "asks what the server speaks";
        let ask = said.request(step, &url, "server/discover", json!({}), &json!(id), because);
        self.send(ask, id, true).await
    }

    async fn initialize(&mut self, version: &str) -> Result<(), ClientError> {
        self.era = None;
        let id = self.new_id();
        let mut heard = self.send(self.initialize_ask(version, id), id, false).await?;
        let result = heard.result("initialize")?;
        let agreed = result.get("protocolVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
        let known = agreed.parse::<Revision>().is_ok_and(|revision| revision.wire_style() == WireStyle::Stateful);
        if !known && agreed != "2024-11-05" {
            return Err(ClientError::NoRevision { detail: format!("it wants `{}`", printable(&agreed)) });
        }
        let id = heard.exchange.reply().and_then(|reply| reply.header("mcp-session-id")).map(str::to_owned);
        let session = mcp::Session { id, version: agreed };
        let step = self.step(Step::McpReady, Step::SessionReady);
        let because = "completes the handshake";
        let ready = mcp::notification(step, &self.wire.endpoint(), "notifications/initialized", because);
        let ready = self.authorize(session.on(ready))?;
        self.wire.send(ready).await;
        self.era = Some(Era::Stateful(session));
        Ok(())
    }

    fn initialize_ask(&self, version: &str, id: i64) -> Ask {
        let params = json!({
            "protocolVersion": version,
            "capabilities": self.capabilities(),
            "clientInfo": { "name": mcp::CLIENT_NAME, "version": env!("CARGO_PKG_VERSION") },
        });
        let step = self.step(Step::McpInitialize, Step::SessionInitialize);
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": "initialize", "params": params });
        mcp::post(step, &self.wire.endpoint(), body.to_string(), "the server speaks the stateful wire")
    }

    /// Makes a request and returns its result, answering what the server asks on the way. `named` are headers that the
    /// stateless wire adds.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn request(
        &mut self,
        method: &'static str,
        params: Value,
        named: Vec<(String, String)>,
    ) -> Result<Value, ClientError> {
        let mut sent = params.clone();
        let mut reopened = false;
        for _ in 0..ROUNDS {
            self.open().await?;
            let id = self.new_id();
            let mut heard = self.send(self.ask(method, sent.clone(), &named, id), id, false).await?;
            let is_stateful = matches!(self.era, Some(Era::Stateful(_)));
            if is_stateful && heard.exchange.status() == Some(404) && !reopened {
                (self.say)("the session has ended: beginning a new one");
                (self.era, reopened) = (None, true);
                continue;
            }
            let result = heard.result(method)?;
            match ResultType::of(&result) {
                ResultType::Complete => return Ok(result),
                ResultType::InputRequired => sent = self.with_input(&params, &result)?,
                ResultType::Unknown(_) | ResultType::Wrong(_) if is_stateful => return Ok(result),
                ResultType::Unknown(_) | ResultType::Wrong(_) => {
                    return Err(ClientError::answer(
                        &heard.exchange,
                        "the result has a `resultType` that nobody knows",
                    ));
                }
            }
        }
        Err(ClientError::NeedsAnswer { what: format!("it has asked {ROUNDS} times") })
    }

    fn ask(&self, method: &'static str, params: Value, named: &[(String, String)], id: i64) -> Ask {
        let url = self.wire.endpoint();
        let (open, step) = match method {
            "tools/call" => (Step::McpCall, Step::SessionCall),
            _ => (Step::McpList, Step::SessionList),
        };
        let step = self.step(open, step);
        let because = if method == "tools/call" { "calls the tool" } else { "what the server offers" };
        let ask = match &self.era {
            Some(Era::Stateful(session)) => {
                let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
                session.on(mcp::post(step, &url, body.to_string(), because))
            }
            Some(Era::Stateless(version)) => {
                let ask = self.said(version).request(step, &url, method, params, &json!(id), because);
                Ask { named: named.to_vec(), ..ask }
            }
            None => self.said(Revision::R2026_07_28.as_str()).request(step, &url, method, params, &json!(id), because),
        };
        ask.for_result()
    }

    /// The parameters again, with what the server asked for (multi round-trip requests). `requestState` goes back as it came.
    fn with_input(&self, params: &Value, result: &Value) -> Result<Value, ClientError> {
        let mut next = params.as_object().cloned().unwrap_or_default();
        let mut responses = Map::new();
        for (key, request) in result.get("inputRequests").and_then(Value::as_object).into_iter().flatten() {
            let method = request.get("method").and_then(Value::as_str).unwrap_or_default();
            let asked = request.get("params").unwrap_or(&Value::Null);
            match self.elicited(method, asked) {
                Some(answer) => responses.insert(key.clone(), answer),
                None => return Err(ClientError::NeedsAnswer { what: question(method, asked) }),
            };
        }
        next.insert("inputResponses".to_owned(), responses.into());
        if let Some(state) = result.get("requestState") {
            next.insert("requestState".to_owned(), state.clone());
        }
        Ok(next.into())
    }

    /// The answer to an elicitation by form; nothing else is ever answered.
    fn elicited(&self, method: &str, asked: &Value) -> Option<Value> {
        let is_form = asked.get("mode").and_then(Value::as_str).is_none_or(|mode| mode == "form");
        let given = self.answers.as_ref().filter(|_| method == "elicitation/create" && is_form)?;
        let properties = asked.pointer("/requestedSchema/properties").and_then(Value::as_object);
        let mut content = Map::new();
        for (name, schema) in properties.into_iter().flatten() {
            if let Some(value) = given.get(name).or_else(|| schema.get("default")) {
                content.insert(name.clone(), value.clone());
            }
        }
        Some(json!({ "action": "accept", "content": content }))
    }

    /// Ends a session that the server keeps; nothing on the stateless wire.
    pub async fn close(&mut self) {
        let Some(Era::Stateful(session)) = self.era.take() else { return };
        if session.id.is_some() {
            let step = self.step(Step::McpEnd, Step::SessionEnd);
            let end = mcp::delete(step, &self.wire.endpoint(), "leaves no session behind");
            if let Ok(ask) = self.authorize(session.on(end)) {
                self.wire.send(ask).await;
            }
        }
    }

    fn capabilities(&self) -> Value {
        if self.answers.is_some() { json!({ "elicitation": {} }) } else { json!({}) }
    }

    fn said(&self, version: &str) -> Said {
        Said { version: version.to_owned(), capabilities: self.capabilities() }
    }

    /// The step, by whether a token goes with it.
    fn step(&self, open: Step, authorized: Step) -> Step {
        if matches!(self.keeper.access(), Ok(Some(_))) { authorized } else { open }
    }

    const fn new_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// The request with the token: only to the MCP endpoint, only in the header.
    fn authorize(&self, ask: Ask) -> Result<Ask, ClientError> {
        let Some(Access { token, scheme, key }) = self.keeper.access()? else { return Ok(ask) };
        let ask = ask.header("authorization", format!("{} {}", scheme.name(), token.expose()));
        Ok(match key.filter(|_| scheme == Scheme::Dpop) {
            Some(key) => {
                let proof = key.proof(ask.method, &ask.url, self.wire.now(), Some(&token), self.nonce.as_deref());
                ask.header("dpop", proof)
            }
            None => ask,
        })
    }

    /// Sends a request until it is answered by something else than a wish for another token.
    async fn send(&mut self, ask: Ask, id: i64, is_discover: bool) -> Result<Heard, ClientError> {
        let mut ask = ask;
        let (mut tried_stateful, mut had_nonce) = (!is_discover, false);
        for _ in 0..SENDS {
            let sent_token = self.keeper.access()?.is_some();
            let authorized = self.authorize(ask.clone())?;
            let heard = self.transmit(authorized, &Id::Number(id)).await;
            if let Some(nonce) = heard.exchange.reply().and_then(|reply| reply.header("dpop-nonce")) {
                self.nonce = Some(nonce.to_owned());
            }
            match heard.exchange.status() {
                Some(401) if !had_nonce && wants_nonce(&heard.exchange) => had_nonce = true,
                Some(401) => {
                    // Some stateful servers refuse what they do not know before they look at the token.
                    if sent_token && !tried_stateful {
                        tried_stateful = true;
                        if self.answers_initialize().await? {
                            return Ok(heard);
                        }
                    }
                    self.keeper.unauthorized(&heard.exchange).await?;
                    (self.nonce, had_nonce) = (None, false);
                    ask.step = authorized_step(ask.step);
                }
                Some(403) => {
                    let demand = Demand::of(&heard.exchange);
                    if demand.error.as_deref() != Some("insufficient_scope") {
                        return Err(ClientError::Forbidden { why: told_by(&heard) });
                    }
                    self.keeper.step_up(&heard.exchange).await?;
                }
                Some(301..=303 | 307 | 308) => ask.url = self.moved(&heard.exchange)?,
                None => return Err(ClientError::answer(&heard.exchange, "")),
                Some(status) => {
                    if sent_token && (200..300).contains(&status) {
                        self.keeper.accepted();
                    }
                    return Ok(heard);
                }
            }
        }
        Err(ClientError::Answer { step: ask.step, url: ask.url, detail: "it never settles".to_owned() })
    }

    /// Whether `initialize` works with the token that `server/discover` was refused with.
    async fn answers_initialize(&mut self) -> Result<bool, ClientError> {
        let id = self.new_id();
        let ask = self.authorize(self.initialize_ask(Revision::LATEST_STATEFUL.as_str(), id))?;
        let heard = self.transmit(ask, &Id::Number(id)).await;
        Ok(heard.exchange.status() == Some(200) && heard.message.is_some_and(|message| message.result().is_some()))
    }

    /// Where a redirect of the endpoint leads, within its origin. The method must be kept.
    fn moved(&self, exchange: &Exchange) -> Result<String, ClientError> {
        let from = Url::parse(&exchange.request.url);
        let location = exchange.reply().and_then(|reply| reply.header("location")).unwrap_or_default();
        let (Ok(from), Some(to)) = (&from, from.as_ref().ok().and_then(|from| uri::resolve(from, location).ok()))
        else {
            return Err(ClientError::answer(exchange, "it redirects to what is no URL"));
        };
        if uri::origin_of(from) != uri::origin_of(&to) {
            return Err(ClientError::Redirected { from: from.to_string(), to: to.to_string() });
        }
        if !matches!(exchange.status(), Some(307 | 308)) {
            return Err(ClientError::answer(exchange, "it redirects in a way that drops the request"));
        }
        (self.say)(&format!("the endpoint redirects to {}", printable(to.as_str())));
        self.wire.move_to(to.as_str());
        Ok(to.to_string())
    }
}
