//! Every limit on the wire, once. Sizes in bytes.

use std::time::Duration;

use crate::spec::step::Step;

/// A metadata document or a key set.
pub const METADATA_BODY: usize = 1024 * 1024;
/// Any other answer: a token response, an error, a page of which the content does not matter.
pub const ANSWER_BODY: usize = 64 * 1024;
/// The result of a tool.
pub const TOOL_BODY: usize = 16 * 1024 * 1024;
/// All header lines of a response together.
pub const HEADER_BYTES: usize = 64 * 1024;
/// The number of header lines of a response.
pub const HEADER_FIELDS: usize = 200;
/// The bodies of all answers of a run together, tool results apart.
pub const RUN_BODIES: usize = 4 * 1024 * 1024;
/// The same for a run that may wait for a person.
pub const SESSION_BODIES: usize = 16 * 1024 * 1024;
/// Making a connection, TLS included.
pub const CONNECT: Duration = Duration::from_secs(5);
/// From the sent request to the first byte of the answer.
pub const FIRST_BYTE: Duration = Duration::from_secs(10);
/// A whole request, however slowly it drips.
pub const REQUEST: Duration = Duration::from_secs(30);
/// A whole probe.
pub const RUN: Duration = Duration::from_secs(120);
/// A run that may wait for a person: a login and the calls after it.
pub const SESSION: Duration = Duration::from_secs(1200);
/// The call of a tool, its event stream included.
pub const TOOL: Duration = Duration::from_secs(300);
/// How long an open event stream may be silent before it is left.
pub const STREAM_PATIENCE: Duration = Duration::from_millis(500);
/// Requests in one probe.
pub const REQUESTS_PER_RUN: u32 = 100;
/// Requests in a run that may wait for a person; polling for a device login is most of it.
pub const REQUESTS_PER_SESSION: u32 = 1000;
/// Requests in a run with active and intrusive trials.
pub const REQUESTS_PER_TRIALS: u32 = 2000;
/// A run with active and intrusive trials: at [`PACE`] they take minutes, and a person may be asked now and then.
pub const TRIALS: Duration = Duration::from_secs(3600);
/// The time between two unusual requests to one origin, this machine excepted.
pub const PACE: Duration = Duration::from_secs(1);
/// Requests under way at once in each of many probes: together they keep the machine busy, and every connection that need
/// not be opened is work saved on both sides.
pub const AT_ONCE_OF_MANY: usize = 4;
/// How often a request is made again that a server had no time for (503, 429).
pub const RETRIES: u32 = 3;
/// The pause before the first of these, where the server names none; it doubles.
pub const RETRY_PAUSE: Duration = Duration::from_millis(250);
/// All pauses of a run together; a server that wants more is asked no more.
pub const RETRY_PAUSES: Duration = Duration::from_secs(30);
/// Redirects followed for one document.
pub const REDIRECTS: usize = 5;
/// Authorization servers looked at, of those that the resource metadata names.
pub const AUTHORIZATION_SERVERS: usize = 8;

/// The most that is read of the answer to a step, in bytes, where it is no result of a tool.
#[must_use]
pub const fn body(step: Step) -> usize {
    let as_others_see_it =
        matches!(step, Step::CorsResourceMetadata | Step::CorsServerMetadata | Step::PlainTwin | Step::ClientDocument);
    if step.fetches_document() || as_others_see_it { METADATA_BODY } else { ANSWER_BODY }
}

/// The limits of one run that can be set: by an option, or by a test that will not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// See [`CONNECT`].
    pub connect: Duration,
    /// See [`FIRST_BYTE`].
    pub first_byte: Duration,
    /// See [`REQUEST`].
    pub request: Duration,
    /// See [`RUN`].
    pub run: Duration,
    /// See [`REQUESTS_PER_RUN`].
    pub requests: u32,
    /// See [`RUN_BODIES`].
    pub bodies: usize,
    /// See [`RETRY_PAUSE`].
    pub retry_pause: Duration,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            connect: CONNECT,
            first_byte: FIRST_BYTE,
            request: REQUEST,
            run: RUN,
            requests: REQUESTS_PER_RUN,
            bodies: RUN_BODIES,
            retry_pause: RETRY_PAUSE,
        }
    }
}
