//! The steps a client can take: the labels on evidence, and how far a run must go to take each.

mod nature;

use serde::{Deserialize, Serialize};

use super::reach::Reach;

/// A step of the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// `server/discover` without a token.
    McpDiscover,
    /// `tools/list` without a token, stateless wire.
    McpList,
    /// `initialize` without a token, stateful wire.
    McpInitialize,
    /// `tools/list` without a token in a session.
    McpSessionList,
    /// `tools/call` of a tool the user named, without a token.
    McpCall,
    /// `notifications/initialized`, which completes the handshake.
    McpReady,
    /// Ends a session that `initialize` minted.
    McpEnd,
    /// The first request again, to see whether the challenge stays the same.
    ChallengeRepeat,
    /// The first request again, as a browser client makes it (with `Origin`).
    McpFromBrowser,
    /// The first request again, under the `User-Agent` that `about` names.
    McpUserAgent,
    /// GET of the endpoint, asking for a stream, without a token.
    McpGetStream,
    /// DELETE of the endpoint with a random session id, without a token.
    McpDelete,
    /// A notification without a token.
    McpNotification,
    /// A body that is not JSON, without a token.
    McpMalformed,
    /// The MCP request with a credential that is no good; `about` names the trial.
    BadToken,
    /// Not a request of ours: the server under test fetched from our listener; `about` names the trial.
    CanaryFetched,
    /// The first request again, at another address of this machine.
    McpElsewhere,
    /// CORS preflight of the MCP endpoint.
    McpPreflight,
    /// Protected resource metadata at the URL the challenge names.
    ChallengeMetadata,
    /// The first request again at the other spelling of the endpoint, with or without a slash at its end.
    McpTwin,
    /// Protected resource metadata, path inserted (RFC 9728 §3.1).
    PathMetadata,
    /// Protected resource metadata at the root.
    RootMetadata,
    /// Protected resource metadata appended to the endpoint: nobody should, some do.
    AppendedMetadata,
    /// RFC 8414 metadata, path inserted; `about` is the issuer, as for the next four.
    OauthMetadata,
    /// OpenID Connect metadata, path inserted.
    OidcInserted,
    /// OpenID Connect metadata, appended.
    OidcAppended,
    /// RFC 8414 metadata appended to the issuer: nobody should, some do.
    OauthAppended,
    /// RFC 8414 metadata at the root of the issuer's origin, though the issuer has a path.
    OauthRoot,
    /// RFC 8414 metadata at the MCP server's origin (2025-03-26).
    LegacyMetadata,
    /// The authorization server's keys.
    Jwks,
    /// Keys named by the protected resource.
    ResourceJwks,
    /// Resource metadata, asked for as a browser client does (with `Origin`).
    CorsResourceMetadata,
    /// Authorization server metadata, asked for as a browser client does.
    CorsServerMetadata,
    /// CORS preflight of the token endpoint.
    TokenPreflight,
    /// CORS preflight of the registration endpoint.
    RegistrationPreflight,
    /// GET of the default `/authorize` (2025-03-26, no metadata).
    LegacyAuthorize,
    /// An empty POST to the default `/token`.
    LegacyToken,
    /// OPTIONS of the default `/register`.
    LegacyRegister,
    /// The same URL over plain http; `about` says whose.
    PlainTwin,
    /// A TLS hello that offers at most version 1.1; `about` is the origin.
    OldTlsHello,
    /// Our own client ID metadata document.
    ClientDocument,
    /// Dynamic client registration (RFC 7591); `about` is the issuer, as for all that follow up to `Introspect`.
    ClientRegister,
    /// Deletes the registration (RFC 7592).
    ClientForget,
    /// Pushes the authorization request (RFC 9126).
    AuthorizationPush,
    /// GET of the authorization endpoint without a browser, and the redirects after it.
    Authorize,
    /// Not a request of ours: the redirect that came back from the browser.
    AuthorizeReturn,
    /// Begins a device login (RFC 8628).
    DeviceBegin,
    /// Asks whether the device login is done.
    TokenDevice,
    /// Exchanges the code.
    TokenCode,
    /// Uses a refresh token.
    TokenRefresh,
    /// Client credentials.
    TokenClient,
    /// Token exchange at the identity provider of the enterprise (RFC 8693).
    TokenExchange,
    /// An assertion as grant (RFC 7523 §2.1).
    TokenAssertion,
    /// Revokes a token (RFC 7009).
    TokenRevoke,
    /// Introspects a token (RFC 7662).
    TokenIntrospect,
    /// `server/discover` with a token.
    SessionDiscover,
    /// `initialize` with a token.
    SessionInitialize,
    /// `notifications/initialized` with a token.
    SessionReady,
    /// `tools/list` with a token.
    SessionList,
    /// `tools/call` with a token.
    SessionCall,
    /// The answer to a request of the server, or a refusal to answer.
    SessionReply,
    /// Resumes a stream that broke off before the answer.
    SessionResume,
    /// The stream that the server may send its own requests on.
    SessionStream,
    /// Ends a session with a token.
    SessionEnd,
    /// A registration to see what comes (RFC 7591); `about` is the trial, as for all that follow.
    RegisterTrial,
    /// An authorization request in the name of a client ID metadata document of ours.
    DocumentTrial,
    /// Not a request of ours: the authorization server fetched one of our documents.
    DocumentFetched,
    /// A code of a client with a metadata document, redeemed to see what comes.
    DocumentGrant,
    /// An authorization request to see what comes; a code that comes is never redeemed.
    AuthorizeTrial,
    /// A bad request at another endpoint of the authorization server.
    ServerTrial,
    /// The authorization request whose code a later trial redeems.
    CodeTrial,
    /// Not a request of ours: the redirect that came back from the browser, for a trial.
    CodeReturn,
    /// A code redeemed to see what comes.
    TokenTrial,
    /// A code redeemed long after it was issued.
    SlowTrial,
    /// A refresh token used to see what comes.
    RefreshTrial,
    /// A revocation to see what comes, and the use of the token after it.
    RevokeTrial,
    /// An introspection to see what comes.
    IntrospectTrial,
    /// The management of a client that we registered (RFC 7592).
    ManageTrial,
    /// An MCP request with a token of ours, to see what comes.
    ResourceTrial,
    /// An MCP request with a token that we signed with the key given.
    LabTrial,
    /// An MCP request with a token that was made for somebody else.
    ForeignTrial,
    /// An MCP request with a token that has expired.
    ExpiredTrial,
    /// An MCP request with a token of a second account.
    SecondTrial,
    /// An MCP request with a token for the API behind the server.
    UpstreamTrial,
    /// A call of the tool that the user named.
    ToolTrial,
    /// A call of that tool with a scope that implies the one it needs.
    ImpliedTrial,
    /// A call of the tool that needs more scope than the login has.
    ScopeTrial,
    /// Any request that the server had no time for (503, 429), or whose answer was lost with a kept connection, and that was
    /// made again.
    Busy,
    /// An MCP request on either wire, to see what comes.
    WireTrial,
    /// A request of an authorization extension, to see what comes.
    ExtensionTrial,
    /// An identity assertion redeemed to see what comes.
    IdentityTrial,
    /// Not a request of ours: a client that we grade asked for something else.
    Stray,
}

