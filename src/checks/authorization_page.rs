//! What a person meets at the authorization endpoint: the page, its headers, its cookies and its form.
//! draft-ietf-oauth-v2-1 §3.1, §7.5.4, §7.10 and §7.12.2; MCP authorization ("Confused Deputy Problem"), MCP Security Best
//! Practices ("Consent UI Requirements", "Consent Cookie Security").

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use url::Url;

use super::asked::{Kind, attempt, attempts, authorizes, kind, sent_back};
use super::authorization_ground::{at, status};
use super::registration_ground::{is_accepted, members};
use crate::evidence::{Evidence, Exchange, HttpReply, Pointer};
use crate::formats::uri;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::authorization::{DENIED, DENIED_ELSEWHERE, FROM_PAGE, INSTANT, PAGE};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "authz-proxy-consent",
        title: "a proxy asks about each client before it sends the user to the provider behind it",
        role: Role::AuthorizationServer,
        level: level![_, Must, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Silent,
        cites: &[MCP_CONFUSED_DEPUTY, SBP_PROXY],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "The provider behind a proxy knows one client for all. If the user has said yes to it before, a malicious client gets \
              a code without a question.",
        fix: "show a consent page of your own, with the client's name and redirect URI, before you redirect to the provider, and \
              remember the answer per client",
        disputed: "A server that sends people to the login of its own company and asks about the client afterwards looks the same \
                   from outside: see whether a new client is asked about before a code is issued.",
        faults: &[Fault::new("proxy-skips-consent", &[Deed::Forget(Duty::AskBeforeProvider)])],
        judge: proxy_consent,
    },
    Check {
        id: "authz-clickjacking",
        title: "the login page cannot be framed by other sites",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_7_10, SBP_CONSENT_UI],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get", "authz-proxy-consent"],
        why: "A page that can be framed can be laid under another one: the user clicks there and approves here.",
        fix: "send `Content-Security-Policy: frame-ancestors 'none'` and `X-Frame-Options: DENY` with every page of the \
              authorization endpoint",
        disputed: "",
        faults: &[
            Fault::new(
                "authz-frameable",
                &[Deed::At(
                    Reply::AuthorizePage,
                    &[Edit::DropHeader("content-security-policy"), Edit::DropHeader("x-frame-options")],
                )],
            ),
            Fault::new(
                "authz-no-frame-ancestors",
                &[Deed::At(
                    Reply::AuthorizePage,
                    &[Edit::SetHeader("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")],
                )],
            ),
        ],
        judge: clickjacking,
    },
    Check {
        id: "authz-no-cors",
        title: "web pages cannot read the authorization endpoint",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "A browser goes to this endpoint, no script fetches it. Who lets scripts read it lets them see its pages and codes.",
        fix: "send no `Access-Control-Allow-Origin` from the authorization endpoint; other endpoints may",
        disputed: "",
        faults: &[Fault::new(
            "authz-cors-enabled",
            &[
                Deed::At(Reply::AuthorizeRedirect, &[Edit::SetHeader("access-control-allow-origin", "*")]),
                Deed::At(Reply::AuthorizePage, &[Edit::SetHeader("access-control-allow-origin", "*")]),
            ],
        )],
        judge: no_cors,
    },
    Check {
        id: "authz-no-instant-error-redirect",
        title: "a stranger's bad request does not send the user away at once",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_7_12_2],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "Whoever registers a client can make a link that begins with the name of the authorization server and ends at a page \
              of theirs, without any doing of the user.",
        fix: "show a page, and let the user go on, before an error is sent back to a client that registered itself",
        disputed: "OAuth 2.1 §7.12.2 wants the user authenticated first; nearly every server redirects at once.",
        faults: &[Fault::new("authz-instant-error-redirect", &[Deed::Forget(Duty::AskBeforeErrorRedirect)])],
        judge: no_instant_error_redirect,
    },
    Check {
        id: "authz-consent-cookie",
        title: "the cookie of the consent page is kept from other sites and scripts",
        role: Role::AuthorizationServer,
        level: level![Guide, Guide, Guide, Guide],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[SBP_CONSENT_COOKIE],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get", "authz-proxy-consent"],
        why: "The cookie says that the answer comes from the browser that saw the question. If another site can set or send it, it \
              says nothing.",
        fix: "send `Set-Cookie: __Host-NAME=VALUE; Path=/; Secure; HttpOnly; SameSite=Lax`",
        disputed: "",
        faults: &[
            Fault::new(
                "consent-cookie-insecure",
                &[Deed::At(Reply::AuthorizePage, &[Edit::AddHeader("set-cookie", "consent-choice=17; Path=/")])],
            ),
            Fault::new(
                "consent-cookie-no-host-prefix",
                &[Deed::At(
                    Reply::AuthorizePage,
                    &[Edit::AddHeader("set-cookie", "consent-choice=17; Path=/; HttpOnly; SameSite=Lax; Secure")],
                )],
            )
            .under(Posture::Https),
        ],
        judge: consent_cookie,
    },
    Check {
        id: "authz-consent-csrf",
        title: "the answer of the consent page counts only from the browser that opened it",
        role: Role::AuthorizationServer,
        level: level![Guide, Guide, Guide, Guide],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[SBP_CONSENT_UI],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get", "authz-proxy-consent"],
        why: "Otherwise an attacker opens the page, and lets the user's browser send the approval.",
        fix: "tie the form to the browser with a cookie (`__Host-`, `HttpOnly`, `SameSite=Lax`), and refuse the answer without it",
        disputed: "",
        faults: &[Fault::new("consent-no-csrf", &[Deed::Forget(Duty::TieConsentToBrowser)])],
        judge: consent_csrf,
    },
    Check {
        id: "authz-no-307",
        title: "the form of the page is not repeated at the client (no 307)",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_7_5_4],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get", "authz-proxy-consent"],
        why: "With 307 the browser sends the form again, to the client this time: name and password with it.",
        fix: "redirect with status 303 after a form",
        disputed: "OAuth 2.1 recommends 303; browsers turn the POST into a GET after 302, too, and most servers send that.",
        faults: &[Fault::new(
            "authz-redirect-307",
            &[
                Deed::At(Reply::AuthorizeRedirect, &[Edit::Status(307)]),
                Deed::At(Reply::AuthorizeErrorRedirect, &[Edit::Status(307)]),
            ],
        )],
        judge: no_307,
    },
];

