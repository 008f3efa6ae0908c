//! Authorization server metadata, what it offers: response types and modes, grants, PKCE, RFC 9207, scopes, and demands
//! that MCP clients cannot meet. RFC 8414 §2, OAuth 2.1 §4.1.1 and §10.1, RFC 9700 §2, MCP authorization security
//! considerations ("Authorization Code Protection").

use super::ground::{in_both, issuer, server};
use super::server_members::{DOCUMENTS, flag, list, quoted};
use crate::evidence::{Document, Evidence};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::revision::Revision;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

const PKCE: &str = "code_challenge_methods_supported";
const GRANTS: &str = "grant_types_supported";
const RESPONSE_TYPES: &str = "response_types_supported";

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "asm-response-types",
        title: "`response_types_supported` contains `code`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "It is a required member, and `code` is the only response type that MCP clients use.",
        fix: "add `\"response_types_supported\": [\"code\"]` to the metadata",
        disputed: "RFC 8414 requires the member; the SDKs go on without it.",
        faults: &[
            Fault::new("asm-no-response-types", in_both![Edit::DropJson("/response_types_supported")]),
            Fault::new(
                "asm-response-types-without-code",
                in_both![Edit::SetJson("/response_types_supported", "[\"id_token\"]")],
            ),
        ],
        judge: response_types,
    },
    Check {
        id: "asm-no-implicit",
        title: "neither the implicit nor the password grant is offered",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[OAUTH21_10_1, RFC9700_2_1_2, RFC9700_2_4],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "OAuth 2.1 has removed both: one puts tokens into URLs, the other hands passwords to clients.",
        fix: "remove `token` from `response_types_supported`, and `implicit` and `password` from `grant_types_supported`",
        disputed: "",
        faults: &[
            Fault::new("asm-advertises-password", in_both![Edit::SetJson("/grant_types_supported/-", "\"password\"")]),
            Fault::new("asm-advertises-implicit", in_both![Edit::SetJson("/response_types_supported/-", "\"token\"")]),
        ],
        judge: no_implicit,
    },
    Check {
        id: "asm-grant-types",
        title: "`grant_types_supported`, if present, contains `authorization_code`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A list without it says that nobody can log in by a browser.",
        fix: "add `\"authorization_code\"` to `grant_types_supported`",
        disputed: "",
        faults: &[Fault::new("asm-grants-without-code", in_both![Edit::DropJson("/grant_types_supported/0")])],
        judge: grant_types,
    },
    Check {
        id: "asm-refresh-grant",
        title: "`grant_types_supported`, if present, contains `refresh_token`",
        role: Role::AuthorizationServer,
        level: level![_, _, _, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_REFRESH],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Clients decide by it whether to ask for a refresh token. Without one the user must log in again at every expiry.",
        fix: "add `\"refresh_token\"` to `grant_types_supported`",
        disputed: "",
        faults: &[Fault::new("asm-no-refresh-grant", in_both![Edit::DropJson("/grant_types_supported/1")])],
        judge: refresh_grant,
    },
    Check {
        id: "asm-pkce-present",
        title: "the metadata says that PKCE is supported",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, Must, Must],
        class: Class::Passive,
        mark: Mark::Biting,
        cites: &[MCP_PKCE, RFC8414_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Clients must refuse to go on when `code_challenge_methods_supported` is absent, for absent means that PKCE is \
              not supported.",
        fix: "add `\"code_challenge_methods_supported\": [\"S256\"]` to every metadata document, OpenID Connect ones too",
        disputed: "The specification tells clients to refuse, and the C# and Go SDKs do; the TypeScript and Rust SDKs assume \
                   S256 and go on.",
        faults: &[
            Fault::new("asm-no-pkce", in_both![Edit::DropJson("/code_challenge_methods_supported")]),
            Fault::new(
                "asm-pkce-second-document-only",
                &[Deed::At(Reply::ServerMetadata, &[Edit::DropJson("/code_challenge_methods_supported")])],
            ),
        ],
        judge: pkce_present,
    },
    Check {
        id: "asm-pkce-s256",
        title: "PKCE is supported with `S256`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, Must, Must],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_PKCE, OAUTH21_4_1_1],
        needs: DOCUMENTS,
        blocked_by: &["asm-pkce-present"],
        why: "It is the method that every client has and every server must have. The name is compared exactly.",
        fix: "add `\"S256\"`, in capitals, to `code_challenge_methods_supported`",
        disputed: "",
        faults: &[
            Fault::new(
                "asm-pkce-plain-only",
                in_both![Edit::SetJson("/code_challenge_methods_supported", "[\"plain\"]")],
            ),
            Fault::new(
                "asm-pkce-lower-case",
                in_both![Edit::SetJson("/code_challenge_methods_supported", "[\"s256\"]")],
            ),
            Fault::new("asm-pkce-empty", in_both![Edit::SetJson("/code_challenge_methods_supported", "[]")]),
        ],
        judge: pkce_s256,
    },
    Check {
        id: "asm-pkce-plain",
        title: "PKCE is not offered with `plain`",
        role: Role::AuthorizationServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_1, RFC9700_2_1_1],
        needs: DOCUMENTS,
        blocked_by: &["asm-pkce-present", "asm-pkce-s256"],
        why: "With `plain` the challenge is the secret itself, so whoever sees the request can redeem the code.",
        fix: "remove `\"plain\"` from `code_challenge_methods_supported`, and refuse it",
        disputed: "",
        faults: &[Fault::new(
            "asm-pkce-plain-too",
            in_both![Edit::SetJson("/code_challenge_methods_supported", "[\"S256\", \"plain\"]")],
        )],
        judge: pkce_plain,
    },
    Check {
        id: "asm-iss-advertised",
        title: "authorization responses are said to carry `iss`",
        role: Role::AuthorizationServer,
        level: level![_, _, _, Should],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_ISS, RFC9207_3],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A client that uses several authorization servers tells by `iss` which one answered; without it one can pass itself \
              off as another.",
        fix: "send `iss` with every authorization response and add `\"authorization_response_iss_parameter_supported\": true`",
        disputed: "A SHOULD in 2026-07-28, announced to become a MUST.",
        faults: &[Fault::new(
            "asm-no-iss-support",
            in_both![Edit::DropJson("/authorization_response_iss_parameter_supported")],
        )],
        judge: iss_advertised,
    },
    Check {
        id: "asm-scopes",
        title: "the metadata lists its scopes, `offline_access` among them",
        role: Role::AuthorizationServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2, MCP_REFRESH],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Clients ask for `offline_access`, and so for a refresh token, only if it stands here.",
        fix: "add `\"scopes_supported\": [\"SCOPE\", \"offline_access\"]` to the metadata",
        disputed: "",
        faults: &[
            Fault::new("asm-no-scopes", in_both![Edit::DropJson("/scopes_supported")]),
            Fault::new("asm-no-offline-access", in_both![Edit::DropJson("/scopes_supported/4")]),
        ],
        judge: scopes,
    },
    Check {
        id: "asm-response-modes",
        title: "`response_modes_supported`, if present, contains `query`",
        role: Role::AuthorizationServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2, OAUTH21_4_1_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Clients with a loopback listener read the code from the query of the redirect and nowhere else.",
        fix: "add `\"query\"` to `response_modes_supported`",
        disputed: "",
        faults: &[Fault::new(
            "asm-form-post-only",
            in_both![Edit::SetJson("/response_modes_supported", "[\"form_post\"]")],
        )],
        judge: response_modes,
    },
    Check {
        id: "asm-no-extra-requirements",
        title: "nothing is required that MCP clients do not do",
        role: Role::AuthorizationServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9126_5, RFC9101_10_5],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "MCP clients neither push nor sign authorization requests nor have client certificates. A server that insists locks \
              them out.",
        fix: "let public clients with PKCE come without pushed or signed requests and without client certificates",
        disputed: "These are legitimate demands elsewhere; no MCP revision tells clients to meet them.",
        faults: &[
            Fault::new("asm-requires-par", in_both![Edit::SetJson("/require_pushed_authorization_requests", "true")]),
            Fault::new(
                "asm-requires-signed-request",
                in_both![Edit::SetJson("/require_signed_request_object", "true")],
            ),
        ],
        judge: no_extra_requirements,
    },
];

