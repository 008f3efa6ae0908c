//! The documents that describe the authorization server. RFC 8414 §2, OpenID Connect Discovery 1.0 §3, RFC 9207 §3,
//! RFC 8628 §4, RFC 9126 §5, RFC 9449 §5.1, RFC 7662, RFC 7009, RFC 9728 §4, client ID metadata documents §5.

use serde_json::{Map, Value, json};

use crate::serve::layout::Layout;
use crate::spec::posture::Posture;

/// The scopes of the search server, weakest first.
pub(crate) const SCOPES: [&str; 3] = ["search:read", "search:write", "search:admin"];

/// RFC 8414 metadata.
pub(crate) fn oauth(layout: &Layout) -> Value {
    Value::Object(common(layout))
}

/// OpenID Connect metadata: the same, and what OpenID Connect wants besides.
pub(crate) fn openid(layout: &Layout) -> Value {
    let mut members = common(layout);
    add(&mut members, "subject_types_supported", json!(["public"]));
    add(&mut members, "id_token_signing_alg_values_supported", json!(["RS256"]));
    add(&mut members, "claims_supported", json!(["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce"]));
    // Absent would mean true.
    add(&mut members, "request_uri_parameter_supported", json!(false));
    Value::Object(members)
}

/// RFC 8414 metadata at the MCP server's origin, for clients of 2025-03-26: the origin is the issuer, the endpoints
/// are the same. Those clients know neither `iss` in responses nor client ID metadata documents.
pub(crate) fn legacy(layout: &Layout) -> Value {
    let mut members = common(layout);
    if !layout.shared() {
        members.insert("issuer".into(), json!(layout.origin));
        members.shift_remove("authorization_response_iss_parameter_supported");
        members.shift_remove("client_id_metadata_document_supported");
        members.shift_remove("protected_resources");
    }
    Value::Object(members)
}

/// Whether clients may register themselves (RFC 7591).
pub(crate) const fn registers(posture: Posture) -> bool {
    !matches!(posture, Posture::CimdOnly)
}

/// Whether client ID metadata documents are taken.
pub(crate) const fn takes_documents(posture: Posture) -> bool {
    !(matches!(posture, Posture::DcrOnly) || posture.has_first_layout())
}

fn common(layout: &Layout) -> Map<String, Value> {
    let posture = layout.posture;
    let mut members = Map::new();
    let at = |name: &str| json!(layout.endpoint(name));
    add(&mut members, "issuer", json!(layout.issuer));
    add(&mut members, "authorization_endpoint", at("/authorize"));
    add(&mut members, "token_endpoint", at("/token"));
    if posture != Posture::OpaqueTokens {
        add(&mut members, "jwks_uri", at("/jwks"));
    }
    if registers(posture) {
        add(&mut members, "registration_endpoint", at("/register"));
    }
    add(&mut members, "revocation_endpoint", at("/revoke"));
    add(&mut members, "introspection_endpoint", at("/introspect"));
    add(&mut members, "device_authorization_endpoint", at("/device_authorization"));
    add(&mut members, "pushed_authorization_request_endpoint", at("/par"));
    let scopes: Vec<&str> = SCOPES.into_iter().chain(["openid", "offline_access"]).collect();
    add(&mut members, "scopes_supported", json!(scopes));
    add(&mut members, "response_types_supported", json!(["code"]));
    add(&mut members, "response_modes_supported", json!(["query"]));
    let grants = json!([
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code"
    ]);
    add(&mut members, "grant_types_supported", grants);
    add(&mut members, "code_challenge_methods_supported", json!(["S256"]));
    let confidential = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    let algorithms = json!(["ES256", "RS256", "EdDSA"]);
    for (endpoint, public) in [("token", true), ("revocation", true), ("introspection", false)] {
        let methods: Vec<&str> = confidential.into_iter().chain(public.then_some("none")).collect();
        add(&mut members, &format!("{endpoint}_endpoint_auth_methods_supported"), json!(methods));
        add(&mut members, &format!("{endpoint}_endpoint_auth_signing_alg_values_supported"), algorithms.clone());
    }
    add(&mut members, "dpop_signing_alg_values_supported", algorithms);
    add(&mut members, "authorization_response_iss_parameter_supported", json!(true));
    if takes_documents(posture) {
        add(&mut members, "client_id_metadata_document_supported", json!(true));
    }
    if !posture.has_first_layout() {
        add(&mut members, "protected_resources", json!([layout.mcp]));
    }
    members
}

/// Says that assertions of an identity provider are taken.
pub(crate) fn with_identity_assertions(document: &mut Value) {
    with_assertions(document);
    if let Some(members) = document.as_object_mut() {
        add(members, "authorization_grant_profiles_supported", json!([super::idjag::PROFILE]));
    }
}

/// Says that assertions of others are taken (RFC 7523 §2.1).
pub(crate) fn with_assertions(document: &mut Value) {
    if let Some(Value::Array(grants)) = document.get_mut("grant_types_supported") {
        grants.push(json!(super::idjag::GRANT));
    }
}

fn add(members: &mut Map<String, Value>, name: &str, value: Value) {
    members.insert(name.to_owned(), value);
}