/// The page that a browser gets to, if it stands at the authorization server.
fn page<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    authorizes(e)?;
    let Some(first) = attempt(e, PAGE) else { return Err(Verdict::inconclusive("it was not tried")) };
    let landed = e.landed(first);
    let is_html = landed.reply().and_then(HttpReply::media_type).is_some_and(|kind| kind.contains("html"));
    match kind(landed) {
        Kind::Page if is_html => Ok(landed),
        Kind::Away if skips_consent(e) => Err(Verdict::blocked("authz-proxy-consent")),
        Kind::Away => Err(Verdict::not_applicable("the login page stands at another server")),
        Kind::Code => Err(Verdict::not_applicable("nobody is asked: a code comes at once")),
        _ => Err(Verdict::inconclusive("no login page came")),
    }
}

fn clickjacking(e: &Evidence<'_>) -> Verdict {
    let page = need!(page(e));
    let Some(reply) = page.reply() else { return Verdict::Pass };
    let policies = reply.header_values("content-security-policy").flat_map(|line| line.split([';', ',']));
    let mut ancestors = policies.filter(|part| part.trim().to_ascii_lowercase().starts_with("frame-ancestors"));
    let by_policy = ancestors.next().map(|part| part.split_ascii_whitespace().any(|source| source == "*"));
    let old = reply.header("x-frame-options").map(|value| value.trim().to_ascii_uppercase());
    let by_header = old.as_deref().is_some_and(|value| matches!(value, "DENY" | "SAMEORIGIN"));
    let at = Pointer::header(page.number, "content-security-policy");
    match (by_policy, by_header) {
        (Some(false), _) => Verdict::Pass,
        (_, true) => finding(at, "only `X-Frame-Options` keeps the login page out of the frames of other sites")
            .expected("frame-ancestors 'none'")
            .actual("absent")
            .warn(),
        _ => finding(at, "every site can put the login page into a frame")
            .expected("frame-ancestors 'none'")
            .actual("absent")
            .fail(),
    }
}

