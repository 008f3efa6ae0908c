//! Which redirect URIs a client may register: RFC 8252 §7, draft-ietf-oauth-v2-1 §2.3 and §8.4, RFC 7591 §5, MCP
//! authorization ("Communication Security", "Open Redirection", "Application Type and Redirect URI Constraints").

use super::asked::{Kind, Passage, attempt, kind, passage_beside};
use super::registration_ground::{at, refusal, refuses, told};
use crate::evidence::{Evidence, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::registration::{
    DATA, DOTLESS_SCHEME, FRAGMENT, HTTP_REDIRECT, JAVASCRIPT, LOCALHOST, NO_REDIRECT, PORTLESS, REVERSED_SCHEME,
    UNTYPED, WILDCARD, WILDCARD_FIT, WILDCARD_LITERAL, WILDCARD_UNFIT,
};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// What a refusal of a redirect URI looks like.
const REFUSED: &str = "400 `invalid_redirect_uri`";

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "reg-localhost-name",
        title: "a native client can register a redirect URI at `localhost`",
        role: Role::AuthorizationServer,
        level: level![Must, Must, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_COMMUNICATION_SECURITY],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open", "reg-loopback-native"],
        why: "MCP names `localhost` for redirects to the user's own machine, and many clients use that name.",
        fix: "accept `http://localhost:PORT/PATH` as a redirect URI of native clients, beside the loopback addresses",
        disputed: "RFC 8252 and OAuth 2.1 advise against the name `localhost`; MCP allows it and clients use it.",
        faults: &[Fault::new("dcr-rejects-localhost-name", &[Deed::Forget(Duty::AcceptLocalhostRedirect)])],
        judge: localhost_name,
    },
    Check {
        id: "reg-loopback-untyped",
        title: "a loopback redirect URI is accepted without `application_type`",
        role: Role::AuthorizationServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_APPLICATION_TYPE, OIDC_REGISTRATION_2],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open", "reg-loopback-native"],
        why: "Clients of the revisions before 2026-07-28 do not send `application_type`. A server that then takes them for web \
              applications and refuses loopback addresses shuts all of them out.",
        fix: "treat a client that registers loopback redirect URIs and no `application_type` as `native`",
        disputed: "OpenID Connect Registration makes `web` the default, and refusing loopback addresses to web applications is \
                   legal; 2026-07-28 makes clients send `application_type`, older clients do not.",
        faults: &[Fault::new("dcr-strict-web-default", &[Deed::Forget(Duty::AcceptUntypedLoopback)])],
        judge: loopback_untyped,
    },
    Check {
        id: "reg-portless-loopback",
        title: "a loopback redirect URI without a port is accepted",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_8_4_2, RFC8252_7_3],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open", "reg-loopback-native"],
        why: "A client gets another free port at each login, so it registers the address without one.",
        fix: "accept `http://127.0.0.1/PATH` as a redirect URI of native clients, and ignore the port when it is compared",
        disputed: "",
        faults: &[Fault::new("dcr-rejects-portless", &[Deed::Forget(Duty::AcceptPortlessLoopback)])],
        judge: portless_loopback,
    },
    Check {
        id: "reg-custom-scheme",
        title: "private-use schemes of redirect URIs must be reversed domain names",
        role: Role::AuthorizationServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_2_3_1, OAUTH21_8_4_3],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open"],
        why: "Any application on a machine may claim any scheme. A scheme without a dot belongs to nobody, so two applications \
              collide and one gets the other's codes.",
        fix: "refuse redirect URIs whose scheme holds no dot, unless it is http or https: 400 with \
              `{\"error\":\"invalid_redirect_uri\"}`",
        disputed: "OAuth 2.1 says such schemes SHOULD be rejected; editors are among the clients that register one (`vscode:`, \
                   `cursor:`).",
        faults: &[Fault::new("dcr-accepts-dotless-scheme", &[Deed::Forget(Duty::RefuseDotlessScheme)])],
        judge: custom_scheme,
    },
    Check {
        id: "reg-rejects-http-redirect",
        title: "a redirect URI over plain http at another host is not registered",
        role: Role::AuthorizationServer,
        level: level![Must, Must, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_COMMUNICATION_SECURITY, MCP1_SECURITY],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open"],
        why: "A code that is sent over plain http can be read and used by anybody on the way.",
        fix: "refuse redirect URIs with the scheme http unless their host is `127.0.0.1`, `[::1]` or `localhost`: 400 with \
              `{\"error\":\"invalid_redirect_uri\"}`",
        disputed: "",
        faults: &[Fault::new("dcr-accepts-http-redirect", &[Deed::Forget(Duty::RefuseHttpRedirect)])],
        judge: rejects_http_redirect,
    },
    Check {
        id: "reg-rejects-script-redirect",
        title: "`javascript:` and `data:` are not registered as redirect URIs",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7591_5, SBP_URLS],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open"],
        why: "A page of the authorization server that goes to such an address runs the script of whoever registered it, with the \
              user's session.",
        fix: "accept the schemes https, http for loopback, and private-use schemes with a dot only; refuse every other with 400 \
              `{\"error\":\"invalid_redirect_uri\"}`",
        disputed: "",
        faults: &[Fault::new("dcr-accepts-javascript-redirect", &[Deed::Forget(Duty::RefuseScriptRedirect)])],
        judge: rejects_script_redirect,
    },
    Check {
        id: "reg-rejects-fragment",
        title: "a redirect URI with a fragment is not registered",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_2_3],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open"],
        why: "The answer goes into the query, which stands before the fragment; with one already there clients and servers \
              disagree where.",
        fix: "refuse redirect URIs that hold `#`: 400 with `{\"error\":\"invalid_redirect_uri\"}`",
        disputed: "",
        faults: &[Fault::new("dcr-accepts-fragment", &[Deed::Forget(Duty::RefuseRedirectFragment)])],
        judge: rejects_fragment,
    },
    Check {
        id: "reg-rejects-wildcard",
        title: "a redirect URI with a wildcard is no pattern",
        role: Role::AuthorizationServer,
        level: level![Must, Must, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_OPEN_REDIRECTION],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open"],
        why: "Redirect URIs are compared exactly. Who can register a pattern can have codes sent to every host that fits it.",
        fix: "compare redirect URIs as texts, and refuse to register those that hold `*`: 400 with \
              `{\"error\":\"invalid_redirect_uri\"}`",
        disputed: "",
        faults: &[Fault::new("dcr-accepts-wildcard", &[Deed::Forget(Duty::RefuseRedirectWildcard)])],
        judge: rejects_wildcard,
    },
    Check {
        id: "reg-requires-redirect",
        title: "a client for the code grant is not registered without a redirect URI",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_2_3_1, RFC7591_2],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open"],
        why: "Where nothing is registered there is nothing to compare with: the user can be sent anywhere.",
        fix: "refuse clients with the grant `authorization_code` and without `redirect_uris`: 400 with \
              `{\"error\":\"invalid_redirect_uri\"}`",
        disputed: "",
        faults: &[Fault::new("dcr-no-redirect-required", &[Deed::Forget(Duty::RequireRedirect)])],
        judge: requires_redirect,
    },
];

