//! The pages that `checks docs` writes: one a check, links that lead somewhere, nothing left open.

use std::fs;
use std::process::Command;

use mcp_auth::advice::{clients, providers, symptoms};
use mcp_auth::checks;

#[test]
fn every_check_has_a_page_and_every_link_leads_to_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
    let done =
        command.args(["checks", "docs", "pages/checks"]).current_dir(folder.path()).env_clear().output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let pages = folder.path().join("pages/checks");
    let read = |name: &str| fs::read_to_string(pages.join(format!("{name}.md"))).unwrap();
    assert_eq!(fs::read_dir(&pages).unwrap().count(), checks::all().count() + 4);
    for check in checks::all() {
        let page = read(check.id);
        assert!(page.starts_with(&format!("# {}\n", check.id)) && page.contains(check.why), "{page}");
        assert!(check.faults.iter().all(|fault| page.contains(fault.name)), "{page}");
    }
    for entry in fs::read_dir(&pages).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(link.starts_with("https://") || pages.join(link).exists(), "{link} leads nowhere");
        }
    }
    assert_eq!(read("symptoms").matches("\n## ").count(), symptoms::all().count());
    assert_eq!(read("clients").matches("\n## ").count(), clients::Client::ALL.len());
    assert_eq!(read("providers").matches("\n## ").count(), providers::PROVIDERS.len());
}
