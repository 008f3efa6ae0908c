//! `probe --targets LIST`: many targets at once, a line each as it is done, and `report merge`, which joins such files.
//!
//! Memory is bounded: the list is read as it is needed, a record is judged and dropped, what remains of a target is its
//! line and the counts. A host is asked by few probes at a time, whatever the order of the list.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, BufRead, BufReader, BufWriter, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use url::Url;

use super::config::Settings;
use super::probe::{self, Request};
use super::subjects::Subject;
use super::{Exit, Failure, Outcome, Terminal, put, tell};
use crate::evidence::{Evidence, Mode};
use crate::render::progress::Progress;
use crate::render::{Style, fleet};
use crate::report::{FleetLine, Policy as ReportPolicy, Tally};
use crate::spec::revision::Revision;
use crate::spec::text::printable;

/// The word for standard input.
const STDIN: &str = "-";

/// The longest line of a list, in bytes.
const LONGEST: u64 = 16 * 1024;

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// The list: a file, or `-`.
    pub targets: String,
    /// Probes at once.
    pub jobs: usize,
    /// Probes at once of one host.
    pub per_host: usize,
    /// The part of the list that this run takes.
    pub shard: Option<Shard>,
    /// Leaves out what the file of `--output jsonl=FILE` has already.
    pub resume: bool,
}

/// A part of a list: every `of`-th target, beginning with number `number`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub number: usize,
    /// How many parts there are.
    pub of: usize,
}

/// Probes every target of the list.
///
/// # Errors
/// The options do not fit a fleet, the list cannot be read, or an output cannot be written.
pub(super) async fn run(request: &Request, wanted: &Fleet, settings: &Settings, terminal: &Terminal) -> Outcome {
    let file = fits(request, wanted)?;
    let done = match file {
        Some(path) if wanted.resume => already(path)?,
        _ => HashSet::new(),
    };
    let mut list = List { lines: open(&wanted.targets)?, shard: wanted.shard, place: 0, done };
    let mut out = Out::open(request, file, wanted.resume)?;
    let policy = ReportPolicy { exceptions: settings.exceptions.clone(), baseline: None };
    let quiet = Terminal { progress: false, quiet: true, verbose: 0, ..terminal.clone() };
    let bar = Progress::of_many(terminal.progress && !terminal.quiet);
    let (mut tally, mut exit) = (Tally::default(), Exit::Success);
    let mut hosts = Hosts { most: wanted.per_host, busy: HashMap::new() };
    let mut waiting: VecDeque<String> = VecDeque::new();
    let mut under_way = FuturesUnordered::new();
    let mut more = true;
    loop {
        // Looking ahead a little finds a target of another host where one host has enough to do.
        while more && waiting.len() < wanted.jobs.saturating_mul(AHEAD) {
            match list.next()? {
                Some(target) => waiting.push_back(target),
                None => more = false,
            }
        }
        while under_way.len() < wanted.jobs {
            let Some(place) = waiting.iter().position(|target| hosts.has_room(target)) else { break };
            let Some(target) = waiting.remove(place) else { break };
            hosts.begin(&target);
            under_way.push(one(request, target, settings, &policy, &quiet));
        }
        let Some((line, ended)) = under_way.next().await else { break };
        hosts.end(&line.target);
        exit = probe::graver(exit, ended);
        tally.count(&line);
        bar.say(&format!("{} of targets done, {} not reached", tally.targets, tally.failed));
        bar.suspend(|| out.write(&line))?;
    }
    bar.end();
    out.finish()?;
    if list.done.is_empty() && tally.targets == 0 {
        tell(terminal, "the list names no target");
    }
    let style = Style { colour: false, width: terminal.width, verbose: false };
    let table = fleet::table(&tally, &style);
    if request.format == "human" {
        put(&format!("\n{table}"))?;
    } else {
        tell(terminal, table.trim_end());
    }
    Ok(exit)
}

/// How many targets are looked at for each that is under way.
const AHEAD: usize = 16;

/// Whether the options go with a fleet. Returns the file of lines, if one is asked for.
fn fits<'r>(request: &'r Request, wanted: &Fleet) -> Result<Option<&'r Path>, Failure> {
    let formats = "human and jsonl";
    if !matches!(request.format.as_str(), "human" | "jsonl") {
        return Err(Failure::usage(
            format!("--targets has no format `{}`", request.format),
            format!("its formats are {formats}; probe one target for the others"),
        ));
    }
    if let Some((name, _)) = request.outputs.iter().find(|(name, _)| name != "jsonl") {
        return Err(Failure::usage(format!("--targets cannot write `{name}` to a file"), "write --output jsonl=FILE"));
    }
    if request.outputs.len() > 1 {
        return Err(Failure::usage("--targets writes one file", "give --output jsonl=FILE once"));
    }
    if request.stay.is_some() {
        return Err(Failure::usage(
            "--targets probes without a login and without trials",
            "leave --login, --active and --intrusive to probes of single targets",
        ));
    }
    let file = request.outputs.first().map(|(_, path)| path.as_path());
    if wanted.resume && file.is_none() {
        return Err(Failure::usage(
            "--resume needs the file of the run that was interrupted",
            "add --output jsonl=FILE",
        ));
    }
    Ok(file)
}

