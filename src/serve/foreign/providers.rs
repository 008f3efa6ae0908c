//! Presets for the authorization servers that people have: what each needs to be told, how its tokens speak, and what is to
//! be done in its console. From the documentation of each, as it was in 2026; only the mock of ScaleKit is tested here.

/// What a setting must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An http(s) URL.
    Url,
    /// A host name alone.
    Host,
    /// Text that begins with this.
    Text(&'static str),
    /// Texts with commas between.
    List,
}

/// A setting of a provider.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The name, for `--set NAME=VALUE`.
    pub name: &'static str,
    /// What it is, and where it is found.
    pub about: &'static str,
    /// An example of a value.
    pub example: &'static str,
    /// What it must look like.
    pub kind: Kind,
    /// Whether it may be left away.
    pub optional: bool,
}

/// A provider. In its texts `{name}` is a setting, `{mcp}` the MCP URL, `{read}` and `{write}` the scopes.
#[derive(Debug)]
pub struct Provider {
    /// The name on the command line.
    pub name: &'static str,
    /// The name of the service.
    pub title: &'static str,
    /// What it needs.
    pub settings: &'static [Setting],
    pub(super) issuer: &'static str,
    pub(super) token_issuers: &'static [&'static str],
    /// Audiences beside the MCP URL.
    pub(super) audiences: &'static [&'static str],
    pub(super) scope_claims: &'static [&'static str],
    pub(super) scopes: &'static [(&'static str, &'static str)],
    pub(super) short_scopes: bool,
    pub(super) must: &'static [(&'static str, &'static str)],
    /// The setting that lists clients whose tokens name no audience.
    pub(super) clients: Option<&'static str>,
    /// What is to be done in its console, step by step.
    pub(super) steps: &'static [&'static str],
    /// Why it cannot be used at all, and what to do instead.
    pub(super) unusable: Option<&'static str>,
}

pub(super) const fn setting(name: &'static str, about: &'static str, example: &'static str, kind: Kind) -> Setting {
    Setting { name, about, example, kind, optional: false }
}

/// What most rows are like.
const PLAIN: Provider = Provider {
    name: "",
    title: "",
    settings: &[],
    issuer: "",
    token_issuers: &[],
    audiences: &[],
    scope_claims: &["scope", "scp", "scopes"],
    scopes: &[],
    short_scopes: false,
    must: &[],
    clients: None,
    steps: &[],
    unusable: None,
};

