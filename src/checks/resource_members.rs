//! Protected resource metadata, the form of its members: RFC 9728 §2 and §3.2.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use serde_json::Value;

use super::ground::resource;
use super::resource::DOCUMENTS;
use crate::evidence::{Document, Evidence};
use crate::formats::json::{self, Field, Kind};
use crate::formats::uri;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "prm-types",
        title: "the members of the resource metadata have the types RFC 9728 gives them",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Clients that read the document into types refuse all of it for one member of another type.",
        fix: "write lists as lists and flags as `true` or `false`, e.g. `\"scopes_supported\": [\"SCOPE\"]`",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-scopes-as-string",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/scopes_supported", "\"search:read\"")])],
            ),
            Fault::new(
                "prm-null-member",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource_documentation", "null")])],
            ),
            Fault::new(
                "prm-flag-as-string",
                &[Deed::At(
                    Reply::ResourceMetadata,
                    &[Edit::SetJson("/dpop_bound_access_tokens_required", "\"false\"")],
                )],
            ),
        ],
        judge: types,
    },
    Check {
        id: "prm-empty-members",
        title: "members without a value are left out of the resource metadata",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_3_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "An empty list says \"none\" where nothing was meant: some clients then ask for no scope at all.",
        fix: "leave the member out",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-empty-scopes",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/scopes_supported", "[]")])],
            ),
            Fault::new(
                "prm-empty-policy",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/resource_policy_uri", "\"\"")])],
            ),
        ],
        judge: empty_members,
    },
    Check {
        id: "prm-bearer-methods",
        title: "tokens are taken in the header and not in the URL",
        role: Role::ResourceServer,
        level: level![_, MustNot, MustNot, MustNot],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_TOKEN_REQUIREMENTS, RFC9728_2, RFC6750_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "MCP clients send the token in the `Authorization` header and must never put it into the URL, which ends in \
              logs and histories.",
        fix: "set `\"bearer_methods_supported\": [\"header\"]`",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-bearer-query",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/bearer_methods_supported/-", "\"query\"")])],
            ),
            Fault::new(
                "prm-bearer-body-only",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/bearer_methods_supported", "[\"body\"]")])],
            ),
            Fault::new(
                "prm-bearer-none",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/bearer_methods_supported", "[]")])],
            ),
        ],
        judge: bearer_methods,
    },
    Check {
        id: "prm-jwks-https",
        title: "the keys of the resource are named by an https URL",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Whoever can change keys on their way to the client can sign what he likes in the name of the resource.",
        fix: "name the keys by an https URL: `\"jwks_uri\": \"https://HOST/jwks.json\"`",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-jwks-http",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/jwks_uri", "\"http://{host}/jwks.json\"")])],
            )
            .under(Posture::Https),
            Fault::new(
                "prm-jwks-relative",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/jwks_uri", "\"/jwks.json\"")])],
            ),
        ],
        judge: jwks_https,
    },
    Check {
        id: "prm-signing-alg-none",
        title: "the resource does not offer `none` as an algorithm for signatures",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A response \"signed\" with `none` is not signed: anybody can have written it.",
        fix: "take `none` out of `resource_signing_alg_values_supported`",
        disputed: "",
        faults: &[Fault::new(
            "prm-signing-alg-none",
            &[Deed::At(
                Reply::ResourceMetadata,
                &[Edit::SetJson("/resource_signing_alg_values_supported", "[\"ES256\",\"none\"]")],
            )],
        )],
        judge: signing_alg_none,
    },
    Check {
        id: "prm-name",
        title: "the resource metadata has a name for people",
        role: Role::ResourceServer,
        level: level![_, RfcShould, RfcShould, RfcShould],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "It is what a consent page and a client can show instead of a URL.",
        fix: "add to the metadata: `\"resource_name\": \"NAME\"`",
        disputed: "",
        faults: &[Fault::new("prm-no-name", &[Deed::At(Reply::ResourceMetadata, &[Edit::DropJson("/resource_name")])])],
        judge: name,
    },
];

/// What type a member has.
#[derive(Clone, Copy)]
enum Type {
    Text,
    Texts,
    Flag,
}

/// The types of the members (RFC 9728 §2) but for `resource` and `authorization_servers`, which have checks of their own.
const TYPES: &[(&str, Type)] = &[
    ("jwks_uri", Type::Text),
    ("scopes_supported", Type::Texts),
    ("bearer_methods_supported", Type::Texts),
    ("resource_signing_alg_values_supported", Type::Texts),
    ("resource_name", Type::Text),
    ("resource_documentation", Type::Text),
    ("resource_policy_uri", Type::Text),
    ("resource_tos_uri", Type::Text),
    ("tls_client_certificate_bound_access_tokens", Type::Flag),
    ("authorization_details_types_supported", Type::Texts),
    ("dpop_signing_alg_values_supported", Type::Texts),
    ("dpop_bound_access_tokens_required", Type::Flag),
    ("signed_metadata", Type::Text),
];

