//! Providers are recognised by what they publish, and the general fix comes with the setting to change there.
//!
//! The records under `fixtures/trails/` are ours: the trail of the reference deployment, its authorization server replaced
//! by one that publishes what the provider is known to publish. `MCP_AUTH_BLESS=1 cargo test --test providers` makes them anew.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod records;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use self::records::{answer, record};

use mcp_auth::advice::providers::{PROVIDERS, SETTINGS};
use mcp_auth::advice::snippets::{Framework, SNIPPETS};
use mcp_auth::commands::probe;
use mcp_auth::evidence::Trail;
use mcp_auth::report::{Report, Status};
use serde_json::Value;

/// The MCP server of every record.
const MCP: &str = "https://mcp.example.com";

/// A deployment with the authorization server of a provider.
struct Deployment {
    /// The name of the record.
    name: &'static str,
    /// The provider that must be recognised.
    provider: &'static str,
    /// The issuer, as the resource metadata names it.
    issuer: &'static str,
    /// The issuer in its own metadata.
    calls_itself: &'static str,
    /// The endpoint of authorization, of tokens and the keys, below the origin.
    endpoints: [&'static str; 3],
    /// Members that differ from those of a good server; `null` takes one out.
    members: &'static str,
    /// Whether the metadata is at the RFC 8414 place, the inserted and the appended OpenID Connect place.
    served: [bool; 3],
    /// The first finding of the report, and whether it comes with a setting of the provider; empty for none.
    first: &'static str,
    /// The challenge of the 401, where it tells what the server is made with.
    challenge: Option<&'static str>,
}

const GOOD: Deployment = Deployment {
    name: "",
    provider: "",
    issuer: "",
    calls_itself: "",
    endpoints: ["/authorize", "/token", "/jwks"],
    members: "{}",
    served: [true, false, true],
    first: "",
    challenge: None,
};

/// What a server has to which nobody can register, and that does not speak of PKCE.
const SILENT: &str = r#"{"registration_endpoint": null, "client_id_metadata_document_supported": null, "code_challenge_methods_supported": null,
    "authorization_response_iss_parameter_supported": null}"#;
const CLOSED: &str = r#"{"registration_endpoint": null, "client_id_metadata_document_supported": null}"#;

