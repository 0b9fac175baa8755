//! JSON in a byte stream, cut into the objects that may hold a fact, without building any of it.
//!
//! What is passed over costs one look at each byte: of a trail's records nearly all are.

use memchr::memchr3;

/// An object larger than this is left out.
pub(super) const MAX_OBJECT: usize = 16 << 20;

/// Lists, by their key in the outermost object, whose members are looked at one by one.
const LISTS: [&str; 12] = [
    "Records",
    "Events",
    "UserDetailList",
    "GroupDetailList",
    "RoleDetailList",
    "Policies",
    "Sessions",
    "InstanceInformationList",
    "Reservations",
    "ResourceTagMappingList",
    "DocumentVersions",
    "Tags",
];
/// Objects, likewise.
const OBJECTS: [&str; 3] = ["User", "Role", "ResponseMetadata"];
/// Keys of an outermost object that may be a fact as a whole.
const OWN_KEYS: [&str; 7] = [
    "eventSource",
    "eventID",
    "CloudTrailEvent",
    "DocumentFormat",
    "DocumentVersion",
    "schemaVersion",
    super::SIFTED,
];
/// Keys of session logs.
const LOG_KEYS: [&str; 4] = ["sessionData", "events", "logEvents", "message"];

/// Whether the first bytes of JSON are of something that holds facts and no session log.
pub(crate) fn holds_facts(head: &[u8]) -> bool {
    // mostly the first object's keys tell
    const TOGETHER: usize = 1024;
    let mut scan = Scan { watch: true, ..Scan::new() };
    let first = head.chunks(TOGETHER).find_map(|bytes| {
        scan.feed(bytes, &mut |_| {});
        first_telling(scan.watched.drain(..))
    });
    first.unwrap_or(false)
}

/// Whether the first of these keys that tells anything is one of facts.
pub(super) fn tells_of_facts<'a>(keys: impl Iterator<Item = &'a [u8]>) -> bool {
    first_telling(keys).unwrap_or(false)
}

/// The same, where any of them tells.
fn first_telling(mut keys: impl Iterator<Item: AsRef<[u8]>>) -> Option<bool> {
    keys.find_map(|key| {
        let is = |keys: &[&str]| keys.iter().any(|k| k.as_bytes() == key.as_ref());
        match () {
            () if is(&LOG_KEYS) => Some(false),
            () if is(&LISTS) || is(&OBJECTS) || is(&OWN_KEYS) => Some(true),
            () => None,
        }
    })
}

/// What the scanner finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// A list begins, maybe an empty one.
    List(&'static str),
    /// An object: the key of its list, its own key, or nothing where it is an outermost one.
    Object { of: &'static str, start: u64, bytes: &'a [u8] },
    /// From here on to the next line or object the text makes no sense.
    Damage { at: u64 },
    /// An object that is too large, left out.
    Oversized { at: u64 },
}

/// The scanner. Offsets count from the first byte fed.
#[derive(Debug)]
pub(super) struct Scan {
    at: u64,
    depth: u32,
    /// Depth at which outermost objects stand: 0, or 1 in a bare array.
    base: u32,
    in_string: bool,
    escaped: bool,
    /// Whether the string under way may be a key of an outermost object.
    in_key: bool,
    key: Vec<u8>,
    is_value: bool,
    /// The list under way.
    list: Option<&'static str>,
    /// The object under way: what of, where it begins, and at which depth it ends.
    object: Option<(&'static str, u64, u32)>,
    /// Its bytes from earlier chunks.
    carried: Vec<u8>,
    oversized: bool,
    /// Keeps every key of outermost objects.
    watch: bool,
    watched: Vec<Vec<u8>>,
}

impl Scan {
    pub(super) fn new() -> Self {
        Self {
            at: 0,
            depth: 0,
            base: 0,
            in_string: false,
            escaped: false,
            in_key: false,
            key: Vec::new(),
            is_value: false,
            list: None,
            object: None,
            carried: Vec::new(),
            oversized: false,
            watch: false,
            watched: Vec::new(),
        }
    }

