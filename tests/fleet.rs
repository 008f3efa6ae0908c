//! Many targets in one run: a line each, in parts that make the whole, and on after an interruption.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use mcp_auth::report::FleetLine;
use mcp_auth::serve::{self, Config, Server};

/// Targets of the list; the benchmark takes ten thousand.
const TARGETS: usize = 48;

/// The deployments of the list, and the list.
struct Fleet {
    runtime: tokio::runtime::Runtime,
    servers: Vec<Server>,
    folder: tempfile::TempDir,
}

impl Fleet {
    /// Four servers behind the list: one without a fault, two with one, and nobody.
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let faults = ["", "no-www-authenticate", "prm-resource-mismatch"];
        let servers: Vec<Server> = faults
            .iter()
            .map(|name| {
                let all = mcp_auth::checks::all().flat_map(|check| check.faults);
                let faults: Vec<_> = all.filter(|fault| fault.name == *name).collect();
                runtime.block_on(serve::start(Config { faults, ..Config::default() })).unwrap()
            })
            .collect();
        let mut list = "# a fleet\n".to_owned();
        for number in 0..TARGETS {
            let base = servers.get(number % 4).map_or("http://127.0.0.1:9/mcp", Server::mcp_url);
            list.push_str(&format!("{base}?n={number}\n"));
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("list"), list).unwrap();
        Self { runtime, servers, folder }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().stdin(Stdio::null()).output().unwrap()
    }

    fn probe(&self, arguments: &[&str]) -> Output {
        self.run(&[&["probe", "--targets", "list", "--per-host", "16", "--format", "jsonl"], arguments].concat())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn stop(self) {
        for server in self.servers {
            self.runtime.block_on(server.stop());
        }
    }
}

fn lines(text: &str) -> BTreeMap<String, FleetLine> {
    let read = text.lines().map(|line| FleetLine::read(line).unwrap());
    read.map(|line| (line.target.clone(), line)).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn file(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_fleet_in_one_run_in_eight_shards_and_after_an_interruption_is_the_same() {
    let fleet = Fleet::start();
    let whole = fleet.probe(&["--output", "jsonl=whole"]);
    assert_eq!(whole.status.code(), Some(3), "{}", text(&whole.stderr));
    assert!(
        text(&whole.stderr).contains(&format!("{TARGETS} targets: {} judged", TARGETS * 3 / 4)),
        "{}",
        text(&whole.stderr)
    );
    let found = lines(&file(&fleet.path("whole")));
    assert_eq!((found.len(), lines(&text(&whole.stdout))), (TARGETS, found.clone()), "file and output agree");
    let cause = |line: &FleetLine| line.judged.as_ref().and_then(|judged| judged.root_cause.clone());
    let count = |id: &str| found.values().filter(|line| cause(line).as_deref() == Some(id)).count();
    assert_eq!((count("challenge-header-present"), count("prm-resource-match")), (TARGETS / 4, TARGETS / 4));
    assert_eq!(found.values().filter(|line| line.problem.is_some()).count(), TARGETS / 4);

    let names: Vec<String> = (1..=8).map(|number| format!("shard{number}")).collect();
    for (name, number) in names.iter().zip(1..) {
        fleet.probe(&["--shard", &format!("{number}/8"), "--output", &format!("jsonl={name}")]);
    }
    let merge = |files: &[&str]| text(&fleet.run(&[&["report", "merge"], files].concat()).stdout);
    let joined = merge(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(joined, merge(&["whole"]), "eight shards joined are the whole");
    assert_eq!(joined.lines().count(), TARGETS);

    // The last line is torn, as by a power cut.
    let half = file(&fleet.path("whole"));
    fs::write(fleet.path("torn"), half.get(..half.len() / 2).unwrap()).unwrap();
    let before = half.get(..half.len() / 2).unwrap().lines().count() - 1;
    let rest = fleet.probe(&["--output", "jsonl=torn", "--resume"]);
    assert_eq!(text(&rest.stdout).lines().count(), TARGETS - before, "only what was missing");
    assert_eq!(merge(&["torn"]), merge(&["whole"]));
    fleet.stop();
}

#[test]
fn a_pod_of_an_indexed_job_takes_its_part_and_people_get_a_table() {
    let fleet = Fleet::start();
    let part = |index: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
        command.args(["probe", "--targets", "-", "--shard", "/24", "--per-host", "16"]);
        let list = fs::File::open(fleet.path("list")).unwrap();
        command.env_clear().env("JOB_COMPLETION_INDEX", index).stdin(list).output().unwrap()
    };
    let (first, last) = (part("0"), part("23"));
    let (first, last) = (text(&first.stdout), text(&last.stdout));
    assert!(first.contains("?n=0\n") || first.contains("?n=0 "), "{first}");
    assert!(first.contains("2 targets: ") && last.contains("?n=47"), "{first}{last}");
    assert!(last.contains("nobody listens there"), "{last}");
    assert_eq!(part("24").status.code(), Some(2), "there is no such part");
    fleet.stop();
}

#[test]
fn what_does_not_go_with_a_list_is_said() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("list"), "http://127.0.0.1:9/mcp\n").unwrap();
    let cases: [&[&str]; 6] = [
        &["--format", "sarif"],
        &["--output", "json=x"],
        &["--login"],
        &["--resume"],
        &["--shard", "9/8"],
        &["--shard", "1"],
    ];
    for case in cases {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
        command.args(["probe", "--targets", "list"]).args(case).current_dir(folder.path()).env_clear();
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{case:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains("help: "), "{case:?}: {}", text(&output.stderr));
    }
}
