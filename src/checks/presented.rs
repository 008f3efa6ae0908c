//! What the MCP server does with a good token: MCP authorization ("Token Handling", "Error Handling"), RFC 6750 §2–3.

use super::granted::flaw;
use super::ground::{no_login, refused};
use super::modern::code;
use super::tried::{is_result, is_success};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::rpc::Code;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The steps at which a good token was sent.
const WITH_TOKEN: [Step; 4] = [Step::SessionDiscover, Step::SessionInitialize, Step::SessionList, Step::ResourceTrial];

/// The rows.
pub(super) const CHECKS: &[Check] = &[Check {
    id: "rs-valid-accepted",
    title: "the token that was just issued is accepted",
    role: Role::ResourceServer,
    level: level![Must, Must, Must, Must],
    class: Class::Intrusive,
    mark: Mark::Biting,
    cites: &[MCP_TOKEN_HANDLING, OAUTH21_5_1],
    needs: &WITH_TOKEN,
    blocked_by: &[],
    why: "Every client that logs in fails here, or logs in again and again.",
    fix: "compare what the MCP server expects of a token (issuer, audience, keys, clock) with what the authorization server \
          issues: `mcp-auth token check` says where they differ",
    disputed: "",
    faults: &[
        Fault::new("rs-rejects-own-tokens", &[Deed::Forget(Duty::AcceptOwnTokens)]),
        Fault::new("rs-rejects-own-tokens-legacy", &[Deed::Forget(Duty::AcceptOwnTokens)])
            .under(crate::spec::posture::Posture::LegacyWire),
    ],
    judge: valid_accepted,
}];

fn valid_accepted(e: &Evidence<'_>) -> Verdict {
    need!(refused(e));
    let sent: Vec<&Exchange> = WITH_TOKEN.iter().flat_map(|step| e.all(*step)).collect();
    if sent.iter().any(|x| is_success(x) && is_result(x)) {
        return Verdict::Pass;
    }
    let is_refusal = |x: &&&Exchange| matches!(x.status(), Some(401 | 403 | 500 | 502 | 504));
    if let Some(id) = flaw(e) {
        return Verdict::blocked(id);
    }
    let lacks_headers = |x: &&&Exchange| code(x) == Some(Code::HEADER_MISMATCH);
    match sent.iter().find(is_refusal) {
        None if sent.iter().any(|x| lacks_headers(&x)) => Verdict::blocked("modern-headers-survive"),
        Some(refusal) => {
            let status = refusal.status().map_or_else(String::new, |status| status.to_string());
            finding(Pointer::exchange(refusal.number), "a token that was just issued for this server is refused")
                .expected("the result of the request")
                .actual(status)
                .fail()
        }
        None if sent.is_empty() => no_login(e),
        None => Verdict::inconclusive("no request with the token was answered with a result or a refusal"),
    }
}
