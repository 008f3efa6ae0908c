//! The tools of `mcp-auth mcp`: what they take, what they answer, and their work, which the commands do.
//!
//! MCP "Tools" (`inputSchema`, `outputSchema`, `structuredContent`, annotations), 2025-06-18 to 2026-07-28; earlier clients
//! read the same as text.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::shapes::{ExplainInput, Explained, ProbeInput, Probed, Symptoms, SymptomsInput, TokenInput, Told, Wants};
use super::{Options, token};
use crate::client::discover;
use crate::client::trials::Wanted;
use crate::commands::probe::{self, Request};
use crate::commands::{Failure, Terminal, checks as catalogue, config, subjects, symptom};
use crate::evidence::{Evidence, Mode};
use crate::formats::secret::scrub;
use crate::report::{self, CheckResult, Policy as ReportPolicy, Report, Status};
use crate::spec::clock::Clock;
use crate::spec::reach::Reach;

/// The width of explanations, in columns.
const WIDTH: usize = 100;
/// Symptoms that are told.
const SYMPTOMS: usize = 3;

/// Nothing is told on standard error while a tool works.
pub(super) const SILENT: Terminal =
    Terminal { colour: false, progress: false, width: WIDTH, verbose: 0, quiet: true, clock: Clock::SYSTEM };

/// A call that was read.
#[derive(Debug)]
pub(super) struct Asked {
    tool: &'static Tool,
    arguments: Map<String, Value>,
}

impl Asked {
    /// Reads the parameters of `tools/call`; the error says what is wrong with them.
    pub(super) fn read(mut params: Map<String, Value>) -> Result<Self, String> {
        let name = params.get("name").and_then(Value::as_str).unwrap_or_default();
        let known = || TOOLS.iter().map(|tool| tool.name).collect::<Vec<_>>().join(", ");
        let tool = TOOLS.iter().find(|tool| tool.name == name);
        let tool = tool.ok_or_else(|| format!("there is no such tool; there are {}", known()))?;
        match params.shift_remove("arguments") {
            None => Ok(Self { tool, arguments: Map::new() }),
            Some(Value::Object(arguments)) => Ok(Self { tool, arguments }),
            Some(_) => Err("`arguments` is not an object".to_owned()),
        }
    }
}

/// A tool.
#[derive(Debug)]
struct Tool {
    name: &'static str,
    title: &'static str,
    about: &'static str,
    /// Whether it talks to servers.
    open: bool,
    input: fn() -> Value,
    output: fn() -> Value,
    work: Work,
}

/// What does the work.
#[derive(Clone, Copy, Debug)]
enum Work {
    Probe,
    Explain,
    Symptoms,
    TokenCheck,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "probe",
        title: "Probe an MCP server",
        about: "Walks the trail of an MCP client (401, WWW-Authenticate, protected resource metadata, authorization server \
                metadata, keys) and judges it against the specification: what is broken, where, what to change, and the \
                root cause first. Sends no credential, logs in nowhere, changes nothing.",
        open: true,
        input: schema_in::<ProbeInput>,
        output: schema_out::<Probed>,
        work: Work::Probe,
    },
    Tool {
        name: "explain",
        title: "Explain a check",
        about: "Explains a check by its id: what is required, why, where it is written, what to change, and the command that \
                shows it fail.",
        open: false,
        input: schema_in::<ExplainInput>,
        output: schema_out::<Explained>,
        work: Work::Explain,
    },
    Tool {
        name: "symptoms",
        title: "Find the cause of a symptom",
        about: "From what a user sees (\"login works, then 401\", an error message) to likely causes, what to change, and the \
                checks that find them.",
        open: false,
        input: schema_in::<SymptomsInput>,
        output: schema_out::<Symptoms>,
        work: Work::Symptoms,
    },
    Tool {
        name: "token_check",
        title: "Check a token for an MCP server",
        about: "Says whether an MCP server will take an access token, and if not, why: signature, issuer, audience, times, \
                scope. Leave `token` out to check the token of the stored login. The token itself is sent nowhere and never \
                repeated.",
        open: true,
        input: schema_in::<TokenInput>,
        output: schema_out::<token::Checked>,
        work: Work::TokenCheck,
    },
];

/// The tools, as `tools/list` names them.
pub(super) fn list() -> Vec<Value> {
    let told = TOOLS.iter().map(|tool| {
        json!({
            "name": tool.name, "title": tool.title, "description": tool.about,
            "inputSchema": (tool.input)(), "outputSchema": (tool.output)(),
            "annotations": {
                "title": tool.title, "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true,
                "openWorldHint": tool.open,
            },
        })
    });
    told.collect()
}

/// Does the work; what could not be done is told as the result of the tool, for the assistant to read.
pub(super) async fn call(options: &Options, asked: Asked) -> Value {
    let Asked { tool, arguments } = asked;
    let done = match tool.work {
        Work::Probe => answered(read(arguments), async |input| probed(options, input).await).await,
        Work::Explain => answered(read(arguments), async |input| explained(&input)).await,
        Work::Symptoms => answered(read(arguments), async |input| Ok(found(&input))).await,
        Work::TokenCheck => {
            answered(read(arguments), async |input: TokenInput| token::check(options, &input.server, input.token).await)
                .await
        }
    };
    done.unwrap_or_else(|failure| {
        let help = if failure.help.is_empty() { String::new() } else { format!("\nhelp: {}", failure.help) };
        failed(&format!("{}{help}", failure.message))
    })
}