/// Probes one target. What could not be done is its line, too.
async fn one(
    request: &Request,
    target: String,
    settings: &Settings,
    policy: &ReportPolicy,
    quiet: &Terminal,
) -> (FleetLine, Exit) {
    let subject = Subject::of(&target);
    let revision = request.revision.or(settings.revision);
    let failed = |failure: &Failure| (FleetLine::failed(&target, failure.exit as u8, &failure.message), failure.exit);
    let trail = match Box::pin(probe::record(request, &subject, quiet)).await {
        Ok(trail) => trail,
        Err(failure) => return failed(&failure),
    };
    let revision = revision.or_else(|| Evidence::negotiated(&trail));
    let mut report = probe::judge_at(&trail, revision.unwrap_or(Revision::LATEST), request.strict, &request.only);
    if report.mode == Mode::Unreachable {
        return failed(&probe::unreachable(&trail));
    }
    let known = settings.targets.iter().find(|known| known.url == target);
    policy.apply(&mut report, known.map(|known| known.name.as_str()), &trail);
    let fail_on = request.fail_on.or(settings.fail_on).unwrap_or_default();
    let found = report.fails(fail_on) && !request.exit_zero;
    (FleetLine::of(&target, &report), if found { Exit::Findings } else { Exit::Success })
}

/// How many probes every host has.
struct Hosts {
    most: usize,
    busy: HashMap<String, usize>,
}

impl Hosts {
    fn has_room(&self, target: &str) -> bool {
        self.busy.get(&host(target)).is_none_or(|busy| *busy < self.most)
    }

    fn begin(&mut self, target: &str) {
        *self.busy.entry(host(target)).or_default() += 1;
    }

    fn end(&mut self, target: &str) {
        let name = host(target);
        if let Some(busy) = self.busy.get_mut(&name) {
            *busy = busy.saturating_sub(1);
            if *busy == 0 {
                self.busy.remove(&name);
            }
        }
    }
}

fn host(target: &str) -> String {
    Url::parse(target).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| target.to_owned())
}

/// The targets of a list, as far as they belong to the shard and are not done yet.
struct List {
    lines: Box<dyn BufRead>,
    shard: Option<Shard>,
    place: usize,
    done: HashSet<u64>,
}

impl List {
    fn next(&mut self) -> Result<Option<String>, Failure> {
        loop {
            let Some(line) = bounded_line(self.lines.as_mut())? else { return Ok(None) };
            let target = line.split_once(" #").map_or(line.as_str(), |(target, _)| target).trim();
            if target.is_empty() || target.starts_with('#') {
                continue;
            }
            let place = self.place;
            self.place += 1;
            let own = self.shard.is_none_or(|shard| place % shard.of == shard.number - 1);
            if own && !self.done.contains(&mark(target)) {
                return Ok(Some(target.to_owned()));
            }
        }
    }
}

/// A line without its end; `None` at the end. A line that is too long is an error, not memory.
fn bounded_line(lines: &mut dyn BufRead) -> Result<Option<String>, Failure> {
    let unreadable = |error: io::Error| Failure::usage(format!("the list cannot be read: {error}"), "one URL a line");
    let mut bytes = Vec::new();
    let read = io::Read::take(&mut *lines, LONGEST).read_until(b'\n', &mut bytes).map_err(unreadable)?;
    if read == 0 {
        return Ok(None);
    }
    if read as u64 == LONGEST && bytes.last() != Some(&b'\n') {
        return Err(Failure::usage("the list has a line that is too long", "one URL a line"));
    }
    String::from_utf8(bytes).map(Some).map_err(|_| Failure::usage("the list is not UTF-8", "one URL a line"))
}

/// What stands for a target in the set of those that are done.
fn mark(target: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    target.hash(&mut hasher);
    hasher.finish()
}