/// A finding at a list, that shows it.
fn at_list(document: &Document<'_>, name: &str, message: impl Into<String>) -> Finding {
    let spot = document.spot(name);
    let shown = quoted(&spot);
    finding(spot.at, message).actual(shown)
}

fn response_types(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    match need!(list(&document, RESPONSE_TYPES)) {
        Some(types) if types.contains(&"code") => Verdict::Pass,
        Some(_) => {
            at_list(&document, RESPONSE_TYPES, "`response_types_supported` lacks `code`").expected("[\"code\"]").fail()
        }
        None => {
            let found = finding(document.at(), "the metadata has no `response_types_supported`").expected("[\"code\"]");
            if e.strict { found.fail() } else { found.warn() }
        }
    }
}

fn no_implicit(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let types = need!(list(&document, RESPONSE_TYPES)).unwrap_or_default();
    let grants = need!(list(&document, GRANTS)).unwrap_or_default();
    let implicit = types.iter().find(|words| words.split(' ').any(|word| word == "token"));
    if implicit.is_some() {
        let message = "a response type with `token` is offered: the implicit grant";
        return at_list(&document, RESPONSE_TYPES, message).expected("[\"code\"]").warn();
    }
    match grants.iter().find(|grant| matches!(**grant, "implicit" | "password")) {
        Some(grant) => at_list(&document, GRANTS, format!("the grant `{grant}` is offered")).warn(),
        None => Verdict::Pass,
    }
}

