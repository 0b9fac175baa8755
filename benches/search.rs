//! Finding commands: the first 20 with what is stored of them, and how many there are, beside hot ripgrep, SQLite FTS5
//! and DuckDB on the same commands; what each finds is compared, id by id.
//!
//! `cargo bench -p whoran-benches --bench search [-- MIB] [--rounds N] [--quick] [--in FOLDER]`: what was made in that folder
//! before, logs, index and databases, is taken as it is.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use whoran_benches::measure::{Asked, median, ms, ratio, table, text_after, wall};
use whoran_benches::peers::{Databases, Export, Exported, ripgrep, ripgrep_version};
use whoran_benches::runs;
use whoran_model::{CommandRecord, Timestamp};
use whoran_pipeline::{Order, Query, SearchOptions, Store, facet_field, query};
use whoran_testkit::{Spec, generate};

type Failure = Box<dyn std::error::Error>;

/// A question, as each of them takes it. An empty one is not asked there.
struct Question {
    whoran: &'static str,
    /// Arguments.
    ripgrep: &'static [&'static str],
    fts5: &'static str,
    duckdb: &'static str,
    /// How many times as fast as ripgrep it has to be at 1 GiB and more.
    bar: f64,
}

const fn word(
    whoran: &'static str,
    ripgrep: &'static [&'static str],
    fts5: &'static str,
    duckdb: &'static str,
) -> Question {
    Question { whoran, ripgrep, fts5, duckdb, bar: 50.0 }
}

