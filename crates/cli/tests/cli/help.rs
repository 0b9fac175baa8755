//! What the verbs say of themselves that a newcomer reads first.

use insta::assert_snapshot;

use crate::home::Home;

#[test]
fn init() {
    assert_snapshot!(Home::new().run(&["init", "-h"]), @r#"
    exit Some(0)
    --- stdout
    Write a whoran.toml to begin with, from the account's session preferences where they can be read

    Usage: whoran init [OPTIONS]

    Options:
          --config <FILE>  Configuration file [default: whoran.toml here, else in the platform's
                           configuration directory]
      -h, --help           Print help (see more with '--help')

    Source:
          --profile <NAME>      Profile of the AWS configuration files [env: AWS_PROFILE]
          --region <REGION>     Region [env: AWS_REGION]
          --endpoint-url <URL>  Endpoint in place of AWS's own [env: AWS_ENDPOINT_URL]
          --assume-role <ARN>   Role to take on
          --external-id <ID>    What the role's trust policy asks for

    Everywhere:
          --data <DIR>    Directory of archive and index [default: the platform's data directory; env:
                          WHORAN_DATA]
      -q, --quiet         Print nothing on stderr but errors
          --color <WHEN>  Colour in what is printed; `auto` is on a terminal, unless NO_COLOR is set
                          [default: auto] [possible values: auto, always, never]
    --- stderr
    "#);
}

#[test]
fn sync() {
    assert_snapshot!(Home::new().run(&["sync", "-h"]), @r#"
    exit Some(0)
    --- stdout
    Pull from all sources of whoran.toml, then index

    Usage: whoran sync [OPTIONS]

    Options:
          --config <FILE>  Configuration file [default: whoran.toml here, else in the platform's
                           configuration directory]
      -h, --help           Print help (see more with '--help')

    Limits:
          --threads <N>              Threads [default: one for each processor]
          --memory <SIZE>            Memory to aim at, such as `512M` or `2G` [default: 1G]
          --max-decompressed <SIZE>  Where to stop decompressing one log [default: 4G]
          --wait                     Wait for another whoran that is writing to the same data directory

    Output:
      -f, --format <FORMAT>  Form of the result [default: table on a terminal, jsonl when piped; in a
                             file as its name ends] [possible values: table, jsonl, json, csv]
      -o, --output <FILE>    Write the result to a file that only you can read; one that is there stays
                             as it is
          --clobber          Write over a file that is there
          --tz <ZONE>        Time zone of times read and of times in tables, such as `Europe/Vienna` or
                             `local` [default: TZ, else UTC]

    Everywhere:
          --data <DIR>    Directory of archive and index [default: the platform's data directory; env:
                          WHORAN_DATA]
      -q, --quiet         Print nothing on stderr but errors
          --color <WHEN>  Colour in what is printed; `auto` is on a terminal, unless NO_COLOR is set
                          [default: auto] [possible values: auto, always, never]
    --- stderr
    "#);
}

#[test]
fn help_and_mistakes_are_coloured_as_asked() {
    let home = Home::new();
    let coloured = |args: &[&str]| {
        let output = home.run(args);
        format!("{}{}", output.stdout, output.stderr).contains('\x1b')
    };
    assert!(coloured(&["--color", "always", "--help"]) && coloured(&["search", "--help", "--color=always"]));
    assert!(coloured(&["serch", "--color=always"]));
    assert!(!coloured(&["--help"]) && !coloured(&["--color=always", "--help", "--color", "never"]));
}

#[test]
fn a_subcommand_that_is_taken_for_a_verb_is_named_with_its_verb() {
    let tip = |word: &str| {
        let said = Home::new().run(&[word]).stderr;
        said.lines().find_map(|line| line.trim().strip_prefix("tip: ")).unwrap_or_default().to_owned()
    };
    assert_eq!(tip("diff"), "a similar subcommand exists: 'report diff'");
    assert_eq!(tip("session"), "some similar subcommands exist: 'report session', 'sessions'");
    assert_eq!(tip("serch"), "a similar subcommand exists: 'search'");
}
