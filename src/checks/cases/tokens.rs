//! Token endpoint, tokens, client credentials, and tokens at the MCP server.

use serde_json::{Value, json};

use super::{Came, MCP, Run, result, unsigned};
use crate::evidence::{FailureKind, Header};
use crate::formats::jwks::Key;
use crate::spec::reach::Reach;
use crate::spec::step::Step;
use crate::spec::trial::extensions::{self as ext, SECRET};
use crate::spec::trial::resource::STEP_UP;
use crate::spec::trial::token::{OLD_CODE, YOUNG_CODE};

pub(super) const TOKEN: &str = "https://as.test/t/token";
pub(super) const GONE: u16 = 400;

pub(super) fn answer(more: &Value) -> Came {
    let mut body = json!({ "access_token": "an-access-token", "token_type": "Bearer", "expires_in": 600 });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    Came::json(200, &body)
}

/// A login of a public client that brought this.
pub(super) fn login(more: &Value) -> Run {
    exchange("grant_type=authorization_code&client_id=us&code=c", more)
}

pub(super) fn exchange(form: &str, more: &Value) -> Run {
    Run::told(
        Reach::Intrusive,
        &json!({ "grant_types_supported": ["authorization_code", "refresh_token"],
        "scopes_supported": ["a", "offline_access"] }),
    )
    .asked(Step::TokenCode, TOKEN, answer(more))
    .last(|x| x.request.body = Some(form.to_owned()))
}

pub(super) fn header(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: value.into() }
}

#[test]
fn a_token_is_of_a_type_that_mcp_clients_know() {
    login(&json!({})).expect("token-type", "pass");
    login(&json!({ "token_type": "bEARER" })).expect("token-type", "pass");
    login(&json!({ "token_type": "DPoP" })).expect("token-type", "fail the token is said to be bound to a key");
    login(&json!({ "token_type": "DPoP" }))
        .last(|x| x.request.headers.push(header("dpop", "x")))
        .expect("token-type", "pass");
    login(&json!({ "token_type": "mac" }))
        .last(|x| x.request.headers.push(header("dpop", "x")))
        .expect("token-type", "fail the type of the token is `mac`");
    login(&json!({ "token_type": null })).expect("token-type", "blocked token-members");
}

#[test]
fn an_access_token_is_a_text_with_something_in_it() {
    for (token, words) in [
        (json!("x"), "pass"),
        (json!(""), "fail the answer has no `access_token`"),
        (json!(7), "fail the answer has no `access_token`"),
        (Value::Null, "fail the answer has no `access_token`"),
    ] {
        login(&json!({ "access_token": token })).expect("token-members", words);
    }
    login(&json!({ "access_token": "" })).expect("token-scope-sufficient", "blocked token-members");
}

#[test]
fn no_redirect_carries_a_token_in_its_query() {
    let redirect = |to: &str| login(&json!({})).asked(Step::Authorize, "https://as.test/t/authorize", Came::to(to));
    redirect("http://127.0.0.1/callback?access_token=x")
        .expect("token-not-in-url", "fail a redirect carries `access_token`");
    redirect("http://127.0.0.1/callback?a=b&refresh_token=x#y")
        .expect("token-not-in-url", "fail a redirect carries `refresh_token`");
    redirect("http://127.0.0.1/callback?code=x#access_token=x").expect("token-not-in-url", "pass");
    redirect("http://127.0.0.1/callback").expect("token-not-in-url", "pass");
    let returned = |url: &str, step| login(&json!({})).asked(step, url, Came::status(200));
    let url = "http://127.0.0.1/callback?access_token=x";
    returned(url, Step::AuthorizeReturn).expect("token-not-in-url", "fail the redirect back carries `access_token`");
    returned(url, Step::McpDiscover).expect("token-not-in-url", "pass");
}

