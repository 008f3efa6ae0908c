//! The secrets of a site, none of which may be seen anywhere, and where each of them may be sent.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::server::Arrived;
use crate::site::Site;

/// The access token that is stored at first.
pub(crate) const STORED_ACCESS: &str = "q7Vw2LmX-stored-access+token/of=the~case";
/// The refresh token that is stored at first.
pub(crate) const STORED_REFRESH: &str = "Zk4Tn9Re-stored-refresh+token/of=the~case";
/// The client secret that is stored at first.
pub(crate) const STORED_SECRET: &str = "Hy6Pb3Qc-stored-client+secret/of=the~case";
/// The registration token that is stored at first.
pub(crate) const STORED_REGISTRATION: &str = "Wd8Gs5Jx-stored-registration+token";
/// The access token that the token endpoint gives.
pub(crate) const ISSUED_ACCESS: &str = "Bf1Uo7Yk-issued-access+token/of=the~case";
/// The refresh token that the token endpoint gives.
pub(crate) const ISSUED_REFRESH: &str = "Nc3Ea8Mv-issued-refresh+token/of=the~case";
/// The code of the redirect.
pub(crate) const CODE: &str = "Lt5Ir2Sh-code-of-the-case";
/// The client secret of a registration.
pub(crate) const ISSUED_SECRET: &str = "Xp9Dj4Fz-issued-client-secret";
/// The registration token of a registration.
pub(crate) const ISSUED_REGISTRATION: &str = "Kg6Qw1Uc-issued-registration-token";

/// Where a secret may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    /// The MCP server.
    Resource,
    /// The endpoints of the authorization server that take forms.
    Authority,
    /// The token endpoint that the metadata of the issuer names at the time of the login, wherever it is.
    Login,
    /// The management of a registration.
    Registration,
}

/// What is secret in a site: its name, its value, where it may go.
fn all(site: &Site) -> Vec<(&'static str, String, Home)> {
    let mut all: Vec<_> = [
        ("the stored access token", STORED_ACCESS, Home::Resource),
        ("the issued access token", ISSUED_ACCESS, Home::Resource),
        ("the stored refresh token", STORED_REFRESH, Home::Authority),
        ("the issued refresh token", ISSUED_REFRESH, Home::Authority),
        ("the stored client secret", STORED_SECRET, Home::Authority),
        ("the issued client secret", ISSUED_SECRET, Home::Login),
        ("the code", CODE, Home::Login),
        ("the stored registration token", STORED_REGISTRATION, Home::Registration),
        ("the issued registration token", ISSUED_REGISTRATION, Home::Registration),
    ]
    .map(|(name, value, home)| (name, value.to_owned(), home))
    .to_vec();
    // Header and claims of a token may be shown; its signature may not.
    let signature = site.jwt.rsplit('.').next().unwrap_or_default().to_owned();
    all.push(("the signature of the JWT", signature, Home::Authority));
    for arrived in site.arrived() {
        let form: Vec<_> = url::form_urlencoded::parse(arrived.body.as_bytes()).into_owned().collect();
        for (_, verifier) in form.iter().filter(|(name, _)| name == "code_verifier") {
            all.push(("a verifier", verifier.clone(), Home::Login));
        }
    }
    all
}

/// What a secret looks like where it is written down: its first characters as they are (and so in a URL), in base64 at each
/// of the three places of a group, in hexadecimal.
fn shapes(secret: &str) -> Vec<String> {
    let first: String = secret.chars().take(8).collect();
    let mut shapes = vec![first.clone()];
    let head: String = secret.chars().take(15).collect();
    for lead in 0..3_usize {
        let text = STANDARD.encode(format!("{}{head}", "_".repeat(lead)));
        // Of the first group and of the last what another neighbour would change is left out.
        let from = if lead == 0 { 0 } else { 4 };
        shapes.push(text.chars().skip(from).take(12).collect());
    }
    let hex: String = first.bytes().map(|byte| format!("{byte:02x}")).collect();
    shapes.push(hex.to_uppercase());
    shapes.push(hex);
    shapes
}

