//! What grows old at the authorization server: codes (draft-ietf-oauth-v2-1 §4.1.2), and the documents of clients
//! (draft-ietf-oauth-client-id-metadata-document §4.4, RFC 9111 §4.2 and §5.2).

use super::asked::{Asked, Kind, Passage, asked, attempt, issues, kind, passage_beside};
use super::documents::taken;
use crate::evidence::{Evidence, Pointer};
use crate::level;
use crate::need;
use crate::rfc;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::reach::Reach;
use crate::spec::step::Step;
use crate::spec::trial::documents::{CHANGED, CHANGING, MISSING, OUTDATED};
use crate::spec::trial::token::{OLD_CODE, YOUNG_CODE};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The longest that a code ought to live, in milliseconds.
const LONGEST: u64 = 600_000;

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "authz-code-lifetime",
        title: "a code is of no use after ten minutes",
        role: Role::AuthorizationServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_2],
        needs: &[Step::SlowTrial],
        blocked_by: &[],
        why: "Codes stand in URLs, which end in histories and logs. One that still works the next day is found there.",
        fix: "let codes expire after a minute, ten at most, and answer 400 `{\"error\":\"invalid_grant\"}` afterwards",
        disputed: "",
        faults: &[Fault::new("code-long-lived", &[Deed::Forget(Duty::LimitCodeLifetime)])],
        judge: code_lifetime,
    },
    Check {
        id: "authz-client-revalidated",
        title: "a client ID metadata document that may not be kept is fetched again",
        role: Role::AuthorizationServer,
        level: level![_, _, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[CIMD_4_4, rfc!(9111, "5.2.2.5")],
        needs: &[Step::DocumentTrial],
        blocked_by: &["cimd-works"],
        why: "A client that takes a redirect URI out of its document, because somebody else got hold of it, counts on that being seen.",
        fix: "go by `Cache-Control` of the document: keep it no longer than that says, and not at all at `no-store`",
        disputed: "Draft 00 lets servers keep documents and says that they should go by the cache headers; a later draft says more.",
        faults: &[Fault::new("cimd-stale-metadata", &[Deed::Forget(Duty::RevalidateDocument)])],
        judge: revalidated,
    },
];

fn code_lifetime(e: &Evidence<'_>) -> Verdict {
    match asked(e, YOUNG_CODE, issues) {
        _ if attempt(e, YOUNG_CODE).is_some_and(issues) => {}
        Asked::Unclear(why) if e.went(Reach::Intrusive) => return Verdict::inconclusive(why),
        _ if e.went(Reach::Intrusive) => return Verdict::inconclusive("a code that is redeemed at once was refused"),
        _ => return Verdict::needs(Reach::Intrusive),
    }
    let late = match asked(e, OLD_CODE, issues) {
        Asked::Granted(late) => late,
        Asked::Unclear(why) => return Verdict::inconclusive(why),
        Asked::Refused(_) | Asked::Broke => return Verdict::Pass,
    };
    let issued = [Step::CodeTrial, Step::CodeReturn].into_iter().flat_map(|step| e.all(step));
    let issued = issued.filter(|x| x.about.as_deref() == Some(OLD_CODE.name) && x.number < late.number);
    let age = issued.map(|x| late.at.saturating_sub(x.at)).min().unwrap_or_default();
    if age < LONGEST {
        return Verdict::inconclusive("the code was not ten minutes old");
    }
    finding(Pointer::exchange(late.number), format!("we {}, and a token was issued", OLD_CODE.wrong))
        .expected("400 `invalid_grant`")
        .actual(format!("a token, for a code {} s old", age / 1000))
        .warn()
}

fn revalidated(e: &Evidence<'_>) -> Verdict {
    need!(taken(e));
    let (Some(first), Some(changed)) = (attempt(e, CHANGING), attempt(e, CHANGED)) else {
        return Verdict::inconclusive("it was not tried");
    };
    if !matches!(kind(first), Kind::Code | Kind::Page | Kind::Away) {
        return Verdict::inconclusive("the document was refused before it was changed");
    }
    let stale = |number: u32, what: &str| {
        finding(
            Pointer::exchange(number),
            format!("a document that may not be kept (`no-store`) was changed, and {what}"),
        )
        .expected("the document is fetched again")
        .actual("the one of before is gone by")
        .info()
    };
    match kind(changed) {
        Kind::Refused | Kind::Error => return stale(changed.number, "its new redirect URI is refused"),
        Kind::Code | Kind::Page | Kind::Away => {}
        Kind::Broke | Kind::Busy | Kind::Silent => return Verdict::inconclusive("no answer came"),
    }
    match need!(passage_beside(e, first, MISSING, OUTDATED)) {
        Passage::Code(exchange) | Passage::GoesOn(exchange) => {
            stale(exchange.number, "the redirect URI that was taken out is still accepted")
        }
        _ => Verdict::Pass,
    }
}
