//! Where the authorization endpoint sends people: draft-ietf-oauth-v2-1 §2.3.1, §4.1.1, §4.1.2.1, §7.12.2 and §8.4.2, RFC
//! 8252 §7.3, MCP authorization ("Open Redirection").
//!
//! A redirect URI was accepted if the answer goes there, or if the user is asked as with the right one although another
//! wrong one was refused on the spot.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use url::Url;

use super::asked::{Kind, Passage, attempt, authorizes, kind, passage, sent_back};
use super::authorization_ground::at;
use crate::evidence::{Evidence, Exchange, HttpReply};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::authorization::{
    LOCALHOST, LOCALHOST_PORT, OTHER_PATH, OTHER_PORT, OTHER_REDIRECT, REDIRECT_CASE, REDIRECT_DOTS, REDIRECT_QUERY,
    REDIRECT_SCHEME, REDIRECT_SLASH, REDIRECT_SUFFIX, REDIRECT_USER, TWO_REDIRECTS, TWO_REDIRECTS_LAST, UNKNOWN_CLIENT,
};
use crate::verdict::{Check, Class, Mark, Role, Verdict};

/// What must come instead of a redirect.
const NO_REDIRECT: &str = "an error page, no redirect";

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "authz-unknown-client",
        title: "a client that nobody knows gets an error page, and no redirect",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_2_1, OAUTH21_7_12_2],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "Registrations are purged, and clients come back with ids that are gone. The user must read that, and nobody may be \
              sent to an address that nobody registered.",
        fix: "answer an unknown `client_id` with status 400 and an HTML page that says so, and do not redirect",
        disputed: "",
        faults: &[
            Fault::new("authz-redirects-unknown-client", &[Deed::Forget(Duty::RefuseUnknownClient)]),
            Fault::new(
                "authz-unknown-client-json",
                &[Deed::At(
                    Reply::AuthorizeError,
                    &[
                        Edit::Status(422),
                        Edit::SetHeader("content-type", "application/json"),
                        Edit::Body("{\"message\":\"client not found\"}"),
                    ],
                )],
            ),
        ],
        judge: unknown_client,
    },
    Check {
        id: "authz-redirect-unregistered",
        title: "nobody is sent to a redirect URI that was not registered",
        role: Role::AuthorizationServer,
        level: level![Must, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Silent,
        cites: &[MCP_OPEN_REDIRECTION, OAUTH21_4_1_2_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "A server that redirects wherever the request says hands codes to whoever writes the link, and lends its name to \
              any phishing page.",
        fix: "compare `redirect_uri` byte by byte with the registered ones (only the port of a loopback address may differ), \
              and show an error page without a redirect when none fits",
        disputed: "",
        faults: &[Fault::new("authz-open-redirect", &[Deed::Forget(Duty::MatchRedirect)])],
        judge: redirect_unregistered,
    },
    Check {
        id: "authz-loopback-port",
        title: "the port of a loopback redirect URI may differ from the registered one",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[OAUTH21_4_1_1, OAUTH21_8_4_2, RFC8252_7_3],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "A client on a user's machine gets another free port at each start. Where the registered port is insisted on, its \
              second login fails.",
        fix: "leave the port out of the comparison when the registered redirect URI is `http` with the host `127.0.0.1` or `[::1]`",
        disputed: "",
        faults: &[Fault::new("authz-loopback-port-exact", &[Deed::Forget(Duty::AllowLoopbackPort)])],
        judge: loopback_port,
    },
    Check {
        id: "authz-loopback-path",
        title: "the path of a loopback redirect URI must be the registered one",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_2_3_1, OAUTH21_8_4_2],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-redirect-unregistered"],
        why: "Only the port is free. Another path may belong to another program on the same machine.",
        fix: "compare everything but the port of a loopback redirect URI byte by byte",
        disputed: "",
        faults: &[Fault::new("authz-loopback-any-path", &[Deed::Forget(Duty::MatchLoopbackPath)])],
        judge: loopback_path,
    },
    Check {
        id: "authz-redirect-exact",
        title: "a redirect URI that is nearly the registered one is refused",
        role: Role::AuthorizationServer,
        level: level![RfcMust, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_OPEN_REDIRECTION, OAUTH21_2_3_1, OAUTH21_4_1_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-redirect-unregistered", "authz-loopback-path"],
        why: "A comparison by prefix or pattern lets an attacker choose a path, a query or a user part, and with it often where \
              the code ends up.",
        fix: "compare `redirect_uri` byte by byte with the registered ones; no prefix, no pattern, no normalisation",
        disputed: "",
        faults: &[Fault::new("authz-redirect-prefix-match", &[Deed::Forget(Duty::MatchWholeRedirect)])],
        judge: redirect_exact,
    },
    Check {
        id: "authz-localhost-port",
        title: "the port of a redirect URI at `localhost` may differ from the registered one",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_1, OAUTH21_8_4_2],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "Many clients register `localhost` and get another free port at each start.",
        fix: "leave the port out of the comparison when the registered redirect URI is `http://localhost`, too",
        disputed: "OAuth 2.1 §4.1.1 speaks of a localhost URI, §8.4.2 of loopback addresses only; MCP names `localhost`. Taking \
                   `127.0.0.1` and `localhost` for two different hosts is right.",
        faults: &[Fault::new("authz-localhost-port-exact", &[Deed::Forget(Duty::AllowLocalhostPort)])],
        judge: localhost_port,
    },
    Check {
        id: "authz-dup-param",
        title: "a request with two redirect URIs is refused",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-redirect-unregistered"],
        why: "Two parts of a server may read two different ones of them: one is checked, and the other is used.",
        fix: "refuse requests in which a parameter stands more than once with an error page",
        disputed: "",
        faults: &[Fault::new("authz-duplicate-redirect-uri", &[Deed::Forget(Duty::RefuseRepeatedParameters)])],
        judge: dup_param,
    },
];

