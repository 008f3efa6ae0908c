//! The settings of the command line do what they say: accounts, clients, lifetime, algorithm, further hosts.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::support::{Deployment, Login, decoded, form, get, member, search, send};

const FREE: [&str; 4] = ["--port", "0", "--authority-port", "0"];

#[test]
fn own_accounts_and_clients_take_the_place_of_those_for_tests() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let accounts = file("accounts", "# people\ncarol:pass:word\n");
    let clients = file(
        "clients",
        r#"[{"client_id":"app","redirect_uris":["http://127.0.0.1/callback"]},
            {"client_id":"svc","client_secret":"a+b:c%"}]"#,
    );
    let more = ["--accounts", &accounts, "--clients", &clients, "--token-lifetime", "60", "--alg", "RS256"];
    let server = Deployment::start(&[&FREE[..], &more].concat());
    let mut login = Login::known(&server.issuer, &server.mcp, "app").by("carol", "pass:word");
    let page = login.open_page();
    assert!(page.contains("carol") && !page.contains("pass:word") && !page.contains("wonderland"), "{page}");
    login.consent();
    let tokens = login.redeem().json();
    let token = member(&tokens, "access_token");
    let claims = decoded(&token, 1);
    assert_eq!((claims["sub"].as_str(), tokens["expires_in"].as_u64()), (Some("carol"), Some(60)));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 60);
    assert_eq!(decoded(&token, 0)["alg"], "RS256");
    assert_eq!(search(&server.mcp, &token), 200);
    // RFC 6749 section 2.3.1: both are form-encoded inside.
    let basic = format!("Basic {}", STANDARD.encode("svc:a%2Bb%3Ac%25"));
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", basic.as_str())];
    let body = form(&[("grant_type", "client_credentials"), ("scope", "search:read"), ("resource", &server.mcp)]);
    let reply = send("POST", &format!("{}/token", server.issuer), &headers, &body);
    assert_eq!(reply.status, 200, "{}", reply.body);
    let unknown = Login::known(&server.issuer, &server.mcp, "mcp-auth-public");
    assert_eq!(get(&unknown.url()).status, 400, "the clients for tests are gone");
}

#[test]
fn a_further_host_name_is_answered() {
    let server = Deployment::start(&[&FREE[..], &["--host", "mcp.internal"]].concat());
    let status = |host: &str| send("POST", &server.mcp, &[("host", host)], "").status;
    assert_eq!((status("mcp.internal"), status("mcp.internal:8700"), status("other.internal")), (401, 401, 403));
}

#[test]
fn settings_that_do_nothing_together_are_refused() {
    for (arguments, words) in [
        (&["--audience", "urn:x"][..], "tokens of which authorization server"),
        (&["--issuer", "http://127.0.0.1:1", "--auto-approve"], "cannot be used with"),
        (&["--issuer", "http://127.0.0.1:1", "--introspection-id", "x"], "MCP_AUTH_INTROSPECTION_SECRET"),
        (&["--issuer", "http://127.0.0.1:1", "--fault", "asm-issuer-null"], "one of the deployment's own"),
        (&["--provider", "nobody"], "there is no provider"),
        (&["--set", "a=b"], "--provider"),
        (&["--tls-cert", "x.pem"], "--tls-key"),
        (&["--search-url", "https://x"], "--search"),
        (&["--map-scope", "read=x"], "OURS=NAME"),
        (&["--state", "postgres://x"], "redis://"),
    ] {
        let said = Deployment::try_start(&[&FREE[..], arguments].concat()).err().unwrap();
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}
