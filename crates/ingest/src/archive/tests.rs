//! The archive's promises, on real files and with real processes that are killed or run out of disk.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::*;
use crate::testsuite::{self, listing, noise, skipped};
use crate::{DEFAULT_CAP, FolderSource, LogReader, Source};

const TIME: Timestamp = Timestamp::UNIX_EPOCH;

fn text_of(archive: &Archive, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    archive.read(&LogId::new(name)).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn put(archive: &mut Archive, name: &str, version: &str, bytes: &[u8]) {
    archive.append(&LogId::new(name), version, TIME, &mut Cursor::new(bytes)).unwrap();
}

/// An archive with two frames and a file noted in place.
fn sample(dir: &Path) -> Archive {
    let mut archive = Archive::open(&dir.join("archive")).unwrap();
    put(&mut archive, "s3://b/one.log", "v1", b"one");
    archive.commit().unwrap();
    if !dir.join("here.log").exists() {
        fs::write(dir.join("here.log"), "here").unwrap();
    }
    let source = FolderSource::open([dir.join("here.log")]).unwrap();
    let here = listing(&source).0.remove(0);
    let sha256 = LogReader::open(&source, &here, DEFAULT_CAP).finish().sha256;
    archive.note_in_place(&here, sha256, TIME).unwrap();
    put(&mut archive, "s3://b/two.log", "v1", b"two");
    archive.commit().unwrap();
    archive
}

fn mismatches(dir: &Path) -> Vec<String> {
    let found = Archive::verify(&dir.join("archive"), None).unwrap().mismatches;
    found.iter().map(|m| m.to_string().replace(&format!("{}/", dir.display()), "")).collect()
}

#[test]
fn frames_and_files_are_a_source() {
    let dir = tempfile::tempdir().unwrap();
    let files = testsuite::sample();
    testsuite::write_all(&dir.path().join("in"), &files);
    let folder = FolderSource::open([dir.path().join("in")]).unwrap();
    let mut archive = Archive::open(&dir.path().join("archive")).unwrap();
    let mut expected = BTreeMap::new();
    for (name, bytes) in &files {
        put(&mut archive, &format!("s3://b/{name}"), "old", b"superseded");
        put(&mut archive, &format!("s3://b/{name}"), "v1", bytes);
        expected.insert(format!("s3://b/{name}"), bytes.clone());
    }
    for log in listing(&folder).0 {
        archive.note_in_place(&log, [0; 32], TIME).unwrap();
        let mut bytes = Vec::new();
        folder.fetch(&log).unwrap().read_to_end(&mut bytes).unwrap();
        expected.insert(log.id.to_string(), bytes);
    }
    assert_eq!(listing(&ArchiveSource::new(&archive)).0, [], "nothing exists before it is committed");
    archive.commit().unwrap();
    testsuite::run(&ArchiveSource::new(&archive), &expected);
    testsuite::run(&ArchiveSource::new(&Archive::open(&dir.path().join("archive")).unwrap()), &expected);
}

#[test]
fn the_manifest_is_a_chain_of_lines_with_a_fixed_form() {
    let dir = tempfile::tempdir().unwrap();
    let mut archive = Archive::open(dir.path()).unwrap();
    archive.append_stdin(TIME, &mut "whoami\r\n".as_bytes()).unwrap();
    archive.commit().unwrap();
    let here = LogRef { id: LogId::new("/logs/é\\xe9.log"), size: 7, version: "7-1".into() };
    archive.note_in_place(&here, [0x0f; 32], TIME).unwrap();
    archive.commit().unwrap();

    let sha256 = "56adf48a3e4be2df8ce3f8febfa25a7393f1ae7893fd00b575d22fd84a87f466";
    let manifest = fs::read_to_string(dir.path().join("manifest.jsonl")).unwrap();
    let lines: Vec<&str> = manifest.lines().collect();
    let stored = fs::metadata(dir.path().join("packs/000001.zst")).unwrap().len();
    assert_eq!(
        lines[0],
        format!(
            r#"{{"kind":"frame","log":"stdin:{sha256}","version":"{sha256}","time":"1970-01-01T00:00:00Z","pack":1,"offset":0,"stored":{stored},"size":8,"sha256":"{sha256}","previous":"{NO_HEAD}"}}"#
        )
    );
    assert_eq!(
        lines[1],
        format!(
            r#"{{"kind":"in_place","log":"/logs/é\\xe9.log","version":"7-1","time":"1970-01-01T00:00:00Z","path":"/logs/é\\xe9.log","size":7,"sha256":"{}","previous":"{}"}}"#,
            "0f".repeat(32),
            manifest::hash(lines[0].as_bytes())
        )
    );
    assert_eq!(archive.head(), manifest::hash(lines[1].as_bytes()));
    let again = Archive::open(dir.path()).unwrap();
    assert_eq!((again.head(), again.seq(), again.entries()), (archive.head(), 2, archive.entries()));
}

#[test]
fn a_pack_is_plain_zstd_and_packs_roll_over() {
    let dir = tempfile::tempdir().unwrap();
    let mut archive = Archive::open(dir.path()).unwrap();
    let noise = noise(100_000);
    for (n, part) in noise.chunks(10_000).enumerate() {
        put(&mut archive, &format!("log {n}"), "v", part);
    }
    archive.commit().unwrap();
    let mut bytes = Vec::new();
    for number in 1..=3 {
        let pack = File::open(dir.path().join(format!("packs/{number:06}.zst"))).unwrap();
        LogReader::new(LogId::new("pack"), pack, DEFAULT_CAP).read_to_end(&mut bytes).unwrap();
    }
    assert!(bytes == noise);
    assert_eq!(text_of(&archive, "log 9"), &noise[90_000..]);
    assert_eq!(fs::read_dir(dir.path().join("packs")).unwrap().count(), 3);
}

#[test]
fn saying_the_same_again_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let head = sample(dir.path()).head().to_owned();
    let packs = || fs::metadata(dir.path().join("archive/packs/000001.zst")).unwrap().len();
    let before = packs();
    let again = sample(dir.path());
    assert_eq!((again.head(), again.seq(), packs()), (head.as_str(), 3, before));

    let mut archive = again;
    put(&mut archive, "s3://b/one.log", "v2", b"one, changed");
    archive.commit().unwrap();
    assert_eq!(archive.seq(), 4);
    assert_eq!(text_of(&archive, "s3://b/one.log"), b"one, changed");
}

