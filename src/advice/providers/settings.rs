//! What to change where: one row a provider and cause. Providers rename their pages; the source says where it was read.

use super::Setting;

const AUTH0_PROFILE: &str = "https://support.auth0.com/center/s/article/mcp-audience-error-with-auth0";
const DESCOPE: &str = "https://docs.descope.com/agentic-identity-hub/mcp-servers/settings";
const STYTCH: &str = "https://stytch.com/docs/api/connected-app-dynamic-client-registration";
const STYTCH_MCP: &str = "https://stytch.com/docs/connected-apps/guides/mcp-auth-overview";
const SCALEKIT: &str = "https://docs.scalekit.com/guides/mcp/oauth";
const OKTA: &str = "https://developer.okta.com/docs/guides/customize-authz-server/create-authz-server/";
const WORKOS: &str = "https://docs.mcp-use.com/typescript/server/authentication/providers/workos";

const FASTMCP: &str = "https://gofastmcp.com/servers/auth/oauth-proxy";

const fn setting(
    provider: &'static str,
    checks: &'static [&'static str],
    says: &'static str,
    source: &'static str,
) -> Setting {
    Setting { provider, checks, says, source }
}

/// The rows.
pub const SETTINGS: &[Setting] = &[
    // --- Entra
    setting(
        "entra",
        &["asm-pkce-present", "asm-pkce-s256"],
        "Entra does PKCE and its metadata does not say so, and that cannot be configured: serve a copy of the metadata with `\"code_challenge_methods_supported\": [\"S256\"]` from a host of yours, under an issuer of its own, and name that in `authorization_servers`",
        "modelcontextprotocol/typescript-sdk#2831",
    ),
    setting(
        "entra",
        &["asm-registration-path", "asm-cimd"],
        "Entra has no registration for unknown clients: register each under App registrations, as a mobile and desktop application, with its redirect URIs (VS Code: http://127.0.0.1:33418 and https://vscode.dev/redirect), and give users the client id",
        "microsoft/vscode#282472",
    ),
    setting(
        "entra",
        &["asm-issuer-match", "asm-issuer-form", "prm-as-issuer"],
        "name your tenant: `https://login.microsoftonline.com/TENANT-ID/v2.0`; the metadata of `/common` and `/organizations` holds the template `{tenantid}` instead of an issuer",
        "openai/codex#38973",
    ),
    setting(
        "entra",
        &[
            "prm-resource-match",
            "prm-slash-consistency",
            "authz-resource-accepted",
            "token-resource-accepted",
            "refresh-resource",
        ],
        "AADSTS9010010: scope and `resource` must belong to one app: set the Application ID URI (Expose an API) to the MCP URL without a slash at its end, and publish scopes that begin with it",
        "anthropics/claude-code#52871",
    ),
    setting(
        "entra",
        &["token-iss", "token-aud", "rs-valid-accepted"],
        "set `requestedAccessTokenVersion` to 2 in the manifest of the API's app: version 1 names the issuer `https://sts.windows.net/TENANT-ID/` and the audience `api://…`",
        "PrefectHQ/fastmcp#3835",
    ),
    setting(
        "entra",
        &["refresh-scope-kept"],
        "Entra needs `scope` in the refresh request, too",
        "anthropics/claude-code#89862",
    ),
    // --- Auth0
    setting(
        "auth0",
        &["token-aud", "token-aud-default", "rs-valid-accepted", "authz-resource-accepted"],
        "turn on Settings > Advanced > Resource Parameter Compatibility Profile, and create an API whose identifier is the MCP URL; without an API Auth0 issues an opaque or encrypted token for `/userinfo`",
        AUTH0_PROFILE,
    ),
    setting(
        "auth0",
        &["asm-registration-path", "reg-open"],
        "turn on Settings > Advanced > OIDC Dynamic Application Registration, and promote a connection to domain level so that registered clients may use it",
        "https://docs.mcp-use.com/typescript/server/authentication/providers/auth0",
    ),
    setting(
        "auth0",
        &["prm-slash-consistency", "prm-resource-match"],
        "the identifier of the API is the audience, byte for byte: create it without a slash at its end",
        "danny-avila/LibreChat#13401",
    ),
    // --- Okta
    setting(
        "okta",
        &["token-aud", "token-signature", "rs-valid-accepted", "token-aud-default"],
        "use a custom authorization server (Security > API, e.g. `https://DOMAIN/oauth2/default`) and set its Audience to the MCP URL; tokens of the org's own server are for Okta alone",
        OKTA,
    ),
    setting(
        "okta",
        &["asm-registration-path", "reg-open"],
        "Okta's registration endpoint wants a session or an API token (error E0000005 or E0000011): register the clients by hand and give users the client id",
        "openai/codex#19154",
    ),
    // --- Keycloak
    setting(
        "keycloak",
        &["token-aud", "rs-valid-accepted", "token-aud-default", "rs-audience"],
        "add a mapper of type Audience with the MCP URL as Included Custom Audience to a client scope, and make that scope a default one of the realm, so that clients that register themselves have it",
        "agentic-community/mcp-gateway-registry#1117",
    ),
    setting(
        "keycloak",
        &["reg-open"],
        "Clients > Client registration > Policies for anonymous access: remove or extend the policy Trusted Hosts",
        "dnotitia/akb#635",
    ),
    setting(
        "keycloak",
        &["authz-resource-accepted", "token-resource-accepted"],
        "Keycloak does not act on `resource`: bind the audience with a mapper of a client scope instead",
        "keycloak/keycloak#45739",
    ),
    setting(
        "keycloak",
        &["asm-path-insertion", "asm-discoverable"],
        "let the reverse proxy answer `/.well-known/oauth-authorization-server/realms/REALM` with what Keycloak serves at `/realms/REALM/.well-known/openid-configuration`",
        "modelcontextprotocol/inspector#2296",
    ),
    setting(
        "keycloak",
        &["asm-issuer-match", "asm-issuer-form", "asm-endpoint-origin", "tls-as-https"],
        "set `KC_HOSTNAME` to the public URL and `KC_PROXY_HEADERS=xforwarded` behind a proxy",
        "https://www.keycloak.org/server/reverseproxy",
    ),
    // --- Cognito
    setting(
        "cognito",
        &["asm-pkce-present", "asm-pkce-s256"],
        "Cognito does PKCE and its metadata does not say so: serve a copy of the metadata with `\"code_challenge_methods_supported\": [\"S256\"]` from a host of yours, under an issuer of its own, and name that in `authorization_servers`",
        "empires-security/mcp-oauth2-aws-cognito#9",
    ),
    setting(
        "cognito",
        &["asm-registration-path", "asm-cimd"],
        "Cognito has no registration endpoint: put one of your own before it (it calls CreateUserPoolClient), or create an app client by hand and give users its id",
        "anthropics/claude-code#67258",
    ),
    setting(
        "cognito",
        &["token-aud", "rs-valid-accepted", "rs-audience"],
        "Cognito's access tokens have no `aud`: check `client_id` and `token_use: access` instead, or use the resource binding of a resource server",
        "PrefectHQ/fastmcp#3739",
    ),
    // --- Google
    setting(
        "google",
        &["asm-issuer-match"],
        "write `https://accounts.google.com` without a slash at its end",
        "github/copilot-cli#4606",
    ),
    setting(
        "google",
        &["asm-registration-path", "asm-cimd"],
        "Google has no registration for unknown clients: put an OAuth proxy before it that registers clients itself",
        "punkpeye/mcp-remote#53",
    ),
    setting(
        "google",
        &["refresh-issued", "asm-scopes"],
        "Google issues refresh tokens for `access_type=offline` with `prompt=consent` only: add both in the proxy before it",
        "home-assistant/core#180546",
    ),
    // --- GitHub
    setting(
        "github",
        &["asm-discoverable", "asm-registration-path", "asm-cimd"],
        "GitHub has neither metadata for MCP clients nor registration: put an OAuth proxy before it and name that as the authorization server",
        "github/github-mcp-server#2532",
    ),
    setting(
        "github",
        &["token-success-json", "token-error-json", "token-error-status"],
        "GitHub answers with a form unless `Accept: application/json` is sent, and errors with 200: translate both in the proxy before it",
        "NousResearch/hermes-agent#44592",
    ),
    // --- WorkOS
    setting(
        "workos",
        &["authz-resource-accepted", "token-resource-accepted", "token-aud"],
        "add the MCP URL as a resource indicator of the AuthKit domain, byte for byte as in `resource`; others are refused with `invalid_target`",
        "anthropics/claude-ai-mcp#271",
    ),
    setting(
        "workos",
        &["asm-registration-path", "reg-open", "asm-cimd"],
        "turn on Dynamic Client Registration and Client ID Metadata Document under Connect > Configuration",
        WORKOS,
    ),
    // --- Descope
    setting(
        "descope",
        &["asm-registration-path", "asm-cimd", "reg-open"],
        "in the settings of the MCP server, under MCP Client Registration, turn on CIMD and DCR",
        DESCOPE,
    ),
    setting(
        "descope",
        &["token-aud", "rs-valid-accepted", "rs-audience"],
        "in the settings of the MCP server, fill in MCP Server URL: it becomes `aud`",
        DESCOPE,
    ),
    // --- Stytch
    setting(
        "stytch",
        &["asm-registration-path", "reg-open"],
        "turn on Allow dynamic client registration in the section Connected Apps of the dashboard",
        STYTCH,
    ),
    setting(
        "stytch",
        &["challenge-header-present", "challenge-resource-metadata", "prm-discoverable"],
        "Stytch leaves the 401 and the resource metadata to the MCP server: serve both there",
        STYTCH_MCP,
    ),
    // --- ScaleKit
    setting(
        "scalekit",
        &["asm-registration-path", "reg-open", "asm-cimd"],
        "in the dashboard, under MCP servers, let MCP hosts register dynamically",
        SCALEKIT,
    ),
    setting(
        "scalekit",
        &["token-aud", "rs-valid-accepted", "rs-audience", "prm-resource-match"],
        "register the server under exactly the URL of `resource`, and check the audience against the resource id or that URL",
        SCALEKIT,
    ),
    setting(
        "scalekit",
        &["prm-as-issuer", "asm-discoverable"],
        "name the issuer of the resource (`https://ENVIRONMENT/resources/RESOURCE-ID`) in `authorization_servers`, not the environment",
        SCALEKIT,
    ),
    // --- Cloudflare
    setting(
        "cloudflare",
        &["cimd-works", "asm-cimd-type"],
        "workers-oauth-provider: set the compatibility flag `global_fetch_strictly_public`, so that documents can be fetched, or do not advertise them",
        "cloudflare/mcp#195",
    ),
    setting(
        "cloudflare",
        &["authz-loopback-port", "authz-localhost-port"],
        "workers-oauth-provider compared the port of loopback redirect URIs: see whether your version does",
        "cloudflare/workers-oauth-provider#154",
    ),
    setting(
        "cloudflare",
        &["reg-echo", "reg-client-id", "reg-secret-expiry"],
        "workers-oauth-provider answered registrations with members that are null: see whether your version does",
        "cloudflare/workers-oauth-provider#163",
    ),
    setting(
        "cloudflare",
        &["challenge-user-agents", "challenge-status-401"],
        "turn off Block AI bots for the zone, or for the host of the MCP server; a skip rule does not lift it",
        "anthropics/claude-ai-mcp#49",
    ),
    // --- better-auth
    setting(
        "better-auth",
        &["cors-expose", "cors-metadata"],
        "better-auth leaves CORS to the application: allow the origin on the MCP route and `/.well-known/*`, and expose `WWW-Authenticate`",
        "better-auth/better-auth#10272",
    ),
    setting(
        "better-auth",
        &["refresh-issued", "asm-scopes", "prm-scopes-offline-access"],
        "refresh tokens are issued for `offline_access` only: list it in `scopes` of the plugin",
        "buildinternet/uploads#911",
    ),
    setting(
        "better-auth",
        &["token-invalid-client", "authz-unknown-client"],
        "keep registered clients in the database, and answer `invalid_client` for those that are gone",
        "better-auth/better-auth#11035",
    ),
    // --- FastMCP
    setting(
        "fastmcp-proxy",
        &[
            "challenge-rm-scheme",
            "prm-resource-match",
            "prm-resource-uri",
            "asm-issuer-match",
            "asm-issuer-form",
            "asm-endpoint-origin",
        ],
        "give the proxy its public URL: `OAuthProxy(base_url=\"https://HOST\", …)`",
        FASTMCP,
    ),
    setting(
        "fastmcp-proxy",
        &["authz-loopback-port", "authz-localhost-port"],
        "list the patterns of native clients: `allowed_client_redirect_uris=[\"http://localhost:*\", \"http://127.0.0.1:*\"]`",
        FASTMCP,
    ),
    setting(
        "fastmcp-proxy",
        &["authz-iss-as-advertised", "authz-iss-match"],
        "FastMCP advertised `iss` and did not send it: see whether your version does",
        "PrefectHQ/fastmcp#4438",
    ),
    setting(
        "fastmcp-proxy",
        &["refresh-old-invalid", "refresh-works"],
        "a refresh that is repeated in a race ended the session in FastMCP: see whether your version does that",
        "PrefectHQ/fastmcp#4901",
    ),
    setting(
        "fastmcp-proxy",
        &["prm-scopes", "challenge-scope"],
        "give `required_scopes` to the token verifier: they are published in the metadata and the challenge",
        "PrefectHQ/fastmcp#1794",
    ),
];