fn no_cors(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    let Some(exchange) = attempt(e, FROM_PAGE) else { return Verdict::inconclusive("it was not tried") };
    let Some(reply) = exchange.reply() else { return Verdict::inconclusive("no answer came") };
    match reply.header("access-control-allow-origin") {
        None => Verdict::Pass,
        Some(origin) => finding(
            Pointer::header(exchange.number, "access-control-allow-origin"),
            "the authorization endpoint lets web pages read its answers",
        )
        .expected("absent")
        .actual(printable(origin).to_string())
        .warn(),
    }
}

/// Whether the client of a request is one that anybody could have made: registered in this run, or a document.
fn is_a_stranger(e: &Evidence<'_>, exchange: &Exchange) -> bool {
    let url = Url::parse(&exchange.request.url).ok();
    let id = url.and_then(|url| url.query_pairs().find(|(name, _)| name == "client_id").map(|(_, id)| id.into_owned()));
    let Some(id) = id else { return false };
    let registered = e.all(Step::RegisterTrial).chain(e.all(Step::ClientRegister)).filter(|x| is_accepted(x));
    let mut ids = registered.filter_map(|x| Some(members(x)?.get("client_id")?.as_str()?.to_owned()));
    id.starts_with("https://") || ids.any(|known| known == id)
}

fn no_instant_error_redirect(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    let Some(exchange) = attempt(e, INSTANT) else { return Verdict::inconclusive("it was not tried") };
    if !is_a_stranger(e, exchange) {
        return Verdict::not_applicable("our client is not one that anybody could have registered");
    }
    if sent_back(exchange).is_some() && kind(exchange) == Kind::Error {
        return at(exchange, INSTANT, "the user was sent to the client at once").expected("a page").info();
    }
    Verdict::Pass
}

/// Whether the page that ought to be there is skipped.
fn skips_consent(e: &Evidence<'_>) -> bool {
    e.revision > Revision::R2025_03_26 && matches!(proxy_consent(e), Verdict::Warn(_))
}

fn proxy_consent(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    let Some(first) = attempt(e, PAGE) else { return Verdict::inconclusive("it was not tried") };
    if !is_a_stranger(e, first) {
        return Verdict::not_applicable("our client is not one that anybody could have registered");
    }
    let landed = e.landed(first);
    let from = Url::parse(&landed.request.url).ok();
    let location = landed.reply().and_then(|reply| reply.header("location"));
    let to = from.as_ref().and_then(|from| from.join(location?).ok());
    let (Some(from), Some(to)) = (from, to) else {
        return match kind(landed) {
            Kind::Page => Verdict::Pass,
            _ => Verdict::inconclusive("no login page came"),
        };
    };
    let parameter =
        |url: &Url, name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let ours = Url::parse(&first.request.url).ok().and_then(|url| parameter(&url, "client_id"));
    let theirs = parameter(&to, "client_id");
    let is_elsewhere = uri::origin_of(&to) != uri::origin_of(&from);
    match theirs {
        Some(theirs) if is_elsewhere && Some(&theirs) != ours.as_ref() && sent_back(landed).is_none() => {
            let host = printable(to.host_str().unwrap_or_default()).to_string();
            finding(
                Pointer::header(landed.number, "location"),
                format!("a client that had just registered was sent to {host} at once, under another client id"),
            )
            .expected("a page of this server that asks about the client")
            .actual(format!("{} to {host}", status(landed)))
            .warn()
        }
        _ => Verdict::inconclusive("no login page came"),
    }
}

/// The words in the name of a cookie that say what it is for.
const CONSENT: [&str; 3] = ["consent", "approv", "csrf"];

