//! The client that logs in: a registration that the server has forgotten, or that is deleted; its document; and what is told
//! of its tokens.

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use mcp_auth::serve::{Config, Registration};
use mcp_auth::spec::posture::Posture;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};

use crate::ports::free_ports;
use crate::proxy::{Answer, document, metadata};
use crate::stage::Stage;

const REFUSED: &str = "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\nconnection: close";

fn error(name: &str) -> Answer {
    Answer { head: REFUSED.to_owned(), body: json!({ "error": name }).to_string() }
}

#[test]
fn a_registration_that_the_server_forgot_is_made_anew_once() {
    for (refusal, at, registrations) in [("invalid_client", 2, 2), ("invalid_client", 1, 1), ("invalid_grant", 2, 1)] {
        let count = AtomicUsize::new(0);
        let stage = Stage::tampered(move |url, answer| {
            let is_told = url.ends_with("/token") && count.fetch_add(1, Relaxed) + 1 == at;
            if is_told { error(refusal) } else { answer }
        });
        // The registration is for one port: nobody may take it between the two.
        let [port] = free_ports();
        let arguments = ["login", &stage.url(), "--browser", "follow", "--no-try", "--listen", &port];
        let (first, _, err) = stage.run(&arguments);
        assert_eq!(first, if at == 1 { 4 } else { 0 }, "{err}");
        if at == 2 {
            let (second, _, err) = stage.run(&arguments);
            assert_eq!(second, if registrations == 2 { 0 } else { 4 }, "{refusal}: {err}");
            assert_eq!(err.contains("does not know our registration any more"), registrations == 2, "{err}");
        }
        assert_eq!(stage.count("POST", "/register"), registrations, "{refusal} at the {at}. token request");
    }
    // A client that somebody else registered is not ours to make anew.
    let stage = Stage::tampered(|url, answer| if url.ends_with("/token") { error("invalid_client") } else { answer });
    let url = stage.url();
    let (code, _, err) = stage.run(&["login", &url, "--browser", "follow", "--client-id", "mcp-auth-public"]);
    assert!(code == 4 && stage.count("POST", "/register") == 0, "{code} {err}");
}

#[test]
fn a_logout_says_what_became_of_tokens_and_registration() {
    let stage = Stage::new();
    stage.log_in();
    let place = stage.book()["logins"][0]["client"]["registration_uri"].as_str().unwrap().to_owned();
    let (code, _, err) = stage.run(&["logout", "--forget-client"]);
    assert!(code == 0 && err.contains("client registration deleted"), "{err}");
    let deletion = stage.messages().into_iter().find(|message| message.method == "DELETE").unwrap();
    assert!(deletion.url == place && deletion.request().contains("authorization: Bearer "), "{}", deletion.url);

    let stage = Stage::tampered(|url, answer| match url {
        url if url.ends_with("/revoke") => error("invalid_client"),
        url if url.ends_with("/register") => document("/register", |body| {
            body.as_object_mut().unwrap().remove("registration_client_uri");
        })(url, answer),
        _ => answer,
    });
    stage.log_in();
    let (_, _, err) = stage.run(&["logout", "--forget-client"]);
    assert!(err.contains("refresh token not revoked: ") && err.contains("invalid_client"), "{err}");
    assert!(err.contains("client registration not deleted: "), "{err}");

    let stage = Stage::tampered(metadata(|body| {
        body.as_object_mut().unwrap().remove("revocation_endpoint");
    }));
    let (code, _, err) =
        stage.run(&["login", &stage.url(), "--browser", "follow", "--client-id", "mcp-auth-public", "--no-try"]);
    assert_eq!(code, 0, "{err}");
    let (_, _, err) = stage.run(&["logout", "--forget-client"]);
    assert!(err.contains("no revocation endpoint") && err.contains("not registered by this program"), "{err}");
}

