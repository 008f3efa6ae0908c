//! The published revisions of the Model Context Protocol, in order of time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A published protocol revision. Ordered: later revisions compare greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Revision {
    /// The MCP server is its own authorization server; metadata at the origin, default endpoints.
    #[serde(rename = "2025-03-26")]
    R2025_03_26,
    /// Protected resource metadata (RFC 9728), resource indicators, audience checks.
    #[serde(rename = "2025-06-18")]
    R2025_06_18,
    /// OpenID discovery, client ID metadata documents, scope challenges.
    #[serde(rename = "2025-11-25")]
    R2025_11_25,
    /// Stateless wire, issuer identity, RFC 9207, credentials bound to the issuer.
    #[serde(rename = "2026-07-28")]
    R2026_07_28,
}

/// How requests of a revision travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireStyle {
    /// `initialize` handshake, `Mcp-Session-Id`, to 2025-11-25.
    Stateful,
    /// Every request carries its own `_meta`; since 2026-07-28.
    Stateless,
}

impl Revision {
    /// Every revision, oldest first.
    pub const ALL: [Self; 4] = [Self::R2025_03_26, Self::R2025_06_18, Self::R2025_11_25, Self::R2026_07_28];
    /// The current release.
    pub const LATEST: Self = Self::R2026_07_28;
    /// The newest revision that starts with `initialize`.
    pub const LATEST_STATEFUL: Self = Self::R2025_11_25;

    /// The revision as it is written on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::R2025_03_26 => "2025-03-26",
            Self::R2025_06_18 => "2025-06-18",
            Self::R2025_11_25 => "2025-11-25",
            Self::R2026_07_28 => "2026-07-28",
        }
    }

    /// The place of this revision in [`Revision::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// How requests of this revision travel.
    #[must_use]
    pub const fn wire_style(self) -> WireStyle {
        match self {
            Self::R2026_07_28 => WireStyle::Stateless,
            _ => WireStyle::Stateful,
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text names no published revision.
#[derive(Debug, thiserror::Error)]
#[error("no such revision; known are 2025-03-26, 2025-06-18, 2025-11-25 and 2026-07-28")]
pub struct UnknownRevision;

impl FromStr for Revision {
    type Err = UnknownRevision;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|r| r.as_str() == text).ok_or(UnknownRevision)
    }
}
