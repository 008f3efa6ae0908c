//! Carries out planted faults: the one place where a reply is made wrong, and where a duty is forgotten.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use http::header::LOCATION;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};

use super::answer::{Answer, Body};
use super::layout::Layout;

/// Why a fault cannot be planted here.
#[derive(Debug, thiserror::Error)]
pub enum Misfit {
    /// The posture does not give the reply, and the fault does not make it appear.
    #[error("fault {fault}: a {posture} deployment gives no {reply:?} reply")]
    NoReply {
        /// The fault.
        fault: &'static str,
        /// The posture that was asked for.
        posture: &'static str,
        /// The reply.
        reply: Reply,
    },
    /// The value of a `SetJson` is not JSON.
    #[error("fault {fault}: the value for {pointer} is not JSON")]
    NotJson {
        /// The fault.
        fault: &'static str,
        /// Where it should go.
        pointer: &'static str,
    },
    /// The body has no such place, or is not JSON.
    #[error("fault {fault}: the {reply:?} reply has nothing at {pointer}")]
    NoPlace {
        /// The fault.
        fault: &'static str,
        /// The reply.
        reply: Reply,
        /// The place.
        pointer: &'static str,
    },
}

/// The faults of a deployment, sorted by where they act.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    edits: HashMap<Reply, Vec<(&'static str, Edit)>>,
    forgotten: HashSet<Duty>,
}

/// What the placeholders of texts stand for in one reply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'a> {
    pub(crate) layout: &'a Layout,
    /// The `Origin` of the request.
    pub(crate) caller: &'a str,
    /// The bearer token of the request.
    pub(crate) token: &'a str,
    /// The resource metadata as a JWT.
    pub(crate) signed: &'a str,
}

impl Plan {
    /// Sorts the faults.
    pub(crate) fn new(faults: &[&'static Fault]) -> Self {
        let mut plan = Self::default();
        for fault in faults {
            for deed in fault.deeds {
                match *deed {
                    Deed::At(reply, edits) => {
                        plan.edits.entry(reply).or_default().extend(edits.iter().map(|edit| (fault.name, *edit)));
                    }
                    Deed::Forget(duty) => {
                        plan.forgotten.insert(duty);
                    }
                }
            }
        }
        plan
    }

    /// Refuses faults that could not show in this layout.
    pub(crate) fn check(&self, layout: &Layout) -> Result<(), Misfit> {
        let words = Words { layout, caller: "", token: "", signed: "" };
        for (&reply, edits) in &self.edits {
            let appears = layout.gives(reply) || layout.can_give(reply) && self.presents(reply);
            for &(fault, edit) in edits {
                if !appears {
                    return Err(Misfit::NoReply { fault, posture: layout.posture.name(), reply });
                }
                if let Edit::SetJson(pointer, text) = edit
                    && serde_json::from_str::<Value>(&words.fill(text)).is_err()
                {
                    return Err(Misfit::NotJson { fault, pointer });
                }
            }
        }
        Ok(())
    }

    /// Whether no duty is forgotten.
    pub(crate) fn keeps_all(&self) -> bool {
        self.forgotten.is_empty()
    }

    /// Whether a duty is kept.
    pub(crate) fn keeps(&self, duty: Duty) -> bool {
        !self.forgotten.contains(&duty)
    }

    /// Whether a fault makes a reply appear that the clean posture does not give.
    pub(crate) fn presents(&self, reply: Reply) -> bool {
        self.edits.get(&reply).is_some_and(|edits| edits.iter().any(|(_, edit)| matches!(edit, Edit::Present)))
    }

    /// Whether a fault acts at this reply.
    pub(crate) fn touches(&self, reply: Reply) -> bool {
        self.edits.contains_key(&reply)
    }

    /// Makes the edits of this kind of reply, in order.
    pub(crate) fn apply(&self, reply: Reply, mut answer: Answer, words: Words<'_>) -> Result<Answer, Misfit> {
        for &(fault, edit) in self.edits.get(&reply).into_iter().flatten() {
            answer = words.edit(answer, edit).map_err(|Nowhere(pointer)| Misfit::NoPlace { fault, reply, pointer })?;
        }
        Ok(answer)
    }
}

/// The pointer leads nowhere.
struct Nowhere(&'static str);

impl Words<'_> {
    /// Replaces the placeholders.
    fn fill<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains('{') {
            return Cow::Borrowed(text);
        }
        let layout = self.layout;
        let mut filled = text.to_owned();
        for (name, value) in [
            ("{mcp}", layout.mcp.as_str()),
            ("{origin}", &layout.origin),
            ("{host}", &layout.host),
            ("{prm}", &layout.metadata()),
            ("{issuer}", &layout.issuer),
            ("{as}", &layout.as_origin),
            ("{elsewhere}", &layout.elsewhere()),
            ("{caller}", self.caller),
            ("{token}", self.token),
            ("{signed}", self.signed),
        ] {
            if filled.contains(name) {
                filled = filled.replace(name, value);
            }
        }
        Cow::Owned(filled)
    }