#[test]
fn an_authorization_request_is_pushed_once_with_one_client_id() {
    const CONFIDENTIAL: &[&str] = &["--client-id", "confidential"];
    type Case = (&'static [&'static str], Option<&'static str>);
    let cases: [Case; 3] = [
        (&["--client-id", "mcp-auth-public"], None),
        (CONFIDENTIAL, Some("client_secret_basic")),
        (CONFIDENTIAL, Some("client_secret_post")),
    ];
    for (options, auth) in cases {
        let mut config = Config::default();
        config.clients.push(Registration::new("confidential", &["http://127.0.0.1/callback"], Some("a secret")));
        let wants = metadata(|body| {
            body["require_pushed_authorization_requests"] = json!(true);
        });
        let stage = Stage::of(config, Some(Box::new(wants)));
        let url = stage.url();
        let mut command = stage.command(&["login", &url, "--browser", "follow", "--no-try"]);
        command.args(options);
        if let Some(auth) = auth {
            command.args(["--client-auth", auth]).env("MCP_AUTH_CLIENT_SECRET", "a secret");
        }
        let (code, _, err) = stage.judge(&command.output().unwrap());
        assert_eq!(code, 0, "{auth:?}: {err}");
        let pushed = stage.messages().into_iter().find(|message| message.url.ends_with("/par")).unwrap();
        let names: Vec<String> =
            url::form_urlencoded::parse(pushed.body.as_bytes()).map(|(name, _)| name.into_owned()).collect();
        let ids = names.iter().filter(|name| *name == "client_id").count();
        assert_eq!(ids, 1, "{auth:?}: {names:?}");
        let visited = stage.messages().into_iter().find(|message| message.url.contains("/authorize?")).unwrap().url;
        let visited = url::Url::parse(&visited).unwrap();
        let shown: Vec<String> = visited.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(shown, ["client_id", "request_uri"], "nothing else stands in the URL");
    }
}

#[test]
fn what_introspection_says_is_held_against_what_the_server_expects() {
    let config = || {
        let mut config = Config { posture: Posture::OpaqueTokens, ..Config::default() };
        config.clients.push(Registration::new("confidential", &["http://127.0.0.1/callback"], Some("a secret")));
        config
    };
    type Case = (fn(&mut Value), i32, &'static str);
    let cases: [Case; 5] = [
        (|_| {}, 0, "audience: `http://127.0.0.1"),
        (|body| body["aud"] = json!(["https://other.test", body["aud"]]), 0, "audience: `http://127.0.0.1"),
        (|body| body["aud"] = json!(["https://other.test"]), 1, "audience: `https://other.test`, not `http"),
        (|body| drop(body.as_object_mut().unwrap().remove("aud")), 0, "it does not say for whom"),
        (|body| *body = json!({"active": false}), 1, "the token is not active"),
    ];
    for (change, expected, words) in cases {
        let stage = Stage::of(config(), Some(Box::new(document("/introspect", change))));
        let url = stage.url();
        let (code, _, err) = stage.judge(
            &stage
                .command(&["login", &url, "--browser", "follow", "--no-try", "--client-id", "confidential"])
                .env("MCP_AUTH_CLIENT_SECRET", "a secret")
                .output()
                .unwrap(),
        );
        assert_eq!(code, 0, "{err}");
        let (code, out, err) = stage.run(&["token", "check"]);
        assert!(code == expected && out.contains(words), "{words}: {code} {out} {err}");
    }
}

/// Serves one document over TLS, again and again; gives its URL and the file of the certificate.
fn host(home: &std::path::Path, body: impl Fn(&str) -> Value) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = versions.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let file = home.join("ca.pem");
    std::fs::write(&file, made.cert.pem()).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/client.json", listener.local_addr().unwrap());
    let (body, config) = (body(&url).to_string(), Arc::new(config));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            let _ = stream.read(&mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
            let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            let _ = stream.flush();
        }
    });
    (url, file.to_str().unwrap().to_owned())
}

