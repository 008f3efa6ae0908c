//! A login as a visitor makes it: logs in, lists the tools with the token, leaves no session behind.

use super::entrance;
use super::error::ClientError;
use super::keeper::Keeper;
use super::locate::Leniency;
use super::login::Actor;
use super::plan::Plan;
use super::session::Session;
use super::tools;
use crate::store::{Login, Store};

/// What came of a visit.
pub struct Visit {
    /// The login, if there is one.
    pub login: Option<Login>,
    /// What went wrong first.
    pub problem: Option<ClientError>,
}

/// Logs in on a wire that has walked the trail, and makes one authorized request.
pub async fn visit(actor: Actor<'_>, store: &Store, profile: &str) -> Visit {
    // What the type of the token is, is a finding of its own.
    let leniency = Leniency { any_token_type: true, ..actor.plan.leniency };
    let plan = Plan { leniency, ..actor.plan.clone() };
    let actor = Actor { plan: &plan, ..actor };
    let mut keeper = Keeper::new(actor, store, profile, true, None);
    let begun = async {
        let demand = entrance::demand(actor.wire).await?;
        keeper.begin_quietly()?;
        keeper.log_in_now(&demand).await
    };
    if let Err(problem) = begun.await {
        return Visit { login: None, problem: Some(problem) };
    }
    let mut session = Session::new(actor.wire, keeper, actor.say, None, None);
    let listed = tools::list(&mut session).await;
    session.close().await;
    Visit { login: session.keeper().login().cloned(), problem: listed.err() }
}
