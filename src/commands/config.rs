//! `mcp-auth.toml`: the targets of a project and what it accepts; looked for in the working folder and above it.
//!
//! ```toml
//! revision = "2025-11-25"
//! fail-on = "should"
//! baseline = "mcp-auth-baseline.json"
//!
//! [targets.staging]
//! url = "https://staging.example.com/mcp"
//!
//! [[ignore]]
//! check = "prm-resource-match"
//! target = "staging"
//! reason = "the gateway is replaced in spring"
//! expires = 2027-03-31
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::Failure;
use crate::checks;
use crate::report::{Declared, Exception, FailOn};
use crate::spec::revision::Revision;
use crate::spec::text::printable;

/// The name of the file.
pub const FILE: &str = "mcp-auth.toml";

/// What the file says.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The file; `None` if there is none.
    pub file: Option<PathBuf>,
    /// The targets, in the order of the file.
    pub targets: Vec<Target>,
    /// The revision to judge every target by.
    pub revision: Option<Revision>,
    /// From which status on the exit code is 1.
    pub fail_on: Option<FailOn>,
    /// The baseline file, found from the folder of the configuration.
    pub baseline: Option<PathBuf>,
    /// The exceptions.
    pub exceptions: Vec<Exception>,
}

/// A target that has a name.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Its URL.
    pub url: String,
    /// The revision to judge it by.
    pub revision: Option<Revision>,
    /// From which status on the exit code is 1.
    pub fail_on: Option<FailOn>,
    /// The line that declares it.
    pub declared: Declared,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    revision: Option<Spanned<String>>,
    fail_on: Option<Spanned<String>>,
    baseline: Option<PathBuf>,
    #[serde(default)]
    targets: BTreeMap<String, Row>,
    #[serde(default)]
    ignore: Vec<Ignore>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Row {
    url: Spanned<String>,
    revision: Option<Spanned<String>>,
    fail_on: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Ignore {
    check: Spanned<String>,
    target: Option<Spanned<String>>,
    reason: Spanned<String>,
    expires: Spanned<Datetime>,
}

/// Reads the file named, else the nearest one at or above the folder, else nothing.
///
/// # Errors
/// The file cannot be read, or says what it may not.
pub fn find(named: Option<&Path>, folder: &Path) -> Result<Settings, Failure> {
    let nearest = || folder.ancestors().map(|folder| folder.join(FILE)).find(|file| file.is_file());
    let Some(path) = named.map(Path::to_path_buf).or_else(nearest) else { return Ok(Settings::default()) };
    let text = fs::read_to_string(&path).map_err(|error| {
        Failure::usage(format!("{} cannot be read: {error}", path.display()), "--config names the configuration file")
    })?;
    read(&path, &text, folder)
}

/// What a text says; `folder` is where the user stands, from which places are shown.
///
/// # Errors
/// It says what it may not.
pub fn read(path: &Path, text: &str, folder: &Path) -> Result<Settings, Failure> {
    let shown = path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let place = Place { shown: &shown, text };
    let file: File = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        place.wrong(at, error.message())
    })?;
    let mut targets: Vec<(usize, Target)> = Vec::new();
    for (name, row) in file.targets {
        let at = row.url.span().start;
        let target = Target {
            name,
            revision: place.parsed(row.revision.as_ref())?,
            fail_on: place.parsed(row.fail_on.as_ref())?,
            declared: Declared { file: shown.clone(), line: place.line(at) },
            url: row.url.into_inner(),
        };
        targets.push((at, target));
    }
    targets.sort_by_key(|(at, _)| *at);
    let targets: Vec<Target> = targets.into_iter().map(|(_, target)| target).collect();
    let exceptions = file.ignore.iter().map(|row| place.exception(row, &targets)).collect::<Result<_, _>>()?;
    Ok(Settings {
        revision: place.parsed(file.revision.as_ref())?,
        fail_on: place.parsed(file.fail_on.as_ref())?,
        baseline: file.baseline.map(|baseline| path.parent().unwrap_or(folder).join(baseline)),
        targets,
        exceptions,
        file: Some(path.to_path_buf()),
    })
}

