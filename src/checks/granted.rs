//! What the login brought: the answer of the token endpoint, and the access token in it, read. RFC 6749 §5.1, RFC 9068.
//!
//! A login that came to no token takes the ground from every check of what follows it. Which check says why is found by
//! asking those that can tell, in the order of a client's way; so one defect stays one finding.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use std::borrow::Cow;

use super::by_id;
use super::ground::no_login;
use crate::evidence::{Evidence, Exchange};
use crate::formats::json::Field;
use crate::formats::jwt::{self, Jwt, JwtProblem};
use crate::formats::secret::Secret;
use crate::formats::token::{self, TokenBody, TokenReply, TokenResponse};
use crate::spec::step::Step;
use crate::spec::trial::token::RIGHT;
use crate::verdict::Verdict;

/// Checks that say why a login came to no token, in a client's order. None of them reads what a login brings.
const EXPLAINS_LOGIN: &[&str] = &["token-resource-accepted"];

/// Checks that say why the MCP server refuses a token that is fresh, in a client's order.
const EXPLAINS_REFUSAL: &[&str] =
    &["token-not-id-token", "token-alg", "token-signature", "token-iss", "token-aud", "token-typ", "token-claims"];

/// An answer of the token endpoint that is meant as a success.
pub(super) struct Answered<'e> {
    /// The exchange.
    pub(super) exchange: &'e Exchange,
    /// What it says.
    pub(super) reply: TokenReply,
}

/// Tokens that were issued.
pub(super) struct Issued<'e> {
    /// The exchange.
    pub(super) exchange: &'e Exchange,
    /// The answer.
    pub(super) response: TokenResponse,
}

/// Reads an answer of the token endpoint, whatever it is; `None` if none came.
pub(super) fn reply_of(exchange: &Exchange) -> Option<TokenReply> {
    let reply = exchange.reply()?;
    Some(token::read(reply.media_type().as_deref(), &reply.body.bytes()))
}

/// The tokens of an answer of success.
pub(super) fn tokens_of(exchange: &Exchange) -> Option<TokenResponse> {
    exchange.status().filter(|status| (200..300).contains(status))?;
    match reply_of(exchange)?.body {
        TokenBody::Success(response) => Some(*response).filter(|response| access_of(response).is_some()),
        _ => None,
    }
}

/// The access token of an answer.
pub(super) fn access_of(response: &TokenResponse) -> Option<&Secret> {
    match &response.access_token {
        Field::Present(token) if !token.is_empty() => Some(token),
        _ => None,
    }
}

/// The exchanges by which a login comes to tokens: of the login itself, else of a trial that does everything right.
fn exchanges<'e>(e: &'e Evidence<'_>) -> impl Iterator<Item = &'e Exchange> {
    let login = [Step::TokenCode, Step::TokenDevice, Step::TokenClient].into_iter().flat_map(|step| e.all(step));
    login.chain(e.all(Step::TokenTrial).filter(|x| x.about.as_deref() == Some(RIGHT.name)))
}

/// The answer of the token endpoint to a login that went as it must.
pub(super) fn answered<'e>(e: &'e Evidence<'_>) -> Result<Answered<'e>, Verdict> {
    let success = exchanges(e).filter(|x| x.status().is_some_and(|status| (200..300).contains(&status)));
    let mut read = success.filter_map(|exchange| Some(Answered { exchange, reply: reply_of(exchange)? }));
    let meant = |answered: &Answered<'_>| !matches!(answered.reply.body, TokenBody::Error(_));
    read.find(meant).ok_or_else(|| no_login(e))
}

/// The answer with tokens, read.
pub(super) fn issued<'e>(e: &'e Evidence<'_>) -> Result<Issued<'e>, Verdict> {
    let Answered { exchange, reply } = answered(e)?;
    match reply.body {
        TokenBody::Success(response) => Ok(Issued { exchange, response: *response }),
        _ => Err(Verdict::blocked("token-success-json")),
    }
}

/// The access token that the login brought.
pub(super) fn access<'e>(e: &'e Evidence<'_>) -> Result<(Issued<'e>, Secret), Verdict> {
    let issued = issued(e)?;
    match access_of(&issued.response).cloned() {
        Some(token) => Ok((issued, token)),
        None => Err(Verdict::blocked("token-members")),
    }
}

