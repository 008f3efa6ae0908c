//! What a deployment may do that clients take differently: each case is one question to the evidence.

use serde_json::Value;

use crate::evidence::{Document, Evidence, Mode, Pointer};
use crate::formats::uri::{self, Likeness};
use crate::spec::step::Step;

/// What a check found.
#[derive(Clone, Debug)]
pub struct Said {
    /// Whether it failed; otherwise it warned.
    pub failed: bool,
    /// Where.
    pub at: Option<Pointer>,
}

/// Something that clients take differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// The first request is refused with 403 instead of 401.
    Forbidden,
    /// The 401 does not lead to the resource metadata.
    NoHint,
    /// The challenge names resource metadata on another origin.
    ForeignMetadata,
    /// There is no resource metadata.
    NoMetadata,
    /// The resource metadata is a web page, or no JSON object.
    NotJson,
    /// `resource` is a parent of the MCP URL on the same origin.
    ParentResource,
    /// `resource` is another URL than the MCP URL, and no parent of it.
    OtherResource,
    /// The MCP endpoint is a whole origin, and `resource` is written without a slash at its end.
    OriginEndpoint,
    /// The first of several authorization servers publishes no metadata.
    DeadFirstServer,
    /// The metadata of an issuer with a path is at none of the places of RFC 8414 and OpenID Connect.
    MisplacedServerMetadata,
    /// `issuer` differs by the slash at the end of a host.
    IssuerSlash,
    /// `issuer` is another one.
    OtherIssuer,
    /// The metadata does not speak of PKCE.
    NoPkce,
    /// The metadata offers PKCE without `S256`.
    NoS256,
    /// Neither registration nor client ID metadata documents.
    NoRegistration,
    /// Client ID metadata documents, no registration.
    DocumentsOnly,
    /// Client ID metadata documents, and `none` is not among the methods of the token endpoint.
    DocumentsWithoutNone,
    /// The resource metadata names scopes that the authorization server does not list.
    UnknownScopes,
    /// Discovery and listing are open, tools are not.
    Lazy,
    /// The endpoint redirects with a status that turns a POST into a GET.
    RedirectToGet,
    /// The endpoint redirects with a status that keeps the POST.
    RedirectKept,
    /// A firewall refuses the name of the hosted client of Claude.
    BlocksClaude,
    /// A page of another origin cannot read the challenge or the metadata, or cannot post.
    ClosedToBrowsers,
}