fn unknown_client(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    let Some(exchange) = attempt(e, UNKNOWN_CLIENT) else { return Verdict::inconclusive("it was not tried") };
    let found = |what: &str| at(exchange, UNKNOWN_CLIENT, what);
    if sent_back(exchange).is_some() {
        return found("the answer redirects there").expected(NO_REDIRECT).fail();
    }
    match kind(exchange) {
        Kind::Broke => found("the server failed").expected("400 with a page").warn(),
        Kind::Page => match need!(authorizes(e)) {
            // The same page for everybody says nothing yet.
            (_, Kind::Page) => Verdict::inconclusive("requests are looked at only after the login"),
            _ => found("the answer is one of success").expected("400 with a page").warn(),
        },
        Kind::Refused => {
            let media_type = exchange.reply().and_then(HttpReply::media_type).unwrap_or_default();
            if media_type.ends_with("json") && exchange.status().is_some_and(|status| status >= 400) {
                return found("the answer is JSON, which tells a person in a browser nothing")
                    .expected("400 with an HTML page")
                    .warn();
            }
            Verdict::Pass
        }
        Kind::Away => match need!(authorizes(e)) {
            (_, Kind::Away) => Verdict::inconclusive("requests are looked at only after the login"),
            _ => Verdict::Pass,
        },
        Kind::Busy | Kind::Silent => Verdict::inconclusive("the server had no time"),
        Kind::Code | Kind::Error => Verdict::Pass,
    }
}

/// Whether a redirect to the redirect URI of a request came, granted or refused.
fn goes_there(exchange: &Exchange) -> bool {
    sent_back(exchange).is_some()
}

fn redirect_unregistered(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    let Some(first) = attempt(e, OTHER_REDIRECT) else { return Verdict::inconclusive("it was not tried") };
    if goes_there(first) {
        return at(first, OTHER_REDIRECT, "the answer redirects there").expected(NO_REDIRECT).fail();
    }
    match kind(first) {
        Kind::Refused | Kind::Broke => Verdict::Pass,
        Kind::Busy | Kind::Silent => Verdict::inconclusive("the server had no time"),
        _ => match need!(passage(e, OTHER_REDIRECT)) {
            Passage::Refused => Verdict::Pass,
            _ => Verdict::inconclusive("requests are looked at only after the login"),
        },
    }
}

/// Whether redirect URIs are looked at on the spot: that of another host was refused.
fn looks_at_redirects(e: &Evidence<'_>) -> Result<(), Verdict> {
    match redirect_unregistered(e) {
        Verdict::Pass => Ok(()),
        Verdict::Fail(_) => Err(Verdict::blocked("authz-redirect-unregistered")),
        other => Err(other),
    }
}

