//! Runs the binary against a case and judges it from outside.

use std::collections::VecDeque;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use mcp_auth::spec::text::is_unsafe;

use crate::server::Reply;
use crate::site::{Place, Shape, Site};

/// How many cases run at a time: they mostly wait.
const WORKERS: usize = 4;

/// What a run may take beyond a run against a server that is right, in KiB.
const MEMORY: u64 = 64 * 1024;

/// A run that lasts longer hangs. The case's own limit is checked afterwards.
const HANG: Duration = Duration::from_secs(90);

/// How a run may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// The deployment was judged: 0 or 1, as the catalogue has it.
    Judged,
    /// It could not be reached, or not be finished: 3.
    Reach,
    /// Stopped for safety: 5.
    Safety,
    /// Judged or not reached: the server cuts at a point that the network chooses.
    JudgedOrReach,
}

impl Ends {
    fn allows(self, code: i32) -> bool {
        match self {
            Self::Judged => matches!(code, 0 | 1),
            Self::Reach => code == 3,
            Self::Safety => code == 5,
            Self::JudgedOrReach => matches!(code, 0 | 1 | 3),
        }
    }
}

/// A further judgement: the site after the run, and what came out. Returns what is wrong.
type Also = Box<dyn Fn(&Site, &Ran) -> Result<(), String> + Send + Sync>;

/// One behaviour of a server.
pub(crate) struct Case {
    /// Its name.
    pub(crate) name: String,
    /// What is planted where.
    pub(crate) plants: Vec<(Place, Reply)>,
    /// How the servers open connections.
    pub(crate) shape: Shape,
    /// Further arguments; placeholders are filled.
    pub(crate) arguments: Vec<String>,
    /// Further environment.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// How the run may end.
    pub(crate) ends: Ends,
    /// The longest it may take.
    pub(crate) within: Duration,
    /// Texts of which each must stand somewhere in what came out (streams, formats, trail).
    pub(crate) says: Vec<String>,
    /// A further judgement.
    pub(crate) also: Option<Also>,
}

impl Case {
    /// A case that is judged, with nothing planted yet.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            plants: Vec::new(),
            shape: Shape::default(),
            arguments: Vec::new(),
            environment: Vec::new(),
            ends: Ends::Judged,
            within: Duration::from_secs(20),
            says: Vec::new(),
            also: None,
        }
    }

    /// Plants a reply.
    pub(crate) fn at(mut self, place: Place, reply: Reply) -> Self {
        self.plants.push((place, reply));
        self
    }

    /// Ends so.
    pub(crate) fn ends(self, ends: Ends) -> Self {
        Self { ends, ..self }
    }

    /// Says so.
    pub(crate) fn says(mut self, text: impl Into<String>) -> Self {
        self.says.push(text.into());
        self
    }

    /// With these arguments.
    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// Within these seconds, each request within the timeout.
    pub(crate) fn quick(self, timeout: &str, within: u64) -> Self {
        Self { within: Duration::from_secs(within), ..self.with(&["--timeout", timeout]) }
    }

    /// With a further judgement.
    pub(crate) fn also(self, also: impl Fn(&Site, &Ran) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self { also: Some(Box::new(also)), ..self }
    }
}

/// What came out of a run.
pub(crate) struct Ran {
    /// The exit code; negative: the signal.
    pub(crate) code: i32,
    /// How long it took.
    pub(crate) took: Duration,
    /// The most memory it held, in KiB.
    pub(crate) peak: u64,
    /// Standard output, standard error, every format, the trail: each with its name.
    pub(crate) texts: Vec<(String, Vec<u8>)>,
}

impl Ran {
    /// One of the texts.
    pub(crate) fn text(&self, name: &str) -> String {
        let found = self.texts.iter().find(|(known, _)| known == name);
        found.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }

    /// The saved trail.
    pub(crate) fn trail(&self) -> serde_json::Value {
        serde_json::from_str(&self.text("trail")).unwrap_or_default()
    }
}

