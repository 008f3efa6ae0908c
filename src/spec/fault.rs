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
    /// The protected resource metadata at `/metadata/resource.json` (absent unless a fault sets it).
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
    /// Plain HTTP on the port of an HTTPS deployment. Only `Present` acts: everything is then served in clear, too.
    PlainTwin,
}

/// A change to a reply. Texts may hold `{mcp}` (the MCP URL), `{origin}` and `{host}` (its origin, its host and port),
/// `{prm}` (the path-inserted metadata URL), `{issuer}`, `{as}` (the issuer's origin), `{caller}` (the `Origin` of the
/// request) and `{token}` (the bearer token of the request).
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
    /// Replaces the body.
    Body(&'static str),
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
    /// ... fails with 500 when it does not know the `kid`.
    SurviveUnknownKid,
    /// ... fails with 500 when there is an `Authorization` header without a token, or of another scheme.
    SurviveEmptyToken,
    /// ... takes the first `Authorization` header that works.
    RefuseTwoTokens,
    /// ... reads the body before it looks at the token.
    AuthenticateBeforeParsing,
    /// ... refuses TLS 1.0 and 1.1.
    RefuseOldTls,
    /// ... presents a certificate for its own name.
    PresentOwnName,
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
}