#[test]
fn the_scope_that_the_challenge_names_is_enough_for_the_same_request() {
    let challenge =
        "Bearer resource_metadata=\"https://rs.test/.well-known/oauth-protected-resource/mcp\", scope=\"a b\"";
    let lacking = Came::status(403).header("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"c\"");
    let of = |first: Step, more: &Value, then: &[(Step, Came)]| {
        let mut run = Run::new(Reach::Intrusive);
        run.exchange(0).step = first;
        run.exchange(0).outcome = Came::status(401).header("www-authenticate", challenge).0;
        let run = run.asked(Step::TokenCode, TOKEN, answer(more));
        then.iter().fold(run, |run, (step, came)| run.asked(*step, MCP, came.clone()))
    };
    let id = "token-scope-sufficient";
    for (first, then) in [
        (Step::McpDiscover, Step::SessionDiscover),
        (Step::McpInitialize, Step::SessionInitialize),
        (Step::McpList, Step::SessionList),
        (Step::McpCall, Step::SessionCall),
    ] {
        of(first, &json!({}), &[(then, lacking.clone())]).expect(id, "fail ");
        of(first, &json!({}), &[(then, Came::status(200))]).expect(id, "pass");
        // Another request may rightly need more.
        let other = if then == Step::SessionCall { Step::SessionList } else { Step::SessionCall };
        of(first, &json!({}), &[(other, lacking.clone())])
            .expect(id, "unclear the request that was challenged was not made again");
    }
    let discover = |more: &Value, came: Came| of(Step::McpDiscover, more, &[(Step::SessionDiscover, came)]);
    discover(&json!({ "scope": "a" }), lacking.clone()).expect(id, "no less scope was granted");
    discover(&json!({ "scope": "b a" }), lacking).expect(id, "fail ");
    discover(&json!({}), Came::status(403)).expect(id, "pass");
    discover(&json!({}), Came::status(401).header("www-authenticate", "Bearer error=\"insufficient_scope\""))
        .expect(id, "pass");
}

#[test]
fn an_id_token_is_no_access_token() {
    let id = "token-not-id-token";
    let jwt = |claims: Value| unsigned(&json!({ "alg": "ES256", "typ": "JWT" }), &claims);
    let of = |access: &str, identity: Option<&str>| {
        let more = identity.map_or_else(
            || json!({ "access_token": access }),
            |identity| json!({ "access_token": access, "id_token": identity }),
        );
        login(&more)
    };
    let plain = jwt(json!({ "aud": MCP, "sub": "a" }));
    of(&plain, None).expect(id, "pass");
    of(&plain, Some(&jwt(json!({ "aud": "us" })))).expect(id, "pass");
    of(&plain, Some(&plain)).expect(id, "fail the access token is an ID token: it is the same text as `id_token`");
    for hash in ["at_hash", "c_hash"] {
        of(&jwt(json!({ "aud": MCP, hash: "x" })), None)
            .expect(id, "fail the access token is an ID token: it has a hash");
    }
    of(&jwt(json!({ "aud": "us", "nonce": "x" })), None)
        .expect(id, "fail the access token is an ID token: it has a `nonce`");
    for other in [
        json!({ "aud": "us" }),
        json!({ "aud": ["us", MCP], "nonce": "x" }),
        json!({ "aud": [], "nonce": "x" }),
        json!({ "nonce": "x" }),
    ] {
        of(&jwt(other), None).expect(id, "pass");
    }
    of("opaque", None).expect(id, "no the access token is opaque");
}

#[test]
fn who_asked_is_told_by_form_or_header() {
    // The audience is our client, whichever way it said its name.
    let id = "token-not-id-token";
    let token = unsigned(&json!({ "alg": "ES256" }), &json!({ "aud": "a client:", "nonce": "x" }));
    let basic = |text: &str| {
        let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
        exchange("grant_type=authorization_code&code=c", &json!({ "access_token": token }))
            .last(|x| x.request.headers.push(header("authorization", &format!("Basic {encoded}"))))
    };
    basic("a+client%3A:secret").expect(id, "fail the access token is an ID token");
    basic("another:secret").expect(id, "pass");
    basic("no colon").expect(id, "pass");
    let form = exchange("client_id=a+client%3A", &json!({ "access_token": token }));
    form.expect(id, "fail the access token is an ID token");
    exchange("grant_type=x", &json!({ "access_token": token })).expect(id, "pass");
}

#[test]
fn a_login_without_tokens_says_how_far_it_came() {
    let id = "token-members";
    Run::new(Reach::Default).expect(id, "Needs(Login)");
    let refused =
        Run::new(Reach::Login).asked(Step::TokenCode, TOKEN, Came::json(GONE, &json!({ "error": "server_error" })));
    refused.expect(id, "unclear the authorization server gave no token to a request that is as it must be");
    let garbled = Run::new(Reach::Login).asked(Step::TokenCode, TOKEN, Came::page("Oops"));
    garbled.expect(id, "blocked token-success-json");
    // An error with status 200 is one.
    let disguised =
        Run::new(Reach::Login).asked(Step::TokenCode, TOKEN, Came::json(200, &json!({ "error": "invalid_grant" })));
    disguised.expect(id, "unclear the authorization server gave no token to a request that is as it must be");
}

