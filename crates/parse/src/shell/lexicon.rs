//! Names of programs. Knowing them tells a command line from a line of output; not knowing one proves nothing.

use std::sync::LazyLock;

use super::opens::{Kind, name_of};

/// Whether `word` is the name of a common command or shell builtin.
pub(crate) fn is_command(word: &str) -> bool {
    let lengths = match word.as_bytes() {
        [.., b'/', _] | [_] | [] => u32::MAX,
        [.., left, last] => NAMES.ending(*left, *last),
    };
    if lengths == u32::MAX {
        return is_rare_command(word);
    }
    // a name has a length that names have which end so, and is the whole word or stands in a folder
    let no_longer = u32::MAX >> (31 - word.len().min(31));
    Lengths(lengths & no_longer).any(|length| {
        let start = word.len() - length;
        (start == 0 || word.as_bytes()[start - 1] == b'/') && NAMES.get(&word[start..]).is_some()
    })
}

/// The same of a word that may be a single letter, or end in a version or in `.exe`.
fn is_rare_command(word: &str) -> bool {
    let name = name_of(word);
    if matches!(name.as_bytes(), [first, second, ..] if !NAMES.may_begin(*first, *second)) {
        return false;
    }
    if NAMES.get(name).is_some() {
        return true;
    }
    match name.as_bytes().last() {
        Some(b'0'..=b'9' | b'.') => NAMES.get(without_version(name)).is_some() && is_repl(name),
        Some(b'e') => name.strip_suffix(".exe").is_some_and(super::opens::is_shell),
        _ => false,
    }
}

fn without_version(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}

/// Where inside a word the names of commands begin that it ends with, the longest first. One letter tells nothing.
pub(crate) fn names_at_end(word: &str) -> impl DoubleEndedIterator<Item = usize> {
    let starts = NAMES.lengths_at_end(word.as_bytes()).map(|length| word.len() - length);
    starts.filter(|at| word.get(*at..).is_some_and(is_command))
}

/// Whether `name` is a program that reads statements at a prompt of its own.
pub(crate) fn is_repl(name: &str) -> bool {
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return false;
    }
    let base = without_version(name);
    let versioned = (3..name.len()).contains(&base.len());
    REPLS.binary_search(&name).is_ok() || versioned && REPLS.binary_search(&base).is_ok()
}

/// All names, to be asked about every word behind whatever looks like a prompt.
static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names { slots: vec![("", Kind::Plain); 4096], begins: [false; 1024], ends: [0; 1024] };
    COMMANDS.iter().chain(REPLS).chain(super::opens::SHELLS).for_each(|name| names.add(name));
    names.ends[Names::pair(b'x', b'e')] = u32::MAX;
    names
});

/// A set of names, each in the slot that its length and its outer letters give or the next free one.
struct Names {
    slots: Vec<(&'static str, Kind)>,
    /// By [`Names::pair`], whether any begins so.
    begins: [bool; 1024],
    /// By [`Names::pair`], a bit for each length of a name that ends so. Most words neither begin nor end as any does.
    ends: [u32; 1024],
}

impl Names {
    /// No name is longer, its version with it.
    const LONGEST: usize = 31;

    fn slot(name: &[u8]) -> Option<usize> {
        let (first, last, middle) = (name.first()?, name.last()?, name.get(name.len() / 2)?);
        let second = name.get(1).unwrap_or(first);
        let mixed = u32::from_le_bytes([*first, *last, *middle, *second]) ^ (name.len() as u32) << 5;
        Some((mixed.wrapping_mul(0x9e37_79b1) >> 20) as usize)
    }

    /// The place of two letters next to each other: five bits tell them apart.
    fn pair(left: u8, right: u8) -> usize {
        usize::from(left & 31) << 5 | usize::from(right & 31)
    }

    fn may_begin(&self, first: u8, second: u8) -> bool {
        self.begins[Self::pair(first, second)]
    }

    /// A bit for each length that a name may have that ends so, a version or `.exe` behind it.
    fn ending(&self, left: u8, last: u8) -> u32 {
        let version = last.is_ascii_digit() || last == b'.';
        if version { u32::MAX } else { self.ends[Self::pair(left, last)] }
    }

