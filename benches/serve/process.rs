//! The servers that are measured, each a process of its own, and the tokens that all of them take.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::load::{Call, Wire, request};

/// `mcp-auth serve`.
pub(super) struct Deployment {
    child: Child,
    pub(super) mcp: String,
    pub(super) issuer: String,
    key: EncodingKey,
    kid: String,
    keys: String,
    folder: TempDir,
}

impl Deployment {
    /// Starts it as most systems would: with 1024 descriptors, of which it asks for more.
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key.pem");
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -S -n 1024; exec \"$@\"", "sh"]).arg(super::shared::program()).arg("serve");
        command.args(["--port", "0", "--authority-port", "0", "--lab"]).arg(&key);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut place = |name| lines.find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned())).unwrap();
        let (mcp, issuer) = (place("MCP server"), place("authorization server"));
        // The rest is for people; it must be read all the same.
        std::thread::spawn(move || lines.for_each(drop));
        let key = EncodingKey::from_ec_pem(&std::fs::read(key).unwrap()).unwrap();
        let keys = fetch(&format!("{issuer}/jwks"), "GET", &[], "").1;
        let set: Value = serde_json::from_str(&keys).unwrap();
        // Several keys may be ES256; a wrong one is refused, and the first call shows it.
        let mut kids = set["keys"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|key| key["alg"] == "ES256")
            .map(|key| key["kid"].as_str().unwrap());
        let mut server = Self { child, mcp, issuer, key, kid: String::new(), keys, folder };
        server.kid = kids.find(|kid| server.accepts(kid)).unwrap().to_owned();
        server
    }

    fn accepts(&self, kid: &str) -> bool {
        let call = Call { url: self.mcp.clone(), wire: Wire::Stateless, session: None };
        exchange(&self.mcp, &request(&call, &self.signed(kid, 0), 1)).0 == 200
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where the key lies that signs its tokens.
    pub(super) fn lab(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// The key set, as it is published.
    pub(super) fn keys(&self) -> String {
        self.keys.clone()
    }

    /// Access tokens as the deployment itself issues them, each another.
    pub(super) fn tokens(&self, count: usize) -> Vec<String> {
        (0..count).map(|number| self.signed(&self.kid, number)).collect()
    }

    fn signed(&self, kid: &str, number: usize) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(kid.to_owned());
        let claims = json!({
            "iss": self.issuer, "sub": "alice", "aud": self.mcp, "client_id": "bench", "scope": "search:read",
            "iat": now.as_secs(), "exp": now.as_secs() + 3600,
            "jti": format!("{:x}-{number}", now.as_nanos()), "sid": format!("grant-{number}"),
        });
        jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
    }

    /// The answer to `tools/list`, as the bare handler will give it.
    pub(super) fn tools(&self) -> String {
        let call = Call { url: self.mcp.clone(), wire: Wire::Stateless, session: None };
        exchange(&self.mcp, &request(&call, &self.tokens(1).concat(), 1)).1
    }

    /// A session of the stateful wire.
    pub(super) fn session(&self) -> Call {
        let token = self.tokens(1).concat();
        let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "bench", "version": "1" },
        } });
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let (head, _) = fetch(&self.mcp, "POST", &headers, &initialize.to_string());
        let named = head.lines().find_map(|line| line.strip_prefix("mcp-session-id: "));
        Call { url: self.mcp.clone(), wire: Wire::Legacy, session: Some(named.unwrap().to_owned()) }
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Another server.
pub(super) struct Other {
    child: Child,
    pub(super) url: String,
    /// Held open: who writes to a closed pipe ends.
    _output: BufReader<ChildStdout>,
}

impl Other {
    /// Starts it and waits for the line that begins so.
    pub(super) fn start(command: &mut Command, ready: &str, url: String) -> Result<Self, String> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = child.stderr.take().unwrap();
        let said = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            text
        });
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while output.read_line(&mut line).unwrap_or(0) > 0 {
            if line.starts_with(ready) {
                return Ok(Self { child, url, _output: output });
            }
            line.clear();
        }
        let _ = child.wait();
        let said = said.join().unwrap();
        Err(said.trim().lines().last().unwrap_or("it ended").to_owned())
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// FastMCP as a resource server of the same authorization server; why not, where it cannot be had.
pub(super) fn fastmcp(server: &Deployment) -> Result<Other, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/fastmcp-remoteauth");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mut command = Command::new(folder.join("start.sh"));
    command.env_remove("BASE").envs([
        ("MODE", "remote"),
        ("FASTMCP", "4"),
        ("PORT", &port),
        ("ALG", "ES256"),
        ("STATELESS", "1"),
        ("FASTMCP_JSON_RESPONSE", "true"),
        ("FASTMCP_LOG_LEVEL", "ERROR"),
        ("ISSUER", &server.issuer),
        ("JWKS_URI", &format!("{}/jwks", server.issuer)),
        ("AUDIENCE", &server.mcp),
        ("SCOPES", "search:read"),
    ]);
    Other::start(&mut command, "READY", format!("http://127.0.0.1:{port}/mcp"))
}

/// The TypeScript SDK as a resource server of the same authorization server; why not, where it cannot be had.
pub(super) fn typescript(server: &Deployment) -> Result<Other, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/typescript-sdk");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mut command = Command::new(folder.join("start.sh"));
    command.envs([
        ("PORT", port.as_str()),
        ("ALG", "ES256"),
        ("ISSUER", &server.issuer),
        ("JWKS_URI", &format!("{}/jwks", server.issuer)),
        ("AUDIENCE", &server.mcp),
        ("SCOPES", "search:read"),
    ]);
    Other::start(&mut command, "READY", format!("http://127.0.0.1:{port}/mcp"))
}

/// One request on a connection of its own: head and body of the answer.
fn fetch(url: &str, method: &str, headers: &[(&str, &str)], body: &str) -> (String, String) {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(format!("{text}Connection: close\r\n\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// The status and body of the answer to a whole request.
fn exchange(url: &str, request: &[u8]) -> (u16, String) {
    let mut line = super::load::Line::to(url);
    let answer = line.exchange(request);
    (answer.status, String::from_utf8(answer.body).unwrap())
}

/// CPU that a process has used, in microseconds, and its children that have ended.
pub(super) fn cpu(pid: u32) -> f64 {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return f64::NAN };
    // Behind the name, which may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ').collect()).unwrap_or_default();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(f64::NAN);
    // A tick is a hundredth of a second on every Linux.
    (ticks(11) + ticks(12)) * 10_000.0
}

/// A figure of `/proc/PID/status`, in MiB.
pub(super) fn memory(pid: u32, name: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).map_or(f64::NAN, |kib: f64| kib / 1024.0)
}
