//! What is said of every planted fault, word for word: a finding names its place and both values, and a change of any
//! of them is seen in review. `MCP_AUTH_BLESS=1 cargo test --test matrix` rewrites the files.

mod steady;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use mcp_auth::report::{CheckResult, Status};

pub(crate) use steady::steady;

/// What is said of each fault.
pub(crate) type Said = BTreeMap<String, String>;

/// What names the time, or depends on which of several requests under way is answered first.
const UNSTEADY: [&str; 3] = ["challenge-flapping", "as-clock-ahead", "rs-clock-ahead"];

/// A finding as it stands in the files. Ports, keys, tokens and times differ from run to run and are left out.
pub(crate) fn said(fault: &str, result: &CheckResult) -> (String, String) {
    if UNSTEADY.contains(&fault) {
        return (fault.to_owned(), format!("{} {}\ndiffers from run to run", result.status.as_str(), result.id));
    }
    let mut lines = vec![format!("{} {}", result.status.as_str(), result.id)];
    let mut line = |word: &str, text: Option<&str>| lines.extend(text.map(|text| format!("{word}: {}", steady(text))));
    line("message", result.message.as_deref());
    line("reason", result.reason.as_deref().filter(|_| result.status == Status::Skip));
    line("place", result.place.as_deref().map(without_query).as_deref());
    let at = result.at.as_ref();
    line("header", at.and_then(|at| at.header.as_deref()));
    line("member", at.and_then(|at| at.json_pointer.as_deref()));
    line("parameter", at.and_then(|at| at.query_parameter.as_deref()));
    line("expected", result.expected.as_deref());
    line("actual", result.actual.as_deref());
    (fault.to_owned(), lines.join("\n"))
}

/// Compares what is said with the file of these checks, or writes it. `whole`: the file has nothing else.
pub(crate) fn compare(prefixes: &[&str], said: &Said, whole: bool) -> Vec<String> {
    let name = prefixes.first().map_or("none", |prefix| prefix.trim_end_matches('-'));
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/findings/{name}.txt"));
    if whole && blessing() {
        let blocks: String = said.iter().map(|(fault, text)| format!("--fault {fault}\n{text}\n\n")).collect();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, blocks).unwrap();
        return Vec::new();
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    let known: BTreeMap<&str, &str> =
        text.split("\n\n").filter_map(|block| block.strip_prefix("--fault ")?.split_once('\n')).collect();
    let mut complaints = Vec::new();
    for (fault, new) in said {
        let old = known.get(fault.as_str()).copied().unwrap_or("nothing");
        if old != new {
            complaints.push(format!(
                "{fault}: was said\n{old}\n  is said\n{new}\n  (MCP_AUTH_BLESS=1 cargo test --test matrix)"
            ));
        }
    }
    complaints.extend(
        known.keys().filter(|fault| whole && !said.contains_key(**fault)).map(|fault| format!("{fault} is gone")),
    );
    complaints
}

#[expect(clippy::disallowed_methods, reason = "blessing is asked for by the environment")]
pub(crate) fn blessing() -> bool {
    std::env::var_os("MCP_AUTH_BLESS").is_some()
}

/// `GET https://… → 200` without the query, most of which is new in every run.
fn without_query(place: &str) -> String {
    let (head, behind) = place.split_once('?').unwrap_or((place, ""));
    let (_, outcome) = behind.split_once(" → ").unwrap_or_default();
    if outcome.is_empty() { head.to_owned() } else { format!("{head}? → {outcome}") }
}