#[test]
fn a_document_of_the_client_is_read_before_anybody_else_reads_it() {
    let callback = json!(["https://elsewhere.test/callback", "http://127.0.0.1/callback"]);
    let good = |url: &str| json!({"client_id": url, "redirect_uris": callback, "client_name": "c"});
    type Case<'a> = (&'a str, Box<dyn Fn(&str) -> Value + 'a>);
    let cases: Vec<Case<'_>> = vec![
        ("", Box::new(good)),
        (
            "its `client_id` is not its URL",
            Box::new(|url| json!({"client_id": format!("{url}/"), "redirect_uris": callback})),
        ),
        (
            "it holds a `client_secret`",
            Box::new(|url| json!({"client_id": url, "client_secret": "s3cr3t-of-all", "redirect_uris": callback})),
        ),
        (
            "its `redirect_uris` hold nothing like",
            Box::new(|url| json!({"client_id": url, "redirect_uris": ["https://elsewhere.test/callback"]})),
        ),
        ("its `redirect_uris` hold nothing like", Box::new(|url| json!({"client_id": url}))),
        (", which cannot be read from here", Box::new(|_| json!([]))),
    ];
    for (words, body) in cases {
        let stage = Stage::new();
        let (document, authority) = host(stage.home.path(), body);
        let url = stage.url();
        let mut command = stage.command(&["login", &url, "--browser", "follow", "--cacert", &authority, "-v"]);
        command.args(["--client-metadata-url", &document]).env_remove("MCP_AUTH_PROXY");
        let (code, _, err) = stage.judge(&command.output().unwrap());
        assert_ne!(code, 0, "the deployment does not trust this certificate: {err}");
        let went_on = err.contains(&format!(
            "client: the client ID metadata document{}\n",
            if words.starts_with(',') { words } else { "" }
        ));
        assert_eq!(went_on, words.is_empty() || words.starts_with(','), "{words}: {err}");
        assert!(err.contains(words) && (went_on || code == 2), "{words}: {code} {err}");
    }
    for bad in ["http://127.0.0.1:9/client.json", "https://127.0.0.1:9/", "https://127.0.0.1:9/client.json#part"] {
        let stage = Stage::new();
        let url = stage.url();
        let (code, _, err) = stage.run(&["login", &url, "--browser", "follow", "--client-metadata-url", bad]);
        assert!(code != 0 && err.contains("fragment"), "{bad}: {code} {err}");
        assert_eq!(stage.count("GET", "/authorize"), 0, "{bad}");
    }
}

#[test]
fn a_registration_says_how_its_client_proves_itself() {
    const METHODS: &str = "token_endpoint_auth_methods_supported";
    type Edit = fn(&mut Value);
    // What the metadata says, what the answer to the registration says, and where the client id then is.
    let cases: [(Edit, Edit, &str); 5] = [
        (|_| {}, |_| {}, "body"),
        // A secret that nobody asked for, and not a word about it.
        (
            |m| m[METHODS] = json!(["client_secret_basic"]),
            |r| (r["client_secret"], r["token_endpoint_auth_method"]) = (json!("a-secret-of-them"), Value::Null),
            "header",
        ),
        (
            |m| m[METHODS] = json!(["client_secret_basic", "none"]),
            |r| (r["client_secret"], r["token_endpoint_auth_method"]) = (json!("a-secret-of-them"), Value::Null),
            "body",
        ),
        (
            |_| {},
            |r| {
                (r["client_secret"], r["token_endpoint_auth_method"]) =
                    (json!("a-secret-of-them"), json!("client_secret_basic"))
            },
            "header",
        ),
        // A method that needs a secret, and none.
        (|_| {}, |r| r["token_endpoint_auth_method"] = json!("client_secret_basic"), "body"),
    ];
    for (number, (told, registration, place)) in cases.into_iter().enumerate() {
        let (first, second) = (metadata(told), document("/register", registration));
        let stage = Stage::tampered(move |url, answer| second(url, first(url, answer)));
        let url = stage.url();
        stage.run(&["login", &url, "--browser", "follow", "--no-try"]);
        let asked = stage.messages().into_iter().find(|message| message.url.ends_with("/token")).unwrap();
        let in_header = asked.request().to_lowercase().contains("authorization: basic ");
        assert_eq!((in_header, asked.body.contains("client_id=")), (place == "header", place == "body"), "{number}");
    }
}