impl Step {
    /// How far a run must go to take this step.
    #[must_use]
    pub const fn reach(self) -> Reach {
        match self {
            Self::McpDiscover
            | Self::McpList
            | Self::McpInitialize
            | Self::McpSessionList
            | Self::McpEnd
            | Self::McpReady
            | Self::ChallengeRepeat
            | Self::McpFromBrowser
            | Self::McpGetStream
            | Self::McpDelete
            | Self::McpNotification
            | Self::McpMalformed
            | Self::McpTwin
            | Self::BadToken
            | Self::CanaryFetched
            | Self::McpElsewhere
            | Self::LegacyAuthorize
            | Self::LegacyToken
            | Self::LegacyRegister => Reach::Default,
            Self::McpCall => Reach::ChallengeTool,
            Self::McpUserAgent => Reach::UserAgents,
            Self::RegisterTrial
            | Self::CodeTrial
            | Self::DocumentGrant
            | Self::CodeReturn
            | Self::TokenTrial
            | Self::RefreshTrial
            | Self::RevokeTrial
            | Self::IntrospectTrial
            | Self::ManageTrial
            | Self::ExtensionTrial
            | Self::ResourceTrial => Reach::Intrusive,
            Self::DocumentTrial
            | Self::DocumentFetched
            | Self::AuthorizeTrial
            | Self::ServerTrial
            | Self::WireTrial => Reach::Active,
            Self::LabTrial => Reach::Lab,
            Self::IdentityTrial => Reach::Identity,
            Self::ForeignTrial => Reach::ForeignToken,
            Self::ExpiredTrial => Reach::ExpiredToken,
            Self::SecondTrial => Reach::SecondAccount,
            Self::UpstreamTrial => Reach::UpstreamToken,
            Self::SlowTrial => Reach::Slow,
            Self::ToolTrial => Reach::Tool,
            Self::ImpliedTrial => Reach::Implies,
            Self::ScopeTrial => Reach::StepUpTool,
            Self::ClientDocument
            | Self::ClientRegister
            | Self::ClientForget
            | Self::AuthorizationPush
            | Self::Authorize
            | Self::AuthorizeReturn
            | Self::DeviceBegin
            | Self::TokenDevice
            | Self::TokenCode
            | Self::TokenRefresh
            | Self::TokenClient
            | Self::TokenExchange
            | Self::TokenAssertion
            | Self::TokenRevoke
            | Self::TokenIntrospect
            | Self::SessionDiscover
            | Self::SessionInitialize
            | Self::SessionReady
            | Self::SessionList
            | Self::SessionCall
            | Self::SessionReply
            | Self::SessionResume
            | Self::SessionStream
            | Self::SessionEnd
            | Self::Stray => Reach::Login,
            _ => Reach::Passive,
        }
    }