fn grant_types(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    match need!(list(&document, GRANTS)) {
        Some(grants) if !grants.contains(&"authorization_code") => {
            at_list(&document, GRANTS, "`grant_types_supported` lacks `authorization_code`")
                .expected("a list with \"authorization_code\"")
                .fail()
        }
        _ => Verdict::Pass,
    }
}

fn refresh_grant(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let grants = need!(list(&document, GRANTS));
    let grants = need!(grants, absent "`grant_types_supported` is absent");
    if grants.contains(&"refresh_token") {
        return Verdict::Pass;
    }
    let found = at_list(&document, GRANTS, "`grant_types_supported` lacks `refresh_token`")
        .expected("a list with \"refresh_token\"");
    let scopes = need!(list(&document, "scopes_supported")).unwrap_or_default();
    if scopes.contains(&"offline_access") { found.warn() } else { found.info() }
}

fn pkce_present(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    if need!(list(&document, PKCE)).is_some() {
        return Verdict::Pass;
    }
    let trail = need!(issuer(e));
    let others = [e.oauth_document(&trail.issuer), e.openid_document(&trail.issuer)];
    let elsewhere = others.into_iter().flatten().find(|other| other.object.contains_key(PKCE));
    let message = match elsewhere {
        Some(_) => "the first metadata document does not say that PKCE is supported; only the second does",
        None => "the metadata does not say that PKCE is supported",
    };
    let found = finding(document.at(), message)
        .expected("`code_challenge_methods_supported`: [\"S256\"]")
        .actual("`code_challenge_methods_supported` is absent");
    if e.revision >= Revision::R2025_11_25 || e.strict { found.fail() } else { found.warn() }
}

fn pkce_s256(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let Some(methods) = need!(list(&document, PKCE)) else { return Verdict::blocked("asm-pkce-present") };
    if methods.contains(&"S256") {
        return Verdict::Pass;
    }
    at_list(&document, PKCE, "`code_challenge_methods_supported` lacks `S256`").expected("[\"S256\"]").fail()
}

fn pkce_plain(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let Some(methods) = need!(list(&document, PKCE)) else { return Verdict::blocked("asm-pkce-present") };
    if methods.contains(&"plain") {
        at_list(&document, PKCE, "PKCE with `plain` is offered").expected("[\"S256\"]").warn()
    } else {
        Verdict::Pass
    }
}

fn iss_advertised(e: &Evidence<'_>) -> Verdict {
    const NAME: &str = "authorization_response_iss_parameter_supported";
    let document = need!(server(e));
    match need!(flag(&document, NAME)) {
        Some(true) => Verdict::Pass,
        _ => {
            let message =
                "the metadata does not say that authorization responses carry `iss`, which is to become a must";
            at_list(&document, NAME, message).expected("true").warn()
        }
    }
}

fn scopes(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    match need!(list(&document, "scopes_supported")) {
        Some(scopes) if scopes.contains(&"offline_access") => Verdict::Pass,
        Some(scopes) if scopes.is_empty() => Verdict::blocked("asm-empty-members"),
        Some(_) => {
            let message = "`offline_access` is not among the scopes: clients cannot tell whether they must ask for it to get a \
                           refresh token";
            at_list(&document, "scopes_supported", message).info()
        }
        None => finding(document.at(), "the metadata does not list its scopes").info(),
    }
}

fn response_modes(e: &Evidence<'_>) -> Verdict {
    const NAME: &str = "response_modes_supported";
    let document = need!(server(e));
    match need!(list(&document, NAME)) {
        Some(modes) if !modes.contains(&"query") => {
            at_list(&document, NAME, "`response_modes_supported` lacks `query`")
                .expected("a list with \"query\"")
                .warn()
        }
        _ => Verdict::Pass,
    }
}

fn no_extra_requirements(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    for (name, what) in [
        ("require_pushed_authorization_requests", "pushed authorization requests (RFC 9126)"),
        ("require_signed_request_object", "signed authorization requests (RFC 9101)"),
    ] {
        if need!(flag(&document, name)) == Some(true) {
            return at_list(&document, name, format!("{what} are required")).expected("false").warn();
        }
    }
    if super::server_registration::needs_certificates(&document) {
        let name = "token_endpoint_auth_methods_supported";
        return at_list(&document, name, "every client must present a TLS certificate (RFC 8705)").warn();
    }
    Verdict::Pass
}
