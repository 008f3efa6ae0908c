//! Authorization requests: draft-ietf-oauth-v2-1 §2.3, §3.1, §4.1.1–4.1.2, §7.5.4, §7.10, RFC 7636, RFC 8707 §2.1, RFC 9207.
//! None of the codes is redeemed.

use super::trials;

trials! { AuthorizeTrial:
    /// The control: a request as it must be.
    RIGHT = "right", "sent a request as it must be";
    /// The control that must be refused: a client that nobody knows.
    UNKNOWN_CLIENT = "unknown-client", "sent a `client_id` that nobody was given, with a redirect URI of another host";
    /// The control that tells whether parameters are looked at before the login.
    UNKNOWN_TYPE = "unknown-type", "sent a `response_type` that does not exist";
    /// The control where `resource` is what is refused.
    NO_RESOURCE = "no-resource", "sent no `resource`";
    /// Our client, another host.
    OTHER_REDIRECT = "other-redirect", "sent a redirect URI at a host that was never registered";

    /// A parameter that no document defines.
    UNKNOWN_PARAMETER = "unknown-parameter", "sent a parameter that no document defines";
    /// The resource with a slash more, or less.
    RESOURCE_SLASH = "resource-slash", "sent the `resource` with the slash at its end added or taken away";
    /// The resource in another spelling of the same URL.
    RESOURCE_CASE = "resource-case", "sent the `resource` with scheme and host in capital letters";
    /// Somebody else's resource.
    FOREIGN_RESOURCE = "foreign-resource", "sent the `resource` of somebody else";
    /// No absolute URI.
    RELATIVE_RESOURCE = "relative-resource", "sent a `resource` that is no absolute URI";
    /// A fragment.
    FRAGMENT_RESOURCE = "fragment-resource", "sent a `resource` with a fragment";

    /// A path behind the registered one.
    REDIRECT_SUFFIX = "redirect-suffix", "sent the registered redirect URI with more path behind it";
    /// A query that was not registered.
    REDIRECT_QUERY = "redirect-query", "sent the registered redirect URI with a query that was not registered";
    /// The same path, through another.
    REDIRECT_DOTS = "redirect-dots", "sent the registered redirect URI with `..` in its path";
    /// A user before the host.
    REDIRECT_USER = "redirect-user", "sent the registered redirect URI with a user before the host";
    /// The path in capitals.
    REDIRECT_CASE = "redirect-case", "sent the registered redirect URI with its path in capital letters";
    /// https for http, or the other way round.
    REDIRECT_SCHEME = "redirect-scheme", "sent the registered redirect URI with the other of http and https";
    /// A slash at the end.
    REDIRECT_SLASH = "redirect-slash", "sent the registered redirect URI with a slash at its end";
    /// Another path of the same loopback address.
    OTHER_PATH = "other-path", "sent another path of the registered loopback address";
    /// Another port of the same loopback address.
    OTHER_PORT = "other-port", "sent another port of the registered loopback address";
    /// The control of the next: `localhost`, as registered.
    LOCALHOST = "localhost-right", "sent a redirect URI at `localhost` as it was registered";
    /// Another port of `localhost`.
    LOCALHOST_PORT = "localhost-port", "sent another port of a registered redirect URI at `localhost`";
    /// A redirect URI with a query, as registered.
    KEPT_QUERY = "kept-query", "sent a redirect URI with a query as it was registered";
    /// Two, the right one first.
    TWO_REDIRECTS = "two-redirects", "sent `redirect_uri` twice, the registered one first";
    /// Two, the right one last.
    TWO_REDIRECTS_LAST = "two-redirects-last", "sent `redirect_uri` twice, the registered one last";

    /// No PKCE.
    NO_CHALLENGE = "no-challenge", "sent no `code_challenge`";
    /// A method that does not exist.
    UNKNOWN_METHOD = "unknown-challenge-method", "sent a `code_challenge_method` that does not exist";
    /// The method that protects little.
    PLAIN = "plain", "sent `code_challenge_method=plain`";
    /// No response type.
    NO_TYPE = "no-type", "sent no `response_type`";
    /// The implicit grant.
    IMPLICIT = "implicit", "asked for a token in the redirect (`response_type=token`)";

    /// A scope that nobody knows.
    BAD_SCOPE = "bad-scope", "asked for a scope that does not exist";
    /// No scope.
    NO_SCOPE = "no-scope", "sent no `scope`";
    /// The scope for refresh tokens.
    OFFLINE = "offline", "asked for `offline_access`, which the metadata lists";
    /// A state that is hard to repeat.
    ODD_STATE = "odd-state", "sent a response type that does not exist with a `state` of 512 characters of every kind";

    /// A page, please.
    PAGE = "page", "asked for the login page (`prompt=login`)";
    /// A bad request of a client that anybody could have registered, which must not send the user away.
    INSTANT = "instant", "asked for a login and a scope that does not exist";
    /// From a web page.
    FROM_PAGE = "from-page", "sent a request as a web page of another origin does";
    /// The button of the page, pressed in another browser.
    DENIED_ELSEWHERE = "denied-elsewhere", "pressed the button that denies, without the cookies of the page";
    /// The button of the page.
    DENIED = "denied", "pressed the button of the page that denies";
}
