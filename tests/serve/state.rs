//! What `--state FILE` keeps: a login goes on over a restart and over a kill, at every step of it; single use stays single.

use std::path::Path;

use super::support::{Deployment, Login, free_ports, get, member, search};

fn arguments<'a>(ports: &'a [String; 2], file: &'a Path) -> Vec<&'a str> {
    vec!["--port", &ports[0], "--authority-port", &ports[1], "--state", file.to_str().unwrap()]
}

/// A login during which the deployment ends and comes back before every step.
fn interrupted_login(end: impl Fn(Deployment)) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let ports = free_ports();
    let arguments = arguments(&ports, &file);
    let mut server = Deployment::start(&arguments);
    let again = |server: Deployment| {
        end(server);
        Deployment::start(&arguments)
    };
    let mut login = Login::register(&server.issuer, &server.mcp);
    server = again(server);
    login.open_page();
    server = again(server);
    login.consent();
    server = again(server);
    let tokens = login.redeem();
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let (access, refresh) = (member(&tokens.json(), "access_token"), member(&tokens.json(), "refresh_token"));
    server = again(server);
    assert_eq!(search(&server.mcp, &access), 200, "the token is still good: the keys are the same");
    let renewed = login.refresh(&refresh);
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    server = again(server);
    let replayed = login.redeem();
    assert_eq!(replayed.status, 400, "a code is redeemed once");
    server = again(server);
    let dead = login.refresh(&member(&renewed.json(), "refresh_token"));
    assert_eq!(dead.status, 400, "the replay ended the family");
    assert_eq!(search(&server.mcp, &access), 401, "and its access tokens");
    end(server);
}

#[test]
fn a_login_goes_on_over_restarts() {
    interrupted_login(|server| assert_eq!(server.end(), Some(0)));
}

#[test]
fn a_login_goes_on_over_kills() {
    interrupted_login(Deployment::kill);
}

#[test]
fn a_state_file_has_one_user_and_other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let ports = free_ports();
    let server = Deployment::start(&arguments(&ports, &file));
    let other = free_ports();
    let said = Deployment::try_start(&arguments(&other, &file)).err().unwrap();
    assert!(said.contains("is in use"), "{said}");
    drop(server);
    let letter = folder.path().join("letter.txt");
    std::fs::write(&letter, "Dear reader, this is no state at all.").unwrap();
    let said = Deployment::try_start(&arguments(&other, &letter)).err().unwrap();
    assert!(said.contains("left alone"), "{said}");
    assert_eq!(std::fs::read_to_string(&letter).unwrap(), "Dear reader, this is no state at all.");
}

#[test]
fn keys_are_replaced_in_turn_and_old_tokens_stay_good() {
    let server = Deployment::start(&[
        "--port",
        "0",
        "--authority-port",
        "0",
        "--rotate-keys",
        "4",
        "--alg",
        "EdDSA",
        "--auto-approve",
    ]);
    let kids = || -> Vec<String> {
        let keys = get(&format!("{}/jwks", server.issuer)).json();
        keys["keys"].as_array().unwrap().iter().map(|key| member(key, "kid")).collect()
    };
    let token = || {
        let mut login = Login::register(&server.issuer, &server.mcp);
        login.approve();
        member(&login.redeem().json(), "access_token")
    };
    let kid_of = |token: &str| {
        let head = super::support::decoded(token, 0);
        assert_eq!(head["alg"], "EdDSA");
        member(&head, "kid")
    };
    let first = token();
    let before = kids();
    assert!(before.contains(&kid_of(&first)));
    super::support::until("a new key signs", 20, || kid_of(&token()) != kid_of(&first));
    let after = kids();
    assert!(after.len() > before.len() && after.contains(&kid_of(&first)), "the old key is still published");
    assert_eq!(search(&server.mcp, &first), 200, "and its tokens are good");
    assert_eq!(search(&server.mcp, &token()), 200);
}

#[test]
fn what_was_answered_is_kept_whenever_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let ports = free_ports();
    let arguments = arguments(&ports, &file);
    let mut kept: Vec<Login> = Vec::new();
    // Killed in the middle of writing, five times.
    for round in 0..5 {
        let server = Deployment::start(&arguments);
        for login in &mut kept {
            login.open_page();
        }
        let (issuer, mcp) = (server.issuer.clone(), server.mcp.clone());
        let writers: Vec<_> = (0..4)
            .map(|_| {
                let (issuer, mcp) = (issuer.clone(), mcp.clone());
                std::thread::spawn(move || {
                    let registered = std::iter::repeat_with(|| Login::try_register(&issuer, &mcp));
                    registered.take(200).map_while(Result::ok).collect::<Vec<_>>()
                })
            })
            .collect();
        std::thread::sleep(std::time::Duration::from_millis(150 + 70 * round));
        server.kill();
        kept.extend(writers.into_iter().flat_map(|writer| writer.join().unwrap()));
    }
    assert!(kept.len() >= 5, "{} registrations were answered", kept.len());
    let server = Deployment::start(&arguments);
    for login in &mut kept {
        login.open_page();
    }
    println!("{} registrations, five kills, none lost", kept.len());
    drop(server);
}
