//! What a trap is.

use crate::spec::fault::{Deed, Fault};
use crate::spec::posture::Posture;

/// Something that a client must refuse or survive.
pub struct Trap {
    /// The name on the command line (`serve --trap NAME`).
    pub name: &'static str,
    /// What the deployment does, as a clause.
    pub about: &'static str,
    /// The shape of deployment in which it is set.
    pub posture: Posture,
    /// The names of the faults of the catalogue that it plants.
    pub faults: &'static [&'static str],
    /// What it does besides.
    pub own: Fault,
}

impl Trap {
    pub(super) const fn new(
        name: &'static str,
        about: &'static str,
        faults: &'static [&'static str],
        deeds: &'static [Deed],
    ) -> Self {
        Self { name, about, posture: Posture::Reference, faults, own: Fault::new(name, deeds) }
    }

    pub(super) const fn under(self, posture: Posture) -> Self {
        Self { posture, ..self }
    }
}
