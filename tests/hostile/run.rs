//! Runs the binary against a case and judges it from outside.

mod process;

pub(crate) use self::process::{Ran, binary, clean, contains, wait, watch};

use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use self::process::{clean_but, start};
use crate::program::{Mode, Program};
use crate::server::Reply;
use crate::site::{Place, Shape, Site};
use crate::{exits, secrets, terminal};

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
    /// Any of the three: which of several requests meets the behaviour is chance, and something else is looked at.
    AnyOfThese,
}

impl Ends {
    fn allows(self, code: i32) -> bool {
        match self {
            Self::Judged => matches!(code, 0 | 1),
            Self::Reach => code == 3,
            Self::Safety => code == 5,
            Self::JudgedOrReach => matches!(code, 0 | 1 | 3),
            Self::AnyOfThese => matches!(code, 0 | 1 | 3 | 5),
        }
    }
}

/// A further judgement: the site after the run, and what came out. Returns what is wrong.
type Also = Box<dyn Fn(&Site, &Ran) -> Result<(), String> + Send + Sync>;

/// The state that a stored token is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stored {
    /// The MCP server refuses it: the way leads over the authorization server.
    #[default]
    Refused,
    /// The MCP server takes it.
    Good,
    /// It belongs to another MCP server of the same origin.
    Elsewhere,
    /// `token check` looks at it though it is opaque.
    Opaque,
}

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
    /// A further judgement of a probe.
    pub(crate) also: Option<Also>,
    /// A further judgement of every run.
    pub(crate) always: Option<Also>,
    /// The commands; none: the probe, and one of those that the behaviour can reach.
    pub(crate) programs: Vec<Program>,
    /// How the stored token is.
    pub(crate) stored: Stored,
    /// Claims of the JWT that `token check` looks at.
    pub(crate) claims: serde_json::Value,
    /// Whether a probe is looked at on a terminal, too.
    pub(crate) twice: bool,
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
            always: None,
            programs: Vec::new(),
            stored: Stored::Refused,
            claims: serde_json::Value::Null,
            twice: false,
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

    /// For these commands, all of them.
    pub(crate) fn of(self, programs: &[Program]) -> Self {
        Self { programs: programs.to_vec(), ..self }
    }

    /// With a stored token like that.
    pub(crate) fn stored(self, stored: Stored) -> Self {
        Self { stored, ..self }
    }

    /// With these claims in the JWT.
    pub(crate) fn claims(self, claims: serde_json::Value) -> Self {
        Self { claims, ..self }
    }

    /// A probe on a terminal, too.
    pub(crate) fn twice(self) -> Self {
        Self { twice: true, ..self }
    }

    /// With a further judgement of every run.
    pub(crate) fn always(self, also: impl Fn(&Site, &Ran) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self { always: Some(Box::new(also)), ..self }
    }

    /// The site that it plants.
    fn site(&self) -> Site {
        let tokens: &[&str] = match self.stored {
            Stored::Good => &[secrets::ISSUED_ACCESS, secrets::STORED_ACCESS],
            _ => &[secrets::ISSUED_ACCESS],
        };
        Site::planted(&self.plants, &self.shape, tokens, &self.claims)
    }

    /// Which commands it is run with, and how they are looked at: all commands, all modes, or what the number chooses.
    fn runs(&self, number: usize, (all_programs, all_modes): (bool, bool)) -> Vec<(Program, Mode)> {
        let reached =
            |program: &Program| self.plants.is_empty() || self.plants.iter().any(|(place, _)| program.reaches(*place));
        let others = [Program::Login, Program::Call, Program::Check];
        let others: Vec<_> = others.into_iter().filter(reached).collect();
        let chosen: Vec<Program> = match (&self.programs[..], all_programs) {
            ([], true) => [Program::Probe].into_iter().chain(others).collect(),
            // In a short run one command meets each case: by turns, or the probe where its words are looked at.
            ([], false) => {
                let is_of_probe = !self.says.is_empty() || self.also.is_some() || number.is_multiple_of(2);
                let other = others.get(number % others.len().max(1)).filter(|_| !is_of_probe);
                vec![other.copied().unwrap_or(Program::Probe)]
            }
            (programs, false) => {
                // A probe with a login asks more than any other command.
                let spared = |program: &&Program| **program != Program::ProbeLogin || number.is_multiple_of(5);
                let among: Vec<_> = programs.iter().filter(spared).copied().collect();
                let chosen = if among.is_empty() { programs } else { &among };
                chosen.get(number / 5 % chosen.len()).copied().into_iter().collect()
            }
            (programs, _) => programs.to_vec(),
        };
        let mut runs = Vec::new();
        for (turn, program) in chosen.into_iter().enumerate() {
            let trace = number.is_multiple_of(3);
            match program {
                _ if all_modes => runs.extend(Mode::ALL.map(|mode| (program, mode))),
                // What a probe writes in all its formats is looked at in every case.
                Program::Probe => {
                    runs.push((program, Mode { trace, terminal: false }));
                    if self.twice {
                        runs.push((program, Mode { trace, terminal: true }));
                    }
                }
                _ => runs.push((program, Mode::ALL[(number / 3 + turn) % 4])),
            }
        }
        runs
    }

    /// With a further judgement of a probe.
    pub(crate) fn also(self, also: impl Fn(&Site, &Ran) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self { also: Some(Box::new(also)), ..self }
    }
}

