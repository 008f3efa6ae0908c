//! How client ID metadata documents are fetched: draft-ietf-oauth-client-id-metadata-document §4, §4.4, §6.5 and §6.6, MCP
//! authorization ("Authorization Server Abuse Protection").

use super::asked::{Kind, attempt, kind};
use super::documents::{accepted, advertised, at, taken};
use crate::evidence::{Evidence, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::posture::Posture;
use crate::spec::reach::Reach;
use crate::spec::step::Step;
use crate::spec::trial::documents::*;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "cimd-ssrf",
        title: "documents are not fetched from private addresses",
        role: Role::AuthorizationServer,
        level: level![_, _, Should, Should],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_ABUSE, CIMD_6_5],
        needs: &[Step::DocumentTrial],
        blocked_by: &[],
        why: "Anybody can name a `client_id`. A server that fetches whatever it is told reaches what only it can reach: its own machine, the cloud's metadata.",
        fix: "resolve the host of the `client_id` URL and refuse loopback, link-local and private addresses before the connection is made",
        disputed: "",
        faults: &[Fault::new("cimd-no-ssrf-guard", &[Deed::Forget(Duty::GuardDocumentFetch)]).under(Posture::Https)],
        judge: ssrf,
    },
    Check {
        id: "cimd-no-redirect",
        title: "no redirect is followed when a document is fetched",
        role: Role::AuthorizationServer,
        level: level![_, _, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[CIMD_4, CIMD_6_5],
        needs: &[Step::DocumentTrial],
        blocked_by: &["cimd-works"],
        why: "A redirect leads around the check of the address, and lets another site answer for the client's.",
        fix: "take redirects for errors when documents are fetched",
        disputed: "The draft that MCP binds says nothing of redirects; the next one says that they must not be followed.",
        faults: &[Fault::new("cimd-follows-redirects", &[Deed::Forget(Duty::RefuseDocumentRedirect)])],
        judge: no_redirect,
    },
    Check {
        id: "cimd-size",
        title: "a document of a megabyte is refused",
        role: Role::AuthorizationServer,
        level: level![_, _, RfcShould, RfcShould],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[CIMD_6_6],
        needs: &[Step::DocumentTrial],
        blocked_by: &["cimd-works"],
        why: "Anybody can name a document of any length, and make the server read it.",
        fix: "read at most 5 kB of a document, and refuse longer ones",
        disputed: "",
        faults: &[Fault::new("cimd-no-size-limit", &[Deed::Forget(Duty::LimitDocument)])],
        judge: size,
    },
    Check {
        id: "cimd-error-not-cached",
        title: "a document that failed once is asked for again",
        role: Role::AuthorizationServer,
        level: level![_, _, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[CIMD_4_4],
        needs: &[Step::DocumentTrial],
        blocked_by: &["cimd-works"],
        why: "A client whose site was down for a second would be locked out for as long as the failure is kept.",
        fix: "keep only documents that were fetched and are valid",
        disputed: "",
        faults: &[Fault::new("cimd-caches-errors", &[Deed::Forget(Duty::RetryDocument)])],
        judge: error_not_cached,
    },
];

fn ssrf(e: &Evidence<'_>) -> Verdict {
    need!(advertised(e));
    if attempt(e, LOOPBACK_HOST).is_none() {
        return if e.went(Reach::Intrusive) {
            Verdict::not_applicable("the authorization server is on this machine itself")
        } else {
            Verdict::needs(Reach::Intrusive)
        };
    }
    let Some(visit) = e.about(Step::DocumentFetched, LOOPBACK_HOST.name) else {
        // Of a server on another machine our listener says nothing.
        let is_here =
            |host: &str| e.trail.lookups.iter().any(|l| l.host == host && l.addresses.iter().any(|a| a.is_loopback()));
        let issuer = e.authorization_server().and_then(|s| url::Url::parse(&s.issuer).ok());
        let known = issuer.as_ref().and_then(url::Url::host_str).is_some_and(is_here);
        return if known {
            Verdict::Pass
        } else {
            Verdict::inconclusive(
                "whether a server elsewhere connects to its own loopback address cannot be seen from here",
            )
        };
    };
    let message = format!("we {}, and the server connected to it", LOOPBACK_HOST.wrong);
    finding(Pointer::exchange(visit.number), message).expected("no connection").fail()
}

fn no_redirect(e: &Evidence<'_>) -> Verdict {
    match need!(accepted(e, &[REDIRECT])) {
        Some((exchange, trial)) => at(exchange, trial, "the redirect was followed").expected("an error page").warn(),
        None => Verdict::Pass,
    }
}

fn size(e: &Evidence<'_>) -> Verdict {
    match need!(accepted(e, &[HUGE])) {
        Some((exchange, trial)) => at(exchange, trial, "it was taken").expected("an error page").warn(),
        None => Verdict::Pass,
    }
}

fn error_not_cached(e: &Evidence<'_>) -> Verdict {
    need!(taken(e));
    let (Some(first), Some(second)) = (attempt(e, BROKEN_FIRST), attempt(e, MENDED)) else {
        return Verdict::inconclusive("it was not tried");
    };
    match (kind(first), kind(second)) {
        (Kind::Refused | Kind::Error, Kind::Refused | Kind::Error) => {
            at(second, MENDED, "it is still refused").expected("the login or consent page").fail()
        }
        (Kind::Refused | Kind::Error, Kind::Code | Kind::Page | Kind::Away) => Verdict::Pass,
        _ => Verdict::inconclusive("the broken document was not refused at once"),
    }
}