fn consent_cookie(e: &Evidence<'_>) -> Verdict {
    let page = need!(page(e));
    let over_tls = page.request.url.starts_with("https:");
    let lines: Vec<&str> = page.reply().map(|reply| reply.header_values("set-cookie").collect()).unwrap_or_default();
    let mut looked = false;
    for line in lines {
        if line.starts_with("[redacted") {
            return Verdict::inconclusive("a saved record does not hold cookies");
        }
        let mut parts = line.split(';').map(str::trim);
        let name = parts.next().and_then(|pair| pair.split_once('=')).map(|(name, _)| name).unwrap_or_default();
        if !CONSENT.iter().any(|word| name.to_ascii_lowercase().contains(word)) {
            continue;
        }
        looked = true;
        let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
        let has = |wanted: &str| attributes.iter().any(|attribute| attribute == wanted);
        let mut missing = Vec::new();
        if over_tls && !name.starts_with("__Host-") {
            missing.push("the prefix `__Host-`");
        }
        if over_tls && !has("secure") {
            missing.push("`Secure`");
        }
        // A token against forgery that the page's own script sends must be readable to it.
        if !has("httponly") && !name.to_ascii_lowercase().contains("csrf") {
            missing.push("`HttpOnly`");
        }
        if !has("samesite=lax") && !has("samesite=strict") {
            missing.push("`SameSite=Lax`");
        }
        if !missing.is_empty() {
            let message = format!("the cookie `{}` of the page lacks {}", printable(name), missing.join(", "));
            return finding(Pointer::header(page.number, "set-cookie"), message)
                .expected("__Host-NAME=VALUE; Path=/; Secure; HttpOnly; SameSite=Lax")
                .warn();
        }
    }
    if looked { Verdict::Pass } else { Verdict::not_applicable("no cookie of the page says that it is about consent") }
}

fn consent_csrf(e: &Evidence<'_>) -> Verdict {
    need!(page(e));
    let tries: Vec<&Exchange> = attempts(e, DENIED_ELSEWHERE).collect();
    let Some(first) = tries.first() else {
        return Verdict::not_applicable("the page has no button that denies before somebody logs in");
    };
    if tries.len() > 1 && tries.iter().all(|x| denied(e, x)) {
        return at(first, DENIED_ELSEWHERE, "it counted").expected("400").fail();
    }
    match first.status() {
        Some(400..=499) => Verdict::Pass,
        _ => Verdict::inconclusive("the answer to the form is neither a refusal nor a redirect to the client"),
    }
}

/// Whether the answer to the form sends the user to the client with an error.
fn denied(e: &Evidence<'_>, exchange: &Exchange) -> bool {
    let first = attempt(e, PAGE).and_then(|first| Url::parse(&first.request.url).ok());
    let redirect =
        first.and_then(|url| url.query_pairs().find(|(name, _)| name == "redirect_uri").map(|(_, v)| v.into_owned()));
    let wanted = redirect.and_then(|uri| Url::parse(&uri).ok());
    let location = exchange.reply().and_then(|reply| reply.header("location")).and_then(|to| Url::parse(to).ok());
    match (wanted, location) {
        (Some(wanted), Some(to)) => {
            let fragment = to.fragment().unwrap_or_default();
            let mut pairs = to.query_pairs().chain(url::form_urlencoded::parse(fragment.as_bytes()));
            to.origin() == wanted.origin() && pairs.any(|(name, _)| name == "error")
        }
        _ => false,
    }
}

fn no_307(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    let forms = attempts(e, DENIED).chain(attempts(e, DENIED_ELSEWHERE));
    if let Some(answer) = forms.filter(|x| denied(e, x)).last() {
        let found = at(answer, DENIED, "the browser was told how to go on").expected("303");
        return match answer.status() {
            Some(307) => found.fail(),
            Some(308) => found.warn(),
            _ => Verdict::Pass,
        };
    }
    let mut redirects = e.all(Step::AuthorizeTrial).chain(e.all(Step::Authorize));
    match redirects.find(|x| matches!(x.status(), Some(307 | 308)) && sent_back(x).is_some()) {
        Some(exchange) => {
            let message = "the user is sent back with a status that repeats a form; after a login that is the password";
            finding(Pointer::exchange(exchange.number), message).expected("303").actual(status(exchange)).info()
        }
        None if skips_consent(e) => Verdict::blocked("authz-proxy-consent"),
        None => Verdict::inconclusive("no form was sent, so nobody saw the redirect after one"),
    }
}
