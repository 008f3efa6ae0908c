//! The vices: what a client does wrong, and the row that must notice it.

use mcp_auth::report::Status;
use mcp_auth::spec::revision::Revision;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Something a client does wrong.
pub(crate) struct Vice {
    /// Its name, by which the client knows what to do wrong.
    pub(crate) name: &'static str,
    /// The row that it must trip.
    pub(crate) row: &'static str,
    /// The traps in which it shows; a run without a trap goes before.
    pub(crate) traps: &'static [&'static str],
    /// The revision that the client speaks.
    pub(crate) revision: Revision,
    /// Whether the client has a metadata document.
    pub(crate) with_document: bool,
}

impl Vice {
    const fn new(name: &'static str, row: &'static str, traps: &'static [&'static str]) -> Self {
        Self { name, row, traps, revision: Revision::R2026_07_28, with_document: false }
    }

    const fn at(self, revision: Revision) -> Self {
        Self { revision, ..self }
    }

    const fn documented(self) -> Self {
        Self { with_document: true, ..self }
    }

    /// What the row must say at least: what is merely allowed is worth knowing.
    pub(crate) fn least(&self) -> Status {
        match self.row {
            "client-offline-access" => Status::Info,
            _ => Status::Warn,
        }
    }
}

const V1: Revision = Revision::R2025_03_26;
const V3: Revision = Revision::R2025_11_25;

