//! Authorization server metadata, how a client becomes known: client ID metadata documents, dynamic registration, client
//! authentication. MCP client registration ("Client Registration Approaches"), client ID metadata documents §5, RFC 7591
//! §3, RFC 8414 §2.

use super::ground::{in_both, server};
use super::server_members::{DOCUMENTS, list, quoted, text};
use crate::evidence::{Document, Evidence};
use crate::formats::json::{self, Field};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Edit, Fault};
use crate::spec::revision::Revision;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

const CIMD: &str = "client_id_metadata_document_supported";
const METHODS: &str = "token_endpoint_auth_methods_supported";

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "asm-registration-path",
        title: "a client that the server has never met can become known to it",
        role: Role::AuthorizationServer,
        level: level![Should, Should, Should, Should],
        class: Class::Passive,
        mark: Mark::Biting,
        cites: &[MCP_REGISTRATION, MCP1_DCR],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "MCP users bring clients the operator has never heard of. Without a way to register only clients with a client id \
              entered by hand can connect; most cannot.",
        fix: "accept client ID metadata documents and add `\"client_id_metadata_document_supported\": true`, or offer dynamic \
              registration and add `\"registration_endpoint\": \"https://HOST/register\"`",
        disputed: "",
        faults: &[Fault::new(
            "no-registration",
            in_both![
                Edit::DropJson("/registration_endpoint"),
                Edit::DropJson("/client_id_metadata_document_supported"),
            ],
        )],
        judge: registration_path,
    },
    Check {
        id: "asm-cimd-type",
        title: "`client_id_metadata_document_supported`, if present, is a JSON boolean",
        role: Role::AuthorizationServer,
        level: level![_, _, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[CIMD_5],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Clients compare with `true`. The text `\"true\"` is not that, so they take it for no.",
        fix: "write `\"client_id_metadata_document_supported\": true`, without quotes around `true`",
        disputed: "",
        faults: &[Fault::new(
            "asm-cimd-string",
            in_both![Edit::SetJson("/client_id_metadata_document_supported", "\"true\"")],
        )],
        judge: cimd_type,
    },
    Check {
        id: "asm-cimd",
        title: "client ID metadata documents are accepted",
        role: Role::AuthorizationServer,
        level: level![_, _, Should, Should],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_CIMD_ADVERTISE, MCP_OVERVIEW],
        needs: DOCUMENTS,
        blocked_by: &["asm-cimd-type"],
        why: "They replace dynamic registration, which 2026-07-28 deprecates: the client's URL is its id, and nothing is stored.",
        fix: "accept `https` URLs as client ids, fetch the document there, and add \
              `\"client_id_metadata_document_supported\": true`",
        disputed: "MCP binds draft 00 of client ID metadata documents; draft 01 is stricter about how the server fetches them.",
        faults: &[Fault::new("asm-no-cimd", in_both![Edit::DropJson("/client_id_metadata_document_supported")])],
        judge: cimd,
    },
    Check {
        id: "asm-dcr-deprecated",
        title: "nothing rests on dynamic registration, which is deprecated",
        role: Role::AuthorizationServer,
        level: level![_, _, _, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_DEPRECATED, RFC7591_3],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "2026-07-28 deprecates dynamic registration; the first revision after July 2027 may remove it. Older clients still \
              need it.",
        fix: "keep dynamic registration for older clients and accept client ID metadata documents beside it",
        disputed: "",
        faults: &[],
        judge: dcr_deprecated,
    },
    Check {
        id: "asm-auth-methods",
        title: "public clients may use the token endpoint (`none`)",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A client on a user's machine keeps no secret. An absent list means `client_secret_basic` alone, so such clients \
              give up.",
        fix: "add `\"none\"` to `token_endpoint_auth_methods_supported`",
        disputed: "",
        faults: &[
            Fault::new(
                "asm-no-none-auth",
                in_both![Edit::SetJson(
                    "/token_endpoint_auth_methods_supported",
                    "[\"client_secret_basic\", \"client_secret_post\", \"private_key_jwt\"]"
                )],
            ),
            Fault::new(
                "asm-no-auth-methods",
                in_both![
                    Edit::DropJson("/token_endpoint_auth_methods_supported"),
                    Edit::DropJson("/token_endpoint_auth_signing_alg_values_supported"),
                ],
            ),
        ],
        judge: auth_methods,
    },
    Check {
        id: "asm-auth-signing-alg",
        title: "methods with a signed assertion name their algorithms, and `none` is none of them",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A client that signs its assertion must know what the server can verify. `none` would let anybody be anybody.",
        fix: "add `\"token_endpoint_auth_signing_alg_values_supported\": [\"ES256\", \"RS256\"]`",
        disputed: "",
        faults: &[
            Fault::new(
                "asm-no-auth-signing-alg",
                in_both![Edit::DropJson("/token_endpoint_auth_signing_alg_values_supported")],
            ),
            Fault::new(
                "asm-auth-signing-alg-none",
                in_both![Edit::SetJson("/token_endpoint_auth_signing_alg_values_supported/-", "\"none\"")],
            ),
        ],
        judge: auth_signing_alg,
    },
];

