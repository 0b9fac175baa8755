//! How many calls a second AWS answers.

use std::collections::HashMap;
use std::time::Instant;

/// Calls a second and operation, as a bucket of one second's worth: a call beyond is answered `ThrottlingException`.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    per_second: HashMap<String, f64>,
    buckets: HashMap<String, (f64, Instant)>,
}

impl Limits {
    /// The default quotas for one account and region, from
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html> and
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>. Some regions allow
    /// more today.
    pub fn aws() -> Self {
        Self::default()
            .with("FilterLogEvents", 5.0)
            .with("GetLogEvents", 10.0)
            .with("DescribeLogStreams", 5.0)
            .with("DescribeLogGroups", 5.0)
            .with("StartQuery", 5.0)
            .with("GetQueryResults", 5.0)
            .with("LookupEvents", 2.0)
    }

    /// The same with another limit for one operation.
    pub fn with(mut self, operation: &str, per_second: f64) -> Self {
        self.per_second.insert(operation.to_owned(), per_second);
        self
    }

    /// Counts a call that is made `now`, and says whether it is answered.
    pub(super) fn allow(&mut self, operation: &str, now: Instant) -> bool {
        let Some(&rate) = self.per_second.get(operation) else { return true };
        let (left, last) = self.buckets.entry(operation.to_owned()).or_insert((rate, now));
        *left = (*left + now.saturating_duration_since(*last).as_secs_f64() * rate).min(rate);
        *last = now;
        let allowed = *left >= 1.0;
        if allowed {
            *left -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_second_holds_as_many_calls_as_it_may() {
        let (start, mut limits) = (Instant::now(), Limits::aws());
        let mut at = |ms| limits.allow("FilterLogEvents", start + Duration::from_millis(ms));
        let first: Vec<bool> = (0..7).map(|_| at(0)).collect();
        assert_eq!(first, [true, true, true, true, true, false, false]);
        assert!(!at(199) && at(205) && !at(206));
        assert!(limits.allow("PutLogEvents", start));
    }
}
