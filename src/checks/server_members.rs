//! Authorization server metadata, its form: member types, empty members, the two documents side by side, signed metadata.
//! RFC 8414 §2, §2.1, §3.2 and §5, OpenID Connect Discovery §3.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;

use super::ground::{in_both, issuer, server};
use crate::evidence::{Document, Evidence, Spot};
use crate::formats::json::{self, Field, Kind};
use crate::formats::jwt::{self, SignatureProblem};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The steps at which a client asks for the metadata.
pub(super) const DOCUMENTS: &[Step] =
    &[Step::OauthMetadata, Step::OidcInserted, Step::OidcAppended, Step::LegacyMetadata];

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "asm-types",
        title: "the members have the types that RFC 8414 gives them",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Clients with typed readers refuse the whole document for one member of the wrong type; `null` is one.",
        fix: "write lists as arrays of strings, flags as `true` or `false`, endpoints as absolute URLs, and leave out what \
              has no value",
        disputed: "",
        faults: &[
            Fault::new("asm-scopes-as-string", in_both![Edit::SetJson("/scopes_supported", "\"search:read\"")]),
            Fault::new("asm-revocation-null", in_both![Edit::SetJson("/revocation_endpoint", "null")]),
            Fault::new(
                "asm-relative-introspection",
                in_both![Edit::SetJson("/introspection_endpoint", "\"/introspect\"")],
            ),
            Fault::new(
                "asm-iss-support-as-string",
                in_both![Edit::SetJson("/authorization_response_iss_parameter_supported", "\"true\"")],
            ),
        ],
        judge: types,
    },
    Check {
        id: "asm-empty-members",
        title: "no member is an empty list",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_3_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "An empty list says that nothing is supported, an absent one that the default holds. Clients take the first at its word.",
        fix: "leave out the members that have no elements",
        disputed: "",
        faults: &[Fault::new("asm-empty-scopes", in_both![Edit::SetJson("/scopes_supported", "[]")])],
        judge: empty_members,
    },
    Check {
        id: "asm-docs-agree",
        title: "the OAuth and the OpenID Connect document say the same",
        role: Role::AuthorizationServer,
        level: level![_, _, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_5],
        needs: &[Step::OauthMetadata, Step::OidcInserted, Step::OidcAppended],
        blocked_by: &[],
        why: "Which of the two a client reads depends on its order of asking. Where they differ, some clients work and others \
              do not.",
        fix: "generate both documents from the same settings",
        disputed: "",
        faults: &[
            Fault::new(
                "asm-oidc-conflict",
                &[Deed::At(Reply::OpenIdMetadata, &[Edit::SetJson("/token_endpoint", "\"{as}/other/token\"")])],
            ),
            Fault::new(
                "asm-oidc-without-pkce",
                &[Deed::At(Reply::OpenIdMetadata, &[Edit::DropJson("/code_challenge_methods_supported")])],
            ),
            Fault::new(
                "asm-oidc-without-registration",
                &[Deed::At(Reply::OpenIdMetadata, &[Edit::DropJson("/registration_endpoint")])],
            ),
        ],
        judge: docs_agree,
    },
    Check {
        id: "asm-oidc-members",
        title: "the OpenID Connect document has the members that OpenID Connect requires",
        role: Role::AuthorizationServer,
        level: level![_, _, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[OIDC_DISCOVERY_3],
        needs: &[Step::OidcInserted, Step::OidcAppended],
        blocked_by: &[],
        why: "OpenID libraries that read the document check these members and refuse it without them, though OAuth does not \
              use them.",
        fix: "add `\"subject_types_supported\": [\"public\"]` and `\"id_token_signing_alg_values_supported\": [\"RS256\"]`",
        disputed: "",
        faults: &[
            Fault::new(
                "asm-oidc-missing-members",
                &[Deed::At(Reply::OpenIdMetadata, &[Edit::DropJson("/subject_types_supported")])],
            ),
            Fault::new(
                "asm-oidc-without-rs256",
                &[Deed::At(
                    Reply::OpenIdMetadata,
                    &[Edit::SetJson("/id_token_signing_alg_values_supported", "[\"ES256\"]")],
                )],
            ),
        ],
        judge: oidc_members,
    },
    Check {
        id: "asm-signed-metadata",
        title: "`signed_metadata` carries an issuer and a signature that stands",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2_1],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Signed values take precedence over plain ones. A client that verifies them refuses the document if they do not stand.",
        fix: "sign the metadata with a key of the key set and with an `iss` claim, or leave `signed_metadata` out",
        disputed: "",
        faults: &[
            Fault::new(
                "asm-signed-metadata-badsig",
                in_both![Edit::SetJson(
                    "/signed_metadata",
                    concat!(
                        "\"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2FzLnRlc3QifQ.",
                        "AQIDBAUGBwgBAgMEBQYHCAECAwQFBgcIAQIDBAUGBwgBAgMEBQYHCAECAwQFBgcIAQIDBAUGBwgBAgMEBQYHCA\""
                    )
                )],
            ),
            Fault::new(
                "asm-signed-metadata-no-iss",
                in_both![Edit::SetJson(
                    "/signed_metadata",
                    concat!(
                        "\"eyJhbGciOiJFUzI1NiJ9.e30.",
                        "AQIDBAUGBwgBAgMEBQYHCAECAwQFBgcIAQIDBAUGBwgBAgMEBQYHCAECAwQFBgcIAQIDBAUGBwgBAgMEBQYHCA\""
                    )
                )],
            ),
        ],
        judge: signed_metadata,
    },
];

