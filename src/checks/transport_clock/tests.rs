//! Clocks, caches and documents that no fault of the reference deployment brings.

use super::*;
use crate::evidence::Trail;
use crate::spec::revision::Revision;

/// Ten o'clock; each answer: origin, `Date`, `Age`.
fn judged(answers: &[(&str, &str, &str)]) -> Verdict {
    let mut exchanges = vec![
        serde_json::json!({ "number": 1, "step": "path-metadata", "because": "", "at": 0, "took": 0,
            "request": { "method": "GET", "url": "https://rs.test/.well-known/oauth-protected-resource/mcp" },
            "outcome": { "reply": { "status": 200,
                "body": { "text": r#"{"resource": "https://rs.test/mcp", "authorization_servers": ["https://as.test"]}"# } } } }),
    ];
    exchanges.push(serde_json::json!({ "number": 100, "step": "oauth-metadata", "about": "https://as.test", "because": "",
            "at": 0, "took": 0, "request": { "method": "GET", "url": "https://as.test/.well-known/oauth-authorization-server" },
            "outcome": { "reply": { "status": 200, "body": { "text": r#"{"issuer": "https://as.test"}"# } } } }));
    for (number, (origin, date, age)) in answers.iter().enumerate() {
        exchanges.push(serde_json::json!({ "number": number + 2, "step": "jwks", "because": "", "at": 0, "took": 0,
                "request": { "method": "GET", "url": format!("{origin}/x") },
                "outcome": { "reply": { "status": 404, "headers": [
                    { "name": "date", "value": date }, { "name": "age", "value": age } ] } } }));
    }
    let trail = serde_json::json!({ "version": 1, "tool": "test", "target": "https://rs.test/mcp", "reach": "default",
            "started": 1_767_261_600_000_u64, "exchanges": exchanges });
    clock(&Evidence::new(&Trail::load(&trail.to_string()).unwrap(), Revision::LATEST))
}

#[test]
fn clocks_are_compared_by_the_freshest_answer_of_each() {
    let (rs, other) = ("https://rs.test", "https://as.test");
    let at = |time: &str| format!("Thu, 01 Jan 2026 {time} GMT");
    let ten = at("10:00:00");
    assert!(matches!(judged(&[(rs, &ten, "0"), (other, &at("10:00:03"), "0")]), Verdict::Pass));
    // A cached copy is old by its `Age`, or beside a fresher one; that is no slow clock.
    assert!(matches!(judged(&[(rs, &ten, "0"), (other, &at("09:00:00"), "3600")]), Verdict::Pass));
    assert!(matches!(judged(&[(rs, &ten, "0"), (other, &at("09:00:00"), "0"), (other, &ten, "0")]), Verdict::Pass));
    assert!(matches!(judged(&[(rs, &ten, "0"), (other, &at("10:00:40"), "0")]), Verdict::Info(_)));
    let Verdict::Warn(found) = judged(&[(rs, &at("09:57:00"), "0"), (other, &at("10:00:01"), "0")]) else { panic!() };
    assert_eq!(found.message, "the clock of the MCP server is 3 min behind that of the authorization server");
    assert_eq!((found.role, found.at.unwrap().exchange), (Some(Role::ResourceServer), 2));
    let Verdict::Warn(found) = judged(&[(rs, &ten, "0"), (other, &at("13:00:00"), "0")]) else { panic!() };
    assert_eq!(found.role, Some(Role::AuthorizationServer));
    assert!(matches!(judged(&[(rs, &ten, "0"), (other, "yesterday", "0")]), Verdict::Skip(_)));
    // Every form of a date, and a leap second.
    for same in ["Thursday, 01-Jan-26 10:00:00 GMT", "Thu Jan  1 10:00:00 2026", "Thu, 01 Jan 2026 09:59:60 GMT"] {
        assert!(matches!(judged(&[(rs, &ten, "0"), (other, same, "0")]), Verdict::Pass), "{same}");
    }
    // What is no age is none; what no cache can have says nothing.
    for (age, is_pass) in [("-5", true), ("soon", true), ("99999999999", false), (&"9".repeat(30), false)] {
        let verdict = judged(&[(rs, &ten, "0"), (other, &ten, age)]);
        assert!(if is_pass { matches!(verdict, Verdict::Pass) } else { matches!(verdict, Verdict::Skip(_)) }, "{age}");
    }
    for far in ["Fri, 31 Dec 9999 23:59:59 GMT", "Tue, 19 Jan 2038 03:14:08 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"] {
        let Verdict::Warn(found) = judged(&[(rs, &ten, "0"), (other, far, "0")]) else { panic!("{far}") };
        assert_eq!(found.role, Some(Role::AuthorizationServer), "{far}");
    }
}
