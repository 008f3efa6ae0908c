//! Every step on the disk passes here, so that tests can make each of them fail, or the last one of a process.

#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "in tests a step can fail")]
pub(super) const fn step(_name: &'static str) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(super) use seam::step;

#[cfg(test)]
pub(crate) mod seam {
    use std::cell::RefCell;
    use std::io;

    /// What happens at the n-th step.
    #[derive(Clone, Copy, Debug)]
    pub(crate) enum Deed {
        Fail,
        /// That step fails and every one after it.
        FailOn,
        Die,
    }

    /// The next number, what happens when, and the steps so far.
    type Plan = (usize, Option<(usize, Deed)>, Vec<&'static str>);

    thread_local! {
        static PLAN: RefCell<Plan> = const { RefCell::new((0, None, Vec::new())) };
    }

    /// Counts from now on; at step `at` (from 0) the deed is done.
    pub(crate) fn plan(deed: Option<(usize, Deed)>) {
        PLAN.with(|plan| *plan.borrow_mut() = (0, deed, Vec::new()));
    }

    /// The steps since [`plan`].
    pub(crate) fn taken() -> Vec<&'static str> {
        PLAN.with(|plan| plan.borrow().2.clone())
    }

    pub(in crate::store) fn step(name: &'static str) -> io::Result<()> {
        PLAN.with(|plan| {
            let mut plan = plan.borrow_mut();
            plan.2.push(name);
            let number = plan.0;
            plan.0 += 1;
            match plan.1 {
                Some((at, Deed::Fail)) if at == number => Err(io::Error::other(format!("planned at {name}"))),
                Some((at, Deed::FailOn)) if at <= number => Err(io::Error::other(format!("planned at {name}"))),
                Some((at, Deed::Die)) if at == number => std::process::abort(),
                _ => Ok(()),
            }
        })
    }
}
