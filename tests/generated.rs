//! What is generated and checked in is fresh. `MCP_AUTH_BLESS=1 cargo test --test generated` rewrites it.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod picture;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use mcp_auth::evidence::Trail;
use mcp_auth::report::{Comparison, FleetLine, Report};

#[test]
fn completions_and_the_manual_are_fresh() {
    let shells = [
        ("bash", "mcp-auth.bash"),
        ("zsh", "_mcp-auth"),
        ("fish", "mcp-auth.fish"),
        ("elvish", "mcp-auth.elv"),
        ("powershell", "_mcp-auth.ps1"),
    ];
    for (shell, file) in shells {
        same(&format!("completions/{file}"), &stdout(&["completions", shell]));
    }
    same("completions/mcp-auth.1", &stdout(&["man"]));
}

#[test]
fn schemas_are_fresh() {
    same("fixtures/report.schema.json", &pretty(&schema::<Report>()));
    same("fixtures/comparison.schema.json", &pretty(&schema::<Comparison>()));
    same("fixtures/fleet.schema.json", &pretty(&schema::<FleetLine>()));
    same("fixtures/trail.schema.json", &pretty(&schema::<Trail>()));
}

#[test]
fn the_pages_of_the_checks_are_fresh() {
    let folder = tempfile::tempdir().unwrap();
    stdout(&["checks", "docs", folder.path().to_str().unwrap()]);
    let names = |folder: &Path| -> BTreeSet<String> {
        let files = fs::read_dir(folder).into_iter().flatten();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    };
    let (made, there) = (names(folder.path()), root().join("docs/checks"));
    let mut bytes = 0;
    for name in &made {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        bytes += text.len();
        same(&format!("docs/checks/{name}"), &text);
    }
    assert!(bytes < 2_000_000, "{bytes} bytes are too many to check in");
    for old in names(&there).difference(&made) {
        assert!(blessing(), "docs/checks/{old} is of a check that is gone");
        fs::remove_file(there.join(old)).unwrap();
    }
}

#[test]
fn the_picture_of_a_report_is_fresh() {
    let printed =
        stdout(&["probe", "--from", "fixtures/trails/fastmcp-proxy.json", "--exit-zero", "--color", "always"]);
    let title = "A report: the root cause first, then each finding with its place, what was expected, what came, and what to change";
    same("docs/report.svg", &picture::draw(title, "mcp-auth probe https://mcp.example.com/mcp", &printed));
}

/// Compares a generated text with the file, or writes the file when blessing.
fn same(file: &str, text: &str) {
    let path = root().join(file);
    if blessing() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        return;
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(there == text, "{file} is stale: MCP_AUTH_BLESS=1 cargo test --test generated");
}

#[expect(clippy::disallowed_methods, reason = "blessing is asked for by the environment")]
fn blessing() -> bool {
    std::env::var_os("MCP_AUTH_BLESS").is_some()
}

fn stdout(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mcp-auth")).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The schema of what is written, not of what would be accepted.
fn schema<T: schemars::JsonSchema>() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

fn pretty(schema: &schemars::Schema) -> String {
    format!("{}\n", serde_json::to_string_pretty(schema).unwrap())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