    /// The lengths that a name at the end of a longer word may have.
    fn lengths_at_end(&self, word: &[u8]) -> Lengths {
        let asked = match word {
            [.., left, last] => self.ending(*left, *last),
            _ => 0,
        };
        let begins = |length: &usize| match word.get(word.len().wrapping_sub(*length)..) {
            Some([first, second, ..]) => self.may_begin(*first, *second),
            _ => false,
        };
        let shorter = !u32::MAX.checked_shl(word.len() as u32).unwrap_or(0);
        Lengths(Lengths(asked & shorter).filter(begins).fold(0, |found, length| found | 1 << length))
    }

    fn add(&mut self, name: &'static str) {
        if let ([first, second, ..], [.., left, last]) = (name.as_bytes(), name.as_bytes()) {
            self.begins[Self::pair(*first, *second)] = true;
            self.ends[Self::pair(*left, *last)] |= 1 << name.len();
        }
        if let Some(mut at) = Self::slot(name.as_bytes())
            && self.get(name).is_none()
        {
            while !self.slots[at].0.is_empty() {
                at = (at + 1) % self.slots.len();
            }
            self.slots[at] = (name, Kind::of(name));
        }
    }

    fn get(&self, name: &str) -> Option<Kind> {
        if name.len() > Self::LONGEST {
            return None;
        }
        let mut at = Self::slot(name.as_bytes())?;
        loop {
            match self.slots[at] {
                ("", _) => return None,
                (own, kind) if own == name => return Some(kind),
                _ => at = (at + 1) % self.slots.len(),
            }
        }
    }
}

/// Lengths of names, a bit for each, the longest first.
struct Lengths(u32);

impl Iterator for Lengths {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let longest = self.0.checked_ilog2()?;
        self.0 &= !(1 << longest);
        Some(longest as usize)
    }
}

impl DoubleEndedIterator for Lengths {
    fn next_back(&mut self) -> Option<usize> {
        let shortest = (self.0 != 0).then(|| self.0.trailing_zeros())?;
        self.0 &= !(1 << shortest);
        Some(shortest as usize)
    }
}

/// What the program of this name does with prompts.
pub(super) fn kind(name: &str) -> Kind {
    NAMES.get(name).unwrap_or_else(|| match name.as_bytes().last() {
        // a version or `.exe`, without which it may be among the names
        Some(b'0'..=b'9' | b'.' | b'e') => Kind::of(name),
        _ => Kind::of_one(name),
    })
}

static REPLS: &[&str] = &[
    "R",
    "adrci",
    "arangosh",
    "asmcmd",
    "aws-shell",
    "bc",
    "bconsole",
    "beeline",
    "bluetoothctl",
    "bpython",
    "cbq",
    "chronyc",
    "clickhouse-client",
    "clisp",
    "cqlsh",
    "cypher-shell",
    "db2",
    "dc",
    "deno",
    "dgmgrl",
    "diskpart",
    "duckdb",
    "erl",
    "etcdctl",
    "evil-winrm",
    "fdisk",
    "ftp",
    "gdb",
    "gdisk",
    "ghci",
    "gnuplot",
    "groovysh",
    "guile",
    "hbase",
    "hive",
    "iex",
    "impala-shell",
    "influx",
    "ipython",
    "irb",
    "iredis",
    "isql",
    "jdb",
    "jshell",
    "julia",
    "kadmin",
    "ksql",
    "ldapmodify",
    "lftp",
    "litecli",
    "lldb",
    "lsnrctl",
    "lua",
    "luajit",
    "mariadb",
    "maxima",
    "mongo",
    "mongosh",
    "msfconsole",
    "mssql-cli",
    "mycli",
    "mysql",
    "mysqlsh",
    "ncat",
    "netsh",
    "node",
    "nodejs",
    "nslookup",
    "ntpq",
    "ocaml",
    "octave",
    "octave-cli",
    "openssl",
    "parted",
    "pdb",
    "pgcli",
    "php",
    "presto",
    "presto-cli",
    "pry",
    "psql",
    "psysh",
    "ptipython",
    "ptpython",
    "pypy",
    "pyspark",
    "python",
    "racket",
    "rails",
    "redis-cli",
    "rman",
    "rpcclient",
    "sbcl",
    "scala",
    "sftp",
    "smbclient",
    "snowsql",
    "spark-shell",
    "spark-sql",
    "sql",
    "sqlcl",
    "sqlcmd",
    "sqlite",
    "sqlline",
    "sqlplus",
    "swipl",
    "tclsh",
    "telnet",
    "tftp",
    "trino",
    "ts-node",
    "tsql",
    "usql",
    "utop",
    "valkey-cli",
    "virsh",
    "vtysh",
    "wmic",
    "zkCli.sh",
];

