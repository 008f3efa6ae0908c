//! The client of the official SDK, with its own discovery, registration, login and transport: it logs in, lists, calls and
//! steps up, on both wires.

use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::{AuthorizationRequest, OAuthState};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientLifecycleMode, ClientServiceExt as _};
use serde_json::json;

use super::support::{Deployment, get};

/// Logs in by the SDK's own rules and gives the token.
async fn log_in(mcp: &str, scopes: &[&str]) -> String {
    let mut state = OAuthState::new(mcp, None).await.unwrap();
    let request = AuthorizationRequest::new("http://127.0.0.1:4711/callback").with_client_name("rmcp");
    let request = request.with_application_type("native").with_scopes(scopes.iter().copied());
    state.start_authorization(request).await.unwrap();
    let url = state.get_authorization_url().await.unwrap();
    // The deployment approves by itself: the browser would be sent straight back.
    let back = tokio::task::spawn_blocking(move || get(&url).header("location").map(str::to_owned)).await.unwrap();
    state.handle_callback_url(&back.unwrap()).await.unwrap();
    state.into_authorization_manager().unwrap().get_access_token().await.unwrap()
}

async fn lists_and_calls(mcp: &str, token: &str, mode: ClientLifecycleMode) -> Vec<String> {
    let config = StreamableHttpClientTransportConfig::with_uri(mcp).auth_header(token);
    let transport = StreamableHttpClientTransport::from_config(config);
    let client = ().serve_with_lifecycle(transport, mode).await.unwrap();
    let tools = client.list_all_tools().await.unwrap();
    let arguments = json!({ "query": "prm-resource-match", "limit": 1 }).as_object().unwrap().clone();
    let found = client.call_tool(CallToolRequestParams::new("search").with_arguments(arguments)).await.unwrap();
    assert_eq!(found.structured_content.unwrap()["results"][0]["id"], "prm-resource-match");
    let resources = client.list_all_resources().await.unwrap();
    assert!(resources.len() > 150, "every page of {} resources", resources.len());
    let arguments = json!({ "title": "t", "text": "x" }).as_object().unwrap().clone();
    let saved = client.call_tool(CallToolRequestParams::new("save").with_arguments(arguments)).await;
    assert!(saved.is_err(), "the scope does not suffice");
    client.cancel().await.unwrap();
    tools.into_iter().map(|tool| tool.name.into_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_sdk_logs_in_lists_and_calls_on_both_wires() {
    let server = Deployment::start(&["--port", "0", "--authority-port", "0", "--auto-approve"]);
    let token = log_in(&server.mcp, &["search:read"]).await;
    let modes = [
        ClientLifecycleMode::Initialize,
        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
    ];
    for mode in modes {
        assert_eq!(lists_and_calls(&server.mcp, &token, mode).await, ["search", "fetch", "save"]);
    }
}
