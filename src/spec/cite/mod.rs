//! Every citation once: document, section, address. What only one group of checks cites stands in a file of its own.
//! A section of an RFC needs no entry: its address follows from its numbers.

mod clients;
mod grants;
mod protocol;
mod wires;

pub use self::clients::*;
pub use self::grants::*;
pub use self::protocol::*;
pub use self::wires::*;

use serde::Serialize;

/// A place in a published document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Cite {
    /// The document, e.g. `RFC 9728` or `MCP 2026-07-28 authorization`.
    pub document: &'static str,
    /// Section number, or the heading where the document numbers none.
    pub section: &'static str,
    /// Where to read it.
    pub url: &'static str,
}

/// A section of an RFC that has no name in the list: `rfc!(7519, "4.1.4")`.
#[macro_export]
macro_rules! rfc {
    ($number:literal, $section:literal) => {
        $crate::spec::cite::Cite {
            document: concat!("RFC ", $number),
            section: $section,
            url: concat!("https://www.rfc-editor.org/rfc/rfc", $number, "#section-", $section),
        }
    };
}

macro_rules! cites {
    ($all:ident: $($(#[$doc:meta])* $name:ident = $document:literal, $section:literal, $url:literal;)*) => {
        $($(#[$doc])* pub const $name: $crate::spec::cite::Cite =
            $crate::spec::cite::Cite { document: $document, section: $section, url: $url };)*
        /// Every citation of this list, for the catalogue tests.
        pub const $all: &[$crate::spec::cite::Cite] = &[$($name),*];
    };
}
use cites;

/// Every citation, for the catalogue tests.
pub fn all() -> impl Iterator<Item = &'static Cite> {
    [GENERAL, PROTOCOL, OF_CLIENTS, OF_GRANTS, OF_WIRES].into_iter().flatten()
}

cites! { GENERAL:
    /// Resource identifiers: https, no fragment.
    RFC9728_1_2 = "RFC 9728", "1.2",
        "https://www.rfc-editor.org/rfc/rfc9728#section-1.2";
    /// Members of protected resource metadata.
    RFC9728_2 = "RFC 9728", "2",
        "https://www.rfc-editor.org/rfc/rfc9728#section-2";
    /// Signed metadata of the resource.
    RFC9728_2_2 = "RFC 9728", "2.2",
        "https://www.rfc-editor.org/rfc/rfc9728#section-2.2";
    /// Where protected resource metadata is published.
    RFC9728_3 = "RFC 9728", "3",
        "https://www.rfc-editor.org/rfc/rfc9728#section-3";
    /// The well-known URL, path inserted.
    RFC9728_3_1 = "RFC 9728", "3.1",
        "https://www.rfc-editor.org/rfc/rfc9728#section-3.1";
    /// The response: 200, application/json, no empty members.
    RFC9728_3_2 = "RFC 9728", "3.2",
        "https://www.rfc-editor.org/rfc/rfc9728#section-3.2";
    /// `resource` must be the identifier asked about.
    RFC9728_3_3 = "RFC 9728", "3.3",
        "https://www.rfc-editor.org/rfc/rfc9728#section-3.3";
    /// `protected_resources` in authorization server metadata.
    RFC9728_4 = "RFC 9728", "4",
        "https://www.rfc-editor.org/rfc/rfc9728#section-4";
    /// `resource_metadata` in the challenge.
    RFC9728_5_1 = "RFC 9728", "5.1",
        "https://www.rfc-editor.org/rfc/rfc9728#section-5.1";
    /// TLS.
    RFC9728_7_1 = "RFC 9728", "7.1",
        "https://www.rfc-editor.org/rfc/rfc9728#section-7.1";
    /// Impersonation.
    RFC9728_7_3 = "RFC 9728", "7.3",
        "https://www.rfc-editor.org/rfc/rfc9728#section-7.3";
    /// Several authorization servers.
    RFC9728_7_6 = "RFC 9728", "7.6",
        "https://www.rfc-editor.org/rfc/rfc9728#section-7.6";
    /// Server-side request forgery.
    RFC9728_7_7 = "RFC 9728", "7.7",
        "https://www.rfc-editor.org/rfc/rfc9728#section-7.7";
    /// Caching.
    RFC9728_7_10 = "RFC 9728", "7.10",
        "https://www.rfc-editor.org/rfc/rfc9728#section-7.10";
    /// Members of authorization server metadata.
    RFC8414_2 = "RFC 8414", "2",
        "https://www.rfc-editor.org/rfc/rfc8414#section-2";
    /// Signed metadata.
    RFC8414_2_1 = "RFC 8414", "2.1",
        "https://www.rfc-editor.org/rfc/rfc8414#section-2.1";
    /// Where authorization server metadata is published.
    RFC8414_3 = "RFC 8414", "3",
        "https://www.rfc-editor.org/rfc/rfc8414#section-3";
    /// The well-known URL, path inserted.
    RFC8414_3_1 = "RFC 8414", "3.1",
        "https://www.rfc-editor.org/rfc/rfc8414#section-3.1";
    /// The response: 200, application/json, no empty members.
    RFC8414_3_2 = "RFC 8414", "3.2",
        "https://www.rfc-editor.org/rfc/rfc8414#section-3.2";
    /// `issuer` must be the identifier asked about.
    RFC8414_3_3 = "RFC 8414", "3.3",
        "https://www.rfc-editor.org/rfc/rfc8414#section-3.3";
    /// Compatibility with OpenID Connect Discovery.
    RFC8414_5 = "RFC 8414", "5",
        "https://www.rfc-editor.org/rfc/rfc8414#section-5";
    /// TLS.
    RFC8414_6_1 = "RFC 8414", "6.1",
        "https://www.rfc-editor.org/rfc/rfc8414#section-6.1";
    /// Quoted strings.
    RFC9110_5_6_4 = "RFC 9110", "5.6.4",
        "https://www.rfc-editor.org/rfc/rfc9110#section-5.6.4";
    /// `WWW-Authenticate`.
    RFC9110_11_6_1 = "RFC 9110", "11.6.1",
        "https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1";
    /// 401 must carry a challenge.
    RFC9110_15_5_2 = "RFC 9110", "15.5.2",
        "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2";
    /// Ways to send a token.
    RFC6750_2 = "RFC 6750", "2",
        "https://www.rfc-editor.org/rfc/rfc6750#section-2";
    /// `WWW-Authenticate: Bearer`.
    RFC6750_3 = "RFC 6750", "3",
        "https://www.rfc-editor.org/rfc/rfc6750#section-3";
    /// Error codes.
    RFC6750_3_1 = "RFC 6750", "3.1",
        "https://www.rfc-editor.org/rfc/rfc6750#section-3.1";
    /// The `resource` parameter.
    RFC8707_2 = "RFC 8707", "2",
        "https://www.rfc-editor.org/rfc/rfc8707#section-2";
    /// Header of a JWT access token.
    RFC9068_2_1 = "RFC 9068", "2.1",
        "https://www.rfc-editor.org/rfc/rfc9068#section-2.1";
    /// Claims of a JWT access token.
    RFC9068_2_2 = "RFC 9068", "2.2",
        "https://www.rfc-editor.org/rfc/rfc9068#section-2.2";
    /// Audience of a JWT access token.
    RFC9068_3 = "RFC 9068", "3",
        "https://www.rfc-editor.org/rfc/rfc9068#section-3";
    /// Validating a JWT access token.
    RFC9068_4 = "RFC 9068", "4",
        "https://www.rfc-editor.org/rfc/rfc9068#section-4";
    /// `crit`.
    RFC7515_4_1_11 = "RFC 7515", "4.1.11",
        "https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11";
    /// Validating a signature.
    RFC7515_5_2 = "RFC 7515", "5.2",
        "https://www.rfc-editor.org/rfc/rfc7515#section-5.2";
    /// `use`.
    RFC7517_4_2 = "RFC 7517", "4.2",
        "https://www.rfc-editor.org/rfc/rfc7517#section-4.2";
    /// `alg`.
    RFC7517_4_4 = "RFC 7517", "4.4",
        "https://www.rfc-editor.org/rfc/rfc7517#section-4.4";
    /// `kid`.
    RFC7517_4_5 = "RFC 7517", "4.5",
        "https://www.rfc-editor.org/rfc/rfc7517#section-4.5";
    /// Key sets.
    RFC7517_5 = "RFC 7517", "5",
        "https://www.rfc-editor.org/rfc/rfc7517#section-5";
    /// `keys`.
    RFC7517_5_1 = "RFC 7517", "5.1",
        "https://www.rfc-editor.org/rfc/rfc7517#section-5.1";
    /// Media types.
    RFC7517_8_5 = "RFC 7517", "8.5",
        "https://www.rfc-editor.org/rfc/rfc7517#section-8.5";
    /// Keeping private keys private.
    RFC7517_9_2 = "RFC 7517", "9.2",
        "https://www.rfc-editor.org/rfc/rfc7517#section-9.2";
    /// RSA keys of 2048 bits or more.
    RFC7518_3_3 = "RFC 7518", "3.3",
        "https://www.rfc-editor.org/rfc/rfc7518#section-3.3";
    /// Weak signatures and insufficient validation.
    RFC8725_2_1 = "RFC 8725", "2.1",
        "https://www.rfc-editor.org/rfc/rfc8725#section-2.1";
    /// Algorithm verification.
    RFC8725_3_1 = "RFC 8725", "3.1",
        "https://www.rfc-editor.org/rfc/rfc8725#section-3.1";
    /// Appropriate algorithms.
    RFC8725_3_2 = "RFC 8725", "3.2",
        "https://www.rfc-editor.org/rfc/rfc8725#section-3.2";
    /// Validate issuer and subject.
    RFC8725_3_8 = "RFC 8725", "3.8",
        "https://www.rfc-editor.org/rfc/rfc8725#section-3.8";
    /// Do not trust received claims.
    RFC8725_3_10 = "RFC 8725", "3.10",
        "https://www.rfc-editor.org/rfc/rfc8725#section-3.10";
    /// Explicit typing.
    RFC8725_3_11 = "RFC 8725", "3.11",
        "https://www.rfc-editor.org/rfc/rfc8725#section-3.11";
    /// TLS versions.
    RFC9325_3_1_1 = "RFC 9325", "3.1.1",
        "https://www.rfc-editor.org/rfc/rfc9325#section-3.1.1";
    /// TLS 1.0 and 1.1 must not be used.
    RFC8996_4 = "RFC 8996", "4",
        "https://www.rfc-editor.org/rfc/rfc8996#section-4";
    /// Metadata of pushed authorization requests.
    RFC9126_5 = "RFC 9126", "5",
        "https://www.rfc-editor.org/rfc/rfc9126#section-5";
    /// Metadata of signed request objects.
    RFC9101_10_5 = "RFC 9101", "10.5",
        "https://www.rfc-editor.org/rfc/rfc9101#section-10.5";
    /// Token revocation.
    RFC7009_2 = "RFC 7009", "2",
        "https://www.rfc-editor.org/rfc/rfc7009#section-2";
    /// Device authorization metadata.
    RFC8628_4 = "RFC 8628", "4",
        "https://www.rfc-editor.org/rfc/rfc8628#section-4";
    /// PKCE.
    RFC9700_2_1_1 = "RFC 9700", "2.1.1",
        "https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1";
    /// No implicit grant.
    RFC9700_2_1_2 = "RFC 9700", "2.1.2",
        "https://www.rfc-editor.org/rfc/rfc9700#section-2.1.2";
    /// No password grant.
    RFC9700_2_4 = "RFC 9700", "2.4",
        "https://www.rfc-editor.org/rfc/rfc9700#section-2.4";
    /// Mix-up.
    RFC9700_4_4 = "RFC 9700", "4.4",
        "https://www.rfc-editor.org/rfc/rfc9700#section-4.4";
    /// `authorization_response_iss_parameter_supported`.
    RFC9207_3 = "RFC 9207", "3",
        "https://www.rfc-editor.org/rfc/rfc9207#section-3";
    /// Client metadata.
    RFC7591_2 = "RFC 7591", "2",
        "https://www.rfc-editor.org/rfc/rfc7591#section-2";
    /// Registration endpoint.
    RFC7591_3 = "RFC 7591", "3",
        "https://www.rfc-editor.org/rfc/rfc7591#section-3";
    /// Special-purpose addresses.
    RFC6890_2_2_2 = "RFC 6890", "2.2.2",
        "https://www.rfc-editor.org/rfc/rfc6890#section-2.2.2";
    /// TLS.
    OAUTH21_1_5 = "OAuth 2.1 (draft 13)", "1.5",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-1.5";
    /// Redirect URIs.
    OAUTH21_2_3 = "OAuth 2.1 (draft 13)", "2.3",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-2.3";
    /// Authorization endpoint.
    OAUTH21_3_1 = "OAuth 2.1 (draft 13)", "3.1",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-3.1";
    /// Token endpoint.
    OAUTH21_3_2 = "OAuth 2.1 (draft 13)", "3.2",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-3.2";
    /// Authorization request, PKCE.
    OAUTH21_4_1_1 = "OAuth 2.1 (draft 13)", "4.1.1",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-4.1.1";
    /// Authorization response.
    OAUTH21_4_1_2 = "OAuth 2.1 (draft 13)", "4.1.2",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-4.1.2";
    /// Sending a token.
    OAUTH21_5_1 = "OAuth 2.1 (draft 13)", "5.1",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-5.1";
    /// `Authorization: Bearer`.
    OAUTH21_5_1_1 = "OAuth 2.1 (draft 13)", "5.1.1",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-5.1.1";
    /// Access token validation.
    OAUTH21_5_2 = "OAuth 2.1 (draft 13)", "5.2",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-5.2";
    /// `WWW-Authenticate`.
    OAUTH21_5_3_1 = "OAuth 2.1 (draft 13)", "5.3.1",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-5.3.1";
    /// Error codes.
    OAUTH21_5_3_2 = "OAuth 2.1 (draft 13)", "5.3.2",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-5.3.2";
    /// Tokens must not leak.
    OAUTH21_7_1_3 = "OAuth 2.1 (draft 13)", "7.1.3",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-7.1.3";
    /// Mix-up.
    OAUTH21_7_14 = "OAuth 2.1 (draft 13)", "7.14",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-7.14";
    /// No implicit grant.
    OAUTH21_10_1 = "OAuth 2.1 (draft 13)", "10.1",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-10.1";
    /// Members of OpenID provider metadata.
    OIDC_DISCOVERY_3 = "OpenID Connect Discovery 1.0", "3",
        "https://openid.net/specs/openid-connect-discovery-1_0.html";
    /// Where it is published.
    OIDC_DISCOVERY_4_1 = "OpenID Connect Discovery 1.0", "4.1",
        "https://openid.net/specs/openid-connect-discovery-1_0.html";
    /// The response.
    OIDC_DISCOVERY_4_2 = "OpenID Connect Discovery 1.0", "4.2",
        "https://openid.net/specs/openid-connect-discovery-1_0.html";
    /// `issuer` must be the identifier asked about.
    OIDC_DISCOVERY_4_3 = "OpenID Connect Discovery 1.0", "4.3",
        "https://openid.net/specs/openid-connect-discovery-1_0.html";
    /// Advertising support.
    CIMD_5 = "Client ID Metadata Documents (draft 00)", "5",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-5";
    /// HTTPS.
    SBP_HTTPS = "MCP Security Best Practices", "Enforce HTTPS",
        "https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices";
    /// Redirects.
    SBP_REDIRECTS = "MCP Security Best Practices", "Validate Redirect Targets",
        "https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices";
    /// Private addresses.
    SBP_PRIVATE = "MCP Security Best Practices", "Block Private IP Ranges",
        "https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices";
    /// Schemes.
    SBP_URLS = "MCP Security Best Practices", "OAuth Authorization URL Validation",
        "https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices";
    /// Minimal scopes.
    SBP_SCOPES = "MCP Security Best Practices", "Scope Minimization",
        "https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices";
    /// SSRF.
    SBP_SSRF = "MCP Security Best Practices", "Server-Side Request Forgery",
        "https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices";
    /// CORS.
    FETCH_CORS = "Fetch Standard", "3.3 CORS protocol",
        "https://fetch.spec.whatwg.org/#http-cors-protocol";
    /// Rotation of signing keys.
    OIDC_CORE_10_1_1 = "OpenID Connect Core 1.0", "10.1.1",
        "https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys";
    /// Metadata of servers that bind tokens to keys.
    RFC9449_5_1 = "RFC 9449", "5.1",
        "https://www.rfc-editor.org/rfc/rfc9449#section-5.1";
    /// Advertising the grant.
    IDJAG_7_2 = "Identity Assertion JWT Authorization Grant (draft 04)", "7.2",
        "https://www.ietf.org/archive/id/draft-ietf-oauth-identity-assertion-authz-grant-04.html#section-7.2";
    /// Machine-to-machine.
    EXT_CLIENT_CREDENTIALS = "MCP extension OAuth client credentials", "Server Metadata Requirements",
        "https://github.com/modelcontextprotocol/ext-auth/blob/1ba4d865952f770ebff57fc88656bea9a0a1aefc/specification/draft/oauth-client-credentials.mdx";
    /// Grants issued by an enterprise's identity provider.
    EXT_ENTERPRISE_DISCOVERY = "MCP extension enterprise-managed authorization", "6",
        "https://github.com/modelcontextprotocol/ext-auth/blob/3daee734053c8654b7ce9ca757d29e3286a2906a/specification/stable/enterprise-managed-authorization.mdx";
    /// Tokens bound to keys.
    EXT_DPOP_METADATA = "MCP extension DPoP (draft 21eaa6e)", "Authorization Server Metadata",
        "https://github.com/modelcontextprotocol/ext-auth/blob/21eaa6e418b244de66f1bd13c05f6d2b167f1c22/specification/draft/dpop-extension.mdx";
    /// Workloads with tokens of their platform.
    EXT_WORKLOAD_METADATA = "MCP extension workload identity federation (draft 13b5523)", "Authorization Server Metadata",
        "https://github.com/modelcontextprotocol/ext-auth/blob/13b55238f0b1ad540db248f230f3229606d30657/specification/draft/workload-identity-federation.mdx";
    /// Verifiers.
    RFC7636_4_1 = "RFC 7636", "4.1",
        "https://www.rfc-editor.org/rfc/rfc7636#section-4.1";
    /// The client's secret in HTTP Basic, form-encoded.
    RFC6749_2_3_1 = "RFC 6749", "2.3.1",
        "https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1";
    /// Client authentication.
    OAUTH21_2_4 = "OAuth 2.1 (draft 13)", "2.4",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-2.4";
    /// Token requests are forms.
    OAUTH21_3_2_2 = "OAuth 2.1 (draft 13)", "3.2.2",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-3.2.2";
    /// Refresh tokens are replaced.
    OAUTH21_4_3_2 = "OAuth 2.1 (draft 13)", "4.3.2",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-4.3.2";
}

impl Cite {
    /// The citation in one line: `RFC 9728 §3.3`, or with the heading in quotes.
    #[must_use]
    pub fn short(&self) -> String {
        if self.section.starts_with(|c: char| c.is_ascii_digit()) {
            format!("{} §{}", self.document, self.section)
        } else {
            format!("{} \"{}\"", self.document, self.section)
        }
    }
}