static COMMANDS: &[&str] = &[
    ".",
    ":",
    "[",
    "[[",
    "adduser",
    "alias",
    "ansible",
    "apk",
    "apt",
    "apt-cache",
    "apt-get",
    "arp",
    "at",
    "awk",
    "aws",
    "base64",
    "basename",
    "batch",
    "bg",
    "bind",
    "blkid",
    "brew",
    "bunzip2",
    "bzip2",
    "cal",
    "cargo",
    "case",
    "cat",
    "cd",
    "chage",
    "chattr",
    "chgrp",
    "chmod",
    "chown",
    "chroot",
    "chsh",
    "cksum",
    "clear",
    "cmp",
    "column",
    "comm",
    "command",
    "cp",
    "cpio",
    "crontab",
    "curl",
    "cut",
    "dash",
    "date",
    "dd",
    "declare",
    "df",
    "diff",
    "dig",
    "dirname",
    "dirs",
    "disown",
    "dmesg",
    "dnf",
    "do",
    "docker",
    "docker-compose",
    "done",
    "dpkg",
    "dstat",
    "du",
    "echo",
    "ed",
    "edit",
    "egrep",
    "emacs",
    "env",
    "esac",
    "eval",
    "exec",
    "exit",
    "export",
    "expr",
    "fallocate",
    "false",
    "fc",
    "fg",
    "fgrep",
    "fi",
    "file",
    "find",
    "firewall-cmd",
    "fmt",
    "fold",
    "for",
    "free",
    "fsck",
    "function",
    "fuser",
    "gcc",
    "getent",
    "getfacl",
    "git",
    "go",
    "gpasswd",
    "gpg",
    "grep",
    "groupadd",
    "groupdel",
    "groupmod",
    "groups",
    "gunzip",
    "gzip",
    "hash",
    "head",
    "helm",
    "help",
    "history",
    "host",
    "hostname",
    "hostnamectl",
    "htop",
    "iconv",
    "id",
    "if",
    "ifconfig",
    "install",
    "ionice",
    "iostat",
    "iotop",
    "ip",
    "ipcs",
    "iptables",
    "java",
    "jobs",
    "join",
    "journalctl",
    "jq",
    "kill",
    "killall",
    "kubectl",
    "last",
    "lastlog",
    "ldconfig",
    "ldd",
    "less",
    "let",
    "link",
    "ll",
    "ln",
    "local",
    "locale",
    "locate",
    "logger",
    "login",
    "logname",
    "logout",
    "logrotate",
    "ls",
    "lsattr",
    "lsblk",
    "lscpu",
    "lshw",
    "lsmod",
    "lsof",
    "lspci",
    "lvs",
    "make",
    "man",
    "md5sum",
    "mkdir",
    "mkfifo",
    "mkfs",
    "mknod",
    "mktemp",
    "modprobe",
    "more",
    "mount",
    "mpstat",
    "mtr",
    "mv",
    "nano",
    "nc",
    "netstat",
    "newgrp",
    "nft",
    "nginx",
    "nice",
    "nl",
    "nmap",
    "nmcli",
    "nohup",
    "npm",
    "nproc",
    "npx",
    "numfmt",
    "od",
    "pacman",
    "passwd",
    "paste",
    "patch",
    "perl",
    "pgrep",
    "pidof",
    "ping",
    "pip",
    "pip3",
    "pkill",
    "podman",
    "popd",
    "poweroff",
    "printenv",
    "printf",
    "ps",
    "pstree",
    "pushd",
    "pvs",
    "pwd",
    "pwgen",
    "read",
    "readlink",
    "readonly",
    "realpath",
    "reboot",
    "rename",
    "renice",
    "reset",
    "resize2fs",
    "return",
    "rev",
    "rm",
    "rmdir",
    "route",
    "rpm",
    "rsync",
    "ruby",
    "runuser",
    "sar",
    "scp",
    "screen",
    "script",
    "sed",
    "select",
    "seq",
    "service",
    "set",
    "setenforce",
    "setfacl",
    "sha1sum",
    "sha256sum",
    "shift",
    "shopt",
    "shred",
    "shuf",
    "shutdown",
    "sleep",
    "snap",
    "sort",
    "source",
    "split",
    "ss",
    "ssh",
    "ssh-add",
    "ssh-agent",
    "ssh-copy-id",
    "ssh-keygen",
    "stat",
    "strace",
    "strings",
    "stty",
    "su",
    "sudo",
    "sudoedit",
    "sum",
    "swapoff",
    "swapon",
    "sync",
    "sysctl",
    "systemctl",
    "tac",
    "tail",
    "tar",
    "tcpdump",
    "tee",
    "terraform",
    "test",
    "then",
    "time",
    "timedatectl",
    "timeout",
    "tmux",
    "top",
    "touch",
    "tput",
    "tr",
    "traceroute",
    "trap",
    "tree",
    "true",
    "truncate",
    "tty",
    "type",
    "typeset",
    "ufw",
    "ulimit",
    "umask",
    "umount",
    "unalias",
    "uname",
    "uniq",
    "unlink",
    "unset",
    "until",
    "unxz",
    "unzip",
    "update-alternatives",
    "uptime",
    "useradd",
    "userdel",
    "usermod",
    "users",
    "vgs",
    "vi",
    "vim",
    "vimdiff",
    "visudo",
    "vmstat",
    "w",
    "wait",
    "wall",
    "watch",
    "wc",
    "wget",
    "whatis",
    "whereis",
    "which",
    "while",
    "who",
    "whoami",
    "whois",
    "write",
    "xargs",
    "xxd",
    "xz",
    "yes",
    "yum",
    "zcat",
    "zgrep",
    "zip",
    "zless",
    "zypper",
    "{",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(COMMANDS.is_sorted(), "{:?}", COMMANDS.windows(2).find(|w| w[0] > w[1]));
        assert!(REPLS.is_sorted(), "{:?}", REPLS.windows(2).find(|w| w[0] > w[1]));
    }

    #[test]
    fn the_set_has_the_lists_and_nothing_else() {
        for name in COMMANDS.iter().chain(REPLS) {
            assert!(is_command(name) && is_command(&format!("/bin/{name}")), "{name}");
            assert!(
                !is_command(&format!("{name}!")) && !is_command(&name.to_uppercase())
                    || *name == name.to_uppercase()
            );
        }
        assert!(!is_command("") && !is_command("x/"));
        assert!(COMMANDS.iter().chain(REPLS).all(|name| name.len() < Names::LONGEST));
        let crowd = NAMES.slots.split(|(name, _)| name.is_empty()).map(<[_]>::len).max();
        assert!(crowd < Some(24), "{crowd:?} names in a row");
    }

    #[test]
    fn a_word_ends_with_the_names_of_commands() {
        let names = |word: &'static str| names_at_end(word).map(|at| &word[at..]).collect::<Vec<_>>();
        assert_eq!(names("xegrep"), ["egrep", "grep"]);
        assert_eq!(names("wrongpython3.11"), ["python3.11"]);
        assert_eq!(names("xcmd.exe"), ["cmd.exe"]);
        assert!(names("ünd").is_empty() && names("").is_empty() && names("w").is_empty());
    }

    #[test]
    fn versions_do_not_matter() {
        assert!(is_repl("python3.11") && is_repl("sqlite3") && !is_repl("cat"));
        assert!(is_command("/usr/bin/ls") && !is_command("Filesystem"));
    }
}