#[test]
fn a_code_of_ten_minutes_is_too_old() {
    let id = "authz-code-lifetime";
    let of = |young: Option<Came>, old: &[(u64, u64, Came)]| {
        let mut run = Run::new(Reach::Intrusive);
        if let Some(young) = young {
            run = run.posted(YOUNG_CODE, TOKEN, "code=x", young);
        }
        for (issued, redeemed, came) in old {
            run = run
                .about(Step::CodeReturn, OLD_CODE.name, "http://127.0.0.1/callback?code=x", Came::status(200))
                .last(|x| x.at = *issued);
            run = run
                .about(Step::CodeReturn, "another", "http://127.0.0.1/callback?code=x", Came::status(200))
                .last(|x| x.at = *redeemed);
            run = run.posted(OLD_CODE, TOKEN, "code=x", came.clone()).last(|x| x.at = *redeemed);
        }
        run
    };
    let good = || answer(&json!({}));
    let late = 600_000;
    of(Some(good()), &[(0, late, good()), (0, late, good())]).expect(id, "warn ");
    of(Some(good()), &[(0, late - 1, good()), (0, late, good())])
        .expect(id, "unclear the code was not ten minutes old");
    of(Some(good()), &[(0, late, Came::status(GONE))]).expect(id, "pass");
    of(Some(good()), &[(0, late, Came::status(503))]).expect(id, "unclear the server had no time");
    of(Some(good()), &[(0, late, good())]).expect(id, "unclear it was granted once and not again");
    of(Some(Came::status(GONE)), &[(0, late, good())])
        .expect(id, "unclear a code that is redeemed at once was refused");
    of(Some(Came::status(503)), &[]).expect(id, "unclear the server had no time");
    of(None, &[]).expect(id, "unclear it was not tried");
    Run::new(Reach::Login).expect(id, "Needs(Intrusive)");
}

#[test]
fn client_credentials_bring_a_token_for_this_server_and_nothing_else() {
    let jwt = |claims: &Value| unsigned(&json!({ "alg": "ES256" }), claims);
    let of = |more: &Value, form: &str| {
        Run::told(Reach::Intrusive, &json!({ "grant_types_supported": ["client_credentials"] })).posted(
            SECRET,
            TOKEN,
            form,
            answer(more),
        )
    };
    let form = format!("grant_type=client_credentials&resource={MCP}");
    for (claims, words) in [
        (json!({ "aud": MCP }), "pass"),
        (json!({ "aud": ["https://other.test", MCP] }), "pass"),
        (json!({ "aud": "https://other.test" }), "warn the token of client credentials is for another audience"),
        (json!({ "sub": "us" }), "warn the token of client credentials does not say whom it is for"),
        (json!({ "aud": 7 }), "warn the token of client credentials does not say whom it is for"),
    ] {
        of(&json!({ "access_token": jwt(&claims) }), &form).expect("ext-cc-aud", words);
    }
    of(&json!({}), &form).expect("ext-cc-aud", "no the access token is opaque");
    of(&json!({}), "grant_type=client_credentials").expect("ext-cc-aud", "no no `resource` was sent");
    of(&json!({ "refresh_token": "r" }), &form)
        .expect("ext-cc-no-refresh", "warn client credentials brought a refresh token");
    for none in [json!({}), json!({ "refresh_token": "" }), json!({ "refresh_token": null })] {
        of(&none, &form).expect("ext-cc-no-refresh", "pass");
    }
}