#[test]
fn stdin_is_named_after_its_content() {
    let dir = tempfile::tempdir().unwrap();
    let mut archive = Archive::open(dir.path()).unwrap();
    let log = archive.append_stdin(TIME, &mut "whoami\r\n".as_bytes()).unwrap();
    archive.commit().unwrap();
    let again = archive.append_stdin(Timestamp::MAX, &mut "whoami\r\n".as_bytes()).unwrap();
    archive.commit().unwrap();
    assert_eq!((&log, archive.seq()), (&again, 1));
    assert_eq!(log.id.as_str(), format!("stdin:{}", log.version));
    assert_eq!(log.size, 8);
}

#[test]
fn opening_writes_nothing_and_writing_makes_private_folders() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data/archive");
    let mut archive = Archive::open(&path).unwrap();
    assert_eq!((archive.seq(), archive.head()), (0, NO_HEAD));
    archive.commit().unwrap();
    assert!(!dir.path().join("data").exists());
    put(&mut archive, "log", "v", b"bytes");
    for folder in ["data", "data/archive", "data/archive/packs"] {
        let mode = fs::metadata(dir.path().join(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
}

#[test]
fn a_tail_that_no_line_names_is_cut_wherever_a_writer_died() {
    let dir = tempfile::tempdir().unwrap();
    let (manifest, pack) = (dir.path().join("manifest.jsonl"), dir.path().join("packs/000001.zst"));
    let mut archive = Archive::open(dir.path()).unwrap();
    put(&mut archive, "one", "v", b"one");
    archive.commit().unwrap();
    let (kept, head) = (fs::read(&manifest).unwrap(), archive.head().to_owned());
    put(&mut archive, "two", "v", b"two");
    archive.commit().unwrap();
    let (whole, frames) = (fs::read(&manifest).unwrap(), fs::read(&pack).unwrap());

    for cut in kept.len()..whole.len() {
        fs::write(&manifest, &whole[..cut]).unwrap();
        fs::write(&pack, [&frames[..], b"half a frame"].concat()).unwrap();
        let mut archive = Archive::open(dir.path()).unwrap();
        assert_eq!((archive.seq(), archive.head()), (1, head.as_str()), "cut at {cut}");
        assert_eq!(fs::read(&manifest).unwrap().len(), cut, "a reader leaves a writer's line alone");

        put(&mut archive, "two", "v", b"two");
        archive.commit().unwrap();
        assert!(fs::read(&manifest).unwrap() == whole);
        assert!(fs::read(&pack).unwrap() == frames);
    }
}

#[test]
fn a_log_that_cannot_be_read_to_its_end_leaves_nothing_behind() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("connection lost"))
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let mut archive = Archive::open(dir.path()).unwrap();
    put(&mut archive, "one", "v", b"one");
    let mut half = Cursor::new(noise(300_000)).chain(Failing);
    let error = archive.append(&LogId::new("half"), "v", TIME, &mut half).unwrap_err();
    assert_eq!(error.to_string(), "cannot read half: connection lost");
    put(&mut archive, "two", "v", b"two");
    archive.commit().unwrap();
    assert_eq!(archive.seq(), 2);
    assert_eq!(text_of(&archive, "two"), b"two");
    assert!(fs::metadata(dir.path().join("packs/000001.zst")).unwrap().len() < 100);
    assert_eq!(Archive::verify(dir.path(), None).unwrap().mismatches, []);
}

