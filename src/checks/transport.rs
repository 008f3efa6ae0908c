//! The MCP URL and the transport below it: its spelling, redirects of the endpoint, HTTPS, certificates, TLS versions,
//! and what is served in clear. OAuth 2.1 §1.5, RFC 9728 §7.1, RFC 8414 §6.1, RFC 9325 §3.1.1, RFC 8996.

use url::Url;

use super::refusals::{destination, moved};
use crate::evidence::{Certificate, Evidence, Exchange, Failure, FailureKind, Pointer, TlsVersion};
use crate::formats::uri;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// A certificate with less time left than this, in seconds, wants attention.
const SOON: i64 = 14 * 24 * 60 * 60;

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "url-canonical",
        title: "the MCP URL has its canonical form",
        role: Role::ResourceServer,
        level: level![_, Should, Should, Should],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_CANONICAL_URI, RFC8707_2],
        needs: &[],
        blocked_by: &[],
        why: "The URL is the name that tokens are issued for. Every second spelling of it is a second name, and clients refuse documents that name the other.",
        fix: "publish the URL in one form, without a trailing slash: `https://HOST/PATH`",
        disputed: "A slash may be significant to a server's router, and then it belongs to the name; most clients and documents leave it out.",
        faults: &[Fault::new("endpoint-needs-trailing-slash", &[Deed::Forget(Duty::CanonicalEndpoint)])],
        judge: canonical,
    },
    Check {
        id: "tls-mcp-https",
        title: "the MCP endpoint is served over HTTPS",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[OAUTH21_1_5, RFC9728_1_2],
        needs: &[],
        blocked_by: &[],
        why: "Over plain http everybody on the way reads the access token and can use it.",
        fix: "serve the endpoint at an https URL, and publish no other",
        disputed: "",
        faults: &[Fault::new("rs-plain-http", &[]).under(Posture::PlainHttp)],
        judge: mcp_https,
    },
    Check {
        id: "tls-cert-valid",
        title: "certificates are valid for their hosts",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[OAUTH21_1_5, RFC9728_7_1, RFC8414_6_1],
        needs: &[],
        blocked_by: &[],
        why: "Clients check certificates and stop at one they cannot trust: nothing else of the server is ever reached.",
        fix: "install a certificate that names the host, is in its time of validity, and is sent with its whole chain",
        disputed: "",
        faults: &[
            Fault::new("tls-wrong-san", &[Deed::Forget(Duty::PresentOwnName)]).under(Posture::Https),
            Fault::new("tls-issuer-wrong-san", &[Deed::Forget(Duty::PresentIssuerName)]).under(Posture::Https),
            Fault::new("tls-expires-soon", &[Deed::Forget(Duty::RenewCertificate)]).under(Posture::Https),
        ],
        judge: cert_valid,
    },
    Check {
        id: "tls-version",
        title: "TLS is 1.2 or newer, and nothing older",
        role: Role::ResourceServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[OAUTH21_1_5, RFC9325_3_1_1, RFC8996_4],
        needs: &[Step::OldTlsHello],
        blocked_by: &[],
        why: "TLS 1.0 and 1.1 are broken and forbidden; a server that still accepts them lets an attacker on the way choose them.",
        fix: "allow TLS 1.2 and 1.3 only, e.g. `ssl_protocols TLSv1.2 TLSv1.3` in nginx",
        disputed: "",
        faults: &[
            Fault::new("tls-accepts-1-1", &[Deed::Forget(Duty::RefuseOldTls)]).under(Posture::Https),
            Fault::new("tls-without-1-3", &[Deed::Forget(Duty::OfferTls13)]).under(Posture::Https),
        ],
        judge: tls_version,
    },
    Check {
        id: "tls-no-plaintext-twin",
        title: "nothing is served in clear beside HTTPS",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[SBP_HTTPS],
        needs: &[Step::PlainTwin],
        blocked_by: &[],
        why: "A client that is given the http URL by mistake sends its token in clear, and nobody notices, because it works.",
        fix: "close the plain http port, or answer there only with a redirect to https",
        disputed: "",
        faults: &[Fault::new("http-twin", &[Deed::At(Reply::PlainTwin, &[Edit::Present])]).under(Posture::Https)],
        judge: no_plaintext_twin,
    },
    Check {
        id: "url-no-redirect",
        title: "the endpoint answers itself instead of redirecting",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TRANSPORT, SBP_REDIRECTS],
        needs: &[Step::McpDiscover],
        blocked_by: &[],
        why: "Clients drop the token, turn the POST into a GET, or stop when the endpoint redirects; and the URL they asked is no longer the one the metadata names.",
        fix: "answer POST at the published URL itself, without a redirect, or publish the URL that the redirect leads to",
        disputed: "",
        faults: &[
            Fault::new("mcp-redirect-308", &[Deed::Forget(Duty::AnswerInPlace)]),
            Fault::new(
                "mcp-redirect-301",
                &[Deed::At(Reply::Challenge, &[Edit::Status(301), Edit::SetHeader("location", "{origin}/v2/mcp")])],
            ),
            Fault::new(
                "mcp-redirect-away",
                &[Deed::At(Reply::Challenge, &[Edit::Status(308), Edit::SetHeader("location", "{as}/mcp")])],
            ),
        ],
        judge: no_redirect,
    },
];

