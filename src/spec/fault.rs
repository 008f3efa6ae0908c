//! The language of misbehaviour: what the reference deployment does wrong when told to.
//!
//! A fault is data: *at this reply, make these edits*, or *forget this duty*. It belongs to the row of the check
//! that must notice it; `serve`, `checks explain` and the matrix read it from there.

mod duty;

pub use self::duty::Duty;

use super::posture::Posture;

/// A planted defect.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The name on the command line (`serve --fault NAME`).
    pub name: &'static str,
    /// The shape of deployment in which it shows.
    pub posture: Posture,
    /// What is done wrong.
    pub deeds: &'static [Deed],
    /// Ids of other checks that it unavoidably trips.
    pub also: &'static [&'static str],
}

/// One thing done wrong.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// Every time this reply is given, these edits are made to it, in order.
    At(Reply, &'static [Edit]),
    /// A duty of the server is not kept.
    Forget(Duty),
}

impl Fault {
    /// A fault that edits one kind of reply.
    #[must_use]
    pub const fn new(name: &'static str, deeds: &'static [Deed]) -> Self {
        Self { name, posture: Posture::Reference, deeds, also: &[] }
    }

    /// The same fault in another shape of deployment.
    #[must_use]
    pub const fn under(self, posture: Posture) -> Self {
        Self { posture, ..self }
    }

    /// The same fault, which also trips these checks.
    #[must_use]
    pub const fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }
}

/// A kind of reply of the reference deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// The 401 to an MCP request without a token.
    Challenge,
    /// The 401 to an MCP request with a token that is no good.
    InvalidToken,
    /// The answer to a CORS preflight of the MCP endpoint.
    Preflight,
    /// The protected resource metadata at the path-inserted well-known URL.
    ResourceMetadata,
    /// The protected resource metadata at the root well-known URL (absent unless a fault sets it).
    RootResourceMetadata,
    /// The protected resource metadata at `/metadata/resource.json` of both origins (absent unless a fault sets it).
    CustomResourceMetadata,
    /// The protected resource metadata appended to the endpoint's path (absent unless a fault sets it).
    AppendedResourceMetadata,
    /// RFC 8414 metadata at its inserted well-known URL.
    ServerMetadata,
    /// OpenID Connect metadata, inserted and appended forms.
    OpenIdMetadata,
    /// RFC 8414 metadata appended to the issuer, which no document allows (absent unless a fault sets it).
    AppendedServerMetadata,
    /// RFC 8414 metadata at the root of the issuer's origin (absent unless a fault sets it).
    RootServerMetadata,
    /// RFC 8414 metadata at the MCP server's origin, as 2025-03-26 clients look for it.
    LegacyMetadata,
    /// The key set.
    Jwks,
    /// The answer to a CORS preflight of the token and registration endpoints.
    TokenPreflight,
    /// GET of the MCP endpoint without a token.
    GetStream,
    /// DELETE of the MCP endpoint without a token.
    Delete,
    /// An MCP notification without a token.
    Notification,
    /// The page that asks the user, or tells them that a request cannot be granted.
    AuthorizePage,
    /// The page at the authorization endpoint when there is nowhere safe to send the user back to.
    AuthorizeError,
    /// The redirect back with a code.
    AuthorizeRedirect,
    /// The redirect back with an error.
    AuthorizeErrorRedirect,
    /// The JOSE header of an access token, as a JSON body.
    AccessTokenHeader,
    /// The claims of an access token, as a JSON body.
    AccessTokenClaims,
    /// The answer of the token endpoint that carries tokens, but for refreshes.
    TokenSuccess,
    /// The answer of the token endpoint to a refresh that carries tokens.
    RefreshSuccess,
    /// The answer of the token endpoint that refuses.
    TokenError,
    /// The 201 to a registration.
    Registration,
    /// The refusal of a registration.
    RegistrationError,
    /// The answers of the client configuration endpoint (RFC 7592).
    Management,
    /// The answers of the revocation endpoint.
    Revocation,
    /// The answers of the introspection endpoint.
    Introspection,
    /// The answers of the device authorization endpoint.
    DeviceAuthorization,
    /// The answers of the endpoint for pushed authorization requests.
    PushedRequest,
    /// The 403 to a token whose scope does not suffice.
    InsufficientScope,
    /// The result of `server/discover`.
    DiscoverResult,
    /// The result of `initialize`.
    InitializeResult,
    /// The result of `tools/list`.
    ToolsList,
    /// The result of `tools/call`.
    ToolResult,
    /// The result of any other MCP request.
    OtherResult,
    /// The 202 to a notification with a good token.
    Accepted,
    /// The refusal of `server/discover` where only the stateful wire is spoken.
    LegacyDiscover,
    /// The refusal of a method that does not exist (stateless wire).
    UnknownMethod,
    /// The refusal of a protocol version that is not spoken (stateless wire).
    UnsupportedVersion,
    /// The refusal of `initialize` where only the stateless wire is spoken.
    InitializeRefused,
    /// The refusal to call a tool that does not exist (stateless wire).
    NoSuchTool,
    /// The answer to a GET of the MCP endpoint with a good token.
    AuthenticatedGet,
    /// The answer to a DELETE of the MCP endpoint with a good token.
    AuthenticatedDelete,
    /// A request at the other spelling of the endpoint, with or without a slash at its end (404 unless a fault sets it).
    OtherSpelling,
    /// Plain HTTP on the port of an HTTPS deployment. Only `Present` acts: everything is then served in clear, too.
    PlainTwin,
}

/// A change to a reply. Texts may hold `{mcp}` (the MCP URL), `{origin}` and `{host}` (its origin, its host and port),
/// `{prm}` (the path-inserted metadata URL), `{issuer}`, `{as}` (the issuer's origin), `{elsewhere}` (the same by the
/// unspecified address, which leads here but is not loopback), `{caller}` (the `Origin` of the request), `{token}` (the bearer token of the request) and `{signed}` (the resource metadata as a JWT, rightly signed).
#[derive(Clone, Copy, Debug)]
pub enum Edit {
    /// Answers with this status.
    Status(u16),
    /// Sets a header, replacing what was there.
    SetHeader(&'static str, &'static str),
    /// Adds a header line beside what is there.
    AddHeader(&'static str, &'static str),
    /// Removes a header.
    DropHeader(&'static str),
    /// Sets a member of the JSON body; the value is JSON text.
    SetJson(&'static str, &'static str),
    /// Removes a member of the JSON body.
    DropJson(&'static str),
    /// Sets a query parameter of the URL in `Location`, replacing what was there.
    SetParam(&'static str, &'static str),
    /// Removes a query parameter of the URL in `Location`.
    DropParam(&'static str),
    /// Replaces the body.
    Body(&'static str),
    /// Writes the members of the JSON body as a form.
    FormBody,
    /// Gives the JSON body as an event stream, with everything that the format of events allows.
    EventStream,
    /// Replaces the whole reply by 404 without a body.
    Missing,
    /// Gives the reply where the clean deployment has none: the document of its kind, status 200.
    Present,
}
