//! The commands that meet every server: what each is started with, what it can reach, and how it is looked at.

use std::path::Path;

use crate::run::Stored;
use crate::secrets;
use crate::site::{Place, Site};

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Program {
    /// `probe`, without a login.
    Probe,
    /// `probe --login`.
    ProbeLogin,
    /// `login`, following the redirects itself.
    Login,
    /// `login` with a browser that goes nowhere.
    LoginBrowser,
    /// `call` with a stored login that is used up: a refresh, a login, the tool.
    Call,
    /// `token check` of a stored JWT.
    Check,
    /// `logout` of a stored login.
    Logout,
}

impl Program {
    /// Its name in the list of exit codes.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::ProbeLogin => "probe-login",
            Self::Login => "login",
            Self::LoginBrowser => "login-browser",
            Self::Call => "call",
            Self::Check => "check",
            Self::Logout => "logout",
        }
    }

    /// Whether it asks for anything there.
    pub(crate) const fn reaches(self, place: Place) -> bool {
        let session = matches!(
            place,
            Place::Initialize | Place::Discover | Place::Ready | Place::List | Place::Call | Place::Stream | Place::End
        );
        let grant =
            matches!(place, Place::Authorize | Place::Code | Place::Registration | Place::Register | Place::Token);
        let document = matches!(
            place,
            Place::Mcp | Place::PathMetadata | Place::RootMetadata | Place::OauthMetadata | Place::OidcInserted
        );
        match self {
            Self::Probe => !session && !grant && !matches!(place, Place::Refresh | Place::Introspect | Place::Revoke),
            Self::ProbeLogin => !matches!(place, Place::Call | Place::Revoke | Place::Introspect | Place::Refresh),
            Self::Login | Self::LoginBrowser => (session && !matches!(place, Place::Call)) || grant || document,
            Self::Call => session || grant || document || matches!(place, Place::Refresh),
            Self::Check => document || matches!(place, Place::Jwks | Place::Introspect),
            Self::Logout => matches!(place, Place::Revoke | Place::Token),
        }
    }

    /// Its arguments, without those of the case.
    pub(crate) fn arguments(self, site: &Site, folder: &Path, mode: Mode) -> Vec<String> {
        let target = site.target.as_str();
        let browser = folder.join("browser").display().to_string();
        let follow = ["--browser", "follow", "--login-timeout", "5"];
        let mut words: Vec<String> = match self {
            Self::Probe => vec!["probe", target],
            Self::ProbeLogin => [&["probe", target, "--login"][..], &follow].concat(),
            Self::Login => [&["login", target][..], &follow].concat(),
            Self::LoginBrowser => vec!["login", target, "--browser", &browser, "--login-timeout", "1"],
            Self::Call => [&["call", "search", "query=x", "--server", target, "--login"][..], &follow].concat(),
            Self::Check => vec!["token", "check", target],
            Self::Logout => vec!["logout", target],
        }
        .into_iter()
        .map(str::to_owned)
        .collect();
        if matches!(self, Self::Probe | Self::ProbeLogin) {
            words.extend(["--save".to_owned(), folder.join("trail").display().to_string()]);
            for format in mcp_auth::render::FORMATS {
                words
                    .extend(["--output".to_owned(), format!("{}={}", format.name, folder.join(format.name).display())]);
            }
        }
        if !mode.terminal && mode.trace && matches!(self, Self::Login | Self::Call | Self::Check) {
            words.push("--json".to_owned());
        }
        words.extend(match (self, mode.trace) {
            (_, true) => Some("-vvv".to_owned()),
            (Self::Probe | Self::ProbeLogin, false) if !mode.terminal => Some("-v".to_owned()),
            _ => None,
        });
        words
    }

    /// The login that it begins with, as the store writes it.
    pub(crate) fn store(self, site: &Site, stored: Stored) -> Option<serde_json::Value> {
        let access = match self {
            Self::Check if stored == Stored::Opaque => secrets::STORED_ACCESS.to_owned(),
            Self::Call | Self::Logout => secrets::STORED_ACCESS.to_owned(),
            Self::Check => site.jwt.clone(),
            Self::Probe | Self::ProbeLogin | Self::Login | Self::LoginBrowser => return None,
        };
        Some(secrets::book(site, &access))
    }
}

/// How a run is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mode {
    /// On a terminal, else with its streams in files.
    pub(crate) terminal: bool,
    /// Everything that can be logged is.
    pub(crate) trace: bool,
}

impl Mode {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [
        Self { terminal: false, trace: false },
        Self { terminal: false, trace: true },
        Self { terminal: true, trace: false },
        Self { terminal: true, trace: true },
    ];
}