const DEPLOYMENTS: &[Deployment] = &[
    Deployment {
        name: "entra-common",
        provider: "entra",
        issuer: "https://login.microsoftonline.com/common/v2.0",
        calls_itself: "https://login.microsoftonline.com/{tenantid}/v2.0",
        endpoints: ["/common/oauth2/v2.0/authorize", "/common/oauth2/v2.0/token", "/common/discovery/v2.0/keys"],
        members: SILENT,
        served: [false, false, true],
        first: "asm-issuer-match",
        ..GOOD
    },
    Deployment {
        name: "entra",
        provider: "entra",
        issuer: "https://login.microsoftonline.com/8f1f0b7e-2c53-4f7c-9d2a-3f6f2f6d6a10/v2.0",
        calls_itself: "https://login.microsoftonline.com/8f1f0b7e-2c53-4f7c-9d2a-3f6f2f6d6a10/v2.0",
        endpoints: [
            "/8f1f0b7e-2c53-4f7c-9d2a-3f6f2f6d6a10/oauth2/v2.0/authorize",
            "/8f1f0b7e-2c53-4f7c-9d2a-3f6f2f6d6a10/oauth2/v2.0/token",
            "/8f1f0b7e-2c53-4f7c-9d2a-3f6f2f6d6a10/discovery/v2.0/keys",
        ],
        members: SILENT,
        served: [false, false, true],
        first: "asm-pkce-present",
        ..GOOD
    },
    Deployment {
        name: "cognito",
        provider: "cognito",
        issuer: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI",
        calls_itself: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI",
        members: SILENT,
        served: [false, false, true],
        first: "asm-pkce-present",
        ..GOOD
    },
    Deployment {
        name: "google",
        provider: "google",
        issuer: "https://accounts.google.com/",
        calls_itself: "https://accounts.google.com",
        members: CLOSED,
        served: [false, false, true],
        first: "asm-issuer-match",
        ..GOOD
    },
    Deployment {
        name: "github",
        provider: "github",
        issuer: "https://github.com/login/oauth",
        calls_itself: "https://github.com/login/oauth",
        served: [false, false, false],
        first: "asm-discoverable",
        ..GOOD
    },
    Deployment {
        name: "auth0",
        provider: "auth0",
        issuer: "https://login.example.com/",
        calls_itself: "https://login.example.com/",
        endpoints: ["/authorize", "/oauth/token", "/.well-known/jwks.json"],
        members: r#"{"mfa_challenge_endpoint": "https://login.example.com/mfa/challenge", "registration_endpoint": null,
            "client_id_metadata_document_supported": null}"#,
        first: "asm-registration-path",
        ..GOOD
    },
    Deployment {
        name: "okta",
        provider: "okta",
        issuer: "https://dev-123456.okta.com/oauth2/default",
        calls_itself: "https://dev-123456.okta.com/oauth2/default",
        endpoints: ["/oauth2/default/v1/authorize", "/oauth2/default/v1/token", "/oauth2/default/v1/keys"],
        members: CLOSED,
        first: "asm-registration-path",
        ..GOOD
    },
    Deployment {
        name: "keycloak",
        provider: "keycloak",
        issuer: "https://sso.example.com/realms/main",
        calls_itself: "http://sso.example.com/realms/main",
        endpoints: [
            "/realms/main/protocol/openid-connect/auth",
            "/realms/main/protocol/openid-connect/token",
            "/realms/main/protocol/openid-connect/certs",
        ],
        served: [false, false, true],
        first: "asm-issuer-form",
        ..GOOD
    },
    Deployment {
        name: "workos",
        provider: "workos",
        issuer: "https://example-app-12.authkit.app",
        calls_itself: "https://example-app-12.authkit.app",
        endpoints: ["/oauth2/authorize", "/oauth2/token", "/oauth2/jwks"],
        members: CLOSED,
        first: "asm-registration-path",
        ..GOOD
    },
    Deployment {
        name: "descope",
        provider: "descope",
        issuer: "https://api.descope.com/v1/apps/agentic/P2abc/MS2abc",
        calls_itself: "https://api.descope.com/v1/apps/agentic/P2abc/MS2abc",
        endpoints: [
            "/oauth2/v1/apps/agentic/P2abc/MS2abc/authorize",
            "/oauth2/v1/apps/agentic/P2abc/MS2abc/token",
            "/P2abc/.well-known/jwks.json",
        ],
        members: CLOSED,
        first: "asm-registration-path",
        ..GOOD
    },
    Deployment {
        name: "stytch",
        provider: "stytch",
        issuer: "https://example.customers.stytch.dev",
        calls_itself: "https://example.customers.stytch.dev",
        endpoints: ["/v1/oauth2/authorize", "/v1/oauth2/token", "/.well-known/jwks.json"],
        members: CLOSED,
        first: "asm-registration-path",
        ..GOOD
    },
    Deployment {
        name: "scalekit",
        provider: "scalekit",
        issuer: "https://example.scalekit.dev/resources/res_120307199615436034",
        calls_itself: "https://example.scalekit.dev/resources/res_120307199615436034",
        endpoints: [
            "/resources/res_120307199615436034/oauth/authorize",
            "/resources/res_120307199615436034/oauth/token",
            "/keys",
        ],
        members: CLOSED,
        first: "asm-registration-path",
        ..GOOD
    },
    Deployment {
        name: "cloudflare",
        provider: "cloudflare",
        issuer: "https://mcp-auth.example.workers.dev",
        calls_itself: "https://mcp-auth.example.workers.dev",
        ..GOOD
    },
    Deployment {
        name: "better-auth",
        provider: "better-auth",
        issuer: "https://app.example.com",
        calls_itself: "https://app.example.com",
        endpoints: ["/api/auth/mcp/authorize", "/api/auth/mcp/token", "/api/auth/mcp/jwks"],
        members: r#"{"scopes_supported": ["search:read", "openid"]}"#,
        first: "asm-scopes",
        ..GOOD
    },
    Deployment {
        name: "fastmcp-proxy",
        provider: "fastmcp-proxy",
        issuer: MCP,
        calls_itself: "http://mcp.example.com",
        first: "asm-issuer-form",
        challenge: Some(
            "Bearer error=\"invalid_token\", error_description=\"Authentication required\", \
             resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\", scope=\"search:read\"",
        ),
        ..GOOD
    },
];

