//! The protected resource metadata that counts: RFC 9728 §3.3, MCP authorization server discovery.

use serde_json::{Map, Value};

use super::Demand;
use crate::client::discover;
use crate::client::error::ClientError;
use crate::evidence::Exchange;
use crate::formats::json;
use crate::formats::uri::{self, Likeness};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::wire::{Ask, Wire};

/// A metadata document and how it was found.
pub(super) struct Found {
    pub(super) exchange: Exchange,
    pub(super) object: Map<String, Value>,
    pub(super) by_root: bool,
}

pub(super) async fn resource_metadata(wire: &Wire, demand: &Demand) -> Result<Option<Found>, ClientError> {
    if let Some(named) = &demand.metadata {
        let what = "`resource_metadata` of the challenge";
        uri::gate(named).map_err(|problem| ClientError::WrongUrl { what, problem })?;
        let ask = Ask::get(Step::ChallengeMetadata, named.clone(), "the challenge names it in `resource_metadata`");
        let exchange = discover::follow(wire, ask).await;
        if exchange.failure().is_some() {
            return Err(ClientError::answer(&exchange, ""));
        }
        let by_root = *named == uri::resource_metadata_urls(wire.target()).root;
        return match object(&exchange) {
            Ok(object) => Ok(Some(Found { exchange, object, by_root })),
            Err(found) => Err(ClientError::NamedMetadata { url: named.clone(), found }),
        };
    }
    let urls = uri::resource_metadata_urls(wire.target());
    let mut asks = vec![(Ask::get(Step::PathMetadata, urls.path.clone(), "no hint: the path place first"), false)];
    if urls.root != urls.path {
        asks.push((Ask::get(Step::RootMetadata, urls.root, "no hint: the root place next"), true));
    }
    for (ask, by_root) in asks {
        let exchange = discover::follow(wire, ask).await;
        if exchange.failure().is_some() {
            return Err(ClientError::answer(&exchange, ""));
        }
        if let Ok(object) = object(&exchange) {
            return Ok(Some(Found { exchange, object, by_root }));
        }
    }
    Ok(None)
}

/// The JSON object of a successful answer, or what was there instead.
pub(in crate::client) fn object(exchange: &Exchange) -> Result<Map<String, Value>, String> {
    let Some(reply) = exchange.reply() else { return Err("no answer".to_owned()) };
    if !(200..300).contains(&reply.status) {
        return Err(format!("status {}", reply.status));
    }
    reply.object().map_err(|problem| problem.to_string())
}

/// `resource` must be the server (RFC 9728 §3.3); MCP's root document may name the origin. A parent path on the same
/// origin is taken as other clients take it, aloud.
pub(super) fn check_resource(wire: &Wire, found: &Found) -> Result<(String, Option<String>), ClientError> {
    let at = || found.exchange.request.url.clone();
    let Some(resource) = json::str_field(&found.object, "resource").present() else {
        return Err(ClientError::WrongMetadata { at: at(), detail: "`resource` is absent or no string" });
    };
    let given = wire.given();
    let mut nearest = None;
    for server in [given.clone(), wire.endpoint()] {
        let canonical = uri::canonical(&server).unwrap_or_else(|_| server.clone());
        let likeness = uri::compare(&server, resource);
        if likeness == Likeness::Exact || resource == canonical {
            return Ok((resource.to_owned(), None));
        }
        let tolerable = matches!(likeness, Likeness::ParentPath | Likeness::RootSlash);
        if nearest.is_none() || tolerable {
            nearest = Some((likeness, tolerable));
        }
    }
    match nearest {
        Some((Likeness::ParentPath, _)) if found.by_root => Ok((resource.to_owned(), None)),
        Some((likeness, true)) => {
            let note = format!("`resource` is `{}`, not exactly the server's URL: {likeness}", printable(resource));
            Ok((resource.to_owned(), Some(note)))
        }
        Some((likeness, false)) => {
            Err(ClientError::WrongResource { at: at(), found: resource.to_owned(), expected: given, likeness })
        }
        None => Err(ClientError::WrongMetadata { at: at(), detail: "`resource` cannot be compared" }),
    }
}