/// The strings of a list member: `None` if it is absent, the skip if [`types`] has it.
pub(super) fn list<'d>(document: &Document<'d>, name: &str) -> Result<Option<Vec<&'d str>>, Verdict> {
    right_type(json::strings_field(document.object, name))
}

/// A flag; `None` if it is absent, the skip if [`types`] has it.
pub(super) fn flag(document: &Document<'_>, name: &str) -> Result<Option<bool>, Verdict> {
    right_type(json::bool_field(document.object, name))
}

/// A text; `None` if it is absent, the skip if [`types`] has it.
pub(super) fn text<'d>(document: &Document<'d>, name: &str) -> Result<Option<&'d str>, Verdict> {
    right_type(json::str_field(document.object, name))
}

fn right_type<T>(field: Field<T>) -> Result<Option<T>, Verdict> {
    match field {
        Field::Present(value) => Ok(Some(value)),
        Field::Absent => Ok(None),
        Field::Wrong(_) => Err(Verdict::blocked("asm-types")),
    }
}

/// The value of a member as it is quoted.
pub(super) fn quoted(spot: &Spot<'_>) -> String {
    printable(&spot.shown()).to_string()
}

/// What a member must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Url,
    List,
    Flag,
}

impl Form {
    /// In words.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Url => "an absolute URL",
            Self::List => "an array of strings",
            Self::Flag => "`true` or `false`",
        }
    }

    /// The form of a member; `None` for members that have a check of their own or that we do not know.
    fn of(name: &str) -> Option<Self> {
        match name {
            "issuer" | "client_id_metadata_document_supported" => None,
            // Whether these are absolute is looked at where they are.
            "authorization_endpoint" | "token_endpoint" | "jwks_uri" | "signed_metadata" => Some(Self::Text),
            "registration_endpoint"
            | "revocation_endpoint"
            | "introspection_endpoint"
            | "device_authorization_endpoint"
            | "pushed_authorization_request_endpoint"
            | "userinfo_endpoint"
            | "end_session_endpoint"
            | "service_documentation"
            | "op_policy_uri"
            | "op_tos_uri" => Some(Self::Url),
            "authorization_response_iss_parameter_supported"
            | "require_pushed_authorization_requests"
            | "require_signed_request_object"
            | "tls_client_certificate_bound_access_tokens"
            | "claims_parameter_supported"
            | "request_parameter_supported"
            | "request_uri_parameter_supported"
            | "require_request_uri_registration" => Some(Self::Flag),
            "scopes_supported"
            | "response_types_supported"
            | "response_modes_supported"
            | "grant_types_supported"
            | "code_challenge_methods_supported"
            | "subject_types_supported"
            | "claims_supported"
            | "ui_locales_supported"
            | "protected_resources"
            | "authorization_grant_profiles_supported" => Some(Self::List),
            _ if name.ends_with("_auth_methods_supported") || name.ends_with("_alg_values_supported") => {
                Some(Self::List)
            }
            _ => None,
        }
    }

    /// What is wrong with a value, as a clause about it.
    fn complaint(self, value: &Value) -> Option<String> {
        match (self, value) {
            (Self::Text, Value::String(_)) | (Self::Flag, Value::Bool(_)) => None,
            (Self::Url, Value::String(text)) => Url::parse(text).is_err().then(|| "is not an absolute URL".to_owned()),
            (Self::List, Value::Array(items)) => {
                let odd = items.iter().find(|item| !item.is_string())?;
                Some(format!("contains {}", Kind::of(odd)))
            }
            (_, other) => Some(format!("is {}", Kind::of(other))),
        }
    }
}

