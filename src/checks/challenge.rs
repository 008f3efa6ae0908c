//! The 401 and its challenge: RFC 9110 §11.6.1, RFC 6750 §3, RFC 9728 §5, MCP authorization.

use super::ground::refused;
use crate::evidence::{Evidence, Mode, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "challenge-status-401",
        title: "a request without a token is answered with 401",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[MCP_ERRORS, RFC9110_15_5_2],
        needs: &[Step::McpDiscover],
        blocked_by: &[],
        why: "Only a 401 starts the login in a client. Any other refusal reads as a broken server.",
        fix: "answer requests without a token with status 401 and a `WWW-Authenticate: Bearer` header, before anything else looks at the request",
        disputed: "",
        faults: &[Fault::new("unauth-403", &[Deed::At(Reply::Challenge, &[Edit::Status(403)])])],
        judge: status_401,
    },
    Check {
        id: "challenge-header-present",
        title: "the 401 carries a `WWW-Authenticate` header",
        role: Role::ResourceServer,
        level: level![RfcMust, Must, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[RFC9110_15_5_2, OAUTH21_5_3_1, MCP2_LOCATION],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-status-401"],
        why: "Clients read from it where the resource metadata is and which scopes to ask for. Without it many never begin.",
        fix: "add to the 401: `WWW-Authenticate: Bearer resource_metadata=\"https://HOST/.well-known/oauth-protected-resource/PATH\", scope=\"SCOPES\"`",
        disputed: "",
        faults: &[Fault::new(
            "no-www-authenticate",
            &[Deed::At(Reply::Challenge, &[Edit::DropHeader("www-authenticate")])],
        )],
        judge: header_present,
    },
];

fn status_401(e: &Evidence<'_>) -> Verdict {
    if e.challenged().is_some() {
        return Verdict::Pass;
    }
    let first = need!(e.first(Step::McpDiscover), absent "no request without a token was made");
    match e.mode() {
        Mode::Public | Mode::Lazy => {
            finding(Pointer::exchange(first.number), "everything asked was answered without a token").info()
        }
        _ => {
            let status = first.status().map_or_else(|| "no answer".to_owned(), |s| s.to_string());
            finding(Pointer::exchange(first.number), "a request without a token is not answered with 401")
                .expected("401")
                .actual(status)
                .fail()
        }
    }
}

fn header_present(e: &Evidence<'_>) -> Verdict {
    let refused = need!(refused(e));
    let present = refused.exchange.reply().is_some_and(|reply| reply.header("www-authenticate").is_some());
    if present {
        Verdict::Pass
    } else {
        finding(
            Pointer::header(refused.exchange.number, "www-authenticate"),
            "the 401 has no `WWW-Authenticate` header",
        )
        .fail()
    }
}