const fn text(whoran: &'static str, ripgrep: &'static [&'static str], duckdb: &'static str) -> Question {
    Question { whoran, ripgrep, fts5: "", duckdb, bar: 5.0 }
}

/// One of each form; what is rare and what is not.
const QUESTIONS: &[Question] = &[
    word(
        "passwd",
        &[r"(?i)(?:^|[^\pL\pN])passwd(?:[^\pL\pN]|$)"],
        "{command output} : passwd",
        r"regexp_matches(command || chr(1) || output, '(?i)(^|[^\pL\pN])passwd([^\pL\pN]|$)')",
    ),
    word(
        "\"systemctl restart\"",
        &[r"(?i)(?:^|[^\pL\pN])systemctl\s+restart(?:[^\pL\pN]|$)"],
        "{command output} : \"systemctl restart\"",
        r"regexp_matches(command || chr(1) || output, '(?i)(^|[^\pL\pN])systemctl\s+restart([^\pL\pN]|$)')",
    ),
    word("os-user:root", &["-F", "\u{1}os_user=root\u{1}"], "os_user : root", "os_user = 'root'"),
    word("program:sudo", &[], "program : sudo", "list_contains(string_split(program, ' '), 'sudo')"),
    text(
        "'/etc/pass'",
        &["-F", "/etc/pass"],
        "contains(command, '/etc/pass') or contains(output, '/etc/pass')",
    ),
    text("'rm -rf /'", &["-F", "rm -rf /"], "contains(command, 'rm -rf /') or contains(output, 'rm -rf /')"),
    text(
        "'ermission den'",
        &["-F", "ermission den"],
        "contains(command, 'ermission den') or contains(output, 'ermission den')",
    ),
    text(
        r"/curl .*\|\s*(ba)?sh/",
        &[r"curl [^\n\x01]*\|[\s&&[^\x01]]*(ba)?sh"],
        r"regexp_matches(command, 'curl .*\|\s*(ba)?sh') or regexp_matches(output, 'curl .*\|\s*(ba)?sh')",
    ),
    text(
        "/(?i)PASSW(OR)?D/",
        &["(?i)PASSW(OR)?D"],
        "regexp_matches(command, '(?i)PASSW(OR)?D') or regexp_matches(output, '(?i)PASSW(OR)?D')",
    ),
    text(
        "command:/chmod [0-7]{3,4} /",
        &[r"^[^\x01]*\x01[^\x01]*\x01[^\x01]*chmod [0-7]{3,4} /"],
        "regexp_matches(command, 'chmod [0-7]{3,4} /')",
    ),
    text(
        r"/\d{5}:\d/",
        &[r"\d{5}:\d"],
        r"regexp_matches(command, '\d{5}:\d') or regexp_matches(output, '\d{5}:\d')",
    ),
];

fn main() -> Result<(), Failure> {
    let asked = Asked::from_arguments(64);
    let passing = tempfile::tempdir()?;
    let folder = match text_after("--in") {
        Some(folder) => Path::new(&folder).join(asked.mib.to_string()),
        None => passing.path().to_owned(),
    };
    let logs = made(&folder, "logs", |logs| {
        let truth = generate(&Spec { bytes: asked.mib << 20, ..Spec::default() }, logs)?;
        Ok(std::fs::write(logs.join("bytes"), truth.bytes.to_string())?)
    })?;
    let logged: u64 = std::fs::read_to_string(logs.join("bytes"))?.parse()?;
    // Facts beside the logs are left out: peers know none.
    let data = made(&folder, "data", |data| {
        runs::index(&logs.join("logs"), data)?;
        Ok(())
    })?;
    let store = Store::open(&data)?;
    let status = store.status()?;
    let peers = made(&folder, "peers", |peers| Peers::make(peers, &store, status.commands))?;
    let mut peers = Peers::open(&peers)?;
    println!(
        "{} MiB of logs, {} commands with {} MiB of text; the index takes {:.2} of the logs\n",
        logged >> 20,
        status.commands,
        peers.exported.bytes >> 20,
        status.index_bytes as f64 / logged as f64,
    );
    let mut rows = Vec::new();
    for question in QUESTIONS {
        rows.push(ask(question, &store, &mut peers, asked.rounds)?);
    }
    rows.push(facets(&store, &mut peers, asked.rounds)?);
    println!("Milliseconds; `×` is how many times as long the peer takes for the same.\n");
    table(
        &[
            "query",
            "hits",
            "read",
            "top 20",
            "count",
            "rg",
            "rg ×",
            "bar",
            "FTS5 top",
            "×",
            "FTS5 count",
            "×",
            "DuckDB",
            "×",
            "same hits",
        ],
        &rows,
    );
    indicators(&store, asked.rounds)?;
    drop(store);
    cold(&data, asked.rounds.max(5) * 2 - 1)
}

/// A process of its own for each search, beside one of ripgrep that only says its version. The program is the one that
/// `cargo build --release -p whoran` leaves beside this bench.
fn cold(data: &Path, rounds: usize) -> Result<(), Failure> {
    let program = std::env::current_exe()?.ancestors().nth(2).map(|folder| folder.join("whoran"));
    let Some(program) = program.filter(|program| program.is_file()) else {
        println!("No `whoran` beside this bench: cold searches are left out.");
        return Ok(());
    };
    let mut rows = Vec::new();
    for question in ["passwd", "os-user:root", "'rm -rf /'"] {
        let [mut ours, mut theirs] = [const { Vec::new() }; 2];
        for _ in 0..rounds {
            let mut search = Command::new(&program);
            search.arg("--data").arg(data).args(["search", "-n", "20", question]);
            let (took, done) = wall(|| search.output());
            // 1 is that nothing was found
            if !matches!(done?.status.code(), Some(0 | 1)) {
                println!("The `whoran` beside this bench cannot read the index: build it anew.");
                return Ok(());
            }
            ours.push(took);
            theirs.extend(ripgrep_version().map(|(took, _)| took));
        }
        let (ours, theirs) = (median(ours), median(theirs));
        let more = ms(ours.saturating_sub(theirs));
        rows.push(vec![format!("`{question}`"), ms(ours), ms(theirs), more, "30".to_owned()]);
    }
    println!("A process for each search, 20 hits as JSON lines, milliseconds:\n");
    table(&["query", "whoran search", "rg --version", "more", "bar"], &rows);
    Ok(())
}

/// The folder of that name, made where it is not there yet; half of one never is.
fn made(
    folder: &Path,
    name: &str,
    make: impl FnOnce(&Path) -> Result<(), Failure>,
) -> Result<PathBuf, Failure> {
    let (whole, part) = (folder.join(name), folder.join(format!("{name}.part")));
    if !whole.exists() {
        if part.exists() {
            std::fs::remove_dir_all(&part)?;
        }
        std::fs::create_dir_all(&part)?;
        make(&part)?;
        std::fs::rename(part, &whole)?;
    }
    Ok(whole)
}

/// Gives every command to `each`, oldest first; those without a time come first of all, as SQLite and DuckDB have it.
fn everything(
    store: &Store,
    mut each: impl FnMut(&CommandRecord) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let options = SearchOptions { order: Order::OldestFirst, ..SearchOptions::default() };
    for part in ["NOT time:*", "time:*"] {
        let mut failed = None;
        store.search(&asked(part)?, &options, &mut |record| match each(&record) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        })?;
        failed.map_or(Ok(()), Err)?;
    }
    Ok(())
}

fn asked(text: &str) -> Result<Query, Failure> {
    Ok(query(text, &jiff::tz::TimeZone::UTC, Timestamp::UNIX_EPOCH)?)
}

struct Peers {
    exported: Exported,
    databases: Databases,
    fts5: String,
    parquet: String,
    duckdb: bool,
    ripgrep: bool,
}

