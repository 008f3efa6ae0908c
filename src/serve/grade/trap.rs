//! Traps: what the deployment does that a correct client must refuse or survive. Most are faults of the catalogue, named
//! here; the others are data of the same kind (`spec::fault`).

mod kind;

pub use self::kind::Trap;
use crate::serve::layout::Layout;
use crate::spec::fault::{Deed, Duty, Edit, Reply};
use crate::spec::posture::Posture;

/// The text that a client must not repeat: it comes from an issuer that is not the one it asked.
pub const CANARY: &str = "mcp-auth-canary-do-not-show-this";
/// Whose answer that is.
const STRANGER: &str = "https://stranger.example";

/// The trap of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Trap> {
    TRAPS.iter().find(|trap| trap.name == name)
}

/// The path of an endpoint of the other issuer, to which the deployment moves in `as-migration`.
pub(crate) fn other_issuer(layout: &Layout, name: &str) -> String {
    layout.endpoint_path(name).replacen(layout.issuer_path, OTHER_ISSUER, 1)
}

/// The path of that issuer.
pub(crate) const OTHER_ISSUER: &str = "/tenant2";

/// The same edits in both metadata documents of the authorization server.
macro_rules! in_both {
    ($($edit:expr),+ $(,)?) => {
        &[Deed::At(Reply::ServerMetadata, &[$($edit),+]), Deed::At(Reply::OpenIdMetadata, &[$($edit),+])]
    };
    ($($edit:expr),+ ; $($deed:expr),+ $(,)?) => {
        &[Deed::At(Reply::ServerMetadata, &[$($edit),+]), Deed::At(Reply::OpenIdMetadata, &[$($edit),+]), $($deed),+]
    };
}

const METHODS: &str = "/token_endpoint_auth_methods_supported";

