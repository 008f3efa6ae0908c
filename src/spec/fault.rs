//! The language of misbehaviour: what the reference deployment does wrong when told to.
//!
//! A fault is data: *at this reply, make these edits*, or *forget this duty*. It belongs to the row of the check
//! that must notice it; `serve`, `checks explain` and the matrix read it from there.

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

/// A duty of the reference deployment. Forgotten, it ...
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Duty {
    /// ... serves metadata and keys, but not in the same words each time: the challenge names another scope at every second request.
    SteadyChallenge,
    /// ... answers 403 to programs of one name, as a firewall does.
    ServeEveryAgent,
    /// ... answers a GET of the MCP endpoint without looking at the token.
    AuthenticateGet,
    /// ... opens a stream to a GET that has any token at all.
    VerifyTokenOnGet,
    /// ... accepts whatever stands after `Bearer`.
    VerifyToken,
    /// ... accepts tokens whose signature is wrong.
    VerifySignature,
    /// ... accepts `alg: none`.
    RefuseAlgNone,
    /// ... verifies HS256 with the public key as the secret.
    BindAlgorithm,
    /// ... trusts a key that the token carries in its header.
    RefuseHeaderKey,
    /// ... fetches keys from the `jku` of the token's header.
    RefuseHeaderKeyUrl,
    /// ... fetches what the `jku` of the token's header names, and does not use it.
    LeaveHeaderKeyUrlAlone,
    /// ... fails with 500 when it does not know the `kid`.
    SurviveUnknownKid,
    /// ... fails with 500 when there is an `Authorization` header without a token, or of another scheme.
    SurviveEmptyToken,
    /// ... takes the first `Authorization` header that works.
    RefuseTwoTokens,
    /// ... lets in requests with two `Authorization` headers and looks at neither.
    LookAtTwoTokens,
    /// ... lets in requests whose `Authorization` header holds no token.
    RefuseEmptyToken,
    /// ... reads the body before it looks at the token.
    AuthenticateBeforeParsing,
    /// ... refuses TLS 1.0 and 1.1.
    RefuseOldTls,
    /// ... presents a certificate for its own name, at the MCP server.
    PresentOwnName,
    /// ... presents a certificate for its own name, at the authorization server.
    PresentIssuerName,
    /// ... renews its certificates in time.
    RenewCertificate,
    /// ... offers TLS 1.3.
    OfferTls13,
    /// ... answers at its MCP endpoint itself, instead of redirecting to the same path with a slash.
    AnswerInPlace,
    /// ... asks for a token before it lists its tools.
    ProtectListing,
    /// ... has its MCP endpoint at a path that ends in a slash.
    CanonicalEndpoint,
    /// ... has the endpoints of the authorization server elsewhere than at `/authorize`, `/token` and `/register` under the issuer.
    DefaultEndpoints,
    /// ... answers whatever host it is addressed by.
    CheckHost,
    /// ... accepts tokens whose `crit` names what it does not understand.
    VerifyCritical,
    /// ... accepts tokens of every type (`typ`).
    VerifyType,
    /// ... accepts expired tokens.
    VerifyExpiry,
    /// ... accepts tokens without `exp`.
    RequireExpiry,
    /// ... accepts tokens that are not yet valid.
    VerifyNotBefore,
    /// ... accepts tokens of every issuer.
    VerifyIssuer,
    /// ... accepts tokens made for somebody else.
    VerifyAudience,
    /// ... accepts tokens made for nobody.
    RequireAudience,
    /// ... accepts audiences that merely begin with its own name.
    MatchWholeAudience,
    /// ... refuses an audience that is a list.
    AcceptAudienceList,
    /// ... refuses its own name in capital letters.
    IgnoreHostCase,

    // --- registration, RFC 7591 and RFC 7592
    /// ... registers only clients that show an initial access token.
    RegisterStrangers,
    /// ... fails with 500 when a registration is no JSON.
    SurviveGarbageRegistration,
    /// ... does not say when a client secret ends.
    TellSecretExpiry,
    /// ... gives every client the same id.
    DistinctClients,
    /// ... says it deleted a client, and keeps it.
    DeleteClient,
    /// ... refuses metadata it does not know.
    IgnoreUnknownMetadata,
    /// ... registers clients for the code grant without a redirect URI.
    RequireRedirect,
    /// ... registers redirect URIs with a fragment.
    RefuseRedirectFragment,
    /// ... registers redirect URIs with a wildcard.
    RefuseRedirectWildcard,
    /// ... registers `javascript:` and other dangerous redirect URIs.
    RefuseScriptRedirect,
    /// ... registers plain-http redirect URIs of other hosts.
    RefuseHttpRedirect,
    /// ... registers private-use schemes that are no domain names.
    RefuseDotlessScheme,
    /// ... refuses redirect URIs with a loopback address.
    AcceptLoopbackRedirect,
    /// ... refuses redirect URIs with the name `localhost`.
    AcceptLocalhostRedirect,
    /// ... refuses loopback redirect URIs unless the client says it is native.
    AcceptUntypedLoopback,
    /// ... refuses loopback redirect URIs without a port.
    AcceptPortlessLoopback,

    // --- client ID metadata documents
    /// ... says it takes client ID metadata documents, and knows none of the clients.
    TakeDocuments,
    /// ... takes a document whose `client_id` is another.
    MatchDocumentId,
    /// ... takes a document without a name or redirect URIs.
    RequireDocumentMembers,
    /// ... takes documents over plain http.
    RequireHttpsDocument,
    /// ... takes document URLs with dot segments, fragments or users, or without a path.
    CheckDocumentUrl,
    /// ... takes documents with a shared secret.
    RefuseDocumentSecret,
    /// ... fetches documents from private addresses.
    GuardDocumentFetch,
    /// ... follows redirects when it fetches documents.
    RefuseDocumentRedirect,
    /// ... reads documents of any length.
    LimitDocument,
    /// ... remembers that a document could not be had.
    RetryDocument,
    /// ... lets clients whose document names a key go without authentication.
    ObeyDocumentMethod,

    // --- authorization endpoint
    /// ... takes authorization requests by POST only.
    AuthorizeByGet,
    /// ... sends the user to a provider behind it, as one client for all, before it asks about the client.
    AskBeforeProvider,
    /// ... sends the user to whatever redirect URI stands in the request.
    MatchRedirect,
    /// ... takes redirect URIs that merely begin with a registered one.
    MatchWholeRedirect,
    /// ... insists on the registered port of loopback addresses.
    AllowLoopbackPort,
    /// ... insists on the registered port of `localhost`.
    AllowLocalhostPort,
    /// ... takes any path of a loopback redirect URI.
    MatchLoopbackPath,
    /// ... sends the user back to clients it does not know.
    RefuseUnknownClient,
    /// ... refuses requests with parameters it does not know.
    IgnoreUnknownParameters,
    /// ... takes the last of parameters that stand twice.
    RefuseRepeatedParameters,
    /// ... refuses authorization requests with a `resource`.
    AcceptResource,
    /// ... refuses its own resource when a slash is added.
    IgnoreResourceSlash,
    /// ... accepts resources it does not protect.
    RefuseForeignResource,
    /// ... accepts resources that are no absolute URIs.
    RefuseMalformedResource,
    /// ... issues codes without PKCE.
    RequirePkce,
    /// ... accepts the PKCE method `plain`.
    RefusePlainPkce,
    /// ... accepts PKCE methods it does not know.
    RefuseUnknownPkceMethod,
    /// ... takes a missing `response_type` for `code`.
    RequireResponseType,
    /// ... accepts the response type `token`.
    RefuseImplicit,
    /// ... fails with 500 at a scope it does not know.
    SurviveUnknownScope,
    /// ... fails with 500 when there is no scope.
    DefaultScope,
    /// ... refuses the scope `offline_access`, which it advertises.
    AcceptOfflineAccess,
    /// ... sends errors back at once to clients that anybody could have registered.
    AskBeforeErrorRedirect,
    /// ... takes the answer of the consent page from any browser.
    TieConsentToBrowser,
    /// ... does not show where the user is sent.
    ShowRedirectHost,
    /// ... drops the query of the registered redirect URI.
    KeepRedirectQuery,
    /// ... answers in the fragment.
    AnswerInQuery,
    /// ... issues codes that live for a day.
    LimitCodeLifetime,

    // --- token endpoint
    /// ... answers a GET of the token endpoint with 200.
    PostTokens,
    /// ... answers `invalid_request` to clients it does not know.
    NameUnknownClient,
    /// ... answers 400 without a challenge to Basic credentials that are wrong.
    ChallengeBasic,
    /// ... answers `invalid_request` to grant types it does not know.
    NameUnknownGrant,
    /// ... answers `invalid_request` to codes it does not know.
    NameBadGrant,
    /// ... answers 401 to codes it does not know.
    RefuseBadGrantWith400,
    /// ... fails with 500 at refresh tokens it does not know.
    SurviveBadRefresh,
    /// ... answers 403 to refresh tokens it does not know.
    NameBadRefresh,
    /// ... takes client secrets in the body only.
    AcceptSecretInHeader,
    /// ... issues tokens for resources that nobody was asked about.
    RefuseForeignTarget,
    /// ... leaves `aud` out when no `resource` was named.
    NameDefaultAudience,
    /// ... leaves `aud` out when tokens are refreshed.
    KeepRefreshAudience,
    /// ... answers 400 when an unknown token is to be revoked.
    PardonUnknownRevocation,
    /// ... answers 400 when it is asked about an unknown token.
    PardonUnknownIntrospection,
    /// ... refuses token requests with parameters it does not know.
    IgnoreUnknownTokenParameters,
    /// ... supports the password grant.
    RefusePasswordGrant,
    /// ... does not authenticate clients.
    AuthenticateClient,
    /// ... takes client secrets in the header only.
    AcceptSecretInBody,
    /// ... redeems a code as often as it is shown.
    RedeemOnce,
    /// ... leaves the tokens of a code alone when the code is shown again.
    RevokeOnReplay,
    /// ... redeems a code for any client.
    BindCodeToClient,
    /// ... redeems a code whatever the `redirect_uri`.
    BindCodeToRedirect,
    /// ... insists on a `redirect_uri` when a code is redeemed.
    AllowNoRedirect,
    /// ... redeems a code whatever the `code_verifier`.
    VerifyPkce,
    /// ... redeems a code without a `code_verifier`, though there was a challenge.
    RequireVerifier,
    /// ... redeems a code with a `code_verifier`, though there was no challenge.
    RefuseUnaskedVerifier,
    /// ... refuses token requests with a `resource`.
    AcceptTokenResource,
    /// ... issues access tokens that live for 30 days.
    LimitTokenLifetime,
    /// ... issues no refresh tokens.
    IssueRefresh,
    /// ... refuses every refresh token.
    HonourRefresh,
    /// ... gives the same refresh token again.
    RotateRefresh,
    /// ... accepts refresh tokens that were replaced.
    InvalidateOldRefresh,
    /// ... leaves a family alone when an old refresh token is shown.
    RevokeFamily,
    /// ... accepts refresh tokens of other clients.
    BindRefreshToClient,
    /// ... grants more scope than there was when tokens are refreshed.
    RefuseScopeEscalation,
    /// ... grants no scope when tokens are refreshed.
    KeepRefreshScope,
    /// ... refuses refresh requests with a `resource`.
    AcceptRefreshResource,
    /// ... says it revoked, and did not.
    Revoke,
    /// ... introspects for everybody.
    AuthenticateIntrospection,
    /// ... insists on `client_id` beside a client assertion.
    AllowNoClientId,
    /// ... accepts client assertions that have expired, are for others, or were used before.
    CheckAssertion,
    /// ... issues refresh tokens for client credentials.
    NoRefreshForClients,
    /// ... knows no client with a secret when it asks for client credentials.
    TakeSecretForOwnGrant,
    /// ... leaves `aud` out of tokens for client credentials.
    NameOwnAudience,
    /// ... accepts client assertions for its issuer only in the form of its token endpoint.
    AcceptIssuerAudience,
    /// ... refuses every identity assertion.
    TakeIdentity,
    /// ... accepts identity assertions without a signature.
    CheckIdentitySignature,
    /// ... issues refresh tokens for identity assertions.
    NoRefreshForIdentity,
    /// ... takes any token of the identity provider for an identity assertion.
    CheckIdentityType,
    /// ... accepts identity assertions for other servers.
    CheckIdentityAudience,
    /// ... accepts identity assertions for other clients.
    CheckIdentityClient,
    /// ... accepts identity assertions that have expired.
    CheckIdentityTimes,
    /// ... accepts identity assertions for other resources.
    CheckIdentityResource,
    /// ... grants more scope than the identity assertion does.
    CheckIdentityScope,
    /// ... accepts an identity assertion twice.
    CheckIdentityReplay,
    /// ... does not bind tokens to the key of a proof.
    BindToKey,
    /// ... accepts any proof of possession.
    VerifyProof,
    /// ... accepts proofs of the last ten seconds only.
    AllowProofWindow,

    // --- MCP server
    /// ... accepts revoked tokens.
    RefuseRevoked,
    /// ... accepts tokens in the query.
    IgnoreQueryToken,
    /// ... takes `Bearer` in one spelling only.
    IgnoreSchemeCase,
    /// ... refuses every token.
    AcceptOwnTokens,
    /// ... calls tools whatever the scope of the token.
    EnforceScope,
    /// ... does not know that one scope implies others.
    HonourScopeHierarchy,
    /// ... asks for one scope after the other.
    NameAllScopes,
    /// ... demands more scope than its challenge names, whatever is asked.
    NameEnoughScope,
    /// ... takes a session id for a token.
    AuthenticateEveryRequest,

    // --- the wires of MCP
    /// ... stands behind a proxy that drops the headers of the stateless wire.
    SeeHeaders,
    /// ... fails at a `Last-Event-ID` on the stateless wire.
    IgnoreLastEvent,
    /// ... complains about the headers of a request before it asks for a token.
    AuthenticateBeforeHeaders,
    /// ... makes a text of an `id` that is a number.
    EchoId,
    /// ... serves requests from web pages of any origin.
    CheckOrigin,
    /// ... refuses requests without an `Origin`.
    AllowNoOrigin,
    /// ... refuses requests that do not accept both JSON and event streams.
    AcceptAnyAccept,
    /// ... lists its tools in another order each time.
    SteadyOrder,
    /// ... serves protocol versions it does not know.
    RefuseUnknownVersion,
    /// ... does not compare the version in the header with the one in the body.
    CompareVersionHeader,
    /// ... does not miss the header `MCP-Protocol-Version`.
    RequireVersionHeader,
    /// ... does not look at `Mcp-Method`.
    CheckMethodHeader,
    /// ... does not look at `Mcp-Name`.
    CheckNameHeader,
    /// ... does not look at `Mcp-Param-…`.
    CheckParamHeader,
    /// ... does not understand an encoded `Mcp-Name`.
    DecodeNameHeader,
    /// ... does not miss what `_meta` must hold.
    RequireMeta,
    /// ... insists on the name of the client.
    AllowNoClientInfo,
    /// ... agrees to every version that `initialize` asks for.
    NegotiateVersion,
    /// ... does not look at `MCP-Protocol-Version` in a session.
    CheckLegacyVersion,
    /// ... insists on `MCP-Protocol-Version` in a session.
    AssumeVersion,
    /// ... refuses batches, which 2025-03-26 has.
    TakeBatches,
    /// ... counts its sessions.
    UnguessableSession,
    /// ... fails with 500 when there is no session id.
    SurviveNoSession,
    /// ... fails with 500 when it does not know a session.
    SurviveUnknownSession,
    /// ... says it ended a session, and did not.
    EndSession,
    /// ... serves a session to another user than its own.
    BindSession,

    // --- what clients must refuse or survive (`serve --trap`)
    /// ... has no OpenID Connect metadata at the inserted URL.
    InsertOpenId,
    /// ... registers clients for another way to authenticate than they ask for.
    RegisterAskedMethod,
    /// ... registers every client for `client_secret_basic`, with signs in the secret that must be encoded.
    OfferMoreThanBasic,
    /// ... registers every client for `client_secret_post`.
    OfferMoreThanPost,
    /// ... registers every client as a public one.
    OfferMoreThanNone,
    /// ... forgets a registered client when it first refreshes.
    KeepClients,
    /// ... refuses every authorization request.
    GrantRequests,
    /// ... lets the first two access tokens expire after one use each.
    KeepTokensAlive,
    /// ... redirects requests with a token to the origin of the authorization server.
    StayAtOrigin,
    /// ... moves to another issuer after the first request with a token.
    KeepAuthority,
    /// ... wants `search:write` for every tool.
    LetReadersCall,
    /// ... wants more scope for every tool, whatever there is.
    BeSatisfied,
    /// ... refuses the stateless wire, and names the versions of the stateful one.
    SpeakStateless,
    /// ... forgets a session at its first request, once.
    KeepSessions,
    /// ... breaks the stream of the first tool call off.
    FinishStreams,
}