/// Whether all commands meet every case: in a long run, and where the list of exit codes is written.
pub(crate) fn is_thorough() -> bool {
    std::env::var_os("MCP_AUTH_LONG").is_some() || exits::blesses()
}

/// Runs every case and panics with the list of those that fail.
#[expect(clippy::needless_pass_by_value, reason = "every caller is done with them")]
pub(crate) fn run_all(cases: Vec<Case>) {
    let is_long = std::env::var_os("MCP_AUTH_LONG").is_some();
    let breadth = (is_thorough(), is_long);
    // One command alone, for whoever works on it.
    let only = std::env::var("MCP_AUTH_HOSTILE").ok();
    let mut runs = VecDeque::new();
    for (number, case) in cases.iter().enumerate() {
        let chosen = case.runs(number, breadth).into_iter();
        let chosen = chosen.filter(|(program, _)| only.as_ref().is_none_or(|only| *only == program.name()));
        runs.extend(chosen.map(|(program, mode)| (case, program, mode)));
    }
    let count = runs.len();
    let queue = Mutex::new(runs);
    let failures = Mutex::new(Vec::new());
    let seen = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some((case, program, mode)) = queue.lock().unwrap().pop_front() else { return };
                    // Ports belong to the whole machine: a neighbour's stray connection is not the binary's. What is wrong
                    // is wrong twice; the first complaint is shown all the same.
                    let (mut code, first) = judge(case, program, mode);
                    let mut complaints = first;
                    if !complaints.is_empty() {
                        note(case, program, mode, &complaints);
                        (code, complaints) = judge(case, program, mode);
                    }
                    seen.lock().unwrap().push((program, case.name.clone(), code));
                    if !complaints.is_empty() {
                        let name = format!("{} [{} {mode:?}]", case.name, program.name());
                        failures.lock().unwrap().push(format!("{name}:\n    {}", complaints.join("\n    ")));
                    }
                }
            });
        }
    });
    exits::bless(&seen.into_inner().unwrap());
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {count} runs:\n  {}", failures.len(), failures.join("\n  "));
    tell_count(cases.len(), count);
}

#[expect(clippy::print_stderr, reason = "seen only with --nocapture")]
fn tell_count(cases: usize, runs: usize) {
    eprintln!("{cases} cases, {runs} runs");
}

#[expect(clippy::print_stderr, reason = "seen only when the test fails, or with --nocapture")]
fn note(case: &Case, program: Program, mode: Mode, first: &[String]) {
    eprintln!("{} [{} {mode:?}], once more: {}", case.name, program.name(), first.join("\n    "));
}

