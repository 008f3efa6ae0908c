//! A run that creates things, interrupted: what it created is removed before it ends. A second signal ends it at once.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use super::account::signal;
use super::{Exit, Failure};

/// Nothing that was created is around.
const IDLE: u8 = 0;
/// Trials are under way.
const TRYING: u8 = 1;
/// They were interrupted.
const ENDED: u8 = 2;
/// How long the removal may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether trials are under way.
#[derive(Debug, Default)]
pub struct Tidy(AtomicU8);

impl Tidy {
    /// Makes trials to their end, or until a signal: then has `clean` remove what they created. Says which signal it was.
    pub(super) async fn guard(
        &self,
        trials: impl Future<Output = ()>,
        told: impl FnOnce(),
        clean: impl Future<Output = ()>,
    ) -> Option<Exit> {
        self.0.store(TRYING, Ordering::Relaxed);
        let ended = tokio::select! {
            biased;
            () = trials => None,
            exit = signal() => Some(exit),
        };
        if ended.is_some() {
            told();
            let _ = tokio::time::timeout(PATIENCE, clean).await;
        } else {
            self.0.store(IDLE, Ordering::Relaxed);
        }
        ended
    }

    /// Takes the first signal that comes during trials, for those who make them.
    fn takes(&self) -> bool {
        self.0.compare_exchange(TRYING, ENDED, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// Runs to the end, or until a signal that no trials take.
///
/// # Errors
/// Those of the run; the signal.
pub(super) async fn interruptible<T>(tidy: &Tidy, run: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let mut run = std::pin::pin!(run);
    loop {
        tokio::select! {
            biased;
            done = &mut run => return done,
            exit = signal() => if !tidy.takes() {
                return Err(Failure::new(exit, "interrupted", ""));
            },
        }
    }
}