/// The members that MCP clients read: a wrong type there stops them.
const USED: [&str; 10] = [
    "authorization_endpoint",
    "token_endpoint",
    "registration_endpoint",
    "jwks_uri",
    "scopes_supported",
    "response_types_supported",
    "grant_types_supported",
    "code_challenge_methods_supported",
    "token_endpoint_auth_methods_supported",
    "authorization_response_iss_parameter_supported",
];

fn types(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let mut mild = None;
    for (name, value) in document.object {
        let Some(form) = Form::of(name) else { continue };
        let Some(complaint) = form.complaint(value) else { continue };
        let spot = document.spot(name);
        let shown = quoted(&spot);
        let found =
            finding(spot.at, format!("`{}` {complaint}", printable(name))).expected(form.as_str()).actual(shown);
        if USED.contains(&name.as_str()) {
            return found.fail();
        }
        mild = mild.or(Some(found));
    }
    mild.map_or(Verdict::Pass, Finding::warn)
}

/// Lists whose emptiness is the finding of the check that reads them.
const JUDGED_ELSEWHERE: [&str; 5] = [
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "code_challenge_methods_supported",
    "token_endpoint_auth_methods_supported",
];

fn empty_members(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let empty = |(name, value): &(&String, &Value)| {
        value.as_array().is_some_and(Vec::is_empty) && !JUDGED_ELSEWHERE.contains(&name.as_str())
    };
    let names: Vec<&String> = document.object.iter().filter(empty).map(|(name, _)| name).collect();
    let Some(first) = names.first() else { return Verdict::Pass };
    let shown: Vec<String> = names.iter().map(|name| format!("`{}`", printable(name))).collect();
    finding(document.spot(first).at, format!("{} is an empty list", shown.join(", ")))
        .expected("a list with elements, or no member")
        .actual("[]")
        .fix(format!("leave out {}", shown.join(", ")))
        .warn()
}

fn docs_agree(e: &Evidence<'_>) -> Verdict {
    let used = need!(server(e));
    let trail = need!(issuer(e));
    let pair = (e.oauth_document(&trail.issuer), e.openid_document(&trail.issuer));
    let (Some(oauth), Some(openid)) = pair else {
        // A broken answer where the other document should be is the finding of another check.
        let broken = trail.candidates.iter().map(|x| e.landed(x)).any(|x| {
            x.number != used.exchange.number
                && e.object(x).is_none_or(|object| object.is_err())
                && x.status() != Some(404)
        });
        return if broken {
            Verdict::blocked("asm-miss-is-404")
        } else {
            Verdict::not_applicable("there is only one of the two documents")
        };
    };
    let Some(name) = difference(&oauth, &openid) else { return Verdict::Pass };
    let (one, other) = (oauth.spot(name), openid.spot(name));
    let how = match (one.value, other.value) {
        (Some(_), None) => "is only in the OAuth document, not in the OpenID Connect document",
        (None, Some(_)) => "is only in the OpenID Connect document, not in the OAuth document",
        _ => "is another in the OpenID Connect document than in the OAuth document",
    };
    let shown = (quoted(&one), quoted(&other));
    finding(other.at, format!("`{name}` {how}"))
        .expected(shown.0)
        .actual(shown.1)
        .fix(format!("write the same `{name}` in both documents"))
        .warn()
}

