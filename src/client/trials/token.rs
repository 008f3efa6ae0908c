//! Codes redeemed in wrong ways: draft-ietf-oauth-v2-1 §4.1.3, RFC 7636 §4.6, RFC 8707 §2.2. Each trial has a fresh code.

use super::lab::{Fresh, Lab};
use super::random_id;
use crate::spec::trial::Trial;
use crate::spec::trial::token::{OTHER_CLIENT, RIGHT, WRONG_VERIFIER};
use crate::store::Client;

/// A form under construction.
type Form = Vec<(&'static str, String)>;

/// Makes the trials, the control first: where it fails nothing else would tell anything.
pub(super) async fn run(lab: &Lab<'_>) {
    let Some(client) = lab.client().await else { return };
    if lab.tokens(RIGHT).await.is_none() {
        return;
    }
    redeem(lab, WRONG_VERIFIER, client, |form, _| {
        replace(form, "code_verifier", format!("{}{}", random_id(), random_id()));
    })
    .await;
    if let Some(other) = lab.second_client().await {
        redeem(lab, OTHER_CLIENT, other, |_, _| {}).await;
    }
}

/// Redeems a fresh code of ours as this client with a changed form; what is granted is tried once more with another code.
async fn redeem(lab: &Lab<'_>, trial: Trial, client: &Client, change: impl Fn(&mut Form, &Fresh)) {
    for note in ["", " (again: the first was granted)"] {
        let Some(fresh) = lab.code(trial).await else { return };
        let mut form = lab.redemption(&fresh);
        change(&mut form, &fresh);
        match lab.exchange(trial, client, note, form).await {
            Some((_, Some(_))) => {}
            _ => return,
        }
    }
}

fn replace(form: &mut Form, name: &'static str, value: String) {
    form.retain(|(key, _)| *key != name);
    form.push((name, value));
}