/// A finding about the MCP URL as it was given: there is no exchange to point at.
fn about_url(message: impl Into<String>) -> Finding {
    Finding { message: message.into(), ..Finding::default() }
}

fn canonical(e: &Evidence<'_>) -> Verdict {
    let given = e.trail.target.as_str();
    let canonical = match uri::canonical(given) {
        Ok(canonical) => canonical,
        Err(uri::UrlProblem::UserInformation { .. }) => {
            let found = about_url("the URL carries user information").expected("no user name and no password");
            return found.fix("publish the URL without a user name and a password").warn();
        }
        Err(problem) => {
            let found = about_url(format!("the MCP URL is no identifier: {problem}"));
            return found.fix("publish an absolute URL without a fragment").fail();
        }
    };
    let shown = |text: &str| printable(text).to_string();
    let differs = |message: &str, better: &str| {
        let fix = format!("publish the URL in one form: `{}`", shown(better));
        about_url(message).expected(shown(better)).actual(shown(given)).fix(fix)
    };
    let (before_query, query) = given.split_once('?').map_or((given, None), |(path, query)| (path, Some(query)));
    let path = e.target().map_or("/", Url::path);
    if path != "/" && before_query.ends_with('/') {
        let better = canonical.split('?').next().unwrap_or_default().trim_end_matches('/');
        let found = differs("the path of the URL ends in a slash", better);
        // What is to be done depends on what comes without the slash.
        return match e.first(Step::McpTwin).and_then(Exchange::status) {
            Some(status @ (300..=399 | 404 | 405)) => {
                let better = shown(better);
                found.fix(format!("answer at `{better}`, too, where {status} comes now, and publish that URL")).warn()
            }
            _ => found.warn(),
        };
    }
    let host = before_query.split('/').nth(2).unwrap_or_default();
    if host.chars().any(|c| c.is_ascii_uppercase()) {
        return differs("the host of the URL is not in lower case", &canonical).warn();
    }
    if query.is_some() {
        let better = canonical.split('?').next().unwrap_or_default();
        return differs("the URL has a query, which belongs to the name that tokens are issued for", better).info();
    }
    Verdict::Pass
}

fn no_redirect(e: &Evidence<'_>) -> Verdict {
    let Some((exchange, to)) = moved(e) else {
        // A redirect to a login page is a refusal in the wrong form: the next group's to say.
        let login = e.first_requests().any(|x| destination(x).is_some());
        return if login { Verdict::blocked("challenge-status-401") } else { Verdict::Pass };
    };
    let from = Url::parse(&exchange.request.url).ok();
    let at = Pointer::header(exchange.number, "location");
    let status = exchange.status().unwrap_or_default();
    let shown = printable(to.as_str()).to_string();
    let describe =
        |what: &str| finding(at.clone(), format!("the endpoint answers with {status} and sends clients {what}"));
    let insecure = from.as_ref().is_some_and(|from| from.scheme() == "https") && to.scheme() == "http";
    let same_origin = from.as_ref().is_some_and(|from| uri::origin_of(from) == uri::origin_of(&to));
    let fix = format!("answer POST here without a redirect, or publish `{shown}` as the URL of the server");
    if insecure {
        describe("to plain http").actual(shown).fail()
    } else if same_origin {
        describe("to another URL of its own").actual(shown).fix(fix).warn()
    } else {
        describe("to another origin, where no token may follow").actual(shown).fix(fix).fail()
    }
}

