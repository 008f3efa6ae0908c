//! What stands in the access token of the login, where it is a JWT: RFC 9068 §2 and §3, RFC 8725, RFC 8707 §2. MCP binds
//! none of RFC 9068, so most of it is a recommendation.

use super::granted::{Issued, access_jwt, came_at, client_of};
use super::ground::issuer;
use super::issued::LOGIN;
use super::issued_audience::{AUDIENCE, NARROW};
use crate::evidence::{Evidence, Exchange};
use crate::formats::json::Field;
use crate::formats::jwt::Jwt;
use crate::formats::uri;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// How far `exp` and `expires_in` may be apart, and how far ahead a date of the past may lie, in seconds.
const LEEWAY: i64 = 60;

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "token-not-id-token",
        title: "the access token is no ID token",
        role: Role::AuthorizationServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC9068_4, RFC8725_3_12],
        needs: LOGIN,
        blocked_by: &["token-members"],
        why: "An ID token tells the client who logged in, and every client has one of everybody who used it. A server that takes \
              it as a permission can be entered by any of those clients.",
        fix: "issue an access token of its own type: header `\"typ\": \"at+jwt\"`, `aud` the MCP server, and neither `nonce` nor \
              `at_hash` in it",
        disputed: "",
        faults: &[Fault::new(
            "token-is-id-token",
            &[Deed::At(Reply::AccessTokenClaims, &[Edit::SetJson("/at_hash", "\"77QmUPtjPfzWtF2AnpK9RQ\"")])],
        )],
        judge: not_id_token,
    },
    Check {
        id: "token-iss",
        title: "`iss` is the issuer of the metadata",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC9068_2_2, RFC9068_4],
        needs: LOGIN,
        blocked_by: &["token-not-id-token", "asm-issuer-match"],
        why: "A resource server compares `iss` with the issuer that it trusts, byte by byte, and refuses the token.",
        fix: "write the same string into `issuer` of the metadata and `iss` of the tokens",
        disputed: "",
        faults: &[
            Fault::new(
                "token-iss-other",
                &[Deed::At(Reply::AccessTokenClaims, &[Edit::SetJson("/iss", "\"https://login.example.com\"")])],
            ),
            Fault::new(
                "token-iss-slash",
                &[Deed::At(Reply::AccessTokenClaims, &[Edit::SetJson("/iss", "\"{issuer}/\"")])],
            ),
            Fault::new("token-no-iss", &[Deed::At(Reply::AccessTokenClaims, &[Edit::DropJson("/iss")])]),
        ],
        judge: issuer_claim,
    },
    AUDIENCE,
    NARROW,
    Check {
        id: "token-typ",
        title: "the header says `\"typ\": \"at+jwt\"`",
        role: Role::AuthorizationServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC9068_2_1, RFC8725_3_11],
        needs: LOGIN,
        blocked_by: &["token-not-id-token"],
        why: "The type keeps other JWTs of the same server (ID tokens, logout tokens) from being taken for access tokens.",
        fix: "write `\"typ\": \"at+jwt\"` into the header of access tokens",
        disputed: "MCP mentions RFC 9068 and does not bind it; many identity providers still write `JWT`.",
        faults: &[
            Fault::new(
                "token-typ-jwt",
                &[
                    Deed::At(Reply::AccessTokenHeader, &[Edit::SetJson("/typ", "\"JWT\"")]),
                    Deed::Forget(Duty::VerifyType),
                ],
            ),
            Fault::new(
                "token-no-typ",
                &[Deed::At(Reply::AccessTokenHeader, &[Edit::DropJson("/typ")]), Deed::Forget(Duty::VerifyType)],
            ),
        ],
        judge: typ,
    },
    Check {
        id: "token-claims",
        title: "`exp`, `iat`, `sub`, `client_id` and `jti` are there",
        role: Role::AuthorizationServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC9068_2_2],
        needs: LOGIN,
        blocked_by: &["token-not-id-token"],
        why: "Without `exp` a token is good for ever. The others let a server tell users and clients apart and revoke one token.",
        fix: "add the claims that are missing",
        disputed: "MCP mentions RFC 9068 and does not bind it: only a missing `exp` is a failure.",
        faults: &[
            Fault::new("token-no-jti", &[Deed::At(Reply::AccessTokenClaims, &[Edit::DropJson("/jti")])]),
            Fault::new("token-iat-text", &[Deed::At(Reply::AccessTokenClaims, &[Edit::SetJson("/iat", "\"today\"")])]),
            Fault::new(
                "token-no-exp",
                &[Deed::At(Reply::AccessTokenClaims, &[Edit::DropJson("/exp")]), Deed::Forget(Duty::RequireExpiry)],
            ),
        ],
        judge: claims,
    },
    Check {
        id: "token-exp-consistent",
        title: "the dates in the token fit the answer and the clock",
        role: Role::AuthorizationServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_3],
        needs: LOGIN,
        blocked_by: &["token-claims", "token-expires-in"],
        why: "A client plans by `expires_in`, the server judges by `exp`. Where they differ, requests fail before the client \
              refreshes; a token of the future is refused at first.",
        fix: "compute `exp` as `iat` plus `expires_in`, and keep the clock of the authorization server right",
        disputed: "",
        faults: &[
            Fault::new(
                "token-exp-mismatch",
                &[Deed::At(Reply::AccessTokenClaims, &[Edit::SetJson("/exp", "4102444800")])],
            ),
            Fault::new(
                "token-iat-future",
                &[Deed::At(
                    Reply::AccessTokenClaims,
                    &[Edit::SetJson("/iat", "4102444800"), Edit::SetJson("/exp", "4102445400")],
                )],
            )
            .also(&["rs-valid-accepted"]),
        ],
        judge: dates,
    },
    Check {
        id: "token-client-id",
        title: "the token names the client that it was issued to",
        role: Role::AuthorizationServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC9068_2_2],
        needs: LOGIN,
        blocked_by: &["token-claims"],
        why: "Logs, limits and revocation go by the client; a token in the name of another one is counted against that one.",
        fix: "write the `client_id` of the token request into the claim `client_id`",
        disputed: "",
        faults: &[Fault::new(
            "token-client-id-other",
            &[Deed::At(Reply::AccessTokenClaims, &[Edit::SetJson("/client_id", "\"somebody-else\"")])],
        )],
        judge: client_id,
    },
];

