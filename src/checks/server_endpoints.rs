//! Authorization server metadata, the endpoints: RFC 8414 §2, OAuth 2.1 §3, RFC 7009 §2, RFC 8628 §4.

use url::Url;

use super::ground::{in_all, in_both, issuer, server};
use super::server_members::{DOCUMENTS, list, quoted, text};
use crate::evidence::{Document, Evidence};
use crate::formats::uri;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Edit, Fault};
use crate::spec::posture::Posture;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The grant type of RFC 8628.
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "asm-authz-endpoint",
        title: "`authorization_endpoint` is an absolute URL without a fragment",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2, OAUTH21_3_1],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "It is where the browser is sent. Without it nobody can log in.",
        fix: "add `\"authorization_endpoint\": \"https://HOST/authorize\"` to the metadata",
        disputed: "",
        faults: &[
            Fault::new("asm-no-authorization-endpoint", in_both![Edit::DropJson("/authorization_endpoint")]),
            Fault::new(
                "asm-authorization-endpoint-fragment",
                in_all![Edit::SetJson("/authorization_endpoint", "\"{as}/tenant1/authorize#start\"")],
            ),
        ],
        judge: authorization_endpoint,
    },
    Check {
        id: "asm-token-endpoint",
        title: "`token_endpoint` is an absolute URL without a fragment",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2, OAUTH21_3_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "It is where a client gets and renews its tokens.",
        fix: "add `\"token_endpoint\": \"https://HOST/token\"` to the metadata",
        disputed: "",
        faults: &[
            Fault::new("asm-no-token-endpoint", in_both![Edit::DropJson("/token_endpoint")]),
            Fault::new("asm-relative-token-endpoint", in_all![Edit::SetJson("/token_endpoint", "\"/tenant1/token\"")]),
        ],
        judge: token_endpoint,
    },
    Check {
        id: "asm-jwks-uri",
        title: "`jwks_uri` says where the keys are",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[OIDC_DISCOVERY_3, RFC8414_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "MCP servers verify signed tokens with these keys. OpenID Connect requires it, RFC 8414 leaves it out where tokens \
              are not signed.",
        fix: "add `\"jwks_uri\": \"https://HOST/jwks\"` to the metadata and serve the public keys there",
        disputed: "",
        faults: &[
            Fault::new("asm-no-jwks-uri", in_both![Edit::DropJson("/jwks_uri")]),
            Fault::new("asm-relative-jwks-uri", in_both![Edit::SetJson("/jwks_uri", "\"jwks\"")]),
        ],
        judge: jwks_uri,
    },
    Check {
        id: "asm-endpoint-origin",
        title: "the endpoints are at the origin of the issuer",
        role: Role::AuthorizationServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[OAUTH21_7_14, RFC9700_4_4],
        needs: DOCUMENTS,
        blocked_by: &["meta-dangerous-scheme"],
        why: "Codes are sent to the token endpoint. One that belongs to somebody else than the login page is how a mix-up attack \
              looks.",
        fix: "serve the authorization and the token endpoint below one domain",
        disputed: "Nothing forbids endpoints on several domains, and some large providers have them. Domains are compared by \
                   their last two labels, which is an approximation.",
        faults: &[
            Fault::new("asm-foreign-token-endpoint", in_all![Edit::SetJson("/token_endpoint", "\"{mcp}\"")])
                .under(Posture::Https),
            Fault::new(
                "asm-endpoint-other-origin",
                in_all![Edit::SetJson("/authorization_endpoint", "\"{origin}/authorize\"")],
            ),
        ],
        judge: endpoint_origin,
    },
    Check {
        id: "asm-revocation",
        title: "tokens can be revoked",
        role: Role::AuthorizationServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC7009_2, RFC8414_2],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Without it logging out leaves the tokens usable until they expire.",
        fix: "add a revocation endpoint (RFC 7009) and name it: `\"revocation_endpoint\": \"https://HOST/revoke\"`",
        disputed: "",
        faults: &[Fault::new("asm-no-revocation", in_both![Edit::DropJson("/revocation_endpoint")])],
        judge: revocation,
    },
    Check {
        id: "asm-device",
        title: "the device endpoint and the device grant are advertised together",
        role: Role::AuthorizationServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8628_4],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A client without a browser needs both: where to begin, and whether it may finish.",
        fix: "advertise `device_authorization_endpoint` and the grant `urn:ietf:params:oauth:grant-type:device_code`, or neither",
        disputed: "",
        faults: &[Fault::new("asm-device-grant-only", in_both![Edit::DropJson("/device_authorization_endpoint")])],
        judge: device,
    },
];

fn authorization_endpoint(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let grants = need!(list(&document, "grant_types_supported"));
    let interactive = grants.is_none_or(|grants| grants.contains(&"authorization_code"));
    if !interactive && !document.object.contains_key("authorization_endpoint") {
        let message = "there is no authorization endpoint, and no grant that would need one";
        return finding(document.at(), message).info();
    }
    endpoint(&document, "authorization_endpoint")
}

