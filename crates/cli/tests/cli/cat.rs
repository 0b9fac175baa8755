use std::fs;

use crate::home::Home;

#[test]
fn a_log_comes_back_byte_for_byte() {
    let home = Home::indexed();
    for entry in fs::read_dir(home.path("logs")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let output = home.command(&["cat", name]).output().unwrap();
        assert!(output.stdout == fs::read(&path).unwrap(), "{name}");
    }
    let log = b"sh-5.2$ printf '\\xff\\0'\r\n\xff\x00\x1b[31m".repeat(50_000);
    assert_eq!(home.pipe(&["index", "-"], &log).code, Some(0));
    let output = home.command(&["cat", "stdin:"]).output().unwrap();
    assert!(output.stdout == log && output.status.success());
}

#[test]
fn a_name_that_is_none_or_many_is_said() {
    let home = Home::indexed();
    let none = home.run(&["cat", "no-such-log"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(1), ""), "{none}");
    let many = home.run(&["cat", "log"]);
    assert_eq!(many.code, Some(2), "{many}");
    assert!(many.stderr.contains("\"log\" is part of the names of 2 logs\nhint: whoran cat logs/"), "{many}");
}
