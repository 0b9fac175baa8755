//! Raw logs on disk → a committed index, beside a plain engine that is fed the same documents already extracted, and
//! beside SQLite FTS5; and how large the index is.
//!
//! `cargo bench -p whoran-benches --bench index [-- MIB] [--rounds N] [--quick]`

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tantivy::indexer::IndexWriterOptions;
use tantivy::{IndexWriter, TantivyDocument};
use whoran_benches::measure::{Asked, by_turns, processor_time, ratio, table, wall};
use whoran_benches::peers::{Databases, Export};
use whoran_benches::runs;
use whoran_index::{Checkpoint, Index, SessionFilter, Writer, WriterOptions, documents};
use whoran_model::{CommandRecord, Session};
use whoran_pipeline::Stages;
use whoran_testkit::{Spec, generate};

type Failure = Box<dyn std::error::Error>;

/// As many as a run uses on this machine, and the memory that it gives to the index.
const INDEX_MEMORY: usize = runs::MEMORY as usize / 4;

fn main() -> Result<(), Failure> {
    let asked = Asked::from_arguments(64);
    let threads = std::thread::available_parallelism()?.get().min(8);
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    let truth = generate(&Spec { bytes: asked.mib << 20, ..Spec::default() }, &at("logs"))?;
    let logs = at("logs").join("logs");
    runs::index(&logs, &at("first"))?;

    let index = Index::open(&at("first").join("index"))?;
    let mut sessions: Vec<(Session, Vec<CommandRecord>)> = Vec::new();
    for session in index.sessions(&SessionFilter::default())? {
        let commands = index.commands_of(&session.id)?;
        sessions.push((session, commands));
    }
    let extracted: Vec<TantivyDocument> =
        sessions.iter().flat_map(|(s, commands)| documents(s, commands)).collect();
    let mut records: Vec<CommandRecord> =
        sessions.iter().flat_map(|(_, commands)| commands.clone()).collect();
    records.sort_by_key(|record| record.command.time);
    let count = records.len();
    let mut export = Export::new(&at("peers"), count as u64)?;
    records.iter().try_for_each(|record| export.push(record))?;
    let exported = export.finish()?;
    drop(records);
    println!("{} MiB of logs, {count} commands, {threads} threads\n", truth.bytes >> 20);
    sizes(&index, truth.bytes)?;

    let processor = std::cell::RefCell::new([const { Vec::new() }; 4]);
    let counted = |place: usize, work: &mut dyn FnMut() -> Result<Duration, Failure>| {
        let before = processor_time();
        let took = work()?;
        processor.borrow_mut()[place].push(processor_time().saturating_sub(before));
        Ok::<_, Failure>(took)
    };
    let data = at("data");
    let mut databases = Databases::start()?;
    let mut run = || {
        fresh(&data)?;
        counted(0, &mut || {
            let (took, outcome) = wall(|| runs::index(&logs, &data));
            outcome?;
            Ok(took)
        })
    };
    let mut plain = || {
        let mut given = extracted.clone();
        fresh(&at("plain"))?;
        std::fs::create_dir_all(at("plain"))?;
        counted(1, &mut || {
            let given = std::mem::take(&mut given);
            let (took, done) = wall(|| plainly(&index, &at("plain"), given, threads));
            done?;
            Ok(took)
        })
    };
    let mut writer = || {
        fresh(&at("writer"))?;
        counted(2, &mut || {
            let (took, done) = wall(|| written(&sessions, &at("writer"), threads));
            done?;
            Ok(took)
        })
    };
    let mut fts5 = || {
        let db = at("fts5");
        if db.exists() {
            std::fs::remove_file(&db)?;
        }
        let ask =
            json!({"do": "build_fts5", "rows": exported.rows.to_string_lossy(), "db": db.to_string_lossy()});
        let (took, worked) = databases.ask(&ask)?.ok_or("SQLite without FTS5")?;
        processor.borrow_mut()[3].push(Duration::from_secs_f64(worked.as_f64().unwrap_or_default()));
        Ok(took)
    };
    let names = [
        "whoran: logs → index",
        "plain engine: documents → index",
        "whoran: records → index",
        "FTS5: rows → index",
    ];
    let times = by_turns(asked.rounds, &mut [&mut run, &mut plain, &mut writer, &mut fts5])?;
    let whole = times[0];
    let row = |(place, name): (usize, &&str)| {
        let of = |place: usize| whoran_benches::measure::median(processor.borrow()[place].clone());
        let worked = of(place);
        let seconds = |time: Duration| format!("{:.2}", time.as_secs_f64());
        vec![
            (*name).to_owned(),
            seconds(times[place]),
            seconds(worked),
            format!("{:.0}", count as f64 / times[place].as_secs_f64()),
            format!("{:.1}", truth.bytes as f64 / 1e6 / times[place].as_secs_f64()),
            format!("{:.2}", ratio(times[place], whole)),
            format!("{:.2}", ratio(worked, of(0))),
            format!("{:.2}", ratio(worked, of(2))),
        ]
    };
    let header = [
        "work",
        "s",
        "processor s",
        "commands/s",
        "MB/s of logs",
        "whoran's run is × as fast",
        "its processor time",
        "its index alone's",
    ];
    table(&header, &names.iter().enumerate().map(row).collect::<Vec<_>>());
    println!(
        "Segments: whoran {}, plain engine {}\n",
        segments(&at("data").join("index"))?,
        segments(&at("plain"))?
    );
    stages(&logs, &at("stages"))
}

