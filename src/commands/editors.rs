//! The MCP servers that editors and assistants declare: Claude Code, Claude Desktop, VS Code, Cursor, Windsurf.
//!
//! Only names and URLs are taken. Headers, environment and arguments hold secrets: they are neither kept nor shown, and
//! what stands in a URL before `@` or after `?` is left out, because keys are put there too.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use url::Url;

use super::Failure;
use crate::report::Declared;

/// The word for: every known place.
pub const AUTO: &str = "auto";

/// What was declared.
#[derive(Debug, Default)]
pub struct Found {
    /// The servers that can be reached over HTTP.
    pub servers: Vec<Server>,
    /// The servers that run as a program on this machine: they need no OAuth.
    pub local: usize,
    /// The servers whose URL cannot be used as it stands, each with the reason.
    pub unusable: Vec<(String, &'static str)>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

/// A declared server.
#[derive(Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// Its URL, without anything that may be secret.
    pub url: String,
    /// Whether something was left out of the URL.
    pub trimmed: bool,
    /// Where it is declared.
    pub declared: Declared,
}

/// Reads the file named, or with [`AUTO`] every file of the known places: below the folder, then of the user.
///
/// # Errors
/// A file cannot be read or is no JSON; with [`AUTO`] no file declares anything.
pub fn find(named: &str, folder: &Path, home: Option<&Path>) -> Result<Found, Failure> {
    let mut found = Found::default();
    if named != AUTO {
        read_file(Path::new(named), folder, &mut found)?;
        return Ok(found);
    }
    let project = PROJECT.iter().map(|name| folder.join(name));
    let user = home.into_iter().flat_map(|home| USER.iter().map(|name| home.join(name)));
    for path in project.chain(user).filter(|path| path.is_file()) {
        read_file(&path, folder, &mut found)?;
    }
    if found.files.is_empty() {
        return Err(Failure::usage(
            "no configuration of an editor was found",
            "--from-config FILE reads the one you name, e.g. .mcp.json",
        ));
    }
    Ok(found)
}

/// Files of a project.
const PROJECT: [&str; 3] = [".mcp.json", ".vscode/mcp.json", ".cursor/mcp.json"];

/// Files of a user, below the home folder.
const USER: [&str; 11] = [
    ".claude.json",
    ".cursor/mcp.json",
    ".codeium/windsurf/mcp_config.json",
    ".config/Code/User/mcp.json",
    ".config/Code/User/settings.json",
    ".config/Claude/claude_desktop_config.json",
    "Library/Application Support/Code/User/mcp.json",
    "Library/Application Support/Code/User/settings.json",
    "Library/Application Support/Claude/claude_desktop_config.json",
    "AppData/Roaming/Code/User/mcp.json",
    "AppData/Roaming/Claude/claude_desktop_config.json",
];

fn read_file(path: &Path, folder: &Path, found: &mut Found) -> Result<(), Failure> {
    let shown = path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let help = "--from-config takes a JSON file with `mcpServers` or `servers`";
    let text =
        fs::read_to_string(path).map_err(|error| Failure::usage(format!("{shown} cannot be read: {error}"), help))?;
    // The parser's own message may quote the file, and the file holds secrets: only the place is told.
    let value: Value = serde_json::from_str(&without_comments(&text)).map_err(|error| {
        Failure::usage(format!("{shown} is no JSON (line {}, column {})", error.line(), error.column()), help)
    })?;
    found.files.push(path.to_path_buf());
    let here = folder.to_string_lossy();
    let project = value.get("projects").and_then(|projects| projects.get(here.as_ref()));
    let lists = [Some(&value), project, value.get("mcp")].into_iter().flatten();
    let lists = lists.flat_map(|place| [place.get("mcpServers"), place.get("servers")]).flatten();
    for (name, server) in lists.filter_map(Value::as_object).flatten() {
        take(name, server, &shown, &text, found);
    }
    Ok(())
}

fn take(name: &str, server: &Value, file: &str, text: &str, found: &mut Found) {
    let Some(raw) =
        ["url", "serverUrl", "httpUrl"].iter().find_map(|key| server.get(key)?.as_str()).or_else(|| bridged(server))
    else {
        found.local += 1;
        return;
    };
    if raw.contains("${") {
        found.unusable.push((name.to_owned(), "its URL has a placeholder"));
        return;
    }
    let Ok(mut url) = Url::parse(raw) else {
        found.unusable.push((name.to_owned(), "its URL cannot be read"));
        return;
    };
    if !matches!(url.scheme(), "http" | "https") {
        found.unusable.push((name.to_owned(), "its URL is not of the web"));
        return;
    }
    let trimmed = url.query().is_some() || !url.username().is_empty() || url.password().is_some();
    if trimmed {
        url.set_query(None);
        // Both succeed for web URLs.
        let _ = (url.set_username(""), url.set_password(None));
    }
    url.set_fragment(None);
    let line = text.lines().position(|line| line.contains(raw)).map_or(1, |index| index + 1);
    let url = if trimmed { url.to_string() } else { raw.split('#').next().unwrap_or(raw).to_owned() };
    let server = Server { name: name.to_owned(), url, trimmed, declared: Declared { file: file.to_owned(), line } };
    if !found.servers.iter().any(|known| known.url == server.url) {
        found.servers.push(server);
    }
}

/// The remote URL behind a local bridge such as `npx mcp-remote https://…`.
fn bridged(server: &Value) -> Option<&str> {
    let arguments: Vec<&str> = server.get("args")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let bridge = arguments.iter().position(|argument| argument.contains("mcp-remote"))?;
    arguments.into_iter().skip(bridge + 1).find(|argument| argument.starts_with("http"))
}

/// JSON as editors write it: comments and a comma before a closing bracket become spaces, so that places stay.
fn without_comments(text: &str) -> String {
    let mut out: Vec<char> = text.chars().collect();
    let mut at = 0;
    let mut last_comma = None;
    while let Some(c) = out.get(at).copied() {
        match (c, out.get(at + 1).copied()) {
            ('"', _) => {
                at = end_of_string(&out, at);
                last_comma = None;
            }
            ('/', Some('/')) => at = blank(&mut out, at, |rest| rest.first() == Some(&'\n')),
            ('/', Some('*')) => {
                at = blank(&mut out, at, |rest| rest.starts_with(&['*', '/']));
                at = blank(&mut out, at, |rest| !matches!(rest.first(), Some('*' | '/')));
                at = at.saturating_sub(1);
            }
            (',', _) => last_comma = Some(at),
            ('}' | ']', _) => {
                if let Some(comma) = last_comma.take().and_then(|place| out.get_mut(place)) {
                    *comma = ' ';
                }
            }
            (c, _) if !c.is_whitespace() => last_comma = None,
            _ => {}
        }
        at += 1;
    }
    out.into_iter().collect()
}

fn end_of_string(text: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(c) = text.get(at) {
        match c {
            '\\' => at += 1,
            '"' => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Blanks everything but line feeds until the rest begins as told; returns where that is.
fn blank(text: &mut [char], from: usize, ends: impl Fn(&[char]) -> bool) -> usize {
    let mut at = from;
    while at < text.len() && !ends(text.get(at..).unwrap_or_default()) {
        if let Some(c) = text.get_mut(at).filter(|c| **c != '\n') {
            *c = ' ';
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_last_commas_are_blanked_in_place() {
        let text = "{ // one\n \"a\": \"http://x//y\", /* two\n */ \"b\": [1, 2, ], }";
        let value: Value = serde_json::from_str(&without_comments(text)).unwrap();
        assert_eq!(value, serde_json::json!({ "a": "http://x//y", "b": [1, 2] }));
        assert_eq!(without_comments(text).len(), text.len());
    }

    #[test]
    fn names_and_urls_are_taken_and_nothing_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".mcp.json");
        let text = r#"{ "mcpServers": {
            "remote": { "url": "https://a.example/mcp", "headers": { "Authorization": "Bearer SECRET" } },
            "keyed": { "serverUrl": "https://me:SECRET@b.example/mcp?key=SECRET" },
            "bridged": { "command": "npx", "args": ["-y", "mcp-remote@latest", "https://c.example/mcp", "--header", "SECRET"] },
            "again": { "url": "https://a.example/mcp" },
            "asked": { "url": "https://${input:host}/mcp" },
            "local": { "command": "node", "args": ["server.js"], "env": { "KEY": "SECRET" } } } }"#;
        fs::write(&file, text).unwrap();
        let found = find(AUTO, folder.path(), None).unwrap();
        let urls: Vec<_> = found.servers.iter().map(|s| (s.name.as_str(), s.url.as_str(), s.declared.line)).collect();
        assert_eq!(
            urls,
            [
                ("remote", "https://a.example/mcp", 2),
                ("keyed", "https://b.example/mcp", 3),
                ("bridged", "https://c.example/mcp", 4)
            ]
        );
        assert_eq!((found.local, found.unusable.len()), (1, 1));
        assert!(!format!("{found:?}").contains("SECRET"));
        fs::write(&file, "{ \"mcpServers\": SECRET").unwrap();
        let failure = find(AUTO, folder.path(), None).unwrap_err();
        assert!(!failure.message.contains("SECRET") && failure.message.contains("line 1"), "{}", failure.message);
    }
}
