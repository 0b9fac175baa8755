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
    filled(pattern, reading, request, |pieces| glob(&pieces, text, reading.fold).into())
}

/// Where an ARN pattern stands, which says how far its wildcards reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In `Resource`: a `*` that ends a field reaches over colons
    /// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html).
    Resource,
    /// In a condition: each of the six fields is compared by itself
    /// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
    Condition,
}

/// Whether an ARN pattern matches an ARN. Where only a wildcard that is not said to reach over a colon would make it
/// match, that is not known.
pub(crate) fn arn_matches(pattern: &str, arn: &str, place: Place, variables: bool, request: &Request) -> Tri {
    if pattern == "*" {
        return Tri::Yes;
    }
    let reading = Reading { wildcards: true, variables, fold: false };
    filled(pattern, reading, request, |pieces| {
        let ends_field = |behind: &[Piece]| matches!(behind.first(), None | Some(Piece::Letter(':')));
        let reaching = || (0..pieces.len()).all(|i| pieces[i] != Piece::Any || ends_field(&pieces[i + 1..]));
        match () {
            () if by_field(&pieces, arn) => Tri::Yes,
            () if !glob(&pieces, arn, false) => Tri::No,
            () if place == Place::Resource && reaching() => Tri::Yes,
            () => Tri::maybe(format!("how far {pattern} reaches")),
        }
    })
}

fn by_field(pieces: &[Piece], arn: &str) -> bool {
    let mut fields = arn.splitn(6, ':');
    let mut patterns = pieces.splitn(6, |p| *p == Piece::Letter(':'));
    let same = fields.by_ref().all(|field| patterns.next().is_some_and(|p| glob(p, field, false)));
    same && patterns.next().is_none()
}

/// A variable of the pattern that the request has no value for.
pub(crate) fn without_value<'a>(pattern: &'a str, request: &Request) -> Option<&'a str> {
    let inside = pattern.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    inside.into_iter().find(|inside| value(inside, request) == Ok(None))
}

/// Asks with the pattern's variables filled in: a variable that the request lacks makes it match nothing.
fn filled(pattern: &str, reading: Reading, request: &Request, ask: impl Fn(Vec<Piece>) -> Tri) -> Tri {
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
    ask(pieces)
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
        let ask = |pattern: &str, arn: &str| arn_matches(pattern, arn, Place::Resource, true, &request());
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
            arn_matches(own, &session("user01"), Place::Resource, false, &request()),
            Tri::No,
            "an old policy has no variables"
        );
    }

    #[test]
    fn wildcards_of_an_arn_reach_as_far_as_is_said_of_them() {
        let arn = "arn:aws:ec2:ap-northeast-1:488821267897:instance/i-051cac51072605f39";
        let ask = |pattern: &str| {
            [Place::Resource, Place::Condition].map(|place| {
                match arn_matches(pattern, arn, place, true, &request()) {
                    Tri::Yes => "yes",
                    Tri::No => "no",
                    Tri::Maybe(_) => "maybe",
                }
            })
        };
        for (pattern, resource, condition) in [
            ("*", "yes", "yes"),
            (arn, "yes", "yes"),
            ("arn:aws:ec2:*:*:instance/*", "yes", "yes"),
            ("arn:aws:ec2:*:488821267897:*", "yes", "yes"),
            ("arn:*:ec2:ap-*-1:*:instance/i-05?c*", "yes", "yes"),
            // to the end of the ARN, or to a later field
            ("arn:aws:ec2:*", "yes", "maybe"),
            ("arn:aws:*", "yes", "maybe"),
            ("arn:aws:ec2:*:instance/*", "yes", "maybe"),
            ("arn:aws:ec2:*/i-051cac51072605f39", "maybe", "maybe"),
            ("*instance/*", "maybe", "maybe"),
            ("arn:aws:ec2:*:*:Instance/*", "no", "no"),
            ("arn:aws:ssm:*:*:*", "no", "no"),
            ("arn:aws:ec2:*:4888:*", "no", "no"),
            ("arn:aws:ec2", "no", "no"),
            ("", "no", "no"),
        ] {
            assert_eq!(ask(pattern), [resource, condition], "{pattern}");
        }
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