/// Which secrets stand in a text.
pub(crate) fn found(site: &Site, text: &str) -> Vec<&'static str> {
    let holds = |secret: &str| shapes(secret).iter().any(|shape| text.contains(shape.as_str()));
    all(site).into_iter().filter(|(_, value, _)| holds(value)).map(|(name, ..)| name).collect()
}

/// Where a secret went that is none of its places.
pub(crate) fn astray(site: &Site) -> Vec<String> {
    let mut complaints = Vec::new();
    let secrets = all(site);
    for arrived in site.arrived() {
        let text = format!("{}\n{}\n{}", arrived.line, arrived.head, arrived.body);
        for (name, value, home) in &secrets {
            let first: String = value.chars().take(8).collect();
            let basic = arrived.head.lines().find_map(|line| {
                line.to_ascii_lowercase().starts_with("authorization: basic ").then(|| line.get(21..)).flatten()
            });
            let decoded = basic.and_then(|text| STANDARD.decode(text.trim()).ok()).unwrap_or_default();
            let sent = text.contains(&first) || String::from_utf8_lossy(&decoded).contains(&first);
            if sent && !is_at_home(site, &arrived, *home, &first) {
                complaints.push(format!("{name} went to port {} with `{}`", arrived.port, arrived.line));
            }
        }
    }
    complaints
}

fn is_at_home(site: &Site, arrived: &Arrived, home: Home, first: &str) -> bool {
    let path = arrived.line.split(' ').nth(1).unwrap_or_default();
    if arrived.line.contains(first) {
        return false;
    }
    match home {
        Home::Resource if arrived.port == site.ports[0] => {
            !path.starts_with("/.well-known/") && !arrived.body.contains(first)
        }
        Home::Resource => arrived.port == site.ports[1] && matches!(path, "/t/introspect" | "/t/revoke"),
        Home::Authority => arrived.port == site.ports[1] && matches!(path, "/t/token" | "/t/revoke" | "/t/introspect"),
        Home::Login => path.ends_with("/token") && arrived.line.starts_with("POST "),
        Home::Registration => arrived.port == site.ports[1] && path.starts_with("/t/register/"),
    }
}

/// The store with one login.
pub(crate) fn book(site: &Site, access: &str) -> Value {
    json!({ "version": 1, "generation": 7, "logins": [{
        "issuer": site.fill("{as}/t"), "token_endpoint": site.fill("{as}/t/token"), "resource": site.fill("{rs}/mcp"),
        "profile": "default", "server": site.target, "sends_resource": true,
        "client": { "id": "stored-client", "secret": STORED_SECRET, "auth": "client_secret_basic", "origin": "registered",
            "registration_uri": site.fill("{as}/t/register/stored"), "registration_token": STORED_REGISTRATION },
        "tokens": { "access": access, "scheme": "Bearer", "obtained_at": 1_000_000, "expires_at": 4_000_000_000_u64,
            "refresh": STORED_REFRESH, "scope": ["read"] },
        "requested_scope": ["read"], "revocation_endpoint": site.fill("{as}/t/revoke"),
    }] })
}

/// The private half of the key that the site publishes (RFC 7517 appendix A.2), in PKCS#8.
fn signing_key() -> jsonwebtoken::EncodingKey {
    let part = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let mut der = vec![0x30, 0x81, 0x87, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a];
    der.extend([0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 4, 0x6d, 0x30, 0x6b, 2, 1, 1, 4, 0x20]);
    der.extend(part("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"));
    der.extend([0xa1, 0x44, 3, 0x42, 0, 4]);
    der.extend(part("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"));
    der.extend(part("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"));
    jsonwebtoken::EncodingKey::from_ec_der(&der)
}

/// A token that is signed with the key of the site, with these claims on top.
pub(crate) fn jwt(issuer: &str, resource: &str, more: &Value) -> String {
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
    (header.typ, header.kid) = (Some("at+jwt".to_owned()), Some("1".to_owned()));
    let mut claims = json!({
        "iss": issuer, "aud": resource, "sub": "somebody", "client_id": "stored-client", "jti": "of-the-case",
        "iat": 1_000_000, "exp": 4_000_000_000_u64, "scope": "read",
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    jsonwebtoken::encode(&header, &claims, &signing_key()).unwrap()
}
