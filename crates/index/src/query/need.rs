//! What a text must hold for a regular expression to be found in it.
//!
//! The idea is that of trigram indexes for code search: walk the expression, keep the strings it can stand for as long
//! as they are few, and where they become many, remember that one of those so far must be there. Strings are kept in
//! folded letters, as the index has them.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::analyze::folded;

/// Most strings that are kept side by side, and their length together beyond which only one is.
const MAX_STRINGS: usize = 16;
/// Most letters that one place of a string can have.
const MAX_CLASS: usize = 4;
const MAX_LENGTH: usize = 2048;
/// Most strings in all; a condition of more is dearer than reading.
const MAX_NEEDED: usize = 64;

/// A condition on a text: necessary, and hardly ever sufficient.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Need {
    /// No condition.
    Nothing,
    /// This string, in folded letters, is somewhere in the folded text.
    Text(String),
    /// All are met.
    All(Vec<Need>),
    /// One is met; of none, none ever is.
    OneOf(Vec<Need>),
}

/// What the expression needs.
pub(crate) fn need(hir: &Hir) -> Need {
    let need = walk(hir).need();
    if need.count() > MAX_NEEDED { Need::Nothing } else { need }
}

impl Need {
    fn count(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Text(_) => 1,
            Self::All(parts) | Self::OneOf(parts) => parts.iter().map(Self::count).sum(),
        }
    }

    fn all(parts: Vec<Self>) -> Self {
        let mut parts: Vec<_> = parts.into_iter().filter(|part| *part != Self::Nothing).collect();
        match parts.len() {
            0 => Self::Nothing,
            1 => parts.remove(0),
            _ => Self::All(parts),
        }
    }

    fn one_of(mut parts: Vec<Self>) -> Self {
        if parts.contains(&Self::Nothing) {
            return Self::Nothing;
        }
        if parts.len() == 1 { parts.remove(0) } else { Self::OneOf(parts) }
    }
}

type Strings = BTreeSet<String>;

enum Found {
    /// It stands for exactly these, in folded letters.
    Exactly(Strings),
    /// It stands for more than can be told, all with this need.
    Some(Need),
}

impl Found {
    fn need(self) -> Need {
        match self {
            Self::Exactly(strings) => needed(strings),
            Self::Some(need) => need,
        }
    }
}

/// One of them must be there.
fn needed(strings: Strings) -> Need {
    let text = |string: String| {
        if string.trim().is_empty() { Need::Nothing } else { Need::Text(string) }
    };
    Need::one_of(strings.into_iter().map(text).collect())
}

fn exactly(text: impl Into<String>) -> Found {
    Found::Exactly(Strings::from([text.into()]))
}

fn walk(hir: &Hir) -> Found {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => exactly(""),
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => in_pieces(text),
            Err(_) => Found::Some(Need::Nothing),
        },
        HirKind::Class(class) => of_class(class),
        HirKind::Capture(capture) => walk(&capture.sub),
        HirKind::Repetition(repeated) => {
            let once = walk(&repeated.sub);
            match (repeated.min, repeated.max, once) {
                (0, Some(1), Found::Exactly(mut strings)) if strings.len() < MAX_STRINGS => {
                    strings.insert(String::new());
                    Found::Exactly(strings)
                }
                (0, _, _) => Found::Some(Need::Nothing),
                (min, max, Found::Exactly(strings)) => {
                    let mut chain = Chain::default();
                    for _ in 0..min {
                        if !chain.push_exact(&strings) {
                            break;
                        }
                    }
                    if max == Some(min) && chain.whole {
                        chain.end()
                    } else {
                        Found::Some(chain.end().need())
                    }
                }
                (_, _, some) => some,
            }
        }
        HirKind::Concat(parts) => {
            let mut chain = Chain::default();
            for part in parts {
                match walk(part) {
                    Found::Exactly(strings) => {
                        chain.push_exact(&strings);
                    }
                    Found::Some(need) => chain.push_need(need),
                }
            }
            chain.end()
        }
        HirKind::Alternation(parts) => {
            let mut strings = Strings::new();
            let mut needs = Vec::new();
            for part in parts {
                match walk(part) {
                    Found::Exactly(more) => strings.extend(more),
                    Found::Some(need) => needs.push(need),
                }
            }
            if needs.is_empty() && fits(&strings) {
                return Found::Exactly(strings);
            }
            if !strings.is_empty() {
                needs.push(needed(strings));
            }
            Found::Some(Need::one_of(needs))
        }
    }
}

