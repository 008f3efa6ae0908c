//! Client ID metadata documents: draft-ietf-oauth-client-id-metadata-document §3–6, MCP authorization ("Client ID Metadata
//! Documents", "Authorization Server Abuse Protection").

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::asked::{Asked, Kind, Passage, asked, attempt, issues, kind, passage_beside};
use super::ground::server;
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::documents::*;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "cimd-works",
        title: "a client ID metadata document is taken where the metadata says so",
        role: Role::AuthorizationServer,
        level: level![_, _, Should, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[CIMD_5, CIMD_4, MCP_CIMD],
        needs: &[Step::DocumentTrial],
        blocked_by: &[],
        why: "A client that finds documents advertised registers nowhere else. If its document is not taken, it cannot log in.",
        fix: "fetch the document at the `client_id` URL and use it, or take `client_id_metadata_document_supported` out of the metadata",
        disputed: "",
        faults: &[Fault::new("cimd-advertised-only", &[Deed::Forget(Duty::TakeDocuments)])],
        judge: works,
    },
    Check {
        id: "cimd-id-mismatch",
        title: "a document that names another client is refused",
        role: Role::AuthorizationServer,
        level: level![_, _, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_CIMD, CIMD_4],
        needs: &[Step::DocumentTrial],
        blocked_by: &["cimd-works"],
        why: "The document proves who the client is only because its `client_id` is the URL that it was fetched from. Otherwise one site can speak for another.",
        fix: "compare the `client_id` in the document with the URL byte by byte, and refuse the request when they differ",
        disputed: "",
        faults: &[Fault::new("cimd-accepts-id-mismatch", &[Deed::Forget(Duty::MatchDocumentId)])],
        judge: id_mismatch,
    },
    Check {
        id: "cimd-redirect-unlisted",
        title: "nobody is sent to a redirect URI that the document does not list",
        role: Role::AuthorizationServer,
        level: level![_, _, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_CIMD, CIMD_4_5],
        needs: &[Step::DocumentTrial],
        blocked_by: &["cimd-works"],
        why: "The documents of clients are public: whoever wants a code for himself names the document of another and his own redirect URI.",
        fix: "compare `redirect_uri` with the `redirect_uris` of the document, and show an error page without a redirect when none fits",
        disputed: "",
        faults: &[Fault::new("cimd-accepts-unlisted-redirect", &[Deed::Forget(Duty::MatchRedirect)])
            .also(&["authz-redirect-unregistered"])],
        judge: redirect_unlisted,
    },
    Check {
        id: "cimd-invalid-doc",
        title: "a document that is no JSON or lacks what it must hold is refused",
        role: Role::AuthorizationServer,
        level: level![_, _, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_CIMD, CIMD_4],
        needs: &[Step::DocumentTrial],
        blocked_by: &["cimd-works"],
        why: "Without a name the user cannot tell who asks; without redirect URIs nothing says where the code may go.",
        fix: "refuse documents that are no JSON object or lack `client_id`, `client_name` or `redirect_uris`",
        disputed: "",
        faults: &[Fault::new("cimd-accepts-missing-fields", &[Deed::Forget(Duty::RequireDocumentMembers)])],
        judge: invalid_doc,
    },
    Check {
        id: "cimd-http-scheme",
        title: "a document over plain http is refused",
        role: Role::AuthorizationServer,
        level: level![_, _, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_CIMD, CIMD_3],
        needs: &[Step::DocumentTrial],
        blocked_by: &["cimd-works"],
        why: "Over plain http anybody on the way can put his own document in the place of the client's.",
        fix: "refuse every `client_id` URL whose scheme is not https",
        disputed: "",
        faults: &[Fault::new("cimd-accepts-http", &[Deed::Forget(Duty::RequireHttpsDocument)])],
        judge: http_scheme,
    },
    Check {
        id: "cimd-url-form",
        title: "a URL that cannot be a client id is refused",
        role: Role::AuthorizationServer,
        level: level![_, _, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[CIMD_3],
        needs: &[Step::DocumentTrial],
        blocked_by: &["cimd-works"],
        why: "Two spellings of one URL are two clients to one part of a server and one to another.",
        fix: "refuse `client_id` URLs without a path, with dot segments, a fragment, a user name or a password",
        disputed: "",
        faults: &[Fault::new("cimd-accepts-dot-segments", &[Deed::Forget(Duty::CheckDocumentUrl)])],
        judge: url_form,
    },
    Check {
        id: "cimd-symmetric-auth",
        title: "a document with a shared secret is refused",
        role: Role::AuthorizationServer,
        level: level![_, _, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[CIMD_4_1],
        needs: &[Step::DocumentTrial],
        blocked_by: &["cimd-works"],
        why: "A document is public: a secret in it is none.",
        fix: "refuse documents with `client_secret` or with a `token_endpoint_auth_method` of shared secrets; take `none` and `private_key_jwt`",
        disputed: "",
        faults: &[Fault::new("cimd-accepts-client-secret", &[Deed::Forget(Duty::RefuseDocumentSecret)])],
        judge: symmetric_auth,
    },
    Check {
        id: "cimd-loopback-port",
        title: "any port of a loopback redirect URI in the document is good",
        role: Role::AuthorizationServer,
        level: level![_, _, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_1, CIMD_4_5],
        needs: &[Step::DocumentTrial],
        blocked_by: &["cimd-works"],
        why: "A program on the user's machine gets a free port from the system, a different one each time; its document cannot know it.",
        fix: "leave the port out of the comparison where the redirect URI has a loopback address",
        disputed: "",
        faults: &[Fault::new("cimd-strict-port", &[Deed::Forget(Duty::AllowLoopbackPort)])],
        judge: loopback_port,
    },
    Check {
        id: "cimd-consent-host",
        title: "the consent page shows where the user will be sent",
        role: Role::AuthorizationServer,
        level: level![_, _, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_LOCALHOST_RISKS, MCP_CIMD],
        needs: &[Step::DocumentTrial],
        blocked_by: &["cimd-works"],
        why: "A document can claim any name. The host that the code goes to is what the user can judge by.",
        fix: "show the host name of the redirect URI on the consent page, and warn where it is this machine",
        disputed: "",
        faults: &[Fault::new("consent-hides-redirect-host", &[Deed::Forget(Duty::ShowRedirectHost)])],
        judge: consent_host,
    },
    Check {
        id: "cimd-private-key-jwt",
        title: "a client whose document names a key must use it",
        role: Role::AuthorizationServer,
        level: level![_, _, May, May],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_CIMD, CIMD_6_2],
        needs: &[Step::DocumentGrant],
        blocked_by: &[],
        why: "The key is there so that nobody else can redeem the client's codes. A server that lets it be left out makes it worthless.",
        fix: "authenticate clients at the token endpoint with the `token_endpoint_auth_method` of their document: 401 `invalid_client` otherwise",
        disputed: "",
        faults: &[Fault::new("cimd-ignores-declared-auth", &[Deed::Forget(Duty::ObeyDocumentMethod)])],
        judge: private_key_jwt,
    },
];