/// The first member in which the documents contradict each other.
fn difference(oauth: &Document<'_>, openid: &Document<'_>) -> Option<&'static str> {
    const VALUES: [&str; 4] = ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"];
    const OFFERS: [&str; 2] = ["registration_endpoint", "client_id_metadata_document_supported"];
    const PKCE: &str = "code_challenge_methods_supported";
    let values = |name: &str| (oauth.object.get(name), openid.object.get(name));
    // A value that one of them lacks is the finding of the check that reads it.
    let contradicts = |name: &&'static str| matches!(values(name), (Some(one), Some(other)) if one != other);
    let differs = |name: &&'static str| values(name).0 != values(name).1;
    let set = |document: &Document<'_>| document.texts(PKCE).map(|list| list.into_iter().map(str::to_owned).collect());
    let (one, other): (Option<BTreeSet<String>>, Option<BTreeSet<String>>) = (set(oauth), set(openid));
    // Absent in the document that counts is the finding of `asm-pkce-present`.
    let pkce = (one.is_some() && one != other).then_some(PKCE);
    VALUES.into_iter().find(contradicts).or_else(|| OFFERS.into_iter().find(differs)).or(pkce)
}

fn oidc_members(e: &Evidence<'_>) -> Verdict {
    need!(server(e));
    let trail = need!(issuer(e));
    let document = need!(e.openid_document(&trail.issuer), absent "there is no OpenID Connect document");
    let subject = document.spot("subject_types_supported");
    let algorithms = document.spot("id_token_signing_alg_values_supported");
    let shown = quoted(&algorithms);
    if document.texts("subject_types_supported").is_none_or(|types| types.is_empty()) {
        let shown = quoted(&subject);
        return finding(subject.at, "the OpenID Connect document has no `subject_types_supported`")
            .expected("[\"public\"] or [\"pairwise\"]")
            .actual(shown)
            .warn();
    }
    match document.texts("id_token_signing_alg_values_supported") {
        Some(names) if names.contains(&"RS256") => Verdict::Pass,
        found => {
            let what = if found.is_some() { "does not contain RS256" } else { "is missing" };
            finding(algorithms.at, format!("`id_token_signing_alg_values_supported` {what}"))
                .expected("a list with \"RS256\"")
                .actual(shown)
                .warn()
        }
    }
}

fn signed_metadata(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let token = need!(need!(text(&document, "signed_metadata")), absent "there is no `signed_metadata`");
    let at = document.spot("signed_metadata").at;
    let signed = match jwt::decode(token) {
        Ok(signed) => signed,
        Err(problem) => return finding(at, format!("`signed_metadata` is no JWT: {problem}")).expected("a JWT").warn(),
    };
    if signed.claim_str("iss").present().is_none() {
        return finding(at, "`signed_metadata` has no `iss`: nobody vouches for it").expected("an `iss` claim").warn();
    }
    let keys = e.first(Step::Jwks).and_then(|x| e.object(e.landed(x))?.ok()?.object.get("keys")?.as_array());
    let keys = need!(keys, absent "there is no key set to verify `signed_metadata` with");
    let kid = signed.header_str("kid").present();
    let fitting: Vec<&Value> =
        keys.iter().filter(|key| kid.is_none_or(|kid| key.get("kid").and_then(Value::as_str) == Some(kid))).collect();
    let problems: Vec<_> = fitting.iter().filter_map(|key| jwt::verify(token, key, None).err()).collect();
    if problems.len() < fitting.len() {
        return Verdict::Pass;
    }
    let cannot = |problem: &SignatureProblem| matches!(problem, SignatureProblem::Unsupported { .. });
    match problems.iter().find(|problem| !cannot(problem)) {
        // It may have been signed with another key than those for tokens.
        None => finding(at, "`signed_metadata` could not be verified with the keys at `jwks_uri`").info(),
        Some(problem) => finding(at, format!("no key of the key set verifies `signed_metadata`: {problem}"))
            .expected("a signature by a key of the key set")
            .warn(),
    }
}
