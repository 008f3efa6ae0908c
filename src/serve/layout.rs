//! Where everything is: the URLs of a deployment in a given posture. RFC 9728 §3.1, RFC 8414 §3.1, OpenID Connect
//! Discovery 1.0 §4, MCP authorization ("Authorization Base URL" of 2025-03-26, "Canonical Server URI").

use crate::spec::fault::Reply;
use crate::spec::posture::Posture;

/// The suffix of protected resource metadata.
const RESOURCE_SUFFIX: &str = "/.well-known/oauth-protected-resource";
/// The suffix of RFC 8414 metadata.
const SERVER_SUFFIX: &str = "/.well-known/oauth-authorization-server";
/// The suffix of OpenID Connect metadata.
const OPENID_SUFFIX: &str = "/.well-known/openid-configuration";

/// One of the two origins of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    /// The MCP server.
    Resource,
    /// The authorization server.
    Authority,
}

/// The URLs of a deployment.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) posture: Posture,
    /// The MCP server's origin.
    pub(crate) origin: String,
    /// Host and port of the MCP server.
    pub(crate) host: String,
    /// The path of the MCP endpoint, as a router knows it.
    pub(crate) mcp_path: String,
    /// The MCP URL, canonical form: the `resource` of the deployment.
    pub(crate) mcp: String,
    /// The authorization server's origin.
    pub(crate) as_origin: String,
    /// The path of the issuer; empty for the root.
    pub(crate) issuer_path: &'static str,
    /// The issuer.
    pub(crate) issuer: String,
    /// The path before the endpoints of the authorization server.
    endpoints: &'static str,
    /// The authorization server is somebody else's, and calls our scopes so.
    foreign: Option<Vec<(&'static str, String)>>,
}

/// The names a deployment is reached by: host and port of each side.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    pub(crate) scheme: &'static str,
    pub(crate) issuer_scheme: &'static str,
    pub(crate) resource: String,
    pub(crate) authority: String,
}

impl Layout {
    /// The layout of a posture. `slash`: the endpoint ends in a slash (a fault); `defaults`: the endpoints of a root
    /// issuer stand at the default paths of 2025-03-26.
    pub(crate) fn new(posture: Posture, hosts: &Hosts, slash: bool, defaults: bool) -> Self {
        let origin = format!("{}://{}", hosts.scheme, hosts.resource);
        let as_origin = if shares_origin(posture) {
            origin.clone()
        } else {
            format!("{}://{}", hosts.issuer_scheme, hosts.authority)
        };
        let issuer_path = match posture {
            Posture::RootIssuer | Posture::SameOrigin | Posture::Public => "",
            _ if posture.has_first_layout() => "",
            _ => "/tenant1",
        };
        let (mcp_path, mcp) = match (posture, slash) {
            // The canonical form has no slash that means nothing.
            (Posture::McpAtRoot, false) => ("/".to_owned(), origin.clone()),
            (Posture::McpAtRoot, true) => ("/".to_owned(), format!("{origin}/")),
            (_, false) => ("/mcp".to_owned(), format!("{origin}/mcp")),
            (_, true) => ("/mcp/".to_owned(), format!("{origin}/mcp/")),
        };
        let issuer = format!("{as_origin}{issuer_path}");
        let host = hosts.resource.clone();
        let endpoints = if defaults { "" } else { "/oauth2" };
        Self { posture, origin, host, mcp_path, mcp, as_origin, issuer_path, issuer, endpoints, foreign: None }
    }

