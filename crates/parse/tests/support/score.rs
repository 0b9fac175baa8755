//! Extracted commands against the truth: both are aligned in order per session, and what has no partner is missed or
//! extra. The same measure as the scorer that belongs to the recorded corpus.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::ops::AddAssign;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use unicode_normalization::UnicodeNormalization;
use whoran_model::{Command, OsUser, Parsed, SessionId, Status};

/// One line of `truth.jsonl`.
#[derive(Debug, Deserialize)]
struct Truth {
    command: String,
    effective_user: Option<String>,
    kind: String,
    #[serde(default)]
    optional: bool,
    #[serde(default = "yes")]
    user_knowable: bool,
    #[serde(default = "yes")]
    literal_in_stream: bool,
}

fn yes() -> bool {
    true
}

/// A line typed and never run.
#[derive(Debug, Deserialize)]
struct Negative {
    text: String,
}

#[derive(Debug, Deserialize)]
struct Meta {
    session_id: String,
    #[serde(default)]
    tags: Vec<String>,
}

/// One case folder: a session and what is known of it.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    session: SessionId,
    tags: Vec<String>,
    truth: Vec<Truth>,
    unrun: BTreeSet<String>,
}

impl Case {
    pub(crate) fn read(folder: &Path) -> Self {
        let meta: Meta = serde_json::from_slice(&fs::read(folder.join("meta.json")).unwrap()).unwrap();
        let negatives: Vec<Negative> = rows(&folder.join("negatives.jsonl"));
        Self {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            session: meta.session_id.parse().unwrap(),
            tags: meta.tags,
            truth: rows(&folder.join("truth.jsonl")),
            unrun: negatives.iter().map(|n| normal(&n.text)).collect(),
        }
    }
}

/// The lines of a file that may be missing.
fn rows<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter(|l| !l.trim().is_empty()).map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// Counts of one group of commands.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) hit: u32,
    pub(crate) extra: u32,
    pub(crate) missed: u32,
    /// Hits whose OS user a log names, and how many of them have the right one.
    users: u32,
    user_right: u32,
    /// Hits with another user than the right one, nobody not counted.
    user_wrong: u32,
    /// Missed, and yet among the other readings of what stands in its place.
    in_alternatives: u32,
    /// Missed although something stands in its place and the stream has kept all its characters: several readings are
    /// possible. And how many of these are among the alternatives.
    open: u32,
    open_in_alternatives: u32,
    unrun: u32,
    pub(crate) unrun_reported: u32,
    /// Predictions with a partner, optional ones too.
    paired: u32,
    /// Of these and of the extras, those with a confidence of at least 0.9.
    sure_hit: u32,
    sure_extra: u32,
}

impl Tally {
    pub(crate) fn precision(&self) -> f64 {
        ratio(self.hit, self.hit + self.extra)
    }

    pub(crate) fn recall(&self) -> f64 {
        ratio(self.hit, self.hit + self.missed)
    }

    pub(crate) fn f1(&self) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) }
    }

    /// Of the right commands, of the wrong ones: the share with a confidence of at least 0.9; and how many of those that
    /// have it are right.
    pub(crate) fn sure(&self) -> [f64; 3] {
        [
            ratio(self.sure_hit, self.paired),
            ratio(self.sure_extra, self.extra),
            ratio(self.sure_hit, self.sure_hit + self.sure_extra),
        ]
    }

    /// The share of right OS users among the hits where a log names one.
    pub(crate) fn user_accuracy(&self) -> f64 {
        ratio(self.user_right, self.users)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, o: Self) {
        self.hit += o.hit;
        self.extra += o.extra;
        self.missed += o.missed;
        self.users += o.users;
        self.user_right += o.user_right;
        self.user_wrong += o.user_wrong;
        self.in_alternatives += o.in_alternatives;
        self.open += o.open;
        self.open_in_alternatives += o.open_in_alternatives;
        self.unrun += o.unrun;
        self.unrun_reported += o.unrun_reported;
        self.paired += o.paired;
        self.sure_hit += o.sure_hit;
        self.sure_extra += o.sure_extra;
    }
}