/// That documents are taken at all, by the metadata.
pub(super) fn advertised(e: &Evidence<'_>) -> Result<(), Verdict> {
    let document = server(e)?;
    match document.object.get("client_id_metadata_document_supported") {
        Some(serde_json::Value::Bool(true)) => Ok(()),
        _ => Err(Verdict::not_applicable("the authorization server takes no client ID metadata documents")),
    }
}

/// The request in the name of a document as it must be.
pub(super) fn valid<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    advertised(e)?;
    let why = "no document could be named: --client-metadata-url names one that the authorization server can reach";
    attempt(e, VALID).ok_or(Verdict::inconclusive(why))
}

/// Whether the authorization server came for the document of a trial.
fn came(e: &Evidence<'_>, trial: Trial) -> bool {
    e.about(Step::DocumentFetched, trial.name).is_some()
}

/// Whether a document on this machine was named; elsewhere the user hosts it.
fn is_ours(exchange: &Exchange) -> bool {
    !exchange.request.url.contains("client_id=https%3A")
}

/// The answer to a document as it must be, where that was taken.
pub(super) fn taken<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    let right = valid(e)?;
    match kind(right) {
        Kind::Code | Kind::Page | Kind::Away => Ok(right),
        _ => Err(Verdict::inconclusive("a document as it must be was refused, too")),
    }
}

fn works(e: &Evidence<'_>) -> Verdict {
    let right = need!(valid(e));
    match kind(right) {
        Kind::Code | Kind::Page | Kind::Away => Verdict::Pass,
        Kind::Busy | Kind::Silent => Verdict::inconclusive("no answer came"),
        // A server is right not to come to this machine for a document.
        _ if is_ours(right) && !came(e, VALID) => Verdict::inconclusive(
            "the server did not come to this machine for a document; --client-metadata-url names another",
        ),
        _ => at(right, VALID, "the client is not known").expected("the login or consent page").fail(),
    }
}

/// The first of these that was accepted as the right one is.
pub(super) fn accepted<'e>(e: &'e Evidence<'_>, trials: &[Trial]) -> Result<Option<(&'e Exchange, Trial)>, Verdict> {
    let right = taken(e)?;
    let mut unclear = None;
    let mut told = false;
    for trial in trials {
        match passage_beside(e, right, MISSING, *trial)? {
            Passage::Code(exchange) | Passage::GoesOn(exchange) => return Ok(Some((exchange, *trial))),
            Passage::Unclear(why) => unclear = Some(why),
            _ => told = true,
        }
    }
    match unclear {
        Some(why) if !told => Err(Verdict::inconclusive(why)),
        _ => Ok(None),
    }
}

