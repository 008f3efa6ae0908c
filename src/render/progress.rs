//! Progress on a terminal: what is being asked, fed by watching exchanges arrive.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::evidence::{Exchange, Outcome};
use crate::spec::step::Step;
use crate::spec::text::printable;

/// How often it turns.
const TICK: Duration = Duration::from_millis(120);

/// A line on stderr that says what was asked last; hidden where stderr is no terminal.
#[derive(Clone)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Shows a line, or nothing.
    #[must_use]
    pub fn new(shown: bool) -> Self {
        let bar = ProgressBar::with_draw_target(
            None,
            if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() },
        );
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} requests · {wide_msg}") {
            bar.set_style(style);
        }
        if shown {
            bar.enable_steady_tick(TICK);
        }
        Self(bar)
    }

    /// A line for a run of many targets, or nothing.
    #[must_use]
    pub fn of_many(shown: bool) -> Self {
        let line = Self::new(shown);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
            line.0.set_style(style);
        }
        line
    }

    /// An exchange has ended.
    pub fn saw(&self, exchange: &Exchange) {
        if self.0.is_finished() {
            let seen = self.0.position();
            self.0.reset();
            self.0.set_position(seen);
            self.0.enable_steady_tick(TICK);
        }
        self.0.inc(1);
        self.0.set_message(exchange.step.title());
    }

    /// Says how far a long run is.
    pub fn say(&self, text: &str) {
        self.0.set_message(text.to_owned());
    }

    /// Removes the line.
    pub fn end(&self) {
        self.0.finish_and_clear();
    }

    /// Writes something that a person may have to act on: the line is gone until the next exchange, so that it does not
    /// move about while they type.
    pub fn rest<R>(&self, write: impl FnOnce() -> R) -> R {
        self.0.finish_and_clear();
        write()
    }

    /// Writes a line of text without disturbing the progress line.
    pub fn suspend<R>(&self, write: impl FnOnce() -> R) -> R {
        self.0.suspend(write)
    }
}

/// An exchange in one line, for `-v`: number, request, outcome, time and the reason.
#[must_use]
pub fn line(exchange: &Exchange) -> String {
    let outcome = match &exchange.outcome {
        Outcome::Reply(reply) => reply.status.to_string(),
        Outcome::Failure(failure) => failure.detail.clone(),
    };
    // What came with the redirect is told once it was found to be the answer.
    let url = match exchange.step {
        Step::AuthorizeReturn => exchange.request.url.split(['?', '#']).next().unwrap_or_default(),
        _ => exchange.request.url.as_str(),
    };
    format!(
        "#{:<3} {} {} → {} ({} ms): {}",
        exchange.number,
        exchange.request.method,
        printable(url),
        printable(&outcome),
        exchange.took,
        printable(&exchange.because)
    )
}
