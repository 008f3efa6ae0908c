//! The authorization request: PKCE, response type, resource. draft-ietf-oauth-v2-1 §4.1.1, RFC 7636 §4, RFC 8707 §2.

use super::super::record::Run;
use super::super::row::{Look, Part, Row, Ruling, Seen, at, each, met};
use super::super::story::Asked;
use crate::level;
use crate::spec::cite::{
    MCP_CANONICAL_URI, MCP_PKCE, MCP_RESOURCE_PARAMETER, OAUTH21_4_1_1, OAUTH21_10_1, RFC7636_4_1, RFC8707_2,
};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "client-pkce-s256",
        title: "every authorization request carries an S256 challenge",
        level: level![RfcMust, RfcMust, Must, Must],
        silent: true,
        cites: &[MCP_PKCE, OAUTH21_4_1_1],
        seen: Seen::Always,
        blocked_by: &["client-no-implicit"],
        why: "Without PKCE, or with `plain`, whoever sees the code or the request can redeem the code.",
        fix: "send `code_challenge=BASE64URL(SHA256(code_verifier))` and `code_challenge_method=S256`",
        judge: |look| {
            each(look.run.authorizations(), NO_REQUEST, |asked| {
                match (asked.get("code_challenge"), asked.get("code_challenge_method")) {
                    (Some(challenge), Some("S256")) if challenge.len() == 43 => met(asked.entry),
                    (Some(challenge), Some("S256")) => {
                        at(asked.entry, "the `code_challenge` is no SHA-256 in base64url")
                            .on(Part::Parameter("code_challenge"))
                            .expected("43 characters")
                            .actual(format!("{} characters", challenge.len()))
                            .broken()
                    }
                    (Some(_), method) => at(asked.entry, "the authorization request does not use PKCE with S256")
                        .on(Part::Parameter("code_challenge_method"))
                        .expected("S256")
                        .actual(method.unwrap_or("nothing, which means plain"))
                        .broken(),
                    (None, _) => at(asked.entry, "the authorization request has no `code_challenge`")
                        .on(Part::Parameter("code_challenge"))
                        .broken(),
                }
            })
        },
    },
    Row {
        id: "client-pkce-verifier",
        title: "each code verifier is fresh, well formed and the one of its challenge",
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        silent: true,
        cites: &[OAUTH21_4_1_1, RFC7636_4_1],
        seen: Seen::Always,
        blocked_by: &["client-pkce-s256"],
        why: "A verifier that is guessed or used twice protects no code.",
        fix: "make 32 random bytes for every authorization request, and send them base64url-encoded as `code_verifier`",
        judge: verifier,
    },
    Row {
        id: "client-no-implicit",
        title: "the response type is `code`",
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        silent: false,
        cites: &[OAUTH21_10_1],
        seen: Seen::Always,
        blocked_by: &[],
        why: "The implicit grant hands tokens to the browser's history and to every page on the way; OAuth 2.1 has it no more.",
        fix: "send `response_type=code`",
        judge: |look| {
            each(look.run.authorizations(), NO_REQUEST, |asked| match asked.get("response_type") {
                Some("code") => met(asked.entry),
                other => at(asked.entry, "the authorization request asks for something else than a code")
                    .on(Part::Parameter("response_type"))
                    .expected("code")
                    .actual(other.unwrap_or("nothing"))
                    .broken(),
            })
        },
    },
    Row {
        id: "client-resource-authz",
        title: "every authorization request names the resource",
        level: level![_, Must, Must, Must],
        silent: false,
        cites: &[MCP_RESOURCE_PARAMETER, RFC8707_2],
        seen: Seen::Always,
        blocked_by: &[],
        why: "Without `resource` the token is for every server that trusts the authorization server, or for none.",
        fix: "send `resource` with the `resource` of the protected resource metadata, whether the authorization server knows it or not",
        judge: |look| {
            each(look.run.authorizations(), NO_REQUEST, |asked| match asked.get("resource") {
                Some(_) => met(asked.entry),
                None => at(asked.entry, "the authorization request has no `resource`")
                    .on(Part::Parameter("resource"))
                    .expected(look.run.resource())
                    .broken(),
            })
        },
    },
    Row {
        id: "client-resource-token",
        title: "the code exchange names the same resource",
        level: level![_, Must, Must, Must],
        silent: false,
        cites: &[MCP_RESOURCE_PARAMETER, RFC8707_2],
        seen: Seen::Always,
        blocked_by: &["client-resource-authz"],
        why: "Authorization servers bind the token to what the token request names.",
        fix: "send the same `resource` in the token request as in the authorization request",
        judge: |look| {
            each(look.run.exchanges(), NO_EXCHANGE, |entry| {
                let asked = look.run.authorizations().into_iter().rfind(|asked| asked.entry.number < entry.number);
                let wanted = asked.and_then(|asked| asked.get("resource")).unwrap_or(look.run.resource());
                match entry.form.get("resource") {
                    Some(resource) if resource == wanted => met(entry),
                    other => at(entry, "the token request does not name the resource of the authorization request")
                        .on(Part::Parameter("resource"))
                        .expected(wanted)
                        .actual(other.unwrap_or("nothing"))
                        .broken(),
                }
            })
        },
    },
    Row {
        id: "client-resource-refresh",
        title: "every refresh names the resource",
        level: level![_, Must, Must, Must],
        silent: false,
        cites: &[MCP_RESOURCE_PARAMETER, RFC8707_2],
        seen: Seen::Always,
        blocked_by: &["client-resource-authz"],
        why: "A refresh without `resource` gets a token for nobody, or is refused: the login breaks an hour later.",
        fix: "send the same `resource` in every refresh request",
        judge: |look| {
            each(look.run.refreshes(), "the client did not refresh", |entry| match entry.form.get("resource") {
                Some(_) => met(entry),
                None => at(entry, "the refresh request has no `resource`")
                    .on(Part::Parameter("resource"))
                    .expected(look.run.resource())
                    .broken(),
            })
        },
    },
    Row {
        id: "client-resource-canonical",
        title: "the resource is the canonical URI of the server, as its metadata says",
        level: level![_, Must, Must, Must],
        silent: false,
        cites: &[MCP_CANONICAL_URI, RFC8707_2],
        seen: Seen::Always,
        blocked_by: &["client-resource-authz"],
        why: "A resource spelled another way is another audience: servers that compare, as they must, refuse the token.",
        fix: "send the `resource` of the protected resource metadata byte for byte; let no URL library add a slash",
        judge: canonical,
    },
];

