//! Floor 3, the actor: walks the trail and writes it down; never judges.

pub mod authorize;
pub mod browser;
pub mod discover;
pub mod entrance;
pub mod error;
pub mod farewell;
pub mod inspect;
pub mod keeper;
pub mod locate;
pub mod login;
pub mod loopback;
pub mod mcp;
pub mod plan;
pub mod proof;
pub mod register;
pub mod session;
pub mod token;
pub mod tools;
pub mod trials;
pub mod visit;
