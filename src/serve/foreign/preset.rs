//! A preset with its settings filled in.

use std::collections::BTreeMap;

use url::{Host, Url};

use super::Settings;
use super::providers::{Kind, PROVIDERS, Provider, Setting, names};

/// A preset does not fit what was given.
#[derive(Debug, thiserror::Error)]
pub enum PresetError {
    /// There is no such provider.
    #[error("there is no provider `{name}`; there are {}", names())]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// It cannot be used.
    #[error("{title} cannot protect an MCP server: {why}")]
    Unusable {
        /// The service.
        title: &'static str,
        /// Why.
        why: &'static str,
    },
    /// Settings are missing or wrong: a sentence for each.
    #[error("{}", .0.join("\n"))]
    Settings(Vec<String>),
}

/// A provider with its settings.
#[derive(Clone, Debug)]
pub struct Preset {
    provider: &'static Provider,
    given: BTreeMap<String, String>,
}

impl Preset {
    /// Takes settings for a provider.
    ///
    /// # Errors
    /// There is no such provider, it cannot be used, or settings are missing or wrong: a sentence for each.
    pub fn new(name: &str, given: &[(String, String)]) -> Result<Self, PresetError> {
        let provider = PROVIDERS.iter().find(|provider| provider.name == name);
        let provider = provider.ok_or_else(|| PresetError::Unknown { name: name.to_owned() })?;
        if let Some(why) = provider.unusable {
            return Err(PresetError::Unusable { title: provider.title, why });
        }
        let mut complaints = Vec::new();
        for (name, _) in given {
            if provider.settings.iter().all(|setting| setting.name != name) {
                let known: Vec<_> = provider.settings.iter().map(|setting| setting.name).collect();
                complaints.push(format!("{} has no setting `{name}`; it has {}", provider.title, known.join(", ")));
            }
        }
        let given: BTreeMap<String, String> =
            given.iter().map(|(name, value)| (name.clone(), value.trim_end_matches('/').to_owned())).collect();
        for setting in provider.settings {
            match given.get(setting.name).filter(|value| !value.is_empty()) {
                None if setting.optional => {}
                None => complaints.push(format!(
                    "{} needs `{}`: {} (--set {}={})",
                    provider.title, setting.name, setting.about, setting.name, setting.example
                )),
                Some(value) => complaints.extend(wrong(setting, value)),
            }
        }
        if complaints.is_empty() { Ok(Self { provider, given }) } else { Err(PresetError::Settings(complaints)) }
    }

    fn fill(&self, text: &str) -> String {
        let filled = |text: String, (name, value): (&String, &String)| text.replace(&format!("{{{name}}}"), value);
        self.given.iter().fold(text.to_owned(), filled)
    }

    /// How to protect the search server with it.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let row = self.provider;
        let fill = |text: &&str| self.fill(text);
        let listed = row.clients.and_then(|name| self.given.get(name)).map(String::as_str).unwrap_or_default();
        Settings {
            token_issuers: row.token_issuers.iter().map(fill).collect(),
            audiences: [super::MCP.to_owned()].into_iter().chain(row.audiences.iter().map(fill)).collect(),
            clients: listed.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect(),
            scope_claims: row.scope_claims.iter().map(|name| (*name).to_owned()).collect(),
            scopes: row.scopes.iter().map(|(ours, name)| (*ours, fill(name))).collect(),
            short_scopes: row.short_scopes,
            must: row.must.to_vec(),
            ..Settings::new(&self.fill(row.issuer))
        }
    }

    /// What is to be done in the provider's console, step by step.
    #[must_use]
    pub fn checklist(&self, mcp: &str, settings: &Settings) -> Vec<String> {
        let fill = |text: &&str| {
            let text = self.fill(text).replace(super::MCP, mcp);
            text.replace("{read}", settings.name_of("search:read")).replace("{write}", settings.name_of("search:write"))
        };
        self.provider.steps.iter().map(fill).collect()
    }

    /// The name of the service.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        self.provider.title
    }
}

/// What is wrong with a value.
pub(super) fn wrong(setting: &Setting, value: &str) -> Option<String> {
    let is_host = || Host::parse(value).is_ok_and(|host| matches!(host, Host::Domain(_))) && value.contains('.');
    let is_url =
        || Url::parse(value).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none());
    let what = match setting.kind {
        Kind::Url if !is_url() => "an http(s) URL".to_owned(),
        Kind::Host if !is_host() => "a host name alone, without scheme and path".to_owned(),
        Kind::Text(start) if !value.starts_with(start) => format!("a text that begins with `{start}`"),
        Kind::Text(_) if value.contains(['/', ' ', '?', '#']) => "a text without spaces and slashes".to_owned(),
        _ => return None,
    };
    Some(format!("`{}` must be {what}, for example {}", setting.name, setting.example))
}