impl Type {
    const fn words(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Texts => "an array of strings",
            Self::Flag => "true or false",
        }
    }

    /// What is there instead.
    fn mismatch(self, document: &Document<'_>, name: &str) -> Option<Kind> {
        match self {
            Self::Text => json::str_field(document.object, name).wrong(),
            Self::Texts => json::strings_field(document.object, name).wrong(),
            Self::Flag => json::bool_field(document.object, name).wrong(),
        }
    }
}

/// The strings of an optional list. One of another type is the finding of `prm-types`.
pub(super) fn texts<'e>(document: &Document<'e>, name: &str) -> Result<Option<Vec<&'e str>>, Verdict> {
    match json::strings_field(document.object, name) {
        Field::Present(list) => Ok(Some(list)),
        Field::Absent => Ok(None),
        Field::Wrong(_) => Err(Verdict::blocked("prm-types")),
    }
}

fn types(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let wrong = TYPES.iter().find_map(|(name, wanted)| Some((name, wanted, wanted.mismatch(&document, name)?)));
    let Some((name, wanted, kind)) = wrong else { return Verdict::Pass };
    finding(document.spot(name).at, format!("`{name}` has the wrong type"))
        .expected(wanted.words())
        .actual(kind.to_string())
        .fix(format!("make `{name}` {}, or leave it out", wanted.words()))
        .warn()
}

fn empty_members(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let is_empty = |value: &Value| match value {
        Value::Array(list) => list.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    // These three have checks of their own; RFC 9728 §2 gives an empty list of bearer methods a meaning.
    let own = ["resource", "authorization_servers", "bearer_methods_supported"];
    let empty = document.object.iter().find(|(name, value)| !own.contains(&name.as_str()) && is_empty(value));
    let Some((name, value)) = empty else { return Verdict::Pass };
    finding(document.spot(name).at, format!("`{}` is empty", printable(name)))
        .expected("absent")
        .actual(value.to_string())
        .fix(format!("leave `{}` out", printable(name)))
        .warn()
}

fn bearer_methods(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let methods = need!(texts(&document, "bearer_methods_supported"));
    let methods = need!(methods, absent "the metadata does not say how tokens are taken");
    let spot = document.spot("bearer_methods_supported");
    let shown = printable(&spot.shown()).to_string();
    if !methods.contains(&"header") {
        let message = "by its metadata the server does not take tokens in the `Authorization` header, the only place where \
                       MCP clients send them";
        return finding(spot.at, message).expected("[\"header\"]").actual(shown).fail();
    }
    match methods.iter().position(|method| *method == "query") {
        Some(n) => {
            let message = "by its metadata the server takes tokens in the URL, where they must never be";
            finding(spot.element(n), message).expected("[\"header\"]").actual(shown).warn()
        }
        None => Verdict::Pass,
    }
}

fn jwks_https(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let spot = document.spot("jwks_uri");
    need!(spot.value, absent "the metadata names no keys of the resource");
    let Some(text) = spot.text() else { return Verdict::blocked("prm-types") };
    let problem = match uri::gate(text) {
        Err(problem) => problem.to_string(),
        Ok(url) if url.scheme() == "http" && !uri::is_loopback_host(&url) => "it is an http URL".to_owned(),
        Ok(_) => return Verdict::Pass,
    };
    finding(spot.at, format!("`jwks_uri` is no https URL: {problem}")).actual(printable(text).to_string()).fail()
}

fn signing_alg_none(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let algorithms = need!(texts(&document, "resource_signing_alg_values_supported"));
    let algorithms = need!(algorithms, absent "the resource signs nothing");
    match algorithms.iter().position(|alg| alg.eq_ignore_ascii_case("none")) {
        Some(n) => {
            let at = document.spot("resource_signing_alg_values_supported").element(n);
            finding(at, "the resource offers `none` as an algorithm for signatures").fail()
        }
        None => Verdict::Pass,
    }
}

fn name(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    // `resource_name#de` is the same in German (RFC 9728 §2.1).
    let named = document.object.keys().any(|name| name == "resource_name" || name.starts_with("resource_name#"));
    if named {
        return Verdict::Pass;
    }
    finding(document.spot("resource_name").at, "the resource metadata has no `resource_name`").info()
}
