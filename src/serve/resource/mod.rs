//! The protected MCP server: its metadata, its challenge, and the endpoint that authenticates before it does anything
//! else. RFC 9728 §2 and §5.1, RFC 6750 §3, MCP authorization ("Token Requirements", "Token Handling", "Error Handling").

mod asking;
pub(crate) mod bearer;
mod challenge;
mod mcp;
mod offers;
mod others;
mod rpc;
mod session;
mod stateful;
mod tools;

pub(crate) use bearer::canonical;

use std::sync::Arc;

use axum::extract::{Request, State};
use http::header::{LOCATION, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::spec::fault::{Duty, Reply};
use crate::spec::posture::Posture;
use crate::spec::revision::WireStyle;

use super::answer::Answer;
use super::ask::{Ask, BodyError, Credential, MESSAGE_LIMIT};
use super::dpop;
use super::keys::{self, Keys};
use super::layout::Layout;
use super::site::Site;
use bearer::{Principal, Refusal};
use challenge::{Cause, challenge, challenge_value, insufficient_scope};
use rpc::Message;

/// The scope that suffices to look around: what the challenge asks for.
const BASE_SCOPE: &str = "search:read";

/// Protected resource metadata (RFC 9728 §2).
pub(crate) fn metadata(layout: &Layout) -> Value {
    json!({
        "resource": layout.mcp,
        "authorization_servers": [layout.issuer],
        "scopes_supported": [layout.scope(BASE_SCOPE)],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": ["ES256", "RS256", "EdDSA"],
        "resource_name": "mcp-auth reference search",
    })
}

/// The same as a JWT, signed by the authorization server (RFC 9728 §2.2); empty if it cannot be signed.
pub(crate) fn signed_metadata(layout: &Layout, keys: &Keys) -> String {
    let mut claims = metadata(layout);
    if let Some(members) = claims.as_object_mut() {
        members.insert("iss".into(), json!(layout.issuer));
    }
    keys.access.sign(&keys.access.header("JWT"), &claims).unwrap_or_default()
}

/// The MCP endpoint.
pub(crate) async fn endpoint(State(site): State<Arc<Site>>, request: Request) -> Answer {
    let mut ask = Ask::new(request);
    let answer = match ask.parts.method {
        Method::OPTIONS => {
            return site.give(&ask, Reply::Preflight, Answer::preflight("GET, POST, DELETE, OPTIONS"));
        }
        // Whoever follows must leave the token behind (MCP, "Access Token Privilege Restriction").
        Method::POST if ask.credential() != Credential::Absent && !site.keeps(Duty::StayAtOrigin) => {
            Ok(Answer::empty(StatusCode::TEMPORARY_REDIRECT)
                .put(LOCATION, &format!("{}{}", site.layout.as_origin, site.layout.mcp_path))
                .open())
        }
        Method::POST => post(&site, &mut ask).await,
        Method::GET => get(&site, &ask).await,
        Method::DELETE => delete(&site, &ask).await,
        _ => Ok(wrong_method()),
    };
    answer.unwrap_or_else(|refused| *refused)
}

/// The place of the MCP endpoint where it redirects instead of answering. A browser's preflight is answered in place.
pub(crate) async fn elsewhere(State(site): State<Arc<Site>>, request: Request) -> Answer {
    if *request.method() == Method::OPTIONS {
        return endpoint(State(site), request).await;
    }
    Answer::empty(StatusCode::PERMANENT_REDIRECT).put(LOCATION, &format!("{}/", site.layout.mcp))
}

/// The endpoint with a slash more, or less, than it has: nothing is there.
pub(crate) async fn other_spelling(State(site): State<Arc<Site>>, request: Request) -> Answer {
    let ask = Ask::new(request);
    site.give(&ask, Reply::OtherSpelling, Answer::empty(StatusCode::NOT_FOUND))
}

/// A reply that ends the handling of a request early.
type Refused = Box<Answer>;

async fn post(site: &Site, ask: &mut Ask) -> Result<Answer, Refused> {
    if !site.keeps(Duty::AuthenticateBeforeParsing) {
        let message = read(ask).await?;
        let principal = authenticate(site, ask, unauthenticated_reply(site, &message)).await?;
        return serve(site, ask, &principal, message).await;
    }
    if opens_some(site) && ask.credential() == Credential::Absent {
        let message = match read(ask).await {
            Ok(message) if mcp::is_open(site, &message) => message,
            Ok(message) => return Err(challenge(site, ask, unauthenticated_reply(site, &message), Cause::Absent)),
            Err(unreadable) if site.layout.posture == Posture::Public => return Err(unreadable),
            Err(_) => return Err(challenge(site, ask, Reply::Challenge, Cause::Absent)),
        };
        return serve(site, ask, &Principal::anyone(), message).await;
    }
    let principal = match ask.credential() {
        // What kind of message it is matters to planted faults only; a clean server has not read it yet.
        Credential::Absent if site.touches(Reply::Notification) || !site.keeps(Duty::AuthenticateBeforeHeaders) => {
            let message = read(ask).await.ok();
            let hasty = message.as_ref().filter(|_| !site.keeps(Duty::AuthenticateBeforeHeaders));
            if let Some(refused) = hasty.and_then(|message| mcp::misfit(site, ask, message)) {
                return Err(Box::new(refused));
            }
            let reply = message.map_or(Reply::Challenge, |message| unauthenticated_reply(site, &message));
            return Err(challenge(site, ask, reply, Cause::Absent));
        }
        _ => authenticate(site, ask, Reply::Challenge).await?,
    };
    if !site.keeps(Duty::SpeakStreamable) {
        return Err(Box::new(Answer::wrong_method("GET, OPTIONS").open()));
    }
    let message = read(ask).await?;
    serve(site, ask, &principal, message).await
}

/// Serves who is known, if the request does not come from somebody else's web page.
async fn serve(site: &Site, ask: &Ask, principal: &Principal, message: Message) -> Result<Answer, Refused> {
    check_origin(site, ask)?;
    let accept = ask.header("accept").unwrap_or_default();
    let names_both = accept.contains("application/json") && accept.contains("event-stream");
    if !names_both && !site.keeps(Duty::AcceptAnyAccept) {
        return Err(Box::new(Answer::empty(StatusCode::NOT_ACCEPTABLE).open()));
    }
    Ok(mcp::handle(site, ask, principal, message).await)
}

/// MCP transports, "Security Warning": a page of another origin that a browser on this machine shows may not drive the
/// server (DNS rebinding). Pages on this machine may: they are the user's own tools.
fn check_origin(site: &Site, ask: &Ask) -> Result<(), Refused> {
    let refuse = |why: &str| Err(Box::new(Answer::text(StatusCode::FORBIDDEN, format!("{why}\n")).open()));
    match ask.origin() {
        None if site.keeps(Duty::AllowNoOrigin) => Ok(()),
        None => refuse("There is no Origin."),
        Some(origin) if site.is_own_origin(origin) || !site.keeps(Duty::CheckOrigin) => Ok(()),
        Some(_) => refuse("Pages of this origin may not use this server."),
    }
}

async fn get(site: &Site, ask: &Ask) -> Result<Answer, Refused> {
    if !site.keeps(Duty::AuthenticateGet) {
        return Ok(stream());
    }
    if !site.keeps(Duty::VerifyTokenOnGet) && matches!(ask.credential(), Credential::Bearer(_)) {
        return Ok(stream());
    }
    authenticate(site, ask, Reply::GetStream).await?;
    if !site.keeps(Duty::SpeakStreamable) {
        let text = format!("event: endpoint\ndata: {}?session={}\n\n", site.layout.mcp_path, keys::random(8));
        return Ok(Answer::text(StatusCode::OK, text).header("content-type", "text/event-stream").unended().open());
    }
    // No stream is offered: nothing ever happens that nobody asked for.
    Ok(site.give(ask, Reply::AuthenticatedGet, wrong_method()))
}

async fn delete(site: &Site, ask: &Ask) -> Result<Answer, Refused> {
    let begun_by_anyone = opens_some(site) && matches!(session::named(site, ask).await, Ok(Some(Some(_))));
    let principal = match begun_by_anyone && ask.credential() == Credential::Absent {
        true => Principal::anyone(),
        false => authenticate(site, ask, Reply::Delete).await?,
    };
    if !mcp::speaks(site, WireStyle::Stateful) {
        return Ok(site.give(ask, Reply::AuthenticatedDelete, wrong_method()));
    }
    let own = matches!(session::named(site, ask).await, Ok(Some(Some(session))) if session.is_of(site, &principal));
    let ended = own && session::end(site, ask).await.map_err(|_| broken())?;
    let status = if ended { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND };
    Ok(site.give(ask, Reply::AuthenticatedDelete, Answer::empty(status).open()))
}

/// An event stream that a careless server opens.
fn stream() -> Answer {
    Answer::text(StatusCode::OK, ": open\n\n").header("content-type", "text/event-stream").no_store().open()
}

fn wrong_method() -> Answer {
    Answer::wrong_method("POST, DELETE, OPTIONS").open()
}

/// Reads the message.
async fn read(ask: &mut Ask) -> Result<Message, Refused> {
    match ask.body(MESSAGE_LIMIT).await {
        Ok(body) => Message::read(&body),
        Err(BodyError::TooLong) => Err(Box::new(Answer::empty(StatusCode::PAYLOAD_TOO_LARGE).open())),
        Err(BodyError::Broken) => Err(Box::new(Answer::empty(StatusCode::BAD_REQUEST).open())),
    }
}

fn opens_some(site: &Site) -> bool {
    matches!(site.layout.posture, Posture::Public | Posture::Lazy) || !site.keeps(Duty::ProtectListing)
}

fn unauthenticated_reply(site: &Site, message: &Message) -> Reply {
    match message {
        Message::Notification { .. } if site.touches(Reply::Notification) => Reply::Notification,
        _ => Reply::Challenge,
    }
}

/// Who is asking. `absent` is the kind of reply when there is no credential at all.
async fn authenticate(site: &Site, ask: &Ask, absent: Reply) -> Result<Principal, Refused> {
    if site.layout.posture == Posture::Public {
        return Ok(Principal::anyone());
    }
    match ask.credential() {
        Credential::Absent => {
            if let Some(token) = query_token(ask).filter(|_| !site.keeps(Duty::IgnoreQueryToken)) {
                return check(site, ask, &token).await;
            }
            if !site.keeps(Duty::AuthenticateEveryRequest)
                && let Ok(Some(Some(session))) = session::named(site, ask).await
            {
                return Ok(Principal::called(session.subject));
            }
            Err(challenge(site, ask, absent, Cause::Absent))
        }
        Credential::Unusable if !site.keeps(Duty::SurviveEmptyToken) => Err(broken()),
        Credential::Unusable if !site.keeps(Duty::RefuseEmptyToken) => Ok(Principal::anyone()),
        // Nothing that could be judged as a token: the same as none.
        Credential::Unusable => Err(challenge(site, ask, absent, Cause::Absent)),
        Credential::Several => several(site, ask).await,
        Credential::Bearer(_) if !site.keeps(Duty::IgnoreSchemeCase) && !spelled_as_usual(ask) => {
            Err(challenge(site, ask, Reply::InvalidToken, Cause::Invalid("the scheme is not Bearer")))
        }
        Credential::Bearer(token) => {
            let principal = check(site, ask, token).await?;
            // A bound token without a proof is a stolen one (RFC 9449 §7.2).
            if principal.jkt.is_some() && site.keeps(Duty::VerifyProof) {
                return Err(challenge(site, ask, Reply::InvalidToken, Cause::Unproven("the token is bound to a key")));
            }
            Ok(principal)
        }
        Credential::Dpop(token) => {
            let principal = check(site, ask, token).await?;
            let proven = dpop::proof(site, ask, &site.layout.mcp, Some(token)).await.and_then(|proof| match proof {
                Some(jkt) if principal.jkt.as_ref() == Some(&jkt) || !site.keeps(Duty::VerifyProof) => Ok(()),
                Some(_) => Err("the proof is made with another key"),
                None if !site.keeps(Duty::VerifyProof) => Ok(()),
                None => Err("there is no proof"),
            });
            match proven {
                Ok(()) => Ok(principal),
                Err(why) => Err(challenge(site, ask, Reply::InvalidToken, Cause::Unproven(why))),
            }
        }
    }
}

/// Checks the token itself.
async fn check(site: &Site, ask: &Ask, token: &str) -> Result<Principal, Refused> {
    match bearer::verify(site, token).await {
        Ok(_) if site.is_worn(token) => {
            Err(challenge(site, ask, Reply::InvalidToken, Cause::Invalid(Refusal::Expired.describe())))
        }
        Ok(principal) if !site.keeps(Duty::NameEnoughScope) && !principal.has("search:write") => {
            Err(Box::new(insufficient_scope(site, ask, "search:write")))
        }
        Ok(principal) => Ok(principal),
        Err(Refusal::Broken) => Err(broken()),
        Err(Refusal::Expired) if !site.keeps(Duty::AnswerExpiredWith401) => {
            Err(Box::new(Answer::text(StatusCode::FORBIDDEN, "The token has expired.\n").open()))
        }
        Err(Refusal::Expired) if !site.keeps(Duty::LookAtExpiryFirst) && !bearer::names_scope(token) => {
            Err(Box::new(insufficient_scope(site, ask, BASE_SCOPE)))
        }
        Err(refusal) => Err(challenge(site, ask, Reply::InvalidToken, Cause::Invalid(refusal.describe()))),
    }
}

fn spelled_as_usual(ask: &Ask) -> bool {
    ask.header("authorization").is_some_and(|line| line.starts_with("Bearer "))
}

/// The token in the query, where nobody may look for it (draft-ietf-oauth-v2-1 §5.1).
fn query_token(ask: &Ask) -> Option<String> {
    let query = ask.parts.uri.query()?;
    url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "access_token").map(|(_, v)| v.into_owned())
}

/// More than one credential: none of them counts (RFC 6750 §3.1 `invalid_request`).
async fn several(site: &Site, ask: &Ask) -> Result<Principal, Refused> {
    if !site.keeps(Duty::LookAtTwoTokens) {
        return Ok(Principal::anyone());
    }
    if !site.keeps(Duty::RefuseTwoTokens) {
        for credential in ask.credentials() {
            if let Credential::Bearer(token) = credential
                && let Ok(principal) = bearer::verify(site, token).await
            {
                return Ok(principal);
            }
        }
    }
    let value = challenge_value(site, Cause::Malformed("more than one Authorization header"));
    let answer = Answer::text(StatusCode::BAD_REQUEST, "More than one Authorization header.\n");
    Err(Box::new(answer.put(WWW_AUTHENTICATE, &value).no_store().open()))
}

fn broken() -> Refused {
    Box::new(Answer::text(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error\n").open())
}

#[cfg(test)]
mod credentials;
#[cfg(test)]
mod flaws;
#[cfg(test)]
mod protocol;
#[cfg(test)]
mod tests;
