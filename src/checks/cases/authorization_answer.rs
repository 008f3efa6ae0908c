//! What comes back from the authorization endpoint, and from whom.

use super::authorization::{BACK, code, error, page, refused, request, run, stranger};
use super::{Came, ISSUER, Run};
use crate::spec::reach::Reach;
use crate::spec::step::Step;
use crate::spec::trial::authorization::*;

#[test]
fn what_comes_back_is_counted_wherever_it_stands() {
    let id = "authz-code-present";
    let of = |to: &str| run(&[(RIGHT, Came::to(&format!("{BACK}{to}"))), (UNKNOWN_CLIENT, refused())]);
    of("?code=a&state=s").expect(id, "pass");
    of("?state=s").expect(id, "fail the redirect brings neither a code nor an error");
    of("?code=&state=s").expect(id, "fail the redirect brings neither");
    of("#code=a&state=s").expect(id, "fail the code came in the fragment");
    of("?code=a&code=b").expect(id, "fail more than one code came");
    of("?code=a#code=b").expect(id, "fail more than one code came");
}

#[test]
fn a_redirect_at_the_end_of_a_chain_belongs_to_the_request_at_its_head() {
    let chain = |state: &str, back: &str| {
        Run::new(Reach::Login)
            .asked(Step::Authorize, &request(&format!("&state={state}")), Came::to("https://as.test/login"))
            .asked(Step::Authorize, "https://as.test/login", Came::to("https://as.test/consent"))
            .last(|x| x.follows = Some(x.number - 1))
            .asked(
                Step::Authorize,
                "https://as.test/consent",
                Came::to(&format!("{back}?code=a&state=one&iss={ISSUER}")),
            )
            .last(|x| x.follows = Some(x.number - 1))
    };
    chain("one", BACK).expect("authz-state-echo", "pass");
    chain("two", BACK).expect("authz-state-echo", "fail");
    for elsewhere in
        ["http://127.0.0.1:4711/other", "http://127.0.0.1:4712/callback", "https://127.0.0.1:4711/callback"]
    {
        chain("two", elsewhere).expect("authz-state-echo", "Needs(Intrusive)");
    }
    // A number that points forward leads nowhere.
    chain("one", BACK).last(|x| x.follows = Some(x.number)).expect("authz-state-echo", "Needs(Intrusive)");
}

#[test]
fn the_issuer_of_an_answer_is_that_of_the_metadata_to_the_letter() {
    let id = "authz-iss-match";
    let of = |iss: &str| run(&[(RIGHT, Came::to(&format!("{BACK}?code=a&state=s{iss}"))), (UNKNOWN_CLIENT, refused())]);
    of(&format!("&iss={ISSUER}")).expect(id, "pass");
    of(&format!("&iss={ISSUER}/"))
        .expect(id, "fail `iss` differs from the `issuer` of the metadata by a slash at its end");
    of("&iss=https://other.test").expect(id, "fail `iss` is not the `issuer` of the metadata");
    of("").expect(id, "no no `iss` came");
}

#[test]
fn an_error_at_once_is_told_where_anybody_can_be_the_client() {
    let id = "authz-no-instant-error-redirect";
    let of = |client: &str, came: Came| stranger(client, page()).once(INSTANT, &request(""), came);
    of("us", error("invalid_scope")).expect(id, "info ");
    of("another", error("invalid_scope")).expect(id, "no our client is not one");
    of("us", code()).expect(id, "pass");
    of("us", page()).expect(id, "pass");
    let document = |came: Came| {
        let url = request("").replace("client_id=us", "client_id=https%3A%2F%2Fclient.test%2Fc.json");
        stranger("another", page()).once(INSTANT, &url, came)
    };
    document(error("invalid_scope")).expect(id, "info ");
}
