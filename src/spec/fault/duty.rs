//! What the reference deployment must do, by name, so that each can be forgotten. The documents stand at the place in
//! `serve` where a duty is kept.

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
    /// ... registers redirect URIs with a wildcard, which stands for any text.
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
    /// ... keeps the documents of clients, whatever they say.
    RevalidateDocument,

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
    /// ... insists on a `client_id` beside the token of a platform.
    TakeWorkloadAlone,
    /// ... accepts tokens of any platform.
    CheckWorkloadIssuer,
    /// ... accepts tokens of a platform for other servers.
    CheckWorkloadAudience,
    /// ... accepts tokens of a platform that have expired.
    CheckWorkloadTimes,
    /// ... accepts tokens of a platform for any workload.
    CheckWorkloadSubject,
    /// ... asks for a nonce in proofs.
    TakeProofsWithoutNonce,
    /// ... does not look at the nonce that it asks for.
    CompareNonce,
    /// ... does not bind tokens to the key of a proof.
    BindToKey,
    /// ... accepts any proof of possession.
    VerifyProof,
    /// ... accepts proofs of the last ten seconds only.
    AllowProofWindow,

    // --- MCP server
    /// ... answers 403 to expired tokens.
    AnswerExpiredWith401,
    /// ... answers 403 to expired tokens that lack scope.
    LookAtExpiryFirst,
    /// ... names another scope in each 403.
    SteadyScope,
    /// ... accepts ID tokens of its authorization server.
    RefuseIdTokens,
    /// ... listens at every address of the machine.
    ListenWhereTold,
    /// ... accepts tokens for the API behind it.
    RefuseUpstreamTokens,
    /// ... asks the users of clients that did not say that they can be asked.
    AskOnlyWhoCanAnswer,
    /// ... takes any text for the state of a call.
    VerifyRequestState,
    /// ... takes the state of one user's call from another.
    BindRequestState,
    /// ... accepts refresh tokens as access tokens.
    RefuseRefreshTokens,
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
    /// ... speaks HTTP with SSE of 2024-11-05 only.
    SpeakStreamable,
    /// ... asks the client something before it answers, in the same stream.
    AnswerOnly,
    /// ... leaves the stream of an answer open.
    CloseStreams,
    /// ... lists only the tools that a token may call.
    ListForEverybody,
    /// ... serves a token on the stateless wire only after it came with `server/discover`.
    ServeAtOnce,
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
