//! How every run of a command other than a bare probe ends, by command and case: `exits.txt`, written by
//! `MCP_AUTH_BLESS=1` and read by people.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use crate::program::Program;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile/exits.txt");

/// What a server may bring a command to: success where nothing that counts is wrong, findings, unreachable, refused, safety;
/// and `call` to say that there is no such tool, or that the tool asks for what only the user knows.
const CLASSES: [i32; 5] = [0, 1, 3, 4, 5];

/// What the names of the cases in a network of our own begin with.
const ELSEWHERE: &str = "network: ";

type Known = BTreeMap<(String, String), Vec<i32>>;

fn read() -> Known {
    let text = std::fs::read_to_string(FILE).unwrap_or_default();
    let line = |line: &str| {
        let mut parts = line.splitn(3, '\t');
        let (program, codes, name) = (parts.next()?, parts.next()?, parts.next()?);
        Some(((name.to_owned(), program.to_owned()), codes.split(',').filter_map(|code| code.parse().ok()).collect()))
    };
    text.lines().filter_map(line).collect()
}

/// Whether a run of this command may end so.
pub(crate) fn check(program: Program, name: &str, code: i32) -> Result<(), String> {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    let known = KNOWN.get_or_init(read).get(&(key(name), program.name().to_owned()));
    if !(CLASSES.contains(&code) || program == Program::Call && code == 2) {
        return Err(format!("exit {code} is none that a server may bring about"));
    }
    match known {
        // What is contacted is what counts there, and how a run ends depends on which of its ways was tried first.
        _ if blesses() || name.starts_with(ELSEWHERE) => Ok(()),
        Some(codes) if codes.contains(&code) => Ok(()),
        Some(codes) => Err(format!("exit {code} is not {codes:?}")),
        None => Err(format!("exit {code} is not listed: MCP_AUTH_BLESS=1 lists it")),
    }
}

/// Adds what was seen to the list, if that is asked for.
pub(crate) fn bless(seen: &[(Program, String, i32)]) {
    static ONE: Mutex<()> = Mutex::new(());
    if !blesses() {
        return;
    }
    let _one = ONE.lock().unwrap();
    let mut known = read();
    for (program, name, code) in
        seen.iter().filter(|(program, name, _)| *program != Program::Probe && !name.starts_with(ELSEWHERE))
    {
        let codes = known.entry((key(name), program.name().to_owned())).or_default();
        if !codes.contains(code) {
            codes.push(*code);
            codes.sort_unstable();
        }
    }
    let line = |((name, program), codes): (&(String, String), &Vec<i32>)| {
        let codes: Vec<_> = codes.iter().map(i32::to_string).collect();
        format!("{program}\t{}\t{name}\n", codes.join(","))
    };
    std::fs::write(FILE, known.iter().map(line).collect::<String>()).unwrap();
}

/// Whether the list is to be written.
pub(crate) fn blesses() -> bool {
    std::env::var_os("MCP_AUTH_BLESS").is_some()
}

fn key(name: &str) -> String {
    name.escape_debug().to_string()
}
