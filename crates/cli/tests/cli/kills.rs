//! Kills a command at random moments.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::home::{Home, Output};

const KILLS: u32 = 200;

/// Runs the command, which takes about so long, in a home until it is done, then in another one, and kills it two hundred
/// times on the way. What is there after each run that came to its end is checked; gives the last home.
pub(crate) fn kill_at_random(
    seed: u64,
    mut took: Duration,
    new: impl Fn() -> Home,
    command: impl Fn(&Home) -> Command,
    check: impl Fn(&Home, &str),
) -> Home {
    // A run can only be measured, not told where to die: the moments are spread over somewhat more than its length.
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let (mut killed, mut completed) = (0, 0);
    let mut home = new();
    while killed < KILLS {
        let mut child = command(&home).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        let until = began + took.mul_f64(dice.random_range(0.0..1.2));
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if Instant::now() >= until {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        match ended {
            None => killed += 1,
            Some(status) => {
                assert!(matches!(status.code(), Some(0 | 3)), "{status}");
                completed += 1;
                // The first run may have been a slow one, and most are to be killed.
                took = took.min(began.elapsed());
                check(&home, &format!("after {killed} kills"));
                home = new();
            }
        }
    }
    let last = Output::of(&mut command(&home));
    assert!(matches!(last.code, Some(0 | 3)), "{last}");
    check(&home, &format!("after {killed} kills and {completed} completed runs"));
    home
}

/// Holds what an index says to what it should, and shows the first line that differs.
pub(crate) fn assert_same(got: &str, due: &str, when: &str) {
    for (got, due) in got.lines().zip(due.lines()) {
        assert_eq!(got, due, "{when}");
    }
    assert_eq!(got.lines().count(), due.lines().count(), "{when}");
}
