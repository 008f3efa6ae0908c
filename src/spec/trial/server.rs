//! Bad requests at the endpoints of the authorization server that create nothing: RFC 6749 §5.2, RFC 7009 §2.2, RFC 7662
//! §2.1.

use super::trials;

trials! { ServerTrial:
    /// A code that was never issued, by a client that nobody knows.
    BOGUS_CODE = "bogus-code", "sent a code that was never issued";
    /// The same in the query of a GET.
    QUERY = "token-query", "sent a token request as GET, with its parameters in the URL";
    /// A grant type that nobody knows.
    UNKNOWN_GRANT = "unknown-grant", "asked for tokens with a grant type that does not exist";
    /// Basic credentials that nobody has.
    WRONG_BASIC = "wrong-basic", "sent Basic credentials that nobody was given";
    /// A code that was never issued, by a client of ours.
    BAD_CODE = "bad-code", "sent, as a known client, a code that was never issued";
    /// The same with a parameter that nobody knows.
    EXTRA_PARAMETER = "extra-parameter", "sent the same bad code with a parameter that nobody knows";
    /// The password grant, for a user that cannot be.
    PASSWORD = "password-grant", "asked for tokens with the name and password of a user that does not exist";
    /// A refresh token that was never issued.
    BAD_REFRESH = "bad-refresh", "sent, as a known client, a refresh token that was never issued";
    /// Revocation of a token that was never issued.
    REVOKE_UNKNOWN = "revoke-unknown", "asked, as a known client, to revoke a token that was never issued";
    /// Introspection without any credentials.
    INTROSPECT_STRANGER = "introspect-stranger", "asked without credentials what a token is worth";
}
