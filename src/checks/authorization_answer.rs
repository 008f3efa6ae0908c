//! What comes back to the client: draft-ietf-oauth-v2-1 §2.3, §4.1.2, §4.1.2.1 and §10.1, RFC 9207 §2, MCP authorization
//! ("Authorization Response Validation").

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::authorization_ground::{RETURNS, Return, granted, refused};
use super::ground;
use super::server_members::{flag, text};
use crate::evidence::{Evidence, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The member that promises `iss`.
const PROMISE: &str = "authorization_response_iss_parameter_supported";

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
        id: "authz-error-iss",
        title: "an error that is sent back carries `iss`",
        role: Role::AuthorizationServer,
        level: level![_, _, _, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_ISS, RFC9207_2],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "A client that was promised `iss` rejects an answer without it, and so never shows the error to the user.",
        fix: "send `iss` with every authorization response, also with those that carry `error`",
        disputed: "",
        faults: &[Fault::new(
            "authz-error-no-iss",
            &[Deed::At(Reply::AuthorizeErrorRedirect, &[Edit::DropParam("iss")])],
        )],
        judge: error_iss,
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
        id: "authz-iss-present",
        title: "a granted request comes back with `iss`",
        role: Role::AuthorizationServer,
        level: level![_, _, _, Should],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_ISS, RFC9207_2],
        needs: RETURNS,
        blocked_by: &["authz-get"],
        why: "A client that uses several authorization servers tells by `iss` which one answered; without it one can pass itself \
              off as another.",
        fix: "send `iss` with every authorization response and add `\"authorization_response_iss_parameter_supported\": true` to \
              the metadata",
        disputed: "A SHOULD in 2026-07-28, announced to become a MUST.",
        faults: &[Fault::new(
            "authz-no-iss",
            &[
                Deed::At(Reply::AuthorizeRedirect, &[Edit::DropParam("iss")]),
                Deed::At(Reply::ServerMetadata, &[Edit::DropJson("/authorization_response_iss_parameter_supported")]),
                Deed::At(Reply::OpenIdMetadata, &[Edit::DropJson("/authorization_response_iss_parameter_supported")]),
            ],
        )
        .also(&["asm-iss-advertised"])],
        judge: iss_present,
    },
    Check {
        id: "authz-iss-unadvertised",
        title: "`iss` is promised where it comes",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_ISS, RFC9207_3],
        needs: RETURNS,
        blocked_by: &["authz-get", "authz-iss-present"],
        why: "A client that was not promised `iss` cannot tell an answer that lost it from one that never had it, so it protects \
              nobody.",
        fix: "add `\"authorization_response_iss_parameter_supported\": true` to the metadata",
        disputed: "2026-07-28 says that a server that sends `iss` must advertise it; before, only RFC 9207 says so.",
        faults: &[Fault::new(
            "iss-sent-not-advertised",
            &[
                Deed::At(Reply::ServerMetadata, &[Edit::DropJson("/authorization_response_iss_parameter_supported")]),
                Deed::At(Reply::OpenIdMetadata, &[Edit::DropJson("/authorization_response_iss_parameter_supported")]),
            ],
        )
        .also(&["asm-iss-advertised"])],
        judge: iss_unadvertised,
    },
    Check {
        id: "authz-iss-as-advertised",
        title: "`iss` comes where the metadata promises it",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, Must],
        class: Class::Intrusive,
        mark: Mark::Biting,
        cites: &[RFC9207_2_3, MCP_ISS],
        needs: RETURNS,
        blocked_by: &["authz-get", "authz-iss-present", "authz-iss-unadvertised"],
        why: "A client that was promised `iss` must reject an answer without it: the login dies at its last step.",
        fix: "send `iss` with the exact `issuer` of the metadata in every authorization response, or take \
              `authorization_response_iss_parameter_supported` out of the metadata",
        disputed: "",
        faults: &[Fault::new(
            "iss-advertised-not-sent",
            &[Deed::At(Reply::AuthorizeRedirect, &[Edit::DropParam("iss")])],
        )],
        judge: iss_as_advertised,
    },
    Check {
        id: "authz-iss-match",
        title: "`iss` is the `issuer` of the metadata, byte for byte",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC9207_2_3, RFC9207_2_4],
        needs: RETURNS,
        blocked_by: &["authz-get"],
        why: "Clients compare the two as text. One slash more or less, and the login dies at its last step.",
        fix: "send the `issuer` of the metadata as `iss`, byte for byte",
        disputed: "",
        faults: &[
            Fault::new(
                "authz-iss-trailing-slash",
                &[Deed::At(Reply::AuthorizeRedirect, &[Edit::SetParam("iss", "{issuer}/")])],
            ),
            Fault::new(
                "authz-iss-other",
                &[Deed::At(Reply::AuthorizeRedirect, &[Edit::SetParam("iss", "https://other.mcp-auth.invalid")])],
            ),
        ],
        judge: iss_match,
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
fn at(back: &Return<'_>, message: impl Into<String>) -> Finding {
    finding(back.at(), message)
}

