//! Tokens that the operator lends, and the tool that the operator names. MCP authorization "Token Handling", multi
//! round-trip requests ("Server Requirements"), Security Best Practices ("Session Hijacking", "State Handle Hijacking").

use serde_json::{Map, Value, json};

use super::endpoint::{Call, Gate, as_trial, named};
use super::lab::Lab;
use super::resource::leave;
use super::wires::with;
use super::wires_stateful::begun;
use super::{minted, random_id};
use crate::client::keeper::Access;
use crate::client::mcp::{self, Said};
use crate::evidence::{Exchange, answer};
use crate::formats::rpc::{Message, ResultType};
use crate::formats::secret::Secret;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::lab::OTHER_USER_STATE;
use crate::spec::trial::lent::{
    ANSWERED, ASKED, EXPIRED, FOREIGN, IMPLIED, LOST_SESSION, NEEDED, OWN_SESSION, SECOND, TAKEN_SESSION, TAKEN_STATE,
    TAMPERED, TOOL, UPSTREAM,
};
use crate::store::Scheme;

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>, gate: &Gate) {
    let material = &lab.errand.material;
    for (token, trial) in [(&material.foreign, FOREIGN), (&material.expired, EXPIRED), (&material.upstream, UPSTREAM)] {
        if let Some(token) = token.as_ref().filter(|_| lab.takes(trial.step)) {
            gate.present(lab, trial, &bearer(token)).await;
        }
    }
    let access = lab.access();
    let second = material.second.as_ref().filter(|_| lab.takes(Step::SecondTrial)).map(bearer);
    if let Some(second) = &second {
        gate.present(lab, SECOND, second).await;
        if let Some(own) = &access {
            taken_session(lab, gate, [OWN_SESSION, LOST_SESSION, TAKEN_SESSION], (own, second)).await;
        }
    }
    if let (Some(tool), Some(access)) = (&material.tool, access)
        && gate.is_stateless()
        && lab.takes(Step::ToolTrial)
    {
        let caller = Caller { lab, access, tool };
        caller.undeclared().await;
        caller.states(second).await;
    }
    if let (Some(tool), Some((wide, narrow))) = (&material.tool, &material.implies)
        && lab.takes(Step::ImpliedTrial)
    {
        implied(lab, gate, tool, [(NEEDED, narrow), (IMPLIED, wide)]).await;
    }
}

fn bearer(token: &Secret) -> Access {
    Access { token: token.clone(), scheme: Scheme::Bearer, key: None }
}

/// A session that one token began, used with another. The control: a session that nobody began.
pub(super) async fn taken_session(
    lab: &Lab<'_>,
    gate: &Gate,
    [begins, lost, taken]: [Trial; 3],
    (own, other): (&Access, &Access),
) {
    let url = lab.wire.endpoint();
    let begin = Gate::with_token(lab, mcp::initialize(&url, ""), own);
    let answer = lab.wire.send(as_trial(begins, begin.clone())).await;
    let Some(session) = begun(&answer).filter(|session| session.id.is_some()) else { return };
    let ready = session.on(mcp::notification(begins.step, &url, "notifications/initialized", ""));
    lab.wire.send(as_trial(begins, Gate::with_token(lab, ready, own))).await;
    let list = mcp::stateful(begins.step, &url, Some(&session), "tools/list", &json!({}), "");
    let unknown = with(list.clone(), "mcp-session-id", Some(&random_id()));
    gate.send(lab, lost, Gate::with_token(lab, unknown, other)).await;
    gate.send(lab, taken, Gate::with_token(lab, list, other)).await;
    leave(lab.wire, &begin, &answer).await;
}

/// The tool with one scope only: the one it needs, then one that implies it. What is refused is tried once more.
async fn implied(lab: &Lab<'_>, gate: &Gate, tool: &str, tries: [(Trial, &String); 2]) {
    for (trial, scope) in tries {
        let Some(set) = lab.with_only(scope).await else { return };
        let access = Access { token: set.granted.access, scheme: set.granted.scheme, key: None };
        let Some(call) = Call::of(lab, gate, &access, tool).await else { return };
        for _ in 0..2 {
            if lab.wire.send(as_trial(trial, call.ask.clone())).await.status() != Some(403) {
                break;
            }
        }
        call.end(lab).await;
    }
}

/// The tool named, on the stateless wire.
struct Caller<'a> {
    lab: &'a Lab<'a>,
    access: Access,
    tool: &'a str,
}