/// Warns if a registration that ought to be accepted was refused.
fn warned(e: &Evidence<'_>, trial: Trial, harm: &str) -> Verdict {
    match need!(refusal(e, trial)) {
        None => Verdict::Pass,
        Some(exchange) => at(exchange, trial, harm).expected("201").warn(),
    }
}

fn localhost_name(e: &Evidence<'_>) -> Verdict {
    warned(e, LOCALHOST, "the server refused")
}

fn loopback_untyped(e: &Evidence<'_>) -> Verdict {
    warned(e, UNTYPED, "the server refused, which shuts clients of the revisions before 2026-07-28 out")
}

fn portless_loopback(e: &Evidence<'_>) -> Verdict {
    warned(e, PORTLESS, "the server refused")
}

fn custom_scheme(e: &Evidence<'_>) -> Verdict {
    match refuses(e, DOTLESS_SCHEME, REFUSED) {
        Verdict::Fail(found) => found.warn(),
        Verdict::Pass => match need!(refusal(e, REVERSED_SCHEME)) {
            None => Verdict::Pass,
            Some(exchange) => finding(Pointer::exchange(exchange.number), "private-use schemes are refused altogether")
                .actual(told(exchange))
                .info(),
        },
        other => other,
    }
}

fn rejects_http_redirect(e: &Evidence<'_>) -> Verdict {
    refuses(e, HTTP_REDIRECT, REFUSED)
}

fn rejects_script_redirect(e: &Evidence<'_>) -> Verdict {
    let first = refuses(e, JAVASCRIPT, REFUSED);
    if matches!(first, Verdict::Pass) { refuses(e, DATA, REFUSED) } else { first }
}

fn rejects_fragment(e: &Evidence<'_>) -> Verdict {
    refuses(e, FRAGMENT, REFUSED)
}

fn rejects_wildcard(e: &Evidence<'_>) -> Verdict {
    let verdict = refuses(e, WILDCARD, REFUSED);
    if !matches!(verdict, Verdict::Fail(_)) {
        return verdict;
    }
    // The text may be registered; it must not be a pattern.
    let Some(literal) = attempt(e, WILDCARD_LITERAL) else {
        return Verdict::inconclusive("it was registered, and nobody tried whether it is taken for a pattern");
    };
    let found = match kind(literal) {
        Kind::Code | Kind::Page | Kind::Away => need!(passage_beside(e, literal, WILDCARD_UNFIT, WILDCARD_FIT)),
        _ => Passage::Refused,
    };
    match found {
        Passage::Code(used) | Passage::GoesOn(used) | Passage::SentBack(used) => {
            at(used, WILDCARD_FIT, "it was not refused").expected("400 with a page").fail()
        }
        Passage::Refused | Passage::Broke(_) => Verdict::Pass,
        Passage::Unclear(why) => Verdict::inconclusive(why),
    }
}

fn requires_redirect(e: &Evidence<'_>) -> Verdict {
    refuses(e, NO_REDIRECT, REFUSED)
}