#[test]
fn a_second_writer_takes_up_what_the_first_one_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let mut late = Archive::open(dir.path()).unwrap();
    let mut first = Archive::open(dir.path()).unwrap();
    put(&mut first, "one", "v", b"one");
    first.commit().unwrap();
    put(&mut late, "two", "v", b"two");
    late.commit().unwrap();
    assert_eq!((late.seq(), text_of(&late, "one")), (2, b"one".to_vec()));
    assert_eq!(Archive::verify(dir.path(), None).unwrap().mismatches, []);
}

#[test]
fn an_archive_without_its_manifest_is_refused_and_not_cut() {
    let dir = tempfile::tempdir().unwrap();
    drop(sample(dir.path()));
    fs::remove_file(dir.path().join("archive/manifest.jsonl")).unwrap();
    let error = Archive::open(&dir.path().join("archive")).unwrap_err();
    assert!(
        error.to_string().ends_with("archive/manifest.jsonl: No such file or directory (os error 2)"),
        "{error}"
    );
}

#[test]
fn a_damaged_line_is_named() {
    let dir = tempfile::tempdir().unwrap();
    drop(sample(dir.path()));
    let path = dir.path().join("archive/manifest.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("in_place", "elsewhere", 1)).unwrap();
    let error = Archive::open(&dir.path().join("archive")).unwrap_err();
    assert!(
        error.to_string().contains("manifest.jsonl line 2 is damaged: unknown variant `elsewhere`"),
        "{error}"
    );
}

#[test]
fn no_byte_of_the_manifest_can_change_and_be_called_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let (path, manifest) = (dir.path().join("archive"), dir.path().join("archive/manifest.jsonl"));
    assert!(Unchanged::since(&path, 0, [0; 32]).is_none(), "there is none");
    let archive = sample(dir.path());
    let (seq, head) = (archive.seq(), archive.head_hash());
    let unchanged = || Unchanged::since(&path, seq, head);
    assert_eq!(unchanged().unwrap().head(), archive.head());
    assert_eq!(unchanged().unwrap().read().unwrap().entries(), archive.entries());
    assert!(Unchanged::since(&path, seq - 1, head).is_none());
    assert!(Unchanged::since(&path, seq, [0; 32]).is_none());

    let text = fs::read(&manifest).unwrap();
    for at in 0..text.len() {
        let mut other = text.clone();
        other[at] ^= 1;
        fs::write(&manifest, other).unwrap();
        assert!(unchanged().is_none(), "byte {at}");
    }
    fs::write(&manifest, [&text[..], b"{\"kind\":"].concat()).unwrap();
    assert!(unchanged().is_some(), "a torn line is none");
    let mut archive = Archive::open(&path).unwrap();
    put(&mut archive, "s3://b/three.log", "v1", b"three");
    archive.commit().unwrap();
    assert!(unchanged().is_none());
}