/// The access token taken apart, where it is a JWT.
pub(super) fn access_jwt<'e>(e: &'e Evidence<'_>) -> Result<(Issued<'e>, Secret, Jwt), Verdict> {
    let (issued, token) = access(e)?;
    match jwt::decode(token.expose()) {
        Ok(jwt) => Ok((issued, token, jwt)),
        Err(JwtProblem::Encrypted) => {
            Err(Verdict::not_applicable("the access token is encrypted, and only the MCP server can read it"))
        }
        Err(_) => Err(Verdict::not_applicable("the access token is opaque")),
    }
}

/// The skip for what needs tokens, where a login came to none.
pub(super) fn no_tokens(e: &Evidence<'_>) -> Verdict {
    match first_failing(e, EXPLAINS_LOGIN) {
        Some(id) => Verdict::blocked(id),
        None if exchanges(e).next().is_some() => {
            Verdict::inconclusive("the authorization server gave no token to a request that is as it must be")
        }
        None => Verdict::inconclusive("the login did not come as far as the token endpoint"),
    }
}

/// The check that says why a fresh token is refused by the MCP server, if one of them does.
pub(super) fn flaw(e: &Evidence<'_>) -> Option<&'static str> {
    first_failing(e, EXPLAINS_REFUSAL)
}

fn first_failing(e: &Evidence<'_>, ids: &'static [&'static str]) -> Option<&'static str> {
    let fails = |id: &str| {
        by_id(id).is_some_and(|check| {
            check.level_at(e.revision).is_some() && matches!((check.judge)(e), Verdict::Fail(_) | Verdict::Warn(_))
        })
    };
    ids.iter().copied().find(|id| fails(id))
}

/// A parameter of a request: of its form, or of the query of its URL.
pub(super) fn asked<'x>(exchange: &'x Exchange, name: &str) -> Option<Cow<'x, str>> {
    let query = exchange.request.url.split_once('?').map(|(_, query)| query.split('#').next().unwrap_or_default());
    let texts = [exchange.request.body.as_deref(), query];
    let pairs = texts.into_iter().flatten().flat_map(|text| url::form_urlencoded::parse(text.as_bytes()));
    pairs.filter(|(found, _)| found == name).map(|(_, value)| value).next()
}

/// The `client_id` in whose name a token was asked for; `None` where the record does not say it.
pub(super) fn client_of(exchange: &Exchange) -> Option<String> {
    use base64::Engine as _;
    if let Some(id) = asked(exchange, "client_id") {
        return Some(id.into_owned());
    }
    let header = exchange.request.headers.iter().find(|header| header.name == "authorization")?;
    let encoded = header.value.strip_prefix("Basic ")?;
    let text = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded).ok()?).ok()?;
    let (id, _) = text.split_once(':')?;
    // RFC 6749 §2.3.1: both parts are form-encoded.
    let pair = format!("v={id}");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}

/// Whether a token was asked for without any authentication of the client.
pub(super) fn is_public(exchange: &Exchange) -> bool {
    let header = exchange.request.headers.iter().any(|header| header.name == "authorization");
    !header && asked(exchange, "client_secret").is_none() && asked(exchange, "client_assertion").is_none()
}

/// Whether a proof of possession was sent.
pub(super) fn is_proven(exchange: &Exchange) -> bool {
    exchange.request.headers.iter().any(|header| header.name == "dpop")
}

/// The scope that the login asked for, as far as the record has the authorization request.
pub(super) fn requested_scope(e: &Evidence<'_>) -> Option<Vec<String>> {
    let steps = [Step::AuthorizationPush, Step::Authorize, Step::DeviceBegin, Step::TokenClient];
    let text = steps.into_iter().filter_map(|step| e.first(step)).find_map(|exchange| asked(exchange, "scope"))?;
    Some(text.split_ascii_whitespace().map(str::to_owned).collect())
}

/// The scopes that a resource server has to do with: not those of OpenID Connect, which tokens often do not repeat.
pub(super) fn of_resource(scope: &str) -> bool {
    !matches!(scope, "openid" | "profile" | "email" | "address" | "phone" | "offline_access")
}

/// When the answer came, by the clock of this machine, in seconds since 1970.
pub(super) fn came_at(e: &Evidence<'_>, exchange: &Exchange) -> i64 {
    let milliseconds = e.trail.started.saturating_add(exchange.at).saturating_add(exchange.took);
    i64::try_from(milliseconds / 1000).unwrap_or(i64::MAX)
}
