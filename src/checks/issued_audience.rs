//! Whom the access token of the login is for: RFC 8707 §2, RFC 9068 §2.2, MCP authorization, "Token Audience Binding".

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use serde_json::Value;

use super::asked::attempt;
use super::granted::{Issued, access_jwt};
use super::ground::{issuer, resource};
use super::issued::LOGIN;
use super::issued_claims::{in_token, shown};
use super::resource_identity::identifier;
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::json;
use crate::formats::uri;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::refresh::introspection::LIVE;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The row on the audience itself.
pub(super) const AUDIENCE: Check = Check {
    id: "token-aud",
    title: "`aud` names the MCP server",
    role: Role::AuthorizationServer,
    level: level![_, RfcShould, RfcShould, RfcShould],
    class: Class::Intrusive,
    mark: Mark::Biting,
    cites: &[RFC8707_2, RFC9068_3, MCP_TOKEN_HANDLING],
    needs: &[Step::TokenCode, Step::TokenDevice, Step::TokenClient, Step::IntrospectTrial],
    blocked_by: &["token-not-id-token", "prm-resource-present"],
    why: "An MCP server must refuse tokens that were not made for it. Where `aud` does not say so, it either refuses all \
          (endless logins) or stops looking (and takes tokens made for others).",
    fix: "put the `resource` of the request into `aud`, byte by byte",
    disputed: "RFC 8707 lets an authorization server map a resource to a broader audience; RFC 9068 wants `aud` to be the \
               resource, and MCP wants servers to find themselves in it. A mapped audience is safe only if the MCP server \
               knows the mapping and shares the audience with nobody.",
    faults: &[
        Fault::new(
            "token-aud-other",
            &[Deed::At(Reply::AccessTokenClaims, &[Edit::SetJson("/aud", "\"https://api.example.com\"")])],
        ),
        Fault::new(
            "token-aud-mapped",
            &[
                Deed::At(Reply::AccessTokenClaims, &[Edit::SetJson("/aud", "\"https://api.example.com\"")]),
                Deed::Forget(Duty::VerifyAudience),
            ],
        ),
        Fault::new(
            "token-aud-mapped-opaque",
            &[
                Deed::At(Reply::AccessTokenClaims, &[Edit::SetJson("/aud", "\"https://api.example.com\"")]),
                Deed::Forget(Duty::VerifyAudience),
            ],
        )
        .under(Posture::OpaqueTokens),
        Fault::new(
            "token-no-aud",
            &[Deed::At(Reply::AccessTokenClaims, &[Edit::DropJson("/aud")]), Deed::Forget(Duty::RequireAudience)],
        ),
    ],
    judge: audience,
};

/// The row on audiences beside it.
pub(super) const NARROW: Check = Check {
    id: "token-aud-narrow",
    title: "`aud` names nobody else",
    role: Role::AuthorizationServer,
    level: level![_, RfcShould, RfcShould, RfcShould],
    class: Class::Intrusive,
    mark: Mark::Plain,
    cites: &[OAUTH21_7_1_4, RFC9700_2_3],
    needs: LOGIN,
    blocked_by: &["token-aud"],
    why: "Every server that a token is for can use it at every other.",
    fix: "issue a token for one resource only: `\"aud\": \"MCP-URL\"`",
    disputed: "",
    faults: &[Fault::new(
        "token-aud-extra",
        &[Deed::At(
            Reply::AccessTokenClaims,
            &[Edit::SetJson("/aud", "[\"{mcp}\", \"https://payments.example.com\"]")],
        )],
    )],
    judge: narrow_audience,
};

/// What tokens for this server must name: its `resource`, else its URL.
pub(super) fn expected_audience(e: &Evidence<'_>) -> String {
    let named = resource(e).ok().and_then(|document| document.text("resource").map(str::to_owned));
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| identifier(e))
}

/// Whether the MCP server refused the token of the login: 401 to the first requests that carried it.
fn is_refused(e: &Evidence<'_>) -> bool {
    let steps = [Step::SessionDiscover, Step::SessionInitialize, Step::SessionList, Step::SessionCall];
    let mut answers = steps.into_iter().flat_map(|step| e.all(step)).filter_map(Exchange::status).peekable();
    answers.peek().is_some() && answers.all(|status| status == 401)
}

/// The audiences of the access token, and how they stand there: in the token, else as introspection tells them.
fn named_audiences(e: &Evidence<'_>) -> Result<(Pointer, Option<Vec<String>>, String), Verdict> {
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<String>>();
    match access_jwt(e) {
        Ok((issued, _, jwt)) => {
            let at = super::issued::member(issued.exchange, "access_token");
            Ok((at, jwt.audiences().present().map(owned), shown(&jwt, "aud")))
        }
        Err(skip) => {
            let Some(exchange) = attempt(e, LIVE) else { return Err(skip) };
            let object = exchange.reply().and_then(|reply| reply.object().ok());
            let object = object.unwrap_or_default();
            let active = object.get("active") == Some(&Value::Bool(true));
            // A server need not tell a client of ours whom the tokens of another are for.
            let Some(said) = object.get("aud").filter(|_| active) else { return Err(skip) };
            let one = json::str_field(&object, "aud").present().map(|name| vec![name]);
            let list = one.or_else(|| json::strings_field(&object, "aud").present()).map(owned);
            Ok((Pointer::json(exchange.number, "/aud"), list, printable(&said.to_string()).to_string()))
        }
    }
}

fn audience(e: &Evidence<'_>) -> Verdict {
    let (place, audiences, actual) = need!(named_audiences(e));
    let expected = expected_audience(e);
    let refused = is_refused(e);
    let judge = |found: Finding| if refused { found.fail() } else { found.warn() };
    let and = if refused { ", and the MCP server refuses it" } else { "" };
    let found = |message: String| {
        finding(place.clone(), message)
            .expected(printable(&expected).to_string())
            .actual(actual.clone())
            .fix(format!("put `\"aud\": \"{}\"` into access tokens for this server", printable(&expected)))
    };
    match audiences {
        Some(audiences) if audiences.contains(&expected) => Verdict::Pass,
        Some(audiences) if !audiences.is_empty() => {
            let like =
                audiences.iter().map(|audience| uri::compare(&expected, audience)).min_by_key(|like| *like as u8);
            let how = like.map_or_else(String::new, |like| format!(": {like}"));
            judge(found(format!("the token is for another audience than the MCP server{how}{and}")))
        }
        _ => judge(found(format!("the token does not say whom it is for (`aud`){and}"))),
    }
}

fn narrow_audience(e: &Evidence<'_>) -> Verdict {
    let (Issued { exchange, .. }, _, jwt) = need!(access_jwt(e));
    let expected = expected_audience(e);
    let audiences = jwt.audiences().present().unwrap_or_default();
    if !audiences.contains(&expected.as_str()) {
        return match audience(e) {
            Verdict::Fail(_) | Verdict::Warn(_) => Verdict::blocked("token-aud"),
            _ => Verdict::not_applicable("the token does not name the MCP server"),
        };
    }
    // The authorization server may name itself: its user info endpoint takes the same token.
    let own = need!(issuer(e)).issuer;
    let related = |name: &str| name == expected || name.starts_with(own.trim_end_matches('/'));
    let strangers: Vec<&str> = audiences.into_iter().filter(|name| !related(name)).collect();
    if strangers.is_empty() {
        return Verdict::Pass;
    }
    in_token(exchange, format!("the token is for others, too: `{}`", printable(&strangers.join(" "))))
        .expected(printable(&expected).to_string())
        .actual(shown(&jwt, "aud"))
        .warn()
}
