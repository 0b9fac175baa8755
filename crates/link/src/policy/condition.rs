//! Does a statement's condition hold?

use super::document::Condition;
use super::pattern::{self, Place, Reading};
use super::{Answer, Request, Tri};

/// How many values of the request must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantity {
    One,
    Any,
    All,
}

/// How two texts are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Text(Reading),
    Arn,
}

/// Evaluates one line of a condition block. What cannot be evaluated is named by its operator and key.
pub(crate) fn holds(condition: &Condition, variables: bool, request: &Request) -> Tri {
    let Condition { operator, key, values } = condition;
    let answer = request.answer(key);
    let (quantity, name) = match operator.split_once(':') {
        Some((set, name)) if set.eq_ignore_ascii_case("ForAnyValue") => (Quantity::Any, name),
        Some((set, name)) if set.eq_ignore_ascii_case("ForAllValues") => (Quantity::All, name),
        Some(_) => return Tri::maybe(format!("{operator} {key}")),
        None => (Quantity::One, operator.as_str()),
    };
    let name = name.to_ascii_lowercase();
    if name == "null" {
        return match answer {
            Answer::Unknown => Tri::maybe(key.as_str()),
            known => {
                values.iter().any(|v| v.eq_ignore_ascii_case("true") == (*known == Answer::Absent)).into()
            }
        };
    }
    let (name, if_exists) = match name.strip_suffix("ifexists") {
        Some(name) => (name, true),
        None => (name.as_str(), false),
    };
    let Some((compare, negated)) = comparison(name, variables) else {
        return match answer {
            // Whatever the operator, a key that is not there fits `…IfExists` and nothing else.
            Answer::Absent if if_exists || quantity == Quantity::All => Tri::Yes,
            Answer::Unknown => Tri::maybe(key.as_str()),
            _ => Tri::maybe(format!("{operator} {key}")),
        };
    };
    let given = match answer {
        Answer::Unknown => return Tri::maybe(key.as_str()),
        Answer::Absent if if_exists => return Tri::Yes,
        // No value at all: all of none fit, none of none does.
        Answer::Absent => return (quantity == Quantity::All || quantity == Quantity::One && negated).into(),
        Answer::Values(given) => given,
    };
    // That nothing equals a value that is not there is sure; that everything differs from it, nothing says.
    let lacking = values.iter().find_map(|pattern| pattern::without_value(pattern, request));
    if let Some(variable) = lacking.filter(|_| variables && negated) {
        return Tri::maybe(format!("what {operator} does with {variable}, which has no value"));
    }
    let fits = |text: &String| {
        let any = Tri::any(values.iter().map(|pattern| match compare {
            Compare::Text(reading) => pattern::matches(pattern, text, reading, request),
            Compare::Arn => pattern::arn_matches(pattern, text, Place::Condition, variables, request),
        }));
        if negated { any.not() } else { any }
    };
    match quantity {
        Quantity::Any => Tri::any(given.iter().map(fits)),
        Quantity::All | Quantity::One => Tri::all(given.iter().map(fits)),
    }
}

