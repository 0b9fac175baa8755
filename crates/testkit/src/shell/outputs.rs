//! What programs print.

use crate::Dice;

/// So many lines of a server's log.
pub(super) fn server_log(dice: &mut Dice, lines: u64) -> String {
    let mut out = String::new();
    for i in 0..lines {
        let level = dice.pick(&["INFO", "INFO", "INFO", "WARN", "ERROR", "DEBUG"]);
        let what = dice.pick(&[
            "request done path=/api/v1/items status=200",
            "cache miss key=user:profile",
            "retry 2/5 upstream=10.0.3.17:9000",
            "GET /healthz 200 0.4ms \u{2014} ok",
            "slow query: select * from orders where id > $1",
            "worker joined group=\"mail\" partitions=[0,1,2]",
        ]);
        let (minute, second) = (i / 60 % 60, i % 60);
        out.push_str(&format!("2026-03-01 10:{minute:02}:{second:02} {level} {what} id={}\n", dice.hex(8)));
    }
    out
}

/// A long build, with colours and non-ASCII text.
pub(super) fn build_log(dice: &mut Dice, lines: u64) -> String {
    let mut out = String::new();
    for _ in 0..lines {
        let name = dice.text(b"abcdefghijklmnop", 9);
        out.push_str(&match dice.below(4) {
            0 => format!("\x1b[0m\x1b[1m\x1b[32m   Compiling\x1b[0m {name} v1.{}.0\n", dice.below(40)),
            1 => format!("\x1b[33mwarning\x1b[0m: unused variable: `{name}`\n"),
            2 => format!("  \u{251c}\u{2500}\u{2500} {name}.o\t{} bytes\n", dice.range(100..90_000)),
            _ => format!("gcc -O2 -Wall -c -o {name}.o {name}.c\n"),
        });
    }
    out
}

/// A download whose one line is drawn over and over by CR.
pub(super) fn progress() -> String {
    let steps = (0..=20).map(|i| format!("\rfetching {:3}% [{:<20}]", i * 5, "#".repeat(i)));
    steps.collect::<String>() + "\n"
}

/// Frames of a full-screen program.
pub(super) fn frames(dice: &mut Dice, count: u64) -> Vec<String> {
    let frame = |dice: &mut Dice| {
        let mut out = String::from("\x1b[H\x1b[2J");
        for row in 1..=24 {
            let text = match dice.below(5) {
                0 => "$ rm -rf /srv/data".to_owned(),
                1 => format!(
                    "{:>6} root  20   0 {:>8} S  {:>4}.0  0.1 java",
                    row * 31,
                    dice.hex(6),
                    dice.below(99)
                ),
                2 => "~".to_owned(),
                3 => "[root@db-1 ~]# shutdown -h now".to_owned(),
                _ => format!("{row:>3} | let {} = {};", dice.text(b"abcdef", 6), dice.below(1000)),
            };
            out.push_str(&format!("\x1b[{row};1H{text}\x1b[K"));
        }
        out
    };
    (0..count).map(|_| frame(dice)).collect()
}
