//! The answer that carries tokens, judged by the login itself: OAuth 2.1 §3.2.3 (RFC 6749 §5.1), MCP authorization
//! "Token Requirements" and "Token Theft". Its scope is judged in `issued_scope`, the access token in `issued_claims`.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::granted::{Issued, access, access_of, answered, is_proven, issued, reply_of};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::json::{Field, Kind};
use crate::formats::jwt;
use crate::formats::token::{Lifetime, TokenBody};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::token::NO_ACCEPT;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The steps that bring tokens.
pub(super) const LOGIN: &[Step] = &[Step::TokenCode, Step::TokenDevice, Step::TokenClient];
/// The same, and the trials that redeem codes.
pub(super) const LOGIN_OR_TRIAL: &[Step] = &[Step::TokenCode, Step::TokenDevice, Step::TokenClient, Step::TokenTrial];

/// An hour, in seconds.
const HOUR: u64 = 3600;
/// A day, in seconds.
const DAY: u64 = 24 * HOUR;

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "token-success-json",
        title: "tokens come as JSON",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Biting,
        cites: &[OAUTH21_3_2_3],
        needs: LOGIN_OR_TRIAL,
        blocked_by: &[],
        why: "Clients read the answer of the token endpoint as JSON. A form, which some servers send unless `Accept` asks for \
              JSON, is an unreadable answer: the login fails at its last step.",
        fix: "answer with status 200, `Content-Type: application/json` and `{\"access_token\": \"TOKEN\", \"token_type\": \
              \"Bearer\", \"expires_in\": 600}`, whatever `Accept` says",
        disputed: "GitHub answers with a form unless the request has `Accept: application/json`; clients that send the header \
                   never notice, others fail.",
        faults: &[
            Fault::new("token-form-encoded", &[Deed::At(Reply::TokenSuccess, &[Edit::FormBody])]),
            Fault::new(
                "token-json-as-text",
                &[Deed::At(Reply::TokenSuccess, &[Edit::SetHeader("content-type", "text/html; charset=utf-8")])],
            ),
        ],
        judge: success_json,
    },
    Check {
        id: "token-no-store",
        title: "the answer with tokens must not be stored",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_3],
        needs: LOGIN,
        blocked_by: &[],
        why: "A cache on the way, or the browser's, would keep the tokens for whoever comes next.",
        fix: "send `Cache-Control: no-store` with every answer of the token endpoint",
        disputed: "",
        faults: &[
            Fault::new("token-cacheable", &[Deed::At(Reply::TokenSuccess, &[Edit::DropHeader("cache-control")])]),
            Fault::new(
                "token-private-cache",
                &[Deed::At(Reply::TokenSuccess, &[Edit::SetHeader("cache-control", "private, max-age=600")])],
            ),
        ],
        judge: no_store,
    },
    Check {
        id: "token-members",
        title: "the answer has `access_token` and `token_type`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_3],
        needs: LOGIN,
        blocked_by: &[],
        why: "Both are required. Strict clients refuse an answer without `token_type`, and nobody can do without the token.",
        fix: "add what is missing: `\"access_token\": \"TOKEN\", \"token_type\": \"Bearer\"`",
        disputed: "",
        faults: &[
            Fault::new("token-no-token-type", &[Deed::At(Reply::TokenSuccess, &[Edit::DropJson("/token_type")])]),
            Fault::new("token-type-null", &[Deed::At(Reply::TokenSuccess, &[Edit::SetJson("/token_type", "null")])]),
        ],
        judge: members,
    },
    Check {
        id: "token-type",
        title: "`token_type` is `Bearer`, or `DPoP` where a proof was sent",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_3, MCP_TOKEN_REQUIREMENTS],
        needs: LOGIN,
        blocked_by: &[],
        why: "A client must not use a token whose type it does not know, and MCP clients know `Bearer`.",
        fix: "write `\"token_type\": \"Bearer\"`",
        disputed: "",
        faults: &[Fault::new(
            "token-type-mac",
            &[Deed::At(Reply::TokenSuccess, &[Edit::SetJson("/token_type", "\"mac\"")])],
        )],
        judge: token_type,
    },
    Check {
        id: "token-expires-in",
        title: "`expires_in` says in seconds how long the token lives",
        role: Role::AuthorizationServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_3],
        needs: LOGIN,
        blocked_by: &[],
        why: "Without it a client learns only by a failure that the token is used up. A number written as text stops strict \
              clients.",
        fix: "write the lifetime in seconds as a JSON number: `\"expires_in\": 600`",
        disputed: "",
        faults: &[
            Fault::new(
                "token-expires-in-string",
                &[Deed::At(Reply::TokenSuccess, &[Edit::SetJson("/expires_in", "\"600\"")])],
            ),
            Fault::new("token-expires-in-zero", &[Deed::At(Reply::TokenSuccess, &[Edit::SetJson("/expires_in", "0")])]),
            Fault::new("token-no-expires-in", &[Deed::At(Reply::TokenSuccess, &[Edit::DropJson("/expires_in")])]),
        ],
        judge: expires_in,
    },
    Check {
        id: "token-lifetime",
        title: "access tokens live for an hour at most",
        role: Role::AuthorizationServer,
        level: level![Should, Should, Should, Should],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_TOKEN_THEFT],
        needs: LOGIN,
        blocked_by: &[],
        why: "A stolen token works until it expires; most MCP servers check nothing but signature and date.",
        fix: "issue access tokens for some minutes (`\"expires_in\": 600`) together with a refresh token",
        disputed: "The documents say short-lived and name no number. More than a day is a warning here, more than an hour a note.",
        faults: &[Fault::new("token-lifetime-30d", &[Deed::Forget(Duty::LimitTokenLifetime)])],
        judge: lifetime,
    },
    Check {
        id: "token-not-in-url",
        title: "no redirect carries a token in its query",
        role: Role::AuthorizationServer,
        level: level![MustNot, MustNot, MustNot, MustNot],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_TOKEN_REQUIREMENTS, OAUTH21_7_1_3],
        needs: &[Step::Authorize, Step::AuthorizeReturn, Step::CodeTrial],
        blocked_by: &[],
        why: "A URL stands in the history of the browser, in logs and in `Referer` headers; a token in it is a token for everybody.",
        fix: "send nothing but `code`, `state` and `iss` to the redirect URI; tokens come from the token endpoint",
        disputed: "",
        faults: &[Fault::new(
            "token-redirect-with-token",
            &[Deed::At(Reply::AuthorizeRedirect, &[Edit::SetParam("access_token", "2YotnFZFEjr1zCsicMWpAA")])],
        )
        .also(&["authz-no-token-front-channel"])],
        judge: not_in_url,
    },
];