#[test]
fn an_unread_archive_knows_where_its_relative_names_lead_from() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("archive");
    let mut archive = Archive::open(&path).unwrap();
    let mut note = |name: &str| {
        let log = LogRef { id: LogId::new(name), size: 0, version: "0".into() };
        archive.note_in_place(&log, hash_of(b""), TIME).unwrap();
        archive.commit().unwrap();
        Unchanged::since(&path, archive.seq(), archive.head_hash()).unwrap()
    };
    let here = name_of_path(&std::env::current_dir().unwrap());
    let elsewhere = LogId::new("/else where");
    let unchanged = note("/logs/absolute.log");
    assert!(unchanged.is_all_from(&here) && unchanged.is_all_from(&elsewhere));
    for name in ["logs/a.log", "\"quoted\",\"version\":\"", r"back\slash", "../up"] {
        let unchanged = note(name);
        assert!(unchanged.is_all_from(&here) && !unchanged.is_all_from(&elsewhere), "{name}");
    }
    let manifest = path.join("manifest.jsonl");
    let moved = fs::read_to_string(&manifest).unwrap().replace(here.as_str(), elsewhere.as_str());
    fs::write(&manifest, rechained(&moved)).unwrap();
    let archive = Archive::open(&path).unwrap();
    let unchanged = Unchanged::since(&path, archive.seq(), archive.head_hash()).unwrap();
    assert!(unchanged.is_all_from(&elsewhere) && !unchanged.is_all_from(&here));
}

/// The lines of a manifest, each with the hash of the one before it as it is now.
fn rechained(manifest: &str) -> String {
    let mut previous = NO_HEAD.to_owned();
    let mut again = String::new();
    for line in manifest.lines() {
        let line = format!(r#"{}{previous}"}}"#, &line[..line.len() - 66]);
        previous = manifest::hash(line.as_bytes());
        again += &format!("{line}\n");
    }
    again
}

#[test]
fn a_pack_that_lost_its_end_is_not_written_further() {
    let dir = tempfile::tempdir().unwrap();
    drop(sample(dir.path()));
    let pack = dir.path().join("archive/packs/000001.zst");
    File::options().write(true).open(&pack).unwrap().set_len(5).unwrap();
    let mut archive = Archive::open(&dir.path().join("archive")).unwrap();
    put(&mut archive, "new", "v", b"new");
    archive.commit().unwrap();
    assert_eq!(fs::metadata(&pack).unwrap().len(), 5);
    assert_eq!(text_of(&archive, "new"), b"new");
    assert_eq!(mismatches(dir.path()).len(), 2);
}

#[test]
fn a_file_that_is_gone_is_listed_as_gone_and_one_that_changed_as_it_is_now() {
    let dir = tempfile::tempdir().unwrap();
    let archive = sample(dir.path());
    let here = dir.path().join("here.log");
    fs::write(&here, "here and more").unwrap();
    let (logs, _) = listing(&ArchiveSource::new(&archive));
    let log = logs.iter().find(|log| log.id.as_str().ends_with("here.log")).unwrap();
    assert_eq!(log.size, 13);
    let mut text = String::new();
    ArchiveSource::new(&archive).fetch(log).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "here and more");

    fs::remove_file(&here).unwrap();
    assert_eq!(skipped(&ArchiveSource::new(&archive)), [("vanished", here.display().to_string())]);
    assert_eq!(listing(&ArchiveSource::new(&archive)).0.len(), 2);
}

