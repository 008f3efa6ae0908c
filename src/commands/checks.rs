//! `mcp-auth checks`: the catalogue, for people and for programs.

use std::fmt::Write as _;

use super::{Exit, Failure, Outcome, Terminal, put};
use crate::advice::{providers, snippets, symptoms};
use crate::checks::{self, EXCEPTIONS, Exception};
use crate::render::wrap::hang;
use crate::serve::grade::rows;
use crate::spec::fault::{Deed, Edit, Fault};
use crate::spec::posture::Posture;
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::spec::text::printable;
use crate::verdict::{Check, Role};

/// Lists the catalogue, one line a check, or as JSON.
///
/// # Errors
/// Standard output cannot be written.
pub fn list(json: bool, revision: Option<Revision>) -> Outcome {
    let chosen = checks::all().filter(|check| revision.is_none_or(|revision| check.level_at(revision).is_some()));
    if json {
        let rows: Vec<_> = chosen.map(as_json).collect();
        let text = serde_json::to_string_pretty(&rows).unwrap_or_default();
        put(&format!("{text}\n"))?;
        return Ok(Exit::Success);
    }
    let mut text = String::new();
    for check in chosen {
        let _ = writeln!(text, "{:<34} {}", check.id, check.title);
    }
    for exception in EXCEPTIONS.iter().filter(|_| revision.is_none()) {
        let _ = writeln!(text, "{:<34} {} (not checked)", exception.id, exception.title);
    }
    put(&text)?;
    Ok(Exit::Success)
}

/// Explains one check: what, why, where it is written, what to change, how to see it fail.
///
/// # Errors
/// There is no such check, or standard output cannot be written.
pub fn explain(id: &str, json: bool, terminal: &Terminal) -> Outcome {
    if !json {
        put(&explained(id, terminal.width)?)?;
        return Ok(Exit::Success);
    }
    let value = if let Some(row) = rows::by_id(id) {
        super::grade::catalogue::as_json(row)
    } else if let Some(exception) = checks::exception(id) {
        serde_json::json!({ "id": exception.id, "title": exception.title, "not_checked": exception.why })
    } else {
        as_json(checks::by_id(id).ok_or_else(|| unknown(id))?)
    };
    put(&format!("{}\n", serde_json::to_string_pretty(&value).unwrap_or_default()))?;
    Ok(Exit::Success)
}

/// What is known of a check, of a server or of a client, in words; of what is demanded and not judged, why.
///
/// # Errors
/// There is no such check.
pub(super) fn explained(id: &str, width: usize) -> Result<String, Failure> {
    if let Some(row) = rows::by_id(id) {
        return Ok(super::grade::catalogue::explanation(row, width));
    }
    match checks::exception(id) {
        Some(exception) => Ok(unchecked(exception, width)),
        None => Ok(explanation(checks::by_id(id).ok_or_else(|| unknown(id))?, width)),
    }
}

fn unchecked(exception: &Exception, width: usize) -> String {
    let lines = [("requires", exception.title.to_owned()), ("judged", format!("not checked: {}", exception.why))];
    let mut text = format!("{}\n", exception.id);
    for (title, body) in lines {
        let _ = writeln!(text, "{title:<10} {}", hang(&body, 11, width));
    }
    text
}

pub(super) fn unknown(id: &str) -> Failure {
    let near: Vec<&str> = checks::all()
        .map(|check| check.id)
        .filter(|known| known.contains(id) || shares_words(known, id))
        .take(5)
        .collect();
    let help = if near.is_empty() {
        "`mcp-auth checks list` shows every check".to_owned()
    } else {
        format!("did you mean {}?", near.join(", "))
    };
    Failure::usage(format!("there is no check `{}`", printable(id)), help)
}

fn shares_words(known: &str, asked: &str) -> bool {
    let words: Vec<&str> = asked.split('-').filter(|word| word.len() > 2).collect();
    !words.is_empty() && words.iter().filter(|word| known.contains(**word)).count() * 2 > words.len()
}

