//! Replace, commit, kill, lock, layout.

use std::fs;

use whoran_index::{Checkpoint, DocumentCounts, Error, Index, PackedFacts, Query, SCHEMA_VERSION, Writer};
use whoran_model::{Fact, LogId};

use crate::given::{OPTIONS, facts, log, record, session, sid};

fn put(writer: &Writer, id: &str, commands: &[&str]) {
    let commands: Vec<_> =
        commands.iter().enumerate().map(|(seq, text)| record(id, seq as u32, text)).collect();
    writer.replace_session(&session(id, &commands), &commands).unwrap();
}

fn packed(facts: Vec<Fact>) -> [PackedFacts; 1] {
    [PackedFacts::of(&facts, false)]
}

fn commands(index: &Index, id: &str) -> Vec<String> {
    index.commands_of(&sid(id)).unwrap().into_iter().map(|r| r.command.command).collect()
}

#[test]
fn a_session_replaces_itself_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::open(dir.path(), OPTIONS).unwrap();
    put(&writer, "a", &["one", "two"]);
    put(&writer, "b", &["other"]);
    writer.replace_facts(&LogId::new("trail"), packed(facts("trail"))).unwrap();
    writer.replace_facts(&LogId::new("other"), packed(facts("other")[..1].to_vec())).unwrap();
    writer.commit(Checkpoint::default()).unwrap();
    put(&writer, "a", &["one", "two", "three"]);
    // Twice without a commit in between: the last one counts.
    put(&writer, "c", &["early"]);
    put(&writer, "c", &["late"]);
    writer.put_log(&log("logs/a", "1", &["a"])).unwrap();
    writer.put_log(&log("logs/a", "2", &["a"])).unwrap();
    writer.replace_facts(&LogId::new("trail"), packed(facts("trail")[..2].to_vec())).unwrap();
    writer.commit(Checkpoint::default()).unwrap();
    writer.finish().unwrap();

    let index = Index::open(dir.path()).unwrap();
    assert_eq!(commands(&index, "a"), ["one", "two", "three"]);
    assert_eq!(commands(&index, "b"), ["other"]);
    assert_eq!(commands(&index, "c"), ["late"]);
    let counts = DocumentCounts { commands: 5, sessions: 3, events: 3, logs: 1 };
    assert_eq!(index.counts().unwrap(), counts);
    assert_eq!(index.logs_done().unwrap().into_values().next().unwrap().version.as_ref(), "2");
    let held = index.held_sessions(&[sid("a"), sid("c"), sid("d")]).unwrap();
    assert_eq!(held, [sid("a"), sid("c")].into());
}

#[test]
fn what_was_not_committed_never_happened() {
    let dir = tempfile::tempdir().unwrap();
    let checkpoint = Checkpoint { archive_seq: 7, archive_head: [9; 32], context_seq: 3 };
    let writer = Writer::open(dir.path(), OPTIONS).unwrap();
    put(&writer, "a", &["kept"]);
    writer.commit(checkpoint).unwrap();
    let mut index = Index::open(dir.path()).unwrap();
    put(&writer, "a", &["lost"]);
    put(&writer, "b", &["lost"]);
    drop(writer);

    for _ in 0..2 {
        assert_eq!(commands(&index, "a"), ["kept"]);
        assert_eq!(commands(&index, "b"), [""; 0]);
        assert_eq!(index.checkpoint(), checkpoint);
        index = Index::open(dir.path()).unwrap();
    }
    let writer = Writer::open(dir.path(), OPTIONS).unwrap();
    put(&writer, "b", &["again"]);
    writer.commit(Checkpoint { archive_seq: 8, ..checkpoint }).unwrap();
    assert_eq!(commands(&index, "b"), [""; 0], "a reader stays where it is");
    index.refresh().unwrap();
    assert_eq!(commands(&index, "b"), ["again"]);
    assert_eq!(index.checkpoint().archive_seq, 8);
}

#[test]
fn an_index_survives_being_cut_off_at_any_commit() {
    // What a kill leaves is the directory as it is at that moment: copy it while the writer is at work.
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::open(dir.path(), OPTIONS).unwrap();
    let mut whole = 0;
    for round in 0..5_u64 {
        put(&writer, "a", &vec!["command"; round as usize + 1]);
        put(&writer, &format!("b{round}"), &["once"]);
        writer.commit(Checkpoint { archive_seq: round, ..Checkpoint::default() }).unwrap();
        put(&writer, "a", &["not yet"]);

        let copy = tempfile::tempdir().unwrap();
        for file in fs::read_dir(dir.path()).unwrap() {
            let file = file.unwrap();
            // Merges come and go meanwhile; what is gone by now no commit needs.
            let _ = fs::copy(file.path(), copy.path().join(file.file_name()));
        }
        // Merged segments may go between listing and copying, so take the copy only where it is whole.
        let Ok(index) = Index::open(copy.path()) else { continue };
        whole += 1;
        assert_eq!(index.checkpoint().archive_seq, round);
        assert_eq!(commands(&index, "a").len() as u64, round + 1);
        assert_eq!(index.counts().unwrap().sessions, round + 2);
    }
    assert!(whole > 0, "no copy was whole");
}

