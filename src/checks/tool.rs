//! The tool that the operator names: what it asks of a client that cannot be asked, what it takes for its own state, and
//! whether one scope stands for another. MCP 2026-07-28 multi round-trip requests ("Server Requirements"), base protocol,
//! authorization ("Step-Up Authorization Flow"), Security Best Practices ("State Handle Hijacking").

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use serde_json::Value;

use super::asked::{attempt, attempts};
use super::ground::refused;
use super::modern::{code, told};
use super::tried::is_error;
use crate::evidence::{Evidence, Exchange, Pointer, answer};
use crate::formats::rpc::{Code, Message, ResultType};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::lab::OTHER_USER_STATE;
use crate::spec::trial::lent::{ANSWERED, ASKED, IMPLIED, NEEDED, TAKEN_STATE, TAMPERED, TOOL};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "modern-undeclared-input",
        title: "a client that cannot be asked is not asked",
        role: Role::ResourceServer,
        level: level![_, _, _, MustNot],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_MULTI_ROUND, MCP_ERROR_CODES],
        needs: &[Step::ToolTrial],
        blocked_by: &["rs-valid-accepted"],
        why: "The client has no way to put the question to its user, and the call ends there. An error that names what is missing \
              lets it choose another tool.",
        fix: "look at `io.modelcontextprotocol/clientCapabilities` of the request; where `elicitation` is missing answer 400 with \
              `{\"code\": -32021, \"data\": {\"requiredCapabilities\": {\"elicitation\": {}}}}`",
        disputed: "",
        faults: &[Fault::new("undeclared-elicitation", &[Deed::Forget(Duty::AskOnlyWhoCanAnswer)])],
        judge: undeclared_input,
    },
    Check {
        id: "rs-request-state",
        title: "a `requestState` that was changed is refused",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_MULTI_ROUND],
        needs: &[Step::ToolTrial],
        blocked_by: &["rs-valid-accepted"],
        why: "The state passes through the client, who may write into it what it likes: another user, another document, a step \
              that was never taken.",
        fix: "sign or encrypt `requestState` with a key of the server, and answer 400 with code -32602 where that does not verify",
        disputed: "",
        faults: &[Fault::new("request-state-unsigned", &[Deed::Forget(Duty::VerifyRequestState)])],
        judge: request_state,
    },
    Check {
        id: "rs-handle-user",
        title: "a `requestState` is of no use to another user",
        role: Role::ResourceServer,
        level: level![_, _, _, Guide],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[SBP_HANDLES, MCP_MULTI_ROUND],
        needs: &[Step::SecondTrial, Step::LabTrial],
        blocked_by: &["rs-valid-accepted", "rs-request-state"],
        why: "Whoever finds the state of a call in a log could go on with it in the name of its user.",
        fix: "put the user (`sub`) into `requestState` before it is signed, and refuse it with the token of anybody else",
        disputed: "Security Best Practices ask for it; a state that holds nothing of its user loses nothing.",
        faults: &[Fault::new("handle-not-user-bound", &[Deed::Forget(Duty::BindRequestState)])],
        judge: handle_user,
    },
    Check {
        id: "rs-scope-hierarchy",
        title: "a scope that implies another is taken for it",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[MCP_STEP_UP],
        needs: &[Step::ImpliedTrial],
        blocked_by: &["rs-valid-accepted"],
        why: "Clients keep what they were granted and ask for no less: one with the wide scope is refused what the narrow one allows.",
        fix: "let every scope that implies the one needed pass, before you answer 403",
        disputed: "No document says which scopes imply which; the operator does (`--implies`).",
        faults: &[Fault::new("flat-scope-check", &[Deed::Forget(Duty::HonourScopeHierarchy)])],
        judge: scope_hierarchy,
    },
];

fn asks(exchange: &Exchange) -> bool {
    let messages = answer::messages(exchange);
    messages.iter().any(|message| matches!(message.result_type(), Some(ResultType::InputRequired)))
}

fn is_complete(exchange: &Exchange) -> bool {
    let complete =
        |message: &Message| message.result().is_some() && matches!(message.result_type(), Some(ResultType::Complete));
    answer::in_turn(exchange).any(|message| complete(&message))
}

/// The call by a client that cannot be asked.
fn called<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    refused(e)?;
    let Some(called) = attempt(e, TOOL) else {
        return Err(Verdict::inconclusive(
            "the tool was not called: name one with --tool, on a server of the stateless wire",
        ));
    };
    match called.status() {
        None | Some(401 | 403 | 429 | 503) => Err(Verdict::inconclusive("the call of the tool named was not answered")),
        Some(_) => Ok(called),
    }
}

