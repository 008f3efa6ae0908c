//! What is packed and where it runs: the probe step of the CI action, and a page of the manual for every command.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The step, run as the action runs it.
fn step(folder: &Path, target: &str, options: &str) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_BIN_EXE_mcp-auth")).parent().unwrap();
    let mut command = Command::new(root.join("release/action.sh"));
    command.env_clear().current_dir(folder).env("PATH", format!("{}:/usr/bin:/bin", program.display()));
    command.env("INPUT_TARGET", target).env("INPUT_OPTIONS", options).env("INPUT_FAIL_ON", "must");
    command.env("INPUT_SARIF", "found.sarif").env("GITHUB_OUTPUT", folder.join("output"));
    command.env("GITHUB_STEP_SUMMARY", folder.join("summary")).output().unwrap()
}

#[test]
fn the_step_of_the_action_writes_what_the_next_ones_read() {
    let trails = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trails");
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    let good = step(folder.path(), "embedded", "--clients");
    assert_eq!(good.status.code(), Some(0), "{}", String::from_utf8_lossy(&good.stderr));
    assert_eq!(read("output"), "exit-code=0\nwritten=true\n");
    assert!(read("summary").starts_with("## ") && read("found.sarif").contains("\"2.1.0\""));

    let bad = step(folder.path(), "", &format!("--from {}", trails.join("cognito.json").display()));
    assert_eq!(bad.status.code(), Some(1), "{}", String::from_utf8_lossy(&bad.stderr));
    assert!(read("output").ends_with("exit-code=1\nwritten=true\n"));
    assert!(String::from_utf8_lossy(&bad.stdout).contains("::error"), "annotations");
    assert!(read("summary").contains("asm-pkce-present"));

    // What stands in an input is one argument, whatever it looks like.
    let odd = step(folder.path(), "--help; touch made", "");
    assert_eq!(odd.status.code(), Some(2));
    assert!(!folder.path().join("made").exists());
}

#[test]
fn the_action_hands_over_every_input() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (action, script) = (root.join("action.yml"), root.join("release/action.sh"));
    let (action, script) = (fs::read_to_string(action).unwrap(), fs::read_to_string(script).unwrap());
    for name in ["TARGET", "FAIL_ON", "OPTIONS", "SARIF"] {
        let input = name.to_lowercase().replace('_', "-");
        assert!(action.contains(&format!("INPUT_{name}: ${{{{ inputs.{input} }}}}")), "{name}");
        assert!(script.contains(&format!("INPUT_{name}")), "{name}");
        assert!(action.contains(&format!("\n  {input}:\n")), "{input}");
    }
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
    let done = command.args(["man", "--to", "pages"]).current_dir(folder.path()).env_clear().output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    for page in ["mcp-auth", "mcp-auth-probe", "mcp-auth-mcp", "mcp-auth-token-check", "mcp-auth-report-merge"] {
        let text = fs::read_to_string(folder.path().join(format!("pages/{page}.1"))).unwrap();
        assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{page}");
    }
    assert!(!folder.path().join("pages/mcp-auth-browse.1").exists(), "what is hidden has none");
}

/// Where a package comes from is its user's affair; that it is the one that was tried is ours.
#[test]
fn lock_files_say_what_is_installed_and_not_where_from() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting = vec![root.join("tests"), root.join("benches")];
    let mut seen = 0;
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.ends_with("package-lock.json") {
                let lock: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                for (name, package) in lock.get("packages").and_then(|packages| packages.as_object()).unwrap() {
                    assert!(package.get("resolved").is_none(), "{}: {name}", path.display());
                    assert!(name.is_empty() || package.get("integrity").is_some(), "{}: {name}", path.display());
                }
                seen += 1;
            } else if path.ends_with("benches/peers/requirements.txt") {
                let text = fs::read_to_string(&path).unwrap();
                assert!(text.contains("--hash=sha256:") && !text.contains("://") && !text.contains("--index"));
                seen += 1;
            }
        }
    }
    assert!(seen >= 5, "{seen}");
}
