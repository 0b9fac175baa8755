//! Secrets that say themselves what they are: a maker's prefix and a length, or AWS's documented forms.
//!
//! Prefixes and lengths are the makers' own, as their documentation gives them. Each pattern is tried only where its
//! anchor stands, so the cost is one pass over the text.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

use crate::Found;

/// A kind of secret: what its first letters are, and the whole of it.
struct Shape {
    kind: &'static str,
    anchors: &'static [&'static str],
    /// From the anchor's first letter on.
    pattern: &'static str,
}

const fn shape(kind: &'static str, anchors: &'static [&'static str], pattern: &'static str) -> Shape {
    Shape { kind, anchors, pattern }
}

static SHAPES: &[Shape] = &[
    shape("aws-access-key-id", &["AKIA", "ASIA", "ABIA", "ACCA"], r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}"),
    shape(
        "aws-session-token",
        &["IQoJ", "FwoGZXIvYXdz", "FQoGZXIvYXdz"],
        r"(?:IQoJ[A-Za-z0-9+/]{8}|F[wQ]oGZXIvYXdz)[A-Za-z0-9+/]{64,}={0,2}",
    ),
    shape(
        "github-token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{36,})",
    ),
    shape(
        "gitlab-token",
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "gloas-", "glsoat-", "glagent-"],
        r"gl(?:pat|dt|rt|cbt|ptt|oas|soat|agent)-[A-Za-z0-9_.-]{20,}",
    ),
    shape(
        "slack-token",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.xox", "xapp-"],
        r"(?:xox[abprs]-|xoxe(?:\.xox[bp])?-|xapp-)[A-Za-z0-9-]{10,}",
    ),
    shape(
        "webhook-url",
        &["hooks.slack.com/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        r"(?:hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/)[A-Za-z0-9/_-]{20,}",
    ),
    shape(
        "stripe-key",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
        r"(?:[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{24,})",
    ),
    shape("google-api-key", &["AIza"], r"AIza[A-Za-z0-9_-]{35}"),
    shape(
        "google-oauth",
        &["ya29.", "GOCSPX-", "1//0"],
        r"(?:ya29\.[A-Za-z0-9_.-]{30,}|GOCSPX-[A-Za-z0-9_-]{28}|1//0[A-Za-z0-9_-]{40,})",
    ),
    shape("npm-token", &["npm_"], r"npm_[A-Za-z0-9]{36}"),
    shape("pypi-token", &["pypi-AgE"], r"pypi-AgE[A-Za-z0-9_-]{50,}"),
    shape("crates-io-token", &["cio"], r"cio[A-Za-z0-9]{32}"),
    shape("rubygems-key", &["rubygems_"], r"rubygems_[a-f0-9]{48}"),
    shape("docker-token", &["dckr_pat_", "dckr_oat_"], r"dckr_[po]at_[A-Za-z0-9_-]{27,60}"),
    shape("sendgrid-key", &["SG."], r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    shape("mailgun-key", &["key-"], r"key-[a-f0-9]{32}"),
    shape("twilio-key", &["SK"], r"SK[a-f0-9]{32}"),
    shape("digitalocean-token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"do[opr]_v1_[a-f0-9]{64}"),
    shape("vault-token", &["hvs.", "hvb.", "hvr."], r"hv[sbr]\.[A-Za-z0-9_-]{24,}"),
    shape("terraform-token", &["atlasv1."], r"atlasv1\.[A-Za-z0-9_=-]{60,70}"),
    shape("databricks-token", &["dapi"], r"dapi[a-f0-9]{32}(?:-\d)?"),
    shape(
        "ai-key",
        &["sk-ant-", "sk-proj-", "sk-svcacct-", "sk-admin-", "sk-", "hf_", "gsk_"],
        r"(?:sk-(?:ant|proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|sk-[A-Za-z0-9]{48}|hf_[A-Za-z0-9]{34}|gsk_[A-Za-z0-9]{52})",
    ),
    shape(
        "atlassian-token",
        &["ATATT3", "ATCTT3", "ATBB"],
        r"(?:AT[AC]TT3[A-Za-z0-9_=-]{100,}|ATBB[A-Za-z0-9]{32})",
    ),
    shape(
        "grafana-token",
        &["glsa_", "glc_"],
        r"(?:glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|glc_[A-Za-z0-9+/=]{32,})",
    ),
    shape("newrelic-key", &["NRAK-", "NRII-"], r"NR(?:AK-[A-Z0-9]{27}|II-[A-Za-z0-9-]{32})"),
    shape("pulumi-token", &["pul-"], r"pul-[a-f0-9]{40}"),
    shape(
        "doppler-token",
        &["dp.pt.", "dp.st.", "dp.ct."],
        r"dp\.[psc]t\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}",
    ),
    shape("shopify-token", &["shpat_", "shpca_", "shppa_", "shpss_"], r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    shape("linear-key", &["lin_api_"], r"lin_api_[A-Za-z0-9]{40}"),
    shape("telegram-token", &[":AA"], r":AA[A-Za-z0-9_-]{33}"),
    shape("age-key", &["AGE-SECRET-KEY-1"], r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    shape("jwt", &["eyJ"], r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]{0,})?"),
    shape("azure-client-secret", &["8Q~", "7Q~"], r"[78]Q~[A-Za-z0-9_~.-]{31,34}"),
    shape(
        "password-hash",
        &["$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$7$", "$gy$", "$apr1$", "$argon2"],
        r"\$(?:1|apr1)\$[./A-Za-z0-9]{0,8}\$[./A-Za-z0-9]{22}|\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|\$[56]\$(?:rounds=\d{1,9}\$)?[^$\s:]{0,16}\$[./A-Za-z0-9]{43,86}|\$g?y\$[./A-Za-z0-9]{2,8}\$[./A-Za-z0-9]{0,86}\$[./A-Za-z0-9]{43}|\$7\$[./A-Za-z0-9]{11,97}\$[./A-Za-z0-9]{43}|\$argon2(?:id|i|d)\$[A-Za-z0-9=,$+/]{40,}",
    ),
];

/// What each shape begins with.
pub(crate) fn anchors() -> impl Iterator<Item = &'static str> {
    SHAPES.iter().flat_map(|shape| shape.anchors).copied()
}

struct Table {
    anchors: AhoCorasick,
    /// For each anchor, its shape.
    shapes: Vec<usize>,
    patterns: Vec<Regex>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let (mut anchors, mut shapes) = (Vec::new(), Vec::new());
    for (at, shape) in SHAPES.iter().enumerate() {
        for anchor in shape.anchors {
            anchors.push(*anchor);
            shapes.push(at);
        }
    }
    let pattern = |shape: &Shape| {
        Regex::new(&format!("^(?:{})", shape.pattern))
            .expect("a pattern of the table is a regular expression")
    };
    Table {
        anchors: AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(anchors)
            .expect("the anchors are few and short"),
        shapes,
        patterns: SHAPES.iter().map(pattern).collect(),
    }
});

/// The longest secret that a shape describes: no pattern looks farther.
const LONGEST: usize = 16 << 10;

pub(crate) fn find(text: &str, found: &mut Vec<Found>) {
    let table = &*TABLE;
    let bytes = text.as_bytes();
    let mut done = 0;
    for anchor in table.anchors.find_iter(text) {
        if anchor.start() < done {
            continue;
        }
        let which = table.shapes[anchor.pattern().as_usize()];
        let Some(start) = start(SHAPES[which].kind, bytes, anchor.start()) else { continue };
        let rest = &text[anchor.start()..floor(text, anchor.start() + LONGEST)];
        let Some(hit) = table.patterns[which].find(rest) else { continue };
        let end = anchor.start() + hit.end();
        // Longer, it is another thing.
        if bytes.get(end).is_some_and(|&b| is_word(b)) {
            continue;
        }
        done = end;
        found.push(Found::new(start..end, SHAPES[which].kind));
    }
    if found.iter().any(|f| f.kind == "aws-access-key-id") {
        secret_keys(text, found);
    }
}

/// Where the secret begins, or nothing where the anchor stands in the middle of another word.
fn start(kind: &str, bytes: &[u8], anchor: usize) -> Option<usize> {
    let before =
        |n: usize| bytes[..anchor].iter().rev().take_while(move |b| b.is_ascii_alphanumeric()).take(n);
    match kind {
        // The number of the bot stands before the anchor, three characters of a client secret before theirs.
        "telegram-token" => {
            let digits = bytes[..anchor].iter().rev().take_while(|b| b.is_ascii_digit()).take(11).count();
            (8..=10).contains(&digits).then_some(anchor - digits)
        }
        "azure-client-secret" => (before(4).count() >= 3).then(|| anchor - 3),
        "terraform-token" => {
            let dot = anchor.checked_sub(1).filter(|&at| bytes[at] == b'.')?;
            let name = bytes[..dot].iter().rev().take_while(|b| b.is_ascii_alphanumeric()).take(15).count();
            (name == 14).then_some(dot - name)
        }
        // A domain has its scheme before it.
        "webhook-url" => Some(anchor),
        _ => (anchor == 0 || !is_word(bytes[anchor - 1]) || after_escape(&bytes[..anchor])).then_some(anchor),
    }
}

/// `\n` and its like inside a quoted text end with a letter that belongs to no word.
fn after_escape(before: &[u8]) -> bool {
    matches!(before, [.., b'\\', b'n' | b'r' | b't'])
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

pub(crate) fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// An AWS secret access key is 40 characters of base64 and nothing more: it is one only where an access key id stands
/// in the same text. (Where a name says so, the name is enough: see `named`.)
pub(crate) fn secret_keys(text: &str, found: &mut Vec<Found>) {
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let run = bytes[at..].iter().take_while(|&&b| part(b)).count();
        if is_secret_key(&text[at..at + run]) {
            found.push(Found::new(at..at + run, "aws-secret-access-key"));
        }
        at += run;
        at += bytes[at..].iter().take_while(|&&b| !part(b)).count();
    }
}

pub(crate) fn is_secret_key(token: &str) -> bool {
    let has = |class: fn(&u8) -> bool| token.as_bytes().iter().any(class);
    // Forty hex digits are a commit, and a path of that length has no digits and capitals mixed like this.
    token.len() == 40
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && (has(u8::is_ascii_digit) || token.contains(['+', '/']))
        && !token.starts_with('/')
}
