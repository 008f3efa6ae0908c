//! A deployment that is right everywhere but at the places where a case plants something.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::server::{self, Arrived, Opening, Record, Reply, Script};

/// What a client asks for on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// Every MCP request.
    Mcp,
    /// The CORS preflight of the endpoint.
    McpPreflight,
    /// Resource metadata where the challenge says.
    PathMetadata,
    /// Resource metadata at the root: 404 unless a case says otherwise.
    RootMetadata,
    /// RFC 8414 metadata at the MCP origin: 404 unless a case says otherwise.
    Legacy,
    /// RFC 8414 metadata of the issuer.
    OauthMetadata,
    /// OpenID Connect metadata, inserted.
    OidcInserted,
    /// OpenID Connect metadata, appended.
    OidcAppended,
    /// The keys.
    Jwks,
    /// The token endpoint (a preflight).
    Token,
    /// The registration endpoint (a preflight).
    Register,
    /// Resource metadata appended to the endpoint: 404 unless a case says otherwise.
    AppendedMetadata,
    /// A path that only a redirect leads to.
    Elsewhere,
}

/// The places of the trail whose answer is a document.
pub(crate) const DOCUMENTS: [Place; 4] = [Place::PathMetadata, Place::OauthMetadata, Place::OidcAppended, Place::Jwks];

/// Every place that may be asked.
pub(crate) const ALL: [Place; 12] = [
    Place::RootMetadata,
    Place::AppendedMetadata,
    Place::Legacy,
    Place::Mcp,
    Place::McpPreflight,
    Place::PathMetadata,
    Place::OauthMetadata,
    Place::OidcInserted,
    Place::OidcAppended,
    Place::Jwks,
    Place::Token,
    Place::Register,
];

const PRM: &str = "/.well-known/oauth-protected-resource";

fn place(method: &str, path: &str) -> Option<Place> {
    Some(match (method, path) {
        ("OPTIONS", "/mcp") => Place::McpPreflight,
        (_, "/mcp") => Place::Mcp,
        (_, "/.well-known/oauth-protected-resource/mcp") => Place::PathMetadata,
        (_, PRM) => Place::RootMetadata,
        (_, "/mcp/.well-known/oauth-protected-resource") => Place::AppendedMetadata,
        (_, "/.well-known/oauth-authorization-server") => Place::Legacy,
        (_, "/.well-known/oauth-authorization-server/t") => Place::OauthMetadata,
        (_, "/.well-known/openid-configuration/t") => Place::OidcInserted,
        (_, "/t/.well-known/openid-configuration") => Place::OidcAppended,
        (_, "/t/jwks") => Place::Jwks,
        (_, "/t/token") => Place::Token,
        (_, "/t/register") => Place::Register,
        (_, path) if path.starts_with("/elsewhere") => Place::Elsewhere,
        _ => return None,
    })
}

/// An HTTP/1.1 response with a body and further header lines (each ended with CRLF).
pub(crate) fn response(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A document as it should be served.
pub(crate) fn json(body: impl AsRef<[u8]>) -> Reply {
    Reply::Whole(response("200 OK", "content-type: application/json\r\n", body))
}

/// A 401 with this `WWW-Authenticate`.
pub(crate) fn refusal(challenge: impl AsRef<[u8]>) -> Reply {
    let head = b"HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\nwww-authenticate: ";
    Reply::Whole([head, challenge.as_ref(), b"\r\n\r\n"].concat())
}

/// The challenge of the deployment.
pub(crate) const CHALLENGE: &str =
    "Bearer resource_metadata=\"{rs}/.well-known/oauth-protected-resource/mcp\", scope=\"read\"";

/// The resource metadata of the deployment.
pub(crate) const RESOURCE: &str = r#"{"resource":"{rs}/mcp","authorization_servers":["{as}/t"],"scopes_supported":["read"],"bearer_methods_supported":["header"]}"#;

/// The authorization server metadata of the deployment.
pub(crate) const SERVER: &str = r#"{"issuer":"{as}/t","authorization_endpoint":"{as}/t/authorize","token_endpoint":"{as}/t/token","registration_endpoint":"{as}/t/register","jwks_uri":"{as}/t/jwks","scopes_supported":["read"],"response_types_supported":["code"],"grant_types_supported":["authorization_code","refresh_token"],"token_endpoint_auth_methods_supported":["none"],"code_challenge_methods_supported":["S256"],"authorization_response_iss_parameter_supported":true,"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256"],"client_id_metadata_document_supported":true}"#;

/// A key (RFC 7517 appendix A.1).
pub(crate) const KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"sig","alg":"ES256","kid":"1"}]}"#;