    /// What the step is, for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::McpDiscover => "server/discover, no token",
            Self::McpList => "tools/list, no token",
            Self::McpInitialize => "initialize, no token",
            Self::McpSessionList => "tools/list in a session, no token",
            Self::McpCall => "tools/call, no token",
            Self::McpReady => "notifications/initialized, no token",
            Self::McpEnd => "end of the session",
            Self::ChallengeRepeat => "the same request again",
            Self::McpFromBrowser => "the same request from a browser",
            Self::McpUserAgent => "the same request of another program",
            Self::McpGetStream => "GET of the endpoint, no token",
            Self::McpDelete => "DELETE of the endpoint, no token",
            Self::McpNotification => "notification, no token",
            Self::McpMalformed => "malformed body, no token",
            Self::McpTwin => "the other spelling of the endpoint",
            Self::BadToken => "bad token",
            Self::CanaryFetched => "the server came to our listener",
            Self::McpElsewhere => "the same request at another address",
            Self::McpPreflight => "CORS preflight of the endpoint",
            Self::ChallengeMetadata => "resource metadata named by the challenge",
            Self::PathMetadata => "resource metadata, path inserted",
            Self::RootMetadata => "resource metadata, root",
            Self::AppendedMetadata => "resource metadata, appended (not standard)",
            Self::OauthMetadata => "authorization server metadata (RFC 8414)",
            Self::OidcInserted => "OpenID metadata, path inserted",
            Self::OidcAppended => "OpenID metadata, appended",
            Self::OauthAppended => "RFC 8414 metadata, appended (not standard)",
            Self::OauthRoot => "RFC 8414 metadata at the issuer's origin",
            Self::LegacyMetadata => "authorization server metadata at the MCP origin",
            Self::Jwks => "key set",
            Self::ResourceJwks => "key set of the resource",
            Self::CorsResourceMetadata => "resource metadata, as a browser asks",
            Self::CorsServerMetadata => "authorization server metadata, as a browser asks",
            Self::TokenPreflight => "CORS preflight of the token endpoint",
            Self::RegistrationPreflight => "CORS preflight of the registration endpoint",
            Self::LegacyAuthorize => "default /authorize",
            Self::LegacyToken => "default /token",
            Self::LegacyRegister => "default /register",
            Self::PlainTwin => "the same URL over plain http",
            Self::OldTlsHello => "TLS hello, version 1.1 at most",
            Self::ClientDocument => "our client metadata document",
            Self::ClientRegister => "client registration",
            Self::ClientForget => "deletion of the client registration",
            Self::AuthorizationPush => "pushed authorization request",
            Self::Authorize => "authorization request",
            Self::AuthorizeReturn => "redirect back",
            Self::DeviceBegin => "device authorization request",
            Self::TokenDevice => "token request, device code",
            Self::TokenCode => "token request, code",
            Self::TokenRefresh => "token request, refresh",
            Self::TokenClient => "token request, client credentials",
            Self::TokenExchange => "token exchange at the identity provider",
            Self::TokenAssertion => "token request, assertion",
            Self::TokenRevoke => "token revocation",
            Self::TokenIntrospect => "token introspection",
            Self::SessionDiscover => "server/discover",
            Self::SessionInitialize => "initialize",
            Self::SessionReady => "notifications/initialized",
            Self::SessionList => "tools/list",
            Self::SessionCall => "tools/call",
            Self::SessionReply => "answer to a request of the server",
            Self::SessionResume => "resumption of a stream",
            Self::SessionStream => "the server's own stream",
            Self::SessionEnd => "end of the session",
            Self::RegisterTrial => "registration on trial",
            Self::DocumentTrial => "client document on trial",
            Self::DocumentGrant => "token request of a document client, on trial",
            Self::DocumentFetched => "the authorization server came for our document",
            Self::AuthorizeTrial => "authorization request on trial",
            Self::ServerTrial => "bad request at the authorization server",
            Self::CodeTrial => "authorization for a trial",
            Self::CodeReturn => "redirect back, for a trial",
            Self::TokenTrial => "token request on trial",
            Self::SlowTrial => "token request for an old code",
            Self::RefreshTrial => "refresh on trial",
            Self::RevokeTrial => "revocation on trial",
            Self::IntrospectTrial => "introspection on trial",
            Self::ManageTrial => "client management on trial",
            Self::ResourceTrial => "token on trial",
            Self::LabTrial => "minted token on trial",
            Self::ForeignTrial => "foreign token on trial",
            Self::ExpiredTrial => "expired token on trial",
            Self::SecondTrial => "token of a second account",
            Self::UpstreamTrial => "token of the API behind on trial",
            Self::ToolTrial => "call of the tool named",
            Self::ImpliedTrial => "call of the tool named, with a scope that implies another",
            Self::ScopeTrial => "call of the tool that needs more scope",
            Self::Busy => "no time, or no answer, so the server is asked again",
            Self::WireTrial => "MCP request on trial",
            Self::ExtensionTrial => "extension on trial",
            Self::IdentityTrial => "identity assertion on trial",
            Self::Stray => "a request for something else",
        }
    }
}
