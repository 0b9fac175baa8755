//! What is chosen before it is read holds all that reading everything would choose.

use std::collections::BTreeSet;

use whoran_model::{CommandKind, CommandRecord, Dossier, Origin};
use whoran_shell::bare;

use crate::given::{indexed, record, session, sid};
use crate::searching::rand_like::Dice;

/// What words of shell are made of, and what tears them.
const PIECES: &[&str] = &[
    "curl",
    "su",
    "sudo",
    "SHADOW",
    "/etc/",
    "tmp",
    "7",
    " ",
    " ",
    "-c",
    "=",
    "'",
    "\"",
    "\\",
    "\\\n",
    "\n",
    "$(",
    ")",
    "`",
    ">",
    "\u{212a}ill",
    "\u{17f}u",
    "é",
    "日",
    "İ",
];

fn line(dice: &mut Dice) -> String {
    let pieces = 1 + dice.roll(9);
    let mut line: String = (0..pieces).map(|_| dice.pick(PIECES)).collect();
    if dice.roll(40) == 0 {
        // Longer than the longest word.
        line = format!("{}curl{line}", "x".repeat(198));
    }
    line
}

fn commands(dice: &mut Dice) -> Vec<CommandRecord> {
    let each = |(seq, dice): (u32, &mut Dice)| {
        let mut one = record(&format!("s{}", seq % 9), seq / 9, &line(dice));
        one.command.cwd = (seq % 9 == 4 && dice.roll(30) == 0).then(|| "C:\\Windows".to_owned());
        match dice.roll(6) {
            0 => one.command.origin = Origin::ShellProfile,
            1 => one.command.kind = CommandKind::Password,
            _ => {}
        }
        one
    };
    let mut all = Vec::new();
    for seq in 0..1200 {
        all.push(each((seq, dice)));
    }
    all
}

#[test]
fn nothing_sought_is_passed_over() {
    let mut dice = Dice(11);
    let all = commands(&mut dice);
    let dir = tempfile::tempdir().unwrap();
    let index = indexed(dir.path(), &all);
    let (mut chosen, mut met) = (0, 0);
    for round in 0..40 {
        let texts: Vec<String> = (0..1 + dice.roll(3))
            .map(|_| bare(&line(&mut dice)).split_whitespace().next().unwrap_or("su").to_owned())
            .filter(|text| text.is_ascii())
            .collect();
        let first = [0, 0, 3][round % 3];
        let sift = index.sift(&texts, first).unwrap();
        for n in 0..9 {
            let id = sid(&format!("s{n}"));
            let own: Vec<_> = all.iter().filter(|one| one.session_id == id).cloned().collect();
            let whole = Dossier::whole(session(id.as_str(), &own), own, Vec::new());
            let sifted = index.sifted(&id, &sift).unwrap();
            assert_eq!(sifted.windows, whole.windows, "{id}");
            let given: Vec<_> = sifted.commands.iter().zip(&sifted.typed).collect();
            let seqs: BTreeSet<_> = sifted.commands.iter().map(|one| one.command.seq).collect();
            for (one, typed) in whole.commands.iter().zip(&whole.typed) {
                let text = bare(&one.command.command);
                let sought = *typed <= first || texts.iter().any(|sought| text.contains(sought.as_str()));
                if sought {
                    met += 1;
                    assert!(seqs.contains(&one.command.seq), "{texts:?} in {:?}", one.command.command);
                }
                if seqs.contains(&one.command.seq) {
                    chosen += 1;
                    assert!(given.contains(&(one, typed)), "{id} {}", one.command.seq);
                }
            }
            assert_eq!(given.len(), seqs.len());
            assert!(sifted.commands.is_sorted_by_key(|one| one.command.seq));
        }
    }
    assert!(met > 2000 && chosen < 40 * 1200, "{met} of {chosen}");
}
