//! The `iss` of an authorization response: RFC 9207 §2 and §3, MCP authorization ("Authorization Response Validation").

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::authorization_answer::{at, unsent};
use super::authorization_ground::{RETURNS, granted, refused};
use super::ground;
use super::server_members::{flag, text};
use crate::evidence::{Evidence, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
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
];

/// The member that promises `iss`.
const PROMISE: &str = "authorization_response_iss_parameter_supported";

/// Whether two values are the same, as far as the record says: a saved one keeps the length only.
pub(super) fn same(one: &str, other: &str) -> bool {
    one == other || one.starts_with("[redacted") || other.starts_with("[redacted")
}

/// Whether the metadata promises `iss`.
pub(super) fn promised(e: &Evidence<'_>) -> Result<bool, Verdict> {
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
