//! A deployment that is right everywhere but at the places where a case plants something.

mod echo;

pub(crate) use self::echo::echo;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::echo::{encoded, fill};
use crate::secrets;
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
    /// The token endpoint: its preflight, and every form where a case plants nothing nearer.
    Token,
    /// The registration endpoint: its preflight, and registrations where a case plants nothing nearer.
    Register,
    /// A registration.
    Registration,
    /// The authorization endpoint.
    Authorize,
    /// A code at the token endpoint.
    Code,
    /// A refresh token at the token endpoint: refused unless a case says otherwise.
    Refresh,
    /// The revocation endpoint.
    Revoke,
    /// The introspection endpoint.
    Introspect,
    /// `server/discover` with a token that is good. Where a case plants something for every MCP request, that counts here too,
    /// as for the five that follow.
    Discover,
    /// `initialize` with a token that is good.
    Initialize,
    /// A notification or an answer with a token that is good.
    Ready,
    /// `tools/list` with a token that is good.
    List,
    /// `tools/call` with a token that is good.
    Call,
    /// GET of the endpoint with a token that is good.
    Stream,
    /// DELETE of the endpoint with a token that is good.
    End,
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

/// What a request asks for. `tokens` are those that the MCP server takes.
pub(crate) fn place(request: &Arrived, tokens: &[String]) -> Option<Place> {
    let (method, path) = request.line.split_once(' ').unwrap_or_default();
    let has = |name: &str| request.body.contains(name);
    Some(match (method, path) {
        ("OPTIONS", "/mcp") => Place::McpPreflight,
        (_, "/mcp") => {
            let good = tokens.iter().any(|token| request.head.contains(&format!("Bearer {token}")));
            match method {
                _ if !good => Place::Mcp,
                "GET" => Place::Stream,
                "DELETE" => Place::End,
                _ if has("\"method\":\"server/discover\"") => Place::Discover,
                _ if has("\"method\":\"initialize\"") => Place::Initialize,
                _ if has("\"method\":\"tools/list\"") => Place::List,
                _ if has("\"method\":\"tools/call\"") => Place::Call,
                _ => Place::Ready,
            }
        }
        (_, "/.well-known/oauth-protected-resource/mcp") => Place::PathMetadata,
        (_, PRM) => Place::RootMetadata,
        (_, "/mcp/.well-known/oauth-protected-resource") => Place::AppendedMetadata,
        (_, "/.well-known/oauth-authorization-server") => Place::Legacy,
        (_, "/.well-known/oauth-authorization-server/t") => Place::OauthMetadata,
        (_, "/.well-known/openid-configuration/t") => Place::OidcInserted,
        (_, "/t/.well-known/openid-configuration") => Place::OidcAppended,
        (_, "/t/jwks") => Place::Jwks,
        ("POST", "/t/token") if has("grant_type=refresh_token") => Place::Refresh,
        ("POST", "/t/token") => Place::Code,
        (_, "/t/token") => Place::Token,
        ("POST", "/t/register") => Place::Registration,
        (_, "/t/register") => Place::Register,
        (_, path) if path.starts_with("/t/authorize") => Place::Authorize,
        (_, "/t/revoke") => Place::Revoke,
        (_, "/t/introspect") => Place::Introspect,
        (_, path) if path.starts_with("/elsewhere") => Place::Elsewhere,
        _ => return None,
    })
}

/// The nearer places by the wider one: what is planted there counts for them too.
const WIDER: [(Place, &[Place]); 3] = [
    (
        Place::Mcp,
        &[Place::Discover, Place::Initialize, Place::Ready, Place::List, Place::Call, Place::Stream, Place::End],
    ),
    (Place::Token, &[Place::Code, Place::Refresh]),
    (Place::Register, &[Place::Registration]),
];

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

/// A registration as it should be answered.
pub(crate) fn created(body: impl AsRef<[u8]>) -> Reply {
    Reply::Whole(response("201 Created", JSON, body))
}

/// A redirect.
pub(crate) fn redirect(location: &str) -> Reply {
    Reply::Whole(response("302 Found", &format!("location: {location}\r\n"), ""))
}

const JSON: &str = "content-type: application/json\r\ncache-control: no-store\r\n";

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

/// A registration. It gives a secret that was not asked for.
pub(crate) const REGISTERED: &str = r#"{"client_id":"issued-client","redirect_uris":["http://127.0.0.1/callback"],"token_endpoint_auth_method":"none","client_secret":"{issued-secret}","client_secret_expires_at":0,"registration_client_uri":"{as}/t/register/issued","registration_access_token":"{issued-registration}"}"#;

/// What a token endpoint gives.
pub(crate) const GRANTED: &str = r#"{"access_token":"{issued-access}","token_type":"Bearer","expires_in":3600,"refresh_token":"{issued-refresh}","scope":"read"}"#;

/// The answer to `server/discover`.
pub(crate) const DISCOVERED: &str = r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"serverInfo":{"name":"site","version":"1"}}}"#;

/// The answer to `initialize`.
pub(crate) const INITIALIZED: &str = r#"{"jsonrpc":"2.0","id":{id},"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"site","version":"1"}}}"#;

/// The answer to `tools/list`.
pub(crate) const LISTED: &str = r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":[{"name":"search","description":"searches","inputSchema":{"type":"object","properties":{"query":{"type":"string"}}}}]}}"#;