/// Whether client ID metadata documents are advertised as the text wants it.
fn takes_documents(document: &Document<'_>) -> bool {
    document.object.get(CIMD).and_then(serde_json::Value::as_bool) == Some(true)
}

/// Whether a stranger can register, by the means that the revision knows.
pub(super) fn registers(e: &Evidence<'_>, document: &Document<'_>) -> bool {
    let documents = e.revision >= Revision::R2025_11_25 && takes_documents(document);
    documents || document.text("registration_endpoint").is_some()
}

/// Whether a TLS client certificate is the only way to authenticate (RFC 8705).
pub(super) fn needs_certificates(document: &Document<'_>) -> bool {
    let methods = document.texts(METHODS).unwrap_or_default();
    !methods.is_empty() && methods.iter().all(|method| method.ends_with("tls_client_auth"))
}

fn registration_path(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    need!(text(&document, "registration_endpoint"));
    if registers(e, &document) {
        return Verdict::Pass;
    }
    let knows_documents = e.revision >= Revision::R2025_11_25;
    let message = match (knows_documents, takes_documents(&document)) {
        (false, true) => {
            "there is no registration endpoint; client ID metadata documents are accepted, which clients of this revision \
             do not know"
        }
        (false, false) => "there is no registration endpoint: only clients registered by hand can connect",
        (true, _) => {
            "neither client ID metadata documents nor dynamic registration: only clients registered by hand can connect"
        }
    };
    let expected = if knows_documents {
        "`client_id_metadata_document_supported` or `registration_endpoint`"
    } else {
        "`registration_endpoint`"
    };
    finding(document.at(), message).expected(expected).actual("absent").warn()
}

fn cimd_type(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    match json::bool_field(document.object, CIMD) {
        // Absent means false.
        Field::Present(_) | Field::Absent => Verdict::Pass,
        Field::Wrong(kind) => {
            let spot = document.spot(CIMD);
            let shown = quoted(&spot);
            finding(spot.at, format!("`{CIMD}` is {kind}")).expected("true").actual(shown).fail()
        }
    }
}

fn cimd(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    if takes_documents(&document) {
        return Verdict::Pass;
    }
    if document.text("registration_endpoint").is_none() {
        return Verdict::blocked("asm-registration-path");
    }
    let spot = document.spot(CIMD);
    let shown = quoted(&spot);
    if e.revision >= Revision::R2026_07_28 {
        finding(spot.at, "dynamic registration, which is deprecated, is the only way to register")
            .expected("true")
            .actual(shown)
            .warn()
    } else {
        finding(spot.at, "client ID metadata documents are not accepted").expected("true").actual(shown).info()
    }
}

fn dcr_deprecated(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    if document.text("registration_endpoint").is_none() {
        return Verdict::Pass;
    }
    let message = "dynamic registration is offered; it is deprecated since 2026-07-28";
    finding(document.spot("registration_endpoint").at, message).info()
}

fn auth_methods(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let methods = need!(list(&document, METHODS));
    if !registers(e, &document) {
        return Verdict::blocked("asm-registration-path");
    }
    if needs_certificates(&document) {
        return Verdict::blocked("asm-no-extra-requirements");
    }
    match methods {
        Some(methods) if methods.contains(&"none") => Verdict::Pass,
        Some(_) => {
            let spot = document.spot(METHODS);
            let shown = quoted(&spot);
            finding(spot.at, format!("`{METHODS}` lacks `none`, though strangers may register"))
                .expected("a list with \"none\"")
                .actual(shown)
                .warn()
        }
        None => {
            finding(document.at(), format!("the metadata has no `{METHODS}`, which means `client_secret_basic` alone"))
                .expected("a list with \"none\"")
                .actual("absent")
                .warn()
        }
    }
}

fn auth_signing_alg(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let mut looked = false;
    let mut mild = None;
    for endpoint in ["token", "revocation", "introspection"] {
        let methods =
            need!(list(&document, &format!("{endpoint}_endpoint_auth_methods_supported"))).unwrap_or_default();
        if !methods.iter().any(|method| method.ends_with("_jwt")) {
            continue;
        }
        looked = true;
        let name = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
        let spot = document.spot(&name);
        let shown = quoted(&spot);
        let wrong = match need!(list(&document, &name)) {
            None => "is absent, though clients may authenticate with a signed assertion",
            Some(names) if names.contains(&"none") => "contains `none`",
            Some(_) => continue,
        };
        let found = finding(spot.at, format!("`{name}` {wrong}")).expected("[\"ES256\", \"RS256\"]").actual(shown);
        if endpoint == "token" || e.strict {
            return found.fail();
        }
        // MCP clients authenticate at the token endpoint; at the others it hurts none of them.
        mild = mild.or(Some(found));
    }
    match mild {
        Some(found) => found.info(),
        None if looked => Verdict::Pass,
        None => Verdict::not_applicable("no method with a signed assertion is advertised"),
    }
}
