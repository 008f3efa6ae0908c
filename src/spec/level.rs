//! How binding a requirement is, per revision (RFC 2119 words and what stands below them).

use serde::Serialize;

use super::revision::Revision;

/// How binding a requirement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// MUST, in the MCP text.
    Must,
    /// MUST NOT, in the MCP text.
    MustNot,
    /// SHOULD, in the MCP text.
    Should,
    /// SHOULD NOT, in the MCP text.
    ShouldNot,
    /// MAY, in the MCP text.
    May,
    /// MUST or MUST NOT through a bound RFC; the MCP text does not repeat it.
    RfcMust,
    /// SHOULD or RECOMMENDED through a bound RFC.
    RfcShould,
    /// MUST or SHOULD only in the (non-normative) Security Best Practices guide.
    Guide,
    /// Best practice or interoperability; no RFC 2119 text.
    Practice,
}

impl Level {
    /// The word for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::May => "MAY",
            Self::RfcMust => "MUST by RFC",
            Self::RfcShould => "SHOULD by RFC",
            Self::Guide => "security guide",
            Self::Practice => "practice",
        }
    }
}

/// The level of a requirement at each revision; `None` where it does not apply.
pub type Levels = [Option<Level>; Revision::ALL.len()];

/// Writes a level vector, oldest revision first: `level![_, Must, Must, Must]`.
#[macro_export]
macro_rules! level {
    ($a:tt, $b:tt, $c:tt, $d:tt) => {
        [$crate::level!(@one $a), $crate::level!(@one $b), $crate::level!(@one $c), $crate::level!(@one $d)]
    };
    (@one _) => { None };
    (@one $word:ident) => { Some($crate::spec::level::Level::$word) };
}
