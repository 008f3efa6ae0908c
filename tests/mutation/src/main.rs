//! Compiles every mutant of cargo-mutants into one program, each behind a switch.
//!
//! `cargo mutants --list --json` names thousands of changes; building the project once for each takes days. Here each
//! of them stays asleep in the code, `if on(17) { a != b } else { a == b }`, so that one build serves them all and a
//! run of a test costs what the test costs. The list is cargo-mutants' own: what counts as a mutant is not our choice.
//!
//! `mcp-auth-mutation LIST TREE SKIP PLACES` rewrites the sources of a copy of the project in place. SKIP names the
//! mutants (their place in the list, one a line) that did not compile. PLACES says where each of them ended up, so that
//! an error of the compiler leads back to it.

use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use serde::Deserialize;

mod sites;
mod weave;

use sites::Sites;
use weave::Weave;

/// A place in a file, both counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash)]
struct Position {
    line: usize,
    column: usize,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Span {
    start: Position,
    end: Position,
}

/// One change, as cargo-mutants lists it.
#[derive(Debug, Deserialize)]
struct Mutant {
    file: String,
    genre: String,
    replacement: String,
    span: Span,
}

/// How a change is put behind its switch. `None`: it cannot be (the reason is counted).
enum Put {
    Yes,
    No(&'static str),
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [list, tree, skip, places] = arguments.as_slice() else { return Err("LIST TREE SKIP PLACES".into()) };
    let mutants: Vec<Mutant> = serde_json::from_slice(&fs::read(list)?)?;
    let skip: HashSet<usize> = fs::read_to_string(skip)?.lines().filter_map(|line| line.parse().ok()).collect();
    let mut files: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, mutant) in mutants.iter().enumerate() {
        files.entry(&mutant.file).or_default().push(number);
    }
    let mut woven = Vec::new();
    let mut outside: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (file, numbers) in files {
        let path = Path::new(tree).join(file);
        let source = fs::read_to_string(&path)?;
        let sites = Sites::read(&source)?;
        let mut weave = Weave::new(&source);
        for number in numbers {
            if skip.contains(&number) {
                outside.entry("does not compile").or_default().push(number);
                continue;
            }
            if let Put::No(why) = put(&mut weave, &sites, number, &mutants[number]) {
                outside.entry(why).or_default().push(number);
            }
        }
        let (text, ranges) = weave.finish();
        fs::write(&path, text)?;
        woven.extend(ranges.into_iter().map(|(number, from, to)| serde_json::json!([file, number, from, to])));
    }
    switches(Path::new(tree), mutants.len())?;
    fs::write(places, serde_json::to_vec(&serde_json::json!({ "woven": woven, "outside": outside }))?)?;
    for (why, numbers) in outside {
        println!("{:5} {why}", numbers.len());
    }
    Ok(())
}

/// Puts one change behind its switch.
fn put(weave: &mut Weave<'_>, sites: &Sites, number: usize, mutant: &Mutant) -> Put {
    let (from, to) = (weave.byte(mutant.span.start), weave.byte(mutant.span.end));
    if sites.is_const(from) {
        return Put::No("in a constant or a `const fn`");
    }
    let on = format!("crate::mutant::on({number})");
    match mutant.genre.as_str() {
        "FnValue" => {
            weave.open(number, from, usize::MAX, &format!("if {on} {{ return {}; }}; ", mutant.replacement));
            return Put::Yes;
        }
        "BinaryOperator" => {
            let Some(site) = sites.binary.get(&from) else { return Put::No("no such operator") };
            if site.has_let {
                return Put::No("a chain of `let`");
            }
            let other = [weave.text(site.from, from), &mutant.replacement, weave.text(to, site.to)].concat();
            weave.wrap(number, site.from, site.to, &format!("(if {on} {{ {other} }} else {{ "), " })");
        }
        "UnaryOperator" => {
            let Some(site) = sites.unary.get(&from) else { return Put::No("no such operator") };
            let other = weave.text(to, site.to).to_owned();
            weave.wrap(number, site.from, site.to, &format!("(if {on} {{ {other} }} else {{ "), " })");
        }
        "MatchArmGuard" => {
            let Some(site) = sites.guard.get(&from) else { return Put::No("no such guard") };
            if site.has_let {
                return Put::No("a chain of `let`");
            }
            weave.wrap(number, site.from, site.to, &format!("(if {on} {{ {} }} else {{ ", mutant.replacement), " })");
        }
        "MatchArm" => {
            let Some(arm) = sites.arm.get(&from) else { return Put::No("no such arm") };
            match &arm.guard {
                None if arm.is_last => return Put::No("the last arm of a match"),
                None => weave.open(number, arm.pattern_end, 0, &format!(" if !{on}")),
                Some(guard) if guard.has_let => return Put::No("a chain of `let`"),
                Some(guard) => weave.wrap(number, guard.from, guard.to, &format!("(!{on} && ("), "))"),
            }
        }
        "StructField" => {
            let Some(field) = sites.field.get(&from) else { return Put::No("no such field") };
            let rest = match weave.text(field.rest.0, field.rest.1) {
                "Default::default()" => format!("<{}>::default()", weave.text(field.path.0, field.path.1)),
                rest => format!("({rest})"),
            };
            let shorthand = if field.value.0 == field.name.0 { format!("{}: ", field.member) } else { String::new() };
            let open = format!("{shorthand}if {on} {{ {rest}.{} }} else {{ ", field.member);
            weave.wrap(number, field.value.0, field.value.1, &open, " }");
        }
        _ => return Put::No("an unknown genre"),
    }
    Put::Yes
}

/// Adds the module that knows which mutant is awake.
fn switches(tree: &Path, count: usize) -> Result<(), Box<dyn Error>> {
    let module = include_str!("switch.rs").replace("MUTANTS: usize = 0", &format!("MUTANTS: usize = {count}"));
    fs::write(tree.join("src/mutant.rs"), module)?;
    let root = tree.join("src/lib.rs");
    let text = fs::read_to_string(&root)?;
    fs::write(root, format!("{text}\n#[doc(hidden)]\npub mod mutant;\n"))?;
    Ok(())
}
