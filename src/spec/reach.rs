//! How far a run goes: what it was allowed to do and what it was given to do it with.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One thing that a run may be allowed, or given.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// GET, HEAD and OPTIONS of public documents, TLS handshakes.
    Passive,
    /// Active-safe requests at the MCP server: no token, bad tokens.
    #[default]
    Default,
    /// Active-safe requests at the authorization server, and unusual requests at the MCP server.
    Active,
    /// Uses a login.
    Login,
    /// Registers clients, burns codes and tokens.
    Intrusive,
    /// Has the key that tokens are signed with.
    Lab,
    /// Calls a tool without a token.
    ChallengeTool,
    /// Asks under the names of other programs.
    UserAgents,
    /// Calls a tool.
    Tool,
    /// Calls a tool that needs more scope than the login has.
    StepUpTool,
    /// Has a token that was made for somebody else.
    ForeignToken,
    /// Has a token that has expired.
    ExpiredToken,
    /// Has a token of a second account.
    SecondAccount,
    /// Knows that one scope implies another.
    Implies,
    /// Has the key of an identity provider that the authorization server trusts.
    Identity,
    /// Has a token for the API behind the MCP server.
    UpstreamToken,
    /// Waits for codes to grow old.
    Slow,
}

impl Reach {
    /// Everything, in order.
    pub const ALL: [Self; 17] = [
        Self::Passive,
        Self::Default,
        Self::Active,
        Self::Login,
        Self::Intrusive,
        Self::Lab,
        Self::ChallengeTool,
        Self::UserAgents,
        Self::Tool,
        Self::StepUpTool,
        Self::ForeignToken,
        Self::ExpiredToken,
        Self::SecondAccount,
        Self::Implies,
        Self::Identity,
        Self::UpstreamToken,
        Self::Slow,
    ];

    /// The flag that goes this far.
    #[must_use]
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Passive => "--passive",
            Self::Default => "no --passive",
            Self::Active => "--active",
            Self::Login => "--login",
            Self::Intrusive => "--intrusive",
            Self::Lab => "--signing-key",
            Self::ChallengeTool => "--challenge-tool",
            Self::UserAgents => "--user-agents",
            Self::Tool => "--tool",
            Self::StepUpTool => "--step-up-tool",
            Self::ForeignToken => "--foreign-token-file",
            Self::ExpiredToken => "--expired-token-file",
            Self::SecondAccount => "--second-token-file",
            Self::Implies => "--implies",
            Self::Identity => "--identity-key",
            Self::UpstreamToken => "--upstream-token-file",
            Self::Slow => "--slow",
        }
    }

    /// What a run that goes this far does, as a clause.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Passive => "reads public documents only",
            Self::Default => "sends requests without a token and with bad tokens to the MCP server; nothing is created",
            Self::Active => {
                "sends requests to the authorization server and unusual ones to the MCP server; nothing is created"
            }
            Self::Login => "uses a login",
            Self::Intrusive => "registers clients, uses up codes and tokens; what was created is removed or listed",
            Self::Lab => "signs tokens with the key that the operator lends",
            Self::ChallengeTool => "calls a tool without a token",
            Self::UserAgents => "asks under the names of other programs",
            Self::Tool => "calls the tool named, and answers what it asks",
            Self::StepUpTool => "calls a tool that needs more scope, without it and then with it",
            Self::ForeignToken => "sends a token that was made for another resource",
            Self::ExpiredToken => "sends a token that has expired",
            Self::SecondAccount => "sends a token of a second account",
            Self::Implies => "logs in with a scope that implies another, and calls the tool named",
            Self::UpstreamToken => "sends a token for the API behind the MCP server",
            Self::Slow => "waits ten minutes for a code to grow old",
            Self::Identity => "signs identity assertions with the key that the operator lends",
        }
    }

    /// Whether requests of this kind are unusual for the server and keep a pace.
    #[must_use]
    pub const fn is_touching(self) -> bool {
        !matches!(self, Self::Passive | Self::Default | Self::Login | Self::UserAgents)
    }

    /// What goes with it.
    const fn implied(self) -> &'static [Self] {
        match self {
            Self::Passive => &[],
            Self::Intrusive => &[Self::Passive, Self::Default, Self::Active],
            Self::Active | Self::Login | Self::Lab | Self::UserAgents => &[Self::Passive, Self::Default],
            _ => &[Self::Passive],
        }
    }
}

/// How far a run went: a set, since a login does not imply active requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached(u32);

impl Reached {
    /// What goes with this, and this.
    #[must_use]
    pub fn with(self, reach: Reach) -> Self {
        let all = reach.implied().iter().chain([&reach]);
        Self(all.fold(self.0, |bits, reach| bits | 1 << *reach as u32))
    }

    /// Whether the run went this far.
    #[must_use]
    pub const fn has(self, reach: Reach) -> bool {
        self.0 & (1 << reach as u32) != 0
    }

    /// The things, in order.
    pub fn list(self) -> impl Iterator<Item = Reach> {
        Reach::ALL.into_iter().filter(move |reach| self.has(*reach))
    }
}

impl Default for Reached {
    /// A run without flags.
    fn default() -> Self {
        Reach::Default.into()
    }
}

impl From<Reach> for Reached {
    fn from(reach: Reach) -> Self {
        Self(0).with(reach)
    }
}

impl Serialize for Reached {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.list())
    }
}

impl<'de> Deserialize<'de> for Reached {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

/// Reads the list; and the single word that trails held before, when each word included what stood before it.
struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Reached;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("how far the run went: a list of words")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Reached, E> {
        let reach = Reach::deserialize(serde::de::value::StrDeserializer::<E>::new(word))?;
        Ok(reach.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut words: A) -> Result<Reached, A::Error> {
        let mut reached = Reached(0);
        while let Some(reach) = words.next_element::<Reach>()? {
            reached = Reached(reached.0 | 1 << reach as u32);
        }
        Ok(reached)
    }
}

impl schemars::JsonSchema for Reached {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Reached".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        <Vec<Reach>>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_not_active_and_intrusive_is() {
        let login = Reached::from(Reach::Login);
        assert!(login.has(Reach::Default) && !login.has(Reach::Active));
        let intrusive = login.with(Reach::Intrusive);
        assert!(intrusive.has(Reach::Active) && intrusive.has(Reach::Login) && !intrusive.has(Reach::Lab));
    }

    #[test]
    fn it_is_saved_as_a_list_and_the_old_word_is_still_read() {
        let reached = Reached::default().with(Reach::Login);
        let text = serde_json::to_string(&reached).unwrap();
        assert_eq!(text, r#"["passive","default","login"]"#);
        assert_eq!(serde_json::from_str::<Reached>(&text).unwrap(), reached);
        assert_eq!(serde_json::from_str::<Reached>("\"login\"").unwrap(), reached);
        assert!(serde_json::from_str::<Reached>("\"far\"").is_err());
    }
}
