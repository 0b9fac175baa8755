//! Names of programs. Knowing them tells a command line from a line of output; not knowing one proves nothing.

/// Whether `word` is the name of a common command or shell builtin. Sorted, for binary search.
pub(crate) fn is_command(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    COMMANDS.binary_search(&name).is_ok() || is_repl(name) || super::opens::is_shell(name)
}

/// Whether `name` is a program that reads statements at a prompt of its own.
pub(crate) fn is_repl(name: &str) -> bool {
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    REPLS.binary_search(&name).is_ok() || (base.len() >= 3 && REPLS.binary_search(&base).is_ok())
}

static REPLS: &[&str] = &[
    "bc", "bluetoothctl", "bpython", "clickhouse-client", "cqlsh", "dc", "deno", "ed", "erl", "etcdctl", "fdisk",
    "ftp", "gdb", "gdisk", "ghci", "gnuplot", "groovysh", "guile", "hive", "iex", "influx", "ipython", "irb",
    "jshell", "julia", "kadmin", "ldapmodify", "lftp", "lldb", "lua", "luajit", "mariadb", "mongo", "mongosh",
    "mysql", "mysqlsh", "ncat", "node", "nodejs", "nslookup", "octave", "parted", "pdb", "php", "pry", "psql", "pypy",
    "python", "redis-cli", "sbcl", "scala", "sftp", "spark-shell", "sqlcmd", "sqlite", "sqlplus", "swipl", "tclsh",
    "telnet", "usql", "valkey-cli", "virsh", "vtysh",
];

static COMMANDS: &[&str] = &[
    ".", ":", "[", "[[", "adduser", "alias", "ansible", "apk", "apt", "apt-cache", "apt-get", "arp", "at", "awk",
    "aws", "base64", "basename", "batch", "bg", "bind", "blkid", "brew", "bunzip2", "bzip2", "cal", "cargo", "case",
    "cat", "cd", "chage", "chattr", "chgrp", "chmod", "chown", "chroot", "chsh", "cksum", "clear", "cmp", "column",
    "comm", "command", "cp", "cpio", "crontab", "curl", "cut", "dash", "date", "dd", "declare", "df", "diff", "dig",
    "dirname", "dirs", "disown", "dmesg", "dnf", "do", "docker", "docker-compose", "done", "dpkg", "dstat", "du",
    "echo", "edit", "egrep", "emacs", "env", "esac", "eval", "exec", "exit", "export", "expr", "fallocate", "false",
    "fc", "fg", "fgrep", "fi", "file", "find", "firewall-cmd", "fmt", "fold", "for", "free", "fsck", "function",
    "fuser", "gcc", "getent", "getfacl", "git", "go", "gpasswd", "gpg", "grep", "groupadd", "groupdel", "groupmod",
    "groups", "gunzip", "gzip", "hash", "head", "helm", "help", "history", "host", "hostname", "hostnamectl", "htop",
    "iconv", "id", "if", "ifconfig", "install", "ionice", "iostat", "iotop", "ip", "ipcs", "iptables", "java", "jobs",
    "join", "journalctl", "jq", "kill", "killall", "kubectl", "last", "lastlog", "ldconfig", "ldd", "less", "let",
    "link", "ll", "ln", "local", "locale", "locate", "logger", "login", "logname", "logout", "logrotate", "ls",
    "lsattr", "lsblk", "lscpu", "lshw", "lsmod", "lsof", "lspci", "lvs", "make", "man", "md5sum", "mkdir", "mkfifo",
    "mkfs", "mknod", "mktemp", "modprobe", "more", "mount", "mpstat", "mtr", "mv", "nano", "nc", "netstat", "newgrp",
    "nft", "nginx", "nice", "nl", "nmap", "nmcli", "nohup", "npm", "nproc", "npx", "numfmt", "od", "openssl",
    "pacman", "passwd", "paste", "patch", "perl", "pgrep", "pidof", "ping", "pip", "pip3", "pkill", "podman", "popd",
    "poweroff", "printenv", "printf", "ps", "pstree", "pushd", "pvs", "pwd", "pwgen", "read", "readlink", "readonly",
    "realpath", "reboot", "rename", "renice", "reset", "resize2fs", "return", "rev", "rm", "rmdir", "route", "rpm",
    "rsync", "ruby", "runuser", "sar", "scp", "screen", "script", "sed", "select", "seq", "service", "set",
    "setenforce", "setfacl", "sha1sum", "sha256sum", "shift", "shopt", "shred", "shuf", "shutdown", "sleep", "snap",
    "sort", "source", "split", "ss", "ssh", "ssh-add", "ssh-agent", "ssh-copy-id", "ssh-keygen", "stat", "strace",
    "strings", "stty", "su", "sudo", "sudoedit", "sum", "swapoff", "swapon", "sync", "sysctl", "systemctl", "tac",
    "tail", "tar", "tcpdump", "tee", "terraform", "test", "then", "time", "timedatectl", "timeout", "tmux", "top",
    "touch", "tput", "tr", "traceroute", "trap", "tree", "true", "truncate", "tty", "type", "typeset", "ufw",
    "ulimit", "umask", "umount", "unalias", "uname", "uniq", "unlink", "unset", "until", "unxz", "unzip",
    "update-alternatives", "uptime", "useradd", "userdel", "usermod", "users", "vgs", "vi", "vim", "vimdiff",
    "visudo", "vmstat", "w", "wait", "wall", "watch", "wc", "wget", "whatis", "whereis", "which", "while", "who",
    "whoami", "whois", "write", "xargs", "xxd", "xz", "yes", "yum", "zcat", "zgrep", "zip", "zless", "zypper", "{",
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
    fn versions_do_not_matter() {
        assert!(is_repl("python3.11") && is_repl("sqlite3") && !is_repl("cat"));
        assert!(is_command("/usr/bin/ls") && !is_command("Filesystem"));
    }
}