/// What came of a redirect URI.
enum Seen {
    /// It was accepted.
    Accepted(&'static str),
    /// It was refused.
    Refused,
    /// Not to be told.
    Unclear(&'static str),
}

fn seen(e: &Evidence<'_>, trial: Trial) -> Result<Seen, Verdict> {
    let Some(first) = attempt(e, trial) else { return Ok(Seen::Unclear("it was not tried")) };
    if goes_there(first) {
        return Ok(Seen::Accepted("the answer redirects there"));
    }
    Ok(match passage(e, trial)? {
        Passage::Code(_) | Passage::SentBack(_) => Seen::Accepted("the answer redirects there"),
        Passage::GoesOn(_) => Seen::Accepted("the user is asked as if nothing were wrong"),
        Passage::Refused => Seen::Refused,
        Passage::Broke(_) => Seen::Unclear("the server failed"),
        Passage::Unclear(why) => Seen::Unclear(why),
    })
}

fn loopback_port(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    if attempt(e, OTHER_PORT).is_none() {
        return Verdict::not_applicable("our redirect URI is no loopback address");
    }
    match need!(seen(e, OTHER_PORT)) {
        Seen::Accepted(_) => Verdict::Pass,
        Seen::Refused => refused_at(e, OTHER_PORT).map_or(Verdict::Pass, |found| found.fail()),
        Seen::Unclear(why) => Verdict::inconclusive(why),
    }
}

/// The finding about a redirect URI that ought to be accepted.
fn refused_at(e: &Evidence<'_>, trial: Trial) -> Option<crate::verdict::Finding> {
    let exchange = attempt(e, trial)?;
    Some(at(exchange, trial, "the request was refused").expected("as with the registered port"))
}

fn loopback_path(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    let Some(exchange) = attempt(e, OTHER_PATH) else {
        return Verdict::not_applicable("our redirect URI is no loopback address");
    };
    need!(looks_at_redirects(e));
    match need!(seen(e, OTHER_PATH)) {
        Seen::Accepted(what) => at(exchange, OTHER_PATH, what).expected(NO_REDIRECT).fail(),
        Seen::Refused => Verdict::Pass,
        Seen::Unclear(why) => Verdict::inconclusive(why),
    }
}

/// The variants, those first that change something else than the path.
const VARIANTS: [Trial; 7] =
    [REDIRECT_QUERY, REDIRECT_USER, REDIRECT_SCHEME, REDIRECT_SUFFIX, REDIRECT_DOTS, REDIRECT_CASE, REDIRECT_SLASH];

fn redirect_exact(e: &Evidence<'_>) -> Verdict {
    need!(looks_at_redirects(e));
    let any_path = matches!(loopback_path(e), Verdict::Fail(_));
    let of_path = [REDIRECT_SUFFIX, REDIRECT_DOTS, REDIRECT_CASE, REDIRECT_SLASH];
    let mut milder = None;
    for trial in VARIANTS {
        let Some(exchange) = attempt(e, trial) else { continue };
        match need!(seen(e, trial)) {
            Seen::Accepted(_) if any_path && of_path.contains(&trial) => {
                milder = Some(Verdict::blocked("authz-loopback-path"));
            }
            Seen::Accepted(what) => return at(exchange, trial, what).expected(NO_REDIRECT).fail(),
            Seen::Refused => {}
            Seen::Unclear(why) => milder = milder.or(Some(Verdict::inconclusive(why))),
        }
    }
    milder.unwrap_or(Verdict::Pass)
}

fn localhost_port(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    let Some(right) = attempt(e, LOCALHOST) else {
        return Verdict::not_applicable("no client with a redirect URI at `localhost` was registered");
    };
    if !matches!(kind(right), Kind::Code | Kind::Page | Kind::Away) {
        return Verdict::inconclusive("the redirect URI at `localhost` was refused as it was registered, too");
    }
    match need!(seen(e, LOCALHOST_PORT)) {
        Seen::Accepted(_) => Verdict::Pass,
        Seen::Refused => refused_at(e, LOCALHOST_PORT).map_or(Verdict::Pass, |found| found.warn()),
        Seen::Unclear(why) => Verdict::inconclusive(why),
    }
}

/// Which of the redirect URIs of a request the answer leads to, from 0.
fn used(exchange: &Exchange) -> Option<usize> {
    let asked = Url::parse(&exchange.request.url).ok()?;
    let to = asked.join(exchange.reply()?.header("location")?).ok()?;
    let mut wanted = asked.query_pairs().filter(|(name, _)| name == "redirect_uri");
    wanted.position(|(_, uri)| Url::parse(&uri).is_ok_and(|uri| uri.origin() == to.origin() && uri.path() == to.path()))
}

/// Whether the answer redirects with an error.
fn brings_error(exchange: &Exchange) -> bool {
    let asked = Url::parse(&exchange.request.url).ok();
    let location = exchange.reply().and_then(|reply| reply.header("location"));
    let to = asked.zip(location).and_then(|(asked, location)| asked.join(location).ok());
    to.is_some_and(|to| to.query_pairs().any(|(name, _)| name == "error"))
}

fn dup_param(e: &Evidence<'_>) -> Verdict {
    need!(looks_at_redirects(e));
    const EXPECTED: &str = "400 with a page";
    let mut unclear = None;
    for (trial, registered) in [(TWO_REDIRECTS, 0), (TWO_REDIRECTS_LAST, 1)] {
        let Some(exchange) = attempt(e, trial) else { return Verdict::inconclusive("it was not tried") };
        match used(exchange) {
            Some(place) if place != registered => {
                return at(exchange, trial, "the answer redirects to the other one").expected(EXPECTED).fail();
            }
            // Refused, and told to the one that the client registered: nobody else hears of it.
            Some(_) if brings_error(exchange) => {}
            Some(_) => return at(exchange, trial, "one of the two was used").expected(EXPECTED).warn(),
            None => match need!(passage(e, trial)) {
                Passage::GoesOn(_) => {
                    return at(exchange, trial, "the user is asked as if nothing were wrong").expected(EXPECTED).warn();
                }
                Passage::Unclear(why) => unclear = Some(Verdict::inconclusive(why)),
                _ => {}
            },
        }
    }
    unclear.unwrap_or(Verdict::Pass)
}