/// Every trap, in the order in which a client comes to it.
pub static TRAPS: &[Trap] = &[
    // --- discovery
    Trap::new(
        "multi-challenge",
        "offers several schemes in its challenge, with quoted commas, a token68 and odd spellings, and the metadata at a path that only the right one names",
        &["resource-metadata-custom-path"],
        &[Deed::At(
            Reply::Challenge,
            &[
                Edit::SetHeader(
                    "www-authenticate",
                    "Basic realm=\"say \\\"Bearer scope=x\\\", please\", charset=\"UTF-8\"",
                ),
                Edit::AddHeader(
                    "www-authenticate",
                    "Negotiate YWJjZGVmZw==, bEaReR realm=\"a, b\", RESOURCE_METADATA=\"{origin}/metadata/resource.json\", Scope=\"search:read\"",
                ),
            ],
        )],
    ),
    Trap::new(
        "resource-metadata-custom-path",
        "names its metadata at a path of its own in the challenge",
        &["resource-metadata-custom-path"],
        &[],
    ),
    Trap::new(
        "prm-only-root",
        "does not name its metadata in the challenge, and has it at the root only",
        &["no-resource-metadata-param"],
        &[
            Deed::At(Reply::ResourceMetadata, &[Edit::Missing]),
            Deed::At(Reply::RootResourceMetadata, &[Edit::Present]),
            Deed::At(
                Reply::InsufficientScope,
                &[Edit::SetHeader("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"search:write\"")],
            ),
        ],
    ),
    Trap::new(
        "prm-resource-mismatch",
        "says in its metadata that it is another resource",
        &["prm-resource-mismatch"],
        &[],
    ),
    Trap::new(
        "asm-only-third",
        "has authorization server metadata at the third place only: OpenID Connect, appended",
        &[],
        &[Deed::At(Reply::ServerMetadata, &[Edit::Missing]), Deed::Forget(Duty::InsertOpenId)],
    ),
    Trap::new("asm-oidc-only", "has OpenID Connect metadata only", &[], &[]).under(Posture::OidcOnly),
    Trap::new("asm-issuer-mismatch", "names another issuer in its metadata", &["asm-issuer-mismatch"], &[]),
    Trap::new(
        "asm-first-variant-403",
        "answers 403 at the first place of authorization server metadata",
        &[],
        &[Deed::At(Reply::ServerMetadata, &[Edit::Status(403), Edit::Body("Forbidden")])],
    ),
    Trap::new("asm-no-pkce", "does not say that it supports PKCE", &["asm-no-pkce"], &[]),
    Trap::new("v1-only", "has the layout of 2025-03-26, without any metadata", &[], &[]).under(Posture::NoMetadata),
    // --- the authorization request
    Trap::new(
        "no-challenge-scope",
        "names no scope in its challenge, and two in its metadata",
        &["no-challenge-scope"],
        &[Deed::At(
            Reply::ResourceMetadata,
            &[Edit::SetJson("/scopes_supported", "[\"search:read\", \"search:write\"]")],
        )],
    ),
    Trap::new(
        "prm-no-scopes",
        "names no scope in its challenge and none in its metadata",
        &["no-challenge-scope", "prm-no-scopes"],
        &[],
    ),
    Trap::new("asm-no-offline-access", "does not offer the scope `offline_access`", &["asm-no-offline-access"], &[]),
    Trap::new(
        "asm-shell-endpoint",
        "puts words for a shell into the authorization endpoint",
        &[],
        in_both![Edit::SetJson(
            "/authorization_endpoint",
            "\"{issuer}/authorize?x=$(curl${IFS}-s${IFS}{as}/canary/shell)`wget${IFS}{as}/canary/shell`\""
        )],
    ),
    Trap::new(
        "asm-javascript-endpoint",
        "names a `javascript:` URL as its authorization endpoint",
        &[],
        in_both![Edit::SetJson("/authorization_endpoint", "\"javascript:fetch('{as}/canary/script')\"")],
    ),
    Trap::new(
        "asm-http-endpoint",
        "has its token endpoint at an address that is not this machine's loopback, over plain http",
        &[],
        in_both![Edit::SetJson("/token_endpoint", "\"{elsewhere}/tenant1/token\"")],
    ),
    Trap::new(
        "prm-redirect-metadata-ip",
        "redirects from its metadata to an address that is not public",
        &[],
        &[Deed::At(
            Reply::ResourceMetadata,
            &[Edit::Status(302), Edit::SetHeader("location", "{elsewhere}/latest/meta-data/")],
        )],
    ),
    // --- registration
    Trap::new("cimd-only", "takes client ID metadata documents only", &[], &[]).under(Posture::CimdOnly),
    Trap::new(
        "dcr-rejects-loopback",
        "registers no redirect URI with a loopback address",
        &[],
        &[Deed::Forget(Duty::AcceptLoopbackRedirect)],
    )
    .under(Posture::DcrOnly),
    Trap::new(
        "dcr-ignores-auth-method",
        "registers clients for another way to authenticate than they ask for",
        &[],
        &[Deed::Forget(Duty::RegisterAskedMethod)],
    )
    .under(Posture::DcrOnly),
    Trap::new(
        "token-auth-basic",
        "takes client secrets in the header only, and has signs in them that must be encoded",
        &[],
        in_both![Edit::SetJson(METHODS, "[\"client_secret_basic\"]"); Deed::Forget(Duty::OfferMoreThanBasic)],
    )
    .under(Posture::DcrOnly),
    Trap::new(
        "token-auth-post",
        "takes client secrets in the body only",
        &[],
        in_both![Edit::SetJson(METHODS, "[\"client_secret_post\"]"); Deed::Forget(Duty::OfferMoreThanPost)],
    )
    .under(Posture::DcrOnly),
    Trap::new(
        "token-auth-none",
        "registers public clients only",
        &[],
        in_both![Edit::SetJson(METHODS, "[\"none\"]"); Deed::Forget(Duty::OfferMoreThanNone)],
    )
    .under(Posture::DcrOnly),
    Trap::new(
        "dcr-purge",
        "lets the first access token expire after one use, and forgets the client that then wants to refresh it",
        &[],
        &[Deed::Forget(Duty::KeepClients), Deed::Forget(Duty::KeepTokensAlive)],
    )
    .under(Posture::DcrOnly),
    // --- the answer
    Trap::new(
        "state-altered",
        "sends back another `state`",
        &[],
        &[Deed::At(Reply::AuthorizeRedirect, &[Edit::SetParam("state", "not-the-state-that-was-sent")])],
    ),
    Trap::new(
        "iss-wrong",
        "sends back another issuer in `iss`",
        &[],
        &[Deed::At(Reply::AuthorizeRedirect, &[Edit::SetParam("iss", STRANGER)])],
    ),
    Trap::new(
        "iss-advertised-not-sent",
        "says that it sends `iss`, and does not",
        &[],
        &[Deed::At(Reply::AuthorizeRedirect, &[Edit::DropParam("iss")])],
    ),
    Trap::new(
        "iss-wrong-unadvertised",
        "does not say that it sends `iss`, and sends another issuer",
        &["asm-no-iss-support"],
        &[Deed::At(Reply::AuthorizeRedirect, &[Edit::SetParam("iss", STRANGER)])],
    ),
    Trap::new(
        "no-iss",
        "neither says that it sends `iss` nor sends it",
        &["asm-no-iss-support"],
        &[Deed::At(Reply::AuthorizeRedirect, &[Edit::DropParam("iss")])],
    ),
    Trap::new(
        "iss-normalisable",
        "sends its issuer in `iss` with a slash at the end",
        &[],
        &[Deed::At(Reply::AuthorizeRedirect, &[Edit::SetParam("iss", "{issuer}/")])],
    ),
    Trap::new(
        "iss-wrong-on-error",
        "refuses every request, with another issuer in `iss`",
        &[],
        &[
            Deed::Forget(Duty::GrantRequests),
            Deed::At(
                Reply::AuthorizeErrorRedirect,
                &[
                    Edit::SetParam("iss", STRANGER),
                    Edit::SetParam("error", "invalid_scope"),
                    Edit::SetParam("error_description", CANARY),
                    Edit::SetParam("error_uri", "{as}/canary/error"),
                ],
            ),
        ],
    ),
    // --- tokens
    Trap::new(
        "token-slow-500",
        "redeems the code and answers 500",
        &[],
        &[Deed::At(Reply::TokenSuccess, &[Edit::Status(500), Edit::Body("try again")])],
    ),
    Trap::new(
        "token-expires",
        "lets the first two access tokens expire after one use each",
        &[],
        &[Deed::Forget(Duty::KeepTokensAlive)],
    ),
    Trap::new(
        "refresh-never-issued",
        "issues no refresh tokens, and lets the first two access tokens expire after one use each",
        &[],
        &[Deed::Forget(Duty::KeepTokensAlive), Deed::Forget(Duty::IssueRefresh)],
    ),
    Trap::new("rs-rejects-own-tokens", "refuses every token", &[], &[Deed::Forget(Duty::AcceptOwnTokens)]),
    Trap::new(
        "mcp-redirect-foreign",
        "redirects requests that carry a token to another origin",
        &[],
        &[Deed::Forget(Duty::StayAtOrigin)],
    ),
    Trap::new(
        "as-migration",
        "moves to another authorization server after the first request with a token",
        &[],
        &[Deed::Forget(Duty::KeepAuthority)],
    ),
    Trap::new("step-up", "wants `search:write` for every tool", &[], &[Deed::Forget(Duty::LetReadersCall)]),
    Trap::new(
        "insatiable-scope",
        "wants more scope for every tool, whatever there is",
        &[],
        &[Deed::Forget(Duty::BeSatisfied)],
    ),
    // --- the wires
    Trap::new(
        "tool-x-mcp-header",
        "wants arguments of a tool in headers, and lists a tool whose annotation is invalid",
        &[],
        &[Deed::At(
            Reply::ToolsList,
            &[
                Edit::SetJson("/result/tools/0/inputSchema/properties/query/x-mcp-header", "\"Query\""),
                Edit::SetJson(
                    "/result/tools/-",
                    "{\"name\": \"misannotated\", \"inputSchema\": {\"type\": \"object\", \"properties\": {\"query\": {\"type\": \"string\", \"x-mcp-header\": \"not a name\"}}}}",
                ),
            ],
        )],
    ),
    Trap::new(
        "supports-v3-only-data",
        "refuses the stateless wire with -32022 and the versions of the stateful one",
        &[],
        &[Deed::Forget(Duty::SpeakStateless)],
    ),
    Trap::new("legacy-only", "speaks the stateful wire only, and answers 400 to anything else", &[], &[])
        .under(Posture::LegacyWire),
    Trap::new(
        "legacy-only-404",
        "speaks the stateful wire only, and answers 404 with a page to anything else",
        &[],
        &[Deed::At(
            Reply::LegacyDiscover,
            &[
                Edit::Status(404),
                Edit::SetHeader("content-type", "text/html"),
                Edit::Body("<!doctype html><title>Not found</title>"),
            ],
        )],
    )
    .under(Posture::LegacyWire),
    Trap::new(
        "legacy-only-method",
        "speaks the stateful wire only, and knows no method outside a session",
        &[],
        &[Deed::At(Reply::LegacyDiscover, &[Edit::Status(200), Edit::SetJson("/error/code", "-32601")])],
    )
    .under(Posture::LegacyWire),
    Trap::new(
        "legacy-discover-401",
        "speaks the stateful wire only, and answers 401 to what it does not know, whatever the token",
        &[],
        &[Deed::At(
            Reply::LegacyDiscover,
            &[
                Edit::Status(401),
                Edit::SetHeader("www-authenticate", "Bearer error=\"invalid_token\", resource_metadata=\"{prm}\""),
            ],
        )],
    )
    .under(Posture::LegacyWire),
    Trap::new(
        "session-expire",
        "forgets a session at its first request, once",
        &[],
        &[Deed::Forget(Duty::KeepSessions)],
    )
    .under(Posture::LegacyWire),
    Trap::new(
        "always-sse",
        "answers in event streams, with comments, CRLF, a byte order mark, data over several lines, in small pieces",
        &[],
        &[
            Deed::At(Reply::DiscoverResult, &[Edit::EventStream]),
            Deed::At(Reply::InitializeResult, &[Edit::EventStream]),
            Deed::At(Reply::ToolsList, &[Edit::EventStream]),
            Deed::At(Reply::ToolResult, &[Edit::EventStream]),
            Deed::At(Reply::OtherResult, &[Edit::EventStream]),
        ],
    ),
    Trap::new(
        "result-type-unknown",
        "gives results of a type that nobody knows",
        &[],
        &[
            Deed::At(Reply::ToolsList, &[Edit::SetJson("/result/resultType", "\"mystery\"")]),
            Deed::At(Reply::ToolResult, &[Edit::SetJson("/result/resultType", "\"mystery\"")]),
        ],
    ),
    Trap::new("sse-broken", "breaks the stream of the first tool call off", &[], &[Deed::Forget(Duty::FinishStreams)]),
];
