//! Authorization server metadata, its form: member types and empty members (RFC 8414 §2 and §3.2).

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use serde_json::Value;
use url::Url;

use super::ground::{in_both, server};
use crate::evidence::{Document, Evidence, Spot};
use crate::formats::json::{self, Field, Kind};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Edit, Fault};
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
