//! A policy as written.

use serde_json::{Map, Value};

/// What a statement does where it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever allows.
    Deny,
}

/// Patterns, and whether they mean what matches or everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Select {
    Only(Vec<String>),
    AllBut(Vec<String>),
}

/// One line of a condition block: an operator, a key and the values it compares with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) operator: String,
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Its `Sid`, or its place as `#1`.
    pub(crate) name: String,
    pub(crate) effect: Effect,
    pub(crate) actions: Select,
    /// `None` in a trust policy, which lies on its resource.
    pub(crate) resources: Option<Select>,
    pub(crate) conditions: Vec<Condition>,
}

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its ARN, or where it is embedded: `user/bob/policy-name`.
    pub name: String,
    pub(crate) variables: bool,
    pub(crate) statements: Vec<Statement>,
}

/// One statement of one policy: why a verdict is what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementRef {
    /// [`Policy::name`].
    pub policy: String,
    /// The statement's `Sid`, or its place as `#1`.
    pub statement: String,
}

impl Policy {
    /// Reads a document. `None` where any part of it is not as IAM accepts it: half a policy would be another one.
    pub fn read(name: &str, document: &str) -> Option<Self> {
        let Value::Object(document) = serde_json::from_str(document).ok()? else { return None };
        let statements = match document.get("Statement")? {
            Value::Array(list) => list.iter().enumerate().map(|(i, s)| statement(i, s)).collect(),
            one => statement(0, one).map(|s| vec![s]),
        };
        let variables = document.get("Version").and_then(Value::as_str) == Some("2012-10-17");
        Some(Self { name: name.to_owned(), variables, statements: statements? })
    }

    /// Whether any condition asks for the key.
    pub fn asks(&self, key: &str) -> bool {
        self.statements.iter().flat_map(|s| &s.conditions).any(|c| c.key.eq_ignore_ascii_case(key))
    }
}

fn statement(place: usize, statement: &Value) -> Option<Statement> {
    let fields = statement.as_object()?;
    let effect = match fields.get("Effect")?.as_str()? {
        "Allow" => Effect::Allow,
        "Deny" => Effect::Deny,
        _ => return None,
    };
    let sid = fields.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty());
    Some(Statement {
        name: sid.map_or_else(|| format!("#{}", place + 1), str::to_owned),
        effect,
        actions: select(fields, "Action", "NotAction")??,
        resources: select(fields, "Resource", "NotResource")?,
        conditions: match fields.get("Condition") {
            Some(block) => conditions(block)?,
            None => Vec::new(),
        },
    })
}

/// One of two fields that exclude each other. The outer `None`: not as it should be; the inner: neither is there.
fn select(fields: &Map<String, Value>, only: &str, all_but: &str) -> Option<Option<Select>> {
    match (fields.get(only), fields.get(all_but)) {
        (Some(_), Some(_)) => None,
        (Some(list), None) => Some(Some(Select::Only(texts(list)?))),
        (None, Some(list)) => Some(Some(Select::AllBut(texts(list)?))),
        (None, None) => Some(None),
    }
}

fn conditions(block: &Value) -> Option<Vec<Condition>> {
    let mut found = Vec::new();
    for (operator, keys) in block.as_object()? {
        for (key, values) in keys.as_object()? {
            found.push(Condition { operator: operator.clone(), key: key.clone(), values: texts(values)? });
        }
    }
    Some(found)
}

/// A text or a list of them; IAM takes numbers and truth values for their text.
fn texts(value: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Value::Array(list) => list.iter().map(text).collect(),
        one => text(one).map(|t| vec![t]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_in_each_of_its_spellings() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":"ec2:*","Resource":["a","b"],
            "Condition":{"Bool":{"aws:MultiFactorAuthPresent":false},"NumericLessThan":{"aws:MultiFactorAuthAge":[300]}}}}"#;
        let policy = Policy::read("p", text).unwrap();
        let [statement] = &policy.statements[..] else { panic!("{policy:?}") };
        assert_eq!((statement.name.as_str(), statement.effect), ("#1", Effect::Deny));
        assert_eq!(statement.actions, Select::AllBut(vec!["ec2:*".into()]));
        assert_eq!(statement.resources, Some(Select::Only(vec!["a".into(), "b".into()])));
        let values: Vec<_> = statement.conditions.iter().map(|c| c.values.clone()).collect();
        assert_eq!(values, [["false"], ["300"]]);
        assert!(policy.variables && policy.asks("AWS:multifactorauthage") && !policy.asks("aws:SourceIp"));
        assert!(!Policy::read("p", r#"{"Statement":[]}"#).unwrap().variables);
    }

    #[test]
    fn half_a_policy_is_none() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"Statement":[{"Effect":"Permit","Action":"*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":[{}],"Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},1]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":[]}]}"#,
        ] {
            assert_eq!(Policy::read("p", text), None, "{text}");
        }
    }
}