/// A finding in the token that an answer brought.
pub(super) fn in_token(exchange: &Exchange, message: impl Into<String>) -> Finding {
    let at = super::issued::member(exchange, "access_token");
    finding(at, message)
}

/// A claim as it stands there.
pub(super) fn shown(jwt: &Jwt, claim: &str) -> String {
    jwt.claims.get(claim).map_or_else(|| "absent".to_owned(), |value| printable(&value.to_string()).to_string())
}

fn not_id_token(e: &Evidence<'_>) -> Verdict {
    let (Issued { exchange, response }, token, jwt) = need!(access_jwt(e));
    let has = |name: &str| jwt.claims.contains_key(name);
    let client = client_of(exchange);
    let for_client_only = matches!((jwt.audiences(), &client), (Field::Present(audiences), Some(client))
        if !audiences.is_empty() && audiences.iter().all(|audience| audience == client));
    let evidence = match &response.id_token {
        Field::Present(identity) if *identity == token => "it is the same text as `id_token`",
        _ if has("at_hash") || has("c_hash") => "it has a hash that only ID tokens have (`at_hash`, `c_hash`)",
        _ if for_client_only && has("nonce") => "it has a `nonce`, and its audience is the client",
        _ => return Verdict::Pass,
    };
    in_token(exchange, format!("the access token is an ID token: {evidence}"))
        .expected("an access token for the MCP server")
        .fail()
}

fn issuer_claim(e: &Evidence<'_>) -> Verdict {
    let (Issued { exchange, .. }, _, jwt) = need!(access_jwt(e));
    let trail = need!(issuer(e));
    // What the document calls itself; where that differs from its name, another check says so.
    let said = trail.document.and_then(|document| document.text("issuer")).unwrap_or(&trail.issuer).to_owned();
    let found =
        |message: String| in_token(exchange, message).expected(printable(&said).to_string()).actual(shown(&jwt, "iss"));
    match jwt.claim_str("iss") {
        Field::Present(iss) if iss == said || iss == trail.issuer => Verdict::Pass,
        Field::Present(iss) => {
            found(format!("`iss` is not the issuer of the metadata: {}", uri::compare(&said, iss))).fail()
        }
        _ => found("the token does not say who issued it (`iss`)".to_owned()).fail(),
    }
}

