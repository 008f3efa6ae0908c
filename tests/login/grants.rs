//! Ways to a token that need no browser here: another device (RFC 8628), client credentials with each way of proof, the
//! assertion of a platform, and the word of an identity provider.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use mcp_auth::serve::{Config, IdentityProvider, Registration, Workloads};
use mcp_auth::spec::clock::Clock;
use rcgen::{KeyPair, PublicKeyData as _};
use serde_json::{Value, json};

use crate::proxy::{Answer, Message, metadata};
use crate::stage::Stage;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The fields of the form of a request.
fn form(message: &Message) -> Vec<(String, String)> {
    url::form_urlencoded::parse(message.body.as_bytes()).into_owned().collect()
}

fn field(message: &Message, name: &str) -> Option<String> {
    form(message).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// The requests to a path that ends so.
fn asked(stage: &Stage, end: &str) -> Vec<Message> {
    stage.messages().into_iter().filter(|message| message.url.ends_with(end)).collect()
}

fn denied(error: &str) -> Answer {
    let head = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close".to_owned();
    Answer { head, body: json!({ "error": error }).to_string() }
}

/// Changes what the device authorization endpoint answers; somebody who waits a second, not five.
fn device(change: fn(&mut Value)) -> impl Fn(&str, Answer) -> Answer + Send + Sync {
    move |url, answer| {
        if !url.ends_with("/device_authorization") {
            return answer;
        }
        let mut body: Value = serde_json::from_str(&answer.body).unwrap();
        body["interval"] = json!(1);
        change(&mut body);
        Answer { body: body.to_string(), ..answer }
    }
}

#[test]
fn another_device_is_waited_for_as_the_server_says() {
    let held = Mutex::new((0, None));
    let begins = device(|_| {});
    let stage = Stage::tampered(move |url, answer| {
        if !url.ends_with("/token") {
            return begins(url, answer);
        }
        // The deployment allows at once; its answer is held back for two questions.
        let (count, tokens) = &mut *held.lock().unwrap();
        *count += 1;
        match *count {
            1 => {
                *tokens = Some(answer);
                denied("authorization_pending")
            }
            2 => denied("slow_down"),
            _ => tokens.take().unwrap_or_else(|| denied("access_denied")),
        }
    });
    let begun = std::time::Instant::now();
    let (code, _, err) = stage.run(&["login", &stage.url(), "--device", "--client-id", "mcp-auth-public", "-v"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("/device in any browser and enter the code ") && err.contains('-'), "{err}");
    // 1 s, 1 s, and 6 s once it was told to slow down (RFC 8628 §3.5).
    assert!((8..30).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    let asked_for = asked(&stage, "/device_authorization").remove(0);
    assert_eq!(field(&asked_for, "scope").as_deref(), Some("search:read offline_access"));
    assert_eq!(field(&asked_for, "resource").as_deref(), Some(&*stage.url()));
    let polls = asked(&stage, "/token");
    assert_eq!(polls.len(), 3);
    for poll in &polls {
        assert_eq!(field(poll, "grant_type").as_deref(), Some(DEVICE));
        assert_eq!(field(poll, "resource").as_deref(), Some(&*stage.url()));
        assert!(field(poll, "device_code").is_some_and(|code| code.len() > 20));
    }
    assert!(!stage.is_logged_out());
}

#[test]
fn a_device_login_ends_where_it_cannot_go_on() {
    type Case = (fn(&mut Value), Option<&'static str>, i32, &'static str, usize);
    let cases: [Case; 6] = [
        (|_| {}, Some("access_denied"), 4, "`access_denied`", 1),
        (|_| {}, Some("expired_token"), 4, "`expired_token`", 1),
        (|body| body["verification_uri"] = json!("javascript:alert(1)"), None, 5, "`verification_uri`", 0),
        (|body| drop(body.as_object_mut().unwrap().remove("user_code")), None, 5, "`user_code`", 0),
        (|body| *body = json!({"error": "unauthorized_client"}), None, 5, "`device_code`", 0),
        (|body| body["expires_in"] = json!(2), Some("authorization_pending"), 3, "2 s", 1),
    ];
    for (change, refusal, expected, words, polls) in cases {
        let begins = device(change);
        let stage = Stage::tampered(move |url, answer| match refusal {
            Some(error) if url.ends_with("/token") => denied(error),
            _ => begins(url, answer),
        });
        let (code, _, err) = stage.run(&["login", &stage.url(), "--device", "--client-id", "mcp-auth-public"]);
        assert!(code == expected && err.contains(words), "{words}: {code} {err}");
        assert_eq!(stage.count("POST", "/token"), polls, "{words}");
        assert!(stage.is_logged_out());
    }
}

#[test]
fn a_client_proves_itself_as_the_metadata_says_or_as_it_is_told() {
    const METHODS: &str = "token_endpoint_auth_methods_supported";
    type Case = (fn(&mut Value), &'static [&'static str], bool);
    // What the metadata says, options, and whether the secret goes into the header.
    let cases: [Case; 6] = [
        (|_| {}, &[], true),
        (|m| drop(m.as_object_mut().unwrap().remove(METHODS)), &[], true),
        (|m| m[METHODS] = json!(["client_secret_post", "none"]), &[], false),
        (|m| m[METHODS] = json!(["client_secret_post", "client_secret_basic"]), &[], true),
        (|m| m[METHODS] = json!(["private_key_jwt"]), &[], true),
        (|_| {}, &["--client-auth", "client_secret_post"], false),
    ];
    for (change, options, in_header) in cases {
        let config =
            Config { clients: vec![Registration::new("a client", &[], Some("s&cret:+%"))], ..Config::default() };
        let stage = Stage::of(config, Some(Box::new(metadata(change))));
        let url = stage.url();
        let mut arguments = vec!["login", &url, "--grant", "client-credentials", "--client-id", "a client"];
        arguments.extend(options);
        let output = stage.command(&arguments).env("MCP_AUTH_CLIENT_SECRET", "s&cret:+%").output().unwrap();
        let (code, _, err) = stage.judge(&output);
        assert_eq!(code, 0, "{err}");
        let sent = asked(&stage, "/token").remove(0);
        let header =
            sent.request().lines().find_map(|line| line.strip_prefix("authorization: Basic ").map(str::to_owned));
        // RFC 6749 §2.3.1: both are encoded as in a form before they are joined.
        let basic = header.map(|text| String::from_utf8(STANDARD.decode(text).unwrap()).unwrap());
        assert_eq!(basic.as_deref(), in_header.then_some("a+client:s%26cret%3A%2B%25"), "{options:?}");
        let in_body = (field(&sent, "client_id"), field(&sent, "client_secret"));
        let expected = (!in_header).then(|| ("a client".to_owned(), "s&cret:+%".to_owned()));
        assert_eq!(in_body.0.zip(in_body.1), expected, "{options:?}");
        assert_eq!(field(&sent, "grant_type").as_deref(), Some("client_credentials"));
        assert_eq!(field(&sent, "resource").as_deref(), Some(&*url));
    }
}

/// A key of somebody, with its public half as JWK.
struct Own {
    pair: KeyPair,
    public: Value,
}

impl Own {
    fn new() -> Self {
        let pair = KeyPair::generate().unwrap();
        let point = pair.der_bytes().to_vec();
        let part = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 32]);
        let public = json!({"kty": "EC", "crv": "P-256", "x": part(1), "y": part(33), "use": "sig", "alg": "ES256"});
        Self { pair, public }
    }

    fn sign(&self, typ: &str, claims: &Value) -> String {
        let header = Header { typ: Some(typ.to_owned()), ..Header::new(Algorithm::ES256) };
        let key = EncodingKey::from_ec_pem(self.pair.serialize_pem().as_bytes()).unwrap();
        jsonwebtoken::encode(&header, claims, &key).unwrap()
    }
}

