//! What the metadata must say of the authorization extensions it advertises: client credentials, enterprise-managed
//! authorization (ID-JAG), DPoP (RFC 9449 §5.1, RFC 9728 §2), workload identity federation. Who advertises none is not
//! judged. The last two are drafts; the citations name the text that was read.

use serde_json::Value;

use super::ground::{in_both, resource, server};
use super::server_members::{DOCUMENTS, list, quoted};
use super::server_registration::registers;
use crate::evidence::{Document, Evidence, answer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::extension::Extension;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

const GRANTS: &str = "grant_types_supported";
const METHODS: &str = "token_endpoint_auth_methods_supported";
const PROOF_ALGORITHMS: &str = "dpop_signing_alg_values_supported";
/// The grant type of RFC 7523 §2.1.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The profile of enterprise-managed authorization.
const ID_JAG: &str = "urn:ietf:params:oauth:grant-profile:id-jag";
/// The name of workload identity federation among the extensions of a server.
const WORKLOAD: &str = "io.modelcontextprotocol/auth/wif";
/// The name of client credentials among them.
const OWN_CREDENTIALS: &str = "io.modelcontextprotocol/oauth-client-credentials";
/// The name of enterprise-managed authorization among them.
const ENTERPRISE: &str = "io.modelcontextprotocol/enterprise-managed-authorization";
/// The name of DPoP among them.
const DPOP: &str = "io.modelcontextprotocol/auth/dpop";

/// The grants of a server that has nothing to do with assertions of others; JSON text.
const PLAIN_GRANTS: &str = "[\"authorization_code\", \"refresh_token\", \"client_credentials\", \
                            \"urn:ietf:params:oauth:grant-type:device_code\"]";

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "ext-cc-metadata",
        title: "who offers client credentials takes `private_key_jwt` or `client_secret_basic`",
        role: Role::AuthorizationServer,
        level: level![_, _, Must, Must],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[EXT_CLIENT_CREDENTIALS],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A client without a user authenticates by one of these two; with neither advertised it cannot choose.",
        fix: "add `\"private_key_jwt\"` or `\"client_secret_basic\"` to `token_endpoint_auth_methods_supported`",
        disputed: "The extension demands `client_secret_basic` in the metadata while its examples send the secret in the body, \
                   which is `client_secret_post`.",
        faults: &[Fault::new(
            "cc-no-auth-methods",
            in_both![Edit::SetJson(
                "/token_endpoint_auth_methods_supported",
                "[\"none\", \"client_secret_post\", \"client_secret_jwt\"]"
            )],
        )],
        judge: client_credentials,
    },
    Check {
        id: "ext-ema-metadata",
        title: "who offers enterprise-managed authorization lists the grant it uses",
        role: Role::AuthorizationServer,
        level: level![_, _, Must, Must],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[EXT_ENTERPRISE_DISCOVERY, IDJAG_7_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "The identity assertion is redeemed with the grant `urn:ietf:params:oauth:grant-type:jwt-bearer`. A client that does \
              not find it in the list does not try.",
        fix: "add `\"urn:ietf:params:oauth:grant-type:jwt-bearer\"` to `grant_types_supported`",
        disputed: "",
        faults: &[Fault::new(
            "ema-no-jwt-bearer-grant",
            in_both![
                Edit::SetJson(
                    "/authorization_grant_profiles_supported",
                    "[\"urn:ietf:params:oauth:grant-profile:id-jag\"]"
                ),
                Edit::SetJson("/grant_types_supported", PLAIN_GRANTS),
            ],
        )],
        judge: enterprise,
    },
    Check {
        id: "ext-dpop-metadata",
        title: "who offers DPoP lists signature algorithms with public keys, and challenges for it where it is required",
        role: Role::AuthorizationServer,
        level: level![_, _, _, Must],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[EXT_DPOP_METADATA, RFC9449_5_1, RFC9728_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A proof with `none` or a shared secret proves nothing, and a client that is asked for a bearer token brings one, even \
              where it is refused.",
        fix: "write `\"dpop_signing_alg_values_supported\": [\"ES256\"]`, and send `WWW-Authenticate: DPoP` where \
              `dpop_bound_access_tokens_required` is true",
        disputed: "The MCP text on DPoP is a draft. An earlier one has proofs carry a digest of the body, the later one does not.",
        faults: &[
            Fault::new(
                "dpop-metadata-none",
                in_both![Edit::SetJson("/dpop_signing_alg_values_supported/-", "\"none\"")],
            ),
            Fault::new(
                "dpop-metadata-hmac",
                in_both![Edit::SetJson("/dpop_signing_alg_values_supported", "[\"HS256\"]")],
            ),
            Fault::new(
                "dpop-required-bearer-challenge",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/dpop_bound_access_tokens_required", "true")])],
            ),
        ],
        judge: dpop,
    },
    Check {
        id: "ext-wif-metadata",
        title: "who offers workload identity federation lists the grant it uses",
        role: Role::AuthorizationServer,
        level: level![_, _, _, Must],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[EXT_WORKLOAD_METADATA],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A workload redeems the token of its platform with the grant `urn:ietf:params:oauth:grant-type:jwt-bearer` and looks \
              for it in the list first.",
        fix: "add `\"urn:ietf:params:oauth:grant-type:jwt-bearer\"` to `grant_types_supported`",
        disputed: "The MCP text on workload identity federation is a draft.",
        faults: &[Fault::new(
            "wif-no-grant",
            &[
                Deed::At(
                    Reply::DiscoverResult,
                    &[Edit::SetJson("/result/capabilities/extensions", "{\"io.modelcontextprotocol/auth/wif\": {}}")],
                ),
                Deed::At(Reply::ServerMetadata, &[Edit::SetJson("/grant_types_supported", PLAIN_GRANTS)]),
                Deed::At(Reply::OpenIdMetadata, &[Edit::SetJson("/grant_types_supported", PLAIN_GRANTS)]),
            ],
        )
        .under(Posture::Lazy)],
        judge: workload,
    },
    Check {
        id: "ext-advertised",
        title: "an extension among the capabilities is one that the authorization server knows",
        role: Role::ResourceServer,
        level: level![_, _, _, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[EXT_NEGOTIATION],
        needs: &[Step::McpDiscover, Step::McpInitialize, Step::SessionDiscover, Step::SessionInitialize],
        blocked_by: &[],
        why: "A client that reads the name of an extension tries it, and fails where the authorization server does not have it.",
        fix: "name only extensions whose grant stands in `grant_types_supported` of the authorization server",
        disputed: "",
        faults: &[
            // As far as it is said without a token.
            Fault::new(
                "ext-false-advert",
                &[Deed::At(
                    Reply::DiscoverResult,
                    &[Edit::SetJson(
                        "/result/capabilities/extensions",
                        "{\"io.modelcontextprotocol/enterprise-managed-authorization\": {}}",
                    )],
                )],
            )
            .under(Posture::Lazy),
        ],
        judge: advertised,
    },
];

/// Whether the server names an extension among its capabilities, as far as it says so without a token.
fn claims(e: &Evidence<'_>, extension: &str) -> bool {
    let steps = [Step::McpDiscover, Step::McpInitialize, Step::SessionDiscover, Step::SessionInitialize];
    let answers = steps.into_iter().filter_map(|step| e.first(step));
    let messages = answers.flat_map(answer::messages);
    messages
        .filter_map(|message| message.result().cloned())
        .any(|result| result.pointer("/capabilities/extensions").and_then(|names| names.get(extension)).is_some())
}

fn client_credentials(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let grants = need!(list(&document, GRANTS)).unwrap_or_default();
    if !grants.contains(&"client_credentials") {
        return Verdict::not_applicable("the client credentials grant is not advertised");
    }
    let spot = document.spot(METHODS);
    let shown = quoted(&spot);
    match need!(list(&document, METHODS)) {
        Some(methods) if ["private_key_jwt", "client_secret_basic"].iter().any(|name| methods.contains(name)) => {
            Verdict::Pass
        }
        None if registers(e, &document) => Verdict::blocked("asm-auth-methods"),
        _ => finding(spot.at, "client credentials are offered without a way to authenticate that the extension knows")
            .expected("a list with \"private_key_jwt\" or \"client_secret_basic\"")
            .actual(shown)
            .fail(),
    }
}

fn enterprise(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let profiles = need!(list(&document, "authorization_grant_profiles_supported")).unwrap_or_default();
    if !profiles.contains(&ID_JAG) {
        return Verdict::not_applicable("enterprise-managed authorization is not advertised");
    }
    assertion_grant(&document, "the profile of enterprise-managed authorization is advertised")
}

fn workload(e: &Evidence<'_>) -> Verdict {
    if !claims(e, WORKLOAD) && !e.asks_for(Extension::Wif) {
        return Verdict::not_applicable("workload identity federation is not advertised");
    }
    let said = if claims(e, WORKLOAD) { "is advertised" } else { "is asked for" };
    assertion_grant(&need!(server(e)), &format!("workload identity federation {said}"))
}

fn advertised(e: &Evidence<'_>) -> Verdict {
    let known = [(OWN_CREDENTIALS, "client_credentials"), (ENTERPRISE, JWT_BEARER)];
    let named: Vec<(&str, &str)> = known.into_iter().filter(|(name, _)| claims(e, name)).collect();
    if named.is_empty() {
        return Verdict::not_applicable("the server names no extension whose grant is known");
    }
    let document = need!(server(e));
    let grants = need!(list(&document, GRANTS)).unwrap_or_default();
    match named.into_iter().find(|(_, grant)| !grants.contains(grant)) {
        None => Verdict::Pass,
        Some((name, grant)) => {
            let spot = document.spot(GRANTS);
            let shown = quoted(&spot);
            finding(
                spot.at,
                format!("the MCP server names the extension `{name}`, and the authorization server lacks its grant"),
            )
            .expected(format!("a list with \"{grant}\""))
            .actual(shown)
            .info()
        }
    }
}

/// Whether the grant that redeems assertions is listed.
fn assertion_grant(document: &Document<'_>, what: &str) -> Verdict {
    if need!(list(document, GRANTS)).unwrap_or_default().contains(&JWT_BEARER) {
        return Verdict::Pass;
    }
    let spot = document.spot(GRANTS);
    let shown = quoted(&spot);
    finding(spot.at, format!("{what}, and `{GRANTS}` lacks the grant it uses"))
        .expected(format!("a list with \"{JWT_BEARER}\""))
        .actual(shown)
        .fail()
}

fn dpop(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let resource = resource(e).ok();
    let required = resource.filter(|metadata| {
        metadata.object.get("dpop_bound_access_tokens_required").and_then(Value::as_bool) == Some(true)
    });
    let listed = need!(list(&document, PROOF_ALGORITHMS));
    if listed.is_none() && required.is_none() && !claims(e, DPOP) {
        return Verdict::not_applicable("DPoP is not advertised");
    }
    if listed.is_none() {
        let message = format!("DPoP is asked for, and the authorization server lists no `{PROOF_ALGORITHMS}`");
        return finding(document.at(), message).expected("[\"ES256\"]").actual("absent").fail();
    }
    for metadata in resource.into_iter().chain([document]) {
        let algorithms = metadata.texts(PROOF_ALGORITHMS).unwrap_or_default();
        if let Some(weak) = algorithms.iter().find(|name| **name == "none" || name.starts_with("HS")) {
            let spot = metadata.spot(PROOF_ALGORITHMS);
            let shown = quoted(&spot);
            let message = format!("`{PROOF_ALGORITHMS}` contains `{}`", printable(weak));
            return finding(spot.at, message).expected("algorithms with public keys").actual(shown).fail();
        }
    }
    if let (Some(metadata), Some(refused)) = (required, e.challenged())
        && refused.challenges.dpop().is_none()
    {
        let message = "the server requires tokens bound to keys (DPoP), and its challenge does not say so";
        return finding(metadata.spot("dpop_bound_access_tokens_required").at, message)
            .expected("`WWW-Authenticate: DPoP` in the 401")
            .actual("no challenge of the scheme DPoP")
            .fail();
    }
    Verdict::Pass
}
