//! Authorization requests: draft-ietf-oauth-v2-1 §4.1.1–4.1.2, RFC 7636, RFC 8707 §2.1. None of the codes is redeemed.

use super::trials;

trials! { AuthorizeTrial:
    /// The control: a request as it must be.
    RIGHT = "right", "sent a request as it must be";
    /// The control that must be refused: a client that nobody knows.
    UNKNOWN_CLIENT = "unknown-client", "sent a `client_id` that nobody was given, with a redirect URI of another host";
    /// The control that tells whether parameters are looked at before the login.
    UNKNOWN_TYPE = "unknown-type", "sent a `response_type` that does not exist";
    /// Our client, another host.
    OTHER_REDIRECT = "other-redirect", "sent a redirect URI at a host that was never registered";
    /// No PKCE.
    NO_CHALLENGE = "no-challenge", "sent no `code_challenge`";
    /// A scope that nobody knows.
    BAD_SCOPE = "bad-scope", "asked for a scope that does not exist";
}
