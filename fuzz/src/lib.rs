//! What is fuzzed: every reader of foreign bytes, and every writer of what was read, with what must hold of them.
//!
//! Where somebody else wrote a reader of the same format, both must agree on what ours accepts.

mod arguments;
mod peers;
mod report;
mod requests;

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use mcp_auth::client::authorize::Awaited;
use mcp_auth::client::register;
use mcp_auth::commands::{config, mcp, probe};
use mcp_auth::evidence::Trail;
use mcp_auth::formats::sse::{Caps, Parser};
use mcp_auth::formats::{certificate as certificates, challenge as challenges, json as gate, jwks as keys, jwt as jwts};
use mcp_auth::formats::{rpc as rpcs, token as tokens, uri};
use mcp_auth::spec::revision::Revision;
use mcp_auth::spec::text::{is_unsafe, json_escaped, printable, printable_block};
use mcp_auth::store::{Book, Store};
use serde_json::{Value, json};

pub use arguments::arguments;
pub use report::report;
pub use requests::requests;

/// `WWW-Authenticate` lines. What was read without a complaint is read the same when it is written down again, and by the
/// grammar of RFC 9110.
pub fn challenge(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let read = challenges::read(text.lines());
    if !read.problems.is_empty() {
        return;
    }
    let theirs: Vec<peers::Challenge> = text.lines().flat_map(|line| peers::challenges(line).expect(line)).collect();
    let ours = read.list.iter().map(|challenge| peers::Challenge {
        scheme: challenge.scheme.clone(),
        token68: challenge.token68.clone(),
        params: challenge.params.iter().map(|p| (p.name.clone(), p.value.clone())).collect(),
    });
    assert_eq!(ours.collect::<Vec<_>>(), theirs, "{text:?}");
    let again: Vec<String> = read.list.iter().map(written).collect();
    let reread = challenges::read(again.iter().map(String::as_str));
    assert!(reread.problems.is_empty(), "{again:?}: {:?}", reread.problems);
    assert_eq!(reread.list.len(), read.list.len(), "{again:?}");
    for (first, second) in read.list.iter().zip(&reread.list) {
        assert_eq!((&first.scheme, &first.token68), (&second.scheme, &second.token68), "{again:?}");
        let pairs = |c: &challenges::Challenge| {
            c.params.iter().map(|p| (p.name.clone(), p.value.clone())).collect::<Vec<_>>()
        };
        assert_eq!(pairs(first), pairs(second), "{again:?}");
    }
}

fn written(challenge: &challenges::Challenge) -> String {
    let mut line = challenge.scheme.clone();
    if let Some(token) = &challenge.token68 {
        let _ = write!(line, " {token}");
    }
    for (place, param) in challenge.params.iter().enumerate() {
        let value = param.value.replace('\\', "\\\\").replace('"', "\\\"");
        let _ = write!(line, "{} {}=\"{value}\"", if place == 0 { "" } else { "," }, param.name);
    }
    line
}

/// The JSON gate. What it accepts, `serde_json` reads the same; what only `serde_json` accepts, the gate refuses for a
/// reason that it names.
pub fn json(data: &[u8]) {
    let theirs = serde_json::from_slice::<Value>(data);
    match (gate::read(data), theirs) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs),
        (Ok(ours), Err(error)) => panic!("only ours reads it: {ours} ({error})"),
        (Err(problem), Ok(_)) => {
            use gate::JsonProblem::{Duplicate, TooDeep, TooMany};
            assert!(matches!(problem, Duplicate { .. } | TooDeep { .. } | TooMany { .. }), "{problem}");
        }
        (Err(problem), Err(_)) => clean(&problem.to_string()),
    }
    let _ = gate::read_object(data);
}

/// Resource metadata, judged.
pub fn resource_metadata(data: &[u8]) {
    judged(&deployment(data, SERVER.as_bytes(), KEYS.as_bytes()));
}

/// Authorization server metadata, judged.
pub fn server_metadata(data: &[u8]) {
    judged(&deployment(RESOURCE.as_bytes(), data, KEYS.as_bytes()));
}

/// A key set, read and judged.
pub fn jwks(data: &[u8]) {
    if let Ok(set) = keys::KeySet::read(data) {
        for key in set.usable() {
            let _ = (key.thumbprint(), key.fits("ES256"));
        }
        let _ = set.duplicate_kids();
    }
    judged(&deployment(RESOURCE.as_bytes(), SERVER.as_bytes(), data));
}

