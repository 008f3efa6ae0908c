//! Records written by hand: answers that no fault of the reference deployment gives, and no disturbance of one answer.

mod authorization;
mod authorization_answer;
mod documents;
mod metadata;
mod network;
mod refresh;
mod refusals;
mod token_endpoint;
mod tokens;
mod wires;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::by_id;
use crate::evidence::{Body, Evidence, Exchange, Failure, FailureKind, Header, HttpReply, HttpRequest, Outcome, Trail};
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::verdict::{Finding, Reason, Verdict};

const MCP: &str = "https://rs.test/mcp";
const ISSUER: &str = "https://as.test/t";
const CHALLENGE: &str = "Bearer resource_metadata=\"https://rs.test/.well-known/oauth-protected-resource/mcp\"";

/// What came.
#[derive(Clone)]
struct Came(Outcome);

impl Came {
    fn status(status: u16) -> Self {
        Self(Outcome::Reply(HttpReply { status, headers: Vec::new(), body: Body::default() }))
    }

    fn failed(kind: FailureKind) -> Self {
        Self(Outcome::Failure(Failure { kind, detail: "nothing came".into() }))
    }

    fn to(location: &str) -> Self {
        Self::status(302).header("location", location)
    }

    fn json(status: u16, body: &Value) -> Self {
        Self::status(status).header("content-type", "application/json").body(&body.to_string())
    }

    fn page(title: &str) -> Self {
        Self::status(200).header("content-type", "text/html").body(&format!("<html><title>{title}</title></html>"))
    }

    fn reply(mut self, change: impl FnOnce(&mut HttpReply)) -> Self {
        if let Outcome::Reply(reply) = &mut self.0 {
            change(reply);
        }
        self
    }

    fn header(self, name: &str, value: &str) -> Self {
        self.reply(|reply| reply.headers.push(Header { name: name.into(), value: value.into() }))
    }

    fn body(self, text: &str) -> Self {
        self.reply(|reply| reply.body = Body::new(text.as_bytes().to_vec(), false))
    }
}

/// A result of MCP.
fn result(result: &Value) -> Came {
    Came::json(200, &json!({ "jsonrpc": "2.0", "id": 1, "result": result }))
}

/// A JWT that nobody signed.
fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode("nobody"))
}

/// A record in the making.
#[derive(Clone)]
struct Run {
    trail: Trail,
    revision: Revision,
    strict: bool,
}

impl Run {
    /// A run that went so far and met nothing yet.
    fn bare(reach: Reach) -> Self {
        Self { trail: Trail::new(MCP, reach, 0), revision: Revision::LATEST, strict: false }
    }

    /// A run that was refused as it must be and read both documents.
    fn new(reach: Reach) -> Self {
        Self::told(reach, &json!({}))
    }

    /// The same where the metadata of the authorization server says something else, too.
    fn told(reach: Reach, more: &Value) -> Self {
        let resource = json!({ "resource": MCP, "authorization_servers": [ISSUER] });
        let mut server = json!({ "issuer": ISSUER, "authorization_endpoint": "https://as.test/t/authorize",
            "token_endpoint": "https://as.test/t/token", "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"], "client_id_metadata_document_supported": true });
        for (name, value) in more.as_object().into_iter().flatten() {
            server[name] = value.clone();
        }
        Self::bare(reach)
            .asked(Step::McpDiscover, MCP, Came::status(401).header("www-authenticate", CHALLENGE))
            .asked(
                Step::PathMetadata,
                "https://rs.test/.well-known/oauth-protected-resource/mcp",
                Came::json(200, &resource),
            )
            .about(
                Step::OauthMetadata,
                ISSUER,
                "https://as.test/.well-known/oauth-authorization-server/t",
                Came::json(200, &server),
            )
    }

    fn strictly(mut self) -> Self {
        self.strict = true;
        self
    }

    fn at(mut self, revision: Revision) -> Self {
        self.revision = revision;
        self
    }

    fn add(&mut self, step: Step, about: Option<&str>, url: &str, came: Came) -> &mut Exchange {
        let number = u32::try_from(self.trail.exchanges.len()).unwrap() + 1;
        self.trail.exchanges.push(Arc::new(Exchange {
            number,
            step,
            about: about.map(str::to_owned),
            because: "a test".into(),
            follows: None,
            request: HttpRequest { method: "GET".into(), url: url.into(), headers: Vec::new(), body: None },
            outcome: came.0,
            at: u64::from(number) * 10,
            took: 0,
        }));
        Arc::make_mut(self.trail.exchanges.last_mut().unwrap())
    }

    fn asked(mut self, step: Step, url: &str, came: Came) -> Self {
        self.add(step, None, url, came);
        self
    }

    fn about(mut self, step: Step, about: &str, url: &str, came: Came) -> Self {
        self.add(step, Some(about), url, came);
        self
    }

    /// A request of a trial, once.
    fn once(self, trial: Trial, url: &str, came: Came) -> Self {
        self.about(trial.step, trial.name, url, came)
    }

    /// A request of a trial with this body, once.
    fn posted(mut self, trial: Trial, url: &str, body: &str, came: Came) -> Self {
        let exchange = self.add(trial.step, Some(trial.name), url, came);
        exchange.request.method = "POST".into();
        exchange.request.body = Some(body.to_owned());
        self
    }

    /// The exchange at a place, to be changed.
    fn exchange(&mut self, place: usize) -> &mut Exchange {
        Arc::make_mut(&mut self.trail.exchanges[place])
    }

    /// Changes the last exchange.
    fn last(mut self, change: impl FnOnce(&mut Exchange)) -> Self {
        change(Arc::make_mut(self.trail.exchanges.last_mut().unwrap()));
        self
    }

    fn verdict(&self, id: &str) -> Verdict {
        let mut evidence = Evidence::new(&self.trail, self.revision);
        evidence.strict = self.strict;
        (by_id(id).unwrap().judge)(&evidence)
    }

    /// What a check says, in a line.
    fn says(&self, id: &str) -> String {
        let told = |word: &str, found: Finding| format!("{word} {}", found.message);
        match self.verdict(id) {
            Verdict::Pass => "pass".to_owned(),
            Verdict::Fail(found) => told("fail", found),
            Verdict::Warn(found) => told("warn", found),
            Verdict::Info(found) => told("info", found),
            Verdict::Skip(Reason::Blocked(by)) => format!("blocked {by}"),
            Verdict::Skip(Reason::Inconclusive(why)) => format!("unclear {why}"),
            Verdict::Skip(Reason::NotApplicable(why)) => format!("no {why}"),
            Verdict::Skip(other) => format!("{other:?}"),
        }
    }

    /// What a check finds, in whole.
    #[track_caller]
    fn finding(&self, id: &str) -> Finding {
        match self.verdict(id) {
            Verdict::Fail(found) | Verdict::Warn(found) | Verdict::Info(found) => found,
            other => panic!("{id}: {other:?} is no finding"),
        }
    }

    /// Asserts that a check says something that begins so.
    #[track_caller]
    fn expect(&self, id: &str, words: &str) {
        let said = self.says(id);
        assert!(
            !words.is_empty() && said.contains(words) && (words != "pass" || said == "pass"),
            "{id}: `{said}` instead of `{words}`"
        );
    }
}