fn undeclared_input(e: &Evidence<'_>) -> Verdict {
    let called = need!(called(e));
    let tries: Vec<&Exchange> = attempts(e, TOOL).collect();
    let wrong = |what: &str| {
        finding(Pointer::exchange(called.number), what.to_owned())
            .expected("400, -32021 with `requiredCapabilities`")
            .actual(told(called))
            .fail()
    };
    if asks(called) {
        return if tries.len() > 1 && tries.iter().all(|x| asks(x)) {
            wrong("a client that declares no capabilities is asked for input")
        } else {
            Verdict::inconclusive("the client was asked once and not again")
        };
    }
    if code(called) == Some(Code::MISSING_CLIENT_CAPABILITY) {
        let messages = answer::messages(called);
        let data = messages.iter().find_map(|message| message.error()?.data.as_ref());
        let named = data.and_then(|data| data.get("requiredCapabilities")).is_some_and(Value::is_object);
        return match (called.status(), named) {
            (Some(400), true) => Verdict::Pass,
            (Some(400), false) => wrong("the error does not say which capabilities are missing"),
            _ => wrong("the error that names missing capabilities has another status than 400"),
        };
    }
    match attempt(e, ASKED) {
        Some(asked) if asks(asked) && is_error(called) => {
            wrong("a client that cannot be asked is told of another error")
        }
        Some(asked) if asks(asked) => Verdict::Pass,
        _ => Verdict::inconclusive("the tool asks for nothing; --tool NAME={...} names one that does"),
    }
}

/// That the tool asks, keeps a state, and takes it back as it came.
fn taken_back(e: &Evidence<'_>) -> Result<(), Verdict> {
    called(e)?;
    match attempt(e, ANSWERED) {
        Some(answered) if is_complete(answered) => Ok(()),
        Some(_) => Err(Verdict::inconclusive("the tool was not content with our answers")),
        None if attempt(e, ASKED).is_some_and(asks) => Err(Verdict::not_applicable("the tool keeps no `requestState`")),
        None => Err(Verdict::inconclusive("the tool asks for nothing; --tool NAME={...} names one that does")),
    }
}

/// Whether a state is refused that is taken back as it came.
fn must_refuse(e: &Evidence<'_>, trial: Trial) -> Verdict {
    let tries: Vec<&Exchange> = attempts(e, trial).collect();
    let Some(first) = tries.first().copied() else { return Verdict::inconclusive("it was not tried") };
    match first.status() {
        None | Some(429 | 503) => Verdict::inconclusive("no answer came to the changed call"),
        Some(401) => Verdict::inconclusive("the other token was not let in"),
        _ if !is_complete(first) => Verdict::Pass,
        _ if tries.len() > 1 && tries.iter().all(|x| is_complete(x)) => {
            finding(Pointer::exchange(first.number), format!("we {}, and the call was carried out", trial.wrong))
                .expected("400, -32602")
                .actual(told(first))
                .fail()
        }
        _ => Verdict::inconclusive("it was taken once and not again"),
    }
}

fn request_state(e: &Evidence<'_>) -> Verdict {
    need!(taken_back(e));
    must_refuse(e, TAMPERED)
}

fn handle_user(e: &Evidence<'_>) -> Verdict {
    need!(taken_back(e));
    must_refuse(e, if attempt(e, TAKEN_STATE).is_some() { TAKEN_STATE } else { OTHER_USER_STATE })
}

fn scope_hierarchy(e: &Evidence<'_>) -> Verdict {
    need!(refused(e));
    let Some(needed) = attempt(e, NEEDED) else {
        return Verdict::inconclusive("no token with one scope only was to be had");
    };
    if matches!(needed.status(), None | Some(401 | 403 | 429 | 503)) {
        return Verdict::inconclusive("the tool is refused with the scope that it is said to need");
    }
    let mut tries = attempts(e, IMPLIED);
    let Some(implied) = tries.next() else {
        return Verdict::inconclusive("no token with the scope that implies the other was to be had");
    };
    match (implied.status(), tries.next().and_then(Exchange::status)) {
        (None | Some(401 | 429 | 503), _) => Verdict::inconclusive("the token with the other scope was not let in"),
        (Some(403), Some(403)) => finding(
            Pointer::exchange(implied.number),
            format!("we {}, and it was refused for its scope", IMPLIED.wrong),
        )
        .expected("as with the scope that is implied")
        .actual(told(implied))
        .fail(),
        (Some(403), _) => Verdict::inconclusive("it was refused once and not again"),
        _ => Verdict::Pass,
    }
}
