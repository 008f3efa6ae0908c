//! `mcp-auth tools` and `mcp-auth call`.

use std::fmt::Write as _;
use std::io::Read as _;

use serde_json::{Map, Value, json};

use super::account::{Counterpart, Line, Request, interruptible};
use super::{Exit, Failure, Outcome, Terminal, json_text, outline, put_foreign, tell};
use crate::client::error::ClientError;
use crate::client::keeper::Keeper;
use crate::client::login::Actor;
use crate::client::session::Session;
use crate::client::tools::{self, Tool, Tools};
use crate::formats::json as reader;
use crate::formats::secret::Secret;
use crate::spec::revision::Revision;
use crate::spec::text::{printable, printable_block};
use crate::store::Store;

/// The most of a tool's text that is written for people, in characters; `--json` writes everything.
const SHOWN: usize = 64 * 1024;

/// The most tools that are said to be left out, each with its reason.
const COMPLAINTS: usize = 20;

/// What both commands were asked for.
#[derive(Debug)]
pub struct Talk {
    /// Target, store, plan, policy.
    pub request: Request,
    /// The revision to speak.
    pub revision: Option<Revision>,
    /// Whether a login may be started.
    pub may_login: bool,
    /// A token to use as it is.
    pub given: Option<Secret>,
}

/// What `call` was asked for.
#[derive(Debug)]
pub struct CallRequest {
    /// The tool.
    pub tool: String,
    /// `KEY=VALUE` and `KEY:=JSON`.
    pub arguments: Vec<String>,
    /// All arguments: JSON, `@FILE` or `-`.
    pub args: Option<String>,
    /// Answers to questions of the tool.
    pub answer: Option<String>,
    /// The result as it came.
    pub json: bool,
    /// The rest.
    pub talk: Talk,
}

/// Lists the tools.
///
/// # Errors
/// See [`Failure`].
pub async fn list(mut talk: Talk, as_json: bool, terminal: &Terminal) -> Outcome {
    let (found, version) = Box::pin(converse(&mut talk, None, terminal, async |session| {
        let found = tools::list(session).await?;
        Ok((found, session.version().map(str::to_owned)))
    }))
    .await?;
    complain_about(&found, terminal);
    if as_json {
        let raw: Vec<&Value> = found.tools.iter().map(|tool| &tool.raw).collect();
        put_foreign(&(json_text(&json!({ "tools": raw })) + "\n"))?;
        return Ok(Exit::Success);
    }
    let mut text = String::new();
    for tool in &found.tools {
        describe(&mut text, tool);
    }
    put_foreign(&text)?;
    let version = version.unwrap_or_default();
    tell(terminal, &format!("{} tools, by protocol {}", found.tools.len(), printable(&version)));
    Ok(Exit::Success)
}

fn complain_about(found: &Tools, terminal: &Terminal) {
    for problem in found.refused.iter().take(COMPLAINTS) {
        tell(terminal, problem);
    }
    if let Some(more @ 1..) = found.refused.len().checked_sub(COMPLAINTS) {
        tell(terminal, &format!("{more} more tools are left out"));
    }
}

fn describe(text: &mut String, tool: &Tool) {
    let description = tool.raw.get("description").and_then(Value::as_str).unwrap_or_default();
    let first = description.trim().lines().next().unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}  {}", printable(&tool.name), printable(first));
    let schema = tool.raw.get("inputSchema");
    let required: Vec<&str> = schema
        .and_then(|schema| schema.get("required"))
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let kind = match property.get("type") {
            Some(Value::String(kind)) => kind.clone(),
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|"),
            _ => "any".to_owned(),
        };
        let must = if required.contains(&name.as_str()) { ", required" } else { "" };
        let about = property.get("description").and_then(Value::as_str).unwrap_or_default();
        let _ = writeln!(text, "    {}  {}{must}  {}", printable(name), printable(&kind), printable(about));
    }
}

/// Calls a tool.
///
/// # Errors
/// See [`Failure`]. A tool that says it failed is no error of ours: exit code 1.
pub async fn call(mut request: CallRequest, terminal: &Terminal) -> Outcome {
    let mut given = match &request.args {
        Some(args) => object(args, "--args")?,
        None => Map::new(),
    };
    let (files, words): (Vec<&str>, Vec<&str>) =
        request.arguments.iter().map(String::as_str).partition(|word| *word == "-" || word.starts_with('@'));
    for file in files {
        given.extend(object(file, file)?);
    }
    let answers = request.answer.as_deref().map(|text| object(text, "--answer")).transpose()?;
    let (tool, json) = (&request.tool, request.json);
    let (result, found) = Box::pin(converse(&mut request.talk, answers, terminal, async |session| {
        let found = tools::list(session).await?;
        let Some(tool) = found.tools.iter().find(|known| known.name == *tool) else {
            let names = found.tools.iter().map(|tool| printable(&tool.name).to_string()).collect::<Vec<_>>();
            let message = format!("there is no tool `{}`; there are: {}", printable(tool), names.join(", "));
            return Err(ClientError::Argument(message));
        };
        let arguments = arguments(tool, &words, given.clone())?;
        let headers = if session.is_stateless() { tool.headers(&arguments) } else { Vec::new() };
        let params = json!({ "name": tool.name, "arguments": arguments });
        let result = session.request("tools/call", params, headers).await?;
        Ok((result, found))
    }))
    .await?;
    complain_about(&found, terminal);
    let failed = result.get("isError") == Some(&Value::Bool(true));
    if json {
        put_foreign(&(json_text(&result) + "\n"))?;
    } else if failed {
        tell(terminal, &format!("the tool says that it failed:\n{}", content(&result)));
    } else {
        put_foreign(&content(&result))?;
    }
    Ok(if failed { Exit::Findings } else { Exit::Success })
}

