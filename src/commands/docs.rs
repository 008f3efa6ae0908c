//! `mcp-auth checks docs FOLDER`: the catalogue as Markdown, one page a check, and pages of symptoms, clients and
//! providers. All from the rows; nothing of it is written by hand.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::probe::unwritable;
use super::symptom::see_it;
use super::{Exit, Outcome, Terminal, checks as catalogue, tell};
use crate::advice::clients::{self, Client};
use crate::advice::{providers, snippets, symptoms};
use crate::checks;
use crate::spec::revision::Revision;
use crate::verdict::{Check, Role};

/// Writes the pages. What stands in the folder under other names is left alone.
///
/// # Errors
/// The folder or a page cannot be written.
pub fn write(folder: &Path, terminal: &Terminal) -> Outcome {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let mut pages = vec![
        ("README".to_owned(), index()),
        ("symptoms".to_owned(), all_symptoms()),
        ("clients".to_owned(), all_clients()),
        ("providers".to_owned(), all_providers()),
    ];
    pages.extend(checks::all().map(|check| (check.id.to_owned(), page(check))));
    for (name, text) in &pages {
        let file = folder.join(format!("{name}.md"));
        fs::write(&file, text).map_err(|error| unwritable(&file, &error))?;
    }
    tell(terminal, &format!("{} pages in {}", pages.len(), folder.display()));
    Ok(Exit::Success)
}

fn index() -> String {
    let mut text =
        "# Checks\n\nSee also [symptoms](symptoms.md), [clients](clients.md) and [providers](providers.md).\n"
            .to_owned();
    for group in checks::GROUPS {
        let _ = writeln!(text, "\n## {}\n", group.title);
        for check in group.checks {
            let _ = writeln!(text, "- {}: {}", link(check.id), check.title);
        }
    }
    text.push_str("\n## Not checked\n\n");
    for exception in checks::EXCEPTIONS {
        let _ = writeln!(text, "- {}: {}. Not checked: {}.", exception.id, exception.title, exception.why);
    }
    text
}

fn link(id: &str) -> String {
    format!("[{id}]({id}.md)")
}

fn page(check: &Check) -> String {
    let who = match check.role {
        Role::ResourceServer => "the MCP server",
        Role::AuthorizationServer => "the authorization server",
        Role::Client => "the client",
    };
    let mut text = format!("# {}\n\n{}. To be mended in {who}.\n\n", check.id, capital(check.title));
    let names: Vec<String> = Revision::ALL.iter().map(ToString::to_string).collect();
    let levels = Revision::ALL.iter().map(|revision| check.level_at(*revision).map_or("–", |level| level.as_str()));
    let _ = writeln!(
        text,
        "| {} |\n|{}\n| {} |",
        names.join(" | "),
        " --- |".repeat(names.len()),
        levels.collect::<Vec<_>>().join(" | ")
    );
    let mut section = |title: &str, body: &str| {
        if !body.is_empty() {
            let _ = writeln!(text, "\n## {title}\n\n{}", body.trim_end());
        }
    };
    section("Why", check.why);
    section("What to change", &capital(check.fix));
    section("Disputed", check.disputed);
    section("What users see", &list(symptoms::of_check(check.id).map(|symptom| capital(symptom.title))));
    let settings = providers::SETTINGS.iter().filter(|setting| setting.checks.contains(&check.id));
    section(
        "By provider",
        &list(settings.map(|setting| format!("{}: {} ({})", name_of(setting.provider), setting.says, setting.source))),
    );
    let code = snippets::SNIPPETS.iter().filter(|snippet| snippet.checks.contains(&check.id));
    let code: Vec<String> =
        code.map(|snippet| format!("With {}:\n\n```\n{}\n```\n", snippet.framework.name(), snippet.code)).collect();
    section("Code", &code.join("\n"));
    section("Where it is written", &list(check.cites.iter().map(|cite| format!("[{}]({})", cite.short(), cite.url))));
    section(
        "See it fail",
        &list(
            check.faults.iter().map(|fault| format!("`{}`: {}", catalogue::serve_line(fault), catalogue::deeds(fault))),
        ),
    );
    text
}

fn all_symptoms() -> String {
    let mut text =
        "# What users see\n\nSearch it with `mcp-auth explain --symptom \"login works, then 401\"`.\n".to_owned();
    for symptom in symptoms::all() {
        let found: Vec<String> =
            symptom.checks.iter().filter(|id| checks::by_id(id).is_some()).map(|id| link(id)).collect();
        let _ = writeln!(
            text,
            "\n## {}\n\n{}.\n\nWhat to change: {}.\n\nFound by {}.",
            capital(symptom.title),
            capital(symptom.cause),
            symptom.fix,
            found.join(", ")
        );
        if let Some(line) = see_it(symptom) {
            let _ = writeln!(text, "See it: `{line}`.");
        }
        let _ = writeln!(text, "Reported in {}.", symptom.sources.join(", "));
    }
    text
}

fn all_clients() -> String {
    let mut text = "# What clients do\n\n`mcp-auth probe URL --clients` judges a server so. Where no row stands, nothing is known.\n".to_owned();
    for client in Client::ALL {
        let _ = writeln!(
            text,
            "\n## {}\n\n| when | | at | what it does | source | true on |\n| --- | --- | --- | --- | --- | --- |",
            client.name()
        );
        for rule in clients::rules().filter(|rule| rule.client == client) {
            let checks: Vec<String> = rule.case.checks().iter().map(|id| link(id)).collect();
            let when = if checks.is_empty() { format!("{:?}", rule.case) } else { checks.join(", ") };
            let _ = writeln!(
                text,
                "| {when} | {} | {} | {} | {} | {} |",
                rule.fit.as_str(),
                rule.step,
                rule.says,
                rule.source,
                rule.on
            );
        }
    }
    text
}

fn all_providers() -> String {
    let mut text =
        "# Providers\n\nRecognised by what they publish; the setting stands beside the general fix in every report.\n"
            .to_owned();
    for provider in providers::PROVIDERS {
        let _ = writeln!(text, "\n## {}\n", provider.name);
        for setting in providers::SETTINGS.iter().filter(|setting| setting.provider == provider.id) {
            let checks: Vec<String> =
                setting.checks.iter().filter(|id| checks::by_id(id).is_some()).map(|id| link(id)).collect();
            let _ = writeln!(text, "- {}: {} ({})", checks.join(", "), setting.says, setting.source);
        }
    }
    text
}

fn name_of(provider: &str) -> &str {
    providers::PROVIDERS.iter().find(|known| known.id == provider).map_or(provider, |known| known.name)
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.map(|item| format!("- {item}\n")).collect()
}

/// The text with a capital at its beginning, unless that is code.
fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}
