//! What is kept over the deployments of one run of `probe`: the baseline, and the exceptions that nothing needed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::config::Settings;
use super::probe::unwritable;
use super::{Failure, Terminal, tell};
use crate::report::{Baseline, Report};

/// The exceptions that no deployment of this run needed.
#[derive(Default)]
pub(super) struct Idle(Option<Vec<String>>);

impl Idle {
    /// Another deployment did not need these.
    pub(super) fn also(&mut self, ids: Vec<String>) {
        self.0 = Some(match self.0.take() {
            None => ids,
            Some(before) => before.into_iter().filter(|id| ids.contains(id)).collect(),
        });
    }

    /// The ids that none needed.
    pub(super) fn ids(self) -> impl Iterator<Item = String> {
        self.0.into_iter().flatten()
    }
}

/// The baseline of this run: read at its start, written at its end where the user wants that.
pub(super) struct Known {
    /// What is known; `None` where nothing is, or everything is to be learnt anew.
    pub(super) baseline: Option<Baseline>,
    /// What is learnt, and where it goes.
    learning: Option<(Baseline, PathBuf)>,
}

impl Known {
    /// Reads the baseline named, else that of the configuration.
    ///
    /// # Errors
    /// The file cannot be read, or there is none to write.
    pub(super) fn open(named: Option<&Path>, writes: bool, settings: &Settings) -> Result<Self, Failure> {
        let Some(path) = named.or(settings.baseline.as_deref()) else {
            if writes {
                let help = "--baseline FILE names it, or `baseline` in mcp-auth.toml";
                return Err(Failure::usage("there is no baseline file to write", help));
            }
            return Ok(Self { baseline: None, learning: None });
        };
        let shown = path.display();
        let help = "--write-baseline writes a new one";
        let read = match fs::read_to_string(path) {
            Ok(text) => Some(Baseline::load(&text).map_err(|error| Failure::usage(format!("{shown}: {error}"), help))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound && writes => None,
            Err(error) => return Err(Failure::usage(format!("{shown} cannot be read: {error}"), help)),
        };
        Ok(if writes {
            Self { baseline: None, learning: Some((read.unwrap_or_default(), path.to_path_buf())) }
        } else {
            Self { baseline: read, learning: None }
        })
    }

    /// Takes the findings of a report in, where they are to be written.
    pub(super) fn learn(&mut self, report: &Report) {
        if let Some((baseline, _)) = &mut self.learning {
            baseline.learn(report);
        }
    }

    /// Writes what was learnt; says whether there was anything to write.
    pub(super) fn save(self, terminal: &Terminal) -> Result<bool, Failure> {
        let Some((baseline, path)) = self.learning else { return Ok(false) };
        fs::write(&path, baseline.save()).map_err(|error| unwritable(&path, &error))?;
        tell(terminal, &format!("{} findings are known now: {}", baseline.len(), path.display()));
        Ok(true)
    }
}