/// A token. `jsonwebtoken` reads the same `alg` wherever both read the header.
pub fn jwt(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match jwts::decode(text) {
        Ok(token) => {
            if let (Ok(theirs), Some(ours)) = (jsonwebtoken::decode_header(text), token.header_str("alg").present()) {
                assert_eq!(format!("{:?}", theirs.alg).to_ascii_lowercase(), ours.to_ascii_lowercase());
            }
            let _ = (token.audiences(), token.scopes(), token.claim_time("exp"));
            let key: Value = serde_json::from_str::<Value>(KEYS).unwrap()["keys"][0].clone();
            assert!(jwts::verify(text, &key, None).is_err(), "nobody here has that key");
        }
        Err(problem) => clean(&problem.to_string()),
    }
}

/// An event stream: read at once or byte by byte, it says the same.
pub fn sse(data: &[u8]) {
    let caps = Caps { line: 200, event: 400, total: 4000 };
    let mut whole = Parser::new(caps);
    let mut slow = Parser::new(caps);
    let at_once = whole.feed(data);
    let bytewise: Result<Vec<_>, _> = data.iter().map(|byte| slow.feed(&[*byte])).collect();
    match (at_once, bytewise) {
        (Ok(events), Ok(parts)) => assert_eq!(events, parts.concat()),
        (Err(_), Err(_)) => {}
        // A cap of the whole may be met before, or after, the line or event that breaks another.
        (whole, parts) => panic!("{whole:?} at once, {parts:?} byte by byte"),
    }
}

/// A token response: whatever it is, its problems show nothing of it.
pub fn token(data: &[u8]) {
    let reply = tokens::read(Some("application/json"), data);
    let _ = format!("{reply:?}");
    let _ = tokens::read(None, data);
}

/// A saved trail: what loads is saved, loads again, and is judged.
pub fn trail(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Trail::load(text) {
        Ok(trail) => {
            let saved = trail.save();
            clean(&saved);
            let again = Trail::load(&saved).expect("what was saved loads");
            assert_eq!(again.save(), saved, "saving twice changes nothing");
            judged(&trail);
        }
        Err(problem) => clean(&problem.to_string()),
    }
}

/// The URL gate: what passes, the `url` crate reads without repairing host or scheme.
pub fn url(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match uri::gate(text) {
        Ok(url) => {
            assert_eq!(url::Url::parse(text).as_ref(), Ok(&url));
            assert!(matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none());
            let host = url.host_str().expect("a host").to_ascii_lowercase();
            assert!(text.to_ascii_lowercase().contains(&host) || host.starts_with('['), "{text} became {url}");
            if let Ok(canonical) = uri::canonical(text) {
                assert_eq!(uri::canonical(&canonical).as_ref(), Ok(&canonical), "canonical once is canonical");
            }
            let _ = (uri::resource_metadata_urls(&url), uri::issuer_metadata_urls(text), uri::is_local_name(&url));
        }
        Err(problem) => clean(&problem.to_string()),
    }
    let base = url::Url::parse("https://base.test/a/b").expect("a URL");
    if let Ok(to) = uri::resolve(&base, text) {
        assert!(matches!(to.scheme(), "http" | "https"));
    }
}

/// The query that a browser brings back. A code is taken only from an answer to our request that says `state` once and
/// right, no other issuer, no error, and `code` once: as the `url` crate reads the query.
pub fn callback(data: &[u8]) {
    let query = String::from_utf8_lossy(data);
    for issuer_promised in [false, true] {
        let awaited = Awaited { state: "s".to_owned(), issuer: "https://as.test".to_owned(), issuer_promised };
        match awaited.code(&query) {
            Ok(code) => {
                let all = |name: &str| -> Vec<String> {
                    let pairs = url::form_urlencoded::parse(query.as_bytes());
                    pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
                };
                assert_eq!((all("state"), all("code")), (vec!["s".to_owned()], vec![code.expose().to_owned()]));
                assert!(all("error").is_empty() && !code.expose().is_empty(), "{query}");
                let issuers = all("iss");
                assert!(issuers == ["https://as.test"] || issuers.is_empty() && !issuer_promised, "{query}");
            }
            Err(problem) => clean(&problem.to_string()),
        }
    }
}

