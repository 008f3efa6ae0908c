//! Floor 0: the words every other floor shares. No I/O, no judgement.

pub mod cite;
pub mod clock;
pub mod credentials;
pub mod extension;
pub mod fault;
pub mod level;
pub mod posture;
pub mod reach;
pub mod revision;
pub mod step;
pub mod text;
pub mod trial;