/// The arguments: those of JSON objects, and each word on top of them.
fn arguments(tool: &Tool, words: &[&str], given: Map<String, Value>) -> Result<Map<String, Value>, ClientError> {
    let mut arguments = given;
    for word in words {
        let wrong = |text: &str| ClientError::Argument(format!("`{}` {text}", printable(word)));
        let (key, value) = word.split_once('=').ok_or_else(|| wrong("must be KEY=VALUE, KEY:=JSON, @FILE or -"))?;
        match key.strip_suffix(':') {
            Some(key) => {
                let value =
                    reader::read(value.as_bytes()).map_err(|problem| wrong(&format!("is not JSON: {problem}")))?;
                arguments.insert(key.to_owned(), value);
            }
            None => {
                arguments.insert(key.to_owned(), tool.typed(key, value)?);
            }
        }
    }
    Ok(arguments)
}

/// A JSON object that the user names: as it is, `@FILE`, or `-` for standard input.
fn object(text: &str, option: &str) -> Result<Map<String, Value>, Failure> {
    let unreadable = |error: std::io::Error| Failure::usage(format!("{option} cannot be read: {error}"), "");
    let bytes = match (text, text.strip_prefix('@')) {
        ("-", _) => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map_err(unreadable)?;
            bytes
        }
        (_, Some(file)) => std::fs::read(file).map_err(unreadable)?,
        (json, None) => json.as_bytes().to_vec(),
    };
    reader::read_object(&bytes)
        .map_err(|problem| Failure::usage(format!("{option}: {problem}"), "give a JSON object, @FILE, or -"))
}

/// A result for people: its texts, what is structured in an outline, and a word about the rest. Servers repeat in a text
/// what is structured, as JSON: once is enough.
fn content(result: &Value) -> String {
    let structured = result.get("structuredContent");
    let mut text = String::new();
    for block in result.get("content").and_then(Value::as_array).into_iter().flatten() {
        let kind = block.get("type").and_then(Value::as_str).unwrap_or("untyped");
        match block.get("text").and_then(Value::as_str) {
            Some(part) if structured.is_some() && reader::read(part.as_bytes()).ok().as_ref() == structured => {}
            Some(part) => {
                let _ = writeln!(text, "{}", printable_block(part).cut(SHOWN));
            }
            None => {
                let link = block.get("uri").and_then(Value::as_str).unwrap_or_default();
                let _ = writeln!(text, "[{} {}] (--json shows it)", printable(kind), printable(link));
            }
        }
    }
    if let Some(structured) = structured {
        outline::write(&mut text, structured, SHOWN);
    }
    text
}

/// Opens a conversation, has it, and leaves nothing behind.
async fn converse<T>(
    talk: &mut Talk,
    answers: Option<Map<String, Value>>,
    terminal: &Terminal,
    have: impl AsyncFnOnce(&mut Session<'_>) -> Result<T, ClientError>,
) -> Result<T, Failure> {
    let Talk { request, revision, may_login, given } = talk;
    let mut store = if request.policy.insecure { Store::nowhere() } else { request.account.store(terminal)? };
    if request.policy.insecure {
        tell(terminal, "--insecure: certificates are not checked; no stored login is used and none is kept");
    }
    let target = request.account.target(request.target.as_deref(), &store)?;
    let counterpart = Counterpart::meet(target, &mut store, &mut request.plan).await?;
    let line = Line::open(&counterpart.url, &request.policy, terminal)?;
    let say = line.say();
    let may_login = *may_login || counterpart.is_embedded();
    let done = interruptible(Box::pin(async {
        let actor = Actor { wire: &line.wire, plan: &request.plan, say: &say };
        let mut keeper = Keeper::new(actor, &store, &request.account.profile, may_login, given.clone());
        keeper.begin().await?;
        let mut session = Session::new(&line.wire, keeper, &say, *revision, answers);
        let done = have(&mut session).await;
        session.close().await;
        Ok(done?)
    }))
    .await;
    line.end();
    let url = counterpart.url.clone();
    counterpart.leave().await;
    done.map_err(|failure| with_command(failure, &url))
}

/// The command that helps, ready to be copied.
fn with_command(failure: Failure, target: &str) -> Failure {
    if failure.help.starts_with("mcp-auth login,") {
        return Failure { help: format!("mcp-auth login {}", printable(target)), ..failure };
    }
    failure
}