fn open(named: &str) -> Result<Box<dyn BufRead>, Failure> {
    if named == STDIN {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(named).map_err(|error| {
        Failure::usage(format!("{} cannot be read: {error}", printable(named)), "a list has one URL a line")
    })?;
    Ok(Box::new(BufReader::new(file)))
}

/// The targets that a file of lines has. A last line that was torn is cut off.
fn already(path: &Path) -> Result<HashSet<u64>, Failure> {
    let mut done = HashSet::new();
    let mut file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(done),
        Err(error) => return Err(probe::unwritable(path, &error)),
    };
    let mut reader = BufReader::new(&mut file);
    let mut whole = 0_u64;
    loop {
        let mut text = String::new();
        let read = reader.read_line(&mut text).map_err(|error| probe::unwritable(path, &error))?;
        if read == 0 || !text.ends_with('\n') {
            break;
        }
        let line = FleetLine::read(text.trim_end()).map_err(|error| {
            Failure::usage(format!("{}: {error}", path.display()), "--resume goes on with a file of `probe --targets`")
        })?;
        done.insert(mark(&line.target));
        whole += read as u64;
    }
    let cut = file.set_len(whole).and_then(|()| file.seek(SeekFrom::End(0)));
    cut.map_err(|error| probe::unwritable(path, &error))?;
    Ok(done)
}

/// Where the lines go: standard output, and a file. Every line is written through, so that an interrupted run is whole.
struct Out {
    human: bool,
    file: Option<BufWriter<File>>,
}

impl Out {
    fn open(request: &Request, path: Option<&Path>, resume: bool) -> Result<Self, Failure> {
        let file = path
            .map(|path| {
                let mut options = OpenOptions::new();
                options.create(true).write(true).append(resume).truncate(!resume);
                options.open(path).map(BufWriter::new).map_err(|error| probe::unwritable(path, &error))
            })
            .transpose()?;
        Ok(Self { human: request.format == "human", file })
    }

    fn write(&mut self, line: &FleetLine) -> Result<(), Failure> {
        let json = line.written();
        if let Some(file) = &mut self.file {
            writeln!(file, "{json}")?;
            file.flush()?;
        }
        let shown = if self.human { fleet::line(line) } else { json };
        put(&format!("{shown}\n"))
    }

    fn finish(&mut self) -> Result<(), Failure> {
        match &mut self.file {
            Some(file) => Ok(file.flush()?),
            None => Ok(()),
        }
    }
}

/// Joins files of `probe --targets`: a line a target, the last one that stands in the files, in the order of their names.
///
/// # Errors
/// A file cannot be read or holds something else, or standard output cannot be written.
pub fn merge(files: &[PathBuf], human: bool, terminal: &Terminal) -> Outcome {
    let mut lines: BTreeMap<String, FleetLine> = BTreeMap::new();
    for path in files {
        let shown = path.display();
        let help = "name files that `probe --targets LIST --output jsonl=FILE` wrote";
        let text =
            fs::File::open(path).map_err(|error| Failure::usage(format!("{shown} cannot be read: {error}"), help))?;
        for (number, text) in BufReader::new(text).lines().enumerate() {
            let text = text.map_err(|error| Failure::usage(format!("{shown} cannot be read: {error}"), help))?;
            if text.trim().is_empty() {
                continue;
            }
            let line = FleetLine::read(&text)
                .map_err(|error| Failure::usage(format!("{shown}, line {}: {error}", number + 1), help))?;
            lines.insert(line.target.clone(), line);
        }
    }
    let mut tally = Tally::default();
    for line in lines.values() {
        tally.count(line);
        put(&format!("{}\n", if human { fleet::line(line) } else { line.written() }))?;
    }
    let style = Style { colour: false, width: terminal.width, verbose: false };
    let table = fleet::table(&tally, &style);
    if human {
        put(&format!("\n{table}"))?;
    } else {
        tell(terminal, table.trim_end());
    }
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(list: &'static str, shard: Option<Shard>) -> Vec<String> {
        let mut list =
            List { lines: Box::new(list.as_bytes()), shard, place: 0, done: HashSet::from([mark("https://c/")]) };
        std::iter::from_fn(|| list.next().unwrap()).collect()
    }

    #[test]
    fn a_list_has_comments_and_parts_that_make_the_whole() {
        let list = "# ours\nhttps://a/\n\n  https://b/  # old\nhttps://c/\nhttps://d/#x\n";
        assert_eq!(targets(list, None), ["https://a/", "https://b/", "https://d/#x"]);
        assert_eq!(targets(list, Some(Shard { number: 1, of: 2 })), ["https://a/"]);
        assert_eq!(targets(list, Some(Shard { number: 2, of: 2 })), ["https://b/", "https://d/#x"]);
    }

    #[test]
    fn a_host_has_no_more_probes_than_it_may() {
        let mut hosts = Hosts { most: 1, busy: HashMap::new() };
        hosts.begin("https://a.example/1");
        assert!(!hosts.has_room("https://a.example/2"));
        assert!(hosts.has_room("https://b.example/1"));
        hosts.end("https://a.example/1");
        assert!(hosts.has_room("https://a.example/2") && hosts.busy.is_empty());
    }
}
