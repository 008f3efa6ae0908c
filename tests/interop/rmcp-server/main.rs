//! An MCP server on rmcp behind an axum middleware that checks the JWTs of a foreign
//! authorization server against its keys: what a Rust developer would write by the book.
use std::{collections::HashSet, env, error::Error, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{JwkSet, ThumbprintHash},
};
use rmcp::{
    ServerHandler,
    handler::server::{router::tool::ToolRouter, wrapper::Parameters},
    model::{ServerCapabilities, ServerConfig},
    tool, tool_handler, tool_router,
    transport::{
        StreamableHttpServerConfig,
        streamable_http_server::{session::local::LocalSessionManager, tower::StreamableHttpService},
    },
};
use serde_json::{Value, json};

struct Config {
    base: String,
    /// Takes tokens only with a proof of the key that they are bound to.
    dpop: bool,
    issuer: String,
    jwks: String,
    resource: String,
    scope: String,
}

#[derive(Clone)]
struct Tools {
    #[allow(dead_code)]
    tool_router: ToolRouter<Self>,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Sum {
    a: i64,
    b: i64,
}

#[tool_router]
impl Tools {
    fn new() -> Self {
        Self { tool_router: Self::tool_router() }
    }

    #[tool(description = "a + b")]
    fn sum(&self, Parameters(Sum { a, b }): Parameters<Sum>) -> String {
        (a + b).to_string()
    }
}

#[tool_handler]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

/// The JSON document at `url`.
async fn fetch(url: &str) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    Ok(reqwest::get(url).await?.error_for_status()?.bytes().await?.to_vec())
}

fn refuse(c: &Config, status: StatusCode, extra: &str) -> Response {
    let meta = format!("{}/.well-known/oauth-protected-resource/mcp", c.base);
    let scheme = if c.dpop { "DPoP" } else { "Bearer" };
    let value = format!("{scheme} resource_metadata=\"{meta}\"{extra}");
    (status, [(header::WWW_AUTHENTICATE, value)]).into_response()
}

async fn check(c: &Config, token: &str) -> Result<Value, Box<dyn Error + Send + Sync>> {
    let head = decode_header(token)?;
    if !matches!(head.alg, Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA) {
        return Err("algorithm not allowed".into());
    }
    let set: JwkSet = serde_json::from_slice(&fetch(&c.jwks).await?)?;
    let jwk = match &head.kid {
        Some(kid) => set.find(kid),
        None => set.keys.first(),
    }
    .ok_or("unknown key")?;
    let mut v = Validation::new(head.alg);
    v.set_issuer(&[&c.issuer]);
    v.set_audience(&[&c.resource]);
    Ok(decode::<Value>(token, &DecodingKey::from_jwk(jwk)?, &v)?.claims)
}

/// RFC 9449, sections 4.3 and 7.1: the proof is for this request and this token, by the key that the token is bound to.
fn proven(c: &Config, req: &Request<Body>, token: &str, claims: &Value) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut proofs = req.headers().get_all("dpop").iter();
    let (Some(proof), None) = (proofs.next(), proofs.next()) else { return Err("one DPoP proof is needed".into()) };
    let head = decode_header(proof)?;
    let jwk = head.jwk.filter(|_| head.typ.as_deref() == Some("dpop+jwt")).ok_or("not a DPoP proof")?;
    let mut v = Validation::new(Algorithm::ES256);
    v.required_spec_claims.clear();
    v.validate_exp = false;
    let said = decode::<Value>(proof, &DecodingKey::from_jwk(&jwk)?, &v)?.claims;
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()));
    let fits = said["htm"] == req.method().as_str()
        && said["htu"] == format!("{}{}", c.base, req.uri().path())
        && said["ath"] == hash
        && claims["cnf"]["jkt"] == jwk.thumbprint(ThumbprintHash::SHA256)?;
    if fits { Ok(()) } else { Err("the DPoP proof does not fit".into()) }
}

async fn guard(State(c): State<Arc<Config>>, req: Request<Body>, next: Next) -> Response {
    let header = req.headers().get(header::AUTHORIZATION).and_then(|h| h.to_str().ok());
    let Some(token) = header.and_then(|h| h.strip_prefix(if c.dpop { "DPoP " } else { "Bearer " })).map(str::to_owned) else {
        return refuse(&c, StatusCode::UNAUTHORIZED, &format!(", scope=\"{}\"", c.scope));
    };
    let checked = check(&c, &token).await;
    match checked.and_then(|claims| if c.dpop { proven(&c, &req, &token, &claims).map(|()| claims) } else { Ok(claims) }) {
        Err(e) => {
            let text = e.to_string().replace(['"', '\\'], "'");
            let extra = format!(", error=\"invalid_token\", error_description=\"{text}\"");
            refuse(&c, StatusCode::UNAUTHORIZED, &extra)
        }
        Ok(claims) => {
            let have: HashSet<&str> = claims["scope"].as_str().unwrap_or("").split(' ').collect();
            if c.scope.split_whitespace().any(|s| !have.contains(s)) {
                let extra = format!(", error=\"insufficient_scope\", scope=\"{}\"", c.scope);
                return refuse(&c, StatusCode::FORBIDDEN, &extra);
            }
            next.run(req).await
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let var = |n: &str, d: &str| env::var(n).unwrap_or_else(|_| d.to_owned());
    let port: u16 = var("PORT", "18731").parse()?;
    let base = format!("http://127.0.0.1:{port}");
    let issuer = var("ISSUER", "http://127.0.0.1:18701");
    let jwks = match env::var("JWKS_URI") {
        Ok(uri) => uri,
        Err(_) => {
            let at = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
            let doc: Value = serde_json::from_slice(&fetch(&at).await?)?;
            doc["jwks_uri"].as_str().ok_or("no jwks_uri")?.to_owned()
        }
    };
    let resource = var("RESOURCE", &format!("{base}/mcp"));
    let c = Arc::new(Config { dpop: env::var("DPOP").is_ok(), resource, scope: var("SCOPE", "search:read"), base, issuer, jwks });
    let service = StreamableHttpService::new(
        || Ok(Tools::new()),
        LocalSessionManager::default().into(),
        StreamableHttpServerConfig::default()
            .with_legacy_session_mode(env::var("STATELESS").is_err())
            .with_json_response(env::var("JSON").is_ok()),
    );
    let doc = json!({"resource": c.resource, "authorization_servers": [c.issuer], "scopes_supported": [c.scope], "bearer_methods_supported": ["header"]});
    let app = Router::new()
        .nest_service("/mcp", service)
        .layer(from_fn_with_state(c.clone(), guard))
        .route("/.well-known/oauth-protected-resource/mcp", get(move || async move { Json(doc) }));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("READY rmcp-server {}/mcp", c.base);
    axum::serve(listener, app).await?;
    Ok(())
}
