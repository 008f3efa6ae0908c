//! Which clients can use the deployment, in the words of the report.

use super::{Report, Status, build};
use crate::advice::clients::{self, Said};
use crate::evidence::Evidence;

/// Adds to a finished judgement how real clients take the same evidence. A finding that the user accepts counts: no
/// client knows of the user's exceptions.
pub fn ask_clients(report: &mut Report, evidence: &Evidence<'_>) {
    let said = |id: &str| {
        let result = report.result(id).filter(|result| result.status >= Status::Warn)?;
        Some(Said { failed: result.status == Status::Fail, at: result.at.clone() })
    };
    let mut fits = clients::fit(evidence, &said);
    for reason in fits.iter_mut().flat_map(|fit| &mut fit.reasons) {
        reason.place = reason.at.as_ref().and_then(|at| build::place(evidence, at.exchange));
    }
    report.clients = fits;
}