fn ratio(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole.max(1))
}

/// The result for some cases.
#[derive(Debug, Default)]
pub(crate) struct Score {
    pub(crate) total: Tally,
    pub(crate) tags: BTreeMap<String, Tally>,
    kinds: BTreeMap<String, Tally>,
    cases: Vec<(String, Tally)>,
    /// Every miss and extra.
    pub(crate) errors: Vec<String>,
}

/// Scores what was extracted. With `only_literal`, a command that the stream no longer holds literally is optional.
pub(crate) fn score<'a>(
    cases: impl IntoIterator<Item = &'a Case>,
    parsed: &BTreeMap<SessionId, Parsed>,
    only_literal: bool,
) -> Score {
    let mut score = Score::default();
    for case in cases {
        let commands = parsed.get(&case.session).map_or(&[] as &[Command], |p| &p.commands);
        let tally = score.case(case, commands, only_literal);
        score.total += tally;
        for tag in &case.tags {
            *score.tags.entry(tag.clone()).or_default() += tally;
        }
        score.cases.push((case.name.clone(), tally));
    }
    score
}

impl Score {
    fn case(&mut self, case: &Case, commands: &[Command], only_literal: bool) -> Tally {
        let counts = |c: &&Command| c.status == Status::Run && !normal(&c.command).is_empty();
        let got: Vec<&Command> = commands.iter().filter(counts).collect();
        let got_texts: Vec<String> = got.iter().map(|c| normal(&c.command)).collect();
        let due: Vec<String> = case.truth.iter().map(|t| normal(&t.command)).collect();
        let optional = |t: &Truth| t.optional || (only_literal && !t.literal_in_stream);
        let weights: Vec<u32> = case.truth.iter().map(|t| if optional(t) { 1 } else { 2 }).collect();
        let pairs = align(&due, &got_texts, &weights);

        let mut tally = Tally { unrun: case.unrun.len() as u32, ..Tally::default() };
        for (i, truth) in case.truth.iter().enumerate().filter(|(_, t)| !optional(t)) {
            let kind = self.kinds.entry(truth.kind.clone()).or_default();
            if let Some(&(_, j)) = pairs.iter().find(|(k, _)| *k == i) {
                let user = got[j].os_user.as_ref().map(OsUser::as_str);
                tally.hit += 1;
                kind.hit += 1;
                tally.users += u32::from(truth.user_knowable);
                tally.user_right += u32::from(truth.user_knowable && user == truth.effective_user.as_deref());
                tally.user_wrong += u32::from(user.is_some() && user != truth.effective_user.as_deref());
                continue;
            }
            tally.missed += 1;
            kind.missed += 1;
            let first = pairs.iter().filter(|(k, _)| *k < i).map(|(_, j)| j + 1).max().unwrap_or(0);
            let last = pairs.iter().filter(|(k, _)| *k > i).map(|(_, j)| *j).min().unwrap_or(got.len());
            let mut others = got[first..last].iter().flat_map(|c| c.alternatives.iter().take(5));
            let found = others.any(|a| normal(&a.command) == due[i]);
            // the agent's filter takes these bytes out of characters
            let gone = truth.command.bytes().any(|b| (0x80..0xa0).contains(&b));
            let open = first < last && !gone;
            tally.in_alternatives += u32::from(found);
            tally.open += u32::from(open);
            tally.open_in_alternatives += u32::from(open && found);
            let among = match (found, open) {
                (true, _) => " (among the alternatives)",
                (false, true) => " (may be read in several ways)",
                (false, false) => "",
            };
            self.errors.push(format!("{} missed {:?}{among}", case.name, truth.command));
        }
        for (j, command) in got.iter().enumerate() {
            let hit = pairs.iter().any(|(_, k)| *k == j);
            let sure = u32::from(command.confidence >= 0.9);
            if hit {
                tally.paired += 1;
                tally.sure_hit += sure;
            } else {
                tally.sure_extra += sure;
                tally.extra += 1;
                tally.unrun_reported += u32::from(case.unrun.contains(&got_texts[j]));
                self.errors.push(format!("{} extra {:?}", case.name, command.command));
            }
        }
        tally
    }
}