fn mcp_https(e: &Evidence<'_>) -> Verdict {
    let target = need!(e.target(), absent "the MCP URL cannot be read");
    match target.scheme() {
        "https" => Verdict::Pass,
        _ if uri::is_loopback_host(target) => about_url("plain http, which is fine on this machine").info(),
        scheme => about_url(format!("the MCP endpoint is served over plain {scheme}"))
            .expected("an https URL")
            .actual(printable(target.as_str()).to_string())
            .fail(),
    }
}

/// Who is responsible for an origin: the MCP server for its own, the authorization server for every other.
fn role_of(e: &Evidence<'_>, origin: &str) -> Role {
    let own = e.target().is_some_and(|target| uri::origin_of(target).to_string() == origin);
    if own { Role::ResourceServer } else { Role::AuthorizationServer }
}

/// The origin of an exchange.
fn origin_of(exchange: &Exchange) -> String {
    Url::parse(&exchange.request.url).map(|url| uri::origin_of(&url).to_string()).unwrap_or_default()
}

fn cert_valid(e: &Evidence<'_>) -> Verdict {
    if e.trail.insecure {
        return Verdict::not_applicable("certificates were taken unchecked (--insecure)");
    }
    let refused = |x: &&Exchange| x.failure().is_some_and(|failure| failure.kind.is_certificate());
    if let Some(exchange) = e.trail.in_order().find(refused) {
        return bad_certificate(e, exchange);
    }
    let broken = |x: &&Exchange| is_request(x) && x.failure().is_some_and(|f| f.kind == FailureKind::Tls);
    if let Some(exchange) = e.trail.in_order().find(|x| broken(x) && !speaks_only_old_tls(e, &origin_of(x))) {
        return no_handshake(e, exchange);
    }
    if let Some(certificate) = e.trail.certificates.iter().find(|c| time_left(e, c) < SOON) {
        return expires_soon(e, certificate);
    }
    if e.trail.certificates.is_empty() {
        return Verdict::not_applicable("nothing was reached over TLS");
    }
    if e.trail.private_authority {
        return Verdict::not_applicable("certificates were checked against the authority given with --cacert");
    }
    Verdict::Pass
}