#[test]
fn verify_finds_what_was_changed() {
    let check = |change: &dyn Fn(&Path), expected: &[&str]| {
        let dir = tempfile::tempdir().unwrap();
        let head = sample(dir.path()).head().to_owned();
        assert_eq!(Archive::verify(&dir.path().join("archive"), Some(&head)).unwrap().mismatches, []);
        change(dir.path());
        assert_eq!(mismatches(dir.path()), expected);
    };
    let edit = |dir: &Path, change: &dyn Fn(Vec<&str>) -> Vec<String>| {
        let path = dir.join("archive/manifest.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, change(text.lines().collect()).join("\n") + "\n").unwrap();
    };

    check(&|_| {}, &[]);
    check(
        &|dir| edit(dir, &|lines| lines.iter().map(|l| l.replace("\"v1\"", "\"v2\"")).collect()),
        &["manifest line 2, about here.log, does not follow the line before it, about s3://b/one.log"],
    );
    check(
        &|dir| edit(dir, &|lines| vec![lines[0].into(), lines[2].into()]),
        &["manifest line 2, about s3://b/two.log, does not follow the line before it, about s3://b/one.log"],
    );
    check(
        &|dir| edit(dir, &|lines| vec![lines[0].into(), "{}".into(), lines[2].into()]),
        &[
            "manifest line 2 is damaged: missing field `kind` at line 1 column 2",
            "manifest line 3, about s3://b/two.log, does not follow the line before it",
        ],
    );
    check(
        &|dir| fs::write(dir.join("here.log"), "her").unwrap(),
        &["here.log is not what manifest line 2 was written for"],
    );
    check(
        &|dir| fs::write(dir.join("here.log"), "hereX").unwrap(),
        &["here.log is not what manifest line 2 was written for"],
    );
    check(
        &|dir| fs::remove_file(dir.join("here.log")).unwrap(),
        &["here.log of manifest line 2 is missing: here.log is not there"],
    );
    check(
        &|dir| fs::remove_file(dir.join("archive/packs/000001.zst")).unwrap(),
        &[
            "s3://b/one.log of manifest line 1 is missing: archive/packs/000001.zst is not there",
            "s3://b/two.log of manifest line 3 is missing: archive/packs/000001.zst is not there",
        ],
    );
    check(
        &|dir| fs::write(dir.join("archive/packs/000000.zst"), "foreign").unwrap(),
        &["archive/packs/000000.zst has 7 bytes at 0 that no manifest line names"],
    );
    // Other bytes in a sound frame of the same length.
    check(
        &|dir| {
            let mut other = Archive::open(&dir.join("other")).unwrap();
            put(&mut other, "s3://b/one.log", "v1", b"two");
            other.commit().unwrap();
            let frame = fs::read(dir.join("other/packs/000001.zst")).unwrap();
            let mut pack = File::options().write(true).open(dir.join("archive/packs/000001.zst")).unwrap();
            pack.write_all(&frame).unwrap();
        },
        &["s3://b/one.log is not what manifest line 1 was written for"],
    );

    // A manifest cut at a line end looks whole to itself: only a head kept elsewhere tells.
    let dir = tempfile::tempdir().unwrap();
    let head = sample(dir.path()).head().to_owned();
    edit(dir.path(), &|lines| vec![lines[0].into()]);
    assert_eq!(mismatches(dir.path()), [""; 0]);
    let found = Archive::verify(&dir.path().join("archive"), Some(&head)).unwrap();
    assert_eq!(found.mismatches, [Mismatch::UnknownHead(head)]);
    assert_eq!((found.lines, found.bytes), (1, 3));
}

#[test]
fn a_head_kept_elsewhere_says_how_much_came_since_and_a_tail_is_no_mismatch() {
    let dir = tempfile::tempdir().unwrap();
    let mut archive = sample(dir.path());
    let head = archive.head().to_owned();
    put(&mut archive, "s3://b/three.log", "v1", b"three");
    archive.commit().unwrap();
    let path = dir.path().join("archive");
    let pack = path.join("packs/000001.zst");
    File::options().append(true).open(&pack).unwrap().write_all(b"half a frame").unwrap();
    let found = Archive::verify(&path, Some(&head)).unwrap();
    assert_eq!((found.since, found.tail, found.mismatches), (Some(1), 12, vec![]));
    assert_eq!(Archive::verify(&path, Some(NO_HEAD)).unwrap().since, Some(4));
}

fn packed(bytes: &[u8]) -> Packed {
    let mut packer = Packer::new(&std::env::temp_dir(), None).unwrap();
    packer.feed(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn a_log_can_grow_frame_by_frame() {
    let dir = tempfile::tempdir().unwrap();
    let mut archive = Archive::open(dir.path()).unwrap();
    let log = LogId::new("cloudwatch:1/r/g/s");
    let extend = |archive: &mut Archive, version: &str, bytes: &[u8]| {
        archive.extend(&log, version, TIME, packed(bytes)).unwrap()
    };
    assert_eq!(extend(&mut archive, "1", b"one\n").size, 4);
    assert_eq!(extend(&mut archive, "2", b"two\n").size, 8, "also before it is committed");
    archive.commit().unwrap();
    assert_eq!(extend(&mut archive, "3", b"three\n").size, 14);
    archive.commit().unwrap();
    for archive in [archive, Archive::open(dir.path()).unwrap()] {
        assert_eq!(text_of(&archive, log.as_str()), b"one\ntwo\nthree\n");
        assert_eq!(archive.latest(&log).unwrap().log.version.as_ref(), "3");
        let logs = listing(&ArchiveSource::new(&archive)).0;
        assert_eq!((logs.len(), logs[0].size), (1, 14), "one log, whatever its frames");
    }
    assert_eq!(Archive::verify(dir.path(), None).unwrap().mismatches, []);

    // Without its middle, the rest does not fit.
    let path = dir.path().join("manifest.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    fs::write(&path, format!("{}\n{}\n", lines[0], lines[2])).unwrap();
    let error = Archive::open(dir.path()).unwrap_err().to_string();
    assert!(error.ends_with("line 2 is damaged: it goes on from byte 8 of 4"), "{error}");
}

#[test]
fn what_is_pruned_leaves_a_line_and_a_gap_that_zstd_skips() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("archive");
    let day = |n: i64| Timestamp::from_second(n * 86_400).unwrap();
    let mut archive = Archive::open(&path).unwrap();
    let append = |archive: &mut Archive, name: &str, version: &str, time, bytes: &[u8]| {
        archive.append(&LogId::new(name), version, time, &mut Cursor::new(bytes)).unwrap();
        archive.commit().unwrap();
    };
    let noise = noise(60_000);
    append(&mut archive, "old", "v1", day(1), &noise[..30_000]);
    append(&mut archive, "replaced", "v1", day(1), b"replaced before");
    append(&mut archive, "replaced", "v2", day(9), b"replaced since");
    append(&mut archive, "old too", "v1", day(2), &noise[30_000..]);
    append(&mut archive, "new", "v1", day(9), b"new");
    // Its source says how old it is: old enough, though it was pulled since; too young, though the clock was set back.
    for (name, pulled, last) in [("long ago", 9, 1), ("of late", 1, 9)] {
        let packed = packed(name.as_bytes()).written(Some(day(last)));
        archive.append_packed(&LogId::new(name), "v1", day(pulled), packed).unwrap();
    }
    for (time, part) in [(day(1), "grown "), (day(9), "lately")] {
        archive.extend(&LogId::new("grown"), "v", time, packed(part.as_bytes())).unwrap();
    }
    archive.commit().unwrap();
    let (there, gone) = (dir.path().join("there.log"), dir.path().join("gone.log"));
    for file in [&there, &gone] {
        fs::write(file, "").unwrap();
        let log = LogRef { id: LogId::new(file.to_str().unwrap()), size: 0, version: "0".into() };
        archive.note_in_place(&log, hash_of(b""), day(1)).unwrap();
    }
    archive.commit().unwrap();
    fs::remove_file(&gone).unwrap();
    let (before, head) = (archive.seq(), archive.head().to_owned());

    let prunable = archive.prunable(day(5));
    let pruned = archive.prune(day(5), day(10)).unwrap();
    assert_eq!(pruned, prunable, "what is foretold comes so");
    let names: Vec<&str> = pruned.logs.iter().map(LogId::as_str).collect();
    assert_eq!(names, [gone.to_str().unwrap(), "long ago", "old", "old too"]);
    assert_eq!((pruned.lines, archive.seq()), (5, before + 5));
    assert!(pruned.bytes > 60_000, "{}", pruned.bytes);
    let unread = Unchanged::since(&path, archive.seq(), archive.head_hash()).unwrap();
    let all: Vec<&str> = unread.pruned_logs().iter().map(LogId::as_str).collect();
    assert_eq!(all, ["old", "replaced", "old too", "long ago", gone.to_str().unwrap()]);

    for mut archive in [archive, Archive::open(&path).unwrap()] {
        assert_eq!(text_of(&archive, "replaced"), b"replaced since");
        assert_eq!(text_of(&archive, "new"), b"new");
        assert_eq!(text_of(&archive, "grown"), b"grown lately", "a log that grew goes as one");
        let error = archive.read(&LogId::new("old")).err().unwrap().to_string();
        assert_eq!(error, "old was pruned on 1970-01-11");
        assert_eq!(
            archive.latest(&LogId::new("old")).unwrap().log.version.as_ref(),
            "v1",
            "what it was is known"
        );
        assert_eq!(archive.pruned_logs().count(), 4);
        assert_eq!(listing(&ArchiveSource::new(&archive)).0.len(), 5);
        assert_eq!(archive.prune(day(5), day(10)).unwrap(), Pruned::default(), "a second time does nothing");
    }
    let found = Archive::verify(&path, Some(&head)).unwrap();
    assert_eq!((found.mismatches, found.pruned, found.since), (vec![], 5, Some(5)));

    // The packs are still what zstd reads.
    let mut text = Vec::new();
    for entry in fs::read_dir(path.join("packs")).unwrap() {
        let pack = File::open(entry.unwrap().path()).unwrap();
        LogReader::new(LogId::new("pack"), pack, DEFAULT_CAP).read_to_end(&mut text).unwrap();
    }
    assert_eq!(text.len(), "replaced sincenewof lategrown lately".len());

    // What comes again begins anew.
    let mut archive = Archive::open(&path).unwrap();
    append(&mut archive, "old", "v1", day(11), b"again");
    archive.extend(&LogId::new("old too"), "v2", day(11), packed(b"from its head")).unwrap();
    archive.commit().unwrap();
    assert_eq!(text_of(&archive, "old"), b"again");
    assert_eq!(text_of(&archive, "old too"), b"from its head");
    assert_eq!(Archive::verify(&path, None).unwrap().mismatches, []);
}

#[test]
fn a_prune_that_was_cut_short_is_seen_and_finished() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("archive");
    drop(sample(dir.path()));
    let pack = path.join("packs/000001.zst");
    let frames = fs::read(&pack).unwrap();
    Archive::open(&path).unwrap().prune(Timestamp::MAX, TIME).unwrap();
    // As if it had been killed between the manifest and the packs.
    fs::write(&pack, &frames).unwrap();
    assert_eq!(
        mismatches(dir.path()),
        ["one", "two"].map(|name| {
            let line = if name == "one" { 1 } else { 3 };
            format!("s3://b/{name}.log of manifest line {line} was pruned, and its bytes are still there")
        })
    );
    let again = Archive::open(&path).unwrap().prune(Timestamp::MAX, TIME).unwrap();
    assert_eq!((again.lines, again.bytes), (0, frames.len() as u64));
    assert_eq!(mismatches(dir.path()), [""; 0]);
}

#[test]
fn names_are_plain_data_however_hostile() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("archive");
    let long = "k".repeat(1024);
    let names = [
        "s3://b/../../etc/passwd",
        "s3://b/..",
        "s3://b//",
        "s3://b/a:b",
        "s3://b/nul\0nul",
        "s3://b/new\nline",
        "s3://b/\r\n\u{1b}[2J\u{202e}",
        "s3://b/A",
        "s3://b/a",
        "s3://b/\"quoted\\",
        "s3://b/é",
        "s3://b/e\u{301}",
        "",
        &long,
    ];
    let mut archive = Archive::open(&path).unwrap();
    for (n, name) in names.iter().enumerate() {
        put(&mut archive, name, "v\n\0", format!("log {n}").as_bytes());
    }
    archive.commit().unwrap();
    let archive = Archive::open(&path).unwrap();
    for (n, name) in names.iter().enumerate() {
        assert_eq!(text_of(&archive, name), format!("log {n}").as_bytes(), "{name:?}");
    }
    assert_eq!(archive.seq(), names.len() as u64);
    assert_eq!(Archive::verify(&path, None).unwrap().mismatches, []);
    let files: Vec<_> = fs::read_dir(&path).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(files.len(), 2, "nothing but packs and manifest: {files:?}");
}

fn hash_of(bytes: &[u8]) -> [u8; 32] {
    let mut hashed = crate::hashed::Hashed::new(bytes);
    hashed.drain().unwrap();
    hashed.sha256()
}

#[test]
fn no_byte_of_a_frame_can_change_unseen() {
    let dir = tempfile::tempdir().unwrap();
    drop(sample(dir.path()));
    let pack = dir.path().join("archive/packs/000001.zst");
    let frames = fs::read(&pack).unwrap();
    let mut seen = 0;
    for at in 0..frames.len() {
        let mut changed = frames.clone();
        changed[at] ^= 0x40;
        fs::write(&pack, changed).unwrap();
        let sound = ["s3://b/one.log", "s3://b/two.log"].iter().zip(["one", "two"]).all(|(name, text)| {
            let mut bytes = Vec::new();
            let archive = Archive::open(&dir.path().join("archive")).unwrap();
            let read = archive
                .read(&LogId::new(*name))
                .and_then(|mut r| r.read_to_end(&mut bytes).map_err(Error::read(&pack)));
            read.is_ok() && bytes == text.as_bytes()
        });
        // Verify is stricter: it reads the frame's own checksum as well.
        assert!(sound || !mismatches(dir.path()).is_empty(), "byte {at}");
        seen += usize::from(!sound);
    }
    assert!(seen > frames.len() / 2);
}

/// Runs one test of this binary again in a process of its own, where it finds `WHORAN_TEST_DIR` set.
fn again(test: &str, dir: &Path, shell: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!(r#"{shell} exec "$0" "$@""#)])
        .arg(std::env::current_exe().unwrap())
        .args([&format!("archive::tests::{test}"), "--exact", "--nocapture"])
        .env("WHORAN_TEST_DIR", dir);
    command
}

fn test_dir() -> Option<PathBuf> {
    std::env::var_os("WHORAN_TEST_DIR").map(PathBuf::from)
}

#[test]
fn a_full_disk_is_said_and_the_archive_opens_again() {
    let noise = noise(20_000);
    if let Some(dir) = test_dir() {
        // The child: no file may grow over a limit, and writes over it fail as on a full disk.
        let mut archive = Archive::open(&dir).unwrap();
        let frames = dir.ends_with("frames");
        for n in 0..10_000 {
            let name = LogId::new(format!("log {n}"));
            let written = if frames {
                archive.append(&name, "v", TIME, &mut Cursor::new(&noise)).map(|_| ())
            } else {
                archive.note_in_place(&LogRef { id: name, size: 1, version: "v".into() }, [0; 32], TIME)
            };
            let Err(error) = written.and_then(|()| archive.commit()) else { continue };
            println!("\nkept {n}: {error}");
            let again = archive.commit().map_err(|e| e.to_string());
            assert_eq!(
                again.is_ok(),
                frames,
                "a frame that failed is given up, a line is kept for another try"
            );
            return;
        }
        panic!("the limit did not hold");
    }

    for (form, file) in [("frames", "000001.zst: "), ("lines", "manifest.jsonl: ")] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(form);
        // 16 blocks of 512 or 1024 bytes, less than one pack. SIGXFSZ is 25 on Linux and macOS.
        let limit = "trap '' 25; ulimit -f 16;";
        let out = again("a_full_disk_is_said_and_the_archive_opens_again", &path, limit).output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout);
        assert!(out.status.success(), "{text}{}", String::from_utf8_lossy(&out.stderr));
        let (kept, error) =
            text.lines().find_map(|line| line.strip_prefix("kept ")?.split_once(": ")).unwrap();
        assert!(error.starts_with("cannot write "), "{error}");
        assert!(error.contains(file) && error.contains("File too large"), "{error}");

        let mut archive = Archive::open(&path).unwrap();
        assert_eq!(archive.seq().to_string(), kept);
        let only_vanished = |m: &Mismatch| matches!(m, Mismatch::Missing { .. }) && form == "lines";
        assert!(Archive::verify(&path, None).unwrap().mismatches.iter().all(only_vanished));
        put(&mut archive, "with room again", "v", &noise);
        archive.commit().unwrap();
        assert_eq!(text_of(&Archive::open(&path).unwrap(), "with room again"), noise);
    }
}