/// The place of a member of the answer; the answer as a whole where it is no JSON.
pub(super) fn member(exchange: &Exchange, name: &str) -> Pointer {
    let object = exchange.reply().and_then(|reply| reply.object().ok());
    match object {
        Some(_) => Pointer::json(exchange.number, &format!("/{name}")),
        None => Pointer::exchange(exchange.number),
    }
}

fn success_json(e: &Evidence<'_>) -> Verdict {
    let login = need!(answered(e)).exchange;
    let bare = e.about(Step::TokenTrial, NO_ACCEPT.name);
    for exchange in [Some(login), bare].into_iter().flatten() {
        let success = exchange.status().is_some_and(|status| (200..300).contains(&status));
        let Some(reply) = reply_of(exchange).filter(|_| success) else { continue };
        if matches!(reply.body, TokenBody::Error(_)) {
            continue;
        }
        let accepts = exchange.request.headers.iter().any(|header| header.name == "accept");
        let when = if accepts { "" } else { ", unless `Accept` asks for JSON" };
        let media_type = exchange.reply().and_then(crate::evidence::HttpReply::media_type);
        let shown =
            media_type.as_deref().map_or_else(|| "no content type".to_owned(), |name| printable(name).to_string());
        let message = match (&reply.body, reply.form_encoded) {
            (_, true) => format!("the tokens come as a form instead of JSON{when}"),
            (TokenBody::Unreadable(problem), false) => format!("the answer cannot be read as JSON{when}: {problem}"),
            _ if media_type.as_deref() != Some("application/json") => {
                format!("the tokens come as JSON, but its media type is another{when}")
            }
            _ => continue,
        };
        return finding(Pointer::header(exchange.number, "content-type"), message)
            .expected("application/json")
            .actual(shown)
            .fail();
    }
    Verdict::Pass
}

fn no_store(e: &Evidence<'_>) -> Verdict {
    unstored(need!(answered(e)).exchange, "the answer with tokens may be stored by caches")
}

/// Whether an answer with secrets forbids caches to keep it.
pub(super) fn unstored(exchange: &Exchange, message: &str) -> Verdict {
    let lines: Vec<&str> =
        exchange.reply().into_iter().flat_map(|reply| reply.header_values("cache-control")).collect();
    let words = lines.iter().flat_map(|line| line.split(','));
    if words.map(str::trim).any(|word| word.eq_ignore_ascii_case("no-store")) {
        return Verdict::Pass;
    }
    let shown = if lines.is_empty() { "absent".to_owned() } else { printable(&lines.join(", ")).to_string() };
    finding(Pointer::header(exchange.number, "cache-control"), message).expected("no-store").actual(shown).fail()
}