pub(super) const NO_REQUEST: &str = "the client sent no authorization request";
pub(super) const NO_EXCHANGE: &str = "the client redeemed no code";

fn verifier(look: &Look<'_>) -> Ruling {
    let fresh = each(look.run.authorizations(), NO_REQUEST, |asked| match earlier(look, &asked, "code_challenge") {
        Some(number) => at(asked.entry, format!("the `code_challenge` is that of step {number}"))
            .on(Part::Parameter("code_challenge"))
            .broken(),
        None => Ruling::Unseen(NO_EXCHANGE),
    });
    let fits = each(look.run.exchanges(), NO_EXCHANGE, |entry| {
        let wrong = |what: &str| at(entry, what).on(Part::Parameter("code_verifier")).broken();
        let Some(verifier) = entry.form.get("code_verifier") else {
            return wrong("the token request has no `code_verifier`");
        };
        let challenges: Vec<_> = challenges(look.run, entry.number);
        match () {
            () if !entry.verifier_formed => wrong("the `code_verifier` is not 43 to 128 unreserved characters"),
            () if !challenges.iter().any(|challenge| verifier.strip_prefix('~') == Some(challenge)) => {
                wrong("the `code_verifier` is not that of any challenge sent")
            }
            () => met(entry),
        }
    });
    fresh.or(fits)
}

fn challenges(run: &Run, before: u32) -> Vec<&str> {
    let asked = run.authorizations().into_iter().filter(|asked| asked.entry.number < before);
    asked.filter_map(|asked| asked.params.get("code_challenge")).collect()
}

/// The number of an earlier authorization request, in any run, with the same value and another request around it.
pub(super) fn earlier(look: &Look<'_>, asked: &Asked<'_>, name: &str) -> Option<u32> {
    let value = asked.get(name)?;
    let before = look.story.runs.iter().flat_map(|run| run.authorizations());
    before
        .filter(|other| other.entry.number < asked.entry.number && other.params != asked.params)
        .find(|other| other.get(name) == Some(value))
        .map(|other| other.entry.number)
}

fn canonical(look: &Look<'_>) -> Ruling {
    let wanted = look.run.resource();
    each(look.run.authorizations(), NO_REQUEST, |asked| {
        let Some(resource) = asked.get("resource") else { return Ruling::Unseen("the client named no resource") };
        let wrong =
            |what: &str| at(asked.entry, what).on(Part::Parameter("resource")).expected(wanted).actual(resource);
        let (scheme, rest) = resource.split_once("://").unwrap_or(("", resource));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        match () {
            () if resource == wanted => met(asked.entry),
            () if scheme.is_empty() || host.is_empty() => wrong("the `resource` is no absolute URI").broken(),
            () if resource.contains('#') => wrong("the `resource` has a fragment").broken(),
            () if resource.strip_suffix('/') == Some(wanted) => {
                wrong("the `resource` has a slash more than the server's").broken()
            }
            () if resource.eq_ignore_ascii_case(wanted) => {
                wrong("the `resource` spells scheme or host with capital letters").broken()
            }
            () if wanted.starts_with(resource) => {
                wrong("the `resource` is not the most specific URI of the server").doubtful()
            }
            () => wrong("the `resource` is not the one that the metadata names").doubtful(),
        }
    })
}