/// The answer to a registration. A client is made only of an id that can be sent, and is only deleted where it was made.
pub fn registration(data: &[u8]) {
    let kind = json!([{ "name": "content-type", "value": "application/json" }]);
    let body = String::from_utf8_lossy(data);
    let trail = json!({
        "version": 1, "tool": "mcp-auth 0", "target": "https://rs.test/mcp", "started": 0, "reach": "login",
        "exchanges": [{
            "number": 1, "step": "client-register", "because": "fuzzed", "at": 0, "took": 1,
            "request": { "method": "POST", "url": "https://as.test/r" },
            "outcome": { "reply": { "status": 201, "headers": kind, "body": { "text": body } } },
        }],
    });
    let trail = Trail::load(&trail.to_string()).expect("a trail");
    let exchange = trail.exchanges.first().expect("it has one");
    if let Some(client) = register::created(exchange, "https://as.test/r") {
        assert!(!client.id.is_empty() && client.id.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{:?}", client.id);
        if let Some(uri) = &client.registration_uri {
            let origin = url::Url::parse(uri).expect("a URL").origin();
            assert_eq!(origin, url::Url::parse("https://as.test").expect("a URL").origin(), "{uri}");
        }
    }
}

/// The file of remembered logins. What loads is saved, and loads again the same; what does not load is left as it was.
pub fn store_file(data: &[u8]) {
    thread_local! {
        // In memory where that can be had: every save is synced.
        static DIRECTORY: (tempfile::TempDir, tokio::runtime::Runtime) = (
            tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory"),
            tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime"),
        );
    }
    DIRECTORY.with(|(directory, runtime)| {
        let store = Store::in_directory(directory.path());
        let path = store.path().expect("a file").to_owned();
        std::fs::write(&path, data).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("its own");
        match store.read() {
            Ok(book) => {
                let said = format!("{book:?}");
                for login in &book.logins {
                    let secrets = login.tokens.iter().map(|tokens| tokens.access.expose());
                    for secret in secrets.filter(|secret| secret.len() >= 12) {
                        assert!(!said.contains(secret), "a secret is shown");
                    }
                }
                let written = |book: &Book| serde_json::to_string(&book.logins).expect("JSON");
                let mut guard = runtime.block_on(store.lock()).expect("nobody else has it");
                guard.save(|_| {}).expect("what loads is saved");
                drop(guard);
                assert_eq!(written(&store.read().expect("and loads again")), written(&book));
            }
            Err(problem) => {
                clean(&problem.to_string());
                assert_eq!(std::fs::read(&path).expect("still there"), data);
            }
        }
    });
}

/// A JSON-RPC message.
pub fn rpc(data: &[u8]) {
    if let Ok(answer) = rpcs::read(data) {
        for message in answer.messages() {
            let _ = (message.result(), message.error(), message.result_type(), message.is_tool_error());
        }
    }
}

/// A certificate.
pub fn certificate(data: &[u8]) {
    if let Ok(facts) = certificates::read(data) {
        let _ = facts.covers("rs.test");
    }
}

/// The output gate.
pub fn text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    clean(&printable(&text).to_string());
    let block = printable_block(&text).to_string();
    assert!(!block.contains(|c| is_unsafe(c) && c != '\n' && c != '\t'));
    let json = serde_json::to_string(&text).expect("JSON");
    let escaped = json_escaped(json);
    clean(&escaped);
    assert_eq!(serde_json::from_str::<String>(&escaped).expect("still JSON"), text);
}

fn clean(text: &str) {
    assert!(!text.contains(|c| is_unsafe(c) && c != '\n'), "{text:?}");
}

const RESOURCE: &str = r#"{"resource":"https://rs.test/mcp","authorization_servers":["https://as.test/t"],"scopes_supported":["read"]}"#;
const SERVER: &str = r#"{"issuer":"https://as.test/t","authorization_endpoint":"https://as.test/a","token_endpoint":"https://as.test/k","jwks_uri":"https://as.test/j","code_challenge_methods_supported":["S256"],"response_types_supported":["code"]}"#;
const KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"sig","alg":"ES256","kid":"1"}]}"#;

