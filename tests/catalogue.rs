//! The catalogue is in order: ids, words, citations, faults, blocking.

use std::collections::BTreeSet;

use mcp_auth::checks;
use mcp_auth::spec::cite;
use mcp_auth::spec::revision::Revision;

/// Checks that no fault of ours can trip, each with the reason.
const WITHOUT_FAULT: &[(&str, &str)] =
    &[("asm-dcr-deprecated", "it informs about an offer that is right today: a healthy deployment has the line")];

#[test]
fn ids_are_unique_kebab_case_and_prefixed() {
    let mut seen = BTreeSet::new();
    for group in checks::GROUPS {
        for check in group.checks {
            assert!(seen.insert(check.id), "{} stands twice", check.id);
            assert!(check.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", check.id);
            assert!(
                group.prefixes.iter().any(|prefix| check.id.starts_with(prefix)),
                "{} is in the wrong group",
                check.id
            );
        }
    }
}

#[test]
fn every_check_applies_somewhere_and_cites_its_ground() {
    for check in checks::all() {
        assert!(
            Revision::ALL.iter().any(|revision| check.level_at(*revision).is_some()),
            "{} applies nowhere",
            check.id
        );
        assert!(!check.cites.is_empty(), "{} cites nothing", check.id);
        for cited in check.cites {
            let is_known = cite::all().any(|known| known == cited) || is_rfc(cited);
            assert!(is_known, "{} cites what is not in the list", check.id);
        }
    }
}

/// Whether the citation is a numbered section of an RFC, at the address that follows from its numbers.
fn is_rfc(cited: &cite::Cite) -> bool {
    let number = cited.document.strip_prefix("RFC ").unwrap_or_default();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let address = format!("https://www.rfc-editor.org/rfc/rfc{number}#section-{}", cited.section);
    is_number(number) && cited.section.split('.').all(is_number) && cited.url == address
}

#[test]
fn words_follow_the_conventions() {
    for check in checks::all() {
        assert!(!check.title.ends_with('.'), "{}: a title is a clause without a full stop", check.id);
        assert!(!check.fix.ends_with('.'), "{}: a fix is a clause without a full stop", check.id);
        assert!(check.title.len() > 10 && check.fix.len() > 10, "{}: say more", check.id);
        assert!(check.why.ends_with('.') && check.why.len() > 20, "{}: why is a sentence", check.id);
        assert!(check.disputed.is_empty() || check.disputed.ends_with('.'), "{}: disputed is a sentence", check.id);
    }
}

#[test]
fn every_check_has_a_fault_or_a_reason() {
    let mut names = BTreeSet::new();
    for check in checks::all() {
        let excused = WITHOUT_FAULT.iter().find(|(id, _)| *id == check.id);
        assert!(
            check.faults.is_empty() == excused.is_some(),
            "{}: a fault, or a reason in the list, and not both",
            check.id
        );
        for fault in check.faults {
            assert!(names.insert(fault.name), "the fault {} stands twice", fault.name);
            for also in fault.also {
                assert!(checks::by_id(also).is_some(), "{} names {also}, which is no check", fault.name);
            }
        }
    }
    for (id, reason) in WITHOUT_FAULT {
        assert!(checks::by_id(id).is_some() && reason.len() > 20, "{id}: an excuse for no check, or without a reason");
    }
}

#[test]
fn a_blocking_check_stands_before_what_it_blocks() {
    let order: Vec<_> = checks::all().map(|check| check.id).collect();
    let place = |id: &str| order.iter().position(|known| *known == id);
    for check in checks::all() {
        for blocker in check.blocked_by {
            let at =
                place(blocker).unwrap_or_else(|| panic!("{} is blocked by {blocker}, which is no check", check.id));
            assert!(Some(at) < place(check.id), "{blocker} must stand before {}", check.id);
        }
    }
}

/// Requirements on servers that were counted in the documents.
const REQUIRED: usize = 377;
/// Checks beyond them, of what was met in practice.
const BEYOND: [&str; 7] = [
    "challenge-body-id",
    "challenge-user-agents",
    "ext-ema-alg",
    "meta-clock",
    "modern-delete",
    "url-other-spelling",
    "url-public-base",
];

#[test]
fn every_requirement_is_a_check_or_an_exception_with_a_reason() {
    let mut seen = BTreeSet::new();
    for exception in checks::EXCEPTIONS {
        assert!(checks::by_id(exception.id).is_none(), "{} is a check, and an exception from being one", exception.id);
        assert!(seen.insert(exception.id), "{} stands twice", exception.id);
        assert!(exception.why.len() > 60 && !exception.why.ends_with('.'), "{}: why is a clause", exception.id);
        assert!(!exception.title.ends_with('.'), "{}: a title is a clause", exception.id);
    }
    assert!(seen.len() < 10, "the list of exceptions is to be short");
    for id in BEYOND {
        assert!(checks::by_id(id).is_some(), "{id} is no check");
    }
    assert_eq!(checks::all().count() - BEYOND.len() + checks::EXCEPTIONS.len(), REQUIRED);
}
