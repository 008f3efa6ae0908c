//! What the checks read: the trail with its documents parsed, seen as a conforming client sees it.
//!
//! Which document counts is decided here once (MCP 2026-07-28 authorization, "Protected Resource Metadata Discovery
//! Requirements" and "Authorization Server Metadata Discovery"); the actor proceeds by the same choice.

mod documents;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::{Map, Value};
use url::Url;

use super::answer;
use super::document::Document;
use super::trail::{Exchange, Trail};
use crate::formats::challenge::{self, Challenge, Challenges};
use crate::formats::json::{self, JsonProblem};
use crate::formats::uri;
use crate::spec::extension::Extension;
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::spec::step::Step;

/// The object that an exchange brought, or why it is none.
type Brought = Result<Map<String, Value>, JsonProblem>;

/// The record of a run, ready to be judged at one revision.
pub struct Evidence<'t> {
    /// The record.
    pub trail: &'t Trail,
    /// The revision that is judged.
    pub revision: Revision,
    /// Whether tolerated deviations are failures (`--strict`).
    pub strict: bool,
    target: Option<Url>,
    /// What each exchange brought, read when it is asked for: the actor asks about few.
    objects: Vec<OnceLock<Option<Brought>>>,
    /// The values that may still be read of documents.
    left: Mutex<usize>,
    challenged: Option<(usize, Challenges)>,
    /// Whether the challenge names a URL for the metadata. Nearly every check asks, as for the next two.
    names_url: bool,
    candidates: OnceLock<Vec<(Step, usize)>>,
    issuers: OnceLock<Vec<String>>,
    prevented: OnceLock<Option<&'static str>>,
}

/// The first refusal: the 401 that starts authorization, and what it says.
#[derive(Clone, Copy)]
pub struct Challenged<'e> {
    /// The exchange.
    pub exchange: &'e Exchange,
    /// Its `WWW-Authenticate` lines, read.
    pub challenges: &'e Challenges,
}

impl<'e> Challenged<'e> {
    /// The challenge a client answers: the first `Bearer`, else the first `DPoP`.
    #[must_use]
    pub fn answered(&self) -> Option<&'e Challenge> {
        self.challenges.answered()
    }

    /// A parameter of that challenge.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&'e str> {
        self.answered()?.param(name)
    }
}

/// An issuer and the documents that were looked for under its name.
#[derive(Clone, Debug)]
pub struct IssuerTrail<'e> {
    /// The issuer, byte for byte as the resource metadata names it.
    pub issuer: String,
    /// The exchanges a client makes, in its order.
    pub candidates: Vec<&'e Exchange>,
    /// The first candidate that brought a JSON object.
    pub document: Option<Document<'e>>,
}

/// What kind of deployment was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The first request is refused with a challenge, or resource metadata says that it will be.
    Protected,
    /// Discovery and listing are open; resource metadata exists or a tool call is refused.
    Lazy,
    /// Everything asked was answered without a token.
    Public,
    /// The 2025-03-26 layout: no resource metadata, authorization server metadata at the MCP origin.
    Legacy,
    /// Nothing was answered.
    Unreachable,
    /// Not a deployment: a client, by what it did at the reference deployment.
    Client,
}

/// The anonymous MCP requests, in the order in which a refusal is looked for.
const FIRST_REQUESTS: [Step; 5] =
    [Step::McpDiscover, Step::McpList, Step::McpInitialize, Step::McpSessionList, Step::McpCall];

impl<'t> Evidence<'t> {
    /// Reads the record.
    #[must_use]
    pub fn new(trail: &'t Trail, revision: Revision) -> Self {
        let challenged = FIRST_REQUESTS.iter().find_map(|step| {
            let place = trail.in_order().position(|x| x.is(*step) && x.status() == Some(401))?;
            let reply = trail.exchanges.get(place)?.reply()?;
            Some((place, challenge::read(reply.header_values("www-authenticate"))))
        });
        let challenged: Option<(usize, Challenges)> = challenged;
        let named = challenged.as_ref().and_then(|(_, list)| list.answered()?.param("resource_metadata"));
        Self {
            trail,
            revision,
            strict: false,
            target: Url::parse(&trail.target).ok(),
            objects: trail.in_order().map(|_| OnceLock::new()).collect(),
            left: Mutex::new(ALL_VALUES),
            names_url: named.is_some_and(|text| Url::parse(text).is_ok()),
            challenged,
            candidates: OnceLock::new(),
            issuers: OnceLock::new(),
            prevented: OnceLock::new(),
        }
    }

    /// The check that says why no login came about. Many judges ask, so it is looked for once.
    pub fn prevented(&self, find: impl FnOnce() -> Option<&'static str>) -> Option<&'static str> {
        *self.prevented.get_or_init(find)
    }

    /// The newest revision that the server says it speaks, as far as it says so without a token.
    #[must_use]
    pub fn negotiated(trail: &Trail) -> Option<Revision> {
        let answers = trail.in_order().filter(|x| matches!(x.step, Step::McpDiscover | Step::McpInitialize));
        answers.filter_map(answer::newest_revision).max()
    }

    /// The MCP URL, parsed.
    #[must_use]
    pub const fn target(&self) -> Option<&Url> {
        self.target.as_ref()
    }

    /// Whether the target is on this machine.
    #[must_use]
    pub fn on_loopback(&self) -> bool {
        self.target.as_ref().is_some_and(uri::is_loopback_host)
    }

    /// Whether the run went this far.
    #[must_use]
    pub fn went(&self, reach: Reach) -> bool {
        self.trail.reach.has(reach)
    }

    /// Whether an extension was asked for, though it may not be advertised.
    #[must_use]
    pub fn asks_for(&self, extension: Extension) -> bool {
        self.trail.extensions.contains(&extension)
    }

    /// The exchanges of a step, in order.
    pub fn all(&self, step: Step) -> impl Iterator<Item = &'t Exchange> {
        self.trail.in_order().filter(move |x| x.step == step)
    }

