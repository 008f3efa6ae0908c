//! A probe beside what one would pick instead: `curl` making the same requests, and other programs that look at the same
//! deployment, in turns within a run. What is compared is the cost of a run and nothing else: each looks at other things.
//!
//! `cargo bench --bench peers [-- PROGRAM]`. The others come from `benches/peers/install.sh`; without them, or without
//! curl, it says so and goes on. Requests are counted by the deployment. `ROUNDS` sets how often each runs.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark talks and may panic")]
#![expect(clippy::disallowed_methods, reason = "the length is asked for by the environment")]

mod shared;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mcp_auth::evidence::{HttpRequest, Trail};
use mcp_auth::serve::{self, Config};
use shared::{Spent, median, number, peak, program, row};

/// Runs whose peak is looked at.
const N_PEAK: usize = 3;

/// One of those that are compared.
struct Contender {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    /// The peak of a shell is not that of what it starts.
    peak: bool,
}

impl Contender {
    fn new(name: &str, program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self { name: name.to_owned(), program: program.into(), arguments, peak: true }
    }

    fn command(&self, home: &Path) -> Command {
        let mut command = Command::new(&self.program);
        // Nobody's settings, and nothing in anybody's home.
        command.args(&self.arguments).stdin(Stdio::null()).current_dir(home).env_clear();
        command.env("HOME", home).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }
}

fn main() {
    let rounds = usize::try_from(number("ROUNDS", 10)).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(serve::start(Config::default())).unwrap();
    let home = tempfile::tempdir().unwrap();
    let contenders = contenders(home.path(), server.mcp_url());
    let mut spent: Vec<Vec<Spent>> = contenders.iter().map(|_| Vec::new()).collect();
    let mut requests: Vec<u64> = contenders.iter().map(|_| 0).collect();
    for round in 0..=rounds {
        for ((contender, spent), requests) in contenders.iter().zip(&mut spent).zip(&mut requests) {
            let before = server.requests();
            let (once, output) = shared::spent(&mut contender.command(home.path()));
            *requests = server.requests() - before;
            assert!(*requests > 0, "{}: {}", contender.name, String::from_utf8_lossy(&output.stderr));
            // The first round warms up.
            if round > 0 {
                spent.push(once);
            }
        }
    }
    println!(
        "One run against a correct deployment on loopback: medians of N = {rounds} runs, the greatest peak of {N_PEAK}; ratios within a round.\n"
    );
    println!("| | requests | CPU ms | wall ms | peak MiB | its CPU ÷ ours | its wall ÷ ours |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    let ours = spent.first().unwrap();
    let mut first: Option<String> = None;
    for ((contender, own), requests) in contenders.iter().zip(&spent).zip(&requests) {
        let ratio = |of: fn(&Spent) -> f64| median(own.iter().zip(ours).map(|(its, ours)| of(its) / of(ours)));
        let peak = contender.peak.then(|| peak::of(N_PEAK, || contender.command(home.path()))).flatten();
        let peak = peak.map_or_else(|| "-".to_owned(), |mib| format!("{mib:.0}"));
        let (cpu, wall) = (median(own.iter().map(|run| run.cpu)), median(own.iter().map(|run| run.wall)));
        let (more, longer) = (ratio(|run| run.cpu), ratio(|run| run.wall));
        println!("| {} | {requests} | {cpu:.1} | {wall:.0} | {peak} | {more:.1} | {longer:.1} |", contender.name);
        let figure = format!("{cpu:.1} ms CPU, {wall:.0} ms wall, {peak} MiB");
        match &first {
            None => first = Some(figure),
            Some(ours) => {
                let beside = format!("{}, {requests} requests: {figure}", contender.name);
                row(
                    "one `probe` of a correct deployment",
                    ours,
                    &beside,
                    &format!("{:.3} (CPU), {:.3} (wall)", 1.0 / more, 1.0 / longer),
                );
            }
        }
    }
    runtime.block_on(server.stop());
}

/// All that can be had here; ours is the first.
fn contenders(home: &Path, url: &str) -> Vec<Contender> {
    let mut all = vec![Contender::new("`mcp-auth probe`", program(), &["probe", url])];
    match Command::new("curl").arg("--version").output() {
        Ok(_) => all.extend(curl(home, url)),
        Err(_) => println!("skipped: curl is not installed\n"),
    }
    let installer = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/install.sh");
    let output = Command::new(installer).stdin(Stdio::null()).output().unwrap();
    let found = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        println!("{}\n", String::from_utf8_lossy(&output.stderr).trim());
    }
    for line in found.lines() {
        let [name, version, path] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let arguments: &[&str] = match name {
            "mcp-authlab" => &["scan", "--no-login", url],
            _ => &["scan", "--allow-private", url],
        };
        all.push(Contender::new(&format!("{name} {version}, `scan`"), path, arguments));
    }
    all
}

/// The requests of a probe, made by curl: by one process, which keeps its connections, and by a process each, as in a script.
fn curl(home: &Path, url: &str) -> [Contender; 2] {
    let saved = home.join("trail.json");
    let done = Command::new(program()).args(["probe", url, "--save"]).arg(&saved).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let trail: Trail = serde_json::from_slice(&fs::read(saved).unwrap()).unwrap();
    let (mut script, mut config) = (String::new(), String::new());
    for exchange in trail.in_order() {
        let options = options(&exchange.request);
        script.push_str("curl");
        if !config.is_empty() {
            config.push_str("next\n");
        }
        for (name, value) in options {
            writeln!(config, "{name} = \"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")).unwrap();
            write!(script, " --{name} '{}'", value.replace('\'', "'\\''")).unwrap();
        }
        config.push_str("silent\n");
        script.push_str(" --silent\n");
    }
    fs::write(home.join("script"), script).unwrap();
    fs::write(home.join("config"), config).unwrap();
    let one = Contender::new("curl, one process for the same requests", "curl", &["--config", "config"]);
    let many = Contender::new("curl, a process for each of them", "sh", &["script"]);
    [one, Contender { peak: false, ..many }]
}

/// What curl is told to send.
fn options(request: &HttpRequest) -> Vec<(&'static str, String)> {
    let mut options = vec![
        ("url", request.url.clone()),
        ("request", request.method.clone()),
        ("output", "/dev/null".to_owned()),
        ("max-time", "30".to_owned()),
    ];
    options.extend(request.headers.iter().map(|header| ("header", format!("{}: {}", header.name, header.value))));
    options.extend(request.body.iter().map(|body| ("data-raw", body.clone())));
    options
}
