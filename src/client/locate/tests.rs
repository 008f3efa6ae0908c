//! What is decided before anybody is asked.

use serde_json::json;

use super::*;
use crate::client::login::first_scope;
use crate::client::plan::Plan;
use crate::spec::reach::Reach;
use crate::wire::Policy;

fn wire(target: &str) -> Wire {
    Wire::new(&url::Url::parse(target).unwrap(), target, Reach::Login, Policy::default()).unwrap()
}

fn located(metadata: &Value) -> Located {
    let wire = wire("http://127.0.0.1:4711/mcp");
    finish(&wire, "http://127.0.0.1:4711".to_owned(), metadata.as_object().unwrap().clone(), false).unwrap()
}

#[tokio::test]
async fn an_issuer_in_clear_is_asked_on_this_machine_only_and_of_this_machine() {
    for (target, issuer) in [
        ("http://127.0.0.1:4711/mcp", "http://as.test"),
        ("https://rs.test/mcp", "http://127.0.0.1:4711"),
        ("https://rs.test/mcp", "http://as.test"),
    ] {
        let wire = wire(target);
        let refused = server(&wire, issuer, Leniency::default()).await.unwrap_err();
        assert!(refused.to_string().contains("is not https"), "{target}, {issuer}: {refused}");
        assert_eq!(wire.trail().exchanges.len(), 0, "{target}, {issuer}");
    }
    let here = wire("http://127.0.0.1:4711/mcp");
    let unreachable = server(&here, "http://127.0.0.1:1", Leniency::default()).await.unwrap_err();
    assert!(matches!(unreachable, ClientError::Unreachable { .. }), "{unreachable}");
}

#[test]
fn offline_access_is_added_once_where_it_is_offered_and_a_person_logs_in() {
    let offers =
        json!({ "token_endpoint": "http://127.0.0.1:4711/token", "scopes_supported": ["a", "offline_access"] });
    let silent = json!({ "token_endpoint": "http://127.0.0.1:4711/token" });
    let scope = |plan: &Plan, asked: &[&str], metadata: &Value| {
        let asked = asked.iter().map(|scope| (*scope).to_owned()).collect();
        let demand = Demand { scope: Some(asked), ..Demand::default() };
        first_scope(plan, &demand, &located(metadata)).unwrap().0
    };
    let plan = Plan::default();
    assert_eq!(scope(&plan, &["a"], &offers), ["a", "offline_access"]);
    assert_eq!(scope(&plan, &["offline_access", "a"], &offers), ["offline_access", "a"]);
    assert_eq!(scope(&plan, &["a"], &silent), ["a"]);
    let said = Plan { scope: Some(vec!["b".to_owned()]), ..Plan::default() };
    assert_eq!(scope(&said, &["a"], &offers), ["b"]);
    let unattended = Plan { grant: crate::client::plan::Grant::ClientCredentials, ..Plan::default() };
    assert_eq!(scope(&unattended, &["a"], &offers), ["a"]);
}

/// A server that answers every request with this document, in which `ORIGIN` stands for its origin.
fn serving(document: &str) -> String {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let body = document.replace("ORIGIN", &origin);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    origin
}

#[tokio::test]
async fn only_a_slash_at_the_end_of_an_issuer_is_overlooked_and_only_if_the_user_says_so() {
    let lenient = Leniency { issuer_slash: true, ..Leniency::default() };
    for (issuer, leniency, is_taken) in [
        ("ORIGIN", Leniency::default(), true),
        ("ORIGIN/", Leniency::default(), false),
        ("ORIGIN/", lenient, true),
        ("ORIGIN/other", lenient, false),
        ("https://as.test", lenient, false),
    ] {
        let origin = serving(&format!("{{\"issuer\":\"{issuer}\"}}"));
        let found = server(&wire(&format!("{origin}/mcp")), &origin, leniency).await;
        match found {
            Ok(_) => assert!(is_taken, "{issuer}"),
            Err(error) => assert!(!is_taken && matches!(error, ClientError::WrongIssuer { .. }), "{issuer}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_resource_is_ours_as_it_was_given_or_in_its_canonical_form() {
    // What the user typed, what the document says, and whether that is the same server.
    let loud = "HTTP://LOCALHOST/mcp";
    for (typed, said, is_ours) in [
        (None, "ORIGIN/mcp", true),
        (Some(loud), loud, true),
        (Some(loud), "http://localhost/mcp", true),
        (None, loud, false),
    ] {
        let origin = serving(&format!(
            r#"{{"resource":"{said}","authorization_servers":["ORIGIN"],"issuer":"ORIGIN","token_endpoint":"ORIGIN/token"}}"#
        ));
        let target = format!("{origin}/mcp");
        let url = url::Url::parse(&target).unwrap();
        let wire = Wire::new(&url, typed.unwrap_or(&target), Reach::Login, Policy::default()).unwrap();
        match locate(&wire, &Demand::default(), &[], Leniency::default()).await {
            Ok((_, notes)) => assert!(is_ours && notes.is_empty(), "{typed:?}, {said}: {notes:?}"),
            Err(error) => assert!(!is_ours, "{typed:?}, {said}: {error}"),
        }
    }
}