    fn edit(&self, mut answer: Answer, edit: Edit) -> Result<Answer, Nowhere> {
        match edit {
            Edit::Status(code) => answer.status = StatusCode::from_u16(code).unwrap_or(answer.status),
            Edit::SetHeader(name, value) => {
                if let Some((name, value)) = self.header(name, value) {
                    answer.headers.insert(name, value);
                }
            }
            Edit::AddHeader(name, value) => {
                if let Some((name, value)) = self.header(name, value) {
                    answer.headers.append(name, value);
                }
            }
            Edit::DropHeader(name) => {
                answer.headers.remove(name);
            }
            Edit::SetJson(pointer, text) => {
                let value = serde_json::from_str(&self.fill(text)).map_err(|_| Nowhere(pointer))?;
                set(&mut answer.body, pointer, value).ok_or(Nowhere(pointer))?;
            }
            Edit::DropJson(pointer) => drop_member(&mut answer.body, pointer).ok_or(Nowhere(pointer))?,
            Edit::SetParam(name, value) => set_param(&mut answer, name, Some(&self.fill(value))),
            Edit::DropParam(name) => set_param(&mut answer, name, None),
            Edit::FormBody => {
                let Body::Json(Value::Object(members)) = &answer.body else { return Err(Nowhere("")) };
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let pairs = members.iter().map(|(name, value)| (name.clone(), text(value)));
                let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
                answer = answer.header("content-type", "application/x-www-form-urlencoded").with(Body::Text(form));
            }
            Edit::EventStream => {
                let Body::Json(value) = &answer.body else { return Err(Nowhere("")) };
                let text = event_stream(value);
                answer = answer.header("content-type", "text/event-stream").header("x-accel-buffering", "no");
                answer = answer.with(Body::Text(text));
            }
            Edit::Body(text) => answer.body = Body::Text(self.fill(text).into_owned()),
            Edit::Missing => answer = Answer::empty(StatusCode::NOT_FOUND),
            Edit::Present => {}
        }
        Ok(answer)
    }

    fn header(&self, name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
        Some((name.parse().ok()?, HeaderValue::from_bytes(self.fill(value).as_bytes()).ok()?))
    }
}

/// A message as an event stream (HTML, "Server-sent events"): a byte order mark, comments, CRLF, fields that mean nothing,
/// an event without data, the data over several lines.
fn event_stream(value: &Value) -> String {
    let data: String = format!("{value:#}").lines().map(|line| format!("data: {line}\r\n")).collect();
    format!(
        "\u{feff}: a comment\r\n\r\nid: 1\r\nretry: 3000\r\n\r\n: another\r\nevent: message\r\nid: 2\r\nnothing\r\n{data}\r\n"
    )
}

/// Sets or removes a query parameter of the URL in `Location`, and leaves the others as they are.
fn set_param(answer: &mut Answer, name: &str, value: Option<&str>) {
    let Some(location) = answer.headers.get(LOCATION).and_then(|line| line.to_str().ok()) else { return };
    let (before, query) = location.split_once('?').unwrap_or((location, ""));
    let is_other = |pair: &&str| !pair.is_empty() && pair.split('=').next() != Some(name);
    let mut pairs: Vec<String> = query.split('&').filter(is_other).map(str::to_owned).collect();
    if let Some(value) = value {
        pairs.push(url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish());
    }
    let joint = if pairs.is_empty() { "" } else { "?" };
    if let Ok(line) = HeaderValue::from_str(&format!("{before}{joint}{}", pairs.join("&"))) {
        answer.headers.insert(LOCATION, line);
    }
}

/// Splits a JSON pointer (RFC 6901 §3) into the parent's pointer and the last, unescaped token.
fn split(pointer: &str) -> Option<(&str, String)> {
    let (parent, last) = pointer.rsplit_once('/')?;
    Some((parent, last.replace("~1", "/").replace("~0", "~")))
}

