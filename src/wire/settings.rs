//! The same gate, made otherwise: watched, by another clock, within other budgets.

use std::sync::{OnceLock, PoisonError};

use super::limits::{self, Budgets};
use super::{Watch, Wire};
use crate::spec::clock::Clock;
use crate::spec::extension::Extension;

impl Wire {
    /// The same gate, with somebody watching.
    #[must_use]
    pub fn watched(self, watch: Watch) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// The same gate by another clock: the record begins at its time.
    #[must_use]
    pub fn by(self, clock: Clock) -> Self {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).started = clock.now_ms();
        Self { clock, ..self }
    }

    /// The same gate for a run that waits for a person or calls tools: see [`limits::SESSION`].
    #[must_use]
    pub fn for_session(self) -> Self {
        let budgets = Budgets {
            requests: limits::REQUESTS_PER_SESSION,
            run: limits::SESSION,
            bodies: limits::SESSION_BODIES,
            ..self.budgets
        };
        Self { budgets, ..self }
    }

    /// The same gate for a run that sends unusual requests at a pace: see [`limits::TRIALS`].
    #[must_use]
    pub fn for_trials(self) -> Self {
        let budgets = Budgets {
            requests: limits::REQUESTS_PER_TRIALS,
            run: limits::TRIALS,
            bodies: limits::SESSION_BODIES,
            ..self.budgets
        };
        Self { budgets, ..self }
    }

    /// The same gate with other budgets.
    #[must_use]
    pub fn within(self, budgets: Budgets) -> Self {
        // The clients hold the time for a connection: they are made anew.
        Self { budgets, plain: OnceLock::new(), secure: OnceLock::new(), ..self }
    }

    /// The same gate, which waits so many times shorter than it writes down: for a deployment whose times are that much
    /// shorter, too.
    #[must_use]
    pub const fn in_haste(mut self, times: u32) -> Self {
        self.haste = times;
        self
    }

    /// The same gate for a run that is asked for these extensions, whether they are advertised or not.
    #[must_use]
    pub fn asking_for(self, extensions: &[Extension]) -> Self {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).extensions = extensions.to_vec();
        self
    }
}
