//! The authorization extensions of MCP, and how a run is asked for one that is not advertised.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An authorization extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Extension {
    /// Tokens bound to keys (RFC 9449); the MCP text is a draft.
    Dpop,
    /// Client credentials.
    Cc,
    /// Enterprise-managed authorization (ID-JAG).
    Ema,
    /// Workload identity federation; a draft.
    Wif,
}

impl Extension {
    /// Every extension.
    pub const ALL: [Self; 4] = [Self::Dpop, Self::Cc, Self::Ema, Self::Wif];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dpop => "dpop",
            Self::Cc => "cc",
            Self::Ema => "ema",
            Self::Wif => "wif",
        }
    }

    /// What it is, and which text of it the checks were written by.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Dpop => "tokens bound to keys (DPoP), by the draft at 21eaa6e and RFC 9449",
            Self::Cc => "client credentials, by the draft text of SEP-1046",
            Self::Ema => "enterprise-managed authorization, by the stable text of SEP-990",
            Self::Wif => "workload identity federation, by the draft at 13b5523",
        }
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Extension {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|extension| extension.name() == text).ok_or("one of dpop, cc, ema, wif")
    }
}