/// The result of a tool that could not do its work.
pub(super) fn failed(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": scrub(text) }], "isError": true })
}

/// Reads the arguments of a tool.
fn read<T: DeserializeOwned>(arguments: Map<String, Value>) -> Result<T, Failure> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| {
        // The text of the error may hold a value, and the value may be a token.
        let text = error.to_string();
        let told = match text.split_once(", expected ") {
            _ if text.starts_with("missing field") => text,
            Some((_, expected)) => format!("expected {expected}"),
            None => "an argument has the wrong type".to_owned(),
        };
        Failure::usage(format!("the arguments do not fit: {told}"), "the tool's inputSchema says what it takes")
    })
}

/// The result of a tool, as data and as text. Every secret of this run is masked in it.
async fn answered<I, O: Serialize>(
    input: Result<I, Failure>,
    work: impl AsyncFnOnce(I) -> Result<O, Failure>,
) -> Result<Value, Failure> {
    let mut data = json!(work(input?).await?);
    mask(&mut data);
    Ok(
        json!({ "content": [{ "type": "text", "text": data.to_string() }], "structuredContent": data, "isError": false }),
    )
}

/// Masks secrets in texts; the names of members are ours.
fn mask(value: &mut Value) {
    match value {
        Value::String(text) => *text = scrub(text).into_owned(),
        Value::Array(list) => list.iter_mut().for_each(mask),
        Value::Object(members) => members.values_mut().for_each(mask),
        _ => {}
    }
}

fn schema_in<T: schemars::JsonSchema>() -> Value {
    let settings =
        schemars::generate::SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    json!(settings.into_generator().into_root_schema_for::<T>())
}

fn schema_out<T: schemars::JsonSchema>() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    json!(settings.into_generator().into_root_schema_for::<T>())
}

async fn probed(options: &Options, input: ProbeInput) -> Result<Probed, Failure> {
    let reach = if input.passive { Reach::Passive } else { Reach::Default };
    let request = Request {
        target: Some(input.url),
        revision: input.revision,
        options: discover::Options { reach: reach.into(), wanted: Wanted::All, challenge_tool: None },
        policy: options.policy.clone(),
        config: options.account.config.clone(),
        only: input.only,
        ..Request::default()
    };
    if let Some(id) = request.only.iter().find(|id| crate::checks::by_id(id).is_none()) {
        return Err(catalogue::unknown(id));
    }
    let folder = std::env::current_dir().unwrap_or_default();
    let settings = config::find(request.config.as_deref(), &folder)?;
    let subjects = subjects::choose(&request, &settings, &folder, &SILENT)?;
    let Some(subject) = subjects.first() else { return Err(Failure::usage("there is no target", "")) };
    let trail = Box::pin(probe::record(&request, subject, &SILENT)).await?;
    let mut report = probe::judge(&trail, subject.revision, false, &request.only);
    if report.mode == Mode::Unreachable {
        return Err(probe::unreachable(&trail));
    }
    if input.clients {
        let evidence = Evidence::new(&trail, report.revision);
        report::ask_clients(&mut report, &evidence);
    }
    let policy = ReportPolicy { exceptions: settings.exceptions, baseline: None };
    policy.apply(&mut report, subject.name.as_deref(), &trail);
    Ok(outline(report))
}

/// What an assistant needs of a report: it pays for every word.
fn outline(report: Report) -> Probed {
    let findings = report.findings(Status::Warn).into_iter().map(|result| told(&report, result)).collect();
    let wants = report.missing_flags().into_iter().map(|(flag, checks)| Wants { flag, checks });
    Probed {
        not_looked_at: wants.collect(),
        findings,
        target: report.target,
        mode: report.mode,
        revision: report.revision,
        provider: report.provider.map(|provider| provider.name),
        summary: report.summary,
        root_cause: report.root_cause,
        clients: report.clients,
        requests: report.effects.requests,
        next: report.next,
    }
}

fn told(report: &Report, result: &CheckResult) -> Told {
    Told {
        id: result.id,
        status: result.status,
        level: result.level,
        role: result.role,
        required: result.title,
        message: result.message.clone().unwrap_or_default(),
        place: result.place.clone(),
        expected: result.expected.clone(),
        actual: result.actual.clone(),
        fix: result.fix.clone(),
        setting: result.setting.as_ref().map(|setting| format!("{}: {}", setting.provider, setting.says)),
        code: result.code.as_ref().map(|code| code.text.clone()),
        written: result.cites.iter().map(|cite| cite.url).collect(),
        blocks: report.blocked_by(result.id),
    }
}

fn explained(input: &ExplainInput) -> Result<Explained, Failure> {
    Ok(Explained { id: input.id.clone(), explanation: catalogue::explained(&input.id, WIDTH)? })
}

fn found(input: &SymptomsInput) -> Symptoms {
    Symptoms { symptoms: symptom::find(&input.text, SYMPTOMS).into_iter().map(symptom::found).collect() }
}
