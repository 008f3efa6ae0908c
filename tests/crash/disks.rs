//! Disks that are really full, fill up while the authorization server answers, take only a part of a write, or are read-only;
//! and a machine whose directory for temporary files cannot be used.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use super::home::{Home, check_end};
use super::is_long;
use super::issuer::{Issuer, Reuse};

/// Whether a namespace for mounts can be had; says so where not.
#[expect(clippy::print_stderr, reason = "the runner is to see what was not looked at")]
fn may_mount() -> bool {
    let mut command = Command::new("unshare");
    let status = command.args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).stderr(Stdio::null()).status();
    let may = status.is_ok_and(|status| status.success());
    if !may {
        eprintln!("skipped: unshare -rm may not mount a tmpfs here");
    }
    may
}

/// Runs a script in which the state directory is on a disk of its own, of `pages` pages of 4 KiB, and the program is
/// `"$@"`. What is in the directory at its end is put back.
fn on_a_disk(home: &Home, pages: usize, script: &str) -> Output {
    let directory = home.directory.display().to_string();
    let all = format!(
        r#"set -e
D='{directory}'
mkdir "$D.aside"; cp -a "$D/." "$D.aside"; mkdir "$D.disk"
mount -t tmpfs -o size={pages}k,mode=700 tmpfs "$D.disk"
cp -a "$D.aside/." "$D.disk"
mount --move "$D.disk" "$D"
set +e
{script}
set -e
rm -rf "$D.aside"/*; rm -f "$D/filler"; cp -a "$D/." "$D.aside"
umount "$D"; rmdir "$D.disk"; rm -rf "$D"; mv "$D.aside" "$D"
exit $R"#,
        pages = pages * 4
    );
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", &all, "sh"]).args(home.program());
    command.stdin(Stdio::null()).output().unwrap()
}

/// After a run that may have failed: the store is whole, and the next run does the job.
fn check(home: &Home, output: &Output, name: &str) {
    check_end(output).unwrap_or_else(|why| panic!("{name}: {why}"));
    home.check_store().unwrap_or_else(|why| panic!("{name}: {why}"));
    if output.status.code() == Some(6) {
        let asked = home.issuer.state().asked;
        assert_eq!(asked, 0, "{name}: the token was sent, and what came back could not be saved");
    }
    let next = home.run(&[]);
    assert_eq!(next.status.code(), Some(0), "{name}: {next:?}");
    home.check_healthy().unwrap_or_else(|why| panic!("{name}: {why}"));
}

#[test]
fn a_full_disk_spends_no_token_and_a_disk_that_fills_up_meanwhile_loses_none() {
    if !may_mount() {
        return;
    }
    // A strict server: what is spent and not saved is lost.
    let home = Home::new(&Issuer::start(Reuse::Strict));
    let (mut refused, mut done) = (0, 0);
    // The login takes three pages with its lock; so many more are free.
    for free in 0..12 {
        home.begin();
        let output = on_a_disk(&home, 4 + free, "\"$@\"; R=$?");
        match output.status.code() {
            Some(0) => done += 1,
            _ => refused += 1,
        }
        check(&home, &output, &format!("{free} pages free"));
    }
    assert!(refused > 2 && done > 2, "{refused} runs refused, {done} did their job");
    // Somebody else takes the rest between the request and the answer.
    home.begin();
    let (asked, filled) = (home.directory.with_extension("asked"), home.directory.with_extension("filled"));
    let marks = (asked.clone(), filled.clone());
    home.issuer.pause(move || {
        fs::write(&marks.0, "").unwrap();
        while !marks.1.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let script = format!(
        r#"( while [ ! -e '{}' ]; do sleep 0.01; done; cat /dev/zero >"$D/filler" 2>/dev/null; : >'{}' ) & "$@"; R=$?"#,
        asked.display(),
        filled.display()
    );
    let output = on_a_disk(&home, 64, &script);
    home.issuer.pause(|| ());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    home.check_healthy().unwrap();
}

#[test]
fn a_read_only_disk_spends_no_token() {
    if !may_mount() {
        return;
    }
    let home = Home::new(&Issuer::start(Reuse::Strict));
    let output = on_a_disk(&home, 64, "mount -o remount,ro \"$D\"; \"$@\"; R=$?; mount -o remount,rw \"$D\"");
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    check(&home, &output, "read-only");
}

#[test]
fn a_write_that_is_cut_short_loses_nothing() {
    let home = Home::new(&Issuer::start(Reuse::Strict));
    let (mut cut, mut done) = (0, 0);
    // In steps of 512 bytes, over everything that a run writes: no file may become larger. A shell counts so.
    for blocks in (0..48).step_by(if is_long() { 1 } else { 4 }) {
        home.begin();
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let output = home.run(&["sh", "-c", &script, "sh"].map(str::to_owned));
        if output.status.code() == Some(0) {
            done += 1
        } else {
            cut += 1
        }
        check(&home, &output, &format!("{blocks} blocks"));
    }
    assert!(cut > 2 && done > 0, "{cut} cut, {done} done");
}

#[test]
fn a_directory_for_temporary_files_is_not_needed() {
    let home = Home::new(&Issuer::start(Reuse::Strict));
    let mut command = home.command(&[]);
    let output = command.env("TMPDIR", "/nowhere/at/all").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    home.check_healthy().unwrap();
}

#[test]
fn a_directory_that_may_not_be_written_spends_no_token() {
    if is_root(Path::new("/proc/self")) {
        // Modes do not bind root; the read-only disk above does.
        return;
    }
    let home = Home::new(&Issuer::start(Reuse::Strict));
    fs::set_permissions(&home.directory, fs::Permissions::from_mode(0o500)).unwrap();
    let output = home.run(&[]);
    fs::set_permissions(&home.directory, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    check(&home, &output, "mode 0500");
}

fn is_root(own: &Path) -> bool {
    std::os::unix::fs::MetadataExt::uid(&fs::metadata(own).unwrap()) == 0
}