/// What does not count as a difference: kinds of line end, tabs, joined lines, blanks at ends, blank lines, composition.
fn normal(text: &str) -> String {
    let text: String = text.replace("\r\n", "\n").replace('\r', "\n").nfc().collect();
    let text = text.replace("\\\n", "").replace('\t', " ");
    let blank = |c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c);
    let lines = text.trim_matches(blank).split('\n').map(|l| l.trim_end_matches(blank));
    lines.filter(|l| !l.trim_matches(blank).is_empty()).collect::<Vec<_>>().join("\n")
}

/// Index pairs of the heaviest common subsequence, where `a[i]` weighs `weights[i]`.
fn align(a: &[String], b: &[String], weights: &[u32]) -> Vec<(usize, usize)> {
    let shared = |(i, j): (usize, usize)| a[i] == b[j] && weights[i] > 1;
    let shorter = a.len().min(b.len());
    let head = (0..shorter).take_while(|&i| shared((i, i))).count();
    let from_end = |k: usize| (a.len() - 1 - k, b.len() - 1 - k);
    let tail = (0..shorter - head).take_while(|&k| shared(from_end(k))).count();

    let (x, y) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut best = vec![vec![0; y.len() + 1]; x.len() + 1];
    for i in (0..x.len()).rev() {
        for j in (0..y.len()).rev() {
            let both = if x[i] == y[j] { best[i + 1][j + 1] + weights[head + i] } else { 0 };
            best[i][j] = both.max(best[i + 1][j]).max(best[i][j + 1]);
        }
    }
    let mut pairs: Vec<(usize, usize)> = (0..head).map(|i| (i, i)).collect();
    let (mut i, mut j) = (0, 0);
    while i < x.len() && j < y.len() {
        if x[i] == y[j] && best[i][j] == best[i + 1][j + 1] + weights[head + i] {
            pairs.push((head + i, head + j));
            (i, j) = (i + 1, j + 1);
        } else if best[i + 1][j] >= best[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs.extend((0..tail).rev().map(from_end));
    pairs
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p, r, f1) = (self.precision(), self.recall(), self.f1());
        let Self { hit, extra, missed, .. } = self;
        write!(f, "P {p:.3} R {r:.3} F1 {f1:.3}  (hit {hit}, extra {extra}, missed {missed})")
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = &self.total;
        let hits = t.hit.max(1);
        writeln!(f, "sessions {}\nALL  {t}", self.cases.len())?;
        let wrong = ratio(t.user_wrong, hits);
        writeln!(
            f,
            "os_user right on {:.4} where a log names it, wrong on {wrong:.4} of all hits",
            t.user_accuracy()
        )?;
        writeln!(f, "typed but never run, reported as run: {} of {}", t.unrun_reported, t.unrun)?;
        let [right, wrong, precision] = t.sure();
        writeln!(
            f,
            "confidence >= 0.9: on {right:.3} of the right ones, on {wrong:.3} of the extras; precision {precision:.4}"
        )?;
        writeln!(
            f,
            "missed but among the alternatives: {} of {}; of those that may be read in several ways: {} of {}",
            t.in_alternatives, t.missed, t.open_in_alternatives, t.open
        )?;
        for (kind, t) in &self.kinds {
            writeln!(f, "kind {kind}: {}/{}", t.hit, t.hit + t.missed)?;
        }
        let mut worst: Vec<&(String, Tally)> = self.cases.iter().collect();
        worst.sort_by(|a, b| a.1.f1().total_cmp(&b.1.f1()));
        worst.iter().take(10).try_for_each(|(name, tally)| writeln!(f, "  {name:34} {tally}"))
    }
}
