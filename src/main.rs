//! The roof: parses the arguments, runs one command, exits with its code.

mod cli;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::CommandFactory as _;
use mcp_auth::client::discover;
use mcp_auth::client::trials::{self, Wanted};
use mcp_auth::commands::{self, Failure, Outcome, Terminal};
use mcp_auth::spec::clock::Clock;
use mcp_auth::wire;

use crate::cli::{Checks, Cli, Colour, Command, Common, carry};

fn main() -> ExitCode {
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let terminal = terminal(&cli.common);
    let exit = match run(cli.command, &terminal) {
        Ok(exit) => exit,
        Err(failure) => commands::complain(&failure),
    };
    ExitCode::from(exit as u8)
}

fn run(command: Command, terminal: &Terminal) -> Outcome {
    match command {
        Command::Probe(probe) => {
            let request = probe_request(*probe)?;
            wait_for(commands::probe::run(request, terminal))
        }
        Command::Login(login) => wait_for(carry::login(login, terminal)),
        Command::Logout(logout) => wait_for(carry::logout(logout, terminal)),
        Command::Token { command } => wait_for(carry::token(*command, terminal)),
        Command::Tools(tools) => wait_for(carry::tools(tools, terminal)),
        Command::Call(call) => wait_for(carry::call(call, terminal)),
        Command::Serve(serve) if serve.list => commands::serve::list(),
        Command::Serve(serve) if serve.grade.lists() => commands::grade::list(),
        Command::Serve(serve) if serve.grade.is_asked() => {
            let (deployment, grade) = cli::serve::request(*serve);
            let request = cli::grade::request(grade, deployment);
            wait_for(commands::grade::run(request, terminal))
        }
        Command::Serve(serve) => {
            // Many clients at once: every core.
            let runtime = built(&mut tokio::runtime::Builder::new_multi_thread())?;
            let outcome = runtime.block_on(commands::serve::run(cli::serve::request(*serve).0, terminal));
            runtime.shutdown_background();
            outcome
        }
        Command::Browse { url, report } => wait_for(commands::grade::browse::run(&url, report.as_deref())),
        Command::Mcp { account, connection } => wait_for(carry::mcp(*account, connection, terminal)),
        Command::Checks { command: Checks::Docs { folder } } => commands::docs::write(&folder, terminal),
        Command::Checks { command: Checks::List { json, revision, client: true } } => {
            commands::grade::catalogue::list(json, revision)
        }
        Command::Checks { command: Checks::List { json, revision, .. } } => commands::checks::list(json, revision),
        Command::Checks { command: Checks::Explain(asked) } | Command::Explain(asked) => explain(&asked, terminal),
        Command::Report { command: cli::fleet::Report::Merge { files, human } } => {
            commands::fleet::merge(&files, human, terminal)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "mcp-auth", &mut script);
            commands::put(&String::from_utf8_lossy(&script)).map(|()| commands::Exit::Success)
        }
        Command::Man { to: Some(folder) } => {
            // The pages of commands name each other by what stands below them.
            std::fs::create_dir_all(&folder)?;
            clap_mangen::generate_to(Cli::command(), &folder)?;
            commands::tell(terminal, &format!("manual pages in {}", folder.display()));
            Ok(commands::Exit::Success)
        }
        Command::Man { to: None } => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            commands::put(&String::from_utf8_lossy(&page)).map(|()| commands::Exit::Success)
        }
    }
}

fn explain(asked: &cli::Explain, terminal: &Terminal) -> Outcome {
    match (&asked.symptom, &asked.id) {
        (Some(text), _) => commands::symptom::explain(text, asked.json, terminal),
        (None, id) => commands::checks::explain(id.as_deref().unwrap_or_default(), asked.json, terminal),
    }
}

fn probe_request(mut probe: cli::Probe) -> Result<commands::probe::Request, Failure> {
    let config = probe.account.config.clone();
    let sends = !probe.passive && probe.from.is_none() && probe.fleet.targets.is_none();
    let material = carry::material(&mut probe.touch, sends)?;
    let named = probe.challenge_tool.is_some();
    let reached = carry::reached(probe.passive, probe.login, named, &probe.touch, &material);
    let goes_on = probe.login || trials::are_part_of(reached);
    let stay = if goes_on { Some(carry::stay(*probe.way, probe.account)?) } else { None };
    let at_once = probe.fleet.targets.as_ref().map(|_| wire::limits::AT_ONCE_OF_MANY);
    let policy = wire::Policy { pace: probe.touch.pace, at_once, ..carry::policy(probe.connection)? };
    let consent = probe.touch.yes && probe.touch.i_am_authorized;
    let only = probe.touch.only.clone();
    Ok(commands::probe::Request {
        target: probe.target,
        revision: probe.revision,
        options: discover::Options { reach: reached, wanted: Wanted::All, challenge_tool: probe.challenge_tool },
        strict: probe.strict,
        format: probe.format,
        outputs: probe.output,
        save: probe.save,
        from: probe.from,
        fail_on: probe.fail_on,
        exit_zero: probe.exit_zero,
        expect: probe.expect,
        stay,
        material,
        extensions: probe.touch.ext.clone(),
        tidy: commands::tidy::Tidy::default(),
        consent,
        only,
        policy,
        config,
        from_config: probe.from_config,
        baseline: probe.baseline,
        write_baseline: probe.write_baseline,
        bundle: probe.bundle,
        compare: probe.compare,
        clients: probe.clients,
        fleet: cli::fleet::fleet(*probe.fleet)?,
    })
}

/// Runs a command to its end and leaves behind what still hangs: a name look-up of the system cannot be cancelled.
fn wait_for(command: impl Future<Output = Outcome>) -> Outcome {
    let runtime = runtime()?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_background();
    outcome
}

/// One thread: a probe waits for the network, and thread start-up would be most of its cost.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    // A flood of input keeps its task busy: the clock is looked at after each turn all the same.
    built(tokio::runtime::Builder::new_current_thread().event_interval(TURNS))
}

/// How many tasks take a turn before timers are looked at. One turn of a connection can be 50 MiB of 1xx answers: about a second.
const TURNS: u32 = 1;

fn built(builder: &mut tokio::runtime::Builder) -> Result<tokio::runtime::Runtime, Failure> {
    builder.enable_all().build().map_err(|error| Failure::new(commands::Exit::Bug, format!("no runtime: {error}"), ""))
}

#[expect(clippy::disallowed_methods, reason = "the roof reads the environment")]
fn terminal(common: &Common) -> Terminal {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = match common.color {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => std::io::stdout().is_terminal() && !plain,
    };
    let columns = console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    Terminal {
        colour,
        progress: std::io::stderr().is_terminal(),
        width: columns.unwrap_or(100).clamp(40, 120),
        verbose: common.verbose,
        quiet: common.quiet,
        clock: Clock::SYSTEM,
    }
}