impl Caller<'_> {
    /// Calls the tool with these capabilities and further parameters.
    async fn call(&self, trial: Trial, access: &Access, capabilities: Value, more: Map<String, Value>) -> Exchange {
        let mut params = named(self.tool);
        if let Some(members) = params.as_object_mut() {
            members.extend(more);
        }
        let said = Said { version: Revision::R2026_07_28.as_str().to_owned(), capabilities };
        let url = self.lab.wire.endpoint();
        let ask = said.request(trial.step, &url, "tools/call", params, &json!(random_id()), "");
        self.lab.wire.send(Gate::with_token(self.lab, as_trial(trial, ask), access)).await
    }

    /// By a client that cannot be asked; once more where it is asked all the same.
    async fn undeclared(&self) {
        for _ in 0..2 {
            let answer = self.call(TOOL, &self.access, json!({}), Map::new()).await;
            if asks(&answer).is_none() {
                return;
            }
        }
    }

    /// What the tool asks, answered: with the state as it came, changed, and by others. Each with a state of its own.
    async fn states(&self, second: Option<Access>) {
        if !self.answer(ANSWERED, &self.access, str::to_owned).await {
            return;
        }
        self.twice(TAMPERED, &self.access, changed).await;
        if let Some(second) = second {
            self.twice(TAKEN_STATE, &second, str::to_owned).await;
        }
        if let Some(other) = minted::other_user(self.lab).filter(|_| self.lab.takes(Step::LabTrial)) {
            self.twice(OTHER_USER_STATE, &other, str::to_owned).await;
        }
    }

    async fn twice(&self, trial: Trial, access: &Access, change: fn(&str) -> String) {
        if self.answer(trial, access, change).await {
            self.answer(trial, access, change).await;
        }
    }

    /// Has the tool ask, and answers with its state, changed; says whether that was taken.
    async fn answer(&self, trial: Trial, access: &Access, change: fn(&str) -> String) -> bool {
        let capabilities = json!({ "elicitation": {} });
        let asked = self.call(ASKED, &self.access, capabilities.clone(), Map::new()).await;
        let Some(result) = asks(&asked) else { return false };
        let Some(state) = result.get("requestState").and_then(Value::as_str) else { return false };
        let mut more = Map::new();
        more.insert("inputResponses".to_owned(), responses(&result));
        more.insert("requestState".to_owned(), json!(change(state)));
        let answer = self.call(trial, access, capabilities, more).await;
        answer::in_turn(&answer).any(|message| matches!(message.result_type(), Some(ResultType::Complete)))
    }
}

/// The result by which a tool asks for input.
fn asks(exchange: &Exchange) -> Option<Value> {
    let asking = |message: &Message| matches!(message.result_type(), Some(ResultType::InputRequired));
    answer::messages(exchange).iter().find(|message| asking(message))?.result().cloned()
}

/// Answers to every question by form, as dull as its schema allows.
fn responses(result: &Value) -> Value {
    let mut responses = Map::new();
    for (name, request) in result.get("inputRequests").and_then(Value::as_object).into_iter().flatten() {
        let properties = request.pointer("/params/requestedSchema/properties").and_then(Value::as_object);
        let content: Map<String, Value> =
            properties.into_iter().flatten().map(|(name, schema)| (name.clone(), dull(schema))).collect();
        responses.insert(name.clone(), json!({ "action": "accept", "content": content }));
    }
    responses.into()
}

/// A value that a schema allows: its default, its first choice, no, the least number, a word.
fn dull(schema: &Value) -> Value {
    let first =
        schema.get("default").or_else(|| schema.get("enum")?.get(0)).or_else(|| schema.pointer("/oneOf/0/const"));
    if let Some(value) = first {
        return value.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => json!(false),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("array") => json!([]),
        _ => json!("mcp-auth"),
    }
}

/// The state with another character in its middle.
fn changed(state: &str) -> String {
    let middle = state.chars().count() / 2;
    let place = state.chars().enumerate().position(|(index, c)| index >= middle && c.is_ascii_alphanumeric());
    let other = |c: char| if c == 'A' { 'B' } else { 'A' };
    state.chars().enumerate().map(|(index, c)| if Some(index) == place { other(c) } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_as_dull_as_its_schema_allows() {
        for (schema, value) in [
            (json!({ "default": "x", "enum": ["y"], "type": "string" }), json!("x")),
            (json!({ "enum": ["y", "z"] }), json!("y")),
            (json!({ "oneOf": [{ "const": 3 }, { "const": 4 }] }), json!(3)),
            (json!({ "type": "boolean" }), json!(false)),
            (json!({ "type": "integer" }), json!(1)),
            (json!({ "type": "number", "minimum": 7.5 }), json!(7.5)),
            (json!({ "type": "array" }), json!([])),
            (json!({ "type": "string" }), json!("mcp-auth")),
            (json!({}), json!("mcp-auth")),
        ] {
            assert_eq!(dull(&schema), value, "{schema}");
        }
        let asked = json!({ "inputRequests": {
            "one": { "params": { "requestedSchema": { "properties": { "a": { "type": "boolean" }, "b": {} } } } },
            "two": {} } });
        let expected = json!({ "one": { "action": "accept", "content": { "a": false, "b": "mcp-auth" } },
            "two": { "action": "accept", "content": {} } });
        assert_eq!(responses(&asked), expected);
        assert_eq!(responses(&json!({})), json!({}));
    }

    #[test]
    fn a_changed_state_differs_in_one_letter_in_its_middle() {
        for (state, other) in
            [("abcdef", "abcAef"), ("AAAA", "AABA"), ("ab.--c", "ab.--A"), ("a", "A"), ("", ""), ("--", "--")]
        {
            assert_eq!(changed(state), other);
        }
    }
}