fn members(e: &Evidence<'_>) -> Verdict {
    let Issued { exchange, response } = need!(issued(e));
    if access_of(&response).is_none() {
        let actual = response.access_token.wrong().map_or("absent or empty".to_owned(), |kind| kind.to_string());
        return finding(member(exchange, "access_token"), "the answer has no `access_token` that is a text")
            .expected("a string")
            .actual(actual)
            .fail();
    }
    match &response.token_type {
        Field::Present(_) => Verdict::Pass,
        other => finding(member(exchange, "token_type"), "the answer has no `token_type` that is a text")
            .expected("\"Bearer\"")
            .actual(other.wrong().map_or("absent".to_owned(), |kind| kind.to_string()))
            .fail(),
    }
}

fn token_type(e: &Evidence<'_>) -> Verdict {
    let Issued { exchange, response } = need!(issued(e));
    let Field::Present(name) = &response.token_type else { return Verdict::blocked("token-members") };
    if response.is_bearer() || response.is_dpop() && is_proven(exchange) {
        return Verdict::Pass;
    }
    let message = if response.is_dpop() {
        "the token is said to be bound to a key, and no proof of one was sent".to_owned()
    } else {
        format!("the type of the token is `{}`, which MCP clients do not know", printable(name))
    };
    finding(member(exchange, "token_type"), message)
        .expected("\"Bearer\"")
        .actual(format!("\"{}\"", printable(name)))
        .fail()
}

fn expires_in(e: &Evidence<'_>) -> Verdict {
    let Issued { exchange, response } = need!(issued(e));
    let at = member(exchange, "expires_in");
    let found = |message: &str| finding(at.clone(), message).expected("a number of seconds above 0");
    match &response.expires_in {
        Lifetime::Seconds(_) => Verdict::Pass,
        Lifetime::Absent => found("the answer does not say how long the token lives").actual("absent").warn(),
        Lifetime::Odd { written: Kind::Number, seconds } => {
            found("`expires_in` is no whole number").actual(format!("about {seconds}")).warn()
        }
        Lifetime::Odd { written, .. } => {
            found("`expires_in` is not written as a number").actual(written.to_string()).fail()
        }
        Lifetime::Wrong(kind) => found("`expires_in` is no lifetime").actual(kind.to_string()).fail(),
    }
}

/// How long the token lives: as the answer says, else as the token does.
fn seconds(e: &Evidence<'_>) -> Result<(Pointer, Option<u64>), Verdict> {
    let (issued, token) = access(e)?;
    let said = issued.response.expires_in.seconds();
    let own = || {
        let jwt = jwt::decode(token.expose()).ok()?;
        let (end, begin) = (jwt.claim_time("exp").present()?, jwt.claim_time("iat").present()?);
        u64::try_from(end.saturating_sub(begin)).ok()
    };
    Ok((member(issued.exchange, "expires_in"), said.or_else(own)))
}

fn lifetime(e: &Evidence<'_>) -> Verdict {
    let (at, seconds) = match seconds(e) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    let seconds = need!(seconds, absent "the server does not say how long the token lives");
    let shown = if seconds > 2 * DAY { format!("{} days", seconds / DAY) } else { format!("{seconds} s") };
    let found = finding(at, format!("an access token lives for {shown}")).expected("some minutes").actual(shown);
    if seconds <= HOUR {
        Verdict::Pass
    } else if seconds <= DAY {
        found.info()
    } else {
        found.warn()
    }
}

fn not_in_url(e: &Evidence<'_>) -> Verdict {
    const TOKENS: [&str; 2] = ["access_token", "refresh_token"];
    let carries = |url: &str| {
        let (_, query) = url.split_once('?')?;
        let query = query.split('#').next()?;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find_map(|(name, _)| TOKENS.into_iter().find(|token| *token == name))
    };
    for exchange in e.trail.in_order() {
        let location = exchange.reply().and_then(|reply| reply.header("location"));
        let returned = (exchange.step == Step::AuthorizeReturn).then_some(exchange.request.url.as_str());
        if let Some(name) = location.and_then(carries) {
            let at = Pointer::header(exchange.number, "location");
            return finding(at, format!("a redirect carries `{name}` in its query"))
                .expected("no token in a URL")
                .fail();
        }
        if let Some(name) = returned.and_then(carries) {
            let at = Pointer { query_parameter: Some(name.to_owned()), ..Pointer::exchange(exchange.number) };
            return finding(at, format!("the redirect back carries `{name}` in its query"))
                .expected("no token in a URL")
                .fail();
        }
    }
    Verdict::Pass
}
