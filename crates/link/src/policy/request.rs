//! What is asked of IAM, and what is known about the one who asks.

use std::collections::BTreeMap;

/// What is known of one condition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Its values in this request.
    Values(Vec<String>),
    /// The request has no such key.
    Absent,
    /// Nobody told.
    Unknown,
}

/// One request: may it be done?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Service and call: `ssm:StartSession`.
    pub action: String,
    /// ARN of what it is done to.
    pub resource: String,
    answers: BTreeMap<String, Answer>,
    families: Vec<String>,
}

impl Request {
    /// A request of which nothing else is known.
    pub fn new(action: &str, resource: &str) -> Self {
        Self {
            action: action.to_owned(),
            resource: resource.to_owned(),
            answers: BTreeMap::new(),
            families: Vec::new(),
        }
    }

    /// The same request to another resource.
    #[must_use]
    pub fn on(&self, resource: &str) -> Self {
        Self { resource: resource.to_owned(), ..self.clone() }
    }

    /// Says what is known of a condition key. Keys have no case.
    #[must_use]
    pub fn with(mut self, key: &str, answer: Answer) -> Self {
        self.answers.insert(key.to_lowercase(), answer);
        self
    }

    /// Says that a key has this one value.
    #[must_use]
    pub fn with_value(self, key: &str, value: impl Into<String>) -> Self {
        self.with(key, Answer::Values(vec![value.into()]))
    }

    /// Says that these are all the tags of a family of keys, such as `aws:PrincipalTag/`: any other is absent.
    #[must_use]
    pub fn with_tags<'a>(mut self, family: &str, tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        for (key, value) in tags {
            self = self.with_value(&format!("{family}{key}"), value);
        }
        self.families.push(family.to_lowercase());
        self
    }

    /// What is known of a condition key.
    pub fn answer(&self, key: &str) -> &Answer {
        let key = key.to_lowercase();
        match self.answers.get(&key) {
            Some(answer) => answer,
            None if self.families.iter().any(|f| key.starts_with(f)) => &Answer::Absent,
            None => &Answer::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_absent_only_where_all_tags_are_known() {
        let request = Request::new("ssm:StartSession", "*")
            .with_tags("aws:ResourceTag/", [("Env", "prod")])
            .with("aws:username", Answer::Absent);
        assert_eq!(request.answer("aws:resourcetag/env"), &Answer::Values(vec!["prod".into()]));
        assert_eq!(request.answer("aws:ResourceTag/team"), &Answer::Absent);
        assert_eq!(request.answer("aws:PrincipalTag/team"), &Answer::Unknown);
        assert_eq!(request.answer("AWS:username"), &Answer::Absent);
    }
}
