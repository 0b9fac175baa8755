//! Who, as which OS user, on which node, drawn: identity → OS user → node, with the number of commands at each arrow.
//!
//! Names come from logs and are hostile: in both languages a label is quoted and every character that could end it,
//! or act on a terminal or a browser, is written in another way.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::safe;
use crate::who::{WhoRow, brief};

/// Languages in which a graph can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Graphviz.
    Dot,
    /// Mermaid, which Markdown pages draw.
    Mermaid,
}

/// The three ranks of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Identity,
    OsUser,
    Node,
}

type Name = (Rank, String);

/// A graph of these rows. The same rows give the same text.
pub fn graph(rows: &[WhoRow], language: Language) -> String {
    let mut names: BTreeSet<Name> = BTreeSet::new();
    let mut arrows: BTreeMap<(Name, Name), u64> = BTreeMap::new();
    for row in rows {
        let identity = (Rank::Identity, identity(row));
        // An OS user is one of its node: `root` of two nodes is not the same.
        // nobody knows whether they are one
        let node = row.target.as_deref().unwrap_or("unknown nodes");
        let os_user = (Rank::OsUser, format!("{} @ {node}", row.os_user.as_deref().unwrap_or("unknown")));
        let name =
            row.target_name.as_ref().map_or_else(|| node.to_owned(), |name| format!("{name} ({node})"));
        let node = (Rank::Node, name);
        names.extend([&identity, &os_user, &node].map(Name::clone));
        *arrows.entry((identity, os_user.clone())).or_default() += row.commands;
        *arrows.entry((os_user, node)).or_default() += row.commands;
    }
    let names: BTreeMap<Name, usize> = names.into_iter().zip(0..).collect();
    let mut out = String::new();
    out.push_str(match language {
        Language::Dot => "digraph whoran {\n  rankdir=LR;\n",
        Language::Mermaid => "flowchart LR\n",
    });
    for ((rank, name), id) in &names {
        let (open, close, shape) = match rank {
            Rank::Identity => ("([", "])", "ellipse"),
            Rank::OsUser => ("[", "]", "box"),
            Rank::Node => ("[[", "]]", "box3d"),
        };
        let _ = match language {
            Language::Dot => writeln!(out, "  n{id} [shape={shape}, label=\"{}\"];", dot(name)),
            Language::Mermaid => writeln!(out, "  n{id}{open}\"{}\"{close}", mermaid(name)),
        };
    }
    for ((from, to), commands) in &arrows {
        let (from, to) = (names[from], names[to]);
        let _ = match language {
            Language::Dot => writeln!(out, "  n{from} -> n{to} [label=\"{commands}\"];"),
            Language::Mermaid => writeln!(out, "  n{from} -->|{commands}| n{to}"),
        };
    }
    if language == Language::Dot {
        out.push_str("}\n");
    }
    out
}

/// The person and the principal, as far as they are known.
fn identity(row: &WhoRow) -> String {
    let who = &row.who;
    let principal = who.identity.as_deref().map(|arn| brief(&whoran_model::Principal::new(arn)));
    match (&who.person, principal, &who.claimed) {
        (Some(person), Some(principal), _) => format!("{person} as {principal}"),
        (Some(person), None, _) => person.clone(),
        (None, Some(principal), _) => principal,
        (None, None, Some(claimed)) => format!("unknown (says {claimed})"),
        (None, None, None) => "unknown".to_owned(),
    }
}

fn dot(name: &str) -> String {
    safe::line(name).replace('\\', "\\\\").replace('"', "\\\"")
}

/// Everything but plain characters as a numeric entity, in Mermaid's own spelling.
fn mermaid(name: &str) -> String {
    let mut out = String::new();
    for c in safe::line(name).chars() {
        if c.is_alphanumeric() || " .-_/@():+=,".contains(c) {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Who;

    fn row(person: &str, os_user: &str, commands: u64) -> WhoRow {
        WhoRow {
            who: Who {
                identity: Some("arn:aws:iam::111122223333:user/bob".into()),
                person: Some(person.into()),
                ..Who::default()
            },
            os_user: Some(os_user.into()),
            target: Some("i-1".into()),
            target_name: Some("web".into()),
            sessions: 1,
            commands,
            first: None,
            last: None,
            session_ids: vec![],
        }
    }

    #[test]
    fn arrows_carry_commands() {
        let rows = [row("bob", "root", 2), row("bob", "deploy", 3)];
        assert_eq!(
            graph(&rows, Language::Mermaid),
            "flowchart LR\n  n0([\"bob as user/bob (111122223333)\"])\n  n1[\"deploy @ i-1\"]\n  n2[\"root @ i-1\"]\n  n3[[\"web (i-1)\"]]\n  n0 -->|3| n1\n  n0 -->|2| n2\n  n1 -->|3| n3\n  n2 -->|2| n3\n"
        );
        let dot = graph(&rows, Language::Dot);
        assert!(dot.starts_with("digraph whoran {\n") && dot.ends_with("}\n"), "{dot}");
        assert!(dot.contains("  n0 -> n1 [label=\"3\"];\n"), "{dot}");
    }

    #[test]
    fn a_name_cannot_leave_its_label() {
        let rows = [row("x\"]; evil -> \\\"\n", "<img src=x>\"|]", 1)];
        let dot = graph(&rows, Language::Dot);
        assert!(dot.contains(r#"label="x\"]; evil -> \\\"\\n as"#), "{dot}");
        let mermaid = graph(&rows, Language::Mermaid);
        assert_eq!(mermaid.lines().count(), 1 + 3 + 2, "{mermaid}");
        assert!(!mermaid.contains("<img") && mermaid.matches('"').count() == 6, "{mermaid}");
    }
}
