//! Wildcards and policy variables.

use super::{Answer, Request, Tri};

/// One element of a pattern whose variables have been filled in. A wildcard inside a variable's value is a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Letter(char),
    One,
    Any,
}

/// How a pattern is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// `*` and `?` stand for others.
    pub(crate) wildcards: bool,
    /// `${…}` is filled in; only in policies of version 2012-10-17.
    pub(crate) variables: bool,
    /// Upper and lower case are the same.
    pub(crate) fold: bool,
}

/// Whether the pattern matches the text.
pub(crate) fn matches(pattern: &str, text: &str, reading: Reading, request: &Request) -> Tri {
    filled(pattern, reading, request, |pieces| glob(&pieces, text, reading.fold))
}

/// Whether an ARN pattern matches an ARN, field by field: a wildcard does not reach over a colon, except in the last
/// field. Fields left off match everything.
pub(crate) fn arn_matches(pattern: &str, arn: &str, variables: bool, request: &Request) -> Tri {
    if pattern == "*" {
        return Tri::Yes;
    }
    let reading = Reading { wildcards: true, variables, fold: false };
    filled(pattern, reading, request, |pieces| {
        let mut fields = arn.splitn(6, ':');
        let mut patterns = pieces.splitn(6, |p| *p == Piece::Letter(':'));
        let all = fields.by_ref().all(|field| patterns.next().is_none_or(|p| glob(p, field, false)));
        all && patterns.next().is_none()
    })
}

/// Asks with the pattern's variables filled in: a variable that the request lacks makes it match nothing.
fn filled(pattern: &str, reading: Reading, request: &Request, ask: impl Fn(Vec<Piece>) -> bool) -> Tri {
    let mut pieces = Vec::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if reading.variables
            && let Some((inside, behind)) = rest.strip_prefix("${").and_then(|r| r.split_once('}'))
        {
            match value(inside, request) {
                Ok(Some(text)) => pieces.extend(text.chars().map(Piece::Letter)),
                Ok(None) => return Tri::No,
                Err(key) => return Tri::maybe(key),
            }
            rest = behind;
            continue;
        }
        pieces.push(match c {
            '*' if reading.wildcards => Piece::Any,
            '?' if reading.wildcards => Piece::One,
            letter => Piece::Letter(letter),
        });
        rest = &rest[c.len_utf8()..];
    }
    ask(pieces).into()
}

/// What stands for a variable: `aws:username`, or `aws:username, 'none'` with a default. `Err` names an unknown key.
fn value(inside: &str, request: &Request) -> Result<Option<String>, String> {
    if matches!(inside, "*" | "?" | "$") {
        return Ok(Some(inside.to_owned()));
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
        None => (inside.trim(), None),
    };
    match request.answer(key) {
        Answer::Values(values) => Ok(values.first().cloned()),
        Answer::Absent => Ok(default.map(str::to_owned)),
        Answer::Unknown => Err(key.to_owned()),
    }
}

/// `*` is any run of letters, `?` one. A mismatch goes back to the last `*` only.
fn glob(pattern: &[Piece], text: &str, fold: bool) -> bool {
    let text: Vec<char> = text.chars().collect();
    let same = |a: char, b: char| a == b || fold && a.to_lowercase().eq(b.to_lowercase());
    let (mut p, mut t) = (0, 0);
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Piece::Any) => {
                p += 1;
                retry = Some((p, t));
                continue;
            }
            Some(Piece::One) => (p, t) = (p + 1, t + 1),
            Some(Piece::Letter(c)) if same(*c, text[t]) => (p, t) = (p + 1, t + 1),
            _ => match retry {
                Some((behind, from)) => {
                    (p, t) = (behind, from + 1);
                    retry = Some((p, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|piece| *piece == Piece::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request::new("ssm:StartSession", "*")
            .with_value("aws:username", "user01")
            .with_value("aws:odd", "a*")
            .with("aws:absent", Answer::Absent)
    }

    #[test]
    fn wildcards_stand_for_letters() {
        let reading = Reading { wildcards: true, variables: true, fold: true };
        let yes = |pattern: &str, text: &str| matches(pattern, text, reading, &request()) == Tri::Yes;
        assert!(yes("ssm:*Session", "ssm:StartSession"));
        assert!(yes("SSM:start?ession", "ssm:StartSession"));
        assert!(yes("*a*b*", "xxaxxbxab"));
        assert!(yes("", "") && yes("*", "") && yes("**", "x"));
        assert!(!yes("ssm:Start", "ssm:StartSession") && !yes("?", "") && !yes("a*b", "ac"));
    }

    #[test]
    fn variables_are_filled_in_and_their_wildcards_are_letters() {
        let ask = |pattern: &str, arn: &str| arn_matches(pattern, arn, true, &request());
        let session =
            |name: &str| format!("arn:aws:ssm:eu-west-1:111122223333:session/{name}-0e34861185201706f");
        let own = "arn:aws:ssm:*:*:session/${aws:username}-*";
        assert_eq!(ask(own, &session("user01")), Tri::Yes);
        assert_eq!(ask(own, &session("user02")), Tri::No);
        assert_eq!(ask("arn:aws:ssm:*:*:session/${aws:absent}-*", &session("x")), Tri::No);
        assert_eq!(ask("arn:aws:ssm:*:*:session/${aws:absent, 'x'}-*", &session("x")), Tri::Yes);
        assert_eq!(ask("arn:aws:ssm:*:*:session/${aws:userid}-*", &session("x")), Tri::maybe("aws:userid"));
        assert_eq!(ask("arn:aws:ssm:*:*:session/${aws:odd}-*", &session("abc")), Tri::No);
        assert_eq!(ask("arn:aws:ssm:*:*:session/a${*}-*", &session("a*")), Tri::Yes);
        assert_eq!(
            arn_matches(own, &session("user01"), false, &request()),
            Tri::No,
            "an old policy has no variables"
        );
    }

    #[test]
    fn an_arn_is_matched_field_by_field() {
        let arn = "arn:aws:ec2:ap-northeast-1:488821267897:instance/i-051cac51072605f39";
        let yes = |pattern: &str| arn_matches(pattern, arn, true, &request()) == Tri::Yes;
        assert!(yes("*") && yes(arn) && yes("arn:aws:ec2:*:*:instance/*") && yes("arn:aws:ec2"));
        assert!(yes("arn:aws:ec2:*:488821267897:*") && yes("arn:*:ec2:ap-*-1:*:instance/i-05?c*"));
        assert!(!yes("arn:aws:ec2:*/i-051cac51072605f39"), "a wildcard stays in its field");
        assert!(!yes("arn:aws:ec2:*:*:Instance/*") && !yes("arn:aws:ssm:*:*:*") && !yes(""));
    }

    #[test]
    fn what_is_no_variable_is_text_and_a_key_without_a_name_is_not_known() {
        let reading = Reading { wildcards: true, variables: true, fold: true };
        let ask = |pattern: &str, text: &str| matches(pattern, text, reading, &request());
        for odd in ["${", "${aws:username", "$", "}", "é${", "$${"] {
            assert_eq!(ask(odd, odd), Tri::Yes, "{odd}");
        }
        assert_eq!(ask("${}", "x"), Tri::maybe(""));
        assert_eq!(ask("${€}*", "x"), Tri::maybe("€"));
        let long = "a".repeat(2000);
        assert_eq!(ask(&"*a".repeat(500), &(long + "b")), Tri::No);
    }
}