/// What a folder held is gone.
fn fresh(folder: &Path) -> std::io::Result<()> {
    if folder.exists() { std::fs::remove_dir_all(folder) } else { Ok(()) }
}

/// The engine alone, with the schema, tokenizers, threads and memory of a run.
fn plainly(like: &Index, dir: &Path, documents: Vec<TantivyDocument>, threads: usize) -> tantivy::Result<()> {
    let (like, memory) = (like.engine(), INDEX_MEMORY / 4 * 3);
    let new = tantivy::Index::builder().schema(like.schema()).settings(like.settings().clone());
    let new = new.tokenizers(like.tokenizers().clone());
    let index = new.create_in_dir(dir)?;
    let options = IndexWriterOptions::builder()
        .num_worker_threads(threads)
        .memory_budget_per_thread(memory / threads)
        .num_merge_threads(threads.min(2))
        .build();
    let mut writer: IndexWriter = index.writer_with_options(options)?;
    for document in documents {
        writer.add_document(document)?;
    }
    writer.commit()?;
    writer.wait_merging_threads()
}

/// What a run does with records that it has, and nothing before it.
fn written(
    sessions: &[(Session, Vec<CommandRecord>)],
    dir: &Path,
    threads: usize,
) -> Result<(), whoran_index::Error> {
    let writer = Writer::open(dir, WriterOptions { threads, memory_bytes: INDEX_MEMORY })?;
    let share = sessions.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let put =
            |(session, commands): &(Session, Vec<CommandRecord>)| writer.replace_session(session, commands);
        let parts: Vec<_> =
            sessions.chunks(share).map(|part| scope.spawn(move || part.iter().try_for_each(put))).collect();
        parts.into_iter().filter_map(|part| part.join().ok()).collect::<Result<Vec<()>, _>>()
    })?;
    writer.commit(Checkpoint::default())?;
    writer.finish()
}

fn segments(dir: &Path) -> Result<usize, Failure> {
    Ok(tantivy::Index::open_in_dir(dir)?.load_metas()?.segments.len())
}

/// What each field takes, in bytes of each hundred of the logs.
fn sizes(index: &Index, logs: u64) -> Result<(), Failure> {
    let mut fields: BTreeMap<String, [u64; 4]> = BTreeMap::new();
    let (mut stored, mut total, mut words) = (0, 0, 0);
    for segment in index.engine().reader()?.searcher().segment_readers() {
        let usage = segment.space_usage()?;
        let parts = [usage.termdict(), usage.postings(), usage.positions(), usage.fast_fields()];
        for (part, usage) in parts.into_iter().enumerate() {
            for field in usage.fields() {
                fields.entry(field.field_name().to_owned()).or_default()[part] += field.total().get_bytes();
            }
        }
        stored += usage.store().total().get_bytes();
        total += usage.total().get_bytes();
        let file = segment.open_read(tantivy::index::SegmentComponent::Custom("words".to_owned()))?;
        words += tantivy::HasLen::len(&file) as u64;
    }
    let share = |bytes: u64| format!("{:.2} %", bytes as f64 * 100.0 / logs as f64);
    let mut rows: Vec<(u64, Vec<String>)> = Vec::new();
    for (name, parts) in fields {
        let all: u64 = parts.iter().sum();
        let row = [format!("`{name}`"), share(all)].into_iter().chain(parts.map(share)).collect();
        rows.push((all, row));
    }
    rows.sort_by_key(|(all, _)| std::cmp::Reverse(*all));
    let nothing = || vec!["–".to_owned(); 4];
    let mut rows: Vec<Vec<String>> = rows.into_iter().take(12).map(|(_, row)| row).collect();
    for (name, bytes) in
        [("records, compressed", stored), ("words, to be looked into", words), ("all", total + words)]
    {
        rows.push([vec![name.to_owned(), share(bytes)], nothing()].concat());
    }
    println!("Size, of the bytes of the logs:\n");
    table(&["field", "all", "words", "documents", "positions", "column"], &rows);
    Ok(())
}

/// Where the time of one run goes.
fn stages(logs: &Path, data: &Path) -> Result<(), Failure> {
    let stages = Stages::default();
    let before = processor_time();
    let (took, outcome) = wall(|| runs::index_with(logs, data, &|event| stages.event(&event)));
    outcome?;
    println!(
        "One run of {:.2} s, {:.2} s of processor time; seconds of all threads together, waiting too:\n",
        took.as_secs_f64(),
        processor_time().saturating_sub(before).as_secs_f64()
    );
    let rows: Vec<_> = stages
        .spent()
        .map(|(step, time)| vec![step.name().to_owned(), format!("{:.2}", time.as_secs_f64())])
        .collect();
    table(&["stage", "s"], &rows);
    Ok(())
}
