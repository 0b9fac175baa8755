//! The house keeps its shape: which crate may name which, who prints, who exits, who reads the environment.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Every crate of ours and the crates of ours it may depend on. A crate that is not here has no place yet.
const ARROWS: &[(&str, &[&str])] = &[
    ("whoran-model", &[]),
    ("whoran-shell", &[]),
    ("whoran-ingest", &["whoran-model"]),
    ("whoran-parse", &["whoran-model"]),
    ("whoran-link", &["whoran-model"]),
    ("whoran-index", &["whoran-model", "whoran-shell"]),
    ("whoran-mask", &[]),
    ("whoran-report", &["whoran-model"]),
    ("whoran-detect", &["whoran-model", "whoran-shell"]),
    (
        "whoran-pipeline",
        &["whoran-model", "whoran-ingest", "whoran-parse", "whoran-link", "whoran-mask", "whoran-index"],
    ),
    ("whoran", &["whoran-model", "whoran-pipeline", "whoran-report", "whoran-detect"]),
    ("whoran-testkit", &[]),
    ("whoran-count", &["whoran-model", "whoran-parse"]),
];

/// Measures everything, so it may name everything.
const BENCHES: &str = "whoran-benches";

struct Dependency {
    of: String,
    on: String,
    dev: bool,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What cargo itself reads from the manifests of all members.
fn dependencies() -> Vec<Dependency> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).unwrap();
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        for dependency in package["dependencies"].as_array().unwrap() {
            let (of, on) = (text(&package["name"]), text(&dependency["name"]));
            found.push(Dependency { of, on, dev: dependency["kind"] == "dev" });
        }
    }
    found
}

/// The breaches of the arrows, in words.
fn breaches(dependencies: &[Dependency]) -> Vec<String> {
    let ours = |name: &str| name == "whoran" || name.starts_with("whoran-");
    let mut wrong = Vec::new();
    for Dependency { of, on, dev } in dependencies.iter().filter(|d| d.of != BENCHES) {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| name == of) else {
            wrong.push(format!("{of} is not in the list of arrows"));
            continue;
        };
        if on == "whoran-testkit" && !dev {
            wrong.push(format!("{of} ships whoran-testkit: make it a dev-dependency"));
        } else if ours(on) && on != "whoran-testkit" && !allowed.contains(&on.as_str()) {
            wrong.push(format!("{of} must not know {on}"));
        } else if on.starts_with("aws-") && of != "whoran-ingest" {
            wrong.push(format!("{of} must not know AWS: {on}"));
        }
    }
    wrong
}

#[test]
fn every_arrow_points_down() {
    let dependencies = dependencies();
    assert_eq!(breaches(&dependencies), Vec::<String>::new());
    let known: BTreeSet<&str> = dependencies.iter().map(|d| d.of.as_str()).collect();
    assert!(known.contains("whoran") && known.contains("whoran-parse"), "the members were read: {known:?}");
}

#[test]
fn each_kind_of_breach_is_seen() {
    let breach =
        |of: &str, on: &str, dev| breaches(&[Dependency { of: of.into(), on: on.into(), dev }]).len();
    assert_eq!(breach("whoran-parse", "whoran-index", true), 1);
    assert_eq!(breach("whoran-model", "whoran-parse", false), 1);
    assert_eq!(breach("whoran", "whoran-testkit", false), 1);
    assert_eq!(breach("whoran", "whoran-testkit", true), 0);
    assert_eq!(breach("whoran-pipeline", "aws-sdk-s3", false), 1);
    assert_eq!(breach("whoran-attic", "serde", false), 1);
    assert_eq!(breach("whoran-pipeline", "whoran-parse", false), 0);
}

#[test]
fn every_folder_of_crates_is_a_member() {
    let metadata = dependencies();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let path = entry.unwrap().path();
        if path.join("Cargo.toml").is_file() {
            let manifest = fs::read_to_string(path.join("Cargo.toml")).unwrap();
            let name = manifest.lines().find_map(|l| l.strip_prefix("name = ")).unwrap().trim_matches('"');
            let seen = metadata.iter().any(|d| d.of == name) || name == "whoran-model";
            assert!(seen, "{name} is no member of the workspace");
        }
    }
}

/// A word, and the only files of `crates/` that may use it.
const RESERVED: &[(&str, &[&str])] = &[
    ("println!", &["cli/src/ui.rs"]),
    ("print!", &["cli/src/ui.rs"]),
    ("eprintln!", &["cli/src/ui.rs"]),
    ("eprint!", &["cli/src/ui.rs"]),
    ("stdout()", &["cli/src/ui.rs"]),
    ("stderr()", &["cli/src/ui.rs"]),
    ("process::exit", &["cli/src/main.rs"]),
    ("process::abort", &["cli/src/main.rs"]),
    ("ExitCode", &["cli/src/main.rs", "cli/src/exit.rs"]),
    ("env::var", &["cli/src/config.rs"]),
    ("env::home_dir", &["cli/src/config.rs"]),
];

/// Source without comments and without the test module that ends a file.
fn code(source: &str) -> String {
    let shipped = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    let lines = shipped.lines().filter(|l| !l.trim_start().starts_with("//"));
    lines.map(|l| l.to_owned() + "\n").collect()
}

/// Whether the word begins in the code: `print!` does not in `eprint!`, `env::var` does in `env::var_os`.
fn uses(code: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| !code[..at].chars().next_back().is_some_and(inside))
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("tests.rs") || path.ends_with("tests") {
            continue;
        }
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn only_the_reserved_files_print_exit_and_read_the_environment() {
    let crates = root().join("crates");
    let mut files = Vec::new();
    for entry in fs::read_dir(&crates).unwrap() {
        let path = entry.unwrap().path();
        if !path.ends_with("testkit") && path.join("src").is_dir() {
            sources(&path.join("src"), &mut files);
        }
    }
    assert!(files.len() > 10, "the sources were found");
    let mut wrong = Vec::new();
    for file in files {
        let name = file.strip_prefix(&crates).unwrap().to_str().unwrap().to_owned();
        let code = code(&fs::read_to_string(&file).unwrap());
        for (word, allowed) in RESERVED.iter().filter(|(word, _)| uses(&code, word)) {
            if !allowed.contains(&name.as_str()) {
                wrong.push(format!("{name} uses {word}, which is kept for {}", allowed.join(", ")));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn words_are_found_in_code_and_nowhere_else() {
    let source = "/// println!(\"x\")\nfn f() { eprint!(\"a\"); std::env::var_os(\"A\"); }\n#[cfg(test)]\nmod tests {\n print!(\"t\") }\n";
    let code = code(source);
    assert!(uses(&code, "eprint!") && uses(&code, "env::var"));
    assert!(!uses(&code, "print!") && !uses(&code, "println!"));
}