fn soon() -> u64 {
    Clock::SYSTEM.now() + 120
}

#[test]
fn a_client_with_a_key_sends_an_assertion_and_never_the_key() {
    let (stage, own) = (Stage::new(), Own::new());
    let body = json!({"token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"],
        "jwks": {"keys": [own.public]}});
    let registered: Value = serde_json::from_str(&post(&format!("{}/register", stage.issuer()), &body)).unwrap();
    let id = registered["client_id"].as_str().unwrap();
    let pem = stage.home.path().join("key.pem");
    std::fs::write(&pem, own.pair.serialize_pem()).unwrap();
    let (url, pem) = (stage.url(), pem.to_str().unwrap());
    let arguments = ["login", &url, "--grant", "client-credentials", "--client-id", id, "--client-key", pem];
    let (code, _, err) = stage.run(&arguments);
    assert_eq!(code, 0, "{err}");
    let sent = asked(&stage, "/token").remove(0);
    assert_eq!(
        field(&sent, "client_assertion_type").unwrap(),
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    let assertion = field(&sent, "client_assertion").unwrap();
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap()).unwrap();
    assert_eq!((&claims["iss"], &claims["sub"], &claims["aud"]), (&json!(id), &json!(id), &json!(stage.issuer())));
    assert!(!sent.request().contains("PRIVATE") && !err.contains("PRIVATE"));
    // The store keeps neither.
    assert!(!std::fs::read_to_string(stage.file()).unwrap().contains("PRIVATE"));
}

