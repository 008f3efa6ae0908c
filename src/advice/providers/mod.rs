//! Whose authorization server it is, and what to change there: the general fix as a setting of that provider.
//!
//! A provider is recognised by the host of its issuer, by the paths of its endpoints or by members that only its metadata
//! has. Nothing is asked for that a client would not ask for.

mod settings;

use serde::Serialize;
use url::Url;

use crate::evidence::{Document, Evidence, Pointer};
use crate::formats::uri;

pub use settings::SETTINGS;

/// A provider, and how it is recognised.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    /// A word for machines.
    pub id: &'static str,
    /// The name for people.
    pub name: &'static str,
    /// Any one of these is enough.
    pub marks: &'static [Mark],
}

/// What only one provider has.
#[derive(Clone, Copy, Debug)]
pub enum Mark {
    /// The host of the issuer is this, or ends in it after a dot.
    Host(&'static str),
    /// The issuer begins with this.
    Issuer(&'static str),
    /// The path of the authorization endpoint contains this.
    Endpoint(&'static str),
    /// The metadata has this member.
    Member(&'static str),
    /// The MCP server itself is the authorization server, and its 401 is FastMCP's.
    FastMcpProxy,
}

/// Every provider; the more telling marks first.
pub const PROVIDERS: &[Provider] = &[
    Provider {
        id: "entra",
        name: "Microsoft Entra ID",
        marks: &[
            Mark::Host("login.microsoftonline.com"),
            Mark::Host("login.microsoftonline.us"),
            Mark::Host("sts.windows.net"),
            Mark::Host("ciamlogin.com"),
            Mark::Member("tenant_region_scope"),
        ],
    },
    Provider {
        id: "cognito",
        name: "Amazon Cognito",
        marks: &[Mark::Issuer("https://cognito-idp."), Mark::Host("amazoncognito.com")],
    },
    Provider { id: "google", name: "Google", marks: &[Mark::Host("accounts.google.com")] },
    Provider {
        id: "github",
        name: "GitHub",
        marks: &[Mark::Issuer("https://github.com/login/oauth"), Mark::Host("github.com")],
    },
    Provider { id: "auth0", name: "Auth0", marks: &[Mark::Host("auth0.com"), Mark::Member("mfa_challenge_endpoint")] },
    Provider {
        id: "okta",
        name: "Okta",
        marks: &[Mark::Host("okta.com"), Mark::Host("oktapreview.com"), Mark::Host("okta-emea.com")],
    },
    Provider { id: "keycloak", name: "Keycloak", marks: &[Mark::Endpoint("/protocol/openid-connect/auth")] },
    Provider { id: "workos", name: "WorkOS AuthKit", marks: &[Mark::Host("authkit.app"), Mark::Host("workos.com")] },
    Provider {
        id: "descope",
        name: "Descope",
        marks: &[Mark::Host("descope.com"), Mark::Endpoint("/oauth2/v1/apps/")],
    },
    Provider { id: "stytch", name: "Stytch", marks: &[Mark::Host("stytch.com"), Mark::Host("stytch.dev")] },
    Provider {
        id: "scalekit",
        name: "ScaleKit",
        marks: &[Mark::Host("scalekit.com"), Mark::Host("scalekit.dev"), Mark::Host("scalekit.cloud")],
    },
    Provider {
        id: "cloudflare",
        name: "Cloudflare",
        marks: &[Mark::Host("cloudflareaccess.com"), Mark::Host("workers.dev")],
    },
    Provider { id: "better-auth", name: "better-auth", marks: &[Mark::Endpoint("/api/auth/")] },
    Provider { id: "fastmcp-proxy", name: "FastMCP's OAuth proxy", marks: &[Mark::FastMcpProxy] },
];

/// A provider that was recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Recognised {
    /// The provider, a word for machines.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// By what, a clause.
    pub by: String,
    /// Where that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Pointer>,
}

/// What to change at a provider to mend what a check found.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The id of the provider.
    pub provider: &'static str,
    /// The checks.
    pub checks: &'static [&'static str],
    /// What to change there, a clause.
    pub says: &'static str,
    /// Where it is written: `owner/repository#number`, or a URL.
    pub source: &'static str,
}

/// Whose authorization server it is.
#[must_use]
pub fn recognise(e: &Evidence<'_>) -> Option<Recognised> {
    let server = e.authorization_server()?;
    let issuer = Url::parse(&server.issuer).ok()?;
    let named = e.resource().map(|(_, document)| document.spot("authorization_servers").at);
    PROVIDERS.iter().find_map(|provider| {
        provider.marks.iter().find_map(|mark| {
            let (by, at) = mark.met(e, &issuer, &server.issuer, server.document.as_ref(), named.as_ref())?;
            Some(Recognised { id: provider.id, name: provider.name, by, at })
        })
    })
}

/// What to change at this provider for this check.
#[must_use]
pub fn setting(provider: &str, check: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.provider == provider && setting.checks.contains(&check))
}

/// By what a mark was met, and where.
type Met = (String, Option<Pointer>);

impl Mark {
    fn met(
        self,
        e: &Evidence<'_>,
        issuer: &Url,
        name: &str,
        document: Option<&Document<'_>>,
        named: Option<&Pointer>,
    ) -> Option<Met> {
        match self {
            Self::Host(suffix) => {
                let host = issuer.host_str()?;
                let own = host == suffix || host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'));
                own.then(|| (format!("the issuer's host `{suffix}`"), named.cloned()))
            }
            Self::Issuer(prefix) => name.starts_with(prefix).then(|| ("the issuer".to_owned(), named.cloned())),
            Self::Endpoint(part) => {
                let spot = document?.spot("authorization_endpoint");
                let path = Url::parse(spot.text()?).ok()?.path().to_owned();
                path.contains(part).then(|| (format!("`{part}` in the authorization endpoint"), Some(spot.at)))
            }
            Self::Member(member) => {
                let spot = document?.spot(member);
                spot.value?;
                Some((format!("the member `{member}` of its metadata"), Some(spot.at)))
            }
            Self::FastMcpProxy => {
                let own = e.target().is_some_and(|target| uri::origin_of(target) == uri::origin_of(issuer));
                let place = super::snippets::recognise(e)
                    .filter(|(framework, _)| *framework == super::snippets::Framework::Python)?
                    .1;
                let registers = document?.text("registration_endpoint")?.ends_with("/register");
                (own && registers)
                    .then(|| ("a 401 of FastMCP, and registration at the MCP server itself".to_owned(), Some(place)))
            }
        }
    }
}