fn token_endpoint(e: &Evidence<'_>) -> Verdict {
    endpoint(&need!(server(e)), "token_endpoint")
}

/// A required endpoint: there, absolute, without a fragment.
fn endpoint(document: &Document<'_>, name: &str) -> Verdict {
    let Some(url) = need!(text(document, name)) else {
        return finding(document.at(), format!("the metadata has no `{name}`")).expected("an https URL").fail();
    };
    let wrong = match Url::parse(url) {
        Err(_) => "is not an absolute URL",
        Ok(_) if url.contains('#') => "has a fragment",
        Ok(_) => return Verdict::Pass,
    };
    finding(document.spot(name).at, format!("`{name}` {wrong}"))
        .expected("an absolute URL without a fragment")
        .actual(printable(url).to_string())
        .fail()
}

fn jwks_uri(e: &Evidence<'_>) -> Verdict {
    let used = need!(server(e));
    let trail = need!(issuer(e));
    let openid = e.openid_document(&trail.issuer);
    if let Some(document) = openid.filter(|document| !document.object.contains_key("jwks_uri")) {
        let message = "the OpenID Connect document has no `jwks_uri`";
        return finding(document.at(), message).expected("an https URL").fail();
    }
    let Some(url) = need!(text(&used, "jwks_uri")) else {
        let message = "the metadata has no `jwks_uri`; that is right if tokens are not signed";
        return finding(used.at(), message).info();
    };
    match Url::parse(url) {
        Err(_) => finding(used.spot("jwks_uri").at, "`jwks_uri` is not an absolute URL")
            .expected("an https URL")
            .actual(printable(url).to_string())
            .fail(),
        Ok(url) if url.scheme() == "http" && !uri::is_loopback_host(&url) => Verdict::blocked("tls-as-https"),
        Ok(_) => Verdict::Pass,
    }
}

fn endpoint_origin(e: &Evidence<'_>) -> Verdict {
    const ENDPOINTS: [&str; 7] = [
        "authorization_endpoint",
        "token_endpoint",
        "registration_endpoint",
        "revocation_endpoint",
        "introspection_endpoint",
        "device_authorization_endpoint",
        "pushed_authorization_request_endpoint",
    ];
    let document = need!(server(e));
    let trail = need!(issuer(e));
    let Ok(issuer) = Url::parse(&trail.issuer) else { return Verdict::blocked("prm-as-issuer") };
    let url = |name: &str| document.text(name).and_then(|text| Url::parse(text).ok());
    if let (Some(login), Some(token)) = (url("authorization_endpoint"), url("token_endpoint")) {
        let domain = |url: &Url| uri::registrable_domain(url.host_str().unwrap_or_default());
        let local = uri::is_loopback_host(&login) && uri::is_loopback_host(&token);
        if domain(&login) != domain(&token) && !local {
            let message = "the token endpoint is on another domain than the authorization endpoint";
            return finding(document.spot("token_endpoint").at, message)
                .expected(printable(&domain(&login)).to_string())
                .actual(printable(&domain(&token)).to_string())
                .warn();
        }
    }
    let home = uri::origin_of(&issuer);
    let mut away = ENDPOINTS.iter().filter_map(|name| Some((*name, uri::origin_of(&url(name)?))));
    match away.find(|(_, origin)| *origin != home) {
        Some((name, origin)) => {
            finding(document.spot(name).at, format!("`{name}` is on another origin than the issuer"))
                .expected(printable(&home.to_string()).to_string())
                .actual(printable(&origin.to_string()).to_string())
                .info()
        }
        None => Verdict::Pass,
    }
}

fn revocation(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    match need!(text(&document, "revocation_endpoint")) {
        Some(_) => Verdict::Pass,
        None => finding(document.at(), "no `revocation_endpoint`: tokens cannot be given back").info(),
    }
}

fn device(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let endpoint = need!(text(&document, "device_authorization_endpoint")).is_some();
    let grants = need!(list(&document, "grant_types_supported")).unwrap_or_default();
    match (endpoint, grants.contains(&DEVICE_GRANT)) {
        (true, true) => Verdict::Pass,
        (false, false) => Verdict::not_applicable("no device flow is advertised"),
        (false, true) => finding(
            document.spot("grant_types_supported").at,
            "the device grant is advertised, and no `device_authorization_endpoint` to begin at",
        )
        .expected("`device_authorization_endpoint`")
        .actual("absent")
        .warn(),
        (true, false) => {
            let spot = document.spot("grant_types_supported");
            let shown = quoted(&spot);
            finding(
                spot.at,
                "there is a `device_authorization_endpoint`, and `grant_types_supported` lacks the device grant",
            )
            .expected(DEVICE_GRANT)
            .actual(shown)
            .warn()
        }
    }
}
