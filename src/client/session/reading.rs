//! What answers mean: results and errors, the wire that a server speaks (MCP 2026-07-28 versioning and streamable HTTP,
//! "Backward Compatibility"), whether a nonce is wanted (RFC 9449 §9).

use serde_json::Value;

use crate::client::error::ClientError;
use crate::client::locate::Demand;
use crate::evidence::{Exchange, answer};
use crate::formats::challenge;
use crate::formats::rpc::{self, Body, Code, Message};
use crate::spec::step::Step;

/// An answer: the exchange and, if there was one, the JSON-RPC response in it.
pub(super) struct Heard {
    pub(super) exchange: Exchange,
    pub(super) message: Option<Message>,
}

/// What an answer to `server/discover` says about the wire.
pub(super) enum Verdict {
    /// It speaks the stateless wire, with these versions (none said: the one asked for).
    Stateless(Vec<String>),
    /// It knows the stateless wire and wants one of these versions.
    Other(Vec<String>),
    /// It speaks the stateful wire.
    Stateful,
}

pub(super) fn judge(heard: &Heard) -> Result<Verdict, ClientError> {
    let status = heard.exchange.status().unwrap_or_default();
    if status == 429 || status >= 500 {
        return Err(ClientError::answer(&heard.exchange, format!("status {status}")));
    }
    let Some(message) = &heard.message else { return Ok(Verdict::Stateful) };
    if let Some(result) = message.result() {
        let modern = result.get("supportedVersions").is_some() || result.get("resultType").is_some();
        return Ok(if modern { Verdict::Stateless(answer::versions(&heard.exchange)) } else { Verdict::Stateful });
    }
    let Some(error) = message.error() else { return Ok(Verdict::Stateful) };
    match error.code {
        Some(Code::UNSUPPORTED_VERSION) => {
            let supported = error.data.as_ref().and_then(|data| data.get("supported")).and_then(Value::as_array);
            let versions = supported.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            Ok(Verdict::Other(versions))
        }
        // The server knows the stateless wire, and something of ours did not reach it whole.
        Some(code) if code.is_modern() => Err(rpc_error("server/discover", error)),
        _ => Ok(Verdict::Stateful),
    }
}

impl Heard {
    /// The result, which may be long and is there once.
    pub(super) fn result(&mut self, method: &str) -> Result<Value, ClientError> {
        let status = self.exchange.status().unwrap_or_default();
        match self.message.as_mut().map(|message| &mut message.body) {
            Some(Body::Result(result)) if (200..300).contains(&status) => Ok(result.take()),
            Some(Body::Error(error)) => Err(rpc_error(method, error)),
            _ if (200..300).contains(&status) => {
                Err(ClientError::answer(&self.exchange, "it ends without an answer to the request"))
            }
            _ => Err(ClientError::answer(&self.exchange, format!("status {status}"))),
        }
    }
}

fn rpc_error(method: &str, error: &rpc::RpcError) -> ClientError {
    ClientError::Rpc {
        method: method.to_owned(),
        code: error.code.map(|code| code.to_string()),
        message: error.message.clone().unwrap_or_default(),
    }
}

pub(super) fn question(method: &str, asked: &Value) -> String {
    let text = asked.get("message").and_then(Value::as_str);
    let url = asked.get("url").and_then(Value::as_str).map(|url| format!(" (at {url}, which is not opened)"));
    format!("{}{}", text.unwrap_or(method), url.unwrap_or_default())
}

/// RFC 9449 §9: a nonce is wanted, not another token.
pub(super) fn wants_nonce(exchange: &Exchange) -> bool {
    let Some(reply) = exchange.reply() else { return false };
    let read = challenge::read(reply.header_values("www-authenticate"));
    reply.header("dpop-nonce").is_some() && read.dpop().is_some_and(|c| c.param("error") == Some("use_dpop_nonce"))
}

pub(super) fn told_by(heard: &Heard) -> String {
    let demand = Demand::of(&heard.exchange);
    let error = heard.message.as_ref().and_then(Message::error).and_then(|error| error.message.clone());
    error.unwrap_or_else(|| demand.told(403))
}

/// A request that is repeated with a token is another step.
pub(super) const fn authorized_step(step: Step) -> Step {
    match step {
        Step::McpDiscover => Step::SessionDiscover,
        Step::McpInitialize => Step::SessionInitialize,
        Step::McpList => Step::SessionList,
        Step::McpCall => Step::SessionCall,
        other => other,
    }
}

#[cfg(test)]
mod tests;
