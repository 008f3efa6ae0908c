//! What comes back to the client: draft-ietf-oauth-v2-1 §2.3, §4.1.2, §4.1.2.1 and §10.1.

use super::authorization_ground::{RETURNS, Return, granted, refused};
use super::authorization_issuer::same;
use crate::evidence::Evidence;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "authz-error-state",
        title: "an error that is sent back carries the `state` of the request",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_2_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "A client takes only answers to its own request. Without `state` it waits until it times out, and never learns why.",
        fix: "repeat the exact `state` of the request in every redirect, also in those with `error`",
        disputed: "",
        faults: &[
            Fault::new("authz-error-no-state", &[Deed::At(Reply::AuthorizeErrorRedirect, &[Edit::DropParam("state")])]),
            Fault::new(
                "authz-error-other-state",
                &[Deed::At(Reply::AuthorizeErrorRedirect, &[Edit::SetParam("state", "another")])],
            ),
        ],
        judge: error_state,
    },
    Check {
        id: "authz-code-present",
        title: "a granted request comes back with one code, in the query",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_2],
        needs: RETURNS,
        blocked_by: &["authz-get"],
        why: "A client reads the query of the request that its listener gets. A fragment never leaves the browser, and two codes \
              are none.",
        fix: "send the user back with exactly one `code` parameter in the query of the redirect URI",
        disputed: "",
        faults: &[Fault::new("authz-code-in-fragment", &[Deed::Forget(Duty::AnswerInQuery)])],
        judge: code_present,
    },
    Check {
        id: "authz-state-echo",
        title: "a granted request comes back with its `state`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_2],
        needs: RETURNS,
        blocked_by: &["authz-get"],
        why: "A client takes only answers to its own request. With another `state` it drops the code.",
        fix: "repeat the exact value of `state`, once, in the redirect",
        disputed: "",
        faults: &[
            Fault::new(
                "authz-mangles-state",
                &[Deed::At(Reply::AuthorizeRedirect, &[Edit::SetParam("state", "mangled")])],
            ),
            Fault::new("authz-no-state", &[Deed::At(Reply::AuthorizeRedirect, &[Edit::DropParam("state")])]),
        ],
        judge: state_echo,
    },
    Check {
        id: "authz-redirect-exact-return",
        title: "the answer keeps the query of the redirect URI",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_2, OAUTH21_2_3],
        needs: RETURNS,
        blocked_by: &["authz-get"],
        why: "A client that registered a query finds its own way back by it.",
        fix: "add the parameters of the answer to the query that the redirect URI already has",
        disputed: "",
        faults: &[Fault::new("authz-drops-redirect-query", &[Deed::Forget(Duty::KeepRedirectQuery)])],
        judge: redirect_exact_return,
    },
    Check {
        id: "authz-no-token-front-channel",
        title: "no token comes in a redirect",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_10_1],
        needs: RETURNS,
        blocked_by: &["authz-get"],
        why: "A token in a URL ends up in histories, logs and referrers.",
        fix: "send the code alone in the redirect; tokens come from the token endpoint",
        disputed: "",
        faults: &[Fault::new(
            "authz-leaks-token",
            &[Deed::At(Reply::AuthorizeRedirect, &[Edit::SetParam("access_token", "a-token-that-is-none")])],
        )
        .also(&["token-not-in-url"])],
        judge: no_token_front_channel,
    },
];

/// A finding about a redirect.
pub(super) fn at(back: &Return<'_>, message: impl Into<String>) -> Finding {
    finding(back.at(), message)
}

fn error_state(e: &Evidence<'_>) -> Verdict {
    for back in need!(refused(e)) {
        let Some(sent) = back.asked("state") else { continue };
        let found: Vec<&str> = back.all("state").collect();
        match found.as_slice() {
            [one] if same(one, &sent) => {}
            [] => return at(&back, "an error came back without `state`").expected("the `state` of the request").fail(),
            _ => {
                return at(&back, "an error came back with another `state`")
                    .expected("the `state` of the request")
                    .fail();
            }
        }
    }
    Verdict::Pass
}

fn code_present(e: &Evidence<'_>) -> Verdict {
    for back in need!(granted(e)) {
        let count = |pairs: &[(String, String)]| {
            pairs.iter().filter(|(name, value)| name == "code" && !value.is_empty()).count()
        };
        let found = |message: &str| at(&back, message).expected("one `code` in the query");
        match (count(&back.query), count(&back.fragment)) {
            (1, 0) => {}
            (0, 0) => return found("the redirect brings neither a code nor an error").fail(),
            (0, _) => return found("the code came in the fragment, which never leaves the browser").fail(),
            _ => return found("more than one code came").fail(),
        }
    }
    Verdict::Pass
}

fn state_echo(e: &Evidence<'_>) -> Verdict {
    for back in need!(granted(e)) {
        let found: Vec<&str> = back.all("state").collect();
        let sent = back.asked("state");
        let finding = |message: &str| at(&back, message).expected("the `state` of the request, once");
        match (found.as_slice(), sent) {
            // A browser's request is not recorded; the client itself compared.
            ([_], None) => {}
            ([one], Some(sent)) if same(one, &sent) => {}
            ([_], Some(_)) => return finding("the code came back with another `state`").fail(),
            ([], _) => return finding("the code came back without `state`").fail(),
            _ => return finding("`state` came back more than once").fail(),
        }
    }
    Verdict::Pass
}

fn redirect_exact_return(e: &Evidence<'_>) -> Verdict {
    for back in need!(granted(e)) {
        let registered = back.asked("redirect_uri").and_then(|uri| url::Url::parse(&uri).ok());
        let Some(registered) = registered else { continue };
        let lost = registered.query_pairs().find(|(name, value)| !back.all(name).any(|found| found == value));
        if let Some((name, value)) = lost {
            return at(&back, "the answer lost the query of the redirect URI")
                .expected(printable(&format!("{name}={value}")).to_string())
                .actual("absent")
                .fail();
        }
    }
    Verdict::Pass
}

/// The skip where `iss` is neither promised nor sent.
pub(super) fn unsent(e: &Evidence<'_>) -> Verdict {
    if e.revision >= Revision::R2026_07_28 {
        Verdict::blocked("authz-iss-present")
    } else {
        Verdict::not_applicable("`iss` is neither promised nor sent")
    }
}

fn no_token_front_channel(e: &Evidence<'_>) -> Verdict {
    for back in need!(granted(e)) {
        for name in ["access_token", "id_token", "refresh_token"] {
            if back.all(name).next().is_some() {
                return at(&back, format!("the redirect carries `{name}`")).expected("the code alone").fail();
            }
        }
    }
    Verdict::Pass
}