fn explanation(check: &Check, width: usize) -> String {
    let mut text = String::new();
    let mut section = |title: &str, body: &str| {
        if !body.is_empty() {
            let _ = writeln!(text, "{title:<10} {}", hang(body, 11, width));
        }
    };
    section(check.id, "");
    section("check", check.id);
    section("requires", check.title);
    section(
        "who",
        match check.role {
            Role::ResourceServer => "your MCP server",
            Role::AuthorizationServer => "your authorization server",
            Role::Client => "your client",
        },
    );
    section("level", &levels(check));
    section("touches", &touches(check));
    section("why", check.why);
    section("fix", check.fix);
    section("disputed", check.disputed);
    for symptom in symptoms::of_check(check.id) {
        section("seen as", symptom.title);
    }
    for cite in check.cites {
        section("read", &format!("{}  {}", cite.short(), cite.url));
    }
    for setting in providers::SETTINGS.iter().filter(|setting| setting.checks.contains(&check.id)) {
        let name = providers::PROVIDERS.iter().find(|provider| provider.id == setting.provider);
        let name = name.map_or(setting.provider, |provider| provider.name);
        section("setting", &format!("{name}: {} ({})", setting.says, setting.source));
    }
    for fault in check.faults {
        section("see it", &format!("{}  ({})", serve_line(fault), deeds(fault)));
    }
    for snippet in snippets::SNIPPETS.iter().filter(|snippet| snippet.checks.contains(&check.id)) {
        let _ = writeln!(text, "\nwith {}:", snippet.framework.name());
        for line in snippet.code.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

/// What a run must be allowed, or given, for a check to be looked at; several ways are told as alternatives.
fn touches(check: &Check) -> String {
    let mut ways: Vec<Reach> = check.needs.iter().map(|step| step.reach()).collect();
    ways.sort_unstable();
    ways.dedup();
    if ways.is_empty() {
        ways.push(Reach::Passive);
    }
    let told = ways.iter().map(|reach| match reach {
        Reach::Passive => "no more than --passive does".to_owned(),
        Reach::Default => "no more than a probe does without flags".to_owned(),
        reach => format!("{}: {}", reach.flag(), reach.about()),
    });
    told.collect::<Vec<_>>().join("; or ")
}

fn levels(check: &Check) -> String {
    let words = Revision::ALL.iter().map(|revision| {
        let level = check.level_at(*revision).map_or("does not apply", |level| level.as_str());
        format!("{revision} {level}")
    });
    words.collect::<Vec<_>>().join(", ")
}

/// The command that plants a fault.
#[must_use]
pub fn serve_line(fault: &Fault) -> String {
    match fault.posture {
        Posture::Reference => format!("mcp-auth serve --fault {}", fault.name),
        posture => format!("mcp-auth serve --posture {} --fault {}", posture.name(), fault.name),
    }
}

/// What a fault does, in words made from its data.
#[must_use]
pub fn deeds(fault: &Fault) -> String {
    let words = fault.deeds.iter().map(|deed| match deed {
        Deed::At(reply, edits) => {
            let edits: Vec<String> = edits.iter().map(edit).collect();
            format!("{}: {}", spaced(&format!("{reply:?}")), edits.join(", "))
        }
        Deed::Forget(duty) => format!("forgets to {}", spaced(&format!("{duty:?}"))),
    });
    words.collect::<Vec<_>>().join("; ")
}

fn edit(edit: &Edit) -> String {
    match edit {
        Edit::Status(status) => format!("status {status}"),
        Edit::SetHeader(name, value) => format!("header `{name}: {value}`"),
        Edit::AddHeader(name, value) => format!("a further header `{name}: {value}`"),
        Edit::DropHeader(name) => format!("no header `{name}`"),
        Edit::SetJson(pointer, value) => format!("`{pointer}` is {value}"),
        Edit::DropJson(pointer) => format!("no `{pointer}`"),
        Edit::SetParam(name, value) => format!("`{name}={value}` in the redirect"),
        Edit::DropParam(name) => format!("no `{name}` in the redirect"),
        Edit::FormBody => "the body is a form".to_owned(),
        Edit::EventStream => "the body is an event stream".to_owned(),
        Edit::Body(text) => format!("the body is {}", printable(text).cut(60)),
        Edit::Missing => "404".to_owned(),
        Edit::Present => "is there".to_owned(),
    }
}

/// `ResourceMetadata` as `resource metadata`.
fn spaced(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

fn as_json(check: &Check) -> serde_json::Value {
    let levels: serde_json::Map<String, serde_json::Value> = Revision::ALL
        .iter()
        .map(|revision| (revision.to_string(), serde_json::json!(check.level_at(*revision))))
        .collect();
    serde_json::json!({
        "id": check.id, "title": check.title, "role": check.role, "level": levels, "class": check.class,
        "mark": check.mark, "cites": check.cites, "why": check.why, "fix": check.fix, "disputed": check.disputed,
        "blocked_by": check.blocked_by, "faults": check.faults.iter().map(|fault| fault.name).collect::<Vec<_>>(),
    })
}