/// A text and its name, for messages that say the line.
struct Place<'a> {
    shown: &'a str,
    text: &'a str,
}

impl Place<'_> {
    fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
    }

    fn wrong(&self, at: usize, what: &str) -> Failure {
        Failure::usage(
            format!("{}, line {}: {}", self.shown, self.line(at), printable(what)),
            "the settings are revision, fail-on, baseline, [targets.NAME] with url, and [[ignore]] with check, reason and expires",
        )
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
        &self,
        text: Option<&Spanned<String>>,
    ) -> Result<Option<T>, Failure> {
        let parse = |text: &Spanned<String>| {
            text.get_ref().parse().map_err(|error: T::Err| self.wrong(text.span().start, &error.to_string()))
        };
        text.map(parse).transpose()
    }

    fn exception(&self, row: &Ignore, targets: &[Target]) -> Result<Exception, Failure> {
        let check = row.check.get_ref();
        if checks::by_id(check).is_none() {
            return Err(self.wrong(row.check.span().start, &format!("there is no check `{check}`")));
        }
        if row.reason.get_ref().trim().is_empty() {
            return Err(self.wrong(row.reason.span().start, "an exception needs a reason"));
        }
        if let Some(target) = &row.target {
            let name = target.get_ref();
            if !name.contains("://") && !targets.iter().any(|known| known.name == *name) {
                return Err(self.wrong(target.span().start, &format!("there is no target `{name}`")));
            }
        }
        let expires = row.expires.get_ref().date.and_then(|date| {
            let month = time::Month::try_from(date.month).ok()?;
            time::Date::from_calendar_date(i32::from(date.year), month, date.day).ok()
        });
        let expires = expires.ok_or_else(|| self.wrong(row.expires.span().start, "write a day, e.g. 2027-03-31"))?;
        Ok(Exception {
            check: check.clone(),
            target: row.target.as_ref().map(|target| target.get_ref().clone()),
            reason: row.reason.get_ref().clone(),
            expires,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<Settings, String> {
        read(Path::new("/srv/mcp-auth.toml"), text, Path::new("/srv")).map_err(|failure| failure.message)
    }

    #[test]
    fn targets_keep_the_order_of_the_file_and_know_their_lines() {
        let settings =
            said("[targets.b]\nurl = \"https://b/mcp\"\n[targets.a]\nurl = \"https://a/mcp\"\nfail-on = \"never\"\n")
                .unwrap();
        let lines: Vec<_> = settings.targets.iter().map(|t| (t.name.as_str(), t.declared.line, t.fail_on)).collect();
        assert_eq!(lines, [("b", 2, None), ("a", 4, Some(FailOn::Never))]);
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let cases = [
            ("revison = \"x\"", "line 1: unknown field `revison`"),
            ("\nrevision = \"2020-01-01\"", "line 2: no such revision"),
            (
                "[[ignore]]\ncheck = \"no-such\"\nreason = \"r\"\nexpires = 2027-01-01",
                "line 2: there is no check `no-such`",
            ),
            (
                "[[ignore]]\ncheck = \"challenge-status-401\"\nreason = \" \"\nexpires = 2027-01-01",
                "line 3: an exception needs a reason",
            ),
            ("[[ignore]]\ncheck = \"challenge-status-401\"\nreason = \"r\"", "missing field `expires`"),
            (
                "[[ignore]]\ncheck = \"challenge-status-401\"\nreason = \"r\"\ntarget = \"x\"\nexpires = 2027-01-01",
                "line 4: there is no target `x`",
            ),
            ("[[ignore]]\ncheck = \"challenge-status-401\"\nreason = \"r\"\nexpires = 07:00:00", "line 4: write a day"),
        ];
        for (text, expected) in cases {
            let message = said(text).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }
}
