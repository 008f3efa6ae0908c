//! The client of the official SDK, graded: a client that others wrote and many use is not found at fault where it is right.
//! Those of FastMCP and mcp-remote are graded by `tests/interop/serve.py`.

use mcp_auth::report::Status;
use mcp_auth::serve::grade::Ending;
use mcp_auth::spec::revision::Revision;
use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::{AuthorizationRequest, OAuthState};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientLifecycleMode, ClientServiceExt as _};
use serde_json::json;

use super::{findings, graded, http, runtime, series};

/// Logs in by the SDK's own rules, lists the tools and calls one.
async fn official(mcp: &str, mode: ClientLifecycleMode) {
    let mut state = OAuthState::new(mcp, None).await.unwrap();
    let request = AuthorizationRequest::new("http://127.0.0.1:4711/callback").with_client_name("rmcp");
    let request = request.with_application_type("native").with_scopes(["search:read"]);
    state.start_authorization(request).await.unwrap();
    let url = state.get_authorization_url().await.unwrap();
    // The deployment approves by itself: the browser would be sent straight back.
    let back = tokio::task::spawn_blocking(move || http::send("GET", &url, &[], "").unwrap()).await.unwrap();
    state.handle_callback_url(back.header("location").unwrap()).await.unwrap();
    let token = state.into_authorization_manager().unwrap().get_access_token().await.unwrap();
    let config = StreamableHttpClientTransportConfig::with_uri(mcp).auth_header(token);
    let client = ().serve_with_lifecycle(StreamableHttpClientTransport::from_config(config), mode).await.unwrap();
    assert_eq!(client.list_all_tools().await.unwrap().len(), 3);
    let arguments = json!({ "query": "pkce", "limit": 1 }).as_object().unwrap().clone();
    client.call_tool(CallToolRequestParams::new("search").with_arguments(arguments)).await.unwrap();
    client.cancel().await.unwrap();
}

#[test]
fn the_official_sdk_is_not_found_at_fault_on_either_wire() {
    let modes = [
        (Revision::R2025_11_25, ClientLifecycleMode::Initialize),
        (
            Revision::R2026_07_28,
            ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
        ),
    ];
    for (revision, mode) in modes {
        let recorder = runtime().block_on(series(&[], move |url, _| {
            runtime().block_on(official(&url, mode.clone()));
            Ending::new(Some(0), false, String::new())
        }));
        let report = graded(&recorder.story(), Some(revision)).0;
        let found = findings(&report, Status::Warn);
        assert!(found.is_empty(), "at {revision}:\n{}", found.join("\n"));
        let passed = report.results.iter().filter(|result| result.status == Status::Pass).count();
        assert!(passed >= 15, "only {passed} rows passed at {revision}");
    }
}