#[test]
fn assertions_that_are_wrong_bring_no_token_where_right_ones_do() {
    let id = "ext-cc-jwt-checks";
    let of = |answers: &[(crate::spec::trial::Trial, Came)]| {
        let told = json!({ "grant_types_supported": ["client_credentials"], "token_endpoint_auth_methods_supported": ["private_key_jwt"] });
        answers.iter().fold(Run::told(Reach::Intrusive, &told), |run, (trial, came)| {
            run.posted(*trial, TOKEN, "client_assertion=x", came.clone())
        })
    };
    let good = || answer(&json!({}));
    let refused = || Came::json(401, &json!({ "error": "invalid_client" }));
    let wrong = |granted: Option<crate::spec::trial::Trial>| {
        let mut all = vec![(ext::ASSERTION, good())];
        for trial in [
            ext::ASSERTION_KEY,
            ext::ASSERTION_EXPIRED,
            ext::ASSERTION_ELSEWHERE,
            ext::ASSERTION_ISSUER,
            ext::ASSERTION_AGAIN,
        ] {
            let came = if granted.is_some_and(|granted| granted == trial) { good() } else { refused() };
            all.extend([(trial, came.clone()), (trial, came)]);
        }
        of(&all)
    };
    wrong(None).expect(id, "pass");
    for trial in [ext::ASSERTION_KEY, ext::ASSERTION_EXPIRED, ext::ASSERTION_ELSEWHERE, ext::ASSERTION_ISSUER] {
        wrong(Some(trial)).expect(id, "fail ");
    }
    wrong(Some(ext::ASSERTION_AGAIN)).expect(id, "warn ");
    of(&[(ext::ASSERTION, good()), (ext::ASSERTION_KEY, Came::status(503))])
        .expect(id, "unclear the server had no time");
    of(&[(ext::ASSERTION, refused()), (ext::ASSERTION_KEY, refused())]).expect(id, "unclear no assertion was taken");
}

#[test]
fn a_bound_token_names_the_key_of_its_proof() {
    let id = "ext-dpop-bind";
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM" });
    let thumbprint = Key::from_value(&jwk).thumbprint();
    let proof = unsigned(&json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk }), &json!({ "htm": "POST" }));
    let of = |more: &Value| {
        Run::told(Reach::Intrusive, &json!({ "dpop_signing_alg_values_supported": ["ES256"] }))
            .posted(ext::PROOF, TOKEN, "code=x", answer(more))
            .last(|x| x.request.headers.extend([header("accept", "x"), header("dpop", &proof)]))
    };
    let jwt = |jkt: Value| unsigned(&json!({ "alg": "ES256" }), &json!({ "cnf": { "jkt": jkt } }));
    of(&json!({ "token_type": "DPoP", "access_token": jwt(json!(thumbprint)) })).expect(id, "pass");
    of(&json!({ "token_type": "DPoP", "access_token": jwt(json!("another")) }))
        .expect(id, "fail the token is said to be bound, and does not name the key");
    of(&json!({ "token_type": "DPoP", "access_token": unsigned(&json!({}), &json!({})) }))
        .expect(id, "fail the token is said to be bound");
    of(&json!({ "token_type": "DPoP" })).expect(id, "pass");
    of(&json!({})).expect(id, "fail a proof was sent, and the token is not bound");
    Run::new(Reach::Intrusive).expect(id, "no DPoP is not advertised");
}

#[test]
fn a_lack_of_scope_is_told_with_403() {
    let of = |came: Came| Run::new(Reach::StepUpTool).about(Step::ScopeTrial, STEP_UP.name, MCP, came);
    let tool = |text: &str| result(&json!({ "content": [{ "type": "text", "text": text }], "isError": true }));
    let (status, enforced) = ("rs-scope-status", "rs-scope-enforced");
    of(Came::status(403)).expect(status, "pass");
    of(Came::status(403)).expect(enforced, "pass");
    of(result(&json!({ "content": [] }))).expect(enforced, "fail the tool that needs more scope was carried out");
    of(result(&json!({ "content": [] }))).expect(status, "blocked rs-scope-enforced");
    for text in ["Missing scope", "You need permission", "Forbidden", "unauthorized", "Not authorized", "got 403"] {
        of(tool(text)).expect(enforced, "pass");
        of(tool(text)).expect(status, "fail a lack of scope is not answered with 403");
    }
    of(tool("the disk is full")).expect(enforced, "unclear the tool failed for another reason than its scope");
    of(tool("the disk is full")).expect(status, "unclear the tool failed for another reason");
    let error =
        |code: i32| Came::json(200, &json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": code, "message": "no" } }));
    of(error(-32602)).expect(enforced, "unclear the server wants other arguments");
    of(error(-32000)).expect(status, "fail a lack of scope is not answered with 403");
    of(Came::page("Hello")).expect(enforced, "unclear the answer to the call holds no result");
    of(Came::status(503)).expect(enforced, "unclear the server had no time for the call");
    of(Came::failed(FailureKind::Timeout)).expect(enforced, "unclear no answer came to the call");
    Run::new(Reach::StepUpTool).expect(enforced, "unclear the tool was not called");
    of(Came::status(400)).expect(status, "fail a lack of scope is not answered with 403");
}