impl Case {
    /// The checks whose findings the case explains.
    #[must_use]
    pub const fn checks(self) -> &'static [&'static str] {
        match self {
            Self::Forbidden => &["challenge-status-401"],
            Self::NoHint => &["challenge-header-present", "challenge-resource-metadata", "challenge-bearer"],
            Self::ForeignMetadata => &["challenge-rm-same-origin"],
            Self::NoMetadata => &["prm-discoverable"],
            Self::NotJson => &["prm-json"],
            Self::ParentResource | Self::OtherResource => &["prm-resource-match", "url-public-base"],
            Self::OriginEndpoint => &[],
            Self::DeadFirstServer => &["prm-as-all-live"],
            Self::MisplacedServerMetadata => &["asm-path-insertion"],
            Self::IssuerSlash | Self::OtherIssuer => &["asm-issuer-match"],
            Self::NoPkce => &["asm-pkce-present"],
            Self::NoS256 => &["asm-pkce-s256"],
            Self::NoRegistration => &["asm-registration-path"],
            Self::DocumentsOnly => &[],
            Self::DocumentsWithoutNone => &["asm-auth-methods"],
            Self::UnknownScopes => &["prm-scopes-known"],
            Self::Lazy => &["challenge-mixed-auth"],
            Self::RedirectToGet | Self::RedirectKept => &["url-no-redirect"],
            Self::BlocksClaude => &["challenge-user-agents"],
            Self::ClosedToBrowsers => {
                &["cors-preflight", "cors-allow-headers", "cors-expose", "cors-metadata", "cors-token"]
            }
        }
    }

    /// Whether it is the case, and where that shows.
    #[must_use]
    pub fn met(self, e: &Evidence<'_>, said: &dyn Fn(&str) -> Option<Said>) -> Option<Option<Pointer>> {
        let found = self.checks().iter().find_map(|id| said(id));
        let place = found.as_ref().and_then(|found| found.at.clone());
        let holds = match self {
            Self::OriginEndpoint => return origin_endpoint(e).map(Some),
            Self::DocumentsOnly => return documents_only(e).map(Some),
            Self::Lazy => return (e.mode() == Mode::Lazy).then_some(place),
            // From here on only what a check found.
            _ if found.is_none() => false,
            Self::Forbidden => e.answer(Step::McpDiscover).and_then(|x| x.status()) == Some(403),
            Self::ParentResource => resource(e) == Some(Likeness::ParentPath),
            Self::OtherResource => resource(e).is_some_and(|likeness| {
                !matches!(likeness, Likeness::Exact | Likeness::RootSlash | Likeness::ParentPath | Likeness::Case)
            }),
            Self::DeadFirstServer => is_first_dead(e),
            Self::IssuerSlash => issuer(e) == Some(Likeness::RootSlash),
            Self::OtherIssuer => issuer(e).is_some_and(|likeness| likeness != Likeness::RootSlash),
            Self::DocumentsWithoutNone => server(e).is_some_and(|document| takes_documents(&document)),
            Self::BlocksClaude => blocks(e, "Claude-User"),
            Self::RedirectToGet => redirect(e).is_some_and(|status| matches!(status, 301..=303)),
            Self::RedirectKept => redirect(e).is_some_and(|status| matches!(status, 307 | 308)),
            _ => true,
        };
        holds.then_some(place)
    }
}

/// How `resource` is like the MCP URL.
fn resource(e: &Evidence<'_>) -> Option<Likeness> {
    let (_, document) = e.resource()?;
    let own = uri::canonical(&e.trail.target).unwrap_or_else(|_| e.trail.target.clone());
    Some(uri::compare(&own, document.text("resource")?))
}

/// How `issuer` is like the name under which it was asked for.
fn issuer(e: &Evidence<'_>) -> Option<Likeness> {
    let server = e.authorization_server()?;
    Some(uri::compare(&server.issuer, server.document?.text("issuer")?))
}

/// The metadata of the authorization server that clients use.
fn server<'e>(e: &'e Evidence<'_>) -> Option<Document<'e>> {
    e.authorization_server()?.document
}

fn takes_documents(document: &Document<'_>) -> bool {
    document.object.get("client_id_metadata_document_supported") == Some(&Value::Bool(true))
}

fn documents_only(e: &Evidence<'_>) -> Option<Pointer> {
    let document = server(e)?;
    let only = takes_documents(&document) && document.text("registration_endpoint").is_none();
    only.then(|| document.spot("client_id_metadata_document_supported").at)
}

/// The MCP URL is an origin and `resource` is that origin without a slash.
fn origin_endpoint(e: &Evidence<'_>) -> Option<Pointer> {
    let target = e.target().filter(|url| matches!(url.path(), "" | "/") && url.query().is_none())?;
    let (_, document) = e.resource()?;
    let spot = document.spot("resource");
    (spot.text()? == uri::origin_of(target).to_string()).then_some(spot.at)
}

fn is_first_dead(e: &Evidence<'_>) -> bool {
    let first = e.resource().and_then(|(_, document)| document.texts("authorization_servers")?.first().copied());
    first.is_some_and(|name| e.issuer(name).document.is_none())
}

/// Whether a program that calls itself so is refused otherwise than the rest.
fn blocks(e: &Evidence<'_>, name: &str) -> bool {
    let asked = e.all(Step::McpUserAgent).find(|x| x.about.as_deref().is_some_and(|about| about.starts_with(name)));
    asked.is_some_and(|x| !matches!(x.status(), Some(401 | 429 | 503)))
}

/// The status with which the first request was redirected.
fn redirect(e: &Evidence<'_>) -> Option<u16> {
    e.first(Step::McpDiscover)?.status().filter(|status| (300..400).contains(status))
}
