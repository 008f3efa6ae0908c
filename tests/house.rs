//! Imports go down only, doors are kept, files stay small.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The floors: each module, and what it may import. `wire` may import `formats` because the one URL gate and the reading
/// of certificates stand there. `report` may import `advice`: how clients take a deployment is part of the report.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("spec", &[]),
    ("serve", &["spec"]),
    ("formats", &["spec"]),
    ("evidence", &["spec", "formats"]),
    ("wire", &["spec", "formats", "evidence"]),
    ("store", &["spec", "formats"]),
    ("verdict", &["spec", "evidence"]),
    ("client", &["spec", "formats", "evidence", "wire", "store"]),
    ("checks", &["spec", "formats", "evidence", "verdict"]),
    ("advice", &["spec", "formats", "evidence", "verdict"]),
    ("report", &["spec", "evidence", "verdict", "advice"]),
    ("render", &["spec", "evidence", "verdict", "report"]),
    (
        "commands",
        &[
            "spec", "serve", "formats", "evidence", "wire", "store", "verdict", "client", "checks", "advice", "report",
            "render",
        ],
    ),
];

/// The most lines of one file, tests in it included.
const MAX_LINES: usize = 400;
/// One enumeration, which cannot stand in two files.
const LONGER: &[&str] = &["src/spec/fault/duty.rs"];

#[test]
fn imports_go_down_only() {
    let rules: BTreeMap<_, _> = MAY_IMPORT.iter().copied().collect();
    let mut complaints = Vec::new();
    for (path, text) in sources() {
        let module = module_of(&path);
        if matches!(module.as_str(), "lib" | "main" | "cli") {
            continue;
        }
        let allowed = rules.get(module.as_str()).unwrap_or_else(|| panic!("{module} has no floor: give it one here"));
        for used in used_modules(&text) {
            if used != module && rules.contains_key(used.as_str()) && !allowed.contains(&used.as_str()) {
                complaints.push(format!("{} imports {used}, which {module} may not", path.display()));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn doors_are_kept() {
    let doors = [("reqwest::", "wire"), ("clap::", "cli"), ("render::progress", "commands"), ("indicatif::", "render")];
    for (path, text) in sources() {
        let module = module_of(&path);
        for (word, door) in doors {
            let through =
                module == door || module == "main" || !text.contains(word) || module == "render" && door == "commands";
            assert!(through, "{} uses {word}, whose door is {door}", path.display());
        }
    }
}

/// What judges, reads or writes has no clock: a record says when it was made.
#[test]
fn time_is_told_in_one_place_and_judged_by_the_record() {
    let timeless = ["formats", "evidence", "store", "verdict", "checks", "advice", "report", "render", "client"];
    for (path, text) in sources() {
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        let is_clock = path.ends_with("spec/clock.rs");
        assert!(is_clock || !product.contains("SystemTime"), "{} reads the clock of the machine", path.display());
        let module = module_of(&path);
        let is_test = path.to_string_lossy().contains("tests");
        let has = product.contains("spec::clock") && timeless.contains(&module.as_str()) && !is_test;
        assert!(!has, "{} has a clock: take the time as an argument", path.display());
    }
}

#[test]
fn files_stay_small_and_say_what_they_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, text) in ["src", "tests", "benches"].into_iter().flat_map(|folder| sources_in(root.join(folder))) {
        assert!(text.starts_with("//!"), "{} does not begin with what it is", path.display());
        let lines = text.lines().count();
        let is_listed = LONGER.iter().any(|listed| path.ends_with(listed));
        assert!(lines <= MAX_LINES || is_listed, "{} has {lines} lines: split it by what it knows", path.display());
    }
}

/// The top-level modules that a file names after `crate::` or `mcp_auth::`.
fn used_modules(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for prefix in ["crate::", "mcp_auth::"] {
        for rest in code.split(prefix).skip(1) {
            let names = match rest.strip_prefix('{') {
                Some(list) => list.split('}').next().unwrap_or_default().split(',').collect(),
                None => vec![rest],
            };
            found.extend(
                names
                    .into_iter()
                    .map(|name| name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()),
            );
        }
    }
    found
}

fn module_of(path: &Path) -> String {
    let below = path.strip_prefix(source_root()).unwrap();
    let first = below.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<(PathBuf, String)> {
    let found = sources_in(source_root());
    assert!(found.len() > 20, "the sources were not found");
    found
}

fn sources_in(folder: PathBuf) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}