    /// The first exchange of a step.
    #[must_use]
    pub fn first(&self, step: Step) -> Option<&'t Exchange> {
        self.all(step).next()
    }

    /// Where the first exchange of a step led, redirects followed.
    #[must_use]
    pub fn answer(&self, step: Step) -> Option<&'t Exchange> {
        self.first(step).map(|exchange| self.landed(exchange))
    }

    /// The exchange of a step about something.
    #[must_use]
    pub fn about(&self, step: Step, about: &str) -> Option<&'t Exchange> {
        self.all(step).find(|x| x.about.as_deref() == Some(about))
    }

    /// The plain GET of a URL (metadata, keys), whichever step it was made for.
    #[must_use]
    pub fn fetched(&self, url: &str) -> Option<&'t Exchange> {
        self.at(self.place_of(url)?)
    }

    /// The exchange at a place of the record.
    fn at(&self, place: usize) -> Option<&'t Exchange> {
        self.trail.exchanges.get(place).map(Arc::as_ref)
    }

    fn place_of(&self, url: &str) -> Option<usize> {
        self.trail.in_order().position(|x| x.step.fetches_document() && x.request.url == url)
    }

    /// Where an exchange led: itself, or the last of the redirects that were followed from it.
    #[must_use]
    pub fn landed(&self, exchange: &'t Exchange) -> &'t Exchange {
        let mut current = exchange;
        // Numbers grow along a chain, so this ends.
        while let Some(next) = self.trail.in_order().find(|x| x.follows == Some(current.number)) {
            current = next;
        }
        current
    }

    /// The JSON object an exchange brought, or why it is none; `None` if nothing of success came.
    #[must_use]
    pub fn object(&self, exchange: &Exchange) -> Option<Result<Document<'_>, &JsonProblem>> {
        // By number: while requests are under way, a trail has gaps.
        let place = self.trail.in_order().position(|x| x.number == exchange.number)?;
        let found = self.at(place)?;
        let read = || read_object(found, &mut self.left.lock().unwrap_or_else(PoisonError::into_inner));
        match self.objects.get(place)?.get_or_init(read).as_ref()? {
            Ok(object) => Some(Ok(Document { exchange: found, object })),
            Err(problem) => Some(Err(problem)),
        }
    }

    /// The first refusal, if one was met.
    #[must_use]
    pub fn challenged(&self) -> Option<Challenged<'_>> {
        let (place, challenges) = self.challenged.as_ref()?;
        Some(Challenged { exchange: self.at(*place)?, challenges })
    }

    /// The anonymous MCP requests that were made, in order.
    pub fn first_requests(&self) -> impl Iterator<Item = &'t Exchange> {
        self.trail.in_order().filter(|x| FIRST_REQUESTS.contains(&x.step))
    }

    /// Whether nothing was answered.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        // What answers in clear, to a hello of old, or at another place says nothing of the server that was asked for.
        let aside = |x: &Exchange| {
            use Step::{CanaryFetched, McpElsewhere, McpTwin, OldTlsHello, PlainTwin};
            matches!(x.step, CanaryFetched | McpElsewhere | McpTwin | OldTlsHello | PlainTwin)
        };
        self.trail.in_order().filter(|x| !aside(x)).all(|x| x.reply().is_none())
    }

    /// Whether a step was answered in earnest: with a JSON-RPC result.
    #[must_use]
    pub fn opened(&self, step: Step) -> bool {
        self.all(step).any(is_answer)
    }

    /// Whether this is the 2025-03-26 layout: metadata of the authorization server at the MCP origin, and nothing that
    /// was meant to be resource metadata.
    fn has_old_layout(&self) -> bool {
        let meant = |exchange: &'t Exchange| {
            let status = self.landed(exchange).status();
            status.is_some_and(|status| matches!(status, 200..=399 | 401..=403 | 500..=599))
        };
        self.legacy_origin().is_some()
            && self.named_metadata_url().is_none()
            && !self.resource_candidates().into_iter().any(|(_, exchange)| meant(exchange))
    }

    /// What kind of deployment this is.
    #[must_use]
    pub fn mode(&self) -> Mode {
        if self.is_unreachable() {
            return Mode::Unreachable;
        }
        let has_resource = self.resource().is_some();
        let opened = self.first_requests().any(is_answer);
        let refused = self.challenged.is_some();
        match (has_resource, opened, refused) {
            (_, true, true) | (true, true, false) => Mode::Lazy,
            (true, false, _) => Mode::Protected,
            (false, true, false) => Mode::Public,
            (false, false, _) if self.has_old_layout() => Mode::Legacy,
            (false, false, _) => Mode::Protected,
        }
    }
}

/// Whether an anonymous MCP request was answered in earnest: with a JSON-RPC result.
fn is_answer(exchange: &Exchange) -> bool {
    let success = exchange.status().is_some_and(|status| (200..300).contains(&status));
    success && answer::in_turn(exchange).any(|message| message.result().is_some())
}

/// The most values that are read of all documents of a trail together.
const ALL_VALUES: usize = 5 * json::MAX_VALUES;

/// The document that a fetch brought.
fn read_object(exchange: &Exchange, left: &mut usize) -> Option<Brought> {
    let reply = exchange.reply().filter(|reply| (200..300).contains(&reply.status))?;
    if !exchange.step.fetches_document() {
        return None;
    }
    Some(reply.object_within(left))
}
