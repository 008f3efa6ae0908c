//! Short pieces of server code for the fixes that are made in the MCP server: FastMCP and FastAPI, the TypeScript SDK with
//! Express, and axum. Ours, made to be pasted and changed.

use crate::evidence::{Evidence, Pointer};

/// What an MCP server is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framework {
    /// FastMCP or the Python SDK, with Starlette or FastAPI.
    Python,
    /// The TypeScript SDK with Express.
    TypeScript,
    /// axum; it leaves no mark on the wire.
    Axum,
}

impl Framework {
    /// Every framework.
    pub const ALL: [Self; 3] = [Self::Python, Self::TypeScript, Self::Axum];

    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Python => "FastMCP or FastAPI",
            Self::TypeScript => "the TypeScript SDK with Express",
            Self::Axum => "axum",
        }
    }
}

/// A piece of code for some checks.
#[derive(Clone, Copy, Debug)]
pub struct Snippet {
    /// The checks whose findings it mends.
    pub checks: &'static [&'static str],
    /// For which framework.
    pub framework: Framework,
    /// The code.
    pub code: &'static str,
}

const BASE_URL: &[&str] =
    &["challenge-rm-scheme", "challenge-rm-fetch", "challenge-rm-absolute", "prm-resource-match", "prm-resource-uri"];
const CHALLENGE: &[&str] =
    &["challenge-header-present", "challenge-resource-metadata", "challenge-auth-param", "challenge-scope"];
const METADATA: &[&str] =
    &["prm-discoverable", "prm-path-wellknown", "prm-json", "prm-unauthenticated", "prm-as-present"];
const BROWSERS: &[&str] = &["cors-preflight", "cors-allow-headers", "cors-expose", "cors-metadata"];
const BAD_TOKENS: &[&str] =
    &["rs-garbage-status", "rs-expired-status", "rs-invalid-token-error", "rs-empty-bearer", "rs-kid-unknown"];
const AUDIENCE: &[&str] = &[
    "rs-audience",
    "rs-audience-missing",
    "rs-valid-accepted",
    "rs-bad-signature",
    "rs-issuer",
    "rs-expired-rejected",
];
const IN_PLACE: &[&str] = &["url-no-redirect", "url-canonical"];

const fn snippet(checks: &'static [&'static str], framework: Framework, code: &'static str) -> Snippet {
    Snippet { checks, framework, code }
}