fn right() -> HashMap<Place, Reply> {
    let preflight = "access-control-allow-origin: *\r\naccess-control-allow-methods: GET, POST, DELETE\r\n\
                     access-control-allow-headers: *\r\n";
    let preflight = Reply::Whole(response("204 No Content", preflight, ""));
    HashMap::from([
        (Place::Mcp, refusal(CHALLENGE)),
        (Place::McpPreflight, preflight.clone()),
        (Place::Token, preflight.clone()),
        (Place::Register, preflight),
        (Place::PathMetadata, json(RESOURCE)),
        (Place::OauthMetadata, json(SERVER)),
        (Place::OidcInserted, json(SERVER)),
        (Place::OidcAppended, json(SERVER)),
        (Place::Jwks, json(KEYS)),
    ])
}

/// A running deployment with its record.
pub(crate) struct Site {
    /// The MCP URL.
    pub(crate) target: String,
    /// The origins by the names of their placeholders.
    names: Vec<(&'static str, String)>,
    /// What arrived at the MCP server and at the authorization server.
    pub(crate) record: Arc<Record>,
    /// What arrived at the place where nobody may come.
    pub(crate) canary: Arc<Record>,
}

/// How the two servers open a connection, and by which names they are called.
pub(crate) struct Shape {
    /// The MCP server.
    pub(crate) resource: Opening,
    /// The authorization server.
    pub(crate) authority: Opening,
    /// Scheme and host of the MCP server.
    pub(crate) resource_name: &'static str,
    /// Scheme and host of the authorization server.
    pub(crate) authority_name: &'static str,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            resource: Opening::Plain,
            authority: Opening::Plain,
            resource_name: "http://127.0.0.1",
            authority_name: "http://127.0.0.1",
        }
    }
}

impl Site {
    /// Starts the deployment with these places changed.
    pub(crate) fn start(plants: &[(Place, Reply)], shape: &Shape) -> Self {
        let [rs, authority, canary] = [(); 3].map(|()| server::bind("127.0.0.1:0"));
        let port = |listener: &tokio::net::TcpListener| listener.local_addr().unwrap().port();
        let names = vec![
            ("{rs}", format!("{}:{}", shape.resource_name, port(&rs))),
            ("{as}", format!("{}:{}", shape.authority_name, port(&authority))),
            ("{canary}", format!("127.0.0.1:{}", port(&canary))),
            ("{canary-port}", port(&canary).to_string()),
        ];
        let mut replies = right();
        replies.extend(plants.iter().cloned());
        for reply in replies.values_mut() {
            fill(reply, &names);
        }
        let (record, trap) = (Arc::new(Record::default()), Arc::new(Record::default()));
        let target = format!("{}/mcp", names[0].1);
        let script = |opening: &Opening| Script { opening: opening.clone(), replies: replies.clone(), place };
        server::serve(rs, script(&shape.resource), Arc::clone(&record));
        server::serve(authority, script(&shape.authority), Arc::clone(&record));
        server::serve(canary, script(&Opening::Plain), Arc::clone(&trap));
        Self { target, names, record, canary: trap }
    }

    /// The text with the placeholders replaced.
    pub(crate) fn fill(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// The requests that arrived.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.record.arrived.lock().unwrap().clone()
    }

    /// How many connections came to the place where nobody may come.
    pub(crate) fn trapped(&self) -> usize {
        self.canary.connections.load(Ordering::Relaxed)
    }
}

/// Replaces placeholders in a reply, and tells the right length where the reply told one.
fn fill(reply: &mut Reply, names: &[(&'static str, String)]) {
    let (Reply::Whole(bytes) | Reply::Hold(bytes) | Reply::Drip(bytes, ..) | Reply::Flood(bytes, _)) = reply;
    let mut filled = bytes.clone();
    for (name, value) in names {
        filled = replace(&filled, name.as_bytes(), value.as_bytes());
    }
    if filled == *bytes {
        return;
    }
    let gap = |bytes: &[u8]| bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(0) + 4;
    let old = format!("content-length: {}\r\n", bytes.len().saturating_sub(gap(bytes)));
    let new = format!("content-length: {}\r\n", filled.len().saturating_sub(gap(&filled)));
    *bytes = replace(&filled, old.as_bytes(), new.as_bytes());
}

fn replace(bytes: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        if rest.starts_with(what) {
            out.extend_from_slice(with);
            rest = &rest[what.len()..];
        } else {
            out.push(*first);
            rest = &rest[1..];
        }
    }
    out
}
