//! What is sent, word for word, and with which status it is answered: every request of a whole run at the reference
//! deployment in nine of its layouts. `MCP_AUTH_BLESS=1 cargo test --test matrix sent` rewrites the files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use mcp_auth::checks;
use mcp_auth::evidence::Exchange;
use mcp_auth::spec::extension::Extension;
use mcp_auth::spec::posture::Posture;

use super::findings::{blessing, steady};
use super::walk::{Walk, walk, walk_for};

/// A request as it stands in the files. Keys, tokens, ports and times are new in every run and are left out.
fn block(exchange: &Exchange) -> String {
    let request = &exchange.request;
    let about = exchange.about.as_deref().map_or_else(String::new, |about| format!(" ({about})"));
    let mut lines = vec![
        format!("{}{about}", exchange.step.title()),
        format!("because {}", exchange.because),
        format!("{} {}", request.method, request.url),
    ];
    lines.extend(request.headers.iter().map(|header| format!("{}: {}", header.name, header.value)));
    lines.extend(request.body.clone().filter(|body| !body.is_empty()));
    lines.push(match exchange.failure() {
        None => format!("→ {}", exchange.status().unwrap_or_default()),
        Some(failure) => format!("→ {:?}", failure.kind),
    });
    if exchange.follows.is_some() {
        lines.push("follows a redirect".to_owned());
    }
    lines.iter().map(|line| steady(line)).collect::<Vec<_>>().join("\n")
}

/// The blocks of a run, each once: how often something is asked may depend on what is answered first.
fn blocks(runtime: &tokio::runtime::Runtime, posture: Posture, how: &Walk, check: Option<&str>) -> BTreeSet<String> {
    let check = check.map(|id| checks::by_id(id).unwrap());
    let trail = runtime.block_on(walk(posture, &[], how, check));
    trail.in_order().map(block).collect()
}

/// A walk that leaves nothing out, but for what needs more time or another deployment.
pub(crate) fn as_far_as_it_goes() -> Walk {
    Walk {
        touches: Some(Vec::new()),
        login: true,
        user_agents: true,
        challenge_tool: Some("search"),
        ..Walk::default()
    }
}

#[test]
fn what_is_sent_is_what_was_sent() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let far = as_far_as_it_goes();
    let mut runs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let reference = blocks(&runtime, Posture::Reference, &far, None);
    // In the other layouts the same is sent to other paths.
    for posture in [
        Posture::OpaqueTokens,
        Posture::CimdOnly,
        Posture::LegacyWire,
        Posture::ModernWire,
        Posture::Revision2025_03_26,
        Posture::NoMetadata,
        Posture::Public,
        Posture::Lazy,
    ] {
        let new = blocks(&runtime, posture, &far, None).difference(&reference).cloned().collect();
        runs.insert(posture.name().to_owned(), new);
    }
    for (name, id, extensions) in [
        ("identity assertions", "ext-ema-accept", vec![Extension::Ema]),
        ("tokens of a platform", "ext-wif-checks", vec![Extension::Wif]),
        ("time", "authz-code-lifetime", vec![]),
    ] {
        let how = Walk { extensions, ..walk_for(checks::by_id(id).unwrap()) };
        let new = blocks(&runtime, Posture::Reference, &how, Some(id)).difference(&reference).cloned().collect();
        runs.insert(name.to_owned(), new);
    }
    runs.insert("reference".to_owned(), reference);
    let complaints: Vec<String> = runs.iter().flat_map(|(name, blocks)| compare(name, blocks)).collect();
    assert!(complaints.is_empty(), "{}\n(MCP_AUTH_BLESS=1 cargo test --test matrix sent)", complaints.join("\n\n"));
}

/// Compares the blocks with their file, or writes it.
fn compare(name: &str, blocks: &BTreeSet<String>) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/sent/{}.txt", name.replace(' ', "-")));
    let text: String = blocks.iter().map(|block| format!("{block}\n\n")).collect();
    if blessing() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return Vec::new();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let known: BTreeSet<String> = known.split("\n\n").filter(|block| !block.is_empty()).map(str::to_owned).collect();
    let gone = known.difference(blocks).map(|block| format!("{name}: is not sent any more\n{block}"));
    gone.chain(blocks.difference(&known).map(|block| format!("{name}: is new\n{block}"))).collect()
}