/// Every vice.
pub(crate) const VICES: &[Vice] = &[
    Vice::new("gives-up-at-401", "client-401-starts-auth", &[]),
    Vice::new("naive-challenge-parser", "client-parse-challenge", &["multi-challenge"]),
    Vice::new("ignores-header", "client-prm-from-header", &["resource-metadata-custom-path"]),
    Vice::new("root-only", "client-prm-wellknown-order", &["prm-only-root"]),
    Vice::new("ignores-resource", "client-prm-resource-check", &["prm-resource-mismatch"]),
    Vice::new("wrong-order", "client-asm-order", &["asm-only-third"]),
    Vice::new("no-oidc", "client-asm-oidc", &["asm-oidc-only"]),
    Vice::new("ignores-issuer", "client-asm-issuer-check", &["asm-issuer-mismatch"]),
    Vice::new("stops-on-403", "client-asm-first-bad", &["asm-first-variant-403"]),
    Vice::new("assumes-pkce", "client-pkce-refuse-absent", &["asm-no-pkce"]),
    Vice::new("no-v1-fallback", "client-legacy-fallback", &["v1-only"]).at(V1),
    Vice::new("pkce-plain", "client-pkce-s256", &[]),
    Vice::new("static-verifier", "client-pkce-verifier", &[]),
    Vice::new("implicit", "client-no-implicit", &[]),
    Vice::new("no-resource-authz", "client-resource-authz", &[]),
    Vice::new("no-resource-token", "client-resource-token", &[]),
    Vice::new("no-resource-refresh", "client-resource-refresh", &["token-expires"]),
    Vice::new("resource-adds-slash", "client-resource-canonical", &[]),
    Vice::new("ignores-challenge-scope", "client-scope-challenge", &[]),
    Vice::new("ignores-prm-scopes", "client-scope-prm", &["no-challenge-scope"]),
    Vice::new("invents-scope", "client-scope-omit", &["prm-no-scopes"]),
    Vice::new("stepup-refreshes", "client-stepup", &[]),
    Vice::new("stepup-refreshes", "client-stepup", &["step-up"]).at(V3),
    Vice::new("scope-replaced", "client-scope-union", &[]),
    Vice::new("stepup-loop", "client-stepup-limit", &["insatiable-scope"]),
    Vice::new("always-offline-access", "client-offline-access", &["asm-no-offline-access"]),
    Vice::new("no-refresh-grant", "client-grant-types", &[]),
    Vice::new("static-state", "client-state", &[]),
    Vice::new("ignores-state", "client-state-verify", &["state-altered"]),
    Vice::new("rejects-valid-iss", "client-iss-match", &[]),
    Vice::new("ignores-iss", "client-iss-mismatch", &["iss-wrong"]),
    Vice::new("iss-optional", "client-iss-missing", &["iss-advertised-not-sent"]),
    Vice::new("iss-only-if-advertised", "client-iss-unadvertised", &["iss-wrong-unadvertised"]),
    Vice::new("iss-mandatory", "client-iss-neither", &["no-iss"]),
    Vice::new("iss-normalises", "client-iss-no-normalise", &["iss-normalisable"]),
    Vice::new("shows-foreign-error", "client-iss-error", &["iss-wrong-on-error"]),
    Vice::new("acts-on-foreign-error", "client-iss-error", &["iss-wrong-on-error"]),
    Vice::new("http-lan-redirect", "client-redirect-uri", &[]),
    Vice::new("redirect-differs", "client-redirect-registered", &[]),
    Vice::new("prefers-dcr", "client-registration-priority", &["cimd-only"]).documented(),
    Vice::new("cimd-id-mismatch", "client-cimd-document", &[]).documented(),
    Vice::new("cimd-secret", "client-cimd-document", &[]).documented(),
    Vice::new("no-application-type", "client-dcr-application-type", &[]),
    Vice::new("dcr-error-crash", "client-dcr-error", &["dcr-rejects-loopback"]),
    Vice::new("dcr-error-loop", "client-dcr-error", &["dcr-rejects-loopback"]),
    Vice::new("token-json-body", "client-token-form", &[]),
    Vice::new("ignores-dcr-response", "client-dcr-obeys-response", &["dcr-ignores-auth-method"]),
    Vice::new("always-post", "client-token-auth-method", &["token-auth-basic"]),
    Vice::new("raw-basic", "client-token-auth-method", &["token-auth-basic"]),
    Vice::new("redeems-twice", "client-code-once", &["token-slow-500"]),
    Vice::new("replays-dead-client", "client-invalid-client-recovery", &["dcr-purge"]),
    Vice::new("reuses-client-id", "client-as-binding", &["as-migration"]),
    Vice::new("leaks-bearer", "client-token-to-own-rs", &["mcp-redirect-foreign"]),
    Vice::new("bearer-first-only", "client-bearer-header", &[]),
    Vice::new("query-token", "client-no-query-token", &[]),
    Vice::new("keeps-old-refresh", "client-refresh", &["token-expires"]),
    Vice::new("needs-refresh", "client-no-refresh-assumed", &["refresh-never-issued"]),
    Vice::new("401-loop", "client-401-limit", &["rs-rejects-own-tokens"]),
    Vice::new("uses-shell", "client-url-guard", &["asm-shell-endpoint"]),
    Vice::new("opens-any-scheme", "client-url-guard", &["asm-javascript-endpoint"]),
    Vice::new("allows-http", "client-https-guard", &["asm-http-endpoint"]),
    Vice::new("follows-private", "client-ssrf-guard", &["prm-redirect-metadata-ip"]),
    Vice::new("accept-json-only", "client-accept", &[]),
    Vice::new("no-version-header", "client-version-header", &[]),
    Vice::new("no-version-header", "client-version-header", &[]).at(V3),
    Vice::new("no-mcp-method", "client-std-headers", &[]),
    Vice::new("meta-first-only", "client-meta", &[]),
    Vice::new("ignores-x-mcp-header", "client-param-headers", &["tool-x-mcp-header"]),
    Vice::new("sends-session-v4", "client-no-session-v4", &[]),
    Vice::new("json-only", "client-sse", &["always-sse"]),
    Vice::new("ignores-result-type", "client-result-type", &["result-type-unknown"]),
    Vice::new("reuses-id", "client-new-id", &["sse-broken"]),
    Vice::new("no-version-retry", "client-version-retry", &["supports-v3-only-data"]),
    Vice::new("no-legacy-fallback", "client-era-fallback", &["legacy-only", "legacy-only-404", "legacy-only-method"]),
    Vice::new("discover-401-fatal", "client-era-401", &["legacy-discover-401"]),
    Vice::new("skips-initialized", "client-initialized", &[]).at(V3),
    Vice::new("drops-session-id", "client-session-id", &[]).at(V3),
    Vice::new("keeps-dead-session", "client-session-id", &["session-expire"]).at(V3),
];

/// Publishes the metadata document of the small client on loopback, and gives its URL.
pub(crate) async fn publish(vice: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/client.json", listener.local_addr().unwrap());
    let mut document = json!({
        "client_id": if vice == "cimd-id-mismatch" { "https://other.example/client.json" } else { &url },
        "client_name": "small", "redirect_uris": ["http://127.0.0.1/callback"], "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
    });
    if vice == "cimd-secret" {
        document["client_secret"] = "not-a-secret-any-more".into();
    }
    let body = document.to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 2048];
            let _ = stream.read(&mut head).await;
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}
