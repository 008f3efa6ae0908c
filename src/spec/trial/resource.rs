//! What the MCP server does with good tokens and in their neighbourhood: RFC 6750 §2–3, MCP authorization "Token
//! Handling".

use super::trials;

trials! { ResourceTrial:
    /// The control: the request that is refused without a token, with a good one.
    GOOD = "good", "sent a good token";
}
