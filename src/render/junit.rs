//! JUnit XML for the test reports of CI: one suite a group of checks, one case a check.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Property, Report as Suites, TestCase, TestCaseStatus, TestSuite};

use super::View;
use super::words;
use crate::report::{CheckResult, ClientFit, Fit, Status};

/// Writes the report as test suites.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = view.report;
    let mut suites = Suites::new("mcp-auth");
    let mut open: Option<TestSuite> = None;
    for result in &report.results {
        let name = group(result.id);
        if open.as_ref().is_none_or(|suite| suite.name.as_str() != name) {
            if let Some(suite) = open.take() {
                suites.add_test_suite(suite);
            }
            let mut suite = TestSuite::new(name);
            suite.add_property(Property::new("target", words::line(&report.target)));
            suite.add_property(Property::new("revision", report.revision.as_str()));
            open = Some(suite);
        }
        if let Some(suite) = &mut open {
            suite.add_test_case(case(result, &report.target));
        }
    }
    suites.add_test_suites(open);
    if !report.clients.is_empty() {
        let mut suite = TestSuite::new("clients");
        suite.add_property(Property::new("target", words::line(&report.target)));
        suite.add_test_cases(report.clients.iter().map(|client| client_case(client, &report.target)));
        suites.add_test_suite(suite);
    }
    suites.serialize(&mut *out).map_err(io::Error::other)
}

/// The group of a check: what stands before the first hyphen of its id.
fn group(id: &str) -> &str {
    id.split_once('-').map_or(id, |(group, _)| group)
}

fn case(result: &CheckResult, target: &str) -> TestCase {
    let status = match result.status {
        Status::Fail | Status::Warn if result.accepted.is_some() => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(words::accepted(result));
            status
        }
        Status::Fail => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(words::message(result)).set_type(result.level.as_str()).set_description(text(result));
            status
        }
        Status::Skip => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(words::line(result.reason.as_deref().unwrap_or_default()));
            status
        }
        Status::Pass | Status::Info | Status::Warn => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(format!("{}: {}", result.id, result.title), status);
    case.set_classname(format!("mcp-auth {}.{}", words::line(target).replace('.', "_"), group(result.id)));
    if matches!(result.status, Status::Warn | Status::Info) {
        case.set_system_out(format!("{}: {}\n{}", result.status.as_str(), words::message(result), text(result)));
    }
    case
}

/// A client that cannot use the server is a failed case, one of which nothing is known a skipped one.
fn client_case(client: &ClientFit, target: &str) -> TestCase {
    let reasons: Vec<String> = client.reasons.iter().map(words::client_reason).collect();
    let reasons = reasons.join("\n");
    let status = match client.fit {
        Fit::Works | Fit::Note => TestCaseStatus::success(),
        Fit::Unknown => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(reasons.clone());
            status
        }
        Fit::Breaks => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(reasons.clone()).set_type(client.client);
            status
        }
    };
    let mut case = TestCase::new(client.name, status);
    case.set_classname(format!("mcp-auth {}.clients", words::line(target).replace('.', "_")));
    if client.fit == Fit::Note {
        case.set_system_out(reasons);
    }
    case
}

fn text(result: &CheckResult) -> String {
    let mut lines: Vec<String> = words::place(result).map(|place| format!("at       {place}")).into_iter().collect();
    lines.extend(result.expected.as_deref().map(|text| format!("expected {}", words::line(text))));
    lines.extend(result.actual.as_deref().map(|text| format!("actual   {}", words::line(text))));
    lines.extend(words::fix(result).map(|text| format!("fix      {text}")));
    lines.push(format!("read     {}", words::cites(&result.cites)));
    lines.join("\n")
}