impl Peers {
    fn make(folder: &Path, store: &Store, count: u64) -> Result<(), Failure> {
        let mut export = Export::new(folder, count)?;
        everything(store, |record| export.push(record))?;
        let rows = export.finish()?.rows;
        let mut databases = Databases::start()?;
        let shown = |path: &Path| path.to_string_lossy().into_owned();
        let build = |what, name| json!({"do": what, "rows": shown(&rows), "db": shown(&folder.join(name))});
        databases.ask(&build("build_fts5", "fts5"))?.ok_or("SQLite without FTS5")?;
        databases.ask(&build("build_duckdb", "parquet"))?;
        Ok(std::fs::remove_file(rows)?)
    }

    fn open(folder: &Path) -> Result<Self, Failure> {
        let shown = |name| folder.join(name).to_string_lossy().into_owned();
        let duckdb = folder.join("parquet").is_file();
        let ripgrep = ripgrep_version().is_some();
        println!("ripgrep is {}, DuckDB is {}\n", there(ripgrep), there(duckdb));
        let (exported, databases) = (Exported::open(folder)?, Databases::start()?);
        Ok(Self { exported, databases, fts5: shown("fts5"), parquet: shown("parquet"), duckdb, ripgrep })
    }

    /// How long ripgrep searches, without the time it takes to start.
    fn ripgrep(&self, question: &Question) -> Result<Option<Duration>, Failure> {
        if !self.ripgrep || question.ripgrep.is_empty() {
            return Ok(None);
        }
        let took = ripgrep(question.ripgrep, &self.exported.texts, false)?.0;
        Ok(Some(took.saturating_sub(ripgrep_version().map_or(Duration::ZERO, |(start, _)| start))))
    }

    fn fts5(&mut self, sql: &str, with: &[&str]) -> Result<Duration, Failure> {
        let ask = json!({"do": "fts5", "db": self.fts5, "sql": sql, "with": with});
        Ok(self.databases.ask(&ask)?.ok_or("no FTS5")?.0)
    }

    fn duckdb(&mut self, select: &str, rest: &str) -> Result<Option<Duration>, Failure> {
        let sql = format!("SELECT {select} FROM read_parquet('{}') {rest}", self.parquet);
        let answer = self.databases.ask(&json!({"do": "duckdb", "sql": sql}))?;
        Ok(answer.map(|(took, _)| took).filter(|_| self.duckdb))
    }

    /// What each finds.
    fn found(&mut self, question: &Question) -> Result<Vec<(&'static str, BTreeSet<String>)>, Failure> {
        let mut all = Vec::new();
        if self.ripgrep && !question.ripgrep.is_empty() {
            all.push(("rg", ripgrep(question.ripgrep, &self.exported.texts, true)?.1));
        }
        let mut asks = Vec::new();
        if !question.fts5.is_empty() {
            let sql = "SELECT id FROM c WHERE c MATCH ?";
            let ask =
                json!({"do": "fts5", "db": self.fts5, "sql": sql, "with": [question.fts5], "keep": true});
            asks.push(("FTS5", ask));
        }
        if self.duckdb {
            let sql = format!("SELECT id FROM read_parquet('{}') WHERE {}", self.parquet, question.duckdb);
            asks.push(("DuckDB", json!({"do": "duckdb", "sql": sql, "keep": true})));
        }
        for (name, ask) in asks {
            let (_, rows) = self.databases.ask(&ask)?.ok_or("no answer")?;
            let rows = rows.as_array().cloned().unwrap_or_default();
            all.push((name, rows.iter().filter_map(|row| row[0].as_str().map(str::to_owned)).collect()));
        }
        Ok(all)
    }
}

