//! Recorded sessions with known truth: how many of their commands are found, and none fewer than before.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use support::logs::{Log, parse, read_folder, whole};
use support::score::{Case, Score, score};

mod support {
    pub(crate) mod logs;
    pub(crate) mod score;
}

/// What a session is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// S3 transcripts alone.
    S3,
    /// Streaming events alone.
    Stream,
    /// The same, where a command that the stream no longer holds literally is not asked for.
    StreamLiteral,
    /// Plain CloudWatch uploads alone.
    Plain,
    /// Transcripts and streaming events together.
    Both,
}

/// The columns of [`FLOORS`].
const FORMS: [Form; 5] = [Form::S3, Form::Stream, Form::StreamLiteral, Form::Plain, Form::Both];

/// The least F1 by tag and form. A better parser raises them: the test prints this table as it should stand then.
const FLOORS: &[(&str, [f64; 5])] = &[
    ("ALL", [1.000, 0.981, 0.988, 1.000, 1.000]),
    ("alias", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("bang", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("binary", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("clear", [1.000, 0.764, 0.866, 1.000, 1.000]),
    ("color", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("constructed", [1.000, 1.000, 1.000, 0.000, 1.000]),
    ("ctrl-c", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("ctrl-r", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("dash", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("edit", [1.000, 0.979, 0.987, 1.000, 1.000]),
    ("empty", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("fish", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("history", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("jobs", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("long-output", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("malformed", [0.000, 1.000, 1.000, 0.000, 1.000]),
    ("malformed-invalid-utf8", [0.000, 1.000, 1.000, 0.000, 1.000]),
    ("malformed-missing-runasuser", [0.000, 1.000, 1.000, 0.000, 1.000]),
    ("malformed-shuffled-duplicated", [0.000, 1.000, 1.000, 0.000, 1.000]),
    ("malformed-truncated-json", [0.000, 1.000, 1.000, 0.000, 1.000]),
    ("malformed-unknown-version", [0.000, 1.000, 1.000, 0.000, 1.000]),
    ("multiline", [1.000, 0.909, 0.923, 1.000, 1.000]),
    ("nano", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("nested", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("pager", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("password", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("paste", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("plain", [1.000, 0.991, 0.995, 1.000, 1.000]),
    ("powershell", [1.000, 1.000, 1.000, 0.000, 1.000]),
    ("promptlike", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("ps1-change", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("repl-bc", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("repl-mysql", [1.000, 0.933, 0.960, 1.000, 1.000]),
    ("repl-node", [1.000, 0.933, 0.960, 1.000, 1.000]),
    ("repl-psql", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("repl-python", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("repl-redis", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("repl-sqlite", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("resize", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("screen", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("secret", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("shell-profile", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("ssh-hop", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("sudo", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("tab", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("terminated", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("tmux", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("top", [1.000, 0.764, 0.866, 1.000, 1.000]),
    ("tty-edit", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("typeahead", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("utf8", [1.000, 0.764, 0.866, 1.000, 1.000]),
    ("vim", [1.000, 1.000, 1.000, 1.000, 1.000]),
    ("wrap", [1.000, 0.800, 0.799, 1.000, 1.000]),
    ("zsh", [1.000, 1.000, 1.000, 1.000, 1.000]),
];

/// The least share of right OS users by form, and the most lines reported as run that never were.
const USER_FLOORS: [f64; 5] = [0.821, 1.000, 1.000, 0.817, 1.000];
const MOST_UNRUN: [u32; 5] = [0, 0, 0, 0, 0];

/// Of a streaming copy alone: the least share of right commands with a confidence of at least 0.9, the largest of wrong
/// ones, and the least precision of those that have it.
const SURE: [f64; 3] = [0.869, 0.13, 0.996];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/corpus")
}

fn case_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = folder().read_dir().unwrap().map(|e| e.unwrap().path()).collect();
    folders.retain(|f| f.join("truth.jsonl").exists());
    folders.sort();
    folders
}

fn run(form: Form) -> Score {
    let parts: &[&str] = match form {
        Form::S3 => &["s3"],
        Form::Stream | Form::StreamLiteral => &["stream"],
        Form::Plain => &["plain"],
        Form::Both => &["s3", "stream"],
    };
    let mut folders = case_folders();
    folders.retain(|f| parts.iter().any(|part| f.join(part).is_dir()));
    let cases: Vec<Case> = folders.iter().map(|f| Case::read(f)).collect();
    let logs: Vec<Log> =
        folders.iter().flat_map(|f| parts.iter().flat_map(|p| read_folder(&f.join(p)))).collect();
    score(&cases, &parse(&logs, whole), form == Form::StreamLiteral)
}

#[test]
fn no_fewer_commands_are_found_than_before() {
    let scores = FORMS.map(run);
    for (form, score) in FORMS.iter().zip(&scores) {
        println!("== {form:?}\n{score}\n{}\n", score.errors.join("\n"));
    }
    let tags: Vec<&str> = std::iter::once("ALL").chain(scores[1].tags.keys().map(String::as_str)).collect();
    let f1 = |score: &Score, tag: &str| match tag {
        "ALL" => score.total.f1(),
        _ => score.tags.get(tag).map_or(0.0, |t| t.f1()),
    };
    // cut off to three places: a floor lies a hair under what it was taken from
    let cut = |x: f64| (x * 1000.0).floor() / 1000.0;
    for tag in &tags {
        println!("    ({tag:?}, {:.3?}),", scores.each_ref().map(|s| cut(f1(s, tag))));
    }
    println!("users {:.3?}", scores.each_ref().map(|s| cut(s.total.user_accuracy())));
    println!("unrun {:?}", scores.each_ref().map(|s| s.total.unrun_reported));

    let mut fallen = Vec::new();
    for (i, score) in scores.iter().enumerate() {
        for (tag, floors) in FLOORS {
            let got = f1(score, tag);
            if got < floors[i] {
                fallen.push(format!("{:?} {tag}: F1 {got:.4} is under {}", FORMS[i], floors[i]));
            }
        }
        let users = score.total.user_accuracy();
        if users < USER_FLOORS[i] {
            fallen.push(format!("{:?}: OS users {users:.4} are under {}", FORMS[i], USER_FLOORS[i]));
        }
        let unrun = score.total.unrun_reported;
        if unrun > MOST_UNRUN[i] {
            fallen.push(format!("{:?}: {unrun} lines that never ran are reported as run", FORMS[i]));
        }
    }
    let [right, wrong, precision] = scores[1].total.sure();
    if right < SURE[0] || wrong > SURE[1] || precision < SURE[2] {
        fallen.push(format!("confidence {:.3?} is worse than {SURE:?}", [right, wrong, precision]));
    }
    assert!(fallen.is_empty(), "{}", fallen.join("\n"));
    let named: Vec<&str> = FLOORS.iter().map(|(tag, _)| *tag).collect();
    assert_eq!(named, tags, "every tag of the corpus has its floor");
}