fn typ(e: &Evidence<'_>) -> Verdict {
    let (Issued { exchange, .. }, _, jwt) = need!(access_jwt(e));
    let found = jwt.header_str("typ").present();
    let essence = found.map(|typ| typ.to_ascii_lowercase());
    if matches!(essence.as_deref(), Some("at+jwt" | "application/at+jwt")) {
        return Verdict::Pass;
    }
    let shown = found.map_or_else(|| "absent".to_owned(), |typ| printable(typ).to_string());
    in_token(exchange, "the header of the token does not say that it is an access token")
        .expected("at+jwt")
        .actual(shown)
        .warn()
}

fn claims(e: &Evidence<'_>) -> Verdict {
    let (Issued { exchange, .. }, _, jwt) = need!(access_jwt(e));
    let absent = |name: &str| !jwt.claims.contains_key(name);
    if absent("exp") {
        return in_token(exchange, "the token never expires: it has no `exp`")
            .expected("`exp`")
            .actual("absent")
            .fail();
    }
    let texts = ["sub", "client_id", "jti"].map(|name| (name, jwt.claim_str(name).present().is_none()));
    let times = ["exp", "iat"].map(|name| (name, jwt.claim_time(name).present().is_none()));
    let wrong: Vec<&str> = times.into_iter().chain(texts).filter(|(_, wrong)| *wrong).map(|(name, _)| name).collect();
    if wrong.is_empty() {
        return Verdict::Pass;
    }
    let list = wrong.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let actual = wrong.iter().map(|name| format!("{name}: {}", shown(&jwt, name))).collect::<Vec<_>>().join(", ");
    in_token(exchange, format!("the token lacks {list}, or has it in the wrong type"))
        .expected("`exp` and `iat` as numbers; `sub`, `client_id` and `jti` as texts")
        .actual(actual)
        .fix(format!("add {list} to access tokens"))
        .warn()
}

fn dates(e: &Evidence<'_>) -> Verdict {
    let (Issued { exchange, response }, _, jwt) = need!(access_jwt(e));
    let now = came_at(e, exchange);
    for name in ["iat", "nbf"] {
        if let Field::Present(time) = jwt.claim_time(name)
            && time > now.saturating_add(LEEWAY)
        {
            let message = format!("`{name}` lies {} s ahead, by the clock of this machine", time.abs_diff(now));
            return in_token(exchange, message).expected("a time of the past").actual(time.to_string()).warn();
        }
    }
    let expiry = need!(jwt.claim_time("exp").present(), absent "the token has no `exp` that is a number");
    let Some(said) = response.expires_in.seconds() else { return Verdict::blocked("token-expires-in") };
    let said = i64::try_from(said).unwrap_or(i64::MAX);
    let begin = jwt.claim_time("iat").present().unwrap_or(now);
    let lives = expiry.saturating_sub(begin);
    // From now on, too: a token that is handed out again is younger than it looks.
    let left = expiry.saturating_sub(now);
    let close = |seconds: i64| seconds.abs_diff(said) <= LEEWAY.unsigned_abs();
    if close(lives) || close(left) {
        return Verdict::Pass;
    }
    in_token(exchange, format!("the token lives for {lives} s by `exp`, for {said} s by `expires_in`"))
        .expected(format!("`exp` {said} s after `iat`"))
        .actual(format!("{lives} s after it"))
        .warn()
}

fn client_id(e: &Evidence<'_>) -> Verdict {
    let (Issued { exchange, .. }, _, jwt) = need!(access_jwt(e));
    let client = need!(client_of(exchange), absent "the record does not say who asked for the token");
    let names = ["client_id", "azp", "cid", "appid"];
    let found: Vec<&str> = names.into_iter().filter_map(|name| jwt.claim_str(name).present()).collect();
    if found.is_empty() {
        return Verdict::not_applicable("the token names no client");
    }
    if found.contains(&client.as_str()) {
        return Verdict::Pass;
    }
    in_token(exchange, "the token names another client than the one that it was issued to")
        .expected(printable(&client).to_string())
        .actual(printable(&found.join(", ")).to_string())
        .warn()
}
