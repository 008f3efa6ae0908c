//! What the tools search: the program's own catalogue, the user's folder, the web.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use super::support::{Deployment, Login, free_ports, member, rpc};

const FREE: [&str; 5] = ["--port", "0", "--authority-port", "0", "--auto-approve"];

/// A deployment and a token with this scope.
fn with(more: &[&str], scope: &str) -> (Deployment, String) {
    let server = Deployment::start(&[&FREE, more].concat());
    let token = token(&server, scope);
    (server, token)
}

fn token(server: &Deployment, scope: &str) -> String {
    let mut login = Login::register(&server.issuer, &server.mcp).asking(scope);
    login.approve();
    member(&login.redeem().json(), "access_token")
}

fn call(server: &Deployment, token: &str, tool: &str, arguments: &Value) -> Value {
    let reply = rpc(&server.mcp, token, "tools/call", Some(tool), json!({ "name": tool, "arguments": arguments }));
    reply.json()["result"].clone()
}

fn hits(result: &Value) -> Vec<String> {
    let results = result["structuredContent"]["results"].as_array().unwrap_or_else(|| panic!("{result}"));
    results.iter().map(|hit| member(hit, "id")).collect()
}

#[test]
fn the_catalogue_is_searched_and_its_documents_are_resources() {
    let (server, token) = with(&[], "search:read");
    let found = hits(&call(&server, &token, "search", &json!({ "query": "prm-resource-match" })));
    assert_eq!(found.first().map(String::as_str), Some("prm-resource-match"), "a finding leads to its page");
    let found = hits(&call(&server, &token, "search", &json!({ "query": "redirect uri localhost port refused" })));
    assert!(found.iter().any(|id| id.starts_with("symptom-")), "{found:?}");
    let page = call(&server, &token, "fetch", &json!({ "id": "prm-resource-match" }));
    let text = member(&page["structuredContent"], "text");
    assert!(text.contains("Fix: ") && text.contains("RFC 9728"), "{text}");
    let mut ids: Vec<String> = Vec::new();
    let mut cursor = None;
    for _ in 0..20 {
        let params = cursor.map_or_else(|| json!({}), |cursor: String| json!({ "cursor": cursor }));
        let result = rpc(&server.mcp, &token, "resources/list", None, params).json()["result"].clone();
        ids.extend(result["resources"].as_array().unwrap().iter().map(|resource| member(resource, "uri")));
        cursor = result["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    let mut once = ids.clone();
    once.dedup();
    assert!(cursor.is_none() && ids.len() > 150 && once.len() == ids.len(), "{} resources", ids.len());
    let uri = "mcp-auth://documents/prm-resource-match";
    assert!(ids.iter().any(|known| known == uri));
    let read = rpc(&server.mcp, &token, "resources/read", Some(uri), json!({ "uri": uri })).json();
    assert_eq!(member(&read["result"]["contents"][0], "text"), text);
    let wrong = rpc(&server.mcp, &token, "resources/list", None, json!({ "cursor": "nonsense!" })).json();
    assert_eq!(wrong["error"]["code"], -32602);
}

#[test]
fn a_folder_of_the_user_is_searched_and_saving_needs_more_scope() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("zoo")).unwrap();
    std::fs::write(folder.path().join("zoo/okapi.md"), "# The okapi\nIt has striped legs and lives in the forest.")
        .unwrap();
    std::fs::write(folder.path().join("readme.txt"), "Animals of the zoo").unwrap();
    let (server, reader) = with(&["--docs", folder.path().to_str().unwrap()], "search:read");
    assert_eq!(hits(&call(&server, &reader, "search", &json!({ "query": "striped legs" }))), ["zoo/okapi.md"]);
    assert!(
        hits(&call(&server, &reader, "search", &json!({ "query": "resource metadata" }))).is_empty(),
        "only the folder"
    );
    let page = call(&server, &reader, "fetch", &json!({ "id": "zoo/okapi.md" }));
    assert_eq!(page["structuredContent"]["title"], "The okapi");
    let save = json!({ "name": "save", "arguments": { "title": "Tapir", "text": "a long nose" } });
    let refused = rpc(&server.mcp, &reader, "tools/call", Some("save"), save.clone());
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(refused.status == 403 && challenge.contains("scope=\"search:write\""), "{challenge}");
    let writer = token(&server, "search:read search:write");
    let saved = rpc(&server.mcp, &writer, "tools/call", Some("save"), save).json();
    let id = member(&saved["result"]["structuredContent"], "id");
    assert_eq!(hits(&call(&server, &reader, "search", &json!({ "query": "long nose" }))), [id]);
    let admin = token(&server, "search:admin");
    assert_eq!(
        hits(&call(&server, &admin, "search", &json!({ "query": "striped" }))).len(),
        1,
        "the strongest implies the rest"
    );
    let said = Deployment::try_start(&[&FREE[..], &["--docs", "/nowhere/at/all"]].concat()).err().unwrap();
    assert!(said.contains("cannot be read"), "{said}");
}

