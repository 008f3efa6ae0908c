//! From the record of a client to the report and the trail that every format knows.

use std::sync::Arc;

use crate::evidence::{Body, Evidence, Exchange, Header, HttpReply, HttpRequest, Outcome, Pointer, Trail};
use crate::report::{self, Report, Row};
use crate::serve::grade::{self, Entry, Finding, Part, Ruled, Status, Story};
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::verdict::{self, Mark, Reason, Role, Verdict};

/// The report and the trail of a client. Without a revision it is judged by the one that it speaks.
#[must_use]
pub fn graded(story: &Story, revision: Option<Revision>) -> (Report, Trail) {
    let revision = revision.or_else(|| story.revision()).unwrap_or(Revision::LATEST);
    let ruled = grade::judge(story, revision);
    let trail = trail(story);
    let next = next(&ruled);
    let report = report::compile(&Evidence::new(&trail, revision), ruled.into_iter().map(requirement), next);
    (report, trail)
}

/// The next useful command: the gravest finding, then what was not seen.
fn next(ruled: &[Ruled]) -> String {
    let grave =
        |status: Status| ruled.iter().find(move |one| one.blocked.is_none() && one.ruling.status(one.level) == status);
    match grave(Status::Fail).or_else(|| grave(Status::Warn)) {
        Some(one) => format!("mcp-auth checks explain {}", one.row.id),
        None if ruled.iter().any(|one| one.needs.is_some()) => {
            "mcp-auth serve --grade-client --traps all -- YOUR-CLIENT {url}".to_owned()
        }
        None => "mcp-auth checks list --client".to_owned(),
    }
}

fn requirement(ruled: Ruled) -> report::Ruled {
    let Ruled { row, level, ruling, blocked, needs } = ruled;
    let status = ruling.status(level);
    let verdict = match (blocked, needs, ruling) {
        (_, Some(trap), _) => Verdict::Skip(Reason::NeedsTrap(trap)),
        (Some(id), ..) => Verdict::blocked(id),
        (.., grade::Ruling::Met(_)) => Verdict::Pass,
        (.., grade::Ruling::Unseen(why)) => Verdict::Skip(Reason::NotSeen(why)),
        (.., grade::Ruling::Broken(found) | grade::Ruling::Doubtful(found) | grade::Ruling::Noted(found)) => {
            let found = finding(found);
            match status {
                Status::Fail => found.fail(),
                Status::Warn => found.warn(),
                _ => found.info(),
            }
        }
    };
    report::Ruled {
        id: row.id,
        title: row.title,
        role: Role::Client,
        mark: if row.silent { Mark::Silent } else { Mark::Plain },
        level,
        row: Row { why: row.why, fix: row.fix, cites: row.cites },
        verdict,
    }
}

fn finding(found: Finding) -> verdict::Finding {
    let Finding { message, entry, part, expected, actual } = found;
    let pointer = match part {
        Part::Whole => Pointer::exchange(entry),
        Part::Header(name) => Pointer::header(entry, name),
        Part::Parameter(name) => Pointer { query_parameter: Some(name.to_owned()), ..Pointer::exchange(entry) },
        Part::Member(pointer) => Pointer::json(entry, pointer),
    };
    verdict::Finding { expected, actual, ..verdict::finding(pointer, message) }
}

fn trail(story: &Story) -> Trail {
    let target = story.runs.first().map_or("", |run| run.place.mcp.as_str());
    let mut trail = Trail::new(target, Reach::Login, story.started);
    for run in &story.runs {
        let because = match run.traps.as_slice() {
            [] => "the client, without a trap".to_owned(),
            traps => format!("the client, trap {}", traps.join(", ")),
        };
        trail.exchanges.extend(run.entries.iter().map(|entry| Arc::new(exchange(entry, &because))));
    }
    trail
}

fn exchange(entry: &Entry, because: &str) -> Exchange {
    let lines = |headers: &[(String, String)]| {
        headers.iter().map(|(name, value)| Header { name: name.clone(), value: value.clone() }).collect()
    };
    Exchange {
        number: entry.number,
        step: entry.step(),
        about: None,
        because: because.to_owned(),
        follows: None,
        request: HttpRequest {
            method: entry.method.clone(),
            url: entry.url.clone(),
            headers: lines(&entry.headers),
            body: (!entry.body.is_empty()).then(|| entry.body.clone()),
        },
        outcome: Outcome::Reply(HttpReply {
            status: entry.status,
            headers: lines(&entry.answer_headers),
            body: Body::new(entry.answer_body.clone().into_bytes(), false),
        }),
        at: entry.at,
        took: entry.took,
    }
}
