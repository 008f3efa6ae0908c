//! Floor 3, the actor: walks the trail and writes it down; never judges.

pub mod discover;
mod forge;
pub mod mcp;
pub mod trials;