/// Whether all of these are refused.
fn must_refuse(e: &Evidence<'_>, trials: &[Trial]) -> Verdict {
    match need!(accepted(e, trials)) {
        Some((exchange, trial)) => at(exchange, trial, "the request went on").expected("an error page").fail(),
        None => Verdict::Pass,
    }
}

fn id_mismatch(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, &[OTHER_ID])
}

fn redirect_unlisted(e: &Evidence<'_>) -> Verdict {
    need!(taken(e));
    if let Some(first) = attempt(e, UNLISTED_REDIRECT).filter(|x| matches!(kind(x), Kind::Code | Kind::Error)) {
        return at(first, UNLISTED_REDIRECT, "the answer redirects there").expected("an error page").fail();
    }
    must_refuse(e, &[UNLISTED_REDIRECT])
}

fn invalid_doc(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, &[NOT_JSON, NO_NAME, NO_REDIRECTS])
}

fn http_scheme(e: &Evidence<'_>) -> Verdict {
    match need!(accepted(e, &[PLAIN_HTTP])) {
        // On one machine plain http is not marked down.
        Some((exchange, trial)) if is_ours(exchange) && e.on_loopback() => {
            at(exchange, trial, "it was taken, which is fine on this machine only").info()
        }
        Some((exchange, trial)) => at(exchange, trial, "the request went on").expected("an error page").fail(),
        None => Verdict::Pass,
    }
}

fn url_form(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, &[NO_PATH, DOT_SEGMENTS, FRAGMENT, USER])
}

fn symmetric_auth(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, &[SECRET_METHOD, SECRET_INSIDE])
}

fn loopback_port(e: &Evidence<'_>) -> Verdict {
    need!(taken(e));
    let Some(first) = attempt(e, PORTLESS) else { return Verdict::inconclusive("it was not tried") };
    match kind(first) {
        Kind::Code | Kind::Page | Kind::Away => Verdict::Pass,
        Kind::Refused | Kind::Error => {
            at(first, PORTLESS, "the request was refused").expected("the consent page").fail()
        }
        _ => Verdict::inconclusive("no answer came"),
    }
}

fn consent_host(e: &Evidence<'_>) -> Verdict {
    let right = need!(valid(e));
    if kind(need!(taken(e))) != Kind::Page || attempt(e, MISSING).map(kind) == Some(Kind::Page) {
        return Verdict::inconclusive("no consent page came without a login");
    }
    let asked = url::Url::parse(&right.request.url).ok();
    let sent =
        |name: &str| asked.as_ref()?.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let host = sent("redirect_uri")
        .and_then(|uri| url::Url::parse(&uri).ok())
        .and_then(|url| url.host_str().map(str::to_owned));
    let (Some(host), Some(reply)) = (host, right.reply()) else { return Verdict::inconclusive("no page came") };
    // Other URLs of the request may stand at the same host: they are no word about where the code goes.
    let mut page = reply.body.to_text().into_owned();
    for other in [sent("client_id"), sent("resource"), Some(e.trail.target.clone())].into_iter().flatten() {
        page = page.replace(&other, "");
    }
    // A page that asks for a name and password first is no consent page yet.
    if page.contains(&host) {
        return Verdict::Pass;
    }
    if !page.contains("mcp-auth trial") {
        return Verdict::inconclusive("the page does not name the client: the consent page comes later");
    }
    let message = "the page that asks the user names the client and not the host that the code goes to";
    finding(Pointer::exchange(right.number), message).expected(format!("`{host}` on the page")).warn()
}

fn private_key_jwt(e: &Evidence<'_>) -> Verdict {
    need!(advertised(e));
    let Some(right) = attempt(e, grants::PUBLIC) else {
        return Verdict::inconclusive("no code came for a client with a document");
    };
    if !issues(right) {
        return Verdict::inconclusive("a public client with a document got no token");
    }
    match asked(e, grants::NO_ASSERTION, issues) {
        Asked::Granted(exchange) => {
            at(exchange, grants::NO_ASSERTION, "a token was issued").expected("401 `invalid_client`").fail()
        }
        Asked::Unclear(why) => Verdict::inconclusive(why),
        Asked::Refused(_) | Asked::Broke => Verdict::Pass,
    }
}

/// A finding about the answer to a trial.
pub(super) fn at(exchange: &Exchange, trial: Trial, what: &str) -> Finding {
    let status = exchange.status().map_or_else(String::new, |status| status.to_string());
    finding(Pointer::exchange(exchange.number), format!("we {}, and {what}", trial.wrong)).actual(status)
}
