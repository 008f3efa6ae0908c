//! Records of deployments behind each provider: the trail of the reference deployment, its authorization server replaced.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use mcp_auth::client::discover::{self, Options};
use mcp_auth::evidence::Trail;
use mcp_auth::formats::uri;
use mcp_auth::serve::{self, Config};
use mcp_auth::spec::posture::Posture;
use mcp_auth::spec::reach::Reach;
use mcp_auth::wire::{Policy, Wire};
use serde_json::{Value, json};
use url::Url;

use super::{Deployment, MCP};

/// The trail of the reference deployment with another authorization server.
pub(super) fn record(deployment: &Deployment) -> Trail {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (trail, own, issuer) = runtime.block_on(walk());
    let issuer_origin = Url::parse(&issuer).unwrap().origin().ascii_serialization();
    let origin = Url::parse(deployment.issuer).unwrap().origin().ascii_serialization();
    let text = trail.save().replace(&own, MCP).replace(&format!("\"{issuer}\""), &format!("\"{}\"", deployment.issuer));
    let text = text.replace(&format!("\\\"{issuer}\\\""), &format!("\\\"{}\\\"", deployment.issuer));
    let mut record: Value = serde_json::from_str(&text.replace(&issuer_origin, &origin)).unwrap();
    let document = document(deployment, &origin);
    let urls = uri::issuer_metadata_urls(deployment.issuer).unwrap();
    let first = ["oauth-metadata", "oidc-inserted", "oidc-appended"];
    let places = [Some(urls.oauth), urls.oidc_inserted, Some(urls.oidc_appended)];
    let found = deployment.served.iter().position(|served| *served);
    let exchanges = record["exchanges"].as_array_mut().unwrap();
    exchanges.retain_mut(|exchange| {
        let step = exchange["step"].as_str().unwrap().to_owned();
        if exchange.get("about").is_some_and(|about| about.as_str() == Some(issuer.as_str())) {
            exchange["about"] = json!(deployment.issuer);
        }
        let place = first.iter().position(|name| *name == step);
        match (place, step.as_str(), found) {
            (Some(place), _, _) => {
                let Some(url) = &places[place] else { return false };
                exchange["request"]["url"] = json!(url);
                answer(exchange, deployment.served[place].then_some(&document));
                true
            }
            (_, "cors-server-metadata", Some(found)) => {
                exchange["request"]["url"] = json!(places[found]);
                answer(exchange, Some(&document));
                true
            }
            (_, "legacy-metadata", _) => {
                answer(exchange, Some(&document).filter(|_| deployment.issuer == MCP));
                true
            }
            (_, "jwks", Some(_)) => moved(exchange, &document, "jwks_uri"),
            (_, "token-preflight", Some(_)) => moved(exchange, &document, "token_endpoint"),
            (_, "registration-preflight", Some(_)) => moved(exchange, &document, "registration_endpoint"),
            (_, "cors-server-metadata" | "jwks" | "token-preflight" | "registration-preflight", None) => false,
            // Trials with forged tokens name the keys of the server that was replaced.
            (_, "bad-token" | "canary-fetched", _) => {
                exchange["about"].as_str().is_some_and(|about| !about.contains("jku"))
            }
            _ => true,
        }
    });
    if let Some(challenge) = deployment.challenge {
        for exchange in exchanges.iter_mut().filter(|x| x["outcome"]["reply"]["status"] == 401) {
            for header in exchange["outcome"]["reply"]["headers"].as_array_mut().unwrap() {
                if header["name"] == "www-authenticate" {
                    header["value"] = json!(challenge);
                }
            }
        }
    }
    record["tool"] = json!("mcp-auth 0.1.0");
    record["started"] = json!(1_767_225_600_000_u64);
    for (place, exchange) in record["exchanges"].as_array_mut().unwrap().iter_mut().enumerate() {
        exchange["at"] = json!(10 * place);
        exchange["took"] = json!(10);
    }
    Trail::load(&record.to_string()).unwrap()
}

fn document(deployment: &Deployment, origin: &str) -> Value {
    let [authorize, token, keys] = deployment.endpoints.map(|path| format!("{origin}{path}"));
    let mut document = json!({
        "issuer": deployment.calls_itself, "authorization_endpoint": authorize, "token_endpoint": token, "jwks_uri": keys,
        "registration_endpoint": format!("{origin}/register"), "revocation_endpoint": format!("{origin}/revoke"),
        "scopes_supported": ["search:read", "openid", "offline_access"], "response_types_supported": ["code"],
        "response_modes_supported": ["query"], "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"], "token_endpoint_auth_methods_supported": ["none"],
        "authorization_response_iss_parameter_supported": true, "client_id_metadata_document_supported": true,
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
        "protected_resources": [format!("{MCP}/mcp")],
    });
    let members: Value = serde_json::from_str(deployment.members).unwrap();
    for (name, value) in members.as_object().unwrap() {
        match value {
            Value::Null => drop(document.as_object_mut().unwrap().shift_remove(name)),
            value => document[name] = value.clone(),
        }
    }
    document
}

/// Makes the answer the document, or a 404.
pub(super) fn answer(exchange: &mut Value, document: Option<&Value>) {
    let body = document.map(Value::to_string).unwrap_or_default();
    let kind = if document.is_some() { "application/json" } else { "text/plain" };
    exchange["outcome"] = json!({ "reply": {
        "status": if document.is_some() { 200 } else { 404 },
        "headers": [
            { "name": "content-type", "value": kind }, { "name": "cache-control", "value": "max-age=3600" },
            { "name": "access-control-allow-origin", "value": "*" },
            { "name": "content-length", "value": body.len().to_string() },
        ],
        "body": { "text": body },
    }});
}

fn moved(exchange: &mut Value, document: &Value, member: &str) -> bool {
    exchange["request"]["url"] = document[member].clone();
    document[member].is_string()
}

/// The trail, the origin of the MCP server and the issuer.
async fn walk() -> (Trail, String, String) {
    let server = serve::start(Config { posture: Posture::RootIssuer, ..Config::default() }).await.unwrap();
    let target = Url::parse(server.mcp_url()).unwrap();
    let wire = Wire::new(&target, server.mcp_url(), Reach::Default, Policy::default()).unwrap();
    discover::walk(&wire, &Options { reach: Reach::Default.into(), ..Options::default() }).await;
    let trail = wire.trail();
    let issuer = trail.in_order().find_map(|x| x.about.clone().filter(|about| about.starts_with("http"))).unwrap();
    server.stop().await;
    (trail, target.origin().ascii_serialization(), issuer)
}