/// What a `save` says.
fn save(server: &Deployment, token: &str, title: &str, text: &str) -> Value {
    call(server, token, "save", &json!({ "title": title, "text": text }))
}

#[test]
fn saved_documents_are_there_after_a_restart_and_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let ports = free_ports::<2>();
    let arguments =
        ["--port", &ports[0], "--authority-port", &ports[1], "--auto-approve", "--state", file.to_str().unwrap()];
    let server = Deployment::start(&arguments);
    let writer = token(&server, "search:read search:write");
    let okapi = member(&save(&server, &writer, "Okapi", "striped legs")["structuredContent"], "id");
    assert_eq!(server.end(), Some(0));
    let server = Deployment::start(&arguments);
    let found = hits(&call(&server, &writer, "search", &json!({ "query": "striped legs" })));
    assert_eq!(found.first(), Some(&okapi), "{found:?}");
    let tapir = member(&save(&server, &writer, "Tapir", "a long nose")["structuredContent"], "id");
    server.kill();
    let server = Deployment::start(&arguments);
    for (id, text) in [(&okapi, "striped legs"), (&tapir, "a long nose")] {
        let page = call(&server, &writer, "fetch", &json!({ "id": id }));
        assert_eq!(page["structuredContent"]["text"], text, "{page}");
    }
    let long = save(&server, &writer, "Whale", &"w".repeat(64 << 10));
    assert_eq!(long["isError"], true);
    assert!(member(&long["content"][0], "text").contains("64 KiB"), "{long}");
    let long = save(&server, &writer, "", &"w".repeat((64 << 10) - 1));
    assert_eq!(long["isError"], true, "a title is wanted");
    let most = save(&server, &writer, "W", &"w".repeat((64 << 10) - 1));
    assert_eq!(most["isError"], false, "{most}");
}

#[test]
fn the_web_is_searched_with_a_key_of_the_environment_that_is_shown_nowhere() {
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", service.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = service.accept().unwrap();
        let mut text = String::new();
        let mut bytes = [0; 4096];
        while !text.contains('}') {
            let count = stream.read(&mut bytes).unwrap();
            text.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        let answer = r#"{"results":[{"title":"MCP","url":"https://modelcontextprotocol.io/","content":"a protocol"}]}"#;
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len()).unwrap();
        text
    });
    let arguments = [&FREE[..], &["--search", "tavily", "--search-url", &url, "--log", "text"]].concat();
    let said = Deployment::try_start(&arguments).err().unwrap();
    assert!(said.contains("MCP_AUTH_TAVILY_KEY"), "{said}");
    let server = Deployment::start_with(&arguments, &[("TAVILY_API_KEY", "tvly-canary")]);
    let token = token(&server, "search:read");
    assert_eq!(
        hits(&call(&server, &token, "search", &json!({ "query": "what is MCP" }))),
        ["https://modelcontextprotocol.io/"]
    );
    assert!(asked.join().unwrap().to_lowercase().contains("bearer tvly-canary"));
    let unreachable = call(&server, &token, "search", &json!({ "query": "again" }));
    assert_eq!(unreachable["isError"], true, "{unreachable}");
    assert!(!server.said().contains("canary"));
}
