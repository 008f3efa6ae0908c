//! What the commands take: names of targets, arguments of tools in all their shapes, and where a mistake is told.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::stage::Stage;

#[test]
fn a_target_has_a_name_and_the_only_one_needs_none() {
    let stage = Stage::new();
    let file = stage.home.path().join("mcp-auth.toml");
    fs::write(&file, format!("[targets.local]\nurl = \"{}\"\n", stage.url())).unwrap();
    // The only target of the configuration.
    let (code, _, err) = stage.run(&["login", "--browser", "follow"]);
    assert_eq!(code, 0, "{err}");
    fs::write(
        &file,
        format!("[targets.other]\nurl = \"https://other.example/mcp\"\n[targets.local]\nurl = \"{}\"\n", stage.url()),
    )
    .unwrap();
    for arguments in [
        &["tools", "local"][..],
        &["call", "search", "query=x", "--server", "local"],
        &["token", "show", "local"],
        &["token", "check", "local"],
        &["token", "refresh", "local"],
        // Of several targets the only one with a login.
        &["tools"],
        &["logout", "local"],
    ] {
        let (code, _, err) = stage.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {err}");
    }
    // Elsewhere the file is named.
    let elsewhere = tempfile::tempdir().unwrap();
    let mut tools = stage.command(&["tools", "local", "--config", file.to_str().unwrap()]);
    let (code, _, err) = stage.judge(&tools.current_dir(&elsewhere).output().unwrap());
    assert!(code == 4 && err.contains(&format!("mcp-auth login {}", stage.url())), "{code} {err}");
}

#[test]
fn without_a_target_the_mistake_names_what_there_is() {
    let stage = Stage::new();
    for command in ["login", "tools", "logout"] {
        let (code, out, err) = stage.run(&[command]);
        assert!(
            code == 2 && out.is_empty() && err.contains("which server? There is no stored login"),
            "{command}: {err}"
        );
        assert!(err.contains("--server, or MCP_AUTH_SERVER"), "{err}");
    }
    fs::write(
        stage.home.path().join("mcp-auth.toml"),
        "[targets.one]\nurl = \"https://one.example/mcp\"\n[targets.two]\nurl = \"https://two.example/mcp\"\n",
    )
    .unwrap();
    let (code, _, err) = stage.run(&["login"]);
    assert!(code == 2 && err.contains("mcp-auth.toml names one, two"), "{err}");
    let (code, _, err) = stage.run(&["login", "three"]);
    assert!(
        code == 2 && err.contains("`three` is neither a URL nor the name of a target; mcp-auth.toml names one, two"),
        "{err}"
    );
    let (code, _, err) = stage.run(&["login", "https://one.example/mcp#part"]);
    assert!(code == 2 && err.contains("fragment"), "{err}");
}

#[test]
fn arguments_of_a_tool_come_as_words_json_files_and_standard_input() {
    let stage = Stage::new();
    stage.log_in();
    let file = stage.home.path().join("arguments.json");
    fs::write(&file, "{\"query\": \"token\", \"limit\": 2}").unwrap();
    let at = format!("@{}", file.display());
    let found = |arguments: &[&str], input: &str| {
        let mut command = stage.command(&[&["call", "search", "--json", "--no-login"], arguments].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Who does not read it may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let (code, out, err) = stage.judge(&child.wait_with_output().unwrap());
        assert_eq!(code, 0, "{arguments:?}: {err}");
        let result: Value = serde_json::from_str(&out).unwrap();
        let results = result["structuredContent"]["results"].as_array().unwrap_or_else(|| panic!("{out}")).len();
        (results, result["structuredContent"].clone())
    };
    let two = found(&["query=token", "limit=2"], "");
    assert_eq!(two.0, 2);
    assert_eq!(found(&["query:=\"token\"", "limit:=2"], ""), two);
    assert_eq!(found(&[&at], ""), two);
    assert_eq!(found(&["-"], "{\"query\": \"token\", \"limit\": 2}"), two);
    assert_eq!(found(&["--args", &at], ""), two);
    assert_eq!(found(&["--args", "-"], "{\"query\": \"token\", \"limit\": 2}"), two);
    assert_eq!(found(&["--args", "{\"query\": \"token\", \"limit\": 2}"], ""), two);
    // A word comes on top of an object, wherever it stands.
    assert_eq!(found(&["limit=1", &at], "").0, 1);
    for (arguments, words) in [
        (&["nothing"][..], "must be KEY=VALUE, KEY:=JSON, @FILE or -"),
        (&["@/nowhere.json"], "@/nowhere.json cannot be read"),
        (&["query:={"], "is not JSON"),
        (&["--args", "[1]"], "--args"),
        (&["query=x", "limit=many"], "limit"),
    ] {
        let (code, out, err) = stage.run(&[&["call", "search", "--no-login"], arguments].concat());
        assert!(code == 2 && out.is_empty() && err.contains(words), "{arguments:?}: {code} {err}");
    }
}

#[test]
fn a_store_that_keeps_nothing_leaves_nothing() {
    let stage = Stage::new();
    let none = ["--store", "none", "--browser", "follow"];
    let (code, out, err) = stage.run(&[&["login", &stage.url()], &none[..]].concat());
    assert!(code == 0 && out.contains("nowhere"), "{out} {err}");
    // Every run logs in anew.
    let call = ["call", "search", "query=x", "--server", &stage.url(), "--login"];
    let (code, _, err) = stage.run(&[&call[..], &none].concat());
    assert_eq!(code, 0, "{err}");
    assert_eq!(stage.count("POST", "/register"), 2);
    assert!(!stage.state().exists());
}

/// Only builds with the feature can ask the keyring; the others say so and fall back to nothing.
#[test]
fn without_a_keyring_nothing_is_kept_elsewhere() {
    let stage = Stage::new();
    let (code, out, err) = stage.run(&["login", &stage.url(), "--store", "keyring", "--browser", "follow"]);
    assert!(code == 6 && out.is_empty() && err.contains("the keyring of the operating system: "), "{code} {err}");
    assert!(err.contains("--store file"), "{err}");
    assert!(cfg!(feature = "keyring") || err.contains("was built without it"), "{err}");
    let kept = fs::read_dir(stage.state()).map_or(0, |all| {
        all.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with("json")).count()
    });
    assert_eq!((kept, stage.messages().len()), (0, 0), "nobody was asked to log in");
}
