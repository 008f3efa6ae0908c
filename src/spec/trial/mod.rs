//! The trials by name: requests that are deliberately wrong, or deliberately unusual, and what is wrong in words that
//! the report repeats. A control is a trial, too: the same request, right.
//!
//! One file a group, in the order of a client's way; the actor (`client::trials`) sends them, the oracles (`checks`)
//! read what came by step and name.

pub mod authorization;
pub mod bearer;
pub mod documents;
pub mod extensions;
pub mod identity;
pub mod lab;
pub mod lent;
pub mod refresh;
pub mod registration;
pub mod resource;
pub mod server;
pub mod token;
pub mod wires;

use super::step::Step;

/// A request that is made to see what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Trial {
    /// The step that it is recorded as.
    pub step: Step,
    /// The name in the record: `about` of the exchange.
    pub name: &'static str,
    /// What is deliberately wrong with it, or unusual, as a clause without a subject: "sent the code a second time".
    pub wrong: &'static str,
}

/// Trials that are recorded as the same step.
macro_rules! trials {
    ($step:ident: $($(#[$doc:meta])* $name:ident = $text:literal, $wrong:literal;)+) => {
        $(
            $(#[$doc])*
            pub const $name: $crate::spec::trial::Trial =
                $crate::spec::trial::Trial { step: $crate::spec::step::Step::$step, name: $text, wrong: $wrong };
        )+
    };
}
use trials;