/// Posts JSON and returns the body of the answer.
fn post(url: &str, body: &Value) -> String {
    let url = url::Url::parse(url).unwrap();
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let (mut stream, body) = (std::net::TcpStream::connect(&host).unwrap(), body.to_string());
    let head = format!("POST {} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n", url.path());
    write!(stream, "{head}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[test]
fn a_workload_shows_what_its_platform_says_and_needs_no_client() {
    let own = Own::new();
    let platform = IdentityProvider { issuer: "https://platform.test".to_owned(), keys: vec![own.public.clone()] };
    let config =
        Config { workloads: Some(Workloads { platform, subjects: vec!["ns/search".to_owned()] }), ..Config::default() };
    let stage = Stage::of(config, Some(Box::new(|_, answer| answer)));
    let claims = |subject: &str| {
        json!({"iss": "https://platform.test", "sub": subject, "aud": format!("{}/token", stage.issuer()),
            "exp": soon(), "iat": soon() - 120, "jti": subject})
    };
    let file = stage.home.path().join("assertion");
    let path = file.to_str().unwrap().to_owned();
    for (subject, expected) in [("ns/search", 0), ("ns/other", 4)] {
        std::fs::write(&file, own.sign("JWT", &claims(subject))).unwrap();
        let (code, _, err) = stage.run(&["login", &stage.url(), "--grant", "jwt-bearer", "--assertion-file", &path]);
        assert_eq!(code, expected, "{subject}: {err}");
    }
    let sent = asked(&stage, "/token").remove(0);
    assert_eq!(field(&sent, "grant_type").as_deref(), Some(JWT_BEARER));
    assert_eq!(field(&sent, "resource").as_deref(), Some(&*stage.url()));
    assert_eq!(field(&sent, "scope").as_deref(), Some("search:read"));
    assert!(sent.request().to_lowercase().find("authorization: ").is_none());
}

/// An identity provider that answers one token exchange, and says what it was asked.
fn provider(answer: Value) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/idp/token", listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut text = String::new();
        let mut part = [0; 4096];
        while !text.contains("client_id=") && !text.contains("subject_token_type=") {
            let length = stream.read(&mut part).unwrap();
            text.push_str(std::str::from_utf8(&part[..length]).unwrap());
        }
        let body = answer.to_string();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
        write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        text
    });
    (url, heard)
}

#[test]
fn an_identity_provider_vouches_for_the_person_at_this_issuer_alone() {
    const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
    let own = Own::new();
    let identity = IdentityProvider { issuer: "https://idp.test".to_owned(), keys: vec![own.public.clone()] };
    let client = Registration::new("search-client", &[], Some("its secret"));
    let config = Config { identity_provider: Some(identity), clients: vec![client], ..Config::default() };
    let stage = Stage::of(config, None);
    let assertion = own.sign(
        "oauth-id-jag+jwt",
        &json!({"iss": "https://idp.test", "sub": "alice", "aud": stage.issuer(), "client_id": "search-client",
            "resource": stage.url(), "scope": "search:read", "exp": soon(), "iat": soon() - 120, "jti": "1"}),
    );
    let file = stage.home.path().join("id_token");
    std::fs::write(&file, "the-id-token-of-alice").unwrap();
    let log_in = |kind: &str| {
        let answer =
            json!({"access_token": assertion, "issued_token_type": kind, "token_type": "N_A", "expires_in": 300});
        let (idp, heard) = provider(answer);
        let (url, path) = (stage.url(), file.to_str().unwrap());
        let mut command = stage.command(&["login", &url, "--grant", "id-jag", "--idp-token-endpoint", &idp]);
        command.args(["--idp-client-id", "at-the-provider", "--client-id", "search-client", "--id-token-file", path]);
        command.arg("--dpop");
        command.env("MCP_AUTH_CLIENT_SECRET", "its secret").env("MCP_AUTH_IDP_CLIENT_SECRET", "another secret");
        (stage.judge(&command.output().unwrap()), heard.join().unwrap())
    };
    let ((code, _, err), _) = log_in("urn:ietf:params:oauth:token-type:access_token");
    assert!(code == 5 && err.contains("`issued_token_type`"), "{code} {err}");
    assert_eq!(stage.count("POST", "/tenant1/token"), 0, "it goes to nobody");

    let ((code, _, err), heard) = log_in(ID_JAG);
    assert_eq!(code, 0, "{err}");
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    let of = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(body.as_bytes());
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    assert_eq!(of("grant_type"), "urn:ietf:params:oauth:grant-type:token-exchange");
    assert_eq!(
        (of("requested_token_type"), of("audience"), of("resource")),
        (ID_JAG.to_owned(), stage.issuer(), stage.url())
    );
    assert_eq!(of("subject_token_type"), "urn:ietf:params:oauth:token-type:id_token");
    assert_eq!((of("subject_token"), of("scope")), ("the-id-token-of-alice".to_owned(), "search:read".to_owned()));
    let basic = head.lines().find_map(|line| line.strip_prefix("authorization: Basic ")).unwrap();
    assert_eq!(STANDARD.decode(basic).unwrap(), b"at-the-provider:another+secret");
    let redeemed = asked(&stage, "/tenant1/token").remove(0);
    assert_eq!(field(&redeemed, "grant_type").as_deref(), Some(JWT_BEARER));
    assert_eq!(field(&redeemed, "assertion").as_deref(), Some(&*assertion));
    assert!(!redeemed.request().contains("the-id-token-of-alice"));
    // What the key proves is no business of the provider.
    let proves = |head: &str| head.to_ascii_lowercase().contains("\ndpop: ");
    assert_eq!((proves(head), proves(&redeemed.request())), (false, true));
}