/// The providers.
pub const PROVIDERS: [Provider; 12] = [
    Provider {
        name: "scalekit",
        title: "ScaleKit",
        settings: &[
            setting("environment", "the environment URL (Dashboard, Settings)", "https://acme.scalekit.dev", Kind::Url),
            setting("resource-id", "the id of the MCP server (Dashboard, MCP Servers)", "res_1234", Kind::Text("res_")),
        ],
        issuer: "{environment}/resources/{resource-id}",
        token_issuers: &["{environment}"],
        audiences: &["{resource-id}"],
        scope_claims: &["scopes", "scope"],
        steps: &[
            "Dashboard, MCP Servers, Add MCP server: the server URL is {mcp}, exactly as clients type it.",
            "There, permit the scopes {read} and {write}.",
            "Leave dynamic client registration and client ID metadata documents on: clients without them cannot log in.",
            "Tokens name the environment as their issuer, not the issuer of the metadata: this preset takes both.",
        ],
        ..PLAIN
    },
    Provider {
        name: "auth0",
        title: "Auth0",
        settings: &[setting("domain", "the tenant's domain, or its custom domain", "acme.eu.auth0.com", Kind::Host)],
        issuer: "https://{domain}/",
        scope_claims: &["scope", "permissions"],
        steps: &[
            "Applications, APIs, Create API: the identifier is {mcp}, the algorithm RS256.",
            "There, add the permissions {read} and {write}.",
            "Settings, Advanced: turn the Resource Parameter Compatibility Profile on, or make {mcp} the default audience; without either the tokens are opaque or encrypted.",
            "Settings, Advanced: turn Dynamic Client Registration on, and make the connections domain-level, so that clients that register themselves can use them; or create a native application for each client.",
        ],
        ..PLAIN
    },
    Provider {
        name: "entra",
        title: "Microsoft Entra ID",
        settings: &[
            setting(
                "tenant",
                "the directory (tenant) id; not `common`",
                "11111111-2222-3333-4444-555555555555",
                Kind::Text(""),
            ),
            setting(
                "app-id",
                "the application (client) id of the app registration",
                "66666666-7777-8888-9999-000000000000",
                Kind::Text(""),
            ),
        ],
        issuer: "https://login.microsoftonline.com/{tenant}/v2.0",
        token_issuers: &["https://sts.windows.net/{tenant}/"],
        audiences: &["{app-id}", "api://{app-id}"],
        scope_claims: &["scp", "roles"],
        scopes: &[
            ("search:read", "api://{app-id}/search.read"),
            ("search:write", "api://{app-id}/search.write"),
            ("search:admin", "api://{app-id}/search.admin"),
        ],
        short_scopes: true,
        steps: &[
            "App registrations, the app, Expose an API: the application ID URI is api://{app-id}; add the scopes search.read and search.write.",
            "Manifest: requestedAccessTokenVersion is 2.",
            "There is no dynamic registration: register each client as a public client with the redirect URI http://localhost, and give users its id.",
            "The metadata promises no PKCE (code_challenge_methods_supported): clients that insist on it refuse to log in.",
            "A `resource` that is not the application's own is refused (AADSTS9010010): clients must leave it away or send api://{app-id}.",
        ],
        ..PLAIN
    },
    Provider {
        name: "keycloak",
        title: "Keycloak",
        settings: &[
            setting("url", "the URL of the server, with its path if it has one", "https://sso.example.com", Kind::Url),
            setting("realm", "the realm", "acme", Kind::Text("")),
        ],
        issuer: "{url}/realms/{realm}",
        steps: &[
            "Client scopes: make {read} and {write}, type Optional, include in token scope.",
            "Client scopes: make one more, type Default, with a mapper of type Audience whose Included Custom Audience is {mcp}; without it no token names this server.",
            "Clients, Client registration, Client registration policies: Trusted Hosts refuses clients of other machines, Allowed Client Scopes must name the scopes above.",
            "Users log in with clients that register themselves; they need no client of yours.",
        ],
        ..PLAIN
    },
    Provider {
        name: "cognito",
        title: "Amazon Cognito",
        settings: &[
            setting("region", "the region of the user pool", "eu-central-1", Kind::Text("")),
            setting("user-pool", "the id of the user pool", "eu-central-1_AbCdEfGhI", Kind::Text("")),
            setting(
                "client-ids",
                "the app clients whose tokens are taken: tokens without `aud` name only their client",
                "1abc2def,3ghi4jkl",
                Kind::List,
            ),
        ],
        issuer: "https://cognito-idp.{region}.amazonaws.com/{user-pool}",
        scopes: &[
            ("search:read", "{mcp}/search.read"),
            ("search:write", "{mcp}/search.write"),
            ("search:admin", "{mcp}/search.admin"),
        ],
        must: &[("token_use", "access")],
        clients: Some("client-ids"),
        steps: &[
            "Branding, Domain, Resource servers: the identifier is {mcp}; custom scopes search.read and search.write.",
            "App clients: a public client for each MCP client, with its loopback redirect URI, the authorization code grant and the scopes above.",
            "There is no dynamic registration: give users the id of the client.",
            "The metadata promises no PKCE (code_challenge_methods_supported): clients that insist on it refuse to log in.",
        ],
        ..PLAIN
    },
    Provider {
        name: "workos",
        title: "WorkOS AuthKit",
        settings: &[setting("domain", "the AuthKit domain (Dashboard, Domains)", "acme.authkit.app", Kind::Host)],
        issuer: "https://{domain}",
        steps: &[
            "Connect, Configuration: turn client ID metadata documents on, and dynamic client registration for clients that do not know them.",
            "Connect, Configuration, MCP: add {mcp} as a resource indicator; without it the audience is the environment's client id.",
            "AuthKit knows no scopes of ours: `--map-scope search:read=openid` lets everybody who logged in search.",
        ],
        ..PLAIN
    },
    Provider {
        name: "okta",
        title: "Okta",
        settings: &[
            setting("domain", "the Okta domain", "acme.okta.com", Kind::Host),
            setting(
                "server",
                "the id of a custom authorization server; tokens of the org authorization server cannot be checked by others",
                "default",
                Kind::Text(""),
            ),
        ],
        issuer: "https://{domain}/oauth2/{server}",
        scope_claims: &["scp", "scope"],
        steps: &[
            "Security, API, Authorization Servers, {server}: the audience is {mcp}.",
            "There, Scopes: add {read} and {write}; Access Policies: a rule that lets the clients have them.",
            "Open dynamic registration needs an API token: register each client as a native application with its loopback redirect URI.",
        ],
        ..PLAIN
    },
    Provider {
        name: "descope",
        title: "Descope",
        settings: &[
            setting(
                "issuer",
                "the issuer of the MCP server (Agentic Identity Hub, MCP Servers, Connection Information)",
                "https://api.descope.com/v1/apps/agentic/P2abc/MS3def",
                Kind::Url,
            ),
            setting("project-id", "the project id: tokens name it as their audience", "P2abc", Kind::Text("P")),
        ],
        issuer: "{issuer}",
        token_issuers: &["https://api.descope.com/{project-id}", "https://api.descope.com/v1/apps/{project-id}"],
        audiences: &["{project-id}"],
        steps: &[
            "MCP Servers, the server: its URL is {mcp}; scopes {read} and {write}.",
            "There, turn dynamic client registration or client ID metadata documents on.",
            "Tokens name the project, not this server, as their audience: a token for another server of the project is taken, too.",
        ],
        ..PLAIN
    },
    Provider {
        name: "stytch",
        title: "Stytch",
        settings: &[
            setting(
                "domain",
                "the project's domain (Dashboard, Project overview), or its custom domain",
                "acme.customers.stytch.com",
                Kind::Host,
            ),
            setting(
                "project-id",
                "the project id: tokens name it as their audience",
                "project-live-1234",
                Kind::Text("project-"),
            ),
        ],
        issuer: "https://{domain}",
        token_issuers: &["stytch.com/{project-id}"],
        audiences: &["{project-id}"],
        steps: &[
            "Connected Apps: turn dynamic client registration on, and name the page of yours that shows the consent.",
            "Connected Apps, Scopes: add {read} and {write}.",
            "Tokens name the project, not this server, as their audience: a token for another server of the project is taken, too.",
        ],
        ..PLAIN
    },
    Provider {
        name: "clerk",
        title: "Clerk",
        settings: &[setting("domain", "the Frontend API host", "clerk.example.com", Kind::Host)],
        issuer: "https://{domain}",
        steps: &[
            "OAuth applications, Settings: turn dynamic client registration on, and JWT access tokens.",
            "Clerk knows no scopes of ours: `--map-scope search:read=profile` lets everybody who logged in search.",
            "If tokens name no audience, list the clients with --token-client.",
        ],
        ..PLAIN
    },
    Provider {
        name: "google",
        title: "Google",
        unusable: Some(
            "its access tokens are opaque and for Google's own services, and it has no introspection endpoint; put an authorization server in between that lets people sign in with Google, and name that one",
        ),
        ..PLAIN
    },
    Provider {
        name: "github",
        title: "GitHub",
        unusable: Some(
            "it publishes no authorization server metadata and its tokens are for its own services; put an authorization server in between that lets people sign in with GitHub, and name that one",
        ),
        ..PLAIN
    },
];