    pub(super) fn feed(&mut self, bytes: &[u8], take: &mut impl FnMut(Found<'_>)) {
        // Where the object under way begins in these bytes.
        let mut from = 0;
        let mut i = 0;
        while i < bytes.len() {
            if self.in_string {
                i = self.string(bytes, i, take);
                continue;
            }
            let b = bytes[i];
            match b {
                b'"' => {
                    self.in_string = true;
                    self.in_key = self.depth == self.base + 1 && !self.is_value;
                    if self.in_key {
                        self.key.clear();
                    }
                }
                b'{' | b'[' if self.open(b, i, take) => from = i,
                b'{' | b'[' => {}
                b'}' | b']' => self.close(bytes, from, i, take),
                b':' => self.is_value = true,
                b',' => self.is_value = false,
                _ => {}
            }
            i += 1;
        }
        if self.object.is_some() && !self.oversized {
            if self.carried.len() + bytes.len() - from > MAX_OBJECT {
                self.oversized = true;
                self.carried = Vec::new();
            } else {
                self.carried.extend_from_slice(&bytes[from..]);
            }
        }
        self.at += bytes.len() as u64;
    }

    /// Ends the text: it is damaged where something is still open.
    pub(super) fn finish(self, take: &mut impl FnMut(Found<'_>)) {
        if self.depth > 0 || self.in_string {
            take(Found::Damage { at: self.object.map_or(self.at, |(_, start, _)| start) });
        }
    }

    /// Goes on inside a string, to its end or past an escape.
    fn string(&mut self, bytes: &[u8], mut i: usize, take: &mut impl FnMut(Found<'_>)) -> usize {
        if self.escaped {
            self.escaped = false;
            return i + 1;
        }
        let n = plain(&bytes[i..]);
        if self.in_key && self.key.len() < 64 {
            self.key.extend_from_slice(&bytes[i..i + n.min(64)]);
        }
        i += n;
        match bytes.get(i) {
            None => return i,
            Some(b'\\') => {
                self.escaped = true;
                if self.in_key {
                    // one with an escape in it is none of ours
                    self.key.push(b'\\');
                }
            }
            Some(b'\n') => {
                // no string holds one as it is: what was open is cut here, and something else begins
                let at = self.at + i as u64;
                take(Found::Damage { at: self.object.map_or(at, |(_, start, _)| start) });
                let watched = std::mem::take(&mut self.watched);
                *self = Self { at: self.at, watch: self.watch, watched, ..Self::new() };
            }
            Some(_) => {
                self.in_string = false;
                if self.in_key && self.watch {
                    self.watched.push(self.key.clone());
                }
            }
        }
        i + 1
    }

    /// Opens a bracket; whether an object to be kept begins with it.
    fn open(&mut self, b: u8, i: usize, take: &mut impl FnMut(Found<'_>)) -> bool {
        let depth = self.depth;
        self.depth += 1;
        let was_value = std::mem::take(&mut self.is_value);
        let own = depth == self.base + 1 && was_value;
        let known = |keys: &[&'static str], key: &[u8]| keys.iter().copied().find(|k| k.as_bytes() == key);
        let of = match b {
            b'[' if depth == 0 => {
                self.base = 1;
                return false;
            }
            b'[' if own => {
                let Some(list) = known(&LISTS, &self.key) else { return false };
                self.list = Some(list);
                self.drop_object();
                take(Found::List(list));
                return false;
            }
            b'{' if depth == self.base => "",
            b'{' if own && self.object.is_none_or(|(of, ..)| of.is_empty()) => {
                let Some(of) = known(&OBJECTS, &self.key) else { return false };
                of
            }
            b'{' if depth == self.base + 2 => match self.list {
                Some(list) => list,
                None => return false,
            },
            _ => return false,
        };
        self.drop_object();
        self.object = Some((of, self.at + i as u64, depth));
        true
    }

    fn drop_object(&mut self) {
        self.object = None;
        self.oversized = false;
        self.carried.clear();
    }

    fn close(&mut self, bytes: &[u8], from: usize, i: usize, take: &mut impl FnMut(Found<'_>)) {
        self.depth = self.depth.saturating_sub(1);
        self.is_value = false;
        if let Some((of, start, home)) = self.object
            && self.depth == home
        {
            if self.oversized {
                take(Found::Oversized { at: start });
            } else if self.carried.is_empty() {
                take(Found::Object { of, start, bytes: &bytes[from..=i] });
            } else {
                self.carried.extend_from_slice(&bytes[from..=i]);
                take(Found::Object { of, start, bytes: &self.carried });
            }
            self.drop_object();
        }
        if self.depth <= self.base + 1 {
            self.list = None;
        }
        if self.depth == 0 {
            self.base = 0;
        }
    }
}

/// How many bytes come before the next that means something inside a string.
fn plain(bytes: &[u8]) -> usize {
    // Most strings of a trail are over after a few bytes, which costs less eight at a time than a call would.
    let has = |word: u64, byte: u8| {
        let differs = word ^ (ONES * u64::from(byte));
        differs.wrapping_sub(ONES) & !differs & (ONES << 7)
    };
    let (words, _) = bytes.as_chunks::<8>();
    for (n, word) in words.iter().take(SHORT / 8).enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = has(word, b'"') | has(word, b'\\') | has(word, b'\n');
        if found != 0 {
            return n * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let past = words.len().min(SHORT / 8) * 8;
    memchr3(b'"', b'\\', b'\n', &bytes[past..]).map_or(bytes.len(), |n| past + n)
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
/// Longer strings are left to memchr, which begins slower and runs faster.
const SHORT: usize = 32;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &[u8], chunk: usize) -> Vec<(String, u64, String)> {
        let mut all = Vec::new();
        let mut take = |found: Found<'_>| {
            all.push(match found {
                Found::List(list) => (format!("[{list}"), 0, String::new()),
                Found::Object { of, start, bytes } => {
                    (of.to_owned(), start, String::from_utf8_lossy(bytes).into_owned())
                }
                Found::Damage { at } => ("damage".to_owned(), at, String::new()),
                Found::Oversized { at } => ("oversized".to_owned(), at, String::new()),
            });
        };
        let mut scan = Scan::new();
        text.chunks(chunk.max(1)).for_each(|bytes| scan.feed(bytes, &mut take));
        scan.finish(&mut take);
        all
    }

    #[test]
    fn lists_are_cut_into_their_members_and_other_objects_are_whole() {
        let text = r#"{"Next":"}","Records":[{"a":{"b":"]}\""}},{"c":[{}]}],"x":{"Records":[{"no":1}]}}
            {"schemaVersion":"1.0","inputs":{}} [{"eventID":"1"},{"eventID":"2"}]"#;
        for chunk in [1, 2, 7, 1000] {
            let found = cut(text.as_bytes(), chunk);
            let seen: Vec<_> = found.iter().map(|(of, _, text)| (of.as_str(), text.as_str())).collect();
            assert_eq!(
                seen,
                [
                    ("[Records", ""),
                    ("Records", r#"{"a":{"b":"]}\""}}"#),
                    ("Records", r#"{"c":[{}]}"#),
                    ("", r#"{"schemaVersion":"1.0","inputs":{}}"#),
                    ("", r#"{"eventID":"1"}"#),
                    ("", r#"{"eventID":"2"}"#),
                ],
                "chunks of {chunk}"
            );
            for (_, start, bytes) in found.iter().filter(|(of, ..)| !of.starts_with('[')) {
                assert_eq!(&text[*start as usize..][..bytes.len()], bytes);
            }
        }
    }

    #[test]
    fn after_a_cut_line_the_next_one_counts() {
        let found = cut(b"{\"eventID\":\"1\",\"x\":\"cut\n{\"eventID\":\"2\"}\n{\"eventID\":", 1000);
        let kinds: Vec<_> = found.iter().map(|(of, at, text)| (of.as_str(), *at, text.as_str())).collect();
        assert_eq!(kinds, [("damage", 0, ""), ("", 24, "{\"eventID\":\"2\"}"), ("damage", 40, "")]);
    }

    #[test]
    fn a_head_is_told_by_its_first_telling_key() {
        for (head, due) in [
            (r#"{"Records":[{"eventV"#, true),
            (r#"{ "PaginationToken": "", "ResourceTagMappingList": ["#, true),
            (r#"[{"eventVersion":"1.0","userIdentity":{"message":1},"eventSource":"s3"#, true),
            (r#"{"eventVersion":"1.0","sessionData":[],"eventSource":1}"#, false),
            (r#"{"events":[{"message":"{\"Records\":[]}"}]}"#, false),
            (r#"{"message":"x","Records":[]}"#, false),
            (r#"{"x":{"Records":[]}}"#, false),
            (r#"{"x":"Records"}"#, false),
            (r#"{"Records\u0000":[]}"#, false),
            (r#"{"0123456789012345678901234567890123456789012345678901234567890123Records":[]}"#, false),
            ("{", false),
        ] {
            assert_eq!(holds_facts(head.as_bytes()), due, "{head}");
        }
    }

    proptest! {
        #[test]
        fn plain_bytes_end_where_a_telling_one_is(bytes in prop::collection::vec(prop::sample::select(b"a\"\\\n\x01\x80\xff#!\x0b\r]".to_vec()), 0..80), runs in 0usize..70) {
            let text = [vec![b'x'; runs], bytes].concat();
            let due = text.iter().position(|b| matches!(b, b'"' | b'\\' | b'\n')).unwrap_or(text.len());
            prop_assert_eq!(plain(&text), due);
        }

        #[test]
        fn any_chunking_gives_the_same(text in r#"([\[\]{}:,"\\\n ]|"Records":\[|"User":|"a"){0,60}"#, chunk in 1usize..20) {
            prop_assert_eq!(cut(text.as_bytes(), chunk), cut(text.as_bytes(), 1000));
        }
    }
}
