//! Tokens that the operator lends, and the tool that the operator names: MCP authorization "Token Handling", multi
//! round-trip requests "Server Requirements", Security Best Practices "Session Hijacking" and "State Handle Hijacking".

use super::trials;

trials! { ForeignTrial:
    /// A token for somebody else.
    FOREIGN = "foreign", "sent the token given that was made for another resource";
}

trials! { ExpiredTrial:
    /// A token of yesterday.
    EXPIRED = "expired-given", "sent the token given that has expired";
}

trials! { UpstreamTrial:
    /// A token for the API behind the server.
    UPSTREAM = "upstream", "sent the token given for the API behind the server";
}

trials! { SecondTrial:
    /// The control: the second account's own token.
    SECOND = "second", "sent the token of the second account";
    /// The begin of a session of the first account.
    OWN_SESSION = "own-session", "began a session with the token of the first account";
    /// A control: a session that nobody began.
    LOST_SESSION = "lost-session", "named a session that nobody began, with the token of the second account";
    /// The session of the first account.
    TAKEN_SESSION = "taken-session", "used the session of the first account with the token of the second";
    /// The state of the first account.
    TAKEN_STATE = "taken-state", "sent the `requestState` of the first account with the token of the second";
}

trials! { ToolTrial:
    /// The tool, by a client that cannot be asked anything.
    TOOL = "tool", "called the tool named and declared no capabilities";
    /// The tool, by a client that can.
    ASKED = "tool-asked", "called the tool named and declared that the user can be asked";
    /// The control: the state as it came.
    ANSWERED = "tool-answered", "answered what the tool asks, with its `requestState` as it came";
    /// The state, changed.
    TAMPERED = "tool-tampered", "answered what the tool asks, with one character of its `requestState` changed";
}

trials! { ImpliedTrial:
    /// The control: the scope that the tool needs.
    NEEDED = "implied-needed", "called the tool named with a token that has only the scope it needs";
    /// The scope that implies it.
    IMPLIED = "implied", "called the tool named with a token that has only a scope that implies the one it needs";
}
