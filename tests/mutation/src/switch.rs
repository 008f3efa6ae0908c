//! Which mutant is awake. Only in copies of the project that were made for mutation testing.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

const MUTANTS: usize = 0;

struct State {
    awake: u32,
    record: Option<PathBuf>,
}

static STATE: OnceLock<State> = OnceLock::new();
static REACHED: [AtomicBool; MUTANTS] = [const { AtomicBool::new(false) }; MUTANTS];

/// Whether the mutant is awake. Where `MUTANT_RECORD` names a file, each mutant that is asked for is written into it.
#[must_use]
pub fn on(number: u32) -> bool {
    let state = STATE.get_or_init(read);
    if let Some(path) = &state.record
        && let Some(reached) = REACHED.get(number as usize)
        && !reached.swap(true, Ordering::Relaxed)
        && let Ok(mut file) = std::fs::File::options().append(true).create(true).open(path)
    {
        let _ = file.write_all(format!("{number}\n").as_bytes());
    }
    state.awake == number
}

fn read() -> State {
    let awake = variable("MUTANT").and_then(|text| text.parse().ok()).unwrap_or(u32::MAX);
    State { awake, record: variable("MUTANT_RECORD").map(PathBuf::from) }
}

/// A variable of this process or of the nearest ancestor that has it: tests start programs with an empty environment.
fn variable(name: &str) -> Option<String> {
    let mut process = "self".to_owned();
    for _ in 0..8 {
        let environment = std::fs::read(format!("/proc/{process}/environ")).ok()?;
        let mut pairs = environment.split(|&byte| byte == 0).map(String::from_utf8_lossy);
        if let Some(value) = pairs.find_map(|pair| pair.strip_prefix(&format!("{name}=")).map(str::to_owned)) {
            return Some(value);
        }
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().to_owned();
        if parent == "0" || parent == "1" {
            return None;
        }
        process = parent;
    }
    None
}
