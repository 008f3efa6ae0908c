//! Files of accounts and clients, read.

use super::*;

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn accounts_are_lines_and_no_complaint_repeats_one() {
    let good = file("# people\n\ncarol:a:b\ndave: x\n");
    let names: Vec<_> = accounts(good.path()).unwrap().into_iter().map(|account| account.name).collect();
    assert_eq!(names, ["carol", "dave"]);
    for bad in ["", "carolhunter2", "carol:", ":hunter2", "carol:hunter2\ncarol:hunter2"] {
        let failure = accounts(file(bad).path()).unwrap_err();
        assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
    }
}

#[test]
fn clients_are_a_list_and_no_complaint_repeats_a_secret() {
    let good =
        file(r#"[{"client_id":"a","redirect_uris":["https://a.example/cb"]},{"client_id":"b","client_secret":"s"}]"#);
    let read = clients(good.path()).unwrap();
    assert_eq!((read[0].secret(), read[1].secret()), (None, Some("s")));
    for bad in [
        r#"{"client_id":"a"}"#,
        r#"[{"client_secret":"hunter2"}]"#,
        r#"[{"client_id":"a","client_secret":["hunter2"]}]"#,
        r#"[{"client_id":"a","clientsecret":"hunter2"}]"#,
        r#"[{"client_id":"a"},{"client_id":"a","client_secret":"hunter2"}]"#,
        r#"[{"client_id":"a","redirect_uris":["nowhere"]}]"#,
    ] {
        let failure = clients(file(bad).path()).unwrap_err();
        assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
    }
}