/// The names, with commas between.
#[must_use]
pub fn names() -> String {
    PROVIDERS.iter().map(|provider| provider.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::super::preset::{Preset, PresetError};
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_row_is_whole_and_fills_every_placeholder_from_its_examples() {
        for provider in PROVIDERS.iter().filter(|provider| provider.unusable.is_none()) {
            let examples: Vec<_> = provider.settings.iter().map(|s| (s.name, s.example)).collect();
            let preset = Preset::new(provider.name, &given(&examples)).unwrap();
            let settings = preset.settings().at("https://mcp.example.com/mcp");
            let text = format!("{settings:?} {:?}", preset.checklist("https://mcp.example.com/mcp", &settings));
            let unfilled = ["{mcp}", "{read}", "{write}"].into_iter().find(|word| text.contains(word));
            assert_eq!(unfilled, None, "{}", provider.name);
            for setting in provider.settings {
                assert!(!text.contains(&format!("{{{}}}", setting.name)), "{}: {text}", provider.name);
            }
            assert!(Url::parse(&settings.issuer).is_ok_and(|url| url.scheme() == "https"), "{}", settings.issuer);
            assert!(provider.steps.len() >= 3 && !provider.title.is_empty(), "{}", provider.name);
            if !provider.settings.is_empty() {
                let Err(PresetError::Settings(missing)) = Preset::new(provider.name, &[]) else {
                    panic!("{} needs nothing", provider.name)
                };
                assert_eq!(missing.len(), provider.settings.len(), "a sentence for each: {missing:?}");
            }
        }
    }

    #[test]
    fn wrong_settings_are_told_in_a_sentence_each() {
        let wrong = given(&[("environment", "acme.scalekit.dev"), ("resource-id", "1234"), ("color", "blue")]);
        let text = Preset::new("scalekit", &wrong).unwrap_err().to_string();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains("ScaleKit has no setting `color`"), "{text}");
        assert!(text.contains("`environment` must be an http(s) URL"), "{text}");
        assert!(text.contains("`resource-id` must be a text that begins with `res_`"), "{text}");
        let text = Preset::new("auth0", &given(&[("domain", "https://acme.eu.auth0.com")])).unwrap_err().to_string();
        assert!(text.contains("a host name alone"), "{text}");
        assert!(Preset::new("google", &[]).unwrap_err().to_string().contains("introspection"));
        assert!(Preset::new("nobody", &[]).unwrap_err().to_string().contains("keycloak"));
    }
}