    /// The same behind somebody else's authorization server.
    pub(crate) fn behind(mut self, issuer: &str, scopes: &[(&'static str, String)]) -> Self {
        issuer.clone_into(&mut self.issuer);
        self.as_origin =
            url::Url::parse(issuer).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization());
        self.foreign = Some(scopes.to_vec());
        self
    }

    /// Whether the authorization server is somebody else's.
    pub(crate) const fn is_foreign(&self) -> bool {
        self.foreign.is_some()
    }

    /// What the authorization server calls a scope of ours.
    pub(crate) fn scope<'a>(&'a self, ours: &'a str) -> &'a str {
        let names = self.foreign.as_deref().unwrap_or_default();
        names.iter().find(|(known, _)| *known == ours).map_or(ours, |(_, name)| name)
    }

    /// The path of an authorization server endpoint (`/token`, `/jwks` …).
    pub(crate) fn endpoint_path(&self, name: &str) -> String {
        format!("{}{}{name}", self.issuer_path, self.endpoints)
    }

    /// The path of the endpoint in the other spelling; a whole origin has one only.
    pub(crate) fn other_path(&self) -> Option<String> {
        match self.mcp_path.as_str() {
            "/" => None,
            path => Some(path.strip_suffix('/').map_or_else(|| format!("{path}/"), str::to_owned)),
        }
    }

    /// The URL of an authorization server endpoint.
    pub(crate) fn endpoint(&self, name: &str) -> String {
        format!("{}{}", self.as_origin, self.endpoint_path(name))
    }

    /// The path of the resource metadata: the suffix goes between host and path.
    fn metadata_path(&self) -> String {
        match self.mcp_path.as_str() {
            "/" => RESOURCE_SUFFIX.to_owned(),
            path => format!("{RESOURCE_SUFFIX}{path}"),
        }
    }

    /// The URL of the resource metadata.
    pub(crate) fn metadata(&self) -> String {
        format!("{}{}", self.origin, self.metadata_path())
    }

    /// The origin of the authorization server by the unspecified address: it leads here, and is no loopback address.
    pub(crate) fn elsewhere(&self) -> String {
        let port = self.as_origin.rsplit_once(':').map_or("", |(_, port)| port);
        format!("http://0.0.0.0:{port}")
    }

    /// Whether one listener serves both sides.
    pub(crate) fn shared(&self) -> bool {
        shares_origin(self.posture)
    }

    /// The places of a document, whether the posture gives it or not.
    pub(crate) fn places(&self, reply: Reply) -> Vec<(Side, String)> {
        let under = |path: &str, suffix: &str| format!("{}{suffix}", path.trim_end_matches('/'));
        match reply {
            Reply::ResourceMetadata => vec![(Side::Resource, self.metadata_path())],
            Reply::RootResourceMetadata => vec![(Side::Resource, RESOURCE_SUFFIX.to_owned())],
            Reply::CustomResourceMetadata => {
                [Side::Resource, Side::Authority].map(|side| (side, "/metadata/resource.json".to_owned())).into()
            }
            Reply::AppendedResourceMetadata => vec![(Side::Resource, under(&self.mcp_path, RESOURCE_SUFFIX))],
            Reply::ServerMetadata => vec![(Side::Authority, format!("{SERVER_SUFFIX}{}", self.issuer_path))],
            Reply::OpenIdMetadata => vec![
                (Side::Authority, format!("{OPENID_SUFFIX}{}", self.issuer_path)),
                (Side::Authority, under(self.issuer_path, OPENID_SUFFIX)),
            ],
            Reply::AppendedServerMetadata => vec![(Side::Authority, under(self.issuer_path, SERVER_SUFFIX))],
            Reply::RootServerMetadata => vec![(Side::Authority, SERVER_SUFFIX.to_owned())],
            Reply::LegacyMetadata => vec![(Side::Resource, SERVER_SUFFIX.to_owned())],
            Reply::Jwks => vec![(Side::Authority, self.endpoint_path("/jwks"))],
            _ => Vec::new(),
        }
    }

    /// Whether the clean posture gives this reply.
    pub(crate) fn gives(&self, reply: Reply) -> bool {
        use Posture::{NoMetadata, OauthOnly, OidcOnly, OpaqueTokens, Public, SameOrigin};
        let posture = self.posture;
        if self.is_foreign() && of_authority(reply) {
            return false;
        }
        match reply {
            Reply::RootResourceMetadata
            | Reply::CustomResourceMetadata
            | Reply::AppendedResourceMetadata
            | Reply::AppendedServerMetadata
            | Reply::RootServerMetadata
            | Reply::PlainTwin => false,
            Reply::OtherSpelling => self.other_path().is_some(),
            Reply::Preflight => true,
            Reply::ResourceMetadata | Reply::ServerMetadata | Reply::OpenIdMetadata if posture.has_first_layout() => {
                false
            }
            Reply::ResourceMetadata => posture != Public,
            Reply::ServerMetadata => !matches!(posture, Public | OidcOnly),
            // OpenID Connect metadata must name a key set.
            Reply::OpenIdMetadata => !matches!(posture, Public | OauthOnly | OpaqueTokens),
            Reply::LegacyMetadata => !matches!(posture, Public | SameOrigin | OidcOnly | NoMetadata),
            Reply::Jwks => !matches!(posture, Public | OpaqueTokens),
            _ => posture != Public,
        }
    }

    /// Whether a fault can make this reply appear here.
    pub(crate) fn can_give(&self, reply: Reply) -> bool {
        match reply {
            _ if self.is_foreign() && of_authority(reply) => false,
            Reply::PlainTwin => self.posture == Posture::Https,
            Reply::LegacyMetadata => self.posture != Posture::SameOrigin,
            _ => !self.places(reply).is_empty(),
        }
    }
}

/// Whether a reply is one of the authorization server.
const fn of_authority(reply: Reply) -> bool {
    matches!(
        reply,
        Reply::ServerMetadata
            | Reply::OpenIdMetadata
            | Reply::AppendedServerMetadata
            | Reply::RootServerMetadata
            | Reply::LegacyMetadata
            | Reply::Jwks
            | Reply::TokenPreflight
            | Reply::AuthorizePage
            | Reply::AuthorizeError
            | Reply::AuthorizeRedirect
            | Reply::AuthorizeErrorRedirect
            | Reply::AccessTokenHeader
            | Reply::AccessTokenClaims
            | Reply::TokenSuccess
            | Reply::TokenError
            | Reply::Registration
            | Reply::RegistrationError
            | Reply::Management
            | Reply::Revocation
            | Reply::Introspection
            | Reply::DeviceAuthorization
            | Reply::PushedRequest
    )
}

/// Whether the authorization server stands at the MCP server's origin.
pub(crate) fn shares_origin(posture: Posture) -> bool {
    matches!(posture, Posture::SameOrigin | Posture::Public) || posture.has_first_layout()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(posture: Posture) -> Layout {
        let hosts =
            Hosts { scheme: "https", issuer_scheme: "https", resource: "rs.test".into(), authority: "as.test".into() };
        Layout::new(posture, &hosts, false, true)
    }

    #[test]
    fn well_known_urls_insert_the_suffix_between_host_and_path() {
        let l = layout(Posture::Reference);
        assert_eq!(l.metadata(), "https://rs.test/.well-known/oauth-protected-resource/mcp");
        let paths = |reply| l.places(reply).into_iter().map(|(_, path)| path).collect::<Vec<_>>();
        assert_eq!(paths(Reply::ServerMetadata), ["/.well-known/oauth-authorization-server/tenant1"]);
        assert_eq!(
            paths(Reply::OpenIdMetadata),
            ["/.well-known/openid-configuration/tenant1", "/tenant1/.well-known/openid-configuration"]
        );
        assert_eq!(paths(Reply::AppendedServerMetadata), ["/tenant1/.well-known/oauth-authorization-server"]);
        assert_eq!(paths(Reply::AppendedResourceMetadata), ["/mcp/.well-known/oauth-protected-resource"]);
        assert_eq!(l.endpoint("/token"), "https://as.test/tenant1/token");
    }

    #[test]
    fn an_endpoint_at_the_root_has_no_slash_and_the_root_document() {
        let l = layout(Posture::McpAtRoot);
        assert_eq!(l.mcp, "https://rs.test");
        assert_eq!(l.metadata(), "https://rs.test/.well-known/oauth-protected-resource");
    }

    #[test]
    fn the_old_revision_has_the_default_endpoints_at_the_mcp_origin() {
        let l = layout(Posture::Revision2025_03_26);
        assert_eq!(l.issuer, "https://rs.test");
        assert_eq!(l.endpoint("/authorize"), "https://rs.test/authorize");
    }
}
