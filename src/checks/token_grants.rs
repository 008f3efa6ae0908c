//! Grants that are refused, and how: OAuth 2.1 §3.2 and §3.2.4, RFC 9700 §2.4.

use super::asked::{attempt, error};
use super::token::at;
use super::token_errors::{outcome, refusal, refusal_to_client, told};
use crate::evidence::Evidence;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::server::{BAD_CODE, BAD_REFRESH, BOGUS_CODE, EXTRA_PARAMETER, PASSWORD, UNKNOWN_GRANT};
use crate::verdict::{Check, Class, Mark, Role, Verdict};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "token-unsupported-grant",
        title: "an unknown grant type is answered with `unsupported_grant_type`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_4],
        needs: &[Step::ServerTrial],
        blocked_by: &["token-error-code"],
        why: "Clients with several ways to a token go on to the next one only if they hear that this one is not there.",
        fix: "answer 400 with `{\"error\": \"unsupported_grant_type\"}`",
        disputed: "",
        faults: &[Fault::new("token-grant-error-generic", &[Deed::Forget(Duty::NameUnknownGrant)])],
        judge: unsupported_grant,
    },
    Check {
        id: "token-bad-code",
        title: "a code that was never issued is answered with 400 `invalid_grant`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_4],
        needs: &[Step::ServerTrial],
        blocked_by: &["token-error-code"],
        why: "`invalid_grant` is what makes a client begin the login anew instead of giving up.",
        fix: "answer 400 with `{\"error\": \"invalid_grant\"}` when a code is unknown, used or expired",
        disputed: "MCP wants 401 for invalid tokens; that is about the MCP server. At the token endpoint it is 400, and 401 is for \
                   clients that could not be authenticated. Some servers send 401 here.",
        faults: &[
            Fault::new("token-bad-code-invalid-request", &[Deed::Forget(Duty::NameBadGrant)]),
            Fault::new("token-bad-code-401", &[Deed::Forget(Duty::RefuseBadGrantWith400)]),
        ],
        judge: bad_code,
    },
    Check {
        id: "token-ignores-unknown",
        title: "parameters that nobody knows are ignored",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2],
        needs: &[Step::ServerTrial],
        blocked_by: &["token-error-code"],
        why: "Extensions of OAuth add parameters. A server that refuses them shuts out every client that is newer than itself.",
        fix: "ignore parameters that are not understood",
        disputed: "",
        faults: &[Fault::new("token-rejects-unknown-param", &[Deed::Forget(Duty::IgnoreUnknownTokenParameters)])],
        judge: ignores_unknown,
    },
    Check {
        id: "token-no-bearer-for-grant-password",
        title: "the password grant is not there",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC9700_2_4],
        needs: &[Step::ServerTrial],
        blocked_by: &["token-error-code"],
        why: "The grant hands the user's password to the client, and leaves no room for a second factor.",
        fix: "switch the password grant off: answer 400 with `{\"error\": \"unsupported_grant_type\"}`",
        disputed: "",
        faults: &[Fault::new("token-password-grant", &[Deed::Forget(Duty::RefusePasswordGrant)])],
        judge: no_password,
    },
    Check {
        id: "refresh-bad-token",
        title: "a refresh token that was never issued is answered with 400 `invalid_grant`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_4],
        needs: &[Step::ServerTrial],
        blocked_by: &["token-error-code"],
        why: "Clients keep refresh tokens for weeks. `invalid_grant` is what sends the user back to the login; after a 500 a client \
              tries for ever.",
        fix: "answer 400 with `{\"error\": \"invalid_grant\"}` when a refresh token is unknown, used or expired",
        disputed: "",
        faults: &[
            Fault::new("refresh-bad-token-500", &[Deed::Forget(Duty::SurviveBadRefresh)]),
            Fault::new("refresh-bad-token-403", &[Deed::Forget(Duty::NameBadRefresh)]),
        ],
        judge: bad_refresh,
    },
];

fn unsupported_grant(e: &Evidence<'_>) -> Verdict {
    need!(told(e));
    let exchange = need!(refusal(e, UNKNOWN_GRANT));
    match error(exchange).as_deref() {
        Some("unsupported_grant_type") => Verdict::Pass,
        Some("invalid_client") => {
            Verdict::inconclusive("the server looks at the client first, and this one was unknown to it")
        }
        None => Verdict::blocked("token-error-json"),
        Some(_) => at(exchange, UNKNOWN_GRANT, "the error says something else")
            .expected("400 `unsupported_grant_type`")
            .actual(outcome(exchange))
            .warn(),
    }
}

fn bad_code(e: &Evidence<'_>) -> Verdict {
    need!(told(e));
    let exchange = need!(refusal_to_client(e, BAD_CODE));
    let found = |what: &str| at(exchange, BAD_CODE, what).expected("400 `invalid_grant`").actual(outcome(exchange));
    match (exchange.status(), error(exchange).as_deref()) {
        (Some(400), Some("invalid_grant")) => Verdict::Pass,
        (Some(401), Some("invalid_grant")) => found("the status is that of a client that is not authenticated").warn(),
        (_, None) => Verdict::blocked("token-error-json"),
        (_, Some("invalid_client")) => Verdict::inconclusive("the server does not know our client any more"),
        _ => found("the error says something else").warn(),
    }
}

fn ignores_unknown(e: &Evidence<'_>) -> Verdict {
    need!(told(e));
    let exchange = need!(refusal(e, EXTRA_PARAMETER));
    let twin = if attempt(e, BAD_CODE).is_some() { BAD_CODE } else { BOGUS_CODE };
    let control = need!(refusal(e, twin));
    match (error(exchange), error(control)) {
        (Some(with), Some(without)) if with == without => Verdict::Pass,
        (None, _) | (_, None) => Verdict::blocked("token-error-json"),
        (_, Some(without)) => at(exchange, EXTRA_PARAMETER, "the error is another than without it")
            .expected(printable(&without).to_string())
            .actual(outcome(exchange))
            .fail(),
    }
}

fn no_password(e: &Evidence<'_>) -> Verdict {
    need!(told(e));
    let exchange = need!(refusal(e, PASSWORD));
    match error(exchange).as_deref() {
        Some("invalid_grant") => at(exchange, PASSWORD, "it was taken for a wrong password: the grant is there")
            .expected("400 `unsupported_grant_type`")
            .actual(outcome(exchange))
            .warn(),
        Some("invalid_client") => {
            Verdict::inconclusive("the server looks at the client first, and this one was unknown to it")
        }
        None => Verdict::blocked("token-error-json"),
        Some(_) => Verdict::Pass,
    }
}

fn bad_refresh(e: &Evidence<'_>) -> Verdict {
    need!(told(e));
    let exchange = need!(refusal_to_client(e, BAD_REFRESH));
    let found = |what: &str| at(exchange, BAD_REFRESH, what).expected("400 `invalid_grant`").actual(outcome(exchange));
    match (exchange.status(), error(exchange).as_deref()) {
        (Some(200..=299), _) => found("it was answered as a success").fail(),
        (Some(500..=599), _) => found("the server failed").fail(),
        (Some(400), Some("invalid_grant")) => Verdict::Pass,
        (_, Some("invalid_client")) => Verdict::inconclusive("the server does not know our client any more"),
        (_, Some("unauthorized_client" | "unsupported_grant_type")) => {
            Verdict::not_applicable("our client may not refresh")
        }
        _ => found("the refusal is another").warn(),
    }
}