/// Whether two values are the same, as far as the record says: a saved one keeps the length only.
fn same(one: &str, other: &str) -> bool {
    one == other || one.starts_with("[redacted") || other.starts_with("[redacted")
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

/// Whether the metadata promises `iss`.
fn promised(e: &Evidence<'_>) -> Result<bool, Verdict> {
    let server = ground::server(e)?;
    Ok(flag(&server, PROMISE)? == Some(true))
}

fn error_iss(e: &Evidence<'_>) -> Verdict {
    let backs = need!(refused(e));
    let promised = need!(promised(e));
    match backs.iter().find(|back| back.all("iss").next().is_none()) {
        None => Verdict::Pass,
        Some(back) if promised => {
            at(back, "an error came back without `iss`, which the metadata promises").expected("`iss`").fail()
        }
        Some(back) => at(back, "an error came back without `iss`").expected("`iss`").warn(),
    }
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

fn iss_present(e: &Evidence<'_>) -> Verdict {
    let backs = need!(granted(e));
    if need!(promised(e)) {
        return Verdict::not_applicable("the metadata promises `iss`, which another check holds it to");
    }
    match backs.iter().find(|back| back.all("iss").next().is_none()) {
        None => Verdict::Pass,
        Some(back) => at(back, "the code came back without `iss`, which is to become a must").expected("`iss`").warn(),
    }
}

/// The skip where `iss` is neither promised nor sent.
fn unsent(e: &Evidence<'_>) -> Verdict {
    if e.revision >= Revision::R2026_07_28 {
        Verdict::blocked("authz-iss-present")
    } else {
        Verdict::not_applicable("`iss` is neither promised nor sent")
    }
}

fn iss_as_advertised(e: &Evidence<'_>) -> Verdict {
    let backs = need!(granted(e));
    if !need!(promised(e)) {
        let is_sent = backs.iter().any(|back| back.all("iss").next().is_some());
        return if is_sent { Verdict::blocked("authz-iss-unadvertised") } else { unsent(e) };
    }
    match backs.iter().find(|back| back.all("iss").next().is_none()) {
        None => Verdict::Pass,
        Some(back) => {
            at(back, "the code came back without `iss`, which the metadata promises").expected("`iss`").fail()
        }
    }
}

fn iss_unadvertised(e: &Evidence<'_>) -> Verdict {
    let backs = need!(granted(e));
    if need!(promised(e)) {
        return Verdict::Pass;
    }
    let Some(back) = backs.iter().find(|back| back.all("iss").next().is_some()) else {
        return unsent(e);
    };
    let found =
        at(back, "`iss` came back, and the metadata does not promise it").expected(format!("`\"{PROMISE}\": true`"));
    if e.revision >= Revision::R2026_07_28 { found.fail() } else { found.warn() }
}

fn iss_match(e: &Evidence<'_>) -> Verdict {
    let backs = need!(granted(e)).into_iter().chain(refused(e).unwrap_or_default());
    let server = need!(ground::server(e));
    let Some(issuer) = need!(text(&server, "issuer")) else { return Verdict::blocked("asm-issuer-present") };
    let mut looked = false;
    for back in backs {
        for found in back.all("iss") {
            looked = true;
            if found == issuer {
                continue;
            }
            let slash = found.trim_end_matches('/') == issuer.trim_end_matches('/');
            let message = if slash {
                "`iss` differs from the `issuer` of the metadata by a slash at its end"
            } else {
                "`iss` is not the `issuer` of the metadata"
            };
            return Finding { at: Some(Pointer { ..back.at() }), ..at(&back, message) }
                .expected(printable(issuer).to_string())
                .actual(printable(found).to_string())
                .fail();
        }
    }
    if looked { Verdict::Pass } else { Verdict::not_applicable("no `iss` came") }
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
