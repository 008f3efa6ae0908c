//! What the MCP server does with good tokens and in their neighbourhood: RFC 6750 §2–3, MCP authorization "Token
//! Handling".

use super::trials;

trials! { ResourceTrial:
    /// The control: the request that is refused without a token, with a good one.
    GOOD = "good", "sent a good token";
    /// The scheme in small letters.
    SMALL_SCHEME = "small-scheme", "sent a good token after `bearer` in small letters";
    /// The scheme in capital letters.
    CAPITAL_SCHEME = "capital-scheme", "sent a good token after `BEARER` in capital letters";
    /// The same request without a token, after one with it.
    BARE = "bare", "sent the request without a token, right after the same one with a good token";
    /// The begin of a session.
    SESSION = "session", "began a session with a good token";
    /// The end of its handshake.
    SESSION_READY = "session-ready", "said that the session is begun";
    /// A control: a request of sessions, without session and without token.
    NO_SESSION = "no-session", "listed the tools without a session and without a token";
    /// A token of the other kind.
    REFRESH = "refresh-token", "sent a refresh token as the access token";
    /// The control of the next two: the list, with the token of the login.
    USUAL_LIST = "usual-list", "listed the tools with the token of the login";
    /// The same with a token that was never used.
    FRESH_LIST = "fresh-list", "listed the tools with a token that was never used before, without `server/discover`";
    /// The same with a token that has more scope.
    WIDER_LIST = "wider-list", "listed the tools with a token that has more scope";
    /// The session without the token.
    SESSION_BARE = "session-bare", "sent the id of the session instead of a token";
}

trials! { ScopeTrial:
    /// The tool that needs more scope.
    STEP_UP = "step-up", "called the tool that needs more scope than the token has";
    /// The same again, where it was refused.
    STEP_UP_AGAIN = "step-up-again", "called the same tool again";
    /// The same with the scope that the refusal names.
    STEPPED_UP = "stepped-up", "called the same tool with the scope that the refusal named";
}
