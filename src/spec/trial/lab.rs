//! Tokens made with the signing key that the operator lent: RFC 9068 §4, RFC 7519 §4.1, RFC 7515 §4.1.11.

use super::trials;

trials! { LabTrial:
    /// The control: everything right.
    RIGHT = "minted", "sent a token with everything right, signed with the key given";
    /// Expired an hour ago.
    EXPIRED = "expired", "sent a token that expired an hour ago";
    /// Expired an hour ago, and of no use before.
    EXPIRED_NARROW = "expired-narrow", "sent a token that expired an hour ago and has no scope";
    /// For another resource.
    OTHER_AUDIENCE = "other-audience", "sent a token whose `aud` is another resource";
    /// A header parameter that must be understood, and that nobody knows.
    CRITICAL = "critical", "sent a token whose header says that an unknown parameter must be understood (`crit`)";
    /// Valid in an hour.
    NOT_YET = "not-yet", "sent a token that is valid in an hour only (`nbf`)";
    /// Valid for ever.
    NO_EXPIRY = "no-expiry", "sent a token that never expires (no `exp`)";
    /// Of another issuer.
    OTHER_ISSUER = "other-issuer", "sent a token whose `iss` is another authorization server";
    /// Of another type.
    OTHER_TYPE = "other-type", "sent a token that says it is no access token (`typ: JWT` instead of `at+jwt`)";
    /// An ID token.
    ID_TOKEN = "id-token", "sent an ID token: `typ: JWT`, a `nonce`, and the client as `aud`";
    /// For nobody.
    NO_AUDIENCE = "no-audience", "sent a token without `aud`";
    /// For a resource whose name begins with that of this one: another host.
    LONGER_HOST = "longer-audience", "sent a token whose `aud` is this resource with `.evil.example` behind it";
    /// For a resource whose name begins with that of this one: another path.
    LONGER_PATH = "longer-path", "sent a token whose `aud` is this resource with `-x` behind it";
    /// For this resource and another.
    AUDIENCE_LIST = "audience-list", "sent a token whose `aud` is a list of this resource and another";
    /// For this resource, in capital letters.
    CAPITAL_AUDIENCE = "capital-audience", "sent a token whose `aud` has the scheme and the host in capital letters";
    /// In the query.
    IN_QUERY = "in-query", "sent a good token in the query of the URL (`access_token`), and none in a header";
    /// The begin of a session.
    USER_SESSION = "user-session", "began a session with a token that we signed";
    /// The same request in a session that nobody began.
    NO_USER_SESSION = "no-user-session", "named a session that nobody began";
    /// The state of a call with the token of another user.
    OTHER_USER_STATE = "other-user-state", "sent the `requestState` of a call with a token of another user (`sub`)";
    /// The session with the token of another user.
    OTHER_USER = "other-user", "used the session with a token of another user (`sub`)";
}