#[test]
fn a_registration_is_managed_at_the_origin_that_made_it_and_nowhere_else() {
    let stage = Stage::tampered(document("/register", |body| {
        body["registration_client_uri"] = json!("http://127.0.0.1:9/register/x");
    }));
    stage.log_in();
    assert!(stage.book()["logins"][0]["client"]["registration_uri"].is_null());
    let (_, _, err) = stage.run(&["logout", "--forget-client"]);
    assert!(err.contains("client registration not deleted"), "{err}");
    assert_eq!(stage.messages().iter().filter(|message| message.method == "DELETE").count(), 0);
}

#[test]
fn the_document_at_the_root_may_name_the_origin_and_others_must_name_the_server() {
    let at_root = |resource: fn(&str) -> Value| {
        // What stood at the path.
        let held = Mutex::new(String::new());
        move |url: &str, answer: Answer| {
            let parsed = url::Url::parse(url).unwrap();
            let gone =
                || Answer { head: "HTTP/1.1 404 Not Found\r\nconnection: close".to_owned(), body: String::new() };
            let origin = parsed.origin().ascii_serialization();
            if let Some(challenge) =
                answer.head.lines().find(|line| line.to_lowercase().starts_with("www-authenticate"))
            {
                return Answer {
                    head: answer.head.replace(challenge, "www-authenticate: Bearer realm=\"x\""),
                    ..answer
                };
            }
            match parsed.path() {
                "/.well-known/oauth-protected-resource/mcp" => {
                    held.lock().unwrap().clone_from(&answer.body);
                    gone()
                }
                "/.well-known/oauth-protected-resource" => {
                    let mut body: Value = serde_json::from_str(&held.lock().unwrap()).unwrap();
                    body["resource"] = resource(&origin);
                    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close".to_owned();
                    Answer { head, body: body.to_string() }
                }
                _ => answer,
            }
        }
    };
    let log_in = |resource: fn(&str) -> Value| {
        let stage = Stage::tampered(at_root(resource));
        let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "--no-try", "-v"]);
        let sent = stage.messages().into_iter().find(|message| message.url.contains("/authorize?"));
        let named = sent.and_then(|message| {
            let url = url::Url::parse(&message.url).unwrap();
            url.query_pairs().find(|(name, _)| name == "resource").map(|(_, value)| value.into_owned())
        });
        (code, err, named, stage.url())
    };
    let (_, err, named, url) = log_in(|origin| json!(origin));
    assert_eq!(named.as_deref(), url.strip_suffix("/mcp"), "{err}");
    assert!(!err.contains("not exactly the server's URL"), "{err}");
    let (_, err, named, url) = log_in(|origin| json!(format!("{origin}/mcp")));
    assert_eq!(named, Some(url), "{err}");
    let (code, err, named, _) = log_in(|origin| json!(format!("{origin}/other")));
    assert!(code == 5 && named.is_none() && err.contains("`resource`"), "{code} {err}");
}

#[test]
fn a_resource_above_the_server_is_taken_aloud() {
    let stage = Stage::tampered(document("/.well-known/oauth-protected-resource", |body| {
        let server = url::Url::parse(body["resource"].as_str().unwrap()).unwrap();
        body["resource"] = json!(server.origin().ascii_serialization());
    }));
    let (_, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "--no-try"]);
    // This deployment knows itself by its whole URL alone; others by their origin.
    assert!(err.contains("not exactly the server's URL") && err.contains("`invalid_target`"), "{err}");
}

#[test]
fn a_registration_that_does_not_say_how_keeps_to_what_was_asked() {
    let stage = Stage::tampered(|url, answer| {
        let answer =
            metadata(|body| body["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]))(url, answer);
        document("/register", |body| _ = body.as_object_mut().unwrap().remove("token_endpoint_auth_method"))(
            url, answer,
        )
    });
    stage.log_in();
    let redeemed = stage.messages().into_iter().find(|message| message.body.contains("code_verifier=")).unwrap();
    assert!(redeemed.body.contains("client_secret=") && !redeemed.request().contains("authorization: Basic"));
}