/// Runs every case and panics with the list of those that fail.
pub(crate) fn run_all(cases: Vec<Case>) {
    let count = cases.len();
    let queue = Mutex::new(VecDeque::from(cases));
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(case) = queue.lock().unwrap().pop_front() else { return };
                    // Ports belong to the whole machine: a neighbour's stray connection is not the binary's. What is wrong
                    // is wrong twice; the first complaint is shown all the same.
                    let first = judge(&case);
                    let complaints = if first.is_empty() { first } else { again(&case, &first) };
                    if !complaints.is_empty() {
                        failures.lock().unwrap().push(format!("{}:\n    {}", case.name, complaints.join("\n    ")));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {count} cases:\n  {}", failures.len(), failures.join("\n  "));
}

#[expect(clippy::print_stderr, reason = "seen only when the test fails, or with --nocapture")]
fn again(case: &Case, first: &[String]) -> Vec<String> {
    eprintln!("{}, once more: {}", case.name, first.join("\n    "));
    judge(case)
}

fn judge(case: &Case) -> Vec<String> {
    let site = Site::start(&case.plants, &case.shape);
    let ran = probe(case, &site);
    let mut complaints = Vec::new();
    let mut claim = |holds: bool, otherwise: String| {
        if !holds {
            complaints.push(otherwise);
        }
    };
    claim(case.ends.allows(ran.code), format!("exit {} is not {:?}", ran.code, case.ends));
    claim(ran.took <= case.within, format!("took {:?}, allowed {:?}", ran.took, case.within));
    let base = healthy();
    claim(ran.peak <= base + MEMORY, format!("held {} KiB, {base} KiB against a server that is right", ran.peak));
    for (name, bytes) in &ran.texts {
        let stream = matches!(name.as_str(), "stdout" | "stderr");
        if let Err(complaint) = if stream { clean(bytes) } else { clean_but(bytes, &['\n', '\t']) } {
            claim(false, format!("{name}: {complaint}"));
        }
        claim(!contains(bytes, b"panicked"), format!("{name}: a panic"));
    }
    for wanted in &case.says {
        let wanted = site.fill(wanted);
        claim(
            wanted.is_empty() || ran.texts.iter().any(|(_, text)| contains(text, wanted.as_bytes())),
            format!("nobody says `{wanted}`"),
        );
    }
    claim(site.trapped() == 0, format!("{} connections to the place where nobody may come", site.trapped()));
    let arrived = site.arrived();
    claim(arrived.len() <= 100, format!("{} requests", arrived.len()));
    for request in &arrived {
        let identity = request.head.to_ascii_lowercase().contains("accept-encoding: identity");
        claim(identity, format!("`{}` does not ask for the identity encoding", request.line));
    }
    if let Some(Err(complaint)) = case.also.as_ref().map(|also| also(&site, &ran)) {
        claim(false, complaint);
    }
    if !complaints.is_empty() {
        for name in ["stderr", "stdout"] {
            let text = ran.text(name);
            let shown: String = text.chars().take(1500).collect();
            complaints.push(format!("{name}: {}", shown.escape_debug().to_string().replace("\\n", "\n      ")));
        }
    }
    complaints
}

/// What a run against a server that is right holds, in KiB.
fn healthy() -> u64 {
    static PEAK: OnceLock<u64> = OnceLock::new();
    *PEAK.get_or_init(|| {
        let case = Case::new("healthy");
        let site = Site::start(&[], &case.shape);
        let ran = probe(&case, &site);
        assert!(matches!(ran.code, 0 | 1), "{}", ran.text("stderr"));
        ran.peak
    })
}

/// The binary with nothing of this machine's settings.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
    command.env_clear().stdin(Stdio::null());
    command
}

fn probe(case: &Case, site: &Site) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec!["probe".to_owned(), site.target.clone(), "-v".to_owned(), "--save".to_owned()];
    arguments.push(folder.path().join("trail").display().to_string());
    for format in mcp_auth::render::FORMATS {
        arguments.push("--output".to_owned());
        arguments.push(format!("{}={}", format.name, folder.path().join(format.name).display()));
    }
    arguments.extend(case.arguments.iter().map(|argument| site.fill(argument)));
    let mut command = binary();
    command.args(&arguments).envs(case.environment.iter().map(|(name, value)| (name, site.fill(value))));
    let mut ran = watch(command, folder.path());
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if !ran.texts.iter().any(|(known, _)| *known == name) {
            ran.texts.push((name, std::fs::read(entry.path()).unwrap()));
        }
    }
    ran
}

/// Runs a command to its end and watches its memory.
pub(crate) fn watch(mut command: Command, folder: &Path) -> Ran {
    // Files, not pipes: nobody needs to read while it runs.
    let streams = ["stdout", "stderr"].map(|name| folder.join(name));
    let file = |index: usize| std::fs::File::create(streams.get(index).unwrap()).unwrap();
    let begun = Instant::now();
    let mut child = command.stdout(file(0)).stderr(file(1)).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        peak = peak.max(high_water(&status));
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        if begun.elapsed() > HANG {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(4));
    };
    let took = begun.elapsed();
    let texts = ["stdout", "stderr"].map(|name| (name.to_owned(), std::fs::read(folder.join(name)).unwrap()));
    let signal = std::os::unix::process::ExitStatusExt::signal(&ended).unwrap_or(0);
    Ran { code: ended.code().unwrap_or(-signal), took, peak, texts: texts.to_vec() }
}

/// `VmHWM`: the most resident memory so far, in KiB. 0 once the process has ended.
fn high_water(status: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap_or(0)
}

/// Whether a text holds nothing that moves a cursor, hides or reorders.
pub(crate) fn clean(bytes: &[u8]) -> Result<(), String> {
    clean_but(bytes, &['\n'])
}

/// The same with these characters allowed.
fn clean_but(bytes: &[u8], allowed: &[char]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to()))?;
    let Some((at, raw)) = text.char_indices().find(|&(_, c)| is_unsafe(c) && !allowed.contains(&c)) else {
        return Ok(());
    };
    let around: String = text.get(at..).unwrap_or_default().chars().take(40).collect();
    Err(format!("raw {} before `{}`", raw.escape_unicode(), around.escape_debug()))
}

/// Whether the bytes hold these.
pub(crate) fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}