#[test]
fn many_threads_may_write_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::open(dir.path(), OPTIONS).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let writer = &writer;
            scope.spawn(move || {
                for n in 0..25 {
                    put(writer, &format!("s{thread}-{n}"), &["one", "two"]);
                    put(writer, &format!("s{thread}-{n}"), &["one", "two", "three"]);
                    if n % 10 == 0 {
                        writer.commit(Checkpoint::default()).unwrap();
                    }
                }
            });
        }
    });
    writer.commit(Checkpoint::default()).unwrap();
    writer.finish().unwrap();
    let counts = Index::open(dir.path()).unwrap().counts().unwrap();
    assert_eq!((counts.sessions, counts.commands), (100, 300));
}

#[test]
fn there_is_one_writer() {
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::open(dir.path(), OPTIONS).unwrap();
    assert!(matches!(Writer::open(dir.path(), OPTIONS), Err(Error::Locked { .. })));
    assert!(matches!(Writer::recreate(dir.path(), OPTIONS), Err(Error::Locked { .. })));
    drop(writer);
    Writer::open(dir.path(), OPTIONS).unwrap();
}

#[test]
fn another_layout_is_refused_and_can_be_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::open(dir.path(), OPTIONS).unwrap();
    put(&writer, "a", &["old"]);
    writer.commit(Checkpoint::default()).unwrap();
    writer.finish().unwrap();
    let meta = dir.path().join("meta.json");
    let text = fs::read_to_string(&meta).unwrap();
    let current = format!("\\\"schema\\\":{SCHEMA_VERSION},");
    assert!(text.contains(&current), "{text}");
    // Compressed in a way that is not built in.
    assert!(text.contains("\"lz4\""), "{text}");
    let other = text.replace(&current, "\\\"schema\\\":4711,").replace("\"lz4\"", "\"zstd\"");
    fs::write(&meta, other).unwrap();
    fs::write(dir.path().join("notes.txt"), "not ours").unwrap();

    for error in [Writer::open(dir.path(), OPTIONS).unwrap_err(), Index::open(dir.path()).unwrap_err()] {
        let Error::SchemaMismatch { found, expected, .. } = error else { panic!("{error}") };
        assert_eq!((found, expected), (Some(4711), SCHEMA_VERSION));
    }
    let writer = Writer::recreate(dir.path(), OPTIONS).unwrap();
    writer.commit(Checkpoint::default()).unwrap();
    drop(writer);
    let index = Index::open(dir.path()).unwrap();
    assert_eq!(index.counts().unwrap(), DocumentCounts::default());
    assert_eq!(index.search(&Query::all(), &Default::default()).unwrap().total().unwrap(), 0);
    assert!(dir.path().join("notes.txt").exists());
}

#[test]
fn an_index_of_other_fields_is_another_layout() {
    let dir = tempfile::tempdir().unwrap();
    let mut fields = tantivy::schema::Schema::builder();
    fields.add_u64_field("n", tantivy::schema::INDEXED);
    tantivy::Index::create_in_dir(dir.path(), fields.build()).unwrap();
    assert!(matches!(Index::open(dir.path()), Err(Error::SchemaMismatch { found: None, .. })));
    assert!(matches!(Writer::open(dir.path(), OPTIONS), Err(Error::SchemaMismatch { found: None, .. })));
}

#[test]
fn no_index_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Index::open(&dir.path().join("none")), Err(Error::Missing { .. })));
    // Made and never committed to: empty, not broken.
    drop(Writer::open(dir.path(), OPTIONS).unwrap());
    assert_eq!(Index::open(dir.path()).unwrap().counts().unwrap(), DocumentCounts::default());
}

#[test]
fn a_disk_that_fails_is_an_error_and_never_a_standstill() {
    // Before anything is written, and in the middle of it: then much waits for the thread that fails.
    for before in [0, 4] {
        let dir = tempfile::tempdir().unwrap();
        let index = dir.path().join("index");
        let writer = Writer::open(&index, OPTIONS).unwrap();
        put(&writer, "a", &["kept"]);
        writer.commit(Checkpoint::default()).unwrap();
        // More than may wait, so that someone would wait for ever if nobody took it up.
        let mut result = Ok(());
        for n in 0..600 {
            if n == before {
                // Nothing can be written into a directory that is gone, whoever asks.
                fs::remove_dir_all(&index).unwrap();
            }
            let id = format!("s{n}");
            let mut command = record(&id, 0, "cat big");
            command.command.output = "line of output\n".repeat(6_000);
            result =
                result.and_then(|()| writer.replace_session(&session(&id, &[command.clone()]), &[command]));
        }
        let result = result.and_then(|()| writer.commit(Checkpoint::default()));
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Engine { .. }), "{error:?}");
        // Documents are lost: no later commit may pass over that, even were there room again.
        fs::create_dir_all(&index).unwrap();
        assert_eq!(writer.commit(Checkpoint::default()).unwrap_err().to_string(), error.to_string());
        let again = writer.replace_session(&session("b", &[]), &[]);
        assert_eq!(again.unwrap_err().to_string(), error.to_string());
        // The reason, not that a thread is gone.
        let reasons = ["No such file", "FileDoesNotExist"];
        assert!(reasons.iter().any(|reason| error.to_string().contains(reason)), "{error}");
    }
}
