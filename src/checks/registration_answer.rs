//! What the answer to a registration holds: RFC 7591 §3.2.1, MCP authorization ("Refresh Tokens").

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use serde_json::{Map, Value};

use super::asked::attempt;
use super::registration_ground::{ORDINARY, accepted, answer, is_accepted, members, redirects, request};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::registration::SECRET;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "reg-client-id",
        title: "the answer to a registration gives a `client_id`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7591_3_2_1],
        needs: ORDINARY,
        blocked_by: &["reg-open", "reg-loopback-native"],
        why: "Without an id the client has nothing to go on with.",
        fix: "answer with a JSON object that holds `\"client_id\": \"ID\"`",
        disputed: "",
        faults: &[
            Fault::new("dcr-no-client-id", &[Deed::At(Reply::Registration, &[Edit::DropJson("/client_id")])]),
            Fault::new("dcr-client-id-number", &[Deed::At(Reply::Registration, &[Edit::SetJson("/client_id", "17")])]),
        ],
        judge: client_id,
    },
    Check {
        id: "reg-client-id-not-url",
        title: "an issued `client_id` does not look like a client ID metadata document",
        role: Role::AuthorizationServer,
        level: level![_, _, Practice, Practice],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[CIMD_REGISTERED],
        needs: ORDINARY,
        blocked_by: &["reg-open", "reg-loopback-native", "reg-client-id"],
        why: "A client id that begins with `https://` is the URL of a document. Who issues such ids cannot tell the two apart.",
        fix: "issue client ids that do not begin with `https://`",
        disputed: "Draft 01 of client ID metadata documents says so; MCP binds draft 00.",
        faults: &[Fault::new(
            "dcr-https-client-id",
            &[Deed::At(Reply::Registration, &[Edit::SetJson("/client_id", "\"https://clients.mcp-auth.invalid/17\"")])],
        )
        .also(&["reg-distinct-ids"])],
        judge: client_id_not_url,
    },
    Check {
        id: "reg-echo",
        title: "the answer to a registration repeats what was registered",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7591_3_2_1],
        needs: ORDINARY,
        blocked_by: &["reg-open", "reg-loopback-native", "reg-client-id"],
        why: "A server may replace what a client asks for. Only the answer tells the client which redirect URIs will work.",
        fix: "return every registered member, `redirect_uris` above all, exactly as it will be enforced",
        disputed: "",
        faults: &[
            Fault::new(
                "dcr-drops-redirect-uris",
                &[Deed::At(Reply::Registration, &[Edit::DropJson("/redirect_uris")])],
            ),
            Fault::new(
                "dcr-changes-redirect-uris",
                &[Deed::At(
                    Reply::Registration,
                    &[Edit::SetJson("/redirect_uris", "[\"https://app.mcp-auth.invalid/other\"]")],
                )],
            ),
            Fault::new("dcr-drops-client-name", &[Deed::At(Reply::Registration, &[Edit::DropJson("/client_name")])]),
        ],
        judge: echo,
    },
    Check {
        id: "reg-public-client",
        title: "a client that asks for no authentication is registered as a public one",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7591_2, RFC7591_3_2_1],
        needs: ORDINARY,
        blocked_by: &["reg-open", "reg-loopback-native", "reg-client-id"],
        why: "A client on a user's machine can keep no secret. If another method is registered, it must find that in the answer, \
              and a secret with it.",
        fix: "register `\"token_endpoint_auth_method\": \"none\"` when it is asked for, and return it without a secret",
        disputed: "",
        faults: &[
            Fault::new(
                "dcr-ignores-auth-method",
                &[Deed::At(
                    Reply::Registration,
                    &[
                        Edit::SetJson("/token_endpoint_auth_method", "\"client_secret_basic\""),
                        Edit::SetJson("/client_secret", "\"a-secret-that-nobody-asked-for\""),
                        Edit::SetJson("/client_secret_expires_at", "0"),
                    ],
                )],
            ),
            Fault::new(
                "dcr-drops-auth-method",
                &[Deed::At(Reply::Registration, &[Edit::DropJson("/token_endpoint_auth_method")])],
            ),
        ],
        judge: public_client,
    },
    Check {
        id: "reg-secret-expiry",
        title: "with a client secret comes the time of its end",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7591_3_2_1],
        needs: ORDINARY,
        blocked_by: &["reg-open", "reg-loopback-native"],
        why: "A client that does not know when its secret ends finds out when logins fail.",
        fix: "add `\"client_secret_expires_at\": SECONDS` beside `client_secret`, or `0` if it never ends",
        disputed: "",
        faults: &[Fault::new("dcr-no-secret-expiry", &[Deed::Forget(Duty::TellSecretExpiry)])],
        judge: secret_expiry,
    },
    Check {
        id: "reg-refresh-grant",
        title: "the grant `refresh_token` is registered when it is asked for",
        role: Role::AuthorizationServer,
        level: level![_, _, _, Practice],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_REFRESH, RFC7591_3_2_1],
        needs: ORDINARY,
        blocked_by: &["reg-open", "reg-loopback-native", "reg-client-id"],
        why: "Without refresh tokens users log in again whenever an access token ends.",
        fix: "keep `refresh_token` in the `grant_types` of clients that ask for it, and issue refresh tokens to them",
        disputed: "",
        faults: &[Fault::new(
            "dcr-drops-refresh-grant",
            &[Deed::At(Reply::Registration, &[Edit::DropJson("/grant_types/1")])],
        )],
        judge: refresh_grant,
    },
];