fn bad_certificate(e: &Evidence<'_>, exchange: &Exchange) -> Verdict {
    let origin = origin_of(exchange);
    let Some(Failure { kind, detail }) = exchange.failure() else { return Verdict::Pass };
    let host = Url::parse(&exchange.request.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host.unwrap_or_default();
    let found = finding(
        Pointer::exchange(exchange.number),
        format!("the certificate of {} is refused: {}", printable(&origin), printable(detail)),
    );
    let found = match kind {
        FailureKind::CertificateWrongName => {
            found.fix(format!("install a certificate whose subject alternative names include `{}`", printable(&host)))
        }
        FailureKind::CertificateExpired => found.fix("renew the certificate, and let it be renewed by itself from now on"),
        FailureKind::CertificateUntrusted => found.fix(
            "install a certificate of a public authority and send its whole chain; for a private authority give its certificate to every client, here with --cacert FILE",
        ),
        _ => found,
    };
    let role = role_of(e, &origin);
    found.by(role).severing(role == Role::ResourceServer).fail()
}

/// TLS failed before there was a certificate to look at.
fn no_handshake(e: &Evidence<'_>, exchange: &Exchange) -> Verdict {
    let origin = origin_of(exchange);
    let detail = exchange.failure().map(|failure| failure.detail.as_str()).unwrap_or_default();
    let message = format!("the TLS handshake with {} fails: {}", printable(&origin), printable(detail));
    let role = role_of(e, &origin);
    finding(Pointer::exchange(exchange.number), message)
        .fix("serve TLS 1.2 or 1.3 at this port, or publish the URL of the port that does")
        .by(role)
        .severing(role == Role::ResourceServer)
        .fail()
}

/// Whether an exchange is a request that anybody wanted an answer to, not a look at what else the port does.
fn is_request(exchange: &Exchange) -> bool {
    !matches!(exchange.step, Step::OldTlsHello | Step::PlainTwin)
}

/// Whether an origin took TLS 1.1 or older, and failed at everything newer.
fn speaks_only_old_tls(e: &Evidence<'_>, origin: &str) -> bool {
    let taken = e.about(Step::OldTlsHello, origin).is_some_and(|hello| hello.reply().is_some());
    let mut others = e.trail.in_order().filter(|x| is_request(x) && origin_of(x) == origin);
    taken && others.all(|x| x.failure().is_some_and(|f| f.kind == FailureKind::Tls))
}

/// How long a certificate was valid when the run began, in seconds.
fn time_left(e: &Evidence<'_>, certificate: &Certificate) -> i64 {
    let now = i64::try_from(e.trail.started / 1000).unwrap_or(i64::MAX);
    certificate.not_after.saturating_sub(now)
}

fn expires_soon(e: &Evidence<'_>, certificate: &Certificate) -> Verdict {
    let days = time_left(e, certificate) / (24 * 60 * 60);
    let message = format!("the certificate of {} expires in {days} days", printable(&certificate.origin));
    let reached = e.trail.in_order().find(|x| x.reply().is_some() && origin_of(x) == certificate.origin);
    let found = about_url(message).fix("renew the certificate, and let it be renewed by itself from now on");
    let found = Finding { at: reached.map(|x| Pointer::exchange(x.number)), ..found };
    found.by(role_of(e, &certificate.origin)).warn()
}

fn tls_version(e: &Evidence<'_>) -> Verdict {
    let mut hellos = e.all(Step::OldTlsHello).peekable();
    need!(hellos.peek(), absent "nothing was reached over TLS");
    for hello in hellos {
        let Some(version) = hello.reply().and_then(|reply| reply.header("tls-version")) else { continue };
        let origin = hello.about.clone().unwrap_or_default();
        let role = role_of(e, &origin);
        let only = speaks_only_old_tls(e, &origin);
        let (origin, version) = (printable(&origin), printable(version));
        let found = if only {
            format!("{origin} accepts TLS {version} and nothing newer")
        } else {
            format!("{origin} still accepts TLS {version}")
        };
        let found = finding(Pointer::exchange(hello.number), found).expected("an alert").actual("a ServerHello");
        return if only { found.by(role).severing(role == Role::ResourceServer).fail() } else { found.by(role).warn() };
    }
    match e.trail.certificates.iter().find(|c| c.version == Some(TlsVersion::Tls12)) {
        Some(old) => about_url(format!("{} offers TLS 1.2, but not 1.3", printable(&old.origin)))
            .by(role_of(e, &old.origin))
            .info(),
        None => Verdict::Pass,
    }
}

fn no_plaintext_twin(e: &Evidence<'_>) -> Verdict {
    let mut twins = e.all(Step::PlainTwin).peekable();
    need!(twins.peek(), absent "nothing was reached over TLS");
    let Some(served) = twins.find(|x| serves_in_clear(x)) else { return Verdict::Pass };
    let origin = served.about.clone().unwrap_or_default();
    let message = format!("what {} serves over https is served over plain http, too", printable(&origin));
    finding(Pointer::exchange(served.number), message)
        .expected("no answer, or a redirect to https")
        .actual(served.status().map_or_else(String::new, |status| status.to_string()))
        .by(role_of(e, &origin))
        .warn()
}

/// Whether an answer in clear is that of the server itself, not of another site at the same port.
fn serves_in_clear(twin: &Exchange) -> bool {
    let Some(reply) = twin.reply() else { return false };
    let media = reply.media_type().unwrap_or_default();
    match reply.status {
        401 => reply.header("www-authenticate").is_some(),
        405 => reply.header("allow").is_some_and(|allow| allow.to_ascii_uppercase().contains("POST")),
        200..=299 => media.ends_with("json") || media == "text/event-stream",
        _ => false,
    }
}

#[cfg(test)]
mod tests;