/// Sets a member, or an element of a list; `-` appends. The parent must exist.
fn set(body: &mut Body, pointer: &str, value: Value) -> Option<()> {
    let Body::Json(root) = body else { return None };
    if pointer.is_empty() {
        *root = value;
        return Some(());
    }
    let (parent, last) = split(pointer)?;
    match root.pointer_mut(parent)? {
        Value::Object(members) => {
            members.insert(last, value);
        }
        Value::Array(list) if last == "-" => list.push(value),
        Value::Array(list) => *list.get_mut(last.parse::<usize>().ok()?)? = value,
        _ => return None,
    }
    Some(())
}

/// Removes what stands at the pointer; it must be there.
fn drop_member(body: &mut Body, pointer: &str) -> Option<()> {
    let Body::Json(root) = body else { return None };
    let (parent, last) = split(pointer)?;
    match root.pointer_mut(parent)? {
        Value::Object(members) => members.shift_remove(&last).map(drop),
        Value::Array(list) => {
            let index = last.parse::<usize>().ok().filter(|i| *i < list.len())?;
            list.remove(index);
            Some(())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::serve::layout::Hosts;
    use crate::spec::posture::Posture;

    fn layout(posture: Posture) -> Layout {
        let hosts =
            Hosts { scheme: "https", issuer_scheme: "https", resource: "rs.test".into(), authority: "as.test".into() };
        Layout::new(posture, &hosts, false, true)
    }

    fn apply(deeds: &'static [Deed], body: Value) -> Result<Answer, Misfit> {
        let fault: &'static Fault = Box::leak(Box::new(Fault::new("planted", deeds)));
        let layout = layout(Posture::Reference);
        let words = Words { layout: &layout, caller: "https://app.example", token: "t", signed: "" };
        Plan::new(&[fault]).apply(Reply::ResourceMetadata, Answer::json(StatusCode::OK, body), words)
    }

    #[test]
    fn edits_are_made_in_order_and_placeholders_filled() {
        const DEEDS: &[Deed] = &[Deed::At(
            Reply::ResourceMetadata,
            &[
                Edit::SetJson("/resource", "\"{origin}/elsewhere\""),
                Edit::SetJson("/list/-", "{\"a\":\"{caller}\"}"),
                Edit::DropJson("/gone"),
                Edit::SetHeader("x-host", "{host}"),
                Edit::Status(203),
            ],
        )];
        let answer = apply(DEEDS, json!({"resource": "x", "list": [1], "gone": true})).unwrap();
        assert_eq!(answer.status, 203);
        assert_eq!(answer.headers["x-host"], "rs.test");
        let Body::Json(body) = answer.body else { panic!() };
        assert_eq!(body, json!({"resource": "https://rs.test/elsewhere", "list": [1, {"a": "https://app.example"}]}));
    }

    #[test]
    fn a_pointer_that_leads_nowhere_is_refused() {
        const SET: &[Deed] = &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/no/where", "1")])];
        const DROP: &[Deed] = &[Deed::At(Reply::ResourceMetadata, &[Edit::DropJson("/nowhere")])];
        for deeds in [SET, DROP] {
            assert!(matches!(apply(deeds, json!({"resource": "x"})), Err(Misfit::NoPlace { fault: "planted", .. })));
        }
    }

    #[test]
    fn a_fault_that_could_not_show_is_refused() {
        static ROOT: Fault = Fault::new("root", &[Deed::At(Reply::RootResourceMetadata, &[Edit::Status(500)])]);
        static SHOWN: Fault =
            Fault::new("shown", &[Deed::At(Reply::RootResourceMetadata, &[Edit::Present, Edit::Status(500)])]);
        static TWIN: Fault = Fault::new("twin", &[Deed::At(Reply::PlainTwin, &[Edit::Present])]);
        static TYPO: Fault = Fault::new("typo", &[Deed::At(Reply::Jwks, &[Edit::SetJson("/keys", "[")])]);
        let check = |fault: &'static Fault, posture| Plan::new(&[fault]).check(&layout(posture));
        assert!(matches!(check(&ROOT, Posture::Reference), Err(Misfit::NoReply { fault: "root", .. })));
        assert!(check(&SHOWN, Posture::Reference).is_ok());
        assert!(matches!(check(&TWIN, Posture::Reference), Err(Misfit::NoReply { .. })));
        assert!(check(&TWIN, Posture::Https).is_ok());
        assert!(matches!(check(&TYPO, Posture::Reference), Err(Misfit::NotJson { pointer: "/keys", .. })));
    }
}