/// The trail of a deployment with these documents.
fn deployment(resource: &[u8], server: &[u8], keys: &[u8]) -> Trail {
    let exchange = |number: u32, step: &str, url: &str, status: u16, headers: Value, body: &[u8], about: Option<&str>| {
        let body = String::from_utf8_lossy(body);
        json!({
            "number": number, "step": step, "about": about, "because": "fuzzed",
            "request": { "method": "GET", "url": url },
            "outcome": { "reply": { "status": status, "headers": headers, "body": { "text": body } } },
            "at": 0, "took": 1
        })
    };
    let challenge = "Bearer resource_metadata=\"https://rs.test/.well-known/oauth-protected-resource/mcp\"";
    let challenge = json!([{ "name": "www-authenticate", "value": challenge }]);
    let kind = json!([{ "name": "content-type", "value": "application/json" }]);
    let issuer = Some("https://as.test/t");
    let well_known = "https://as.test/.well-known/oauth-authorization-server/t";
    let prm = "https://rs.test/.well-known/oauth-protected-resource/mcp";
    let trail = json!({
        "version": 1, "tool": "mcp-auth 0", "target": "https://rs.test/mcp", "started": 0, "reach": "default",
        "exchanges": [
            exchange(1, "mcp-discover", "https://rs.test/mcp", 401, challenge, b"", None),
            exchange(2, "path-metadata", prm, 200, kind.clone(), resource, None),
            exchange(3, "oauth-metadata", well_known, 200, kind.clone(), server, issuer),
            exchange(4, "jwks", "https://as.test/j", 200, kind, keys, issuer),
        ],
    });
    Trail::load(&trail.to_string()).expect("a trail")
}

/// Judges a trail, by one revision, which the input chooses: what is said of it holds nothing raw. How reports are written is
/// the matter of [`report()`]: most of what is written is ours and always the same, and would cost ten inputs for one.
fn judged(trail: &Trail) {
    let length: usize = trail.in_order().filter_map(|exchange| exchange.reply()).map(|reply| reply.body.len()).sum();
    let revision = Revision::ALL.iter().copied().cycle().nth(length % Revision::ALL.len());
    let report = probe::judge(trail, revision, false, &[]);
    for result in &report.results {
        [&result.message, &result.expected, &result.actual].into_iter().flatten().for_each(|text| clean(text));
    }
}

/// The URL gate, held against the grammar of RFC 3986: whoever takes a URL apart by it finds the same.
pub fn uri(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(url) = uri::gate(text) else { return };
    let theirs = peers::Uri::of(text).expect(text);
    assert_eq!(url.scheme(), theirs.scheme.to_ascii_lowercase(), "{text}");
    assert_eq!(url.port(), theirs.port().filter(|port| *port != if url.scheme() == "https" { 443 } else { 80 }), "{text}");
    match url.host().expect("a host") {
        url::Host::Ipv6(address) => {
            let inner = theirs.host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).expect(text);
            assert_eq!(inner.parse::<std::net::Ipv6Addr>(), Ok(address), "{text}");
        }
        other => assert_eq!(other.to_string(), theirs.host.to_ascii_lowercase(), "{text}"),
    }
    // Where there is something to resolve the paths differ by right (RFC 3986 §5.2.4).
    let is_plain = !theirs.path.split('/').any(|part| {
        matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
    });
    if is_plain {
        assert_eq!(url.path(), if theirs.path.is_empty() { "/" } else { theirs.path }, "{text}");
    }
    // The `url` crate quotes the apostrophe, which means the same.
    assert_eq!(url.query().map(str::to_owned), theirs.query.map(|query| query.replace('\'', "%27")), "{text}");
    assert_eq!(url.fragment(), theirs.fragment, "{text}");
}

/// The configuration file: a text that is refused is refused in one printable line that names the line.
pub fn configuration(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let folder = std::path::Path::new("/nowhere");
    match config::read(&folder.join("mcp-auth.toml"), text, folder) {
        Ok(settings) => assert!(settings.targets.iter().all(|t| t.declared.line <= text.lines().count().max(1))),
        Err(failure) => {
            clean(&failure.message);
            assert_eq!(failure.exit as u8, 2, "{}", failure.message);
        }
    }
}

/// A line of an MCP client on standard input: what is answered is one JSON-RPC message with the id that was asked.
pub fn message(data: &[u8]) {
    let Some(answer) = mcp::answer(data) else { return };
    assert_eq!(answer["jsonrpc"], "2.0");
    assert!(answer.get("result").is_some() != answer.get("error").is_some(), "{answer}");
    let asked = serde_json::from_slice::<Value>(data).ok();
    let id = asked.as_ref().and_then(|asked| asked.get("id")).cloned().unwrap_or_default();
    assert!(answer["id"] == id || answer["id"].is_null() && answer.get("error").is_some(), "{answer}");
}