fn client_id(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(accepted(e));
    let Some(answer) = members(exchange) else {
        let message = "the answer to a registration is no JSON object";
        return finding(Pointer::exchange(exchange.number), message).expected("`{\"client_id\": …}`").fail();
    };
    let value = answer.get("client_id");
    if value.and_then(Value::as_str).is_some_and(|id| !id.is_empty()) {
        return Verdict::Pass;
    }
    let shown = value.map_or_else(|| "absent".to_owned(), |value| printable(&value.to_string()).to_string());
    finding(Pointer::json(exchange.number, "/client_id"), "the answer to a registration gives no client id")
        .expected("a string that is not empty")
        .actual(shown)
        .fail()
}

/// The answer with a client id.
fn named<'e>(e: &'e Evidence<'_>) -> Result<(&'e Exchange, Map<String, Value>, String), Verdict> {
    let (exchange, answer) = answer(e)?;
    let id = answer.get("client_id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
    id.map(|id| (exchange, answer, id)).ok_or(Verdict::blocked("reg-client-id"))
}

fn client_id_not_url(e: &Evidence<'_>) -> Verdict {
    let (exchange, _, id) = need!(named(e));
    if !id.starts_with("https://") {
        return Verdict::Pass;
    }
    finding(Pointer::json(exchange.number, "/client_id"), "the client id that was issued begins with `https://`")
        .expected("another form")
        .actual(printable(&id).to_string())
        .warn()
}

fn echo(e: &Evidence<'_>) -> Verdict {
    let (exchange, answer, _) = need!(named(e));
    let asked = request(exchange);
    let at = |name: &str| Pointer::json(exchange.number, &format!("/{name}"));
    let shown =
        |value: Option<&Value>| value.map_or_else(|| "absent".to_owned(), |v| printable(&v.to_string()).to_string());
    let sorted = |members: &Map<String, Value>| {
        let mut list: Option<Vec<String>> =
            redirects(members).map(|uris| uris.into_iter().map(str::to_owned).collect());
        list.iter_mut().for_each(|list| list.sort_unstable());
        list
    };
    if sorted(&asked) != sorted(&answer) {
        let message = match answer.get("redirect_uris") {
            None => "the answer does not say which redirect URIs were registered",
            Some(_) => "the answer names other redirect URIs than the request",
        };
        return finding(at("redirect_uris"), message)
            .expected(shown(asked.get("redirect_uris")))
            .actual(shown(answer.get("redirect_uris")))
            .fail();
    }
    // Method and grants have rows of their own; what a server does not know it need not repeat.
    for name in ["client_name", "response_types"] {
        if asked.contains_key(name) && !answer.contains_key(name) {
            return finding(at(name), format!("the answer does not repeat `{name}`"))
                .expected(shown(asked.get(name)))
                .actual("absent")
                .warn();
        }
    }
    Verdict::Pass
}

fn public_client(e: &Evidence<'_>) -> Verdict {
    const NAME: &str = "token_endpoint_auth_method";
    let (exchange, answer, _) = need!(named(e));
    if request(exchange).get(NAME).and_then(Value::as_str) != Some("none") {
        return Verdict::not_applicable("the server names no method without authentication, so none was asked for");
    }
    let has_secret = answer.get("client_secret").and_then(Value::as_str).is_some_and(|secret| !secret.is_empty());
    let at = Pointer::json(exchange.number, &format!("/{NAME}"));
    let found = |message: &str| finding(at.clone(), message).expected("none");
    match (answer.get(NAME).and_then(Value::as_str), has_secret) {
        (Some("none"), false) => Verdict::Pass,
        (Some("none"), true) => found("a public client was given a secret, too").actual("none, and a `client_secret`").info(),
        (Some(other), true) => {
            found("a client that asked for no authentication was registered with a secret").actual(printable(other).to_string()).warn()
        }
        (Some(other), false) => {
            found("a client that asked for no authentication was registered with a method it has no secret for")
                .actual(printable(other).to_string())
                .fail()
        }
        (None, true) => {
            found("a client that asked for no authentication was given a secret, without a word how to use it")
                .actual("absent")
                .warn()
        }
        (None, false) => {
            found("the answer does not say how the client authenticates, which means `client_secret_basic`, and there is no secret")
                .actual("absent")
                .fail()
        }
    }
}

fn secret_expiry(e: &Evidence<'_>) -> Verdict {
    need!(accepted(e));
    let tried = attempt(e, SECRET).into_iter().chain(e.all(Step::ClientRegister));
    let secrets = tried.filter(|x| is_accepted(x)).filter_map(|x| Some((x, members(x)?)));
    let mut with_secret = secrets.filter(|(_, answer)| answer.get("client_secret").is_some_and(Value::is_string));
    let Some((exchange, answer)) = with_secret.next() else {
        return Verdict::not_applicable("no client secret was issued");
    };
    if answer.get("client_secret_expires_at").is_some_and(Value::is_number) {
        return Verdict::Pass;
    }
    let shown = answer.get("client_secret_expires_at").map_or("absent", |_| "not a number");
    let at = Pointer::json(exchange.number, "/client_secret_expires_at");
    finding(at, "a client secret was issued without the time of its end")
        .expected("a number of seconds, or 0")
        .actual(shown)
        .warn()
}

fn refresh_grant(e: &Evidence<'_>) -> Verdict {
    let (exchange, answer, _) = need!(named(e));
    let holds = |members: &Map<String, Value>| {
        let list = members.get("grant_types").and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|grant| grant == "refresh_token"))
    };
    if !holds(&request(exchange)) {
        return Verdict::not_applicable("the grant was not asked for");
    }
    if holds(&answer) {
        return Verdict::Pass;
    }
    let shown =
        answer.get("grant_types").map_or_else(|| "absent".to_owned(), |v| printable(&v.to_string()).to_string());
    finding(
        Pointer::json(exchange.number, "/grant_types"),
        "the grant `refresh_token` was asked for and not registered",
    )
    .expected("a list with \"refresh_token\"")
    .actual(shown)
    .warn()
}
