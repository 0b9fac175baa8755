//! How much of CloudWatch's quota a pull uses, and how often it is told that it asks too much.

use whoran_testkit::aws::{Limits, Server};

use crate::home::{Home, Output};

/// Small pages, so that what is measured is how often is asked and not how fast pages are read.
const PAGES: i64 = 20;
const PAGE: usize = 64 << 10;

#[test]
fn a_pull_asks_as_often_as_the_quota_allows_and_hardly_ever_too_often() {
    let (home, server) = (Home::new(), Server::start());
    server.account(|account| {
        account.page_bytes = PAGE;
        let line = "x".repeat(PAGE / 16);
        for n in 0..PAGES * 16 {
            account.log("/ssm/sessions", "alice-0e34861185201706f", 1_772_352_000_000 + n * 1000, &line);
        }
    });
    server.limit(Limits::aws());
    let mut command = home.command(&["pull", "cloudwatch:/ssm/sessions"]);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ENDPOINT_URL", server.endpoint())
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let output = Output::of(&mut command);
    assert_eq!(output.code, Some(0), "{output}");

    let calls: Vec<_> =
        server.calls().into_iter().filter(|c| c.call.operation == "FilterLogEvents").collect();
    let throttled = calls.iter().filter(|c| c.error.is_some()).count();
    let times: Vec<_> = calls.iter().filter(|c| c.error.is_none()).map(|c| c.at).collect();
    let took = times[times.len() - 1].duration_since(times[0]).as_secs_f64();
    let share = (times.len() - 1) as f64 / (took * 5.0);
    println!(
        "{} calls in {took:.1} s: {:.1} % of the quota, {throttled} throttled",
        calls.len(),
        share * 100.0
    );
    assert!(times.len() >= usize::try_from(PAGES).unwrap());
    assert!(throttled * 100 <= calls.len(), "{throttled} of {} calls were throttled", calls.len());
    // 0.95 and more where nothing else runs; a machine that is busy must not fail the test.
    assert!(share > 0.5, "only {share:.2} of the quota was used");
}
