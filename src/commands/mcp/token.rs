//! The tool `token_check`: whether an MCP server will take a token.
//!
//! The token is looked at here and sent nowhere: not even to the introspection endpoint, since an assistant names the
//! server, and the server names that endpoint.

use serde::Serialize;

use super::Options;
use super::tools::SILENT;
use crate::client::inspect::{self, Remark};
use crate::client::plan::Plan;
use crate::commands::probe::EMBEDDED;
use crate::commands::{Failure, token};
use crate::store::Store;

/// What `token_check` says.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Checked {
    /// `accepted`, `refused`, or `unknown` where not everything could be looked at.
    verdict: &'static str,
    /// What the audience of the token must be.
    audience: String,
    /// The issuer that the server goes by.
    issuer: String,
    /// What was looked at.
    remarks: Vec<Told>,
}

/// One thing that was looked at.
#[derive(Serialize, schemars::JsonSchema)]
struct Told {
    /// `good`, `odd`, `bad` (a reason to refuse the token) or `unknown`.
    stand: &'static str,
    /// In words.
    text: String,
}

/// Looks at a token that was handed over, or at that of the stored login.
pub(super) async fn check(options: &Options, named: &str, handed: Option<String>) -> Result<Checked, Failure> {
    // From here on the token is a secret, whatever happens.
    let given = handed.map(|text| token::one_word(&text, "`token`")).transpose()?;
    // Not by way of the store, and never a file: only a URL, or a name that the user gave to one.
    let server = options.account.target(Some(named), &Store::nowhere())?;
    if server == EMBEDDED {
        return Err(Failure::usage(
            "nobody has a token for the embedded deployment",
            "name the URL of an MCP endpoint",
        ));
    }
    let request = token::CheckRequest {
        source: token::Source {
            named: given.is_none().then(|| server.clone()),
            given,
            account: options.account.clone(),
        },
        server: Some(server),
        expected: None,
        json: true,
        plan: Plan::default(),
        policy: options.policy.clone(),
    };
    let (remarks, standard) = token::look(&request, false, &SILENT).await?;
    let told = |remark: &Remark| Told { stand: remark.stand.as_str(), text: remark.text.clone() };
    Ok(Checked {
        verdict: inspect::verdict(&remarks),
        audience: standard.audience,
        issuer: standard.issuer,
        remarks: remarks.iter().map(told).collect(),
    })
}