#[test]
fn every_provider_has_a_record_settings_and_sources() {
    let ids: BTreeSet<_> = PROVIDERS.iter().map(|provider| provider.id).collect();
    assert!(ids.len() >= 12 && ids.len() == PROVIDERS.len());
    for provider in &ids {
        assert!(DEPLOYMENTS.iter().any(|deployment| deployment.provider == *provider), "{provider} has no record");
        assert!(SETTINGS.iter().any(|setting| setting.provider == *provider), "{provider} has no setting");
    }
    let mut seen = BTreeSet::new();
    for setting in SETTINGS {
        assert!(ids.contains(setting.provider), "{}", setting.provider);
        assert!(setting.source.contains('#') || setting.source.starts_with("https://"), "{}", setting.source);
        assert!(!setting.says.ends_with('.'), "{}", setting.says);
        for check in setting.checks {
            assert!(seen.insert((setting.provider, check)), "{} has two settings for {check}", setting.provider);
        }
    }
}

#[test]
fn every_framework_has_code_for_the_same_checks() {
    let of = |framework| -> BTreeSet<&str> {
        let own = SNIPPETS.iter().filter(|snippet| snippet.framework == framework);
        own.flat_map(|snippet| snippet.checks.iter().copied()).collect()
    };
    for framework in Framework::ALL {
        assert_eq!(of(framework), of(Framework::Python), "{}", framework.name());
    }
    for snippet in SNIPPETS {
        assert!(snippet.code.lines().all(|line| line.len() <= 130), "{}", snippet.code);
    }
}

#[test]
fn every_provider_is_recognised_and_its_setting_told() {
    let mut complaints = Vec::new();
    for deployment in DEPLOYMENTS {
        let report = judged(deployment);
        let found = report.provider.as_ref().map(|provider| provider.id);
        if found != Some(deployment.provider) {
            complaints.push(format!("{}: recognised as {found:?}", deployment.name));
        }
        let first = report.findings(Status::Info).into_iter().find(|result| !EXPECTED.contains(&result.id));
        let id = first.map(|result| result.id).unwrap_or_default();
        if id != deployment.first {
            complaints.push(format!(
                "{}: the report begins with {id:?}: {:?}",
                deployment.name,
                first.and_then(|r| r.message.as_ref())
            ));
        } else if first.is_some_and(|result| result.setting.is_none()) {
            complaints.push(format!("{}: {id} comes without a setting", deployment.name));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn code_is_shown_for_what_the_server_is_made_with() {
    let deployment = DEPLOYMENTS.iter().find(|deployment| deployment.name == "fastmcp-proxy").unwrap();
    let report = judged(deployment);
    assert!(report.results.iter().all(|result| result.code.is_none()), "nothing of the server's own is wrong");
    // The same server without metadata.
    let mut record: Value = serde_json::from_str(&fs::read_to_string(path("fastmcp-proxy")).unwrap()).unwrap();
    for exchange in record["exchanges"].as_array_mut().unwrap() {
        if exchange["request"]["url"].as_str().unwrap().contains("oauth-protected-resource") {
            answer(exchange, None);
        }
    }
    let report = probe::judge(&Trail::load(&record.to_string()).unwrap(), None, false, &[]);
    let code = report.results.iter().find_map(|result| result.code.as_ref()).unwrap();
    assert!(
        code.framework.starts_with("FastMCP") && code.text.contains("@app.") && !code.text.contains("https://HOST"),
        "{code:?}"
    );
}

/// What the records have beside what they are about.
const EXPECTED: &[&str] = &["challenge-no-error-without-token", "asm-dcr-deprecated", "asm-legacy-origin"];

fn judged(deployment: &Deployment) -> Report {
    let path = path(deployment.name);
    if blessing() {
        fs::write(&path, record(deployment).save()).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("MCP_AUTH_BLESS=1 cargo test --test providers"));
    probe::judge(&Trail::load(&text).unwrap(), None, false, &[])
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/trails/{name}.json"))
}

#[expect(clippy::disallowed_methods, reason = "blessing is asked for by the environment")]
fn blessing() -> bool {
    std::env::var_os("MCP_AUTH_BLESS").is_some()
}