/// A literal, broken where a letter folds into something else than one letter.
fn in_pieces(text: &str) -> Found {
    let mut chain = Chain::default();
    for c in text.chars() {
        match folded(c) {
            Some(c) => chain.last.push(c),
            None => chain.push_need(Need::Nothing),
        }
    }
    let last = std::mem::take(&mut chain.last);
    chain.push_exact(&Strings::from([last]));
    chain.end()
}

fn of_class(class: &Class) -> Found {
    let Class::Unicode(class) = class else { return Found::Some(Need::Nothing) };
    let size: u64 = class.iter().map(|range| u64::from(range.end()) - u64::from(range.start()) + 1).sum();
    if size > 4 * MAX_CLASS as u64 {
        return Found::Some(Need::Nothing);
    }
    let chars = class.iter().flat_map(|range| range.start()..=range.end());
    match chars.map(|c| folded(c).map(String::from)).collect::<Option<Strings>>() {
        Some(strings) if strings.len() <= MAX_CLASS => Found::Exactly(strings),
        _ => Found::Some(Need::Nothing),
    }
}

fn fits(strings: &Strings) -> bool {
    strings.len() <= 1
        || strings.len() <= MAX_STRINGS && strings.iter().map(String::len).sum::<usize>() <= MAX_LENGTH
}

/// Things that follow each other.
struct Chain {
    /// What must be there before.
    needs: Vec<Need>,
    /// What the end of it can be.
    strings: Strings,
    /// Of a literal that is still being read.
    last: String,
    /// Whether `strings` are all of it from its beginning.
    whole: bool,
}

impl Default for Chain {
    fn default() -> Self {
        Self { needs: Vec::new(), strings: Strings::from([String::new()]), last: String::new(), whole: true }
    }
}

impl Chain {
    /// Says whether it still grows, or had to begin a new string.
    fn push_exact(&mut self, next: &Strings) -> bool {
        let longest = |strings: &Strings| strings.iter().map(String::len).max().unwrap_or(0);
        let count = self.strings.len() * next.len();
        let length = longest(&self.strings) + longest(next);
        if count <= 1 || count <= MAX_STRINGS && count * length <= MAX_LENGTH {
            let pairs = self.strings.iter().flat_map(|a| next.iter().map(move |b| format!("{a}{b}")));
            self.strings = pairs.collect();
            return true;
        }
        self.needs.push(needed(std::mem::replace(&mut self.strings, next.clone())));
        self.whole = false;
        false
    }

    fn push_need(&mut self, need: Need) {
        let last = std::mem::take(&mut self.last);
        if !last.is_empty() {
            self.push_exact(&Strings::from([last]));
        }
        self.needs.push(needed(std::mem::replace(&mut self.strings, Strings::from([String::new()]))));
        self.needs.push(need);
        self.whole = false;
    }

    fn end(mut self) -> Found {
        if self.whole {
            return Found::Exactly(self.strings);
        }
        self.needs.push(needed(self.strings));
        Found::Some(Need::all(self.needs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::pattern::Pattern;

    fn shown(need: &Need) -> String {
        let joined =
            |parts: &[Need], by| format!("({})", parts.iter().map(shown).collect::<Vec<_>>().join(by));
        match need {
            Need::Nothing => "-".to_owned(),
            Need::Text(text) => format!("{text:?}"),
            Need::All(parts) => joined(parts, " "),
            Need::OneOf(parts) => joined(parts, "|"),
        }
    }

    #[test]
    fn what_is_certain_is_needed() {
        for (pattern, needs) in [
            (r"curl .*\|\s*(ba)?sh", r#"("curl " "|" ("bash"|"sh"))"#),
            ("passwd", r#""passwd""#),
            ("(?i)PassWd", r#"("passwd"|"pasſwd"|"paſswd"|"paſſwd")"#),
            ("a|b", r#"("a"|"b")"#),
            ("a*", "-"),
            ("(a|b*)c", r#""c""#),
            ("ab+c", r#"("a" "b" "c")"#),
            ("x{3}y", r#""xxxy""#),
            ("x{2,}y", r#"("xx" "y")"#),
            (r"\d+", "-"),
            (r"[0-9]\.", r#"".""#),
            ("^root:", r#""root:""#),
            (" ", "-"),
            ("İx", r#""x""#),
        ] {
            let hir = Pattern::regex(pattern).unwrap().hir().unwrap();
            assert_eq!(shown(&need(&hir)), needs, "{pattern}");
        }
    }
}