fn judge(case: &Case, program: Program, mode: Mode) -> (i32, Vec<String>) {
    let site = case.site();
    let ran = start(case, &site, program, mode);
    let mut complaints = Vec::new();
    let mut claim = |holds: bool, otherwise: String| {
        if !holds {
            complaints.push(otherwise);
        }
    };
    if program == Program::Probe {
        claim(case.ends.allows(ran.code), format!("exit {} is not {:?}", ran.code, case.ends));
    } else if let Err(complaint) = exits::check(program, &case.name, ran.code) {
        claim(false, complaint);
    }
    claim(ran.took <= case.within, format!("took {:?}, allowed {:?}", ran.took, case.within));
    let base = healthy(program);
    claim(ran.peak <= base + MEMORY, format!("held {} KiB, {base} KiB against a server that is right", ran.peak));
    for (name, bytes) in &ran.texts {
        let looked = match name.as_str() {
            "terminal" => terminal::foreign(bytes),
            "stdout" | "stderr" => clean(bytes),
            _ => clean_but(bytes, &['\n', '\t']),
        };
        if let Err(complaint) = looked {
            claim(false, format!("{name}: {complaint}"));
        }
        let text = String::from_utf8_lossy(bytes);
        claim(!text.contains("panicked"), format!("{name}: a panic"));
        let secrets = secrets::found(&site, &text);
        claim(secrets.is_empty(), format!("{name} shows {}", secrets.join(", ")));
    }
    for wanted in case.says.iter().filter(|_| program == Program::Probe && !mode.terminal) {
        let wanted = site.fill(wanted);
        claim(
            wanted.is_empty() || ran.texts.iter().any(|(_, text)| contains(text, wanted.as_bytes())),
            format!("nobody says `{wanted}`"),
        );
    }
    claim(site.trapped() == 0, format!("{} connections to the place where nobody may come", site.trapped()));
    for stray in secrets::astray(&site) {
        claim(false, stray);
    }
    let arrived = site.arrived();
    claim(arrived.len() <= 100, format!("{} requests", arrived.len()));
    for request in &arrived {
        let identity = request.head.to_ascii_lowercase().contains("accept-encoding: identity");
        claim(identity, format!("`{}` does not ask for the identity encoding", request.line));
    }
    if let Some(also) = case.also.as_ref().filter(|_| program == Program::Probe && !mode.terminal)
        && let Err(complaint) = also(&site, &ran)
    {
        claim(false, complaint);
    }
    if let Some(Err(complaint)) = case.always.as_ref().map(|also| also(&site, &ran)) {
        claim(false, complaint);
    }
    if !complaints.is_empty() {
        for name in ["stderr", "stdout", "terminal"] {
            let text = ran.text(name);
            let shown: String = text.chars().take(1500).collect();
            complaints.push(format!("{name}: {}", shown.escape_debug().to_string().replace("\\n", "\n      ")));
        }
    }
    (ran.code, complaints)
}

/// What a run against a server that is right holds, in KiB.
fn healthy(program: Program) -> u64 {
    static PEAK: Mutex<Vec<(Program, u64)>> = Mutex::new(Vec::new());
    let mut known = PEAK.lock().unwrap();
    if let Some((_, peak)) = known.iter().find(|(one, _)| *one == program) {
        return *peak;
    }
    let case = Case::new("healthy");
    let site = case.site();
    let ran = start(&case, &site, program, Mode::default());
    let is_well = match program {
        Program::Probe | Program::ProbeLogin => matches!(ran.code, 0 | 1),
        // Nobody comes back from this browser.
        Program::LoginBrowser => ran.code == 3,
        _ => ran.code == 0,
    };
    assert!(is_well, "{}: exit {}: {}", program.name(), ran.code, ran.text("stderr"));
    known.push((program, ran.peak));
    ran.peak
}
