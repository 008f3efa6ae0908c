//! Session ids, told apart.

use super::*;

#[test]
fn ids_that_are_counted_are_told_from_ids_that_are_not() {
    assert!(are_counted(&["session-8", "session-9", "session-10", "session-11"]));
    assert!(are_counted(&["1", "2", "3"]));
    assert!(!are_counted(&["session-8", "session-8", "session-8"]));
    assert!(!are_counted(&["17f3a9c2b1", "98aa01ff02", "0c3b5d7e9f"]));
    assert!(!are_counted(&["5", "6"]));
    assert!(!are_counted(&["83920482930482", "18394028340289", "58203840192831"]));
}
