//! Programs that take a secret as an argument, by their manual pages.

/// How a program is handed a secret.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Takes {
    /// In the word behind this one.
    Next(&'static str),
    /// In the word behind the second of these, where the first is given too.
    NextOf(&'static str, &'static str),
    /// In the same word, right behind this.
    Glued(&'static str),
    /// In the word behind this one or right behind it, after the first of this character.
    After(&'static str, char),
    /// In a word that begins like this, wherever it stands.
    Prefixed(&'static str),
    /// As the last of this many words that are no options, where this option is given.
    LastOf(usize, &'static str),
    /// As the word after these words.
    Following(&'static [&'static str]),
    /// In `user/password@place`.
    Slash,
}

use Takes::{After, Following, Glued, LastOf, Next, NextOf, Prefixed, Slash};

/// A program, by the names it goes by.
pub(crate) struct Program {
    pub(crate) names: &'static [&'static str],
    pub(crate) takes: &'static [Takes],
    /// Whether the word behind an option such as `--password` or `-pass` is something else.
    pub(crate) asks: bool,
}

const fn program(names: &'static [&'static str], takes: &'static [Takes]) -> Program {
    Program { names, takes, asks: false }
}

pub(crate) static PROGRAMS: &[Program] = &[
    Program {
        names: &[
            "mysql",
            "mysqldump",
            "mysqladmin",
            "mysqlimport",
            "mysqlshow",
            "mysqlcheck",
            "mysqlpump",
            "mysqlsh",
            "mysqlbinlog",
            "mariadb",
            "mariadb-dump",
            "mariadb-admin",
            "mycli",
            "xtrabackup",
            "mariabackup",
        ],
        takes: &[Glued("-p")],
        asks: true,
    },
    program(&["sshpass"], &[Next("-p"), Glued("-p")]),
    program(
        &["curl", "curlie"],
        &[
            After("-u", ':'),
            After("--user", ':'),
            After("-U", ':'),
            After("--proxy-user", ':'),
            Next("--oauth2-bearer"),
            Next("--pass"),
            After("-E", ':'),
            After("--cert", ':'),
            After("-b", '='),
            After("--cookie", '='),
        ],
    ),
    program(&["http", "https", "xh", "xhs"], &[After("-a", ':'), After("--auth", ':')]),
    program(&["wget"], &[Next("--http-passwd"), Next("--ftp-password")]),
    program(&["redis-cli", "valkey-cli", "keydb-cli"], &[Next("-a"), Next("--pass")]),
    program(&["mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport"], &[Next("-p")]),
    program(
        &["ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldappasswd", "ldapwhoami"],
        &[Next("-w"), Next("-s"), Next("-a")],
    ),
    program(&["smbclient", "rpcclient", "smbmap", "net"], &[After("-U", '%'), After("--user", '%')]),
    program(
        &["docker", "podman", "nerdctl", "buildah", "skopeo", "helm", "oras", "crane", "az", "oc"],
        &[NextOf("login", "-p")],
    ),
    Program { names: &["openssl"], takes: &[Prefixed("pass:"), Next("-k"), Next("-K")], asks: true },
    program(&["htpasswd"], &[LastOf(3, "b"), LastOf(2, "nb"), LastOf(2, "bn")]),
    program(&["useradd", "usermod", "adduser"], &[Next("-p")]),
    program(&["zip", "unzip", "zipcloak"], &[Next("-P"), Glued("-P")]),
    program(&["7z", "7za", "7zz", "rar", "unrar"], &[Glued("-p")]),
    program(&["sqlplus", "rman", "expdp", "impdp", "sqlldr"], &[Slash]),
    program(&["sqlcmd", "bcp", "osql", "isql", "tsql"], &[Next("-P"), Glued("-P")]),
    program(&["xfreerdp", "wlfreerdp", "xfreerdp3"], &[Prefixed("/p:")]),
    program(&["rdesktop"], &[Next("-p")]),
    program(&["vault"], &[Following(&["login"]), Following(&["unseal"])]),
    program(
        &["aws"],
        &[
            Following(&["configure", "set", "aws_secret_access_key"]),
            Following(&["configure", "set", "aws_session_token"]),
            Next("--secret-string"),
            Next("--master-user-password"),
        ],
    ),
    program(&["snmpget", "snmpwalk", "snmpset", "snmpbulkwalk"], &[Next("-A"), Next("-X"), Next("-c")]),
    program(&["ipmitool"], &[Next("-P")]),
    program(&["lftp", "ncftp"], &[After("-u", ','), Next("-p")]),
    program(&["ssh-keygen"], &[Next("-N"), Next("-P")]),
    program(&["wpa_passphrase"], &[LastOf(2, "")]),
    program(&["nmcli"], &[Following(&["password"])]),
    program(&["cqlsh"], &[Next("-p")]),
    program(&["evil-winrm", "crackmapexec", "nxc", "netexec"], &[Next("-p")]),
    program(&["steghide"], &[Next("-p")]),
    program(&["convertto-securestring"], &[Next("-String"), Following(&[])]),
];

/// Programs that run the command behind them.
pub(crate) static WRAPPERS: &[&str] = &[
    "sudo",
    "doas",
    "env",
    "nohup",
    "timeout",
    "time",
    "nice",
    "ionice",
    "chrt",
    "taskset",
    "xargs",
    "exec",
    "command",
    "builtin",
    "watch",
    "strace",
    "ltrace",
    "ssh",
    "docker",
    "podman",
    "kubectl",
    "oc",
    "nsenter",
    "chroot",
    "su",
    "runuser",
    "setsid",
    "stdbuf",
    "flock",
    "parallel",
    "unbuffer",
    "systemd-run",
    "if",
    "while",
    "until",
    "then",
    "do",
    "else",
    "elif",
    "!",
];

/// Where what a person enters goes in when it comes from a pipe or a here-string.
pub(crate) static READS_PASSWORD: &[&str] = &["chpasswd", "passwd", "sudo", "su", "cryptsetup", "smbpasswd"];

/// The program of that path or name.
pub(crate) fn named(word: &str) -> Option<&'static Program> {
    let name = word.rsplit('/').next().unwrap_or(word);
    PROGRAMS.iter().find(|p| p.names.iter().any(|n| n.eq_ignore_ascii_case(name)))
}