/// The pieces.
pub const SNIPPETS: &[Snippet] = &[
    snippet(
        BASE_URL,
        Framework::Python,
        "auth = RemoteAuthProvider(\n    token_verifier=verifier,\n    authorization_servers=[AnyHttpUrl(\"https://ISSUER\")],\n    base_url=\"https://HOST\",  # the public URL, not the one uvicorn sees\n)\n# behind a proxy: uvicorn app:app --proxy-headers --forwarded-allow-ips='PROXY-ADDRESS'",
    ),
    snippet(
        BASE_URL,
        Framework::TypeScript,
        "app.set(\"trust proxy\", 1);  // reads X-Forwarded-Proto and -Host\nconst url = new URL(process.env.PUBLIC_URL ?? \"https://HOST/PATH\");\napp.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl: url }));",
    ),
    snippet(
        BASE_URL,
        Framework::Axum,
        "// from the configuration, never from the Host header of the request\nlet resource = std::env::var(\"PUBLIC_URL\")?; // https://HOST/PATH",
    ),
    snippet(
        CHALLENGE,
        Framework::Python,
        "@app.exception_handler(401)\nasync def unauthorized(request, error):\n    url = \"https://HOST/.well-known/oauth-protected-resource/PATH\"\n    value = f'Bearer resource_metadata=\"{url}\", scope=\"SCOPES\"'\n    return Response(status_code=401, headers={\"WWW-Authenticate\": value})",
    ),
    snippet(
        CHALLENGE,
        Framework::TypeScript,
        "app.use(\"/mcp\", requireBearerAuth({\n  verifier,\n  requiredScopes: [\"SCOPE\"],\n  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(url),\n}));",
    ),
    snippet(
        CHALLENGE,
        Framework::Axum,
        "let value = format!(r#\"Bearer resource_metadata=\"{metadata}\", scope=\"SCOPES\"\"#);\n(StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, value)]).into_response()",
    ),
    snippet(
        METADATA,
        Framework::Python,
        "@app.get(\"/.well-known/oauth-protected-resource/mcp\")\nasync def metadata():\n    return {\"resource\": \"https://HOST/PATH\", \"authorization_servers\": [\"https://ISSUER\"],\n            \"scopes_supported\": [\"SCOPE\"]}",
    ),
    snippet(
        METADATA,
        Framework::TypeScript,
        "app.get(\"/.well-known/oauth-protected-resource/mcp\", (_, res) => res.json({\n  resource: \"https://HOST/PATH\",\n  authorization_servers: [\"https://ISSUER\"],\n  scopes_supported: [\"SCOPE\"],\n}));  // before the catch-all route of a web application",
    ),
    snippet(
        METADATA,
        Framework::Axum,
        ".route(\"/.well-known/oauth-protected-resource/mcp\", get(|| async {\n    Json(json!({ \"resource\": \"https://HOST/PATH\", \"authorization_servers\": [\"https://ISSUER\"],\n                 \"scopes_supported\": [\"SCOPE\"] }))\n}))",
    ),
    snippet(
        BROWSERS,
        Framework::Python,
        "app.add_middleware(\n    CORSMiddleware, allow_origins=[\"*\"], allow_methods=[\"GET\", \"POST\", \"DELETE\"],\n    allow_headers=[\"Authorization\", \"Content-Type\", \"MCP-Protocol-Version\", \"Mcp-Method\", \"Mcp-Name\",\n                   \"Mcp-Session-Id\", \"Last-Event-ID\"],\n    expose_headers=[\"WWW-Authenticate\", \"Mcp-Session-Id\"],\n)  # added last, so that it runs before the authentication",
    ),
    snippet(
        BROWSERS,
        Framework::TypeScript,
        "app.use(cors({\n  origin: \"*\",\n  exposedHeaders: [\"WWW-Authenticate\", \"Mcp-Session-Id\"],\n}));  // before requireBearerAuth",
    ),
    snippet(
        BROWSERS,
        Framework::Axum,
        ".layer(CorsLayer::new().allow_origin(Any).allow_methods(Any)\n    .allow_headers(Any).expose_headers([header::WWW_AUTHENTICATE, HeaderName::from_static(\"mcp-session-id\")]))\n// outside of the layer that authenticates; `Any` does not cover Authorization: name it for browsers",
    ),
    snippet(
        BAD_TOKENS,
        Framework::Python,
        "async def verify_token(self, token: str) -> AccessToken | None:\n    try:\n        claims = jwt.decode(token, self.key(token), algorithms=[\"RS256\", \"ES256\"],\n                            audience=\"https://HOST/PATH\", issuer=\"https://ISSUER\")\n    except jwt.PyJWTError:\n        return None  # becomes 401 with error=\"invalid_token\"\n    return AccessToken(token=token, client_id=claims[\"client_id\"], scopes=claims[\"scope\"].split())",
    ),
    snippet(
        BAD_TOKENS,
        Framework::TypeScript,
        "async verifyAccessToken(token) {\n  try { return toAuthInfo(await jwtVerify(token, keys, { audience: \"https://HOST/PATH\", issuer: \"https://ISSUER\" })); }\n  catch { throw new InvalidTokenError(\"the token is not valid\"); }  // any other error becomes 500\n}",
    ),
    snippet(
        BAD_TOKENS,
        Framework::Axum,
        "let Ok(claims) = verify(token) else {\n    let value = format!(r#\"Bearer error=\"invalid_token\", resource_metadata=\"{metadata}\"\"#);\n    return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, value)]).into_response();\n};",
    ),
    snippet(
        AUDIENCE,
        Framework::Python,
        "verifier = JWTVerifier(\n    jwks_uri=\"https://ISSUER/jwks\", issuer=\"https://ISSUER\", audience=\"https://HOST/PATH\",\n)",
    ),
    snippet(
        AUDIENCE,
        Framework::TypeScript,
        "const keys = createRemoteJWKSet(new URL(\"https://ISSUER/jwks\"));\nawait jwtVerify(token, keys, { issuer: \"https://ISSUER\", audience: \"https://HOST/PATH\", requiredClaims: [\"exp\"] });",
    ),
    snippet(
        AUDIENCE,
        Framework::Axum,
        "let mut rules = Validation::new(Algorithm::ES256);\nrules.set_audience(&[\"https://HOST/PATH\"]);\nrules.set_issuer(&[\"https://ISSUER\"]);\nrules.set_required_spec_claims(&[\"exp\", \"aud\", \"iss\"]);",
    ),
    snippet(
        IN_PLACE,
        Framework::Python,
        "app = FastAPI(redirect_slashes=False)\napp.router.routes.append(Mount(\"/mcp\", app=mcp_app))  # mcp.http_app(path=\"/\")",
    ),
    snippet(IN_PLACE, Framework::TypeScript, "app.post([\"/mcp\", \"/mcp/\"], handler);"),
    snippet(IN_PLACE, Framework::Axum, ".route(\"/mcp\", any(handler)).route(\"/mcp/\", any(handler))"),
];

/// The piece for a check in a framework.
#[must_use]
pub fn of(check: &str, framework: Framework) -> Option<&'static Snippet> {
    SNIPPETS.iter().find(|snippet| snippet.framework == framework && snippet.checks.contains(&check))
}

/// What the MCP server is made with, as far as its 401 shows it, and where.
#[must_use]
pub fn recognise(e: &Evidence<'_>) -> Option<(Framework, Pointer)> {
    /// What frameworks say of a missing token, in the challenge or in the body.
    const SAYINGS: [(&str, Framework); 3] = [
        ("Authentication required", Framework::Python),
        ("Authentication failed. The provided bearer token is invalid", Framework::Python),
        ("Missing Authorization header", Framework::TypeScript),
    ];
    let refused = e.challenged()?;
    let number = refused.exchange.number;
    let reply = refused.exchange.reply()?;
    let challenge = refused.param("error_description").unwrap_or_default();
    let said = SAYINGS.iter().find(|(words, _)| challenge.starts_with(words));
    if let Some((_, framework)) = said {
        return Some((*framework, Pointer::header(number, "www-authenticate")));
    }
    let from = |name: &str| reply.header(name).unwrap_or_default().to_ascii_lowercase();
    if from("server").starts_with("uvicorn") || from("server").starts_with("hypercorn") {
        return Some((Framework::Python, Pointer::header(number, "server")));
    }
    (from("x-powered-by") == "express").then(|| (Framework::TypeScript, Pointer::header(number, "x-powered-by")))
}