/// The answer to `tools/call`.
pub(crate) const CALLED: &str = r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"complete","content":[{"type":"text","text":"found"}],"isError":false}}"#;

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
        (Place::Registration, created(REGISTERED)),
        (Place::Authorize, redirect("{redirect_uri}?code={code}&state={state}&iss={as-encoded}/t")),
        (Place::Code, json(GRANTED)),
        (Place::Refresh, Reply::Whole(response("400 Bad Request", JSON, "{\"error\":\"invalid_grant\"}"))),
        (Place::Revoke, Reply::Whole(response("200 OK", "", ""))),
        (Place::Introspect, json("{\"active\":true}")),
        (Place::Discover, json(DISCOVERED)),
        (Place::List, json(LISTED)),
        (Place::Call, json(CALLED)),
        (Place::Ready, Reply::Whole(response("202 Accepted", "", ""))),
        (Place::End, Reply::Whole(response("204 No Content", "", ""))),
        (Place::Stream, Reply::Whole(response("405 Method Not Allowed", "", ""))),
        (Place::Initialize, json(INITIALIZED)),
    ])
}

/// A running deployment with its record.
pub(crate) struct Site {
    /// The MCP URL.
    pub(crate) target: String,
    /// A token of the site's own authorization server for it.
    pub(crate) jwt: String,
    /// The ports of the MCP server, its authorization server and the other one.
    pub(crate) ports: [u16; 3],
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
    /// The addresses of both.
    pub(crate) addresses: [&'static str; 2],
    /// An address where whoever comes to the ports of both is counted.
    pub(crate) beside: Option<&'static str>,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            resource: Opening::Plain,
            authority: Opening::Plain,
            resource_name: "http://127.0.0.1",
            authority_name: "http://127.0.0.1",
            addresses: ["127.0.0.1"; 2],
            beside: None,
        }
    }
}

impl Site {
    /// Starts the deployment with these places changed.
    pub(crate) fn start(plants: &[(Place, Reply)], shape: &Shape) -> Self {
        Self::planted(plants, shape, &[secrets::ISSUED_ACCESS], &serde_json::Value::Null)
    }

    /// The same; the MCP server takes these tokens, the JWT has these claims.
    pub(crate) fn planted(
        plants: &[(Place, Reply)],
        shape: &Shape,
        tokens: &[&str],
        claims: &serde_json::Value,
    ) -> Self {
        let [rs, authority] = shape.addresses.map(|address| server::bind(&format!("{address}:0")));
        let [other, canary] = [(); 2].map(|()| server::bind("127.0.0.1:0"));
        let port = |listener: &tokio::net::TcpListener| listener.local_addr().unwrap().port();
        // A name that moves has moved for good: each run needs one of its own.
        static MOVES: AtomicUsize = AtomicUsize::new(0);
        let resource_name = match shape.beside {
            Some(_) => {
                let number = MOVES.fetch_add(1, Ordering::Relaxed);
                shape.resource_name.replacen(".flip", &format!("-{number}.flip"), 1)
            }
            None => shape.resource_name.to_owned(),
        };
        let names = vec![
            ("{rs}", format!("{resource_name}:{}", port(&rs))),
            ("{as}", format!("{}:{}", shape.authority_name, port(&authority))),
            ("{other}", format!("http://127.0.0.1:{}", port(&other))),
            ("{as-encoded}", encoded(&format!("{}:{}", shape.authority_name, port(&authority)))),
            ("{code}", secrets::CODE.to_owned()),
            ("{issued-access}", secrets::ISSUED_ACCESS.to_owned()),
            ("{issued-refresh}", secrets::ISSUED_REFRESH.to_owned()),
            ("{issued-secret}", secrets::ISSUED_SECRET.to_owned()),
            ("{issued-registration}", secrets::ISSUED_REGISTRATION.to_owned()),
            ("{canary}", format!("127.0.0.1:{}", port(&canary))),
            ("{canary-port}", port(&canary).to_string()),
        ];
        let mut replies = right();
        for (place, reply) in plants {
            let nearer = WIDER.iter().find(|(wider, _)| wider == place).map_or(&[][..], |(_, nearer)| nearer);
            // What answers without a token answers with one.
            replies.extend(nearer.iter().map(|near| (*near, reply.clone())));
        }
        replies.extend(plants.iter().cloned());
        let mut elsewhere = right();
        for reply in elsewhere.values_mut() {
            // Another authorization server in all its glory, with codes and tokens of its own.
            let mut own: Vec<_> =
                names.iter().map(|(name, value)| (*name, value.replace("-issued", "-other"))).collect();
            own[1].1 = names[2].1.clone();
            own[3].1 = encoded(&names[2].1);
            own.iter_mut().skip(4).take(5).for_each(|(_, value)| *value = format!("other-{}", value.len()));
            fill(reply, &own);
        }
        for reply in replies.values_mut() {
            fill(reply, &names);
        }
        let (record, trap) = (Arc::new(Record::default()), Arc::new(Record::default()));
        let target = format!("{}/mcp", names[0].1);
        let jwt = secrets::jwt(&format!("{}/t", names[1].1), &target, claims);
        let ports = [&rs, &authority, &other].map(port);
        for port in shape.beside.iter().flat_map(|_| &ports[..2]) {
            server::count(&format!("{}:{port}", shape.beside.unwrap_or_default()));
        }
        let tokens: Vec<String> = tokens.iter().map(|&token| token.to_owned()).collect();
        let script = |opening: &Opening, replies: &HashMap<Place, Reply>| Script {
            opening: opening.clone(),
            replies: replies.clone(),
            tokens: tokens.clone(),
        };
        server::serve(rs, script(&shape.resource, &replies), &record);
        server::serve(authority, script(&shape.authority, &replies), &record);
        server::serve(other, script(&Opening::Plain, &elsewhere), &record);
        server::serve(canary, script(&Opening::Plain, &replies), &trap);
        Self { target, jwt, ports, names, record, canary: trap }
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