fn ask(question: &Question, store: &Store, peers: &mut Peers, rounds: usize) -> Result<Vec<String>, Failure> {
    const TOP: &str = "time, id, session, os_user, command, output";
    let asked = asked(question.whoran)?;
    let search = |limit| {
        let options = SearchOptions { limit, ..SearchOptions::default() };
        let mut ids = BTreeSet::new();
        let (took, found) = wall(|| {
            let found = store.search(&asked, &options, &mut |record| {
                ids.insert(record.id);
                ControlFlow::Continue(())
            })?;
            if limit == Some(0) {
                found.total()?;
            }
            Ok::<_, Failure>(found)
        });
        found.map(|found| (took, found, ids))
    };
    let [mut top, mut count, mut rg, mut fts_top, mut fts_count, mut duck] = [const { Vec::new() }; 6];
    // The first of all is not counted: files get warm.
    let (_, found, _) = search(Some(20))?;
    peers.ripgrep(question)?;
    for _ in 0..rounds {
        top.push(search(Some(20))?.0);
        rg.extend(peers.ripgrep(question)?);
        count.push(search(Some(0))?.0);
        if !question.fts5.is_empty() {
            let sql = format!("SELECT {TOP} FROM c WHERE c MATCH ? ORDER BY rowid DESC LIMIT 20");
            fts_top.push(peers.fts5(&sql, &[question.fts5])?);
            fts_count.push(peers.fts5("SELECT count(*) FROM c WHERE c MATCH ?", &[question.fts5])?);
        }
        let newest = format!("WHERE {} ORDER BY time DESC NULLS LAST LIMIT 20", question.duckdb);
        duck.extend(peers.duckdb(TOP, &newest)?);
    }
    let ours = search(None)?.2;
    let mut same = Vec::new();
    for (name, theirs) in peers.found(question)? {
        let (more, fewer) = (theirs.difference(&ours).count(), ours.difference(&theirs).count());
        same.push(match (more, fewer) {
            (0, 0) => format!("{name} yes"),
            _ => format!("{name} +{more} −{fewer}"),
        });
    }
    let (top, count) = (median(top), median(count));
    let of = |peer: Vec<Duration>, this| match peer.is_empty() {
        true => ["–".to_owned(), "–".to_owned()],
        false => {
            let peer = median(peer);
            [ms(peer), format!("{:.1}", ratio(peer, this))]
        }
    };
    let (first, hits, all) = (found.scanned(), found.total()?, found.scanned());
    let mut row = vec![
        format!("`{}`", question.whoran.replace('|', "\\|")),
        hits.to_string(),
        if first == all { all.to_string() } else { format!("{first} / {all}") },
        ms(top),
        ms(count),
    ];
    row.extend(of(rg, top.max(count)));
    row.push(format!("{}", question.bar));
    row.extend(of(fts_top, top));
    row.extend(of(fts_count, count));
    row.extend(of(duck, top));
    row.push(same.join(", "));
    Ok(row)
}

/// One facet, and three of them in one answer as the command line gives them.
fn facets(store: &Store, peers: &mut Peers, rounds: usize) -> Result<Vec<String>, Failure> {
    let field = [facet_field("os_user")?];
    let all = Query::all();
    let facet = || wall(|| store.facets(&all, &SearchOptions::default(), &field, 10));
    let [mut ours, mut rg, mut fts, mut duck] = [const { Vec::new() }; 4];
    let hits = facet().1?.first().map_or(0, |facet| facet.hits);
    let every =
        Question { whoran: "", ripgrep: &["-o", "\u{1}?os_user=[^\u{1}]*"], fts5: "", duckdb: "", bar: 50.0 };
    for _ in 0..rounds {
        ours.push(facet().0);
        rg.extend(peers.ripgrep(&every)?);
        fts.push(peers.fts5("SELECT os_user, count(*) FROM value GROUP BY os_user", &[])?);
        duck.extend(peers.duckdb("os_user, count(*)", "GROUP BY os_user")?);
    }
    let ours = median(ours);
    let mut row = vec!["facet `os_user`".to_owned(), hits.to_string(), "0".to_owned(), ms(ours), ms(ours)];
    for peer in [rg, fts.clone(), fts, duck] {
        match peer.is_empty() {
            true => row.extend(["–".to_owned(), "–".to_owned()]),
            false => {
                let peer = median(peer);
                row.extend([ms(peer), format!("{:.1}", ratio(peer, ours))]);
            }
        }
        if row.len() == 7 {
            row.push("50".to_owned());
        }
    }
    row.push("–".to_owned());
    Ok(row)
}

/// Lists of indicators, hardly any of which is there, as lists are.
fn indicators(store: &Store, rounds: usize) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for lines in [10, 1_000, 10_000] {
        let list: String = (0..lines)
            .map(|n: u32| match n % 4 {
                0 => format!("203.0.{}.{}\n", n / 256 % 256, n % 256),
                1 => format!("{:064x}\n", u128::from(n) * 0x9e37_79b9_7f4a_7c15),
                2 => format!("bad-{n}.example.org\n"),
                _ => format!("AKIA{n:016}\n"),
            })
            .collect();
        let query: Query = whoran_pipeline::Indicators::read(&list, |_| None)?.into();
        let options = SearchOptions { limit: Some(20), ..SearchOptions::default() };
        let (mut times, mut seen) = (Vec::new(), (0, 0));
        for _ in 0..rounds {
            let (took, found) = wall(|| store.search(&query, &options, &mut |_| ControlFlow::Continue(())));
            let found = found?;
            (seen, times) = ((found.total()?, found.scanned()), [times, vec![took]].concat());
        }
        let (total, read) = seen;
        rows.push(vec![lines.to_string(), total.to_string(), read.to_string(), ms(median(times))]);
    }
    table(&["lines in `--ioc`", "hits", "read", "ms"], &rows);
    Ok(())
}

fn there(is: bool) -> &'static str {
    if is { "there" } else { "missing and left out" }
}