#[test]
fn killed_at_any_moment_it_keeps_what_it_said_it_kept() {
    let log = |n: u64| LogRef { id: LogId::new(format!("log {n}")), size: n, version: "v".into() };
    if let Some(dir) = test_dir() {
        // The child: says after each commit how many lines there are, until it is killed.
        let mut archive = Archive::open(&dir).unwrap();
        loop {
            let n = archive.seq();
            if n.is_multiple_of(3) {
                archive.note_in_place(&log(n), [0; 32], TIME).unwrap();
            } else {
                put(&mut archive, &format!("log {n}"), "v", &noise(usize::try_from(n).unwrap() * 100));
            }
            archive.commit().unwrap();
            println!("\nkept {}", archive.seq());
        }
    }

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("archive");
    let mut kept = 0;
    for round in 0..25 {
        let mut child = again("killed_at_any_moment_it_keeps_what_it_said_it_kept", &path, "")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = io::BufRead::lines(io::BufReader::new(child.stdout.take().unwrap()));
        let said = lines.map_while(Result::ok).filter_map(|l| l.strip_prefix("kept ")?.parse::<u64>().ok());
        // Killed while it is busy with the log after the last one it spoke of.
        kept = said.take(1 + round % 4).last().unwrap_or(kept);
        child.kill().unwrap();
        child.wait().unwrap();

        let archive = Archive::open(&path).unwrap();
        assert!(archive.seq() >= kept, "round {round}: {} of {kept}", archive.seq());
        for (n, entry) in archive.entries().iter().enumerate() {
            assert_eq!(entry.log.id.as_str(), format!("log {n}"), "nothing lost, nothing doubled");
        }
        let torn = |m: &Mismatch| !matches!(m, Mismatch::Missing { .. });
        assert!(!Archive::verify(&path, None).unwrap().mismatches.iter().any(torn), "round {round}");
    }
    assert!(kept > 25);
}
