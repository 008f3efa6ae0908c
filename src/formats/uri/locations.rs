//! Where metadata is looked for: RFC 9728 §3.1, RFC 8414 §3.1, OpenID Connect Discovery §4, MCP authorization.

use url::Url;

use super::{Parts, UrlProblem, gate};

const RESOURCE: &str = "/.well-known/oauth-protected-resource";
const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

/// Where the protected resource metadata of an MCP server may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceMetadataUrls {
    /// The suffix inserted between host and path (RFC 9728 §3.1). Equal to `root` if the URL has neither path nor query.
    pub path: String,
    /// The suffix at the origin, the second place where MCP clients look.
    pub root: String,
    /// The suffix appended to the path, which no document allows; for hints only.
    pub appended: String,
}

/// The places for an MCP URL. Only a slash right after the host is dropped; a query stays behind the path.
#[must_use]
pub fn resource_metadata_urls(mcp: &Url) -> ResourceMetadataUrls {
    let origin = mcp.origin().ascii_serialization();
    let path = if mcp.path() == "/" { "" } else { mcp.path() };
    let query = mcp.query().map(|query| format!("?{query}")).unwrap_or_default();
    ResourceMetadataUrls {
        path: format!("{origin}{RESOURCE}{path}{query}"),
        root: format!("{origin}{RESOURCE}"),
        appended: format!("{origin}{}{RESOURCE}", path.strip_suffix('/').unwrap_or(path)),
    }
}

/// Where the metadata of an authorization server may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerMetadataUrls {
    /// RFC 8414 §3.1: the suffix inserted between host and path.
    pub oauth: String,
    /// The OpenID Connect suffix inserted likewise (RFC 8414 §5). `None` without a path: then it is `oidc_appended`.
    pub oidc_inserted: Option<String>,
    /// OpenID Connect Discovery §4: the suffix appended to the issuer.
    pub oidc_appended: String,
    /// The RFC 8414 suffix appended, which no document allows; for hints only. `None` without a path.
    pub oauth_appended: Option<String>,
    /// The RFC 8414 suffix at the origin, which belongs to another issuer; for hints only. `None` without a path.
    pub oauth_root: Option<String>,
}

impl IssuerMetadataUrls {
    /// The places where a client must look, in the order in which it must (MCP authorization, "Authorization Server
    /// Metadata Discovery").
    pub fn candidates(&self) -> impl Iterator<Item = &str> {
        [Some(&self.oauth), self.oidc_inserted.as_ref(), Some(&self.oidc_appended)]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}

/// The places for an issuer, built on the identifier as it is written. A slash at its end is dropped for this
/// purpose only, never for comparison; so are a query and a fragment, which an issuer may not have.
///
/// # Errors
/// As [`gate`].
pub fn issuer_metadata_urls(issuer: &str) -> Result<IssuerMetadataUrls, UrlProblem> {
    gate(issuer)?;
    let Some(Parts { scheme, authority: Some(authority), path, .. }) = Parts::of(issuer) else {
        return Err(UrlProblem::Relative { text: issuer.to_owned() });
    };
    let origin = format!("{scheme}://{authority}");
    let path = path.strip_suffix('/').unwrap_or(path);
    let with_path = |url: String| (!path.is_empty()).then_some(url);
    Ok(IssuerMetadataUrls {
        oauth: format!("{origin}{OAUTH}{path}"),
        oidc_inserted: with_path(format!("{origin}{OPENID}{path}")),
        oidc_appended: format!("{origin}{path}{OPENID}"),
        oauth_appended: with_path(format!("{origin}{path}{OAUTH}")),
        oauth_root: with_path(format!("{origin}{OAUTH}")),
    })
}