/// What an operator compares, and whether it asks for the opposite. Numbers, dates and addresses are not here: no fact
/// that could be compared in that way is ever known.
fn comparison(name: &str, variables: bool) -> Option<(Compare, bool)> {
    let text = |wildcards, fold| Compare::Text(Reading { wildcards, variables, fold });
    Some(match name {
        "stringequals" => (text(false, false), false),
        "stringnotequals" => (text(false, false), true),
        "stringequalsignorecase" => (text(false, true), false),
        "stringnotequalsignorecase" => (text(false, true), true),
        "stringlike" => (text(true, false), false),
        "stringnotlike" => (text(true, false), true),
        "bool" => (text(false, true), false),
        "arnequals" | "arnlike" => (Compare::Arn, false),
        "arnnotequals" | "arnnotlike" => (Compare::Arn, true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(operator: &str, key: &str, values: &[&str]) -> Tri {
        let request = Request::new("ssm:StartSession", "*")
            .with_value("aws:username", "bob")
            .with_value("ssm:resourceTag/Env", "prod")
            .with_value("ssm:SessionDocumentAccessCheck", "true")
            .with_value("aws:PrincipalArn", "arn:aws:iam::111122223333:user/team-x/bob")
            .with("aws:TagKeys", Answer::Values(vec!["a".into(), "b".into()]))
            .with("aws:gone", Answer::Absent);
        let values = values.iter().map(|v| (*v).to_owned()).collect();
        holds(&Condition { operator: operator.into(), key: key.into(), values }, true, &request)
    }

    #[test]
    fn texts_are_compared_as_the_operator_says() {
        assert_eq!(ask("StringEquals", "ssm:resourceTag/Env", &["dev", "prod"]), Tri::Yes);
        assert_eq!(ask("StringEquals", "ssm:resourceTag/Env", &["pr*"]), Tri::No);
        assert_eq!(ask("StringLike", "ssm:resourceTag/Env", &["pr*"]), Tri::Yes);
        assert_eq!(ask("StringEquals", "ssm:resourceTag/Env", &["Prod"]), Tri::No);
        assert_eq!(ask("StringEqualsIgnoreCase", "ssm:resourceTag/Env", &["Prod"]), Tri::Yes);
        assert_eq!(ask("StringNotEquals", "ssm:resourceTag/Env", &["dev", "prod"]), Tri::No);
        assert_eq!(ask("StringNotLike", "ssm:resourceTag/Env", &["d*"]), Tri::Yes);
        assert_eq!(ask("StringLike", "aws:username", &["${aws:username}"]), Tri::Yes);
        assert_eq!(ask("Bool", "ssm:SessionDocumentAccessCheck", &["True"]), Tri::Yes);
        assert_eq!(ask("ArnLike", "aws:PrincipalArn", &["arn:aws:iam::*:user/team-x/*"]), Tri::Yes);
        assert_eq!(ask("ArnNotEquals", "aws:PrincipalArn", &["arn:aws:iam::*:user/*"]), Tri::No);
    }

    #[test]
    fn a_key_that_is_not_there_fits_only_what_asks_for_that() {
        assert_eq!(ask("StringEquals", "aws:gone", &["x"]), Tri::No);
        assert_eq!(ask("StringNotEquals", "aws:gone", &["x"]), Tri::Yes);
        assert_eq!(ask("StringEqualsIfExists", "aws:gone", &["x"]), Tri::Yes);
        assert_eq!(ask("NumericLessThanIfExists", "aws:gone", &["1"]), Tri::Yes);
        assert_eq!(ask("BoolIfExists", "aws:gone", &["true"]), Tri::Yes);
        assert_eq!(ask("Null", "aws:gone", &["true"]), Tri::Yes);
        assert_eq!(ask("Null", "aws:username", &["true"]), Tri::No);
        assert_eq!(ask("Null", "aws:username", &["false"]), Tri::Yes);
        assert_eq!(ask("ForAllValues:StringEquals", "aws:gone", &["x"]), Tri::Yes);
        assert_eq!(ask("ForAnyValue:StringEquals", "aws:gone", &["x"]), Tri::No);
    }

    #[test]
    fn of_several_values_all_or_any_must_fit() {
        assert_eq!(ask("ForAllValues:StringEquals", "aws:TagKeys", &["a", "b", "c"]), Tri::Yes);
        assert_eq!(ask("ForAllValues:StringEquals", "aws:TagKeys", &["a"]), Tri::No);
        assert_eq!(ask("ForAnyValue:StringEquals", "aws:TagKeys", &["a"]), Tri::Yes);
        assert_eq!(ask("ForAnyValue:StringNotEquals", "aws:TagKeys", &["a"]), Tri::Yes);
        assert_eq!(ask("ForAllValues:StringNotEquals", "aws:TagKeys", &["a"]), Tri::No);
    }

    #[test]
    fn what_is_not_known_is_named() {
        assert_eq!(
            ask("Bool", "aws:MultiFactorAuthPresent", &["true"]),
            Tri::maybe("aws:MultiFactorAuthPresent")
        );
        assert_eq!(ask("IpAddress", "aws:SourceIp", &["10.0.0.0/8"]), Tri::maybe("aws:SourceIp"));
        assert_eq!(ask("Null", "aws:SourceVpc", &["true"]), Tri::maybe("aws:SourceVpc"));
        assert_eq!(ask("StringSounds", "aws:username", &["x"]), Tri::maybe("StringSounds aws:username"));
        assert_eq!(
            ask("Some:StringLike", "aws:username", &["x"]),
            Tri::maybe("Some:StringLike aws:username")
        );
        assert_eq!(ask("StringEquals", "aws:username", &["${aws:userid}"]), Tri::maybe("aws:userid"));
    }
}
